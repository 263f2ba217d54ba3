/* giving.c: refunds: sums that never exceed what was captured, and when they are paid out. */
#include <string.h>

#include "acquirer/sim/inner.h"
#include "domain/test_payments.h"

#include "base/banned.h"

/* What a refund's wish comes to. An unknown one is none. */
static const struct { const char *wish; enum acquirer_verdict verdict; bool done_later; } wishes[] = {
    { "SUCCESS", ACQUIRER_REFUND_DONE,    false },
    { "FAILED",  ACQUIRER_REFUND_FAILED,  false },
    { "PENDING", ACQUIRER_REFUND_PENDING, false },
    { "ONHOLD",  ACQUIRER_REFUND_ONHOLD,  false },
    { "ACTIVE",  ACQUIRER_REFUND_PENDING, true },
};

void teller_tell_refund(const struct sim_acquirer *s, struct acquirer_answer *out, const struct book_refund *r)
{
    out->verdict = r->verdict;
    out->at_ms = r->at_ms;
    teller_name(s, out->acquirer_ref, r->merchant_id, r->payment_no);
    teller_arn(s, out, r);
}

enum fault teller_refund_due(struct store_tx *tx, struct book_refund *r, bool *news, int64_t now_ms)
{
    enum fault f;

    if (r->due_ms == 0 || now_ms < r->due_ms)
        return FAULT_NONE;
    r->verdict = r->due_verdict;
    r->at_ms = r->due_ms;
    r->due_ms = 0;
    *news = true;
    f = book_refund_update(tx, r);
    return f ? f : acquirer_notice_put(tx, &(struct acquirer_told){ 0, r->merchant_id, r->payment_no, r->refund_no });
}

/* The refund a task is about, as it is by now. */
static enum fault load(struct store_tx *tx, struct teller_task *t, struct book_refund *r, int64_t now_ms)
{
    enum fault f = book_refund_find(tx, r, t->ask.ref.merchant_id, t->ask.ref.refund_no);

    return f ? f : teller_refund_due(tx, r, &t->news, now_ms);
}

static struct book_refund new_refund(const struct teller_task *t, int64_t now_ms)
{
    struct book_refund r = {
        .merchant_id = t->ask.ref.merchant_id, .refund_no = t->ask.ref.refund_no,
        .payment_no = t->ask.ref.payment_no, .amount_minor = t->ask.amount.minor, .created_ms = now_ms,
        .at_ms = now_ms, .verdict = t->ask.instant ? ACQUIRER_REFUND_DONE : ACQUIRER_REFUND_PENDING,
        .due_verdict = ACQUIRER_REFUND_DONE,
    };
    bool later = !t->ask.instant;

    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if (strcmp(t->ask.wish, wishes[i].wish) == 0) {
            r.verdict = wishes[i].verdict;
            later = wishes[i].done_later;
        }
    r.due_ms = later ? now_ms + TEST_REFUND_MS : 0;
    return r;
}

/* Why no money can go back; CHARGED: it can. */
static enum acquirer_verdict refusal(const struct book_payment *p, const struct money *amount)
{
    if (p->verdict == ACQUIRER_GONE)
        return ACQUIRER_NO_PAYMENT;
    if (p->verdict != ACQUIRER_CHARGED || !p->captured)
        return ACQUIRER_BAD_STATE;
    if (amount->minor <= 0 || amount->minor > p->captured_minor - p->refunded_minor ||
        memcmp(amount->currency, p->amount.currency, sizeof amount->currency) != 0)
        return ACQUIRER_BAD_AMOUNT;
    return ACQUIRER_CHARGED;
}

enum fault teller_work_refund(struct store_tx *tx, struct teller_task *t, int64_t now_ms)
{
    const struct acquirer_ref *ref = &t->ask.ref;
    struct book_payment p;
    struct book_refund r;
    enum fault f = load(tx, t, &r, now_ms);

    if (!f) {                         /* asked again; of another payment it is another refund */
        teller_tell_refund(t->sim, &t->answer, &r);
        if (r.payment_no != ref->payment_no)
            t->answer.verdict = ACQUIRER_BAD_STATE;
        return FAULT_NONE;
    }
    if (f != FAULT_NOT_FOUND)
        return f;
    f = teller_load(tx, t->sim->commit_arena, &p, &t->news, ref->merchant_id, ref->payment_no, now_ms);
    if (f && f != FAULT_NOT_FOUND)
        return f;
    t->answer.verdict = f ? ACQUIRER_NO_PAYMENT : refusal(&p, &t->ask.amount);
    if (t->answer.verdict != ACQUIRER_CHARGED)
        return FAULT_NONE;
    r = new_refund(t, now_ms);
    f = book_refund_insert(tx, &r);
    if (!f && r.verdict != ACQUIRER_REFUND_FAILED) {
        p.refunded_minor += r.amount_minor;
        f = book_payment_update(tx, &p);
    }
    teller_tell_refund(t->sim, &t->answer, &r);
    return f;
}

enum fault teller_work_refund_status(struct store_tx *tx, struct teller_task *t, int64_t now_ms)
{
    struct book_refund r;
    enum fault f = load(tx, t, &r, now_ms);

    if (f == FAULT_NOT_FOUND) {
        t->answer.verdict = ACQUIRER_NO_PAYMENT;
        return FAULT_NONE;
    }
    if (!f)
        teller_tell_refund(t->sim, &t->answer, &r);
    return f;
}

/* What is not paid out stays with the merchant: it can be given back another time. */
static enum fault take_back(struct store_tx *tx, struct teller_task *t, const struct book_refund *r)
{
    struct book_payment p;
    enum fault f = book_payment_find(tx, &p, t->sim->commit_arena, r->merchant_id, r->payment_no);

    if (f)
        return f;
    p.refunded_minor -= r->amount_minor;
    return book_payment_update(tx, &p);
}

enum fault teller_work_refund_cancel(struct store_tx *tx, struct teller_task *t, int64_t now_ms)
{
    struct book_refund r;
    enum fault f = load(tx, t, &r, now_ms);

    if (f == FAULT_NOT_FOUND) {
        t->answer.verdict = ACQUIRER_NO_PAYMENT;
        return FAULT_NONE;
    }
    if (f)
        return f;
    if (r.verdict == ACQUIRER_REFUND_PENDING || r.verdict == ACQUIRER_REFUND_ONHOLD) {
        r.verdict = ACQUIRER_REFUND_CANCELLED;
        r.at_ms = now_ms;
        r.due_ms = 0;
        f = book_refund_update(tx, &r);
        if (!f)
            f = take_back(tx, t, &r);
    }
    teller_tell_refund(t->sim, &t->answer, &r);
    if (r.verdict != ACQUIRER_REFUND_CANCELLED)
        t->answer.verdict = ACQUIRER_BAD_STATE;
    return f;
}
