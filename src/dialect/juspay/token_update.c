/* token_update.c: a token's news, its reference, customer and expiry. */
#include "dialect/juspay/token_update.h"

#include "base/json_out.h"
#include "dialect/juspay/words.h"
#include "service/endpoints.h"

#include "base/banned.h"

enum { BODY_MAX = 2048 };

static enum fault gather(struct webhook_letter *l, struct store_tx *tx)
{
    struct token_row *t = l->state = arena_take(l->arena, sizeof *t);
    enum fault f = t ? FAULT_NONE : FAULT_INTERNAL;

    if (!f)
        f = tokens_find(tx, t, l->arena, l->delivery->merchant_id, l->delivery->subject_no);
    if (!f && !span_absent(l->endpoint->auth_sealed)) {
        f = endpoint_ask_auth(&l->asks[0], l->arena, l->endpoint);
        l->n_asks = 1;
    }
    return f;
}

/* A token that ended is gone because its card is, or because somebody deleted it: both change what the card is to the
 * merchant. All else changes the token alone. */
static const char *subject(const struct webhook_letter *l)
{
    return l->delivery->subject_state == TOKEN_DEAD ? "card" : "token";
}

static void put_body(struct buf *b, const struct webhook_letter *l)
{
    const struct token_row *t = l->state;
    struct json_out o = json_out(b);
    struct expiry_text expiry = words_expiry(vault_expiry(t));
    char reference[WORDS_REFERENCE];

    words_reference(reference, l->services, t);
    json_object(&o);
    json_key(&o, subject(l));
    json_object(&o);
    json_put_str(&o, "card_reference", reference);
    json_put_text(&o, "customer_id", words_known(t->customer_id));
    json_put_str(&o, "expiry_year", expiry.yyyy);
    json_put_str(&o, "expiry_month", expiry.mm);
    json_object_end(&o);
    json_object_end(&o);
}

static enum fault write(struct webhook_letter *l)
{
    struct buf b = arena_buf(l->arena, BODY_MAX);
    enum fault f;

    put_body(&b, l);
    f = buf_done(&b, &l->body);
    l->content_type = "application/json";
    if (f || l->n_asks == 0)
        return f;
    return l->asks[0].fault ? l->asks[0].fault : webhook_header(l, "Authorization", buf_view(&l->asks[0].out));
}

const struct webhook_writer juspay_webhooks = {
    .kind = ENDPOINT_JUSPAY, .wants = 1u << WEBHOOK_TOKEN, .gather = gather, .write = write,
};
