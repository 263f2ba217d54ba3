/* pay_order.c: the order of a payment that is not by card, read ahead: its currency, and whose bank account may pay it.
 *
 * The account number is in the order's sealed private part. The keyholder opens that while the request waits for its
 * turn to write, so that no thread waits for it. Payments by card do without: they are to be quick. */
#include "dialect/cashfree/pay.h"

#include <assert.h>

#include "base/secret.h"

#include "base/banned.h"

struct bank_details { struct span account; };

static const struct json_field bank_fields[] = {
    { .name = "customer_bank_account_number", .type = JSON_TEXT, .at = offsetof(struct bank_details, account) },
    JSON_END
};

struct token { struct exchange *x; struct span text; };

static enum fault find_by_token(struct store_tx *tx, void *arg)
{
    const struct token *t = arg;
    struct pay *p = t->x->state;

    return pay_order_of_token(t->x->services, tx, &p->order, t->x->arena, t->text);
}

enum step orderpay_read_token(struct exchange *x, struct span token)
{
    struct pay *p = x->state;
    struct token t = { x, token };
    enum fault f = x->reader ? store_read(x->reader, find_by_token, &t) : FAULT_BUSY;

    if (f == FAULT_NOT_FOUND || f == FAULT_BAD_INPUT) {
        struct problem problem = problem_make(400, "order_token_invalid", "order_token is not present or is invalid");
        problem.type = "request_failed";          /* as of sessions (reference 3.5) */
        return orderpay_refuse(x, problem);
    }
    if (f)
        return orderpay_refuse(x, problem_of_fault(f));
    p->has_order = true;
    p->job.wish.merchant_id = p->order.merchant_id;
    p->job.wish.order_id = p->order.order_id;
    p->job.wish.trusted = true;
    return STEP_GO;
}

static enum fault find_by_session(struct store_tx *tx, void *arg)
{
    struct exchange *x = arg;
    struct pay *p = x->state;
    const struct pay_wish *w = &p->job.wish;
    struct span session = { w->session, sizeof w->session };
    enum fault f = order_fetch(tx, &p->order, x->arena, w->merchant_id, w->order_id);

    return f == FAULT_NONE && !secret_equal(p->order.session, session) ? FAULT_NOT_FOUND : f;
}

static enum step ask_private(struct exchange *x, struct pay *p)
{
    struct order_private private;
    bool at_hand = false;
    enum fault f;

    assert(x->n_asks == 0);
    f = order_ask_private(x->services, &private, &at_hand, &x->asks[0], x->arena, &p->order, x->now_ms);
    if (f)
        return orderpay_refuse(x, problem_of_fault(f));
    p->has_private = true;
    p->asked_private = !at_hand;
    if (at_hand)
        p->customer = private.customer;
    else
        x->n_asks = 1;
    return STEP_GO;
}

enum step orderpay_look_ahead(struct exchange *x)
{
    struct pay *p = x->state;
    enum fault f = p->has_order ? FAULT_NONE : x->reader ? store_read(x->reader, find_by_session, x) : FAULT_BUSY;

    if (f == FAULT_NOT_FOUND)
        return STEP_GO;               /* for work to say */
    if (f)
        return orderpay_refuse(x, problem_of_fault(f));
    if (!span_equal(p->order.currency, SPAN("INR")))
        return orderpay_refuse(x, problem_make(400, "request_invalid",
                                               "orders in other currencies than INR are paid by card"));
    return span_absent(p->order.private_sealed) ? STEP_GO : ask_private(x, p);
}

enum fault orderpay_take_account(struct exchange *x)
{
    struct pay *p = x->state;
    struct order_private private = { .customer = p->customer };
    struct bank_details bank = { 0 };
    const struct json_node *node;
    struct json_complaint why;
    enum fault f = FAULT_NONE;

    if (p->asked_private)
        f = order_read_private(x->services, &private, &x->asks[0], &p->order, x->now_ms);
    if (f || span_absent(private.customer))
        return f;
    if (json_read(&node, x->arena, private.customer, &why) || json_fill(&bank, node, bank_fields, x->arena, &why))
        return FAULT_INTERNAL;
    p->job.wish.account = bank.account;
    return FAULT_NONE;
}
