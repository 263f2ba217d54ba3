/* keys_about.c: what each sealed record is for and bound to, in the words of the use case that sealed it. */
#include "base/base64.h"
#include "service/callers.h"
#include "service/keys_own.h"
#include "service/partners.h"
#include "service/parts.h"

#include "base/banned.h"

enum { HEAD_ID = 1 };                 /* where a record's head has the id of its key, behind the version */

bool keys_is_under(struct span sealed, const uint8_t id[static KEY_RING_ID])
{
    return sealed.n >= KEY_SEAL_EXTRA &&
        span_equal((struct span){ sealed.p + HEAD_ID, KEY_RING_ID }, (struct span){ id, KEY_RING_ID });
}

enum key_use keys_use(enum reseal_column c)
{
    switch (c) {
    case RESEAL_CREDENTIALS:
        return KEY_USE_CREDENTIAL;
    case RESEAL_PAYTM_KEYS:
        return KEY_USE_PAYTM;
    case RESEAL_PUBLIC_KEYS:
        return KEY_USE_RECIPIENT;
    case RESEAL_ENDPOINTS: case RESEAL_CUSTOMERS: case RESEAL_ORDERS: case RESEAL_PAYMENTS:
        return KEY_USE_PRIVATE;
    case RESEAL_ANSWERS: case RESEAL_COLUMNS:
        break;
    }
    return KEY_USE_ANSWER;
}

/* As service/idempotency.c has it. */
static void answer(struct buf *out, const struct reseal_row *r)
{
    parts_about_put(out, "idempotency.body", r->merchant_id, r->id);
    buf_byte(out, '|');
    hex_put(out, r->mac);
    buf_byte(out, '|');
    hex_put(out, r->digest);
    buf_byte(out, '|');
    buf_i64(out, r->no);
}

void keys_about(struct buf *out, enum reseal_column c, const struct reseal_row *r)
{
    const struct paytm_key_row paytm = { .merchant_id = r->merchant_id, .key_no = r->no, .client_id = r->client_id,
                                         .version = r->version };

    switch (c) {
    case RESEAL_CREDENTIALS:
        caller_about_secret(out, r->merchant_id, r->id, r->no);
        return;
    case RESEAL_PAYTM_KEYS:
        partner_about_paytm(out, r->id, &paytm);
        return;
    case RESEAL_PUBLIC_KEYS:
        partner_about_public(out, r->merchant_id, r->id);
        return;
    case RESEAL_ENDPOINTS:
        parts_about_put(out, "webhook_endpoints.auth", r->merchant_id, (struct span){ 0 });
        buf_i64(out, r->no);
        return;
    case RESEAL_CUSTOMERS:
        parts_about_put(out, "customers.private", r->merchant_id, r->id);
        return;
    case RESEAL_ORDERS:
        parts_about_put(out, "orders.private", r->merchant_id, r->id);
        return;
    case RESEAL_PAYMENTS:
        parts_about_put(out, "payments.private", r->merchant_id, r->id);
        return;
    case RESEAL_ANSWERS:
        answer(out, r);
        return;
    case RESEAL_COLUMNS:
        break;
    }
}
