/* page.c: the bank's page: what the payer, or whoever runs the simulation, sees and decides. */
#include <assert.h>
#include <string.h>

#include "acquirer/sim/inner.h"
#include "domain/test_payments.h"

#include "base/banned.h"

struct look { struct sim_acquirer *sim; int64_t merchant_id, payment_no; struct book_payment p; };

static enum fault look(struct store_tx *tx, void *arg)
{
    struct look *l = arg;
    enum fault f = book_payment_find(tx, &l->p, l->sim->look_arena, l->merchant_id, l->payment_no);

    return !f && l->p.verdict == ACQUIRER_GONE ? FAULT_NOT_FOUND : f;
}

enum fault sim_acquirer_look(struct sim_acquirer *s, struct acquirer_page *out, struct span acquirer_ref)
{
    struct look l = { .sim = s };
    enum fault f = teller_name_read(s, &l.merchant_id, &l.payment_no, acquirer_ref);

    if (f)
        return f;
    pthread_mutex_lock(&s->looking);
    f = store_read(s->looker, look, &l);
    arena_reset(s->look_arena);
    pthread_mutex_unlock(&s->looking);
    if (f)
        return f;
    (void)teller_is_due(&l.p, clock_now_ms(s->options.clock));
    *out = (struct acquirer_page){
        .ref = { l.merchant_id, l.payment_no, 0, 0 }, .source = l.p.source, .amount = l.p.amount,
        .state = l.p.verdict, .wants_otp = teller_wants_otp(&l.p), .one_account = l.p.one_account,
        .tries_left = PAYMENT_OTP_TRIES - l.p.tries,
    };
    memcpy(out->last4, l.p.last4, sizeof out->last4);
    memcpy(out->bank, l.p.handle, sizeof out->bank);
    return FAULT_NONE;
}

struct decision {
    struct sim_acquirer *sim;
    int64_t merchant_id, payment_no, now_ms;
    enum acquirer_decision what;
    enum acquirer_verdict failure, said;
    struct span otp;
    bool freely;                      /* by who runs the simulation: no OTP is needed */
    bool news;
};

static enum fault decide_otp(struct book_payment *p, struct decision *d)
{
    bool mute;

    if (!teller_wants_otp(p))
        return FAULT_WRONG_STATE;
    d->said = teller_try_otp(p, &mute, d->otp, TELLER_BY_PAGE, d->now_ms);
    if (teller_is_open(p) && p->request)          /* its bank says nothing yet */
        d->said = ACQUIRER_WAITS;
    return FAULT_NONE;
}

/* Nothing is charged, held for review or not, before the OTP was given. */
static enum fault decide_open(struct book_payment *p, struct decision *d, enum acquirer_verdict v)
{
    bool charges = v == ACQUIRER_CHARGED || v == ACQUIRER_HELD;

    if (!teller_is_open(p) || (charges && teller_wants_otp(p) && !d->freely))
        return FAULT_WRONG_STATE;
    if (v == ACQUIRER_CHARGED && p->source == ACQUIRER_BY_UPI && p->handle[0] == '\0')
        memcpy(p->handle, TEST_UPI_PAYER, sizeof TEST_UPI_PAYER);
    teller_end(p, v, d->now_ms);
    d->said = v;
    return FAULT_NONE;
}

static enum fault decide_held(struct book_payment *p, struct decision *d, enum acquirer_verdict v)
{
    if (p->verdict != ACQUIRER_HELD)
        return FAULT_WRONG_STATE;
    teller_end(p, v, d->now_ms);
    d->said = v;
    return FAULT_NONE;
}

static enum fault decide(struct book_payment *p, struct decision *d)
{
    switch (d->what) {
    case ACQUIRER_DECIDE_OTP:
        return decide_otp(p, d);
    case ACQUIRER_DECIDE_SUCCESS:
        return decide_open(p, d, ACQUIRER_CHARGED);
    case ACQUIRER_DECIDE_FAIL:
        return decide_open(p, d, d->failure);
    case ACQUIRER_DECIDE_OTHER_ACCOUNT:
        return p->one_account ? decide_open(p, d, ACQUIRER_TPV) : FAULT_WRONG_STATE;
    case ACQUIRER_DECIDE_DROP:
        return decide_open(p, d, ACQUIRER_DROPPED);
    case ACQUIRER_DECIDE_HOLD:
        return decide_open(p, d, ACQUIRER_HELD);
    case ACQUIRER_DECIDE_PENDING:
        d->said = p->verdict;
        return teller_is_open(p) ? FAULT_NONE : FAULT_WRONG_STATE;
    case ACQUIRER_DECIDE_RELEASE:
        return decide_held(p, d, ACQUIRER_CHARGED);
    case ACQUIRER_DECIDE_REJECT:
        return decide_held(p, d, ACQUIRER_RISK);
    case ACQUIRER_DECISIONS:
        break;
    }
    return FAULT_INTERNAL;
}

/* Whatever the payment has become without our side's asking is told with a notice. */
static enum fault decide_work(struct store_tx *tx, void *arg)
{
    struct decision *d = arg;
    struct book_payment p;
    enum acquirer_verdict before;
    enum fault f = book_payment_find(tx, &p, d->sim->commit_arena, d->merchant_id, d->payment_no);

    arena_reset(d->sim->commit_arena);
    d->news = false;
    if (f || p.verdict == ACQUIRER_GONE)
        return f ? f : FAULT_NOT_FOUND;
    if (teller_is_due(&p, d->now_ms))
        return FAULT_WRONG_STATE;     /* the thread sees to it */
    before = p.verdict;
    f = decide(&p, d);
    if (!f)
        f = book_payment_update(tx, &p);
    d->news = p.verdict != before;
    if (!f && d->news)
        f = acquirer_notice_put(tx, &(struct acquirer_told){ 0, d->merchant_id, d->payment_no, 0 });
    return f;
}

static enum fault decide_now(struct decision *d)
{
    enum fault f;

    assert(d->what < ACQUIRER_DECISIONS);
    f = store_write(d->sim->store, decide_work, d);
    if (!f && d->news)
        teller_news(d->sim);
    return f;
}

enum fault sim_acquirer_decide(struct sim_acquirer *s, enum acquirer_verdict *said, struct span acquirer_ref,
                               enum acquirer_decision what, struct span otp, int64_t now_ms)
{
    struct decision d = { .sim = s, .what = what, .failure = ACQUIRER_DECLINED, .otp = otp, .now_ms = now_ms };
    enum fault f = teller_name_read(s, &d.merchant_id, &d.payment_no, acquirer_ref);

    if (!f)
        f = decide_now(&d);
    if (!f)
        *said = d.said;
    return f;
}

enum fault sim_acquirer_simulate(struct sim_acquirer *s, struct acquirer_ref ref, enum acquirer_decision what,
                                 enum acquirer_verdict failure, int64_t now_ms)
{
    struct decision d = {
        .sim = s, .merchant_id = ref.merchant_id, .payment_no = ref.payment_no, .what = what, .failure = failure,
        .freely = true, .now_ms = now_ms,
    };

    if (what == ACQUIRER_DECIDE_OTP || (what == ACQUIRER_DECIDE_FAIL && !acquirer_says(failure)->declines))
        return FAULT_BAD_INPUT;
    return decide_now(&d);
}
