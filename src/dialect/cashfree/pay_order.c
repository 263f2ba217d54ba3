/* pay_order.c: the order of a payment that is not by card, read ahead: its currency, and whose bank account may pay it.
 *
 * The account number is in the order's sealed private part. The keyholder opens that while the request waits for its
 * turn to write, so that no thread waits for it. Payments by card do without: they are to be quick. */
#include "dialect/cashfree/pay.h"

#include <assert.h>
#include <string.h>

#include "base/secret.h"

#include "base/banned.h"

struct bank_details { struct span account; };

static const struct json_field bank_fields[] = {
    { .name = "customer_bank_account_number", .type = JSON_TEXT, .at = offsetof(struct bank_details, account) },
    JSON_END
};

static enum fault read_order(struct store_tx *tx, void *arg)
{
    struct exchange *x = arg;
    struct pay *p = x->state;
    const struct pay_wish *w = &p->job.wish;
    struct span session = { w->session, sizeof w->session };
    enum fault f;

    if (!span_absent(p->order_token))
        return pay_order_of_token(x->services, tx, &p->order, x->arena, p->order_token);
    f = order_fetch(tx, &p->order, x->arena, w->merchant_id, w->order_id);
    return f == FAULT_NONE && !secret_equal(p->order.session, session) ? FAULT_NOT_FOUND : f;
}

enum step orderpay_look_ahead(struct exchange *x)
{
    struct pay *p = x->state;
    struct order_private private;
    bool at_hand = false;
    enum fault f = store_read(x->reader, read_order, x);

    if (f == FAULT_NOT_FOUND)
        return STEP_GO;               /* for work to say */
    if (f)
        return orderpay_refuse(x, problem_of_fault(f));
    if (!span_equal(p->order.currency, SPAN("INR")))
        return orderpay_refuse(x, problem_make(400, "request_invalid",
                                               "orders in other currencies than INR are paid by card"));
    p->has_order = true;
    if (span_absent(p->order.private_sealed))
        return STEP_GO;
    assert(x->n_asks < EXCHANGE_ASKS_MAX);
    f = order_ask_private(x->services, &private, &at_hand, &x->asks[x->n_asks], x->arena, &p->order, x->now_ms);
    if (f)
        return orderpay_refuse(x, problem_of_fault(f));
    if (at_hand) {
        p->customer = private.customer;
    } else {
        x->n_asks++;
        p->asked_private = true;
    }
    return STEP_GO;
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
