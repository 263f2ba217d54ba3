/* working.c: every question is a job of the book's commit thread, whose batches ask the keyholder once. */
#include <assert.h>
#include <string.h>

#include "acquirer/sim/inner.h"

#include "base/banned.h"

/* The questions of several jobs, side by side as the keyholder's client wants them. */
struct basket {
    struct sim_acquirer *sim;
    struct key_ask asks[KEY_ASKS_MAX];
    struct teller_task *of[KEY_ASKS_MAX];
    size_t n;
};

/* When nobody answers, those jobs are SILENT; so are the ones after them, unasked. */
static enum fault flush(struct basket *b, enum fault before)
{
    enum fault f = before;

    if (b->n && !f)
        f = keyholder_ask(b->sim->options.keyholder, b->asks, b->n);
    for (size_t i = 0; i < b->n; i++) {
        struct teller_task *t = b->of[i];

        t->card_fault = f ? FAULT_SILENT : charge_read(&t->card, &b->asks[i]);
        if (t->card_fault && t->card_fault != FAULT_DENIED)
            t->job.outcome = t->card_fault;
    }
    b->n = 0;
    arena_reset(b->sim->commit_arena);
    return f;
}

void teller_before_batch(void *sim, struct store_job *first)
{
    struct basket b = { .sim = sim };
    enum fault f = FAULT_NONE;

    for (struct store_job *job = first; job; job = job->next) {
        struct teller_task *t = job->wants;

        if (!t)
            continue;
        if (b.n == KEY_ASKS_MAX)
            f = flush(&b, f);
        t->card_fault = charge_ask(&b.asks[b.n], b.sim->commit_arena, (struct span){ t->ask.charge, CARD_CHARGE });
        if (t->card_fault)
            job->outcome = t->card_fault;
        else
            b.of[b.n++] = t;
    }
    (void)flush(&b, f);
}

void teller_tell(const struct sim_acquirer *s, struct acquirer_answer *out, const struct book_payment *p)
{
    out->verdict = p->verdict;
    out->native = p->native;
    out->captured = p->captured;
    out->captured_amount = p->amount;
    out->captured_amount.minor = p->captured_minor;
    out->otp_tries_left = teller_wants_otp(p) && p->tries < PAYMENT_OTP_TRIES ? PAYMENT_OTP_TRIES - p->tries : 0;
    out->at_ms = p->at_ms;
    if (p->source == ACQUIRER_BY_UPI)
        memcpy(out->payer, p->handle, sizeof out->payer);
    teller_references(s, out, p);
}

bool teller_is_open(const struct book_payment *p)
{
    return p->verdict == ACQUIRER_FACTOR || p->verdict == ACQUIRER_WAITS;
}

void teller_end(struct book_payment *p, enum acquirer_verdict v, int64_t now_ms)
{
    bool taken = v == ACQUIRER_CHARGED || v == ACQUIRER_HELD;

    p->verdict = v;
    p->at_ms = now_ms;
    p->due_ms = 0;
    p->captured = taken && !p->authorise_only;
    p->captured_minor = p->captured ? p->amount.minor : 0;
}

bool teller_is_due(struct book_payment *p, int64_t now_ms)
{
    if (!teller_is_open(p) || p->due_ms == 0 || now_ms < p->due_ms)
        return false;
    teller_end(p, p->due_verdict, p->due_ms);
    return true;
}

enum fault teller_load(struct store_tx *tx, struct arena *a, struct book_payment *out, bool *news, int64_t merchant_id,
                       int64_t payment_no, int64_t now_ms)
{
    enum fault f = book_payment_find(tx, out, a, merchant_id, payment_no);

    if (f || !teller_is_due(out, now_ms))
        return f;
    *news = true;
    f = book_payment_update(tx, out);
    return f ? f : acquirer_notice_put(tx, &(struct acquirer_told){ 0, merchant_id, payment_no, 0 });
}

static enum fault work(struct store_tx *tx, void *arg)
{
    struct teller_task *t = arg;
    int64_t now_ms = clock_now_ms(t->sim->options.clock);

    t->answer = (struct acquirer_answer){ .ref = t->ask.ref, .at_ms = now_ms };
    t->mute = t->news = false;
    switch (t->ask.op) {
    case ACQUIRER_PAY:
        return teller_work_pay(tx, t, now_ms);
    case ACQUIRER_OTP:
        return teller_work_otp(tx, t, now_ms);
    case ACQUIRER_RESEND:
        return teller_work_resend(tx, t, now_ms);
    case ACQUIRER_STATUS:
        return teller_work_status(tx, t, now_ms);
    case ACQUIRER_ABANDON:
        return teller_work_abandon(tx, t, now_ms);
    case ACQUIRER_CAPTURE: case ACQUIRER_VOID: case ACQUIRER_REVERSE:
        return teller_work_change(tx, t, now_ms);
    case ACQUIRER_REFUND:
        return teller_work_refund(tx, t, now_ms);
    case ACQUIRER_REFUND_STATUS:
        return teller_work_refund_status(tx, t, now_ms);
    case ACQUIRER_REFUND_CANCEL:
        return teller_work_refund_cancel(tx, t, now_ms);
    case ACQUIRER_OPS:
        break;
    }
    return FAULT_INTERNAL;
}

static void done(void *arg, enum fault outcome)
{
    struct teller_task *t = arg;

    arena_reset(t->sim->commit_arena);
    /* A commit that failed is on disk in part at times: nobody can say now what became of it. */
    t->mute = outcome ? outcome == FAULT_DISK : t->mute;
    if (outcome)
        t->answer = (struct acquirer_answer){ .verdict = ACQUIRER_UNREACHABLE, .ref = t->ask.ref };
    else if (t->news)
        teller_news(t->sim);
    teller_answer(t);
}

void teller_submit(struct teller_task *t)
{
    bool opens = t->ask.op == ACQUIRER_PAY && t->ask.has_charge && t->sim->options.keyholder;

    t->job = (struct store_job){ .work = work, .done = done, .arg = t, .wants = opens ? t : NULL };
    if (store_submit(t->sim->store, &t->job)) {
        t->answer = (struct acquirer_answer){ .verdict = ACQUIRER_UNREACHABLE, .ref = t->ask.ref };
        teller_answer(t);
    }
}
