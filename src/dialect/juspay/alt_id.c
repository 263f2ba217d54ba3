/* alt_id.c: POST /get/altId: a number for one payment of a guest, and its cryptogram (reference A.10). */
#include "dialect/juspay/routes.h"

#include "dialect/juspay/card_data.h"
#include "dialect/juspay/complaint.h"
#include "dialect/juspay/errand.h"
#include "dialect/juspay/words.h"

#include "base/banned.h"

enum { DETAILS_MAX = 512, BODY_MAX = 2048, CORRELATION_MAX = 128 };

struct alt_id {
    struct errand errand;
    struct token_owner owner;         /* a guest is no customer of ours */
    struct span amount, currency, auth_ref, correlation, brand, key_id, card_data, reseller;
    bool wants_raw_card;
};

#define AT(member) .at = offsetof(struct alt_id, member)

static const struct json_field order_fields[] = {
    { .name = "amount", .type = JSON_DECIMAL_OR_TEXT, .required = true, AT(amount) },
    { .name = "currency", .type = JSON_TEXT, .max = 3, AT(currency) },
    { .name = "authRefNumber", .type = JSON_TEXT, .max = NETWORK_AUTH_REF_MAX, .rule = jcall_rule_plain, AT(auth_ref) },
    JSON_END
};

static const struct json_field fields[] = {
    { .name = "orderData", .type = JSON_OBJECT, .required = true, .sub = order_fields, .at = JSON_NOWHERE },
    { .name = "correlationId", .type = JSON_TEXT, .max = CORRELATION_MAX, .rule = jcall_rule_id, AT(correlation) },
    { .name = "cardBrand", .type = JSON_TEXT, .max = 32, AT(brand) },
    { .name = "keyId", .type = JSON_TEXT, .max = PARTNER_KEY_ID_MAX, .rule = jcall_rule_plain, AT(key_id) },
    { .name = "submerchantId", .type = JSON_TEXT, .max = VAULT_SUB_MERCHANT_MAX, .rule = jcall_rule_id,
      AT(owner.sub_merchant) },
    { .name = "sub_merchant_id", .type = JSON_TEXT, .max = VAULT_SUB_MERCHANT_MAX, .rule = jcall_rule_id,
      AT(reseller) },
    JSON_END
};

static enum step read_money(struct exchange *x, const struct alt_id *a, struct money *out)
{
    struct span currency = span_absent(a->currency) ? SPAN("INR") : a->currency;
    unsigned exponent;

    if (money_exponent(&exponent, currency))
        return jcall_fail_field(x, "INVALID_INPUT", "orderData.currency", "is no currency");
    if (money_read(out, a->amount, currency) || out->minor == 0)
        return jcall_fail_field(x, "INVALID_INPUT", "orderData.amount", "is no amount of that currency above zero");
    return STEP_GO;
}

/* A raw card is never sent back, so that it was asked for changes nothing. */
enum step juspay_alt_id_parse(struct exchange *x)
{
    struct alt_id *a = jcall_begin(x, sizeof *a);
    const struct json_node *body;
    enum scheme brand;

    if (!a)
        return STEP_ANSWERED;
    jcall_take_form(x);
    if (jcall_read(x, a, fields, &body) == STEP_ANSWERED
        || jcall_flag(x, &a->wants_raw_card, body, "shouldSendRawCard") == STEP_ANSWERED
        || card_data_read(x, &a->card_data, body) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (!span_absent(a->brand) && scheme_read(&brand, a->brand))
        return jcall_fail_field(x, "INVALID_INPUT", "cardBrand", "is no brand that is known");
    if (span_absent(a->owner.sub_merchant))
        a->owner.sub_merchant = a->reseller;
    errand_begin(x, VAULT_GUEST, a->owner);
    a->errand.job.wish.wants_number = true;
    a->errand.job.wish.consent = (struct consent_facts){
        .channel = CONSENT_BY_JUSPAY, .given_ms = x->now_ms, .auth_ref = a->auth_ref,
    };
    return read_money(x, a, &a->errand.job.wish.amount);
}

enum step juspay_alt_id_prepare(struct exchange *x)
{
    const struct alt_id *a = x->state;
    enum scheme brand;

    if (errand_card(x, CARD_FORM_JWE, a->card_data) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (!span_absent(a->brand) && !scheme_read(&brand, a->brand) && brand != a->errand.card.scheme)
        return jcall_fail_field(x, "INVALID_INPUT", "cardBrand", "is not the card's");
    return STEP_GO;
}

enum fault juspay_alt_id_work(struct exchange *x, struct store_tx *tx)
{
    const struct alt_id *a = x->state;
    enum fault f = errand_recipient(x, tx, a->key_id);

    return f ? f : errand_work(x, tx);
}

void juspay_alt_id_compose(struct exchange *x, enum fault outcome)
{
    const struct alt_id *a = x->state;
    const struct network_answer *answer = &a->errand.job.answer;
    struct expiry_text expiry;
    struct buf text;
    struct json_out o;

    if (!errand_is_fine(x, outcome))
        return;
    expiry = words_expiry(answer->expiry);
    text = arena_buf(x->arena, DETAILS_MAX);
    o = json_out(&text);
    json_object(&o);
    json_put_str(&o, "altId", answer->number);
    json_put_str(&o, "expMonth", expiry.mm);
    json_put_str(&o, "expYear", expiry.yyyy);
    json_put_str(&o, "tavv", answer->tavv);
    json_put_str(&o, "par", answer->par);
    json_object_end(&o);
    errand_encrypt(x, &text);
}

static void put_payload(struct json_out *o, const struct alt_id *a, struct span details)
{
    const struct card_facts *card = &a->errand.card;
    const struct bin bin = bin_of8(bin_test_cards(), card->bin8);
    char made[ERRAND_CORRELATION];

    errand_correlation(made);
    json_key(o, "payload");
    json_object(o);
    json_put_str(o, "cardBrand", words_brand(card->scheme));
    json_put_str(o, "cardIssuerBank", bin.issuer);
    json_put_str(o, "cardIssuerCountry", bin.country);
    json_put_text(o, "correlationId", span_absent(a->correlation) ? span_of(made) : a->correlation);
    json_put_str(o, "provider", words_brand(card->scheme));
    json_put_str(o, "providerCategory", "NETWORK");
    json_put_text(o, "altIdDetails", details);
    json_object_end(o);
}

void juspay_alt_id_show(struct exchange *x, enum fault outcome)
{
    const struct alt_id *a = x->state;
    struct span details;
    struct json_out o;

    if (errand_failed(x, outcome))
        return;
    details = errand_payload(x);
    o = json_out(jcall_answer(x, 200, details.n + BODY_MAX));
    json_object(&o);
    json_put_str(&o, "status", "SUCCESS");
    json_put_null(&o, "errorCode");
    json_put_null(&o, "errorMessage");
    put_payload(&o, a, details);
    json_object_end(&o);
}
