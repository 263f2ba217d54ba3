/* clock.c: the sandbox's clock. */
#include "base/isotime.h"
#include "dialect/sandbox/desk.h"

#include "base/banned.h"

static const struct json_field set_fields[] = {
    { .name = "now", .type = JSON_TEXT, .at = offsetof(struct sandbox_call, now) },
    { .name = "advance_seconds", .type = JSON_INT, .min = -SANDBOX_ADVANCE_MAX_S, .max = SANDBOX_ADVANCE_MAX_S,
      .at = offsetof(struct sandbox_call, advance_s) },
    { .name = "system", .type = JSON_BOOL, .at = offsetof(struct sandbox_call, system) },
    { .name = "freeze", .type = JSON_BOOL, .at = offsetof(struct sandbox_call, freeze) },
    { .name = "resume", .type = JSON_BOOL, .at = offsetof(struct sandbox_call, resume) },
    JSON_END,
};

static void show(struct exchange *x, const struct clock_settable *c)
{
    struct json_out o = admin_json(x, ADMIN_SMALL_MAX);
    char now[ISOTIME_TEXT];

    isotime_utc(now, clock_now_ms(&c->base));
    json_object(&o);
    json_put_str(&o, "now", now);
    json_put_i64(&o, "ahead_seconds", clock_settable_ahead_ms(c) / 1000);
    json_put_bool(&o, "frozen", clock_settable_is_frozen(c));
    json_object_end(&o);
}

/* Only the sandbox serves this dialect, and it has such a clock. */
static struct clock_settable *clock_of(struct exchange *x)
{
    if (!x->services->settable_clock)
        admin_error(x, 409, "no_clock", "this server's clock cannot be set");
    return x->services->settable_clock;
}

enum step clock_get_parse(struct exchange *x)
{
    const struct clock_settable *c;

    if (sandbox_read(x, NULL) && (c = clock_of(x)) != NULL)
        show(x, c);
    return STEP_ANSWERED;
}

/* The time that is asked for; true when it may be set. */
static bool wanted(struct exchange *x, int64_t *ms, const struct sandbox_call *call, const struct clock_settable *c)
{
    if ((call->now.n > 0) + (call->advance_s != 0) + call->system + call->freeze + call->resume != 1) {
        sandbox_bad(x, "", "say one of now, advance_seconds (not 0), freeze, resume and system (true)");
        return false;
    }
    *ms = clock_now_ms(&c->base) + call->advance_s * 1000;
    if (call->now.n && isotime_read(ms, call->now) != FAULT_NONE) {
        sandbox_bad(x, "now", "the time is not one of ISO 8601, such as 2027-01-01T00:00:00Z");
        return false;
    }
    if (!call->system && (*ms < SANDBOX_FIRST_MS || *ms > SANDBOX_LAST_MS)) {
        sandbox_bad(x, call->now.n ? "now" : "advance_seconds", "the clock may show the years 2020 to 2088");
        return false;
    }
    return true;
}

enum step clock_set_parse(struct exchange *x)
{
    const struct sandbox_call *call = sandbox_read(x, set_fields);
    struct clock_settable *c = call ? clock_of(x) : NULL;
    int64_t ms;

    if (!c || !wanted(x, &ms, call, c))
        return STEP_ANSWERED;
    if (call->system)
        clock_settable_reset(c);
    else if (call->freeze)
        clock_settable_freeze(c);
    else if (call->resume)
        clock_settable_resume(c);
    else if (call->now.n)
        clock_settable_set(c, ms);
    else
        clock_settable_advance(c, call->advance_s * 1000);
    show(x, c);
    return STEP_ANSWERED;
}
