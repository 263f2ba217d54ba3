/* webhook_instrument.c: a saved card that came to be, or did not, as webhooks tell it (reference 4.4). */
#include "dialect/cashfree/webhook_parts.h"

#include "base/base64.h"
#include "dialect/cashfree/instrument.h"
#include "dialect/cashfree/payment_entity.h"

#include "base/banned.h"

enum { UID = 2 * CARD_FINGERPRINT, DISPLAY = 16 };

enum fault webhook_instrument_gather(struct webhook_letter *l, struct store_tx *tx)
{
    struct cf_letter *c = l->state;
    enum fault f = tokens_find(tx, &c->token, l->arena, l->delivery->merchant_id, l->delivery->subject_no);

    c->private_at_hand = true;
    return f ? f : instrument_afa(tx, &c->afa, l->arena, &c->token);
}

static void put_meta(struct json_out *o, const struct token_row *t)
{
    const struct payment_row names = { .scheme = t->scheme, .type = t->type, .sub = t->sub };
    bool known = t->type > BIN_TYPE_UNKNOWN && t->type < BIN_TYPES;

    json_key(o, "instrument_meta");
    json_object(o);
    json_put_str(o, "card_network", payment_card_network(&names));
    json_put_text(o, "card_bank_name", t->issuer);
    json_put_text(o, "card_country", t->country);
    json_put_str(o, "card_type", known ? bin_type_name((enum bin_type)t->type, BIN_WORDS_CASHFREE_SHORT) : NULL);
    json_put_str(o, "sub_type", payment_card_sub_type(&names));
    json_put_text(o, "card_par", t->par);
    instrument_put_token(o, t);
    json_object_end(o);
}

/* Why, in the network's words; of a row whose reason nobody knows, that there is no token. */
static const char *why_not(const struct token_row *t)
{
    if (t->verdict <= NETWORK_LATER || t->verdict >= NETWORK_VERDICTS)
        return "The card network did not make a token of this card";
    return network_verdict_text((enum network_verdict)t->verdict);
}

static void put_error(struct json_out *o, const struct token_row *t)
{
    json_key(o, "error_details");
    json_object(o);
    json_put_str(o, "error_code", "NETWORK_ERROR");
    json_put_str(o, "error_description", why_not(t));
    json_put_str(o, "error_source", "NETWORK");
    json_object_end(o);
}

void webhook_instrument_put(struct json_out *o, const struct webhook_letter *l)
{
    const struct cf_letter *c = l->state;
    const struct token_row *t = &c->token;
    bool failed = l->delivery->event == WEBHOOK_INSTRUMENT_FAILED;
    char id[INSTRUMENT_ID], uid[UID], display[DISPLAY];
    struct buf digits = BUF(uid), masked = BUF(display);

    instrument_id(id, l->services, t);
    hex_put(&digits, t->fingerprint);
    buf_text(&masked, "XXXXXXXXXXXX");
    buf_span(&masked, t->last4);
    json_key(o, "instrument");
    json_object(o);
    json_put_text(o, "customer_id", t->customer_id);
    instrument_put_afa(o, c->version, c->afa);
    json_put_str(o, "instrument_id", id);
    json_put_str(o, "instrument_type", "card");
    json_put_text(o, "instrument_uid", buf_view(&digits));
    json_put_text(o, "instrument_display", buf_view(&masked));
    json_put_str(o, "instrument_status", failed ? "FAILED" : "ACTIVE");
    json_put_ist(o, "added_at", t->created_ms);
    put_meta(o, t);
    json_object_end(o);
    if (failed)
        put_error(o, t);
}
