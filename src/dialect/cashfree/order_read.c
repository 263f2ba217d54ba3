/* order_read.c: showing an order, and ending it. */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/call.h"
#include "dialect/cashfree/order_entity.h"
#include "dialect/cashfree/problem.h"
#include "domain/order.h"

#include "base/banned.h"

struct read {
    struct call call;
    struct span order_id;
    struct order_row row;
    struct order_private private;
    bool at_hand;                     /* `private` is filled */
};

struct wish { struct span status; };

static const char *const terminated_only[] = { "TERMINATED", NULL };

/* The 2026 types leave the field out; a request that does not say what it wants must not end an order. */
static const struct json_field terminate_fields[] = {
    { .name = "order_status", .type = JSON_TEXT, .required = true, .one_of = terminated_only,
      .at = offsetof(struct wish, status) },
    JSON_END
};

enum step order_get_parse(struct exchange *x)
{
    struct read *r = call_new(x, sizeof *r);

    if (!r || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return call_order_id(x, &r->order_id);
}

static enum fault order_find(struct exchange *x, struct store_tx *tx)
{
    struct read *r = x->state;

    return order_fetch(tx, &r->row, x->arena, r->call.caller.merchant_id, r->order_id);
}

enum fault order_get_work(struct exchange *x, struct store_tx *tx)
{
    struct read *r = x->state;
    enum fault f = order_find(x, tx);

    if (!f)
        f = order_ask_private(x->services, &r->private, &r->at_hand, &x->asks[0], x->arena, &r->row, x->now_ms);
    if (!f && !r->at_hand)
        x->n_asks = 1;
    return f;
}

static void show_order(struct exchange *x, enum fault outcome)
{
    const struct read *r = x->state;
    struct order_shown s = { x->services, &r->row, &r->private, r->call.version, x->now_ms, x->arena };

    if (outcome)
        call_fail(x, outcome);
    else
        order_entity_put(call_answer(x, 200, order_entity_size(&s)), &s);
}

void order_get_show(struct exchange *x, enum fault outcome)
{
    struct read *r = x->state;

    if (!outcome && !r->at_hand)
        outcome = order_read_private(x->services, &r->private, &x->asks[0], &r->row, x->now_ms);
    show_order(x, outcome);
}

enum step order_terminate_parse(struct exchange *x)
{
    struct wish wish = { 0 };

    if (order_get_parse(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return call_read(x, &wish, terminate_fields);
}

enum fault order_terminate_work(struct exchange *x, struct store_tx *tx)
{
    struct read *r = x->state;

    return order_terminate(tx, &r->row, x->arena, r->call.caller.merchant_id, r->order_id, x->now_ms);
}

static struct problem wrong_state(const struct exchange *x, const struct order_row *row)
{
    switch (order_state_at((enum order_state)row->state, row->expires_ms, x->now_ms)) {
    case ORDER_PAID:
        return problem_make(400, "order_already_paid", "order is already paid");
    case ORDER_EXPIRED:
        return problem_make(400, "order_inactive", "order is not active: it has expired");
    case ORDER_TERMINATED:
        return problem_make(400, "order_inactive", "order is not active: it is terminated");
    case ORDER_TERMINATION_REQUESTED:
    case ORDER_ACTIVE:
    case ORDER_STATES:
        break;
    }
    return problem_of_fault(FAULT_WRONG_STATE);
}

void order_terminate_show(struct exchange *x, enum fault outcome)
{
    struct read *r = x->state;
    struct problem p;

    if (!outcome)
        outcome = order_open_private(x->services, &r->private, x->arena, &r->row, x->now_ms);
    if (outcome != FAULT_WRONG_STATE) {
        show_order(x, outcome);
        return;
    }
    p = wrong_state(x, &r->row);
    problem_answer(x, &p);
}
