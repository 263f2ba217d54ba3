/* pay_change.c: what is asked of an attempt that is under way, or has succeeded: OTP, capture, void, abandonment. */
#include "service/pay_own.h"

#include "base/banned.h"

static enum fault find(struct store_tx *tx, struct pay_job *job)
{
    enum fault f = payments_find(tx, &job->row, job->arena, job->wish.merchant_id, job->wish.payment_no);

    if (f == FAULT_NOT_FOUND)
        return pay_refuse(job, PAY_NO_PAYMENT, f);
    return f || (job->row.state >= 0 && job->row.state < PAYMENT_STATES) ? f : FAULT_INTERNAL;
}

static bool is_over(const struct pay_job *job)
{
    return payment_is_over((enum payment_state)job->row.state);
}

/* Is a charge of this very attempt being asked for? */
static bool is_being_charged(const struct payment_row *p)
{
    return p->state == PAYMENT_BEGUN || (p->ask_ms && p->wanted == ACQUIRER_OTP);
}

/* An attempt that waits for an OTP which may be given here. */
static enum fault find_factor(struct store_tx *tx, struct pay_job *job)
{
    const struct payment_row *p = &job->row;
    enum fault f = find(tx, job);

    if (f)
        return f;
    if (is_over(job))
        return pay_refuse(job, p->state == PAYMENT_FAILED && p->tries >= PAYMENT_OTP_TRIES ? PAY_OTP_TRIES : PAY_OVER,
                          FAULT_WRONG_STATE);
    if (p->state != PAYMENT_FACTOR || !p->native)
        return pay_refuse(job, PAY_NO_FACTOR, FAULT_WRONG_STATE);
    if (is_being_charged(p))
        return pay_refuse(job, PAY_ORDER_BUSY, FAULT_WRONG_STATE);
    return job->now_ms >= p->limit_ms ? pay_refuse(job, PAY_OTP_LATE, FAULT_WRONG_STATE) : FAULT_NONE;
}

/* The order may have been paid or ended since. That its expiry is past does not matter to an attempt begun before. */
static enum fault check_order(struct store_tx *tx, struct pay_job *job)
{
    enum fault f = orders_find(tx, &job->order, job->arena, job->row.merchant_id, job->row.order_id);

    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_INTERNAL : f;
    if (job->order.state == ORDER_PAID)
        return pay_refuse(job, PAY_ORDER_PAID, FAULT_WRONG_STATE);
    if (job->order.state == ORDER_TERMINATED)
        return pay_refuse(job, PAY_ORDER_TERMINATED, FAULT_WRONG_STATE);
    return pay_check_busy(tx, job, false);
}

static bool is_otp(struct span otp)
{
    if (otp.n < PAYMENT_OTP_MIN || otp.n > PAYMENT_OTP_MAX)
        return false;
    for (size_t i = 0; i < otp.n; i++)
        if (otp.p[i] < '0' || otp.p[i] > '9')
            return false;
    return true;
}

enum fault pay_begin_otp(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    struct payment_row *p = &job->row;
    enum fault f;

    if (!is_otp(job->wish.otp))
        return pay_refuse(job, PAY_CODE, FAULT_BAD_INPUT);
    f = find_factor(tx, job);
    if (f)
        return f;
    if (p->tries >= PAYMENT_OTP_TRIES)
        return pay_refuse(job, PAY_OTP_TRIES, FAULT_WRONG_STATE);
    if (job->now_ms >= p->sent_ms + PAYMENT_OTP_LIMIT_MS)
        return pay_refuse(job, PAY_OTP_LATE, FAULT_WRONG_STATE);
    f = check_order(tx, job);
    if (f)
        return f;
    p->tries++;                       /* with the intent, so that a crash gives nobody one more */
    pay_open_question(s, job, ACQUIRER_OTP, pay_request());
    f = span_text(job->call.ask.otp, sizeof job->call.ask.otp, job->wish.otp);
    return f ? f : payments_update(tx, p);
}

enum fault pay_begin_resend(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    struct payment_row *p = &job->row;
    enum fault f = find_factor(tx, job);

    if (f)
        return f;
    if (p->resends >= PAYMENT_RESENDS)
        return pay_refuse(job, PAY_RESENDS, FAULT_WRONG_STATE);
    if (payment_resend_wait_ms(p->sent_ms, job->now_ms) > 0)
        return pay_refuse(job, PAY_RESEND_SOON, FAULT_WRONG_STATE);
    p->resends++;
    p->sent_ms = job->now_ms;
    pay_open_question(s, job, ACQUIRER_RESEND, pay_request());
    return payments_update(tx, p);
}

/* How much: all of it where nothing is said. False: it cannot be so much. */
static bool amount(struct pay_job *job, int64_t *minor)
{
    const struct money *m = &job->wish.amount;
    const struct payment_row *p = &job->row;

    *minor = m->minor ? m->minor : p->amount_minor;
    if (m->minor && m->currency[0] && !span_equal(money_currency(m), p->currency))
        return false;
    return *minor > 0 && *minor <= p->amount_minor;
}

enum fault pay_begin_capture(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    bool captures = job->wish.op == PAY_CAPTURE;
    struct payment_row *p = &job->row;
    int64_t minor = 0;
    enum fault f = find(tx, job);

    if (f)
        return f;
    if (p->state != PAYMENT_SUCCESS || !p->authorise_only || p->capture_action)
        return pay_refuse(job, PAY_NOT_AUTHORISED, FAULT_WRONG_STATE);
    if (captures && !amount(job, &minor))
        return pay_refuse(job, PAY_AMOUNT, FAULT_BAD_INPUT);
    p->capture_action = captures ? PAY_CAPTURES : PAY_VOIDS;
    p->capture_ms = 0;
    pay_open_question(s, job, captures ? ACQUIRER_CAPTURE : ACQUIRER_VOID, pay_request());
    p->wanted_minor = minor;
    if (captures)
        job->call.ask.amount.minor = minor;
    return payments_update(tx, p);
}

enum fault pay_begin_abandon(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    enum fault f = find(tx, job);

    if (f)
        return f;
    if (is_over(job) || job->row.state == PAYMENT_FLAGGED)
        return pay_refuse(job, PAY_OVER, FAULT_WRONG_STATE);
    if (is_being_charged(&job->row))
        return pay_refuse(job, PAY_ORDER_BUSY, FAULT_WRONG_STATE);
    pay_open_question(s, job, ACQUIRER_ABANDON, 0);
    return payments_update(tx, &job->row);
}
