/* simulate.c: POST /pg/simulate and GET /pg/simulate/{simulation_id}: deciding a payment in the payer's place, in the
 * sandbox alone (reference 5.3). */
#include "dialect/cashfree/routes.h"

#include "acquirer/sim/sim_acquirer.h"
#include "base/base64.h"
#include "base/secret.h"
#include "dialect/cashfree/call.h"
#include "dialect/cashfree/payment_entity.h"
#include "dialect/cashfree/problem.h"
#include "dialect/cashfree/rules.h"
#include "service/pay.h"
#include "store/simulations.h"

#include "base/banned.h"

enum { ANSWER_MAX = 1024, ID_BYTES = 12, CODE_MAX = 64, ID_MAX = 40 };

/* The body as read. */
struct body {
    struct span entity, entity_id, status, error_code;
    const struct json_node *simulation;
};

struct simulate {
    struct call call;
    struct body body;
    struct simulation_row row;
    char id[sizeof "sim_" + (size_t)2 * ID_BYTES];
};

static const char *const statuses[] = { "SUCCESS", "FAILED", "PENDING", "USER_DROPPED", NULL };
static const char *const entities[] = { "PAYMENTS", "SUBS_PAYMENTS", "VBA_TRANSFER", NULL };

#define AT(member) .at = offsetof(struct body, member)
static const struct json_field simulation_fields[] = {
    { .name = "payment_status", .type = JSON_TEXT, .required = true, .one_of = statuses, AT(status) },
    { .name = "payment_error_code", .type = JSON_TEXT, .max = CODE_MAX, .rule = rule_id, AT(error_code) },
    JSON_END
};
static const struct json_field fields[] = {
    { .name = "entity", .type = JSON_TEXT, .required = true, .one_of = entities, AT(entity) },
    /* No rule against card numbers: it is read as one of our ids, of which some look like one, and kept nowhere. */
    { .name = "entity_id", .type = JSON_TEXT_OR_INT, .required = true, .max = ID_MAX, AT(entity_id) },
    { .name = "entity_simulation", .type = JSON_OBJECT, .required = true, .sub = simulation_fields, AT(simulation) },
    JSON_END
};

/* Words for why a payment fails that are neither verdicts nor reasons of ours. */
static const struct { const char *code; enum acquirer_verdict verdict; } codes[] = {
    { "ISSUER_NOT_AVAILABLE", ACQUIRER_BANK_DOWN }, { "INSUFFICIENT_FUNDS", ACQUIRER_NO_FUNDS },
    { "INVALID_VPA", ACQUIRER_VPA_INVALID }, { "INVALID_PIN", ACQUIRER_WRONG_PIN },
};

static enum step refuse(struct exchange *x, struct problem p)
{
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

/* Nobody decides for a payer but a simulated acquirer. */
static enum step enter(struct exchange *x)
{
    struct simulate *s = call_new(x, sizeof *s);

    if (!s || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (s->call.version < API_2023_08_01) {
        problem_refuse(x, REFUSE_NO_ROUTE);
        return STEP_ANSWERED;
    }
    if (x->services->mode != MODE_SANDBOX || !x->services->sim_acquirer)
        return refuse(x, problem_make(403, "request_failed", "payments are simulated in the sandbox only"));
    return STEP_GO;
}

/* Whose payment it is the id itself says. */
static enum step take_payment(struct exchange *x)
{
    struct simulate *s = x->state;
    int64_t merchant_id, payment_no;
    uint64_t id;

    if (span_u64(&id, s->body.entity_id, INT64_MAX))
        return refuse(x, problem_of_value(x->arena, "entity_id", "should be a number", s->body.entity_id));
    if (pay_id_open(x->services, &merchant_id, &payment_no, id) || merchant_id != s->call.caller.merchant_id)
        return refuse(x, problem_make(404, "payment_not_found", "transaction not found"));
    s->row.payment_no = payment_no;
    return STEP_GO;
}

static void make_id(struct simulate *s)
{
    struct buf b = { (uint8_t *)s->id, 0, sizeof s->id - 1, false };
    uint8_t bytes[ID_BYTES];

    secret_random_few(bytes, sizeof bytes);
    buf_text(&b, "sim_");
    hex_put(&b, (struct span){ bytes, sizeof bytes });
    s->row.simulation_id = buf_view(&b);
}

enum step simulate_parse(struct exchange *x)
{
    struct simulate *s;

    if (enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    s = x->state;
    if (call_read(x, &s->body, fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (!span_equal(s->body.entity, SPAN("PAYMENTS")))
        return refuse(x, problem_make(400, "entity_unsupported", "only PAYMENTS are simulated by this server"));
    s->row = (struct simulation_row){ .merchant_id = s->call.caller.merchant_id, .status = s->body.status,
                                      .error_code = s->body.error_code, .created_ms = x->now_ms };
    make_id(s);
    return take_payment(x);
}

static enum acquirer_decision decision_of(struct span status)
{
    if (span_equal(status, SPAN("SUCCESS")))
        return ACQUIRER_DECIDE_SUCCESS;
    if (span_equal(status, SPAN("FAILED")))
        return ACQUIRER_DECIDE_FAIL;
    return span_equal(status, SPAN("PENDING")) ? ACQUIRER_DECIDE_PENDING : ACQUIRER_DECIDE_DROP;
}

/* A failure's reason: by our verdict's name, by its error_reason, or by a word above; any other is a plain decline. */
static enum acquirer_verdict failure_of(struct span code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (span_equal_nocase(code, span_of(codes[i].code)))
            return codes[i].verdict;
    for (unsigned v = 0; v < ACQUIRER_VERDICTS; v++) {
        const struct acquirer_saying *says = acquirer_says((enum acquirer_verdict)v);

        if (says->declines && (span_equal_nocase(code, span_of(says->name))
                               || span_equal_nocase(code, span_of(says->reason))))
            return (enum acquirer_verdict)v;
    }
    return ACQUIRER_DECLINED;
}

/* It waits for the acquirer's commit. What came of it for the payment comes as the acquirer's notice. */
enum step simulate_prepare(struct exchange *x)
{
    struct simulate *s = x->state;
    const struct acquirer_ref ref = { .merchant_id = s->row.merchant_id, .payment_no = s->row.payment_no };
    enum fault f = sim_acquirer_simulate(x->services->sim_acquirer, ref, decision_of(s->body.status),
                                         failure_of(s->body.error_code), x->now_ms);

    if (f == FAULT_NOT_FOUND)
        return refuse(x, problem_make(404, "payment_not_found", "transaction not found"));
    if (f == FAULT_WRONG_STATE)
        return refuse(x, problem_make(400, "request_invalid", "Transaction is already processed"));
    if (f)
        return refuse(x, problem_of_fault(f));
    return STEP_GO;
}

enum fault simulate_work(struct exchange *x, struct store_tx *tx)
{
    const struct simulate *s = x->state;

    return simulations_insert(tx, &s->row);
}

enum step simulation_get_parse(struct exchange *x)
{
    return enter(x);
}

enum fault simulation_get_work(struct exchange *x, struct store_tx *tx)
{
    struct simulate *s = x->state;

    return simulations_find(tx, &s->row, x->arena, s->call.caller.merchant_id, x->params[0]);
}

static void put(struct json_out *o, const struct exchange *x, const struct simulate *s)
{
    json_object(o);
    json_put_text(o, "simulation_id", s->row.simulation_id);
    json_put_str(o, "entity", "PAYMENTS");
    payment_id_put(o, "entity_id", pay_id(x->services, s->row.merchant_id, s->row.payment_no), s->call.version);
    json_key(o, "entity_simulation");
    json_object(o);
    json_put_text(o, "payment_status", s->row.status);
    json_put_text(o, "payment_error_code", s->row.error_code);
    json_object_end(o);
    json_object_end(o);
}

void simulate_show(struct exchange *x, enum fault outcome)
{
    const struct simulate *s = x->state;
    struct json_out o;

    if (outcome == FAULT_NOT_FOUND) {
        (void)refuse(x, problem_make(404, "simulation_id_invalid", "simulation not found"));
    } else if (outcome) {
        (void)refuse(x, problem_of_fault(outcome));
    } else {
        o = json_out(call_answer(x, 200, ANSWER_MAX));
        put(&o, x, s);
    }
}
