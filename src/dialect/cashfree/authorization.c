/* authorization.c: POST /pg/orders/{order_id}/authorization: capture or void of a preauthorisation (reference 2.9). */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/call.h"
#include "dialect/cashfree/payment_entity.h"
#include "dialect/cashfree/problem.h"
#include "dialect/cashfree/rules.h"
#include "domain/order.h"
#include "service/pay.h"

#include "base/banned.h"

enum { SCOPE_MAX = 40 + ORDER_ID_MAX };

/* The body as read. */
struct body { struct span action, amount; };

struct authorization {
    struct call call;
    struct body body;
    struct pay_job job;
    struct order_row order;
    int64_t payment_no;               /* the authorised payment; 0: none */
    bool voided, bad_amount;
};

static const char *const actions[] = { "CAPTURE", "VOID", NULL };
static const struct json_field fields[] = {
    { .name = "action", .type = JSON_TEXT, .required = true, .one_of = actions, .at = offsetof(struct body, action) },
    { .name = "amount", .type = JSON_DECIMAL, .rule = rule_decimal, .at = offsetof(struct body, amount) },
    JSON_END
};

static struct span scope_of(struct exchange *x, struct span order_id)
{
    struct buf text = arena_buf(x->arena, SCOPE_MAX);

    buf_text(&text, "POST /pg/orders/");
    buf_span(&text, order_id);
    buf_text(&text, "/authorization");
    return buf_view(&text);
}

enum step authorization_parse(struct exchange *x)
{
    struct authorization *c = call_new(x, sizeof *c);
    struct span order_id;

    if (!c || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (c->call.version < API_2022_01_01) {
        problem_refuse(x, REFUSE_NO_ROUTE);
        return STEP_ANSWERED;
    }
    if (call_order_id(x, &order_id) == STEP_ANSWERED || call_read(x, &c->body, fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    c->job = (struct pay_job){ .now_ms = x->now_ms, .arena = x->arena };
    c->job.wish = (struct pay_wish){
        .op = span_equal(c->body.action, SPAN("VOID")) ? PAY_VOID : PAY_CAPTURE,
        .merchant_id = c->call.caller.merchant_id, .order_id = order_id, .trusted = true,
        .source = span_of(x->peer), .request_id = span_of(x->request_id),
    };
    return call_idempotency(x, scope_of(x, order_id));
}

static enum fault see(void *arg, const struct payment_row *p)
{
    struct authorization *c = arg;

    if (p->authorise_only && p->state == PAYMENT_SUCCESS)
        c->payment_no = p->payment_no;
    c->voided = c->voided || p->state == PAYMENT_VOID;
    return FAULT_NONE;
}

static enum fault find(struct exchange *x, struct store_tx *tx, struct authorization *c)
{
    struct pay_wish *w = &c->job.wish;
    enum fault f = order_fetch(tx, &c->order, x->arena, w->merchant_id, w->order_id);

    c->payment_no = 0;
    c->voided = c->bad_amount = false;
    if (!f)
        f = payments_of_order(tx, c->order.merchant_id, c->order.order_no, see, c);
    if (f)
        return f;
    w->payment_no = c->payment_no;
    if (c->payment_no == 0)
        return FAULT_WRONG_STATE;
    if (w->op == PAY_CAPTURE && !span_absent(c->body.amount)) {
        c->bad_amount = money_read(&w->amount, c->body.amount, c->order.currency) || w->amount.minor == 0;
        return c->bad_amount ? FAULT_BAD_INPUT : FAULT_NONE;
    }
    return FAULT_NONE;
}

static struct payment_shown shown(const struct exchange *x, const struct authorization *c)
{
    return (struct payment_shown){ x->services, &c->order, &c->job.row, c->call.version };
}

/* What the caller is told: as a refund's, once with the intent, and once more with what came of it. */
static enum fault remember(struct exchange *x, struct store_tx *tx, const struct problem *p)
{
    const struct authorization *c = x->state;
    struct payment_shown s = shown(x, c);
    struct buf body = arena_buf(x->arena, p ? problem_size(p) : PAYMENT_ENTITY_MAX);
    struct json_out o = json_out(&body);

    if (!c->call.keyed)
        return FAULT_NONE;
    if (p)
        problem_put(&body, p, c->call.version);
    else
        payment_entity_put(&o, &s);
    return call_remember(x, tx, p ? p->status : 200, &body);
}

enum fault authorization_work(struct exchange *x, struct store_tx *tx)
{
    struct authorization *c = x->state;
    enum fault f = call_recall(x, tx);

    c->job.asks = c->job.settles = false;
    if (f != FAULT_NOT_FOUND)
        return f;
    f = find(x, tx, c);
    if (!f)
        f = pay_begin(x->services, tx, &c->job);
    return f ? f : remember(x, tx, NULL);
}

static void asked(struct pay_job *job)
{
    struct exchange *x = job->arg;

    x->resume(x, pay_settles(job));
}

enum next authorization_call(struct exchange *x)
{
    struct authorization *c = x->state;

    if (!pay_asks(&c->job))
        return NEXT_SHOW;
    pay_ask(x->services, &c->job, asked, x);
    return NEXT_WAIT;
}

/* Was it not done? Silence is no such answer: then the payment shows the action as PENDING. */
static bool was_refused(const struct authorization *c)
{
    return pay_outcome(&c->job) == PAY_ACQUIRER && c->job.answer.verdict != ACQUIRER_SILENT;
}

static struct problem refusal(const struct authorization *c)
{
    enum acquirer_verdict v = c->job.answer.verdict;

    if (v == ACQUIRER_BUSY)
        return problem_of_fault(FAULT_BUSY);
    return problem_make(502, "bank_processing_failure", acquirer_says(v)->message);
}

enum fault authorization_settle(struct exchange *x, struct store_tx *tx)
{
    struct authorization *c = x->state;
    struct problem p = refusal(c);
    enum fault f = pay_settle(x->services, tx, &c->job);

    return f ? f : remember(x, tx, was_refused(c) ? &p : NULL);
}

static struct problem problem_of(const struct exchange *x, const struct authorization *c, enum fault outcome)
{
    if (outcome == FAULT_BAD_INPUT && (c->bad_amount || c->job.why == PAY_AMOUNT))
        return problem_of_field(x->arena, "amount",
                                "should be greater than 0 and at max what is left of the authorised amount");
    if (outcome != FAULT_WRONG_STATE)
        return problem_of_fault(outcome);
    if (c->payment_no == 0)
        return c->voided ? problem_make(400, "order_id_voided", "order is voided")
                         : problem_make(400, "order_id_not_paid", "order has no payment that is authorised");
    if (c->job.why == PAY_NO_ACQUIRER)
        return problem_make(400, "request_failed", "transactions are not enabled for your payment gateway account");
    return problem_make(400, "request_invalid", "Transaction is already processed");
}

static void show(struct exchange *x, enum fault outcome)
{
    const struct authorization *c = x->state;
    struct payment_shown s = shown(x, c);
    struct problem p;
    struct json_out o;

    if (outcome) {
        p = problem_of(x, c, outcome);
        problem_answer(x, &p);
    } else if (call_show_remembered(x)) {
        return;
    } else if (was_refused(c)) {
        p = refusal(c);
        problem_answer(x, &p);
    } else {
        o = json_out(call_answer(x, 200, PAYMENT_ENTITY_MAX));
        payment_entity_put(&o, &s);
    }
}

void authorization_show(struct exchange *x, enum fault outcome)
{
    struct authorization *c = x->state;

    show(x, outcome);
    if (!outcome && !c->call.replayed)
        pay_follow(x->services, &c->job);
    pay_wipe(&c->job);
}
