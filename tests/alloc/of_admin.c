/* of_admin.c: the admin listener, the pages, and what nobody asks for. */
#include "scenarios.h"

#include <stdlib.h>

#include "service/audit.h"
#include "service/payments.h"
#include "service/vault.h"
#include "texts.h"

#include "base/banned.h"

const struct scenario admin_scenarios[] = {
    { .name = "merchant-add", .request = ADMIN_POST("/admin/merchants") "{\"name\":\"Acme $N\",\"currencies\":\"INR\"}",
      .good = "\"client_id\":\"", .again = "\"client_id\":\"|exists", .once = "SELECT count(*) FROM merchants",
      .grows = 1 },
    { .name = "merchants", .request = ADMIN_GET("/admin/merchants"), .good = "\"merchants\":" },
    { .name = "rotate-secret", .request = ADMIN_POST("/admin/merchants/1/rotate-secret") "{\"overlap_seconds\":0}",
      .good = "\"client_secret\":\"" },
    { .name = "webhook-add", .request = ADMIN_POST("/admin/merchants/1/webhooks") "{\"url\":"
      "\"https://shop.example/hook$N\",\"kind\":\"cashfree\",\"version\":\"2023-08-01\",\"events\":[]}",
      .good = "\"endpoint\":", .again = "\"endpoint\":|exists" },
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

const struct scenario own_scenarios[] = {
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
