/* payments_read.c: GET /pg/orders/{order_id}/payments and .../{cf_payment_id} (reference 2.10). */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/call.h"
#include "dialect/cashfree/payment_entity.h"
#include "dialect/cashfree/problem.h"
#include "service/pay.h"

#include "base/banned.h"

enum { AROUND_MAX = 64 };             /* bytes of a list without its members */

struct read {
    struct call call;
    struct span order_id;
    struct order_row order;
    int64_t payment_no;               /* of one; 0: there can be none */
    int64_t numbers[PAYMENT_ORDER_MAX];
    struct payment_row *rows;
    size_t n;
};

static enum step enter(struct exchange *x)
{
    struct read *r = call_new(x, sizeof *r);

    if (!r || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return call_order_id(x, &r->order_id);
}

enum step payments_list_parse(struct exchange *x)
{
    return enter(x);
}

static enum fault see(void *arg, const struct payment_row *p)
{
    struct read *r = arg;

    if (r->n < PAYMENT_ORDER_MAX)
        r->numbers[r->n++] = p->payment_no;
    return FAULT_NONE;
}

static enum fault find(struct exchange *x, struct store_tx *tx)
{
    struct read *r = x->state;

    return order_fetch(tx, &r->order, x->arena, r->call.caller.merchant_id, r->order_id);
}

enum fault payments_list_work(struct exchange *x, struct store_tx *tx)
{
    struct read *r = x->state;
    enum fault f = find(x, tx);

    r->n = 0;
    if (!f)
        f = payments_of_order(tx, r->order.merchant_id, r->order.order_no, see, r);
    if (f || r->n == 0)
        return f;
    r->rows = arena_take(x->arena, r->n * sizeof *r->rows);
    if (!r->rows)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < r->n && !f; i++)
        f = payments_find(tx, &r->rows[i], x->arena, r->order.merchant_id, r->numbers[i]);
    return f;
}

static struct payment_shown shown(const struct exchange *x, const struct payment_row *p)
{
    const struct read *r = x->state;

    return (struct payment_shown){ x->services, &r->order, p, r->call.version };
}

void payments_list_show(struct exchange *x, enum fault outcome)
{
    const struct read *r = x->state;
    struct json_out o;

    if (outcome) {
        call_fail(x, outcome);
        return;
    }
    o = json_out(call_answer(x, 200, AROUND_MAX + r->n * PAYMENT_ENTITY_MAX));
    json_list(&o);
    for (size_t i = 0; i < r->n; i++) {
        struct payment_shown s = shown(x, &r->rows[i]);

        payment_entity_put(&o, &s);
    }
    json_list_end(&o);
}

static enum step refuse(struct exchange *x, struct problem p)
{
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

static bool is_number(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* Whose payment it is the id itself says; another merchant's is nobody's. */
enum step payment_get_parse(struct exchange *x)
{
    struct read *r;
    int64_t merchant_id, payment_no;
    uint64_t id;

    if (enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    r = x->state;
    if (!is_number(x->params[1]))
        return refuse(x, problem_of_value(x->arena, "payment_id", "should be a number", x->params[1]));
    if (span_u64(&id, x->params[1], INT64_MAX))
        return refuse(x, problem_make(400, "payment_get_failed", "payment id is outside the range of payment ids"));
    if (!pay_id_open(x->services, &merchant_id, &payment_no, id) && merchant_id == r->call.caller.merchant_id)
        r->payment_no = payment_no;
    return STEP_GO;
}

enum fault payment_get_work(struct exchange *x, struct store_tx *tx)
{
    struct read *r = x->state;
    enum fault f = find(x, tx);

    r->n = 0;
    if (f || r->payment_no == 0)
        return f;
    r->rows = arena_take(x->arena, sizeof *r->rows);
    if (!r->rows)
        return FAULT_INTERNAL;
    f = payments_find(tx, r->rows, x->arena, r->order.merchant_id, r->payment_no);
    if (!f)
        r->n = r->rows->order_no == r->order.order_no;
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

void payment_get_show(struct exchange *x, enum fault outcome)
{
    const struct read *r = x->state;
    struct payment_shown s;
    struct json_out o;

    if (outcome) {
        call_fail(x, outcome);
        return;
    }
    if (r->n == 0) {
        (void)refuse(x, problem_make(404, "payment_not_found", "transaction not found"));
        return;
    }
    s = shown(x, r->rows);
    o = json_out(call_answer(x, 200, PAYMENT_ENTITY_MAX));
    payment_entity_put(&o, &s);
}
