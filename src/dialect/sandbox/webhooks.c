/* webhooks.c: what goes wrong with webhooks, on request. */
#include "dialect/sandbox/desk.h"
#include "webhook/webhook.h"

#include "base/banned.h"

static const struct json_field behave_fields[] = {
    { .name = "manner", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, manner) },
    { .name = "ms", .type = JSON_INT, .min = 1, .max = WEBHOOK_LATE_MAX_MS, .at = offsetof(struct sandbox_call, ms) },
    { .name = "count", .type = JSON_INT, .min = 1, .max = WEBHOOK_LOST_MAX,
      .at = offsetof(struct sandbox_call, count) },
    JSON_END,
};

static struct sandbox_call *read_call(struct exchange *x, const struct json_field *fields)
{
    struct sandbox_call *call = sandbox_read(x, fields);

    if (call && !x->services->webhooks) {
        admin_error(x, 409, "no_webhooks", "this server sends no webhooks (see --webhooks)");
        return NULL;
    }
    return call;
}

static void show(struct exchange *x)
{
    struct json_out o = admin_json(x, ADMIN_SMALL_MAX);
    int64_t n;
    size_t held;
    enum webhook_manner m = webhooks_behaviour(x->services->webhooks, &n, &held);

    json_object(&o);
    json_put_str(&o, "manner", webhook_manner_name(m));
    json_put_i64(&o, "ms", m == WEBHOOK_LATE ? n : 0);
    json_put_i64(&o, "count", m == WEBHOOK_LOST ? n : 0);
    json_put_i64(&o, "held", (int64_t)held);
    json_key(&o, "manners");
    json_list(&o);
    for (unsigned i = 0; i < WEBHOOK_MANNERS; i++)
        json_text(&o, span_of(webhook_manner_name((enum webhook_manner)i)));
    json_list_end(&o);
    json_object_end(&o);
}

enum step webhooks_get_parse(struct exchange *x)
{
    if (read_call(x, NULL))
        show(x);
    return STEP_ANSWERED;
}

/* WEBHOOK_MANNERS: none has that name. */
static unsigned manner_of(struct span name)
{
    unsigned m = 0;

    while (m < WEBHOOK_MANNERS && !span_equal_nocase(name, span_of(webhook_manner_name((enum webhook_manner)m))))
        m++;
    return m;
}

enum step webhooks_behave_parse(struct exchange *x)
{
    const struct sandbox_call *call = read_call(x, behave_fields);
    unsigned m;

    if (!call)
        return STEP_ANSWERED;
    m = manner_of(call->manner);
    if (m == WEBHOOK_MANNERS)
        sandbox_bad(x, "manner", "there is no such manner; GET /sandbox/webhooks lists them");
    else if ((m == WEBHOOK_LATE) != (call->ms > 0))
        sandbox_bad(x, "ms", "the manner late needs its milliseconds in ms, and no other manner has any");
    else if ((m == WEBHOOK_LOST) != (call->count > 0))
        sandbox_bad(x, "count", "the manner lost needs how many in count, and no other manner has any");
    else {
        webhooks_behave(x->services->webhooks, (enum webhook_manner)m, m == WEBHOOK_LATE ? call->ms : call->count);
        show(x);
    }
    return STEP_ANSWERED;
}
