/* cards.c: GET /cards: a customer's saved cards (reference A.12). */
#include "dialect/juspay/routes.h"

#include "dialect/juspay/complaint.h"
#include "dialect/juspay/errand.h"
#include "dialect/juspay/words.h"

#include "base/banned.h"

enum { ITEM_MAX = 1536, REST_MAX = 1024 };            /* bytes of a listed card, and of all that is around them */

struct cards {
    struct jcall call;
    struct token_owner owner;
    struct vault_chain chain;
};

/* A parameter that is there and cannot be one is refused like a field of a body. */
static enum step take(struct exchange *x, struct span *out, const char *name, size_t max)
{
    *out = jcall_query(x, name);
    if (out->n == 0)
        *out = (struct span){ 0 };
    if (out->n > max)
        return jcall_fail_field(x, "INVALID_INPUT", name, "is too long");
    if (!jcall_rule_id(*out))
        return jcall_fail_field(x, "INVALID_INPUT", name, jcall_rule_text(jcall_rule_id, *out));
    return STEP_GO;
}

enum step juspay_cards_parse(struct exchange *x)
{
    struct cards *c = jcall_begin(x, sizeof *c);
    struct span reseller;

    if (!c || take(x, &c->owner.customer_id, "customer_id", VAULT_CUSTOMER_MAX) == STEP_ANSWERED
        || take(x, &c->owner.sub_merchant, "submerchantId", VAULT_SUB_MERCHANT_MAX) == STEP_ANSWERED
        || take(x, &reseller, "sub_merchant_id", VAULT_SUB_MERCHANT_MAX) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (span_absent(c->owner.sub_merchant))
        c->owner.sub_merchant = reseller;
    if (span_absent(c->owner.customer_id))
        return jcall_fail_field(x, "MISSING_MANDATORY_PARAMETER", "customer_id", "is missing");
    return STEP_GO;
}

enum fault juspay_cards_work(struct exchange *x, struct store_tx *tx)
{
    struct cards *c = x->state;
    const struct vault_wish wish = {
        .op = VAULT_REFRESH, .merchant_id = x->merchant_id, .sub_merchant = c->owner.sub_merchant,
        .customer_id = c->owner.customer_id,
    };

    return vault_chain(tx, &c->chain, x->arena, &wish);
}

struct shown { char reference[WORDS_REFERENCE], fingerprint[VAULT_FINGERPRINT_TEXT]; };

static void put_token(struct json_out *o, const struct token_row *t, const struct shown *s, int64_t now_ms)
{
    const struct expiry_text expiry = words_expiry(vault_expiry(t));

    json_key(o, "token");
    json_object(o);
    json_put_str(o, "card_reference", s->reference);
    json_put_text(o, "last_four_digits", words_known(t->token_last4));
    json_put_str(o, "card_fingerprint", s->fingerprint);
    json_put_text(o, "par", words_known(t->par));
    json_put_text(o, "card_isin", words_known(t->bin9));
    json_put_str(o, "tokenization_status", words_status(vault_life(t, now_ms)));
    json_put_str(o, "expiry_month", expiry.mm);
    json_put_str(o, "expiry_year", expiry.yyyy);
    json_put_bool(o, "cvv_less_support", false);
    json_key(o, "cvv_less_supported_gateways");
    json_list(o);
    json_list_end(o);
    json_object_end(o);
}

/* Of the card itself no more is kept than its last four digits and its issuer. */
static void put_card(struct json_out *o, const struct exchange *x, const struct token_row *t)
{
    struct shown s;
    char masked[WORDS_MASKED], bank[WORDS_BANK];

    words_reference(s.reference, x->services, t);
    words_fingerprint(s.fingerprint, t);
    words_masked(masked, t->last4);
    json_object(o);
    json_put_null(o, "card_token");
    json_put_str(o, "card_reference", s.reference);
    json_put_str(o, "card_number", masked);
    json_put_null(o, "card_isin");
    json_put_null(o, "card_exp_month");
    json_put_null(o, "card_exp_year");
    json_put_str(o, "card_type", words_type(t->type));
    json_put_text(o, "card_issuer", t->issuer);
    json_put_str(o, "card_brand", words_brand(t->scheme));
    json_put_null(o, "nickname");
    json_put_null(o, "name_on_card");
    json_put_bool(o, "expired", vault_life(t, x->now_ms).expired);
    json_put_str(o, "card_fingerprint", s.fingerprint);
    json_put_text(o, "juspay_bank_code", words_bank(bank, t->issuer_code));
    json_put_str(o, "card_sub_type", words_sub(t->sub));
    json_put_text(o, "card_issuer_country", t->country);
    json_put_bool(o, "tokenize_support", true);
    json_put_str(o, "provider", words_brand(t->scheme));
    json_put_str(o, "provider_category", "NETWORK");
    json_put_null(o, "metadata");
    put_token(o, t, &s, x->now_ms);
    json_object_end(o);
}

void juspay_cards_show(struct exchange *x, enum fault outcome)
{
    const struct cards *c = x->state;
    char merchant[24];
    struct buf digits = BUF(merchant);
    struct json_out o;

    if (outcome) {
        (void)jcall_fail(x, outcome);
        return;
    }
    buf_i64(&digits, x->merchant_id);
    o = json_out(jcall_answer(x, 200, REST_MAX + c->chain.n * ITEM_MAX));
    json_object(&o);
    json_put_text(&o, "customer_id", c->owner.customer_id);
    json_put_text(&o, "merchantId", buf_view(&digits));
    json_key(&o, "cards");
    json_list(&o);
    for (const struct vault_listed *l = c->chain.first; l; l = l->next)
        put_card(&o, x, &l->row);
    json_list_end(&o);
    json_object_end(&o);
}
