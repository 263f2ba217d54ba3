/* order_create.c: POST /pg/orders. */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/call.h"
#include "dialect/cashfree/order_check.h"
#include "dialect/cashfree/order_entity.h"
#include "dialect/cashfree/problem.h"
#include "domain/order.h"
#include "service/ids.h"

#include "base/banned.h"

struct create {
    struct call call;
    struct order_body body;
    struct order_new wish;
    struct order_row row;
    char made_id[IDS_ORDER_ID_TEXT];
    bool expiry_is_wrong;
};

static const char bad_expiry[] = "Expiry time should be more than 15 min and less than 30 days";

static enum step refuse(struct exchange *x, enum fault f, const struct problem *p)
{
    if (f == FAULT_BAD_INPUT)
        problem_answer(x, p);
    else
        call_fail(x, f);
    return STEP_ANSWERED;
}

static void fail_expiry(struct exchange *x)
{
    struct problem p = problem_of_field(x->arena, "order_expiry_time", bad_expiry);

    problem_answer(x, &p);
}

/* Whether an expiry is far enough ahead depends on when one asks: a repeated request that was good the first
 * time must find its answer, so with a key this is decided in work, after the look-up. */
static enum step check_expiry(struct exchange *x, struct create *c)
{
    c->expiry_is_wrong = c->wish.expires_ms != 0 && !order_expiry_is_valid(c->wish.expires_ms, x->now_ms);
    if (!c->expiry_is_wrong || c->call.keyed)
        return STEP_GO;
    fail_expiry(x);
    return STEP_ANSWERED;
}

static enum step make_wish(struct exchange *x, struct create *c)
{
    const struct order_rules r = {
        c->call.version, x->services->mode == MODE_LIVE, &c->call.caller, x->arena,
    };
    struct problem p = { 0 };
    enum fault f = order_check(&c->wish, &c->body, &r, &p);

    if (!f)
        f = order_fragments(&c->wish, &c->body, &r, x->body.n);
    if (f)
        return refuse(x, f, &p);
    c->wish.merchant_id = c->call.caller.merchant_id;
    if (span_absent(c->wish.order_id)) {
        ids_new_order_id(c->made_id, c->wish.merchant_id, x->now_ms);
        c->wish.order_id = span_of(c->made_id);
    }
    f = order_prepare(&c->wish, &x->asks[0], x->arena);
    p = problem_make(413, "request_failed", "the request body is too large");
    if (f)
        return refuse(x, f, &p);
    x->n_asks = 1;
    return STEP_GO;
}

enum step order_create_parse(struct exchange *x)
{
    struct create *c = call_new(x, sizeof *c);
    const struct json_field *fields;

    if (!c || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    fields = c->call.version >= API_2026_01_01 ? order_fields_2026 : order_fields;
    if (call_read(x, &c->body, fields) == STEP_ANSWERED || make_wish(x, c) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (call_idempotency(x, SPAN("POST /pg/orders")) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return check_expiry(x, c);
}

static struct order_shown shown(const struct exchange *x, const struct create *c)
{
    return (struct order_shown){ x->services, &c->row, &c->wish.private, c->call.version, x->now_ms, x->arena };
}

/* A keyed answer is written here, because it is remembered in the same transaction as the order. That an id is
 * taken is an answer too. */
static enum fault remember(struct exchange *x, struct store_tx *tx, const struct create *c, enum fault outcome)
{
    struct problem p = problem_of_fault(outcome);
    struct order_shown s = shown(x, c);
    struct buf body = arena_buf(x->arena, outcome ? problem_size(&p) : order_entity_size(&s));

    if (outcome)
        problem_put(&body, &p, c->call.version);
    else
        order_entity_put(&body, &s);
    return call_remember(x, tx, outcome ? p.status : 200, &body);
}

enum fault order_create_work(struct exchange *x, struct store_tx *tx)
{
    struct create *c = x->state;
    enum fault f = call_recall(x, tx);

    if (f != FAULT_NOT_FOUND)
        return f;
    if (c->expiry_is_wrong)
        return FAULT_BAD_INPUT;
    f = order_create(tx, &c->row, &c->wish, &x->asks[0], x->now_ms);
    if (c->call.keyed && (f == FAULT_NONE || f == FAULT_EXISTS))
        return remember(x, tx, c, f);
    return f;
}

void order_create_show(struct exchange *x, enum fault outcome)
{
    struct create *c = x->state;
    struct order_shown s = shown(x, c);

    if (outcome == FAULT_BAD_INPUT && c->expiry_is_wrong)
        fail_expiry(x);
    else if (outcome)
        call_fail(x, outcome);
    else if (!call_show_remembered(x))
        order_entity_put(call_answer(x, 200, order_entity_size(&s)), &s);
    if (!outcome && c->row.order_no)
        order_keep_private(x->services, &c->row, &x->asks[0], x->now_ms);
}
