/* lead_pay.c: payers pay orders, and what becomes of it. */
#include "lead.h"

#include <stdio.h>
#include <string.h>

#include "base/banned.h"

struct work { struct run *r; struct pay_job *job; };

static enum fault begin_work(struct store_tx *tx, void *arg)
{
    struct work *k = arg;

    return pay_begin(&k->r->w->s, tx, k->job);
}

static enum fault settle_work(struct store_tx *tx, void *arg)
{
    struct work *k = arg;

    return pay_settle(&k->r->w->s, tx, k->job);
}

/* The line answers before the asking returns. */
static void asked(struct pay_job *job)
{
    *(bool *)job->arg = true;
}

static struct pay_job *job_of(struct run *r, struct pay_wish wish)
{
    struct pay_job *job = arena_take(r->w->arena, sizeof *job);

    memset(job, 0, sizeof *job);
    job->wish = wish;
    job->now_ms = world_now(r->w);
    job->arena = r->w->arena;
    return job;
}

/* Lead it to its end, or by chance to the middle of it, where the process ends. What was told is promised. */
static void lead(struct run *r, struct pay_wish wish)
{
    struct pay_job *job = job_of(r, wish);
    struct work k = { r, job };
    struct services *s = &r->w->s;
    uint64_t stop = dice_roll(&r->dice, 60);
    bool answered = false;
    enum fault f = pay_prepares(job) ? pay_prepare(s, job) : FAULT_NONE;

    if (!f)
        f = store_write(s->store, begin_work, &k);
    if (lead_refused(r, f, (int)job->why))
        return;
    r->broken = r->broken || stop == 0;
    if (!r->broken && pay_asks(job)) {
        pay_ask(s, job, asked, &answered);
        if (!answered)
            world_fail("a payment's question was not answered at once");
        r->broken = stop == 1;
        f = !r->broken && pay_settles(job) ? store_write(s->store, settle_work, &k) : FAULT_NONE;
    }
    if (!f && !r->broken) {
        pay_follow(s, job);
        r->tally.done++;
        model_told(r->m, SEEN_PAYMENT, &(struct seen){ job->row.merchant_id, job->row.payment_no, job->row.state });
    }
    pay_wipe(job);
    lead_fault(r, f);
}

struct look { struct run *r; struct pick pick; struct order_row order; struct payment_row payment; };

static enum fault order_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return orders_find_no(tx, &l->order, l->r->w->arena, l->pick.merchant_id, l->pick.no);
}

static enum fault payment_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return payments_find(tx, &l->payment, l->r->w->arena, l->pick.merchant_id, l->pick.no);
}

/* Mostly of the newest orders, which may still be paid. */
static bool pick_order(struct run *r, struct look *l)
{
    l->r = r;
    if (!lead_pick(r, &l->pick, "SELECT min(count(*), 3) FROM orders",
                   "SELECT merchant_id, order_no FROM orders ORDER BY rowid DESC LIMIT 1 OFFSET ?1"))
        return false;
    must(store_read(r->w->reader, order_work, l));
    return true;
}

static bool pick_payment(struct run *r, struct look *l, const char *count, const char *sql)
{
    l->r = r;
    if (!lead_pick(r, &l->pick, count, sql))
        return false;
    must(store_read(r->w->reader, payment_work, l));
    return true;
}

#define NEWEST_PAYMENTS "SELECT min(count(*), 12) FROM payments", \
    "SELECT merchant_id, payment_no FROM payments ORDER BY rowid DESC LIMIT 1 OFFSET ?1"
#define WAITING_PAYMENTS "SELECT count(*) FROM payments WHERE state < 3", \
    "SELECT merchant_id, payment_no FROM payments WHERE state < 3 ORDER BY rowid LIMIT 1 OFFSET ?1"

static struct pay_wish wish_of_order(const struct look *l, enum payment_method m)
{
    struct pay_wish w = { .op = PAY_BEGIN, .merchant_id = l->order.merchant_id, .order_id = l->order.order_id,
                          .method = m, .channel = PAYMENT_LINK, .source = SPAN("192.0.2.7"),
                          .request_id = SPAN("request") };

    memcpy(w.session, l->order.session.p, ORDER_SESSION);
    return w;
}

static struct pay_wish wish_of(const struct look *l, enum pay_op op)
{
    return (struct pay_wish){ .op = op, .merchant_id = l->pick.merchant_id, .payment_no = l->pick.no };
}

/* Only orders that are named so are paid with a card that is to be saved. */
static bool is_to_be_saved(const struct order_row *o)
{
    return o->order_id.n > 5 && memcmp(o->order_id.p, "save-", 5) == 0;
}

void lead_typed(struct run *r)
{
    struct look l = { 0 };
    struct pay_wish w;

    if (!pick_order(r, &l))
        return;
    w = wish_of_order(&l, PAYMENT_BY_CARD);
    w.card = (struct card_typed){ span_of(lead_card(r)), SPAN("03"), SPAN("2028"), SPAN("123") };
    w.save = w.consent = is_to_be_saved(&l.order) && dice_roll(&r->dice, 4) > 0;
    w.authorise_only = dice_roll(&r->dice, 4) == 0;
    lead(r, w);
}

void lead_saved(struct run *r)
{
    struct token_row t = { 0 };
    struct look l = { 0 };
    struct pick p;
    struct pay_wish w;

    if (!pick_order(r, &l) || !lead_pick(r, &p, "SELECT count(*) FROM tokens WHERE status = 1",
        "SELECT merchant_id, token_no FROM tokens WHERE status = 1 ORDER BY 1, 2 LIMIT 1 OFFSET ?1"))
        return;
    w = wish_of_order(&l, PAYMENT_BY_CARD);
    t.merchant_id = p.merchant_id;
    t.token_no = p.no;
    w.has_instrument = true;
    vault_id(&r->w->s, w.instrument, &t);
    lead(r, w);
}

void lead_upi(struct run *r)
{
    static const char *const payers[] = { "testsuccess@gocash", "testfailure@gocash", "testexpired@gocash",
                                          "testexpired@gocash", "testexpired@gocash" };
    struct look l = { 0 };
    struct pay_wish w;

    if (!pick_order(r, &l))
        return;
    w = wish_of_order(&l, PAYMENT_BY_UPI);
    w.channel = PAYMENT_COLLECT;
    w.handle = span_of(payers[dice_roll(&r->dice, sizeof payers / sizeof *payers)]);
    lead(r, w);
}

void lead_otp(struct run *r)
{
    struct look l = { 0 };
    struct pay_wish w;

    if (!pick_payment(r, &l, WAITING_PAYMENTS))
        return;
    w = wish_of(&l, PAY_OTP);
    w.otp = dice_roll(&r->dice, 4) ? SPAN("111000") : SPAN("222000");
    lead(r, w);
}

void lead_resend(struct run *r)
{
    struct look l = { 0 };

    if (pick_payment(r, &l, WAITING_PAYMENTS))
        lead(r, wish_of(&l, PAY_RESEND));
}

void lead_abandon(struct run *r)
{
    struct look l = { 0 };

    if (pick_payment(r, &l, WAITING_PAYMENTS))
        lead(r, wish_of(&l, PAY_ABANDON));
}

void lead_capture(struct run *r)
{
    struct look l = { 0 };
    struct pay_wish w;

    if (!pick_payment(r, &l, "SELECT count(*) FROM payments WHERE authorise_only AND state = 4",
                      "SELECT merchant_id, payment_no FROM payments WHERE authorise_only AND state = 4"
                      " ORDER BY rowid LIMIT 1 OFFSET ?1"))
        return;
    w = wish_of(&l, dice_roll(&r->dice, 3) ? PAY_CAPTURE : PAY_VOID);
    if (w.op == PAY_CAPTURE && dice_roll(&r->dice, 2))
        w.amount = (struct money){ 1 + (int64_t)dice_roll(&r->dice, (uint64_t)l.payment.amount_minor), "INR" };
    lead(r, w);
}

/* The payer decides on the bank's page, or whoever reviews what is held. */
void lead_bank(struct run *r)
{
    static const enum acquirer_decision decisions[] = {
        ACQUIRER_DECIDE_SUCCESS, ACQUIRER_DECIDE_SUCCESS, ACQUIRER_DECIDE_SUCCESS, ACQUIRER_DECIDE_FAIL,
        ACQUIRER_DECIDE_DROP, ACQUIRER_DECIDE_HOLD,
        ACQUIRER_DECIDE_RELEASE, ACQUIRER_DECIDE_REJECT,
    };
    enum acquirer_decision d = decisions[dice_roll(&r->dice, sizeof decisions / sizeof *decisions)];
    struct acquirer_ref ref = { 0 };
    struct pick p;
    enum fault f;

    if (!lead_pick(r, &p, NEWEST_PAYMENTS))
        return;
    ref.merchant_id = p.merchant_id;
    ref.payment_no = p.no;
    f = sim_acquirer_simulate(r->w->sim_bank, ref, d, ACQUIRER_DECLINED, world_now(r->w));
    if (f && f != FAULT_NOT_FOUND && f != FAULT_WRONG_STATE)
        lead_fault(r, f);
}

struct hear { struct run *r; struct pick pick; const struct acquirer_answer *said; };

static enum fault hear_work(struct store_tx *tx, void *arg)
{
    struct hear *h = arg;
    struct arena *a = h->r->w->arena;
    struct payment_row p;
    bool changed;
    enum fault f = payments_find(tx, &p, a, h->pick.merchant_id, h->pick.no);

    return f ? f : payments_hear(&h->r->w->s, tx, a, &p, h->said, world_now(h->r->w), &changed);
}

/* The acquirer tells what became of a payment. Of one that it has never heard of it would tell nothing. */
void lead_payment_news(struct run *r)
{
    struct acquirer_call call = { .ask.op = ACQUIRER_STATUS };
    struct hear h = { .r = r, .said = &call.answer };
    struct look l = { 0 };

    if (!pick_payment(r, &l, NEWEST_PAYMENTS))
        return;
    h.pick = l.pick;
    call.ask = pay_ask_about(&l.payment, ACQUIRER_STATUS, 0, world_now(r->w));
    acquirer_ask_wait(r->w->bank, &call);
    if (call.answer.verdict != ACQUIRER_NO_PAYMENT)
        lead_fault(r, store_write(r->w->s.store, hear_work, &h));
}
