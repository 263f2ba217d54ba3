/* factor.c: the second factor: one-time passwords, right and wrong, and what the bank says to the right one. */
#include "acquirer/sim/inner.h"
#include "base/secret.h"
#include "domain/test_payments.h"

#include "base/banned.h"

static bool is_lender(enum acquirer_source s)
{
    return s == ACQUIRER_BY_PAYLATER || s == ACQUIRER_BY_CARDLESS_EMI;
}

bool teller_wants_otp(const struct book_payment *p)
{
    return teller_is_open(p) && p->request == 0 && (p->verdict == ACQUIRER_FACTOR || is_lender(p->source));
}

/* The payer has shown who he is; what does his bank say? */
static void charge(struct book_payment *p, bool *mute, int64_t now_ms)
{
    const struct test_amount *a = is_lender(p->source) ? NULL : test_amount_find(p->amount);

    if (!a) {
        teller_end(p, ACQUIRER_CHARGED, now_ms);
        return;
    }
    switch (a->manner) {
    case TEST_AMOUNT_SAYS: case TEST_AMOUNT_MUTE:
        teller_end(p, teller_verdict(a->verdict), now_ms);
        *mute = a->manner == TEST_AMOUNT_MUTE;
        break;
    case TEST_AMOUNT_LATER:
        p->due_ms = now_ms + TEST_BANK_TIMEOUT_MS;
        p->due_verdict = teller_verdict(a->verdict);
        *mute = true;
        break;
    }
}

enum acquirer_verdict teller_try_otp(struct book_payment *p, bool *mute, struct span otp, int64_t request,
                                     int64_t now_ms)
{
    const char *right = is_lender(p->source) ? TEST_OTP_PAYLATER : TEST_OTP;

    *mute = false;
    if (!secret_equal(otp, span_of(right))) {
        p->tries++;
        if (p->tries < PAYMENT_OTP_TRIES)
            return ACQUIRER_WRONG_OTP;
        teller_end(p, ACQUIRER_TOO_MANY_OTPS, now_ms);
    } else {
        charge(p, mute, now_ms);
    }
    p->request = request;
    return p->verdict;
}

/* Was this submission answered before? The one that decided is in the payment itself; the others have rows, and are
 * looked for only where there are any. */
static enum fault said_before(struct store_tx *tx, struct teller_task *t, const struct book_payment *p, bool *before)
{
    struct effect e = {
        .merchant_id = p->merchant_id, .payment_no = p->payment_no, .request = t->ask.ref.request, .op = t->ask.op,
    };
    enum fault f;

    *before = t->ask.op == ACQUIRER_OTP && p->request != 0 && p->request == t->ask.ref.request;
    if (*before) {
        t->mute = teller_is_open(p);              /* its bank has still said nothing */
        return FAULT_NONE;
    }
    if (p->tries == 0 && p->resends == 0)
        return FAULT_NONE;
    f = effect_find(tx, &e);
    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
    *before = true;
    t->answer.verdict = e.verdict;
    t->answer.otp_tries_left = e.tries_left;
    t->answer.at_ms = e.at_ms;
    return FAULT_NONE;
}

/* Why a payment takes no OTP now: it never will, for it has ended badly; or it needs none any more. */
static enum acquirer_verdict no_otp(const struct book_payment *p)
{
    return acquirer_says(p->verdict)->declines || p->verdict == ACQUIRER_DROPPED ? p->verdict : ACQUIRER_BAD_STATE;
}

/* The payment of an OTP or a resending. *go: it is asked for the first time, and the payment takes it; else the answer
 * stands. */
static enum fault find(struct store_tx *tx, struct teller_task *t, struct book_payment *p, bool *go, int64_t now_ms)
{
    const struct acquirer_ref *ref = &t->ask.ref;
    bool before = false;
    enum fault f = teller_load(tx, t->sim->commit_arena, p, &t->news, ref->merchant_id, ref->payment_no, now_ms);

    *go = false;
    if (f == FAULT_NOT_FOUND || (!f && p->verdict == ACQUIRER_GONE)) {
        t->answer.verdict = ACQUIRER_NO_PAYMENT;
        return FAULT_NONE;
    }
    if (f)
        return f;
    teller_tell(t->sim, &t->answer, p);
    f = said_before(tx, t, p, &before);
    if (f || before)
        return f;
    *go = teller_wants_otp(p) && p->verdict == ACQUIRER_FACTOR;
    if (!*go)
        t->answer.verdict = no_otp(p);
    return FAULT_NONE;
}

static enum fault keep_effect(struct store_tx *tx, const struct teller_task *t, int64_t now_ms)
{
    return effect_put(tx, &(struct effect){
        .merchant_id = t->ask.ref.merchant_id, .payment_no = t->ask.ref.payment_no, .request = t->ask.ref.request,
        .op = t->ask.op, .verdict = t->answer.verdict, .tries_left = t->answer.otp_tries_left, .at_ms = now_ms,
    });
}

enum fault teller_work_otp(struct store_tx *tx, struct teller_task *t, int64_t now_ms)
{
    struct book_payment p;
    enum acquirer_verdict said;
    bool go;
    enum fault f = find(tx, t, &p, &go, now_ms);

    if (f || !go)
        return f;
    said = teller_try_otp(&p, &t->mute, span_of(t->ask.otp), t->ask.ref.request, now_ms);
    f = book_payment_update(tx, &p);
    teller_tell(t->sim, &t->answer, &p);
    t->answer.verdict = said;
    if (!f && said == ACQUIRER_WRONG_OTP)
        f = keep_effect(tx, t, now_ms);
    return f;
}

/* Each sending gives an OTP its whole time; all of them together stay within the payment's own. */
_Static_assert((1 + PAYMENT_RESENDS) * PAYMENT_OTP_LIMIT_MS <= PAYMENT_LIMIT_MS, "the last OTP outlives its payment");

enum fault teller_work_resend(struct store_tx *tx, struct teller_task *t, int64_t now_ms)
{
    struct book_payment p;
    bool go;
    enum fault f = find(tx, t, &p, &go, now_ms);

    if (f || !go)
        return f;
    if (p.resends >= PAYMENT_RESENDS || payment_resend_wait_ms(p.sent_ms, now_ms) > 0) {
        t->answer.verdict = ACQUIRER_BAD_STATE;
        return FAULT_NONE;
    }
    p.resends++;
    p.sent_ms = now_ms;
    p.due_ms = now_ms + PAYMENT_OTP_LIMIT_MS;
    f = book_payment_update(tx, &p);
    return f ? f : keep_effect(tx, t, now_ms);
}
