/* lead_refund.c: money goes back. */
#include "lead.h"

#include <string.h>

#include "service/refunds_own.h"

#include "base/banned.h"

struct work { struct run *r; struct refund_job *job; struct pick pick; struct refund_row row; };

static enum fault begin_work(struct store_tx *tx, void *arg)
{
    struct work *k = arg;

    return refund_begin(&k->r->w->s, tx, k->job);
}

static enum fault settle_work(struct store_tx *tx, void *arg)
{
    struct work *k = arg;

    return refund_settle(&k->r->w->s, tx, k->job);
}

static void asked(struct refund_job *job)
{
    *(bool *)job->arg = true;
}

static void lead(struct run *r, const struct refund_wish *wish)
{
    struct refund_job *job = arena_take(r->w->arena, sizeof *job);
    struct work k = { .r = r, .job = job };
    struct services *s = &r->w->s;
    uint64_t stop = dice_roll(&r->dice, 30);
    bool answered = false;
    enum fault f;

    memset(job, 0, sizeof *job);
    job->wish = *wish;
    job->now_ms = world_now(r->w);
    job->arena = r->w->arena;
    f = store_write(s->store, begin_work, &k);
    if (lead_refused(r, f, (int)job->why))
        return;
    r->broken = r->broken || stop == 0;
    if (!r->broken && refund_asks(job)) {
        refund_ask(s, job, asked, &answered);
        if (!answered)
            world_fail("a refund's question was not answered at once");
        r->broken = stop == 1;
        f = !r->broken && refund_settles(job) ? store_write(s->store, settle_work, &k) : FAULT_NONE;
    }
    if (!f && !r->broken) {
        r->tally.done++;
        model_told(r->m, SEEN_REFUND, &(struct seen){ job->row.merchant_id, job->row.refund_no, job->row.status });
    }
    lead_fault(r, f);
}

struct named { struct run *r; struct pick pick; struct order_row order; struct refund_row refund; };

static enum fault order_work(struct store_tx *tx, void *arg)
{
    struct named *n = arg;

    return orders_find_no(tx, &n->order, n->r->w->arena, n->pick.merchant_id, n->pick.no);
}

static enum fault refund_work(struct store_tx *tx, void *arg)
{
    struct named *n = arg;

    return refunds_find_no(tx, &n->refund, n->r->w->arena, n->pick.merchant_id, n->pick.no);
}

/* Few ids for each order, so that some are asked for again, some with another amount. */
void lead_refund(struct run *r)
{
    static const char *const ids[] = { "refund-1", "refund-2", "refund-3" };
    static const char *const notes[] = { NULL, "SUCCESS", "FAILED", "PENDING", "ONHOLD" };
    struct named n = { .r = r };
    struct refund_wish w = { .op = REFUND_CREATE, .speed = REFUND_STANDARD };

    if (!lead_pick(r, &n.pick, "SELECT count(*) FROM orders WHERE state = 1",
                   "SELECT merchant_id, order_no FROM orders WHERE state = 1 ORDER BY 1, 2 LIMIT 1 OFFSET ?1"))
        return;
    must(store_read(r->w->reader, order_work, &n));
    w.merchant_id = n.pick.merchant_id;
    w.order_id = n.order.order_id;
    w.refund_id = span_of(ids[dice_roll(&r->dice, sizeof ids / sizeof *ids)]);
    w.note = span_of(notes[dice_roll(&r->dice, sizeof notes / sizeof *notes)]);
    w.amount = (struct money){ n.order.amount_minor / (1 + (int64_t)dice_roll(&r->dice, 4)), "INR" };
    lead(r, &w);
}

static bool pick_refund(struct run *r, struct named *n)
{
    n->r = r;
    if (!lead_pick(r, &n->pick, "SELECT count(*) FROM refunds WHERE type = 0",
                   "SELECT merchant_id, refund_no FROM refunds WHERE type = 0 ORDER BY 1, 2 LIMIT 1 OFFSET ?1"))
        return false;
    must(store_read(r->w->reader, refund_work, n));
    return true;
}

void lead_refund_cancel(struct run *r)
{
    struct named n;

    if (pick_refund(r, &n))
        lead(r, &(struct refund_wish){ .op = REFUND_CANCEL, .merchant_id = n.refund.merchant_id,
                                       .order_id = n.refund.order_id, .refund_id = n.refund.refund_id });
}

struct hear { struct run *r; struct pick pick; const struct acquirer_answer *said; };

static enum fault hear_work(struct store_tx *tx, void *arg)
{
    struct hear *h = arg;
    struct arena *a = h->r->w->arena;
    struct refund_row row;
    bool changed;
    enum fault f = refunds_find_no(tx, &row, a, h->pick.merchant_id, h->pick.no);

    return f ? f : refunds_hear(&h->r->w->s, tx, a, &row, h->said, world_now(h->r->w), &changed);
}

void lead_refund_news(struct run *r)
{
    struct acquirer_call call = { .ask.op = ACQUIRER_REFUND_STATUS };
    struct hear h = { .r = r, .said = &call.answer };
    struct named n;

    if (!pick_refund(r, &n))
        return;
    h.pick = n.pick;
    call.ask.ref = (struct acquirer_ref){ n.refund.merchant_id, n.refund.payment_no, n.refund.refund_no, 0 };
    call.ask.now_ms = world_now(r->w);
    acquirer_ask_wait(r->w->bank, &call);
    if (call.answer.verdict != ACQUIRER_NO_PAYMENT)
        lead_fault(r, store_write(r->w->s.store, hear_work, &h));
}
