/* of_admin.c: the admin listener, the pages, and what nobody asks for. */
#include "scenarios.h"

#include <time.h>

#include "service/audit.h"
#include "service/backup.h"
#include "service/payments.h"
#include "service/vault.h"
#include "texts.h"

#include "base/banned.h"

enum { RESTS = 2000, REST_NS = 2 * 1000 * 1000 };     /* while a backup is copied */

const struct scenario admin_scenarios[] = {
    { .name = "merchant-add", .request = ADMIN_POST("/admin/merchants") "{\"name\":\"Acme $N\",\"currencies\":\"INR\"}",
      .good = "\"client_id\":\"", .again = "\"client_id\":\"|exists", .once = "SELECT count(*) FROM merchants",
      .grows = 1 },
    { .name = "merchants", .request = ADMIN_GET("/admin/merchants"), .good = "\"merchants\":" },
    { .name = "rotate-secret", .request = ADMIN_POST("/admin/merchants/1/rotate-secret") "{\"overlap_seconds\":0}",
      .good = "\"client_secret\":\"" },
    { .name = "webhook-add", .before = ADMIN_POST("/admin/merchants") "{\"name\":\"Shop $N\",\"currencies\":\"INR\"}",
      .request = ADMIN_POST("/admin/merchants/$h/webhooks") "{\"url\":\"https://shop.example/hook\",\"kind\":"
      "\"cashfree\",\"version\":\"2023-08-01\",\"events\":[]}", .good = "\"endpoint\":",
      .once = "SELECT count(DISTINCT merchant_id) FROM webhook_endpoints", .grows = 1 },
    { .name = "webhooks", .request = ADMIN_GET("/admin/merchants/2/webhooks"), .good = "\"endpoints\":" },
    { .name = "deliveries", .request = ADMIN_GET("/admin/merchants/2/deliveries"), .good = "\"deliveries\":" },
    { .name = "onboard", .request = ADMIN_POST("/admin/merchants/1/onboard") "{\"scheme\":\"Visa\"}",
      .good = "\"onboarded\"" },
    { .name = "erase-customer", .before = JUSPAY_TOKEN("z$N"), .request =
      ADMIN_POST("/admin/merchants/2/erase-customer") "{\"customer_id\":\"z$N\"}", .good = "\"tokens\":|erased" },
    { .name = "readyz", .request = ADMIN_GET("/readyz"), .good = "\"ready\":true" },
    { .name = "metrics", .request = ADMIN_GET("/metrics"), .good = "tijori_" },
    { .name = NULL }
};

const struct scenario page_scenarios[] = {
    { .name = "page", .before = ORDER("y$N"), .request = "GET /checkout/$s\n", .good = "name=\"guard\"" },
    { .name = "page-pay", .before = ORDER("z$N") AND_THEN "GET /checkout/$s\n", .request = "POST /checkout/$s/pay\n"
      "Cookie: $K\nSec-Fetch-Site: same-origin\n\nguard=$g&way=card&card_number=4706131211212123&card_expiry=03/28"
      "&card_cvv=123", .good = "" },
    { .name = NULL }
};

static enum came_to of_fault(enum fault f)
{
    return f ? DONE_REFUSED : DONE_WELL;
}

static enum came_to step_audit(struct bed *b)
{
    enum fault f;

    inject_window(true);
    f = audit_step(b->f->services.audit, true);
    inject_window(false);
    return of_fault(f);
}

static enum came_to sweep(struct bed *b)
{
    enum fault f;

    b->now_ms += 60000;
    fixture_set_clock(b->f, b->now_ms);
    inject_window(true);
    f = payments_sweep(b->f->services.payments, b->now_ms);
    if (!f)
        f = vault_sweep(b->f->services.vault, b->now_ms);
    inject_window(false);
    return of_fault(f);
}

/* Begun, waited for, and its first pieces fetched. */
static enum came_to back_up(struct bed *b)
{
    static uint8_t bytes[BACKUP_TAKE * BACKUP_RECORD_MAX];
    const struct services *s = &b->f->services;
    const struct timespec rest = { 0, REST_NS };
    struct backup_now now = { .stage = BACKUP_NONE };
    struct buf out = BUF(bytes);
    enum fault f, end = FAULT_NONE;

    inject_window(true);
    f = backup_begin(s, &now);
    for (int i = 0; i < RESTS && !f && now.stage == BACKUP_COPYING; i++) {
        (void)nanosleep(&rest, NULL);
        f = backup_look(s, &now, now.id);
    }
    if (!f && now.stage == BACKUP_READY)
        f = backup_take(s, &out, now.id, 0);
    inject_window(false);
    if (now.stage != BACKUP_NONE)
        end = backup_end(s, now.id);
    return !f && !end && now.stage == BACKUP_READY && out.n > 0 ? DONE_WELL : DONE_REFUSED;
}

const struct scenario own_scenarios[] = {
    { .name = "backup", .act = back_up },
    { .name = "audit-step", .before = JUSPAY_TOKEN("s$N"), .act = step_audit },
    { .name = "sweep", .before = ORDER("w$N") AND_THEN SESSION(CARD), .act = sweep },
    { .name = NULL }
};

const struct scenario_group scenario_groups[] = {
    { cashfree_scenarios, TONGUE_CASHFREE }, { pay_scenarios, TONGUE_CASHFREE },
    { juspay_scenarios, TONGUE_JUSPAY },     { paytm_scenarios, TONGUE_PAYTM },
    { admin_scenarios, TONGUE_ADMIN },       { page_scenarios, TONGUE_PAGES },
    { own_scenarios, TONGUE_ADMIN },         { NULL, TONGUES }
};

/* A result code that blames us, or leaves it open. */
static bool is_our_code(const struct bed *b)
{
    return bed_says(b, "\"resultCode\":\"500\"|\"resultCode\":\"502\"|\"resultCode\":\"150\"|\"resultCode\":\"801\"|"
                       "\"resultCode\":\"100\"|\"resultCode\":\"702\"|\"resultCode\":\"708\"|\"resultCode\":\"721\"");
}

bool scenario_refused(const struct bed *b, enum tongue t)
{
    unsigned status = gateway_answer(b->gateway)->status;

    switch (t) {
    case TONGUE_CASHFREE:
        return status >= 500 && (bed_says(b, "\"message\":\"") || bed_body(b).n == 0);
    case TONGUE_JUSPAY:
        return status >= 500 && (bed_says(b, "\"error_message\":\"") || bed_body(b).n == 0);
    case TONGUE_PAYTM:
        return status >= 500 || (status == 200 && is_our_code(b));
    case TONGUE_ADMIN:
        return status >= 500;
    case TONGUE_PAGES:
    case TONGUES:
        break;
    }
    return status >= 500;
}
