/* webhooks_show.c: answers about endpoints and deliveries. */
#include "dialect/admin/webhooks_call.h"

#include "courier/courier.h"

#include "base/banned.h"

enum { DELIVERY_MAX = 1536, ENDPOINT_MAX = 4096, BODY_ESCAPED = 6 };    /* bytes; of an escaped byte */

/* What is not there may be the merchant, the endpoint or the delivery. */
static bool failed(struct exchange *x, enum fault outcome)
{
    const struct webhooks_call *w = x->state;

    if (outcome == FAULT_NOT_FOUND)
        admin_error(x, 404, "not_found", "there is no such merchant, endpoint, order or delivery");
    else if (outcome == FAULT_TOO_MANY)
        admin_error(x, 409, "too_many", "the merchant has as many endpoints as one may have; remove one first");
    else if (outcome == FAULT_WRONG_STATE)
        admin_error(x, 409, "wrong_state", "it waits behind another delivery of its order, which must end first");
    else if (outcome == FAULT_BAD_INPUT && w->call.flaw)
        admin_error(x, 400, "bad_input", w->call.flaw);
    else if (outcome)
        admin_fault(x, outcome);
    return outcome != FAULT_NONE;
}

static void put_events(struct json_out *o, int64_t events)
{
    json_key(o, "events");
    json_list(o);
    for (int e = 0; e < WEBHOOK_EVENTS; e++)
        if (events & (int64_t)(1u << e))
            json_text(o, span_of(webhook_event_name((enum webhook_event)e)));
    json_list_end(o);
}

static void put_endpoint(struct json_out *o, const struct endpoint_row *e)
{
    json_object(o);
    json_put_i64(o, "endpoint", e->endpoint_no);
    json_put_str(o, "kind", webhook_kind_name((enum endpoint_kind)e->kind));
    json_put_text(o, "url", e->url);
    json_put_text(o, "version", e->version);
    put_events(o, e->events);
    json_put_str(o, "policy", webhook_policy_name((enum endpoint_policy)e->policy));
    if (e->policy == ENDPOINT_FIXED || e->policy == ENDPOINT_EXPONENTIAL) {
        json_put_i64(o, "tries", e->tries);
        json_put_i64(o, "interval_seconds", e->interval_ms / 1000);
    }
    if (e->policy == ENDPOINT_CUSTOM)
        json_put_text(o, "intervals", e->intervals);
    json_put_ist(o, "created_at", e->created_ms);
    json_object_end(o);
}

void webhooks_list_show(struct exchange *x, enum fault outcome)
{
    const struct webhooks_call *w = x->state;
    struct json_out o;

    if (failed(x, outcome))
        return;
    o = admin_json(x, ENDPOINTS_MAX * ENDPOINT_MAX);
    json_object(&o);
    json_key(&o, "endpoints");
    json_list(&o);
    for (size_t i = 0; i < w->n; i++)
        put_endpoint(&o, &w->endpoints[i]);
    json_list_end(&o);
    json_object_end(&o);
}

/* {"merchant_id":1,"endpoint":2, and a flag}: what was done to which. */
static void show_done(struct exchange *x, const char *what, const char *flag)
{
    const struct webhooks_call *w = x->state;
    struct json_out o = admin_json(x, ADMIN_SMALL_MAX);

    json_object(&o);
    json_put_i64(&o, "merchant_id", w->call.merchant_id);
    json_put_i64(&o, what, w->call.no);
    json_put_bool(&o, flag, true);
    json_object_end(&o);
}

void webhook_add_show(struct exchange *x, enum fault outcome)
{
    if (!failed(x, outcome))
        show_done(x, "endpoint", "added");
}

void webhook_remove_show(struct exchange *x, enum fault outcome)
{
    if (!failed(x, outcome))
        show_done(x, "endpoint", "removed");
}

void delivery_resend_show(struct exchange *x, enum fault outcome)
{
    if (!failed(x, outcome))
        show_done(x, "delivery", "due");
}

/* Nothing came of it yet while there was no try. */
static void put_outcome(struct json_out *o, const struct outbox_row *d)
{
    bool known = d->ended_ms > 0 && d->outcome >= 0 && d->outcome < COURIER_OUTCOMES;

    json_put_str(o, "outcome", known ? courier_outcome_name((enum courier_outcome)d->outcome) : NULL);
    json_key(o, "status");
    if (d->status)
        json_i64(o, d->status);
    else
        json_null(o);
    json_put_ist(o, "told_at", d->at_ms);
    json_put_ist(o, "due_at", d->due_ms);
    json_put_ist(o, "ended_at", d->ended_ms);
}

static void put_delivery(struct json_out *o, const struct delivery_shown *shown)
{
    const struct outbox_row *d = &shown->row;

    json_put_i64(o, "delivery", d->delivery_no);
    json_put_i64(o, "endpoint", d->endpoint_no);
    json_put_str(o, "kind", webhook_kind_name((enum endpoint_kind)d->kind));
    json_put_text(o, "url", d->url);
    json_put_str(o, "event", webhook_event_name((enum webhook_event)d->event));
    json_put_text(o, "order_id", shown->order_id);
    json_put_str(o, "state", webhook_state_name((enum delivery_state)d->state));
    json_put_i64(o, "attempts", d->attempts);
    put_outcome(o, d);
}

void deliveries_show(struct exchange *x, enum fault outcome)
{
    const struct webhooks_call *w = x->state;
    struct json_out o;

    if (failed(x, outcome))
        return;
    o = admin_json(x, (DELIVERIES_SHOWN + 1) * DELIVERY_MAX);
    json_object(&o);
    json_key(&o, "deliveries");
    json_list(&o);
    for (size_t i = 0; i < w->n; i++) {
        json_object(&o);
        put_delivery(&o, &w->deliveries[i]);
        json_object_end(&o);
    }
    json_list_end(&o);
    json_object_end(&o);
}

void delivery_show(struct exchange *x, enum fault outcome)
{
    const struct webhooks_call *w = x->state;
    struct json_out o;

    if (failed(x, outcome))
        return;
    o = admin_json(x, DELIVERY_MAX + BODY_ESCAPED * w->body.n);
    json_object(&o);
    put_delivery(&o, &w->deliveries[0]);
    json_put_text(&o, "body", w->body);
    json_object_end(&o);
}
