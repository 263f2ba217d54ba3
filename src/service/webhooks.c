/* webhooks.c: an event becomes deliveries. */
#include "service/webhooks.h"

#include "base/banned.h"

#define CASHFREE_EVENTS \
    (1u << WEBHOOK_PAYMENT_SUCCESS | 1u << WEBHOOK_PAYMENT_FAILED | 1u << WEBHOOK_PAYMENT_DROPPED | \
     1u << WEBHOOK_REFUND | 1u << WEBHOOK_AUTO_REFUND | 1u << WEBHOOK_INSTRUMENT_ACTIVE | \
     1u << WEBHOOK_INSTRUMENT_FAILED)

static const char *const event_names[WEBHOOK_EVENTS] = {
    [WEBHOOK_PAYMENT_SUCCESS] = "PAYMENT_SUCCESS", [WEBHOOK_PAYMENT_FAILED] = "PAYMENT_FAILED",
    [WEBHOOK_PAYMENT_DROPPED] = "PAYMENT_DROPPED", [WEBHOOK_REFUND] = "REFUND", [WEBHOOK_AUTO_REFUND] = "AUTO_REFUND",
    [WEBHOOK_INSTRUMENT_ACTIVE] = "INSTRUMENT_ACTIVE", [WEBHOOK_INSTRUMENT_FAILED] = "INSTRUMENT_FAILED",
    [WEBHOOK_TOKEN] = "TOKEN", [WEBHOOK_RESULT] = "RESULT",
};
static const struct { const char *name; unsigned events; } kinds[ENDPOINT_KINDS] = {
    [ENDPOINT_CASHFREE] = { "cashfree", CASHFREE_EVENTS },
    [ENDPOINT_FORM]     = { "form",     1u << WEBHOOK_RESULT },
    [ENDPOINT_PAYTM]    = { "paytm",    1u << WEBHOOK_TOKEN },
    [ENDPOINT_JUSPAY]   = { "juspay",   1u << WEBHOOK_TOKEN },
};
static const char *const policy_names[ENDPOINT_POLICIES] = {
    [ENDPOINT_DEFAULT] = "default", [ENDPOINT_FIXED] = "fixed", [ENDPOINT_EXPONENTIAL] = "exponential",
    [ENDPOINT_CUSTOM] = "custom",
};
static const char *const state_names[DELIVERY_STATES] = {
    [DELIVERY_WAITS] = "waits", [DELIVERY_DUE] = "due", [DELIVERY_DONE] = "done", [DELIVERY_GIVEN_UP] = "given_up",
};

unsigned webhook_events_of(enum endpoint_kind k)
{
    return (unsigned)k < ENDPOINT_KINDS ? kinds[k].events : 0;
}

const char *webhook_event_name(enum webhook_event e)
{
    return (unsigned)e < WEBHOOK_EVENTS ? event_names[e] : "?";
}

const char *webhook_kind_name(enum endpoint_kind k)
{
    return (unsigned)k < ENDPOINT_KINDS ? kinds[k].name : "?";
}

const char *webhook_policy_name(enum endpoint_policy p)
{
    return (unsigned)p < ENDPOINT_POLICIES ? policy_names[p] : "?";
}

const char *webhook_state_name(enum delivery_state s)
{
    return (unsigned)s < DELIVERY_STATES ? state_names[s] : "?";
}

enum fault webhook_event_read(enum webhook_event *out, struct span name)
{
    for (int i = 0; i < WEBHOOK_EVENTS; i++)
        if (span_equal_nocase(name, span_of(event_names[i]))) {
            *out = (enum webhook_event)i;
            return FAULT_NONE;
        }
    return FAULT_NOT_FOUND;
}

enum fault webhook_kind_read(enum endpoint_kind *out, struct span name)
{
    for (int i = 0; i < ENDPOINT_KINDS; i++)
        if (span_equal(name, span_of(kinds[i].name))) {
            *out = (enum endpoint_kind)i;
            return FAULT_NONE;
        }
    return FAULT_NOT_FOUND;
}

enum fault webhook_policy_read(enum endpoint_policy *out, struct span name)
{
    for (int i = 0; i < ENDPOINT_POLICIES; i++)
        if (span_equal(name, span_of(policy_names[i]))) {
            *out = (enum endpoint_policy)i;
            return FAULT_NONE;
        }
    return FAULT_NOT_FOUND;
}

enum fault webhook_state_read(enum delivery_state *out, struct span name)
{
    for (int i = 0; i < DELIVERY_STATES; i++)
        if (span_equal(name, span_of(state_names[i]))) {
            *out = (enum delivery_state)i;
            return FAULT_NONE;
        }
    return FAULT_NOT_FOUND;
}

/* Endpoints that want an event, gathered before the first insert: a statement that is being read is not written
 * under. */
struct wanting {
    enum webhook_event event;
    struct { int64_t endpoint_no, kind; } all[ENDPOINTS_MAX];
    size_t n;
};

static enum fault want(void *arg, const struct endpoint_row *e)
{
    struct wanting *w = arg;

    if (e->events & (int64_t)(1u << w->event) && w->n < ENDPOINTS_MAX) {
        w->all[w->n].endpoint_no = e->endpoint_no;
        w->all[w->n++].kind = e->kind;
    }
    return FAULT_NONE;
}

static enum fault deliver(struct store_tx *tx, const struct webhook_news *n, int64_t endpoint_no, int64_t kind,
                          struct span url)
{
    struct outbox_row d = {
        .merchant_id = n->merchant_id, .endpoint_no = endpoint_no, .kind = kind, .url = url, .event = n->event,
        .order_no = n->order_no, .subject_no = n->subject_no, .subject_state = n->state, .at_ms = n->at_ms,
        .due_ms = n->at_ms,
    };

    return outbox_insert(tx, &d, n->at_ms);
}

enum fault webhook_tell(struct store_tx *tx, const struct webhook_news *n)
{
    struct wanting w = { .event = n->event };
    bool form = n->event == WEBHOOK_RESULT;
    enum fault f = form ? FAULT_NONE : endpoints_each(tx, n->merchant_id, want, &w);

    for (size_t i = 0; i < w.n && !f; i++)
        f = deliver(tx, n, w.all[i].endpoint_no, w.all[i].kind, (struct span){ 0 });
    if (!f && n->notify_url.n)
        f = deliver(tx, n, 0, form ? ENDPOINT_FORM : ENDPOINT_CASHFREE, n->notify_url);
    return f;
}
