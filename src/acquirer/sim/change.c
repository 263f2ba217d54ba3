/* change.c: how a payment is, and what is done to it besides paying and giving back. */
#include <string.h>

#include "acquirer/sim/inner.h"

#include "base/banned.h"

/* Nothing is to be under this reference: a payment that comes for it later is refused. */
static enum fault bury(struct store_tx *tx, const struct teller_task *t, int64_t now_ms)
{
    return book_payment_insert(tx, &(struct book_payment){
        .merchant_id = t->ask.ref.merchant_id, .payment_no = t->ask.ref.payment_no, .verdict = ACQUIRER_GONE,
        .created_ms = now_ms, .at_ms = now_ms,
    });
}

static enum fault load(struct store_tx *tx, struct teller_task *t, struct book_payment *p, int64_t now_ms)
{
    return teller_load(tx, t->sim->commit_arena, p, &t->news, t->ask.ref.merchant_id, t->ask.ref.payment_no, now_ms);
}

enum fault teller_work_status(struct store_tx *tx, struct teller_task *t, int64_t now_ms)
{
    struct book_payment p;
    enum fault f = load(tx, t, &p, now_ms);

    if (f == FAULT_NOT_FOUND || (!f && p.verdict == ACQUIRER_GONE)) {
        t->answer.verdict = ACQUIRER_NO_PAYMENT;
        return f ? bury(tx, t, now_ms) : FAULT_NONE;
    }
    if (!f)
        teller_tell(t->sim, &t->answer, &p);
    return f;
}

enum fault teller_work_abandon(struct store_tx *tx, struct teller_task *t, int64_t now_ms)
{
    struct book_payment p;
    enum fault f = load(tx, t, &p, now_ms);

    if (f == FAULT_NOT_FOUND || (!f && p.verdict == ACQUIRER_GONE)) {
        t->answer.verdict = ACQUIRER_DROPPED;
        return f ? bury(tx, t, now_ms) : FAULT_NONE;
    }
    if (f)
        return f;
    if (teller_is_open(&p)) {
        teller_end(&p, ACQUIRER_DROPPED, now_ms);
        f = book_payment_update(tx, &p);
    }
    teller_tell(t->sim, &t->answer, &p);
    return f;
}

static enum acquirer_verdict capture(struct book_payment *p, const struct money *amount)
{
    if (p->verdict != ACQUIRER_CHARGED || p->captured)
        return ACQUIRER_BAD_STATE;
    if (amount->minor <= 0 || amount->minor > p->amount.minor ||
        memcmp(amount->currency, p->amount.currency, sizeof amount->currency) != 0)
        return ACQUIRER_BAD_AMOUNT;
    p->captured = true;
    p->captured_minor = amount->minor;
    return ACQUIRER_CHARGED;
}

static enum acquirer_verdict void_it(struct book_payment *p)
{
    if (p->verdict != ACQUIRER_CHARGED || p->captured)
        return ACQUIRER_BAD_STATE;
    p->verdict = ACQUIRER_VOIDED;
    return ACQUIRER_CHARGED;
}

/* All of it goes back, and once: of what has gone back already it is said how. */
static enum acquirer_verdict reverse(struct book_payment *p)
{
    if (p->verdict == ACQUIRER_REVERSED || p->verdict == ACQUIRER_VOIDED)
        return p->verdict;
    if ((p->verdict != ACQUIRER_CHARGED && p->verdict != ACQUIRER_HELD) || p->refunded_minor > 0)
        return ACQUIRER_BAD_STATE;
    p->verdict = ACQUIRER_REVERSED;
    p->captured = false;
    p->captured_minor = 0;
    return ACQUIRER_CHARGED;
}

enum fault teller_work_change(struct store_tx *tx, struct teller_task *t, int64_t now_ms)
{
    struct effect e = {
        .merchant_id = t->ask.ref.merchant_id, .payment_no = t->ask.ref.payment_no, .request = t->ask.ref.request,
        .op = t->ask.op, .verdict = ACQUIRER_CHARGED, .at_ms = now_ms,
    };
    struct book_payment p;
    enum acquirer_verdict said;
    enum fault f = load(tx, t, &p, now_ms);

    if (f == FAULT_NOT_FOUND || (!f && p.verdict == ACQUIRER_GONE)) {
        t->answer.verdict = ACQUIRER_NO_PAYMENT;
        return FAULT_NONE;
    }
    if (!f)
        f = effect_find(tx, &e);
    if (f && f != FAULT_NOT_FOUND)
        return f;
    if (!f) {                         /* asked again: it was done */
        teller_tell(t->sim, &t->answer, &p);
        t->answer.verdict = e.verdict;
        t->answer.at_ms = e.at_ms;
        return FAULT_NONE;
    }
    said = t->ask.op == ACQUIRER_CAPTURE ? capture(&p, &t->ask.amount)
           : t->ask.op == ACQUIRER_VOID ? void_it(&p) : reverse(&p);
    f = FAULT_NONE;
    if (said == ACQUIRER_CHARGED) {
        p.at_ms = now_ms;
        f = book_payment_update(tx, &p);
        if (!f)
            f = effect_put(tx, &e);
    }
    teller_tell(t->sim, &t->answer, &p);
    t->answer.verdict = said;
    return f;
}
