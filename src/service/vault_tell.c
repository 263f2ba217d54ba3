/* vault_tell.c: merchants hear of their tokens. */
#include "service/vault_own.h"
#include "service/webhooks.h"

#include "base/banned.h"

struct vault_was vault_was(const struct token_row *t)
{
    return (struct vault_was){ t->status, t->expired, t->expiry };
}

/* Of a token made through Cashfree: that it came to be, or that it never will. */
static bool is_instrument_news(const struct token_row *t, struct vault_was was, enum webhook_event *event)
{
    if (t->channel != CONSENT_BY_CASHFREE || was.status != TOKEN_INIT)
        return false;
    *event = t->status == TOKEN_ACTIVE ? WEBHOOK_INSTRUMENT_ACTIVE : WEBHOOK_INSTRUMENT_FAILED;
    return t->status == TOKEN_ACTIVE || t->status == TOKEN_FAILED;
}

enum fault vault_tell(struct store_tx *tx, const struct token_row *t, struct vault_was was, int64_t now_ms)
{
    struct webhook_news n = {
        .event = WEBHOOK_TOKEN, .merchant_id = t->merchant_id, .subject_no = t->token_no, .state = t->status,
        .at_ms = now_ms,
    };
    enum fault f;

    if (t->status == TOKEN_INIT)
        return FAULT_NONE;            /* whatever the network said of it, it is not there yet */
    if (t->status == was.status && t->expired == was.expired && t->expiry == was.expiry)
        return FAULT_NONE;
    f = webhook_tell(tx, &n);
    if (!f && is_instrument_news(t, was, &n.event))
        f = webhook_tell(tx, &n);
    return f;
}
