/* token_get.c: POST /v4/card/get: a token's number with a cryptogram for one payment (reference A.6). */
#include "dialect/juspay/routes.h"

#include "dialect/juspay/errand.h"
#include "dialect/juspay/words.h"

#include "base/banned.h"

enum { BODY_MAX = 8192, FIRST_SIX = 6 };

struct get {
    struct errand errand;
    struct token_owner owner;
    struct span reference, reseller;
};

#define AT(member) .at = offsetof(struct get, member)

/* The sub-merchant's member has no published name: both spellings of the neighbouring calls will do. */
static const struct json_field fields[] = {
    { .name = "card_reference", .type = JSON_TEXT, .required = true, .max = 64, .rule = jcall_rule_plain,
      AT(reference) },
    { .name = "customer_id", .type = JSON_TEXT, .required = true, .max = VAULT_CUSTOMER_MAX, .rule = jcall_rule_id,
      AT(owner.customer_id) },
    { .name = "submerchantId", .type = JSON_TEXT, .max = VAULT_SUB_MERCHANT_MAX, .rule = jcall_rule_id,
      AT(owner.sub_merchant) },
    { .name = "sub_merchant_id", .type = JSON_TEXT, .max = VAULT_SUB_MERCHANT_MAX, .rule = jcall_rule_id,
      AT(reseller) },
    JSON_END
};

enum step juspay_get_parse(struct exchange *x)
{
    struct get *g = jcall_begin(x, sizeof *g);

    if (!g || jcall_read(x, g, fields, NULL) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (span_absent(g->owner.sub_merchant))
        g->owner.sub_merchant = g->reseller;
    errand_begin(x, VAULT_DISCLOSE, g->owner);
    errand_token(&g->errand, g->reference);
    g->errand.job.wish.wants_number = true;
    g->errand.job.wish.payment = NETWORK_ECOM;
    return STEP_GO;
}

static void put_authentication(struct json_out *o, const struct network_answer *answer)
{
    json_key(o, "authentication_details");
    json_object(o);
    json_put_str(o, "cryptogram", answer->tavv);
    json_put_str(o, "token", answer->number);
    json_object_end(o);
}

static void put_token(struct json_out *o, const struct token_row *t, int64_t now_ms)
{
    const struct expiry_text expiry = words_expiry(vault_expiry(t));
    struct span six = words_known(t->bin9);

    if (six.n > FIRST_SIX)
        six.n = FIRST_SIX;
    json_key(o, "token_details");
    json_object(o);
    json_put_str(o, "exp_month", expiry.mm);
    json_put_str(o, "exp_year", expiry.yyyy);
    json_put_str(o, "status", words_status(vault_life(t, now_ms)));
    json_put_text(o, "first_six", six);
    json_put_text(o, "last_four", words_known(t->token_last4));
    json_put_str(o, "provider", words_brand(t->scheme));
    json_put_str(o, "provider_category", "NETWORK");
    json_object_end(o);
}

/* The card's own expiry is not kept (RBI CO.DPSS.POLC.No.S-516), so it cannot be told. */
static void put_card(struct json_out *o, const struct token_row *t)
{
    json_key(o, "card_details");
    json_object(o);
    json_put_text(o, "last_four", t->last4);
    json_put_null(o, "exp_month");
    json_put_null(o, "exp_year");
    json_put_text(o, "par", words_known(t->par));
    json_object_end(o);
}

static void put_body(struct json_out *o, const struct exchange *x, const struct get *g)
{
    const struct vault_job *job = &g->errand.job;
    const struct token_row *t = &job->row;
    const struct network_answer *a = &job->answer;
    char reference[WORDS_REFERENCE], fingerprint[VAULT_FINGERPRINT_TEXT];

    words_reference(reference, x->services, t);
    words_fingerprint(fingerprint, t);
    json_object(o);
    put_authentication(o, a);
    json_put_str(o, "network", words_brand(t->scheme));
    put_token(o, t, x->now_ms);
    put_card(o, t);
    json_put_str(o, "eci", a->eci[0] ? a->eci : NULL);
    json_put_str(o, "token_requestor_id", a->trid[0] ? a->trid : job->call.ask.trid);
    json_put_str(o, "reference", reference);
    json_put_str(o, "fingerprint", fingerprint);
    json_put_text(o, "customer_id", g->owner.customer_id);
    json_put_null(o, "name_on_card");
    json_put_null(o, "nickname");
    json_put_text(o, "issuer", t->issuer);
    json_put_str(o, "card_type", words_type(t->type));
    json_put_str(o, "sub_type", words_sub(t->sub));
    json_put_text(o, "issuer_country_code", t->country);
    json_object_end(o);
}

void juspay_get_show(struct exchange *x, enum fault outcome)
{
    const struct get *g = x->state;
    struct json_out o;

    if (errand_failed(x, outcome))
        return;
    o = json_out(jcall_answer(x, 200, BODY_MAX));
    put_body(&o, x, g);
}
