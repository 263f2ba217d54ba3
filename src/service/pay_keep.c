/* pay_keep.c: an acquirer's answer, heard: the payment, its order, and what follows from both. */
#include "service/audit.h"
#include "service/checkouts.h"
#include "service/pay_own.h"
#include "service/refunds.h"
#include "service/webhooks.h"
#include "store/audit.h"

#include "base/banned.h"

static enum fault find_order(struct store_tx *tx, struct arena *a, const struct payment_row *p, struct order_row *o)
{
    enum fault f = o->order_no ? FAULT_NONE : orders_find(tx, o, a, p->merchant_id, p->order_id);

    return f == FAULT_NOT_FOUND ? FAULT_INTERNAL : f;
}

/* Where the order itself wants its events. That it cannot be read is no reason not to keep what became of money. */
static struct span notify_url(struct arena *a, const struct order_row *o)
{
    struct offer offer;

    if (span_absent(o->meta) || offer_read(&offer, a, o->meta))
        return (struct span){ 0 };
    return offer.notify_url;
}

/* The form result of the order-token flow, for an order that came through it. */
static enum fault tell_result(struct store_tx *tx, struct arena *a, struct webhook_news n)
{
    enum fault f = checkout_notify_url(tx, &n.notify_url, a, n.merchant_id, n.order_no);

    n.event = WEBHOOK_RESULT;
    return f || span_absent(n.notify_url) ? f : webhook_tell(tx, &n);
}

static enum fault tell(struct store_tx *tx, struct arena *a, const struct payment_row *p, const struct order_row *o,
                       enum webhook_event event)
{
    struct webhook_news n = {
        .event = event, .merchant_id = p->merchant_id, .order_no = p->order_no, .subject_no = p->payment_no,
        .state = p->state, .at_ms = p->completed_ms, .notify_url = notify_url(a, o),
    };
    enum fault f = webhook_tell(tx, &n);

    return f ? f : tell_result(tx, a, n);
}

/* The payment has come to this state just now; its row is kept already. */
static enum fault became(struct store_tx *tx, struct arena *a, const struct payment_row *p, struct order_row *o)
{
    enum fault f = find_order(tx, a, p, o);

    if (f)
        return f;
    switch ((enum payment_state)p->state) {
    case PAYMENT_SUCCESS:
        f = order_pay(tx, o);
        return f ? f : tell(tx, a, p, o, WEBHOOK_PAYMENT_SUCCESS);
    case PAYMENT_FAILED: case PAYMENT_DROPPED:
        f = order_attempt_ended(tx, o);
        return f ? f : tell(tx, a, p, o, p->state == PAYMENT_FAILED ? WEBHOOK_PAYMENT_FAILED
                                                                    : WEBHOOK_PAYMENT_DROPPED);
    case PAYMENT_CANCELLED:
        return order_attempt_ended(tx, o);
    case PAYMENT_BEGUN: case PAYMENT_FACTOR: case PAYMENT_APPROVAL: case PAYMENT_FLAGGED: case PAYMENT_VOID:
    case PAYMENT_STATES:
        break;
    }
    return FAULT_NONE;
}

static bool has_come_back(const struct payment_row *before, const struct payment_row *p)
{
    return p->state == PAYMENT_CANCELLED && before->wanted == ACQUIRER_REVERSE && before->ask_ms && !p->ask_ms;
}

enum fault pay_hear(const struct services *s, struct store_tx *tx, struct arena *a, struct payment_row *p,
                    const struct pay_heard *h, struct pay_after *after)
{
    const struct payment_row before = *p;
    struct order_row *o = &after->order;
    bool takes = false;
    enum fault f = FAULT_NONE;

    if (pay_may_charge(p, h)) {
        f = find_order(tx, a, p, o);
        takes = !f && order_takes(o, p->created_ms);
    }
    if (f || !pay_hear_row(p, h, takes))
        return f;
    after->changed = true;
    if (p->state == PAYMENT_SUCCESS && p->saves == PAY_SAVES_LATER)
        f = pay_save(s, tx, a, p, after, h->now_ms);
    if (!f)
        f = payments_update(tx, p);
    /* That it waits for its payer moves no money. */
    if (!f && p->state != before.state && p->state != PAYMENT_FACTOR && p->state != PAYMENT_APPROVAL)
        f = audit_money(tx, &(struct audit_money){ .merchant_id = p->merchant_id, .at_ms = h->now_ms,
            .event = AUDIT_PAYMENT_STATE, .outcome = p->state, .order_id = p->order_id });
    if (!f && p->state != before.state)
        f = became(tx, a, p, o);
    if (!f && has_come_back(&before, p) && h->answer->verdict != ACQUIRER_NO_PAYMENT)
        f = refunds_reversed(s, tx, a, p, h->answer, h->now_ms);
    return f;
}

enum fault payments_hear(const struct services *s, struct store_tx *tx, struct arena *a, struct payment_row *p,
                         const struct acquirer_answer *said, int64_t now_ms, bool *changed)
{
    struct pay_heard h = { .op = ACQUIRER_STATUS, .answer = said, .lease = -1, .now_ms = now_ms };
    struct pay_after after = { .make = arena_take(a, sizeof *after.make) };
    enum fault f = after.make ? pay_hear(s, tx, a, p, &h, &after) : FAULT_INTERNAL;

    if (!f)
        *changed = after.changed;
    return f;
}

enum fault payments_in_flight(struct store_tx *tx, bool *out, int64_t merchant_id, int64_t order_no)
{
    struct payments_tally t;
    enum fault f = payments_count(tx, &t, &(struct payments_question){ merchant_id, order_no, 0, ACQUIRER_OTP });

    if (!f)
        *out = t.waiting > 0;
    return f;
}
