/* webhooks.c: parse and work of the routes about endpoints and deliveries. */
#include "dialect/admin/webhooks_call.h"

#include <string.h>

#include "courier/courier.h"
#include "webhook/webhook.h"

#include "base/banned.h"

/* The token and the id in the path, into a state that begins with what they read. */
static enum step enter(struct exchange *x, const struct json_field *fields)
{
    struct webhooks_call *w;
    enum step step = merchant_call_read(x, fields);

    if (step != STEP_GO)
        return step;
    w = arena_take(x->arena, sizeof *w);
    if (!w) {
        admin_fault(x, FAULT_BUSY);
        return STEP_ANSWERED;
    }
    memcpy(&w->call, x->state, sizeof w->call);
    x->state = w;
    return STEP_GO;
}

enum step webhooks_list_parse(struct exchange *x)
{
    return enter(x, NULL);
}

static enum fault keep_endpoint(void *arg, const struct endpoint_row *e)
{
    struct exchange *x = arg;
    struct webhooks_call *w = x->state;
    struct endpoint_row *kept = &w->endpoints[w->n];

    if (w->n == ENDPOINTS_MAX)
        return FAULT_NONE;
    w->n++;
    *kept = *e;
    kept->url = arena_copy(x->arena, e->url);
    kept->version = span_absent(e->version) ? e->version : arena_copy(x->arena, e->version);
    kept->intervals = span_absent(e->intervals) ? e->intervals : arena_copy(x->arena, e->intervals);
    return FAULT_NONE;
}

enum fault webhooks_list_work(struct exchange *x, struct store_tx *tx)
{
    struct webhooks_call *w = x->state;

    w->n = 0;
    return endpoints_each(tx, w->call.merchant_id, keep_endpoint, x);
}

/* Names of events into a set. False: one is none. */
static bool read_events(struct exchange *x, struct merchant_call *c)
{
    for (size_t i = 0; i < json_count(c->events); i++) {
        enum webhook_event e;

        if (webhook_event_read(&e, json_value(c->events, i, x->arena)))
            return false;
        c->endpoint.events |= 1u << e;
    }
    return true;
}

static const char *read_endpoint(struct exchange *x, struct merchant_call *c)
{
    const char *why = "the URL is malformed";

    c->endpoint = (struct endpoint_new){
        .merchant_id = c->merchant_id, .url = c->url, .version = c->version, .tries = c->tries,
        .interval_ms = c->interval_s * 1000, .intervals = c->intervals, .authorization = c->authorization,
    };
    if (c->kind.n && webhook_kind_read(&c->endpoint.kind, c->kind))
        return "kind must be cashfree, paytm or juspay";
    if (c->policy.n && webhook_policy_read(&c->endpoint.policy, c->policy))
        return "policy must be default, fixed, exponential or custom";
    if (!read_events(x, c))
        return "events must be names of events";
    return courier_url_check(c->url, x->services->mode == MODE_LIVE, &why) ? why : NULL;
}

enum step webhook_add_parse(struct exchange *x)
{
    enum step step = enter(x, webhook_add_fields);
    struct webhooks_call *w = x->state;

    if (step != STEP_GO)
        return step;
    w->call.flaw = read_endpoint(x, &w->call);
    if (!w->call.flaw)
        return STEP_GO;
    admin_error(x, 400, "bad_input", w->call.flaw);
    return STEP_ANSWERED;
}

enum fault webhook_add_work(struct exchange *x, struct store_tx *tx)
{
    struct webhooks_call *w = x->state;

    (void)tx;
    return endpoint_add(x->services, &w->call.no, &w->call.endpoint, &w->call.flaw);
}

enum step webhook_numbered_parse(struct exchange *x)
{
    enum step step = enter(x, NULL);
    struct webhooks_call *w = x->state;
    uint64_t no;

    if (step != STEP_GO)
        return step;
    if (span_u64(&no, x->params[1], INT64_MAX)) {
        admin_error(x, 404, "not_found", "there is nothing of that number");
        return STEP_ANSWERED;
    }
    w->call.no = (int64_t)no;
    return STEP_GO;
}

enum fault webhook_remove_work(struct exchange *x, struct store_tx *tx)
{
    const struct webhooks_call *w = x->state;

    (void)tx;
    return endpoint_remove(x->services, w->call.merchant_id, w->call.no);
}

/* One member of the query. A sentence: what is wrong with it. */
static const char *read_filter(struct webhooks_call *w, struct span name, struct span value)
{
    enum delivery_state state;
    uint64_t before;

    if (value.n == 0)
        return NULL;
    if (span_equal(name, SPAN("state"))) {
        if (webhook_state_read(&state, value))
            return "state must be waits, due, done or given_up";
        w->filter.state = state;
    } else if (span_equal(name, SPAN("order_id"))) {
        w->order_id = value;
    } else if (span_equal(name, SPAN("before"))) {
        if (span_u64(&before, value, INT64_MAX))
            return "before must be the number of a delivery";
        w->filter.before = (int64_t)before;
    }
    return NULL;
}

enum step deliveries_parse(struct exchange *x)
{
    enum step step = enter(x, NULL);
    struct webhooks_call *w = x->state;
    struct span rest = x->query, name, value;

    if (step != STEP_GO)
        return step;
    w->filter = (struct outbox_filter){ .merchant_id = w->call.merchant_id, .state = -1, .max = DELIVERIES_SHOWN };
    while (query_next(&rest, &name, &value)) {
        const char *why = read_filter(w, name, value);

        if (why) {
            admin_error(x, 400, "bad_input", why);
            return STEP_ANSWERED;
        }
    }
    return STEP_GO;
}

static enum fault keep_delivery(void *arg, const struct outbox_row *d)
{
    struct exchange *x = arg;
    struct webhooks_call *w = x->state;
    struct outbox_row *kept;

    if (w->n == DELIVERIES_SHOWN)
        return FAULT_NONE;
    kept = &w->deliveries[w->n++].row;
    *kept = *d;
    kept->url = span_absent(d->url) ? d->url : arena_copy(x->arena, d->url);
    return FAULT_NONE;
}

/* The merchant's own id of the order; none where there is no order, or no longer. */
static enum fault name_order(struct exchange *x, struct store_tx *tx, struct delivery_shown *d)
{
    struct order_row order;
    enum fault f;

    d->order_id = (struct span){ 0 };
    if (d->row.order_no == 0)
        return FAULT_NONE;
    f = orders_find_no(tx, &order, x->arena, d->row.merchant_id, d->row.order_no);
    if (!f)
        d->order_id = order.order_id;
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault deliveries_work(struct exchange *x, struct store_tx *tx)
{
    struct webhooks_call *w = x->state;
    struct order_row order;
    enum fault f = FAULT_NONE;

    w->n = 0;
    if (w->order_id.n) {
        f = orders_find(tx, &order, x->arena, w->call.merchant_id, w->order_id);
        w->filter.order_no = order.order_no;
    }
    if (!f)
        f = outbox_list(tx, &w->filter, keep_delivery, x);
    for (size_t i = 0; i < w->n && !f; i++)
        f = name_order(x, tx, &w->deliveries[i]);
    return f;
}

enum fault delivery_work(struct exchange *x, struct store_tx *tx)
{
    struct webhooks_call *w = x->state;
    struct delivery_shown *d = &w->deliveries[0];
    enum fault f = outbox_find(tx, &d->row, x->arena, w->call.merchant_id, w->call.no);

    if (!f)
        f = name_order(x, tx, d);
    if (!f && webhooks_body(x->services->webhooks, &w->body, tx, x->arena, &d->row))
        w->body = (struct span){ 0 };
    return f;
}

enum fault delivery_resend_work(struct exchange *x, struct store_tx *tx)
{
    const struct webhooks_call *w = x->state;
    enum fault f = delivery_resend(x->services, w->call.merchant_id, w->call.no);

    (void)tx;
    if (!f)
        webhooks_ring(x->services->webhooks);
    return f;
}
