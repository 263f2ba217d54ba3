/* merchants.c: the merchants' endpoints. The use cases wait for their own commits, so they run on a worker. */
#include "base/isotime.h"
#include "dialect/admin/merchant_call.h"

#include "base/banned.h"

enum step merchant_add_parse(struct exchange *x)
{
    enum step step = merchant_call_read(x, merchant_add_fields);
    struct merchant_call *call = x->state;

    if (step == STEP_GO && !call->currencies.n)
        call->currencies = SPAN("INR");
    return step;
}

enum fault merchant_add_work(struct exchange *x, struct store_tx *tx)
{
    struct merchant_call *call = x->state;
    enum fault f = partner_call_server_keys(x, true, true);

    (void)tx;
    if (f)
        return f;
    return merchant_add_whole(x->services, &call->made, call->name, call->currencies);
}

enum step merchant_rotate_parse(struct exchange *x)
{
    return merchant_call_read(x, merchant_rotate_fields);
}

enum fault merchant_rotate_work(struct exchange *x, struct store_tx *tx)
{
    struct merchant_call *call = x->state;

    (void)tx;
    return merchant_rotate(x->services, &call->made.cashfree, call->merchant_id, call->overlap_s);
}

void merchant_credentials_show(struct exchange *x, enum fault outcome)
{
    const struct merchant_call *call = x->state;
    char until[ISOTIME_TEXT];
    struct json_out o;

    if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_KEYS_MAX);
    json_object(&o);
    json_put_i64(&o, "merchant_id", call->made.cashfree.merchant_id);
    if (call->name.n)
        json_put_text(&o, "name", call->name);
    json_put_str(&o, "client_id", call->made.cashfree.client_id);
    json_put_str(&o, "client_secret", call->made.cashfree.client_secret);
    if (call->name.n) {
        partner_call_put(&o, call);
        json_put_str(&o, "onboarding", partner_onboarding_text(call->made.onboarded));
    }
    if (call->overlap_s) {
        isotime_ist(until, x->now_ms + call->overlap_s * 1000);
        json_put_str(&o, "old_secret_valid_until", until);
    }
    json_object_end(&o);
    answer_header(x, "Cache-Control", SPAN("no-store"));
}

enum step merchant_disable_parse(struct exchange *x)
{
    return merchant_call_read(x, NULL);
}

enum fault merchant_disable_work(struct exchange *x, struct store_tx *tx)
{
    const struct merchant_call *call = x->state;

    (void)tx;
    return merchant_disable(x->services, call->merchant_id);
}

void merchant_disable_show(struct exchange *x, enum fault outcome)
{
    const struct merchant_call *call = x->state;
    struct json_out o;

    if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_i64(&o, "merchant_id", call->merchant_id);
    json_put_bool(&o, "disabled", true);
    json_object_end(&o);
}

enum step merchants_list_parse(struct exchange *x)
{
    return admin_may(x, NULL) ? STEP_GO : STEP_ANSWERED;
}

static enum fault show_merchant(void *arg, const struct merchant_shown *m)
{
    struct json_out *o = arg;
    char created[ISOTIME_TEXT];

    isotime_ist(created, m->created_ms);
    json_object(o);
    json_put_i64(o, "merchant_id", m->merchant_id);
    json_put_text(o, "name", m->name);
    json_put_text(o, "client_id", m->client_id);
    json_put_text(o, "mid", m->mid);
    json_key(o, "public_key_ids");
    json_list(o);
    for (size_t i = 0; i < m->n_keys; i++)
        json_text(o, m->key_ids[i]);
    json_list_end(o);
    json_put_text(o, "currencies", m->currencies);
    json_put_bool(o, "disabled", m->disabled);
    json_put_str(o, "created_at", created);
    json_object_end(o);
    return FAULT_NONE;
}

void merchants_list_show(struct exchange *x, enum fault outcome)
{
    struct json_out o = admin_json(x, ADMIN_LIST_MAX);

    json_object(&o);
    json_key(&o, "merchants");
    json_list(&o);
    if (outcome == FAULT_NONE)
        outcome = merchants_list(x->services, x->reader, x->arena, show_merchant, &o);
    json_list_end(&o);
    json_object_end(&o);
    if (outcome != FAULT_NONE)
        admin_fault(x, outcome);
}
