/* generate.c: POST /generateToken: a card becomes a network token (reference A.2 to A.4). */
#include "dialect/juspay/routes.h"

#include "dialect/juspay/card_data.h"
#include "dialect/juspay/errand.h"
#include "dialect/juspay/words.h"

#include "base/banned.h"

enum { PAYLOAD_MAX = 4096 };          /* bytes: customer ids are bounded, and no byte escapes to more than six */

struct generate {
    struct errand errand;
    struct token_owner owner;
    struct span service, consent_id, auth_ref, key_id, card_data, reseller;
    bool send_token;
};

#define AT(member) .at = offsetof(struct generate, member)

static const char *const services[] = { "NETWORK_TOKEN", NULL };

/* That consent was taken is a rule and no matter of form: the vault refuses in its name. */
static const struct json_field order_fields[] = {
    { .name = "consentId", .type = JSON_TEXT, .max = VAULT_CONSENT_MAX, .rule = jcall_rule_plain, AT(consent_id) },
    { .name = "customerId", .type = JSON_TEXT, .required = true, .max = VAULT_CUSTOMER_MAX, .rule = jcall_rule_id,
      AT(owner.customer_id) },
    JSON_END
};

static const struct json_field audit_fields[] = {
    { .name = "authRefNo", .type = JSON_TEXT, .max = NETWORK_AUTH_REF_MAX, .rule = jcall_rule_plain, AT(auth_ref) },
    JSON_END
};

static const struct json_field fields[] = {
    { .name = "service", .type = JSON_TEXT, .required = true, .one_of = services, AT(service) },
    { .name = "orderData", .type = JSON_OBJECT, .required = true, .sub = order_fields, .at = JSON_NOWHERE },
    { .name = "audit", .type = JSON_OBJECT, .sub = audit_fields, .at = JSON_NOWHERE },
    { .name = "submerchantId", .type = JSON_TEXT, .max = VAULT_SUB_MERCHANT_MAX, .rule = jcall_rule_id,
      AT(owner.sub_merchant) },
    { .name = "sub_merchant_id", .type = JSON_TEXT, .max = VAULT_SUB_MERCHANT_MAX, .rule = jcall_rule_id,
      AT(reseller) },
    { .name = "keyId", .type = JSON_TEXT, .max = PARTNER_KEY_ID_MAX, .rule = jcall_rule_plain, AT(key_id) },
    JSON_END
};

enum step juspay_generate_parse(struct exchange *x)
{
    struct generate *g = jcall_begin(x, sizeof *g);
    const struct json_node *body;

    if (!g || jcall_read(x, g, fields, &body) == STEP_ANSWERED
        || jcall_flag(x, &g->send_token, body, "shouldSendToken") == STEP_ANSWERED
        || card_data_read(x, &g->card_data, body) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (span_absent(g->owner.sub_merchant))
        g->owner.sub_merchant = g->reseller;
    errand_begin(x, VAULT_MAKE, g->owner);
    g->errand.job.wish.wants_number = g->send_token;
    g->errand.job.wish.consent = (struct consent_facts){
        .channel = CONSENT_BY_JUSPAY, .given = !span_absent(g->consent_id), .id = g->consent_id,
        .given_ms = x->now_ms, .auth_ref = g->auth_ref,
    };
    return STEP_GO;
}

enum step juspay_generate_prepare(struct exchange *x)
{
    const struct generate *g = x->state;

    return errand_card(x, CARD_FORM_JWE, g->card_data);
}

/* The recipient comes first: without one nothing may be stored, since nobody could be told of it. */
enum fault juspay_generate_work(struct exchange *x, struct store_tx *tx)
{
    const struct generate *g = x->state;
    enum fault f = errand_recipient(x, tx, g->key_id);

    return f ? f : errand_work(x, tx);
}

/* The members and their order are the published sample's; a text that is not known is "", since a published client
 * reads these as strings (decision 7). The number is the one that may be null: the vault tells none to who did not want
 * it, and there may be none yet. */
static void put_payload(struct json_out *o, const struct exchange *x, const struct generate *g)
{
    const struct token_row *t = &g->errand.job.row;
    const struct expiry_text expiry = words_expiry(vault_expiry(t));
    const char *number = g->errand.job.answer.number;
    char reference[WORDS_REFERENCE], fingerprint[VAULT_FINGERPRINT_TEXT], correlation[ERRAND_CORRELATION];

    words_reference(reference, x->services, t);
    words_fingerprint(fingerprint, t);
    errand_correlation(correlation);
    json_object(o);
    json_put_null(o, "digitalCardArt");
    json_put_null(o, "networkResponse");
    json_put_str(o, "token", number[0] ? number : NULL);
    json_put_str(o, "cardFingerprint", fingerprint);
    json_put_text(o, "tokenIsin", words_known(t->bin9));
    json_put_null(o, "enrolledPan");
    json_put_str(o, "tokenExpiryYear", expiry.yyyy);
    json_put_str(o, "vaultProvider", "NETWORK_TOKEN");
    json_put_str(o, "cardBrand", words_brand(t->scheme));
    json_put_str(o, "tokenExpiryMonth", expiry.mm);
    json_put_text(o, "par", words_known(t->par));
    json_put_text(o, "customerId", g->owner.customer_id);
    json_put_str(o, "correlationId", correlation);
    json_put_text(o, "tokenLastFour", words_known(t->token_last4));
    json_put_str(o, "tokenStatus", words_status(vault_life(t, x->now_ms)));
    json_put_null(o, "provisionedTokenId");
    json_put_str(o, "cardReference", reference);
    json_object_end(o);
}

void juspay_generate_compose(struct exchange *x, enum fault outcome)
{
    const struct generate *g = x->state;
    struct buf text;
    struct json_out o;

    if (!errand_is_fine(x, outcome))
        return;
    text = arena_buf(x->arena, PAYLOAD_MAX);
    o = json_out(&text);
    put_payload(&o, x, g);
    errand_encrypt(x, &text);
}

void juspay_generate_show(struct exchange *x, enum fault outcome)
{
    struct span payload;
    struct json_out o;

    if (errand_failed(x, outcome))
        return;
    payload = errand_payload(x);
    o = json_out(jcall_answer(x, 200, payload.n + 128));
    json_object(&o);
    json_put_null(&o, "errorCode");
    json_put_null(&o, "errorMessage");
    json_put_text(&o, "payload", payload);
    json_put_str(&o, "status", "SUCCESS");
    json_object_end(&o);
}
