/* refunds.c: POST and GET /pg/orders/{order_id}/refunds, GET and PUT .../{refund_id} (reference 2.11). */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/call.h"
#include "dialect/cashfree/problem.h"
#include "dialect/cashfree/refund_entity.h"
#include "dialect/cashfree/refund_wish.h"
#include "domain/order.h"
#include "service/refunds.h"

#include "base/banned.h"

enum { AROUND_MAX = 64 };             /* bytes of a list without its members */

struct list {
    struct call call;
    struct span order_id;
    struct order_row order;
    int64_t numbers[REFUNDS_MAX];
    struct refund_row *rows;
    size_t n, size;                   /* size: bytes of all entities at most */
};

static enum step refuse(struct exchange *x, struct problem p)
{
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

enum step refunds_list_parse(struct exchange *x)
{
    struct list *l = call_new(x, sizeof *l);

    if (!l || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return call_order_id(x, &l->order_id);
}

static enum fault see(void *arg, const struct refund_row *r)
{
    struct list *l = arg;

    if (l->n < REFUNDS_MAX)
        l->numbers[l->n++] = r->refund_no;
    return FAULT_NONE;
}

enum fault refunds_list_work(struct exchange *x, struct store_tx *tx)
{
    struct list *l = x->state;
    enum fault f = order_fetch(tx, &l->order, x->arena, l->call.caller.merchant_id, l->order_id);

    l->n = l->size = 0;
    if (!f)
        f = refunds_of_order(tx, l->order.merchant_id, l->order.order_no, see, l);
    if (f || l->n == 0)
        return f;
    l->rows = arena_take(x->arena, l->n * sizeof *l->rows);
    if (!l->rows)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < l->n && !f; i++) {
        f = refunds_find_no(tx, &l->rows[i], x->arena, l->order.merchant_id, l->numbers[i]);
        l->size += f ? 0 : refund_entity_size(&l->rows[i]);
    }
    return f;
}

void refunds_list_show(struct exchange *x, enum fault outcome)
{
    const struct list *l = x->state;
    struct json_out o;

    if (outcome) {
        call_fail(x, outcome);
        return;
    }
    o = json_out(call_answer(x, 200, AROUND_MAX + l->size));
    json_list(&o);
    for (size_t i = 0; i < l->n; i++)
        refund_entity_put(&o, x->services, &l->rows[i], l->call.version);
    json_list_end(&o);
}

static struct problem refund_problem(const struct refund_job *job, enum fault outcome)
{
    switch (job->why) {
    case REFUND_NO_ORDER:
        return problem_of_fault(FAULT_NOT_FOUND);
    case REFUND_NO_REFUND:
        return problem_make(404, "refund_get_not_found", "refund not found");
    case REFUND_NOT_PAID:
        return problem_make(400, "order_id_not_paid", "order is not paid, or its payment is not captured");
    case REFUND_AMOUNT:
        return problem_of_field(job->arena, "refund_amount",
                                "should be greater than 0 and at max what is left of the paid amount");
    case REFUND_TAKEN:
        return problem_make(400, "refund_id_already_exists", "refund with same id is already present");
    case REFUND_TOO_MANY:
        return problem_make(400, "refund_invalid", "no more refunds are possible for this order");
    case REFUND_OVER:
        return problem_make(400, "refund_invalid", "only a refund that is pending or on hold can be cancelled");
    case REFUND_OPEN:
        return problem_make(400, "refund_invalid", "refund is on its way to the bank, please try again");
    case REFUND_NO_ACQUIRER:
        return problem_make(400, "request_failed", "transactions are not enabled for your payment gateway account");
    case REFUND_FINE:
        break;
    }
    return problem_of_fault(outcome ? outcome : FAULT_INTERNAL);
}

static struct refund_call *state_of(const struct exchange *x)
{
    return x->state;
}

/* The order's currency decides how many decimals the amount may have, so it is read here. */
static enum fault read_amount(struct exchange *x, struct store_tx *tx)
{
    struct refund_call *c = state_of(x);
    struct refund_job *job = &c->job;
    enum fault f = order_fetch(tx, &job->order, x->arena, job->wish.merchant_id, job->wish.order_id);

    job->why = f == FAULT_NOT_FOUND ? REFUND_NO_ORDER : REFUND_FINE;
    if (f)
        return f;
    if (!money_read(&job->wish.amount, c->amount, job->order.currency))
        return FAULT_NONE;
    job->why = REFUND_AMOUNT;
    return FAULT_BAD_INPUT;
}

/* A keyed answer is kept with what it tells of, and once more when the acquirer has answered: before that, whoever asks
 * again is told what was true then. */
static enum fault remember(struct exchange *x, struct store_tx *tx)
{
    const struct refund_call *c = state_of(x);
    struct buf body = arena_buf(x->arena, refund_entity_size(&c->job.row));
    struct json_out o = json_out(&body);

    if (!c->call.keyed)
        return FAULT_NONE;
    refund_entity_put(&o, x->services, &c->job.row, c->call.version);
    return call_remember(x, tx, 200, &body);
}

enum fault refund_create_work(struct exchange *x, struct store_tx *tx)
{
    struct refund_call *c = state_of(x);
    enum fault f = call_recall(x, tx);

    c->job.asks = c->job.settles = false;
    c->job.why = REFUND_FINE;
    if (f != FAULT_NOT_FOUND)
        return f;
    f = read_amount(x, tx);
    if (!f)
        f = refund_begin(x->services, tx, &c->job);
    return f ? f : remember(x, tx);
}

enum fault refund_change_work(struct exchange *x, struct store_tx *tx)
{
    return refund_begin(x->services, tx, &state_of(x)->job);
}

static void asked(struct refund_job *job)
{
    struct exchange *x = job->arg;

    x->resume(x, refund_settles(job));
}

enum next refund_call(struct exchange *x)
{
    struct refund_job *job = &state_of(x)->job;

    if (!refund_asks(job))
        return NEXT_SHOW;
    refund_ask(x->services, job, asked, x);
    return NEXT_WAIT;
}

enum fault refund_settle_work(struct exchange *x, struct store_tx *tx)
{
    enum fault f = refund_settle(x->services, tx, &state_of(x)->job);

    return f ? f : remember(x, tx);
}

/* What was committed before the acquirer was asked stands, whatever became of its answer: the sweeper goes on. */
void refund_show(struct exchange *x, enum fault outcome)
{
    const struct refund_call *c = state_of(x);
    struct json_out o;

    if (outcome || c->job.why != REFUND_FINE) {
        (void)refuse(x, refund_problem(&c->job, outcome));
        return;
    }
    if (call_show_remembered(x))
        return;
    o = json_out(call_answer(x, 200, refund_entity_size(&c->job.row)));
    refund_entity_put(&o, x->services, &c->job.row, c->call.version);
}

enum fault refund_get_work(struct exchange *x, struct store_tx *tx)
{
    struct refund_job *job = &state_of(x)->job;
    const struct refund_wish *w = &job->wish;
    enum fault f = order_fetch(tx, &job->order, x->arena, w->merchant_id, w->order_id);

    job->why = f == FAULT_NOT_FOUND ? REFUND_NO_ORDER : REFUND_FINE;
    if (f)
        return f;
    f = refunds_find(tx, &job->row, x->arena, w->merchant_id, job->order.order_no, w->refund_id);
    if (f == FAULT_NOT_FOUND)
        job->why = REFUND_NO_REFUND;
    return f;
}
