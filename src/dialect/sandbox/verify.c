/* verify.c: a token number and its cryptogram, presented to the network as an acquirer would. */
#include "dialect/sandbox/desk.h"
#include "network/network.h"

#include "base/banned.h"

enum { IIN = 6 };                     /* digits that say whose number it is */

static bool is_number(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n >= IIN && s.n <= PAN_DIGITS_MAX;
}

static const struct json_field verify_fields[] = {
    { .name = "number", .type = JSON_TEXT, .required = true, .rule = is_number,
      .at = offsetof(struct sandbox_call, number) },
    { .name = "tavv", .type = JSON_TEXT, .required = true, .max = NETWORK_TAVV_MAX,
      .at = offsetof(struct sandbox_call, tavv) },
    { .name = "amount", .type = JSON_DECIMAL_OR_TEXT, .at = offsetof(struct sandbox_call, amount) },
    { .name = "currency", .type = JSON_TEXT, .at = offsetof(struct sandbox_call, currency) },
    { .name = "trid", .type = JSON_TEXT, .max = NETWORK_TRID, .at = offsetof(struct sandbox_call, trid) },
    JSON_END,
};

static enum scheme scheme_of(struct span number)
{
    uint32_t six = 0;

    for (size_t i = 0; i < IIN; i++)
        six = six * 10 + (uint32_t)(number.p[i] - '0');
    return scheme_of_iin(six);
}

/* Texts that are not ASCII have more bytes than characters. */
static bool fill(struct network_ask *ask, const struct sandbox_call *call)
{
    ask->op = NETWORK_VERIFY;
    ask->scheme = scheme_of(call->number);
    return span_text(ask->number, sizeof ask->number, call->number) == FAULT_NONE &&
           span_text(ask->tavv, sizeof ask->tavv, call->tavv) == FAULT_NONE &&
           (span_absent(call->trid) || span_text(ask->trid, sizeof ask->trid, call->trid) == FAULT_NONE);
}

enum step network_verify_parse(struct exchange *x)
{
    struct sandbox_call *call = sandbox_read_network(x, verify_fields);
    struct network_call *net;
    struct span currency;

    if (!call)
        return STEP_ANSWERED;
    net = arena_take(x->arena, sizeof *net);
    if (!net) {
        admin_fault(x, FAULT_BUSY);
        return STEP_ANSWERED;
    }
    *net = (struct network_call){ .ask.now_ms = x->now_ms };
    call->own = net;
    currency = call->currency.n ? call->currency : SPAN("INR");
    if (call->amount.n && money_read(&net->ask.amount, call->amount, currency) != FAULT_NONE) {
        sandbox_bad(x, "amount", "the amount is not a decimal of its currency, such as 10.15");
        return STEP_ANSWERED;
    }
    if (!fill(&net->ask, call)) {
        sandbox_bad(x, "tavv", "a text is longer than it may be");
        return STEP_ANSWERED;
    }
    return STEP_GO;
}

static void answered(struct network_call *net)
{
    struct exchange *x = net->arg;

    x->resume(x, false);
}

enum next network_verify_call(struct exchange *x)
{
    struct sandbox_call *call = x->state;
    struct network_call *net = call->own;

    net->done = answered;
    net->arg = x;
    network_ask(x->services->network, net);
    return NEXT_WAIT;
}

void network_verify_show(struct exchange *x, enum fault outcome)
{
    const struct sandbox_call *call = x->state;
    const struct network_call *net = call->own;
    enum network_verdict verdict = net->answer.verdict;
    struct json_out o;

    if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_bool(&o, "good", verdict == NETWORK_DONE);
    json_put_str(&o, "verdict", network_verdict_name(verdict));
    json_put_str(&o, "message", network_verdict_text(verdict));
    json_object_end(&o);
}
