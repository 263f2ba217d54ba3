/* network.c: what the simulated network is told: how to behave, what an issuer does, who is onboarded. */
#include "dialect/sandbox/desk.h"
#include "network/sim/sim.h"

#include "base/banned.h"

enum { COUNTS_MAX = 8192 };           /* bytes of the answer about everything */

static const char *const op_names[NETWORK_OPS] = {
    [NETWORK_PROVISION] = "provision", [NETWORK_NUMBER] = "number", [NETWORK_CRYPTOGRAM] = "cryptogram",
    [NETWORK_STATUS] = "status", [NETWORK_SUSPEND] = "suspend", [NETWORK_RESUME] = "resume",
    [NETWORK_DELETE] = "delete", [NETWORK_ALT_ID] = "alt_id", [NETWORK_PAR] = "par", [NETWORK_FIND] = "find",
    [NETWORK_VERIFY] = "verify", [NETWORK_ONBOARD] = "onboard",
};

static const struct json_field behave_fields[] = {
    { .name = "scheme", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, scheme) },
    { .name = "manner", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, manner) },
    { .name = "ms", .type = JSON_INT, .min = 0, .max = SIM_SLOW_MAX_MS, .at = offsetof(struct sandbox_call, ms) },
    JSON_END,
};
static const struct json_field event_fields[] = {
    { .name = "token", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, token) },
    { .name = "event", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, event) },
    JSON_END,
};
static const struct json_field token_event_fields[] = {
    { .name = "event", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, event) },
    JSON_END,
};
static const struct json_field requestor_fields[] = {
    { .name = "trid", .type = JSON_TEXT, .required = true, .at = offsetof(struct sandbox_call, trid) },
    { .name = "active", .type = JSON_BOOL, .required = true, .at = offsetof(struct sandbox_call, active) },
    JSON_END,
};

static const char *manner_name(unsigned i)
{
    return sim_manner_name((enum sim_manner)i);
}

static const char *event_name(unsigned i)
{
    return sim_event_name((enum sim_event)i);
}

/* The index of the name `s` says, any case; `n` when none. */
static unsigned index_of(const char *(*name)(unsigned), unsigned n, struct span s)
{
    unsigned i = 0;

    while (i < n && !span_equal_nocase(s, span_of(name(i))))
        i++;
    return i;
}

static void put_names(struct json_out *o, const char *key, const char *(*name)(unsigned), unsigned n)
{
    json_key(o, key);
    json_list(o);
    for (unsigned i = 0; i < n; i++)
        json_text(o, span_of(name(i)));
    json_list_end(o);
}

static void put_behaviour(struct json_out *o, struct sim *s)
{
    json_key(o, "behaviour");
    json_object(o);
    for (enum scheme scheme = SCHEME_VISA; scheme < SCHEMES; scheme++) {
        int ms;
        enum sim_manner m = sim_behaviour(s, scheme, &ms);

        json_key(o, scheme_name(scheme, SCHEME_WORDS_OWN));
        json_object(o);
        json_put_str(o, "manner", sim_manner_name(m));
        json_put_i64(o, "ms", ms);
        json_object_end(o);
    }
    json_object_end(o);
}

enum step network_get_parse(struct exchange *x)
{
    struct sim_counts counts;
    struct json_out o;

    if (!sandbox_read_network(x, NULL))
        return STEP_ANSWERED;
    sim_counts(x->services->sim, &counts);
    o = admin_json(x, COUNTS_MAX);
    json_object(&o);
    json_put_i64(&o, "tokens", (int64_t)counts.tokens);
    json_put_i64(&o, "late_answers", (int64_t)network_late(x->services->network));
    json_key(&o, "operations");
    json_object(&o);
    for (unsigned i = 0; i < NETWORK_OPS; i++) {
        json_key(&o, op_names[i]);
        json_object(&o);
        json_put_i64(&o, "asked", (int64_t)counts.asked[i]);
        json_put_i64(&o, "answered", (int64_t)counts.answered[i]);
        json_object_end(&o);
    }
    json_object_end(&o);
    put_behaviour(&o, x->services->sim);
    put_names(&o, "manners", manner_name, SIM_MANNERS);
    put_names(&o, "events", event_name, SIM_EVENTS);
    json_object_end(&o);
    return STEP_ANSWERED;
}

enum step network_behave_parse(struct exchange *x)
{
    const struct sandbox_call *call = sandbox_read_network(x, behave_fields);
    enum scheme scheme = SCHEME_UNKNOWN;
    struct json_out o;
    unsigned manner;

    if (!call)
        return STEP_ANSWERED;
    manner = index_of(manner_name, SIM_MANNERS, call->manner);
    if (manner == SIM_MANNERS) {
        sandbox_bad(x, "manner", "the network knows no such manner; GET /sandbox/network lists them");
        return STEP_ANSWERED;
    }
    if (!span_equal_nocase(call->scheme, SPAN("all")) && scheme_read(&scheme, call->scheme) != FAULT_NONE) {
        sandbox_bad(x, "scheme", "the scheme is none of VISA, MASTERCARD, RUPAY, AMEX, DINERS and all");
        return STEP_ANSWERED;
    }
    if ((manner == SIM_SLOW) != (call->ms > 0)) {
        sandbox_bad(x, "ms", "the manner slow needs its milliseconds in ms, and no other manner has any");
        return STEP_ANSWERED;
    }
    sim_behave(x->services->sim, scheme, (enum sim_manner)manner, (int)call->ms);
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_str(&o, "scheme", scheme == SCHEME_UNKNOWN ? "all" : scheme_name(scheme, SCHEME_WORDS_OWN));
    json_put_str(&o, "manner", manner_name(manner));
    json_put_i64(&o, "ms", call->ms);
    json_object_end(&o);
    return STEP_ANSWERED;
}

/* The event must be one of the network's. */
static enum step check_event(struct exchange *x, const struct sandbox_call *call)
{
    if (index_of(event_name, SIM_EVENTS, call->event) == SIM_EVENTS) {
        sandbox_bad(x, "event", "the network knows no such event; GET /sandbox/network lists them");
        return STEP_ANSWERED;
    }
    return STEP_GO;
}

enum step network_event_parse(struct exchange *x)
{
    const struct sandbox_call *call = sandbox_read_network(x, event_fields);

    return call ? check_event(x, call) : STEP_ANSWERED;
}

enum step token_event_parse(struct exchange *x)
{
    struct sandbox_call *call = sandbox_read_network(x, token_event_fields);

    if (!call)
        return STEP_ANSWERED;
    call->token = x->params[0];
    return check_event(x, call);
}

/* It waits for the network's own commit, which is no transaction of ours. */
enum fault network_event_work(struct exchange *x, struct store_tx *tx)
{
    const struct sandbox_call *call = x->state;

    return network_happen(x, tx, call->token, index_of(event_name, SIM_EVENTS, call->event));
}

void network_event_show(struct exchange *x, enum fault outcome)
{
    const struct sandbox_call *call = x->state;
    struct json_out o;

    if (outcome == FAULT_NOT_FOUND) {
        admin_error(x, 404, "not_found", "the network has no such token");
    } else if (outcome == FAULT_WRONG_STATE) {
        admin_error(x, 409, "wrong_state", "the token does not allow this event now");
    } else if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
    } else {
        o = admin_json(x, ADMIN_SMALL_MAX);
        json_object(&o);
        json_put_text(&o, "token", call->token);
        json_put_str(&o, "event", event_name(index_of(event_name, SIM_EVENTS, call->event)));
        json_object_end(&o);
    }
}

enum step network_requestor_parse(struct exchange *x)
{
    return sandbox_read_network(x, requestor_fields) ? STEP_GO : STEP_ANSWERED;
}

enum fault network_requestor_work(struct exchange *x, struct store_tx *tx)
{
    const struct sandbox_call *call = x->state;

    (void)tx;
    return sim_requestor(x->services->sim, call->trid, call->active);
}

void network_requestor_show(struct exchange *x, enum fault outcome)
{
    const struct sandbox_call *call = x->state;
    struct json_out o;

    if (outcome == FAULT_NOT_FOUND) {
        admin_error(x, 404, "not_found", "the network has no such token requestor");
    } else if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
    } else {
        o = admin_json(x, ADMIN_SMALL_MAX);
        json_object(&o);
        json_put_text(&o, "trid", call->trid);
        json_put_bool(&o, "active", call->active);
        json_object_end(&o);
    }
}
