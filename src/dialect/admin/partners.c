/* partners.c: what a merchant is given for the Juspay and Paytm APIs. The use cases wait, so they run on a worker. */
#include "dialect/admin/merchant_call.h"
#include "domain/scheme.h"

#include "base/banned.h"

static struct merchant_call *call_of(const struct exchange *x)
{
    return x->state;
}

static enum fault server_key(struct exchange *x, struct span *pem, enum card_form form)
{
    char id[PARTNER_SERVER_KEY_ID];

    return partner_server_key(x->services, pem, id, x->arena, form);
}

enum fault partner_call_server_keys(struct exchange *x, bool juspay, bool paytm)
{
    struct merchant_call *call = call_of(x);
    enum fault f = FAULT_NONE;

    if (juspay)
        f = server_key(x, &call->juspay_server_key, CARD_FORM_JWE);
    if (!f && paytm)
        f = server_key(x, &call->paytm_server_key, CARD_FORM_RSA);
    return f;
}

static void put_juspay(struct json_out *o, const struct merchant_call *call)
{
    const struct partner_juspay *j = &call->made.juspay;

    if (!j->api_key[0] && !j->key_id[0])
        return;
    json_key(o, "juspay");
    json_object(o);
    if (j->api_key[0])
        json_put_str(o, "api_key", j->api_key);
    if (j->key_id[0])
        json_put_str(o, "key_id", j->key_id);
    json_put_text(o, "server_public_key_pem", call->juspay_server_key);
    json_object_end(o);
}

static void put_paytm(struct json_out *o, const struct merchant_call *call)
{
    const struct partner_paytm *p = &call->made.paytm;

    if (!p->merchant_key[0])
        return;
    json_key(o, "paytm");
    json_object(o);
    json_put_str(o, "mid", p->mid);
    json_put_str(o, "merchant_key", p->merchant_key);
    json_put_str(o, "client_id", p->client_id);
    json_put_str(o, "encryption_key_version", p->version);
    json_put_text(o, "server_public_key_pem", call->paytm_server_key);
    json_object_end(o);
}

void partner_call_put(struct json_out *o, const struct merchant_call *call)
{
    put_juspay(o, call);
    put_paytm(o, call);
}

const char *partner_onboarding_text(enum fault f)
{
    if (f == FAULT_NONE)
        return "onboarded";
    return f == FAULT_WRONG_STATE ? "not onboarded: this server has no card network"
                                  : "not onboarded: the card network did not answer; try again";
}

enum step juspay_key_parse(struct exchange *x)
{
    return merchant_call_read(x, juspay_key_fields);
}

enum fault juspay_key_work(struct exchange *x, struct store_tx *tx)
{
    struct merchant_call *call = call_of(x);
    enum fault f = partner_call_server_keys(x, true, false);

    (void)tx;
    if (f)
        return f;
    return call->replace ? partner_juspay_replace(x->services, &call->made.juspay, call->merchant_id)
                         : partner_juspay_add(x->services, &call->made.juspay, call->merchant_id);
}

enum step public_key_parse(struct exchange *x)
{
    return merchant_call_read(x, public_key_fields);
}

enum fault public_key_work(struct exchange *x, struct store_tx *tx)
{
    struct merchant_call *call = call_of(x);
    enum fault f = partner_call_server_keys(x, true, false);

    (void)tx;
    return f ? f : partner_public_key_add(x->services, &call->made.juspay, call->merchant_id, call->key_id,
                                          call->public_key_pem);
}

enum step paytm_key_parse(struct exchange *x)
{
    return merchant_call_read(x, paytm_key_fields);
}

enum fault paytm_key_work(struct exchange *x, struct store_tx *tx)
{
    struct merchant_call *call = call_of(x);
    enum fault f = partner_call_server_keys(x, false, true);

    (void)tx;
    if (f)
        return f;
    return call->replace ? partner_paytm_replace(x->services, &call->made.paytm, call->merchant_id, call->client_id,
                                                 call->key_version)
                         : partner_paytm_add(x->services, &call->made.paytm, call->merchant_id, call->client_id,
                                             call->key_version);
}

void partner_keys_show(struct exchange *x, enum fault outcome)
{
    const struct merchant_call *call = call_of(x);
    struct json_out o;

    if (outcome == FAULT_EXISTS) {
        admin_error(x, 409, "exists", "the merchant has a key of that name already");
        return;
    }
    if (outcome == FAULT_BAD_INPUT && call->public_key_pem.n) {
        admin_error(x, 400, "bad_input", "public_key_pem is no RSA public key of 2048 to 4096 bits in PEM");
        return;
    }
    if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_KEYS_MAX);
    json_object(&o);
    json_put_i64(&o, "merchant_id", call->merchant_id);
    partner_call_put(&o, call);
    json_object_end(&o);
    answer_header(x, "Cache-Control", SPAN("no-store"));
}

enum step onboard_parse(struct exchange *x)
{
    return merchant_call_read(x, onboard_fields);
}

enum fault onboard_work(struct exchange *x, struct store_tx *tx)
{
    const struct merchant_call *call = call_of(x);
    enum scheme scheme = SCHEME_UNKNOWN;

    (void)tx;
    if (call->scheme.n && !span_equal_nocase(call->scheme, SPAN("all")) && scheme_read(&scheme, call->scheme))
        return FAULT_BAD_INPUT;
    return partner_onboard(x->services, call->merchant_id, scheme);
}

void onboard_show(struct exchange *x, enum fault outcome)
{
    const struct merchant_call *call = call_of(x);
    struct json_out o;

    if (outcome == FAULT_WRONG_STATE) {
        admin_error(x, 409, "no_network", "this server has no card network");
        return;
    }
    if (outcome == FAULT_SILENT) {
        admin_error(x, 503, "silent", "the card network does not answer");
        return;
    }
    if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_i64(&o, "merchant_id", call->merchant_id);
    if (call->scheme.n)
        json_put_text(&o, "scheme", call->scheme);
    json_put_str(&o, "onboarding", partner_onboarding_text(FAULT_NONE));
    json_object_end(&o);
}
