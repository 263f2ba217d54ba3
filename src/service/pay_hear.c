/* pay_hear.c: what an acquirer's answers and notices make of a payment's row. Pure. */
#include <string.h>

#include "service/pay_own.h"

#include "base/banned.h"

/* What a verdict says of a payment's life. */
enum news {
    NEWS_EVENT,                       /* event_of() says which */
    NEWS_WRONG_OTP,
    NEWS_NOTHING_THERE,               /* the acquirer has no such payment, and will have none */
    NEWS_NOT_DONE,                    /* this question did nothing */
    NEWS_OTHERWISE,                   /* it is otherwise than we think: ask how */
    NEWS_BACK,                        /* the money went back */
    NEWS_UNKNOWN,                     /* no answer */
    NEWS_NONE,                        /* no word about a payment's life */
};

static enum news news_of(enum acquirer_verdict v)
{
    switch (v) {
    case ACQUIRER_CHARGED: case ACQUIRER_FACTOR: case ACQUIRER_WAITS: case ACQUIRER_HELD: case ACQUIRER_DROPPED:
    case ACQUIRER_VOIDED:
    case ACQUIRER_DECLINED: case ACQUIRER_WRONG_CODE: case ACQUIRER_OTP_EXPIRED: case ACQUIRER_TOO_MANY_OTPS:
    case ACQUIRER_NO_FUNDS: case ACQUIRER_CARD_EXPIRED: case ACQUIRER_CARD_BLOCKED: case ACQUIRER_BAD_CRYPTOGRAM:
    case ACQUIRER_CRYPTOGRAM_USED: case ACQUIRER_CRYPTOGRAM_OLD: case ACQUIRER_TOKEN_STATE: case ACQUIRER_VPA_INVALID:
    case ACQUIRER_PAYER_DECLINED: case ACQUIRER_REQUEST_EXPIRED: case ACQUIRER_BANK_DOWN: case ACQUIRER_BANK_TIMEOUT:
    case ACQUIRER_RISK: case ACQUIRER_WRONG_PIN: case ACQUIRER_TPV: case ACQUIRER_NOT_REGISTERED: case ACQUIRER_INVALID:
        return NEWS_EVENT;
    case ACQUIRER_WRONG_OTP:
        return NEWS_WRONG_OTP;
    case ACQUIRER_NO_PAYMENT: case ACQUIRER_GONE:
        return NEWS_NOTHING_THERE;
    case ACQUIRER_UNREACHABLE: case ACQUIRER_BUSY: case ACQUIRER_CARD_GONE:
        return NEWS_NOT_DONE;
    case ACQUIRER_BAD_STATE: case ACQUIRER_BAD_AMOUNT:
        return NEWS_OTHERWISE;
    case ACQUIRER_REVERSED:
        return NEWS_BACK;
    case ACQUIRER_SILENT:
        return NEWS_UNKNOWN;
    case ACQUIRER_REFUND_PENDING: case ACQUIRER_REFUND_DONE: case ACQUIRER_REFUND_FAILED: case ACQUIRER_REFUND_ONHOLD:
    case ACQUIRER_REFUND_CANCELLED: case ACQUIRER_VERDICTS:
        break;
    }
    return NEWS_NONE;
}

static enum payment_event event_of(enum acquirer_verdict v, bool takes)
{
    if (v == ACQUIRER_CHARGED)
        return takes ? PAYMENT_ON_CHARGED : PAYMENT_ON_TOO_LATE;
    if (v == ACQUIRER_FACTOR)
        return PAYMENT_ON_ASKS_FACTOR;
    if (v == ACQUIRER_WAITS)
        return PAYMENT_ON_WAITS;
    if (v == ACQUIRER_HELD)
        return PAYMENT_ON_HELD;
    if (v == ACQUIRER_DROPPED)
        return PAYMENT_ON_ABANDONED;
    return v == ACQUIRER_VOIDED ? PAYMENT_ON_VOIDED : PAYMENT_ON_DECLINED;
}

static enum payment_state state_of(const struct payment_row *p)
{
    return (enum payment_state)p->state;
}

static bool is_over(const struct payment_row *p)
{
    return payment_is_over(state_of(p));
}

static void want(struct payment_row *p, enum acquirer_op op, int64_t ask_ms)
{
    p->wanted = op;
    p->wanted_minor = 0;
    p->ask_ms = ask_ms;
}

int64_t pay_next_look(const struct payment_row *p, int64_t now_ms)
{
    if (p->saves == PAY_SAVES_ASKED)
        return now_ms + PAYMENTS_SWEEP_MS;
    if (p->state == PAYMENT_FLAGGED)
        return now_ms + PAY_ASK_LATEST_MS;
    return is_over(p) ? 0 : p->limit_ms;
}

static void rest(struct payment_row *p, int64_t now_ms)
{
    want(p, ACQUIRER_STATUS, pay_next_look(p, now_ms));
}

/* Ask again, each time after as long as it has been open, so that a silent acquirer is asked less and less. */
static void ask_again(struct payment_row *p, int64_t now_ms)
{
    int64_t pause = now_ms - (p->completed_ms ? p->completed_ms : p->created_ms);

    if (pause < PAYMENTS_SWEEP_MS)
        pause = PAYMENTS_SWEEP_MS;
    if (pause > PAY_ASK_LATEST_MS)
        pause = PAY_ASK_LATEST_MS;
    p->ask_ms = now_ms + pause;
    if (!is_over(p) && p->limit_ms > now_ms && p->ask_ms > p->limit_ms)
        p->ask_ms = p->limit_ms;
}

static void take(struct span *into, const char *text)
{
    if (*text)
        *into = span_of(text);
}

static void learn(struct payment_row *p, const struct acquirer_answer *a)
{
    take(&p->acquirer_ref, a->acquirer_ref);
    take(&p->bank_ref, a->bank_ref);
    take(&p->auth_id, a->auth_id);
    if (span_absent(p->handle))
        take(&p->handle, a->payer);
}

/* When it came to its end, by the acquirer's record where that can be. */
static int64_t moment(const struct payment_row *p, const struct pay_heard *h)
{
    int64_t at = h->answer->at_ms;

    return at >= p->created_ms && at <= h->now_ms ? at : h->now_ms;
}

/* It has just come to an end. */
static void end(struct payment_row *p, const struct pay_heard *h)
{
    p->completed_ms = moment(p, h);
    if (p->state != PAYMENT_SUCCESS || p->saves != PAY_SAVES_LATER) {
        p->flight = (struct span){ 0 };
        p->saves = p->saves == PAY_SAVES_LATER ? PAY_SAVES_NOT : p->saves;
    }
    if (p->state == PAYMENT_SUCCESS && !p->authorise_only) {
        p->captured_minor = p->amount_minor;
        p->capture_ms = p->completed_ms;
    }
    rest(p, h->now_ms);
    if (p->state == PAYMENT_CANCELLED) {
        p->request = 0;
        want(p, ACQUIRER_REVERSE, h->now_ms);
    }
}

/* Let `event` happen, and all that goes with the state it leads to. False where the table refuses. */
static bool happen(struct payment_row *p, const struct pay_heard *h, enum payment_event event)
{
    enum payment_state before = state_of(p), s = before;

    if (!payment_happens(&s, event))
        return false;
    p->state = s;
    if (s != before || !payment_is_over(s))
        p->verdict = h->answer->verdict;
    if (s == PAYMENT_FACTOR) {
        p->native = h->answer->native;
        if (before != PAYMENT_FACTOR || h->op == ACQUIRER_RESEND)
            p->sent_ms = h->now_ms;
    }
    if (s != before && payment_is_over(s))
        end(p, h);
    return true;
}

/* Is this the answer to the question that is open, or to none, and so about how things are now? */
static bool is_current(const struct payment_row *p, const struct pay_heard *h)
{
    bool named = h->op == ACQUIRER_OTP || h->op == ACQUIRER_RESEND;

    if (named && h->answer->ref.request != p->request)
        return false;
    return h->lease == p->ask_ms || h->lease < 0;
}

/* The row waits on, and nothing is asked any more. But where the acquirer would not end what is past its limit, it is
 * asked again later, not at once. */
static void wait_on(struct payment_row *p, const struct pay_heard *h)
{
    if (h->sweeping && p->limit_ms <= h->now_ms && p->state != PAYMENT_FLAGGED)
        ask_again(p, h->now_ms);
    else
        rest(p, h->now_ms);
}

/* It has failed with us, though the acquirer, who may count otherwise, waits on: it is told. */
static void hear_wrong_otp(struct payment_row *p, const struct pay_heard *h)
{
    struct acquirer_answer last = *h->answer;
    struct pay_heard failed = *h;

    if (p->state != PAYMENT_FACTOR || !is_current(p, h))
        return;
    if (p->tries < PAYMENT_OTP_TRIES) {
        wait_on(p, h);
        return;
    }
    last.verdict = ACQUIRER_TOO_MANY_OTPS;
    failed.answer = &last;
    if (happen(p, &failed, PAYMENT_ON_DECLINED))
        want(p, ACQUIRER_ABANDON, h->now_ms);
}

/* Nothing came of this question. A try that the acquirer never heard of was none. */
static void hear_not_done(struct payment_row *p, const struct pay_heard *h)
{
    if (!is_current(p, h))
        return;
    if (h->sweeping) {
        ask_again(p, h->now_ms);
    } else if (h->op == ACQUIRER_PAY) {
        (void)happen(p, h, PAYMENT_ON_DECLINED);
    } else if (!is_over(p) && h->lease > 0) {
        if (h->op == ACQUIRER_OTP && p->tries > 0)
            p->tries--;
        if (h->op == ACQUIRER_RESEND && p->resends > 0)
            p->resends--;
        rest(p, h->now_ms);
    }
}

static void hear_event(struct payment_row *p, const struct pay_heard *h, bool takes)
{
    const int64_t before = p->state;
    bool was_over = is_over(p), answers = is_current(p, h);

    if (!happen(p, h, event_of(h->answer->verdict, takes)) && !was_over && answers)
        ask_again(p, h->now_ms);      /* what the table has no word for */
    else if (!is_over(p) && answers && (h->lease > 0 || p->state != before))
        wait_on(p, h);
    else if (was_over && p->wanted == ACQUIRER_ABANDON && h->op == ACQUIRER_ABANDON)
        rest(p, h->now_ms);
    if (p->state == PAYMENT_VOID && !p->capture_ms) {
        p->capture_action = PAY_VOIDS;
        p->capture_ms = h->now_ms;
        rest(p, h->now_ms);
    }
}

static void hear_life(struct payment_row *p, const struct pay_heard *h, bool takes)
{
    switch (news_of(h->answer->verdict)) {
    case NEWS_EVENT:
        hear_event(p, h, takes);
        break;
    case NEWS_WRONG_OTP:
        hear_wrong_otp(p, h);
        break;
    case NEWS_NOTHING_THERE:
        if (!is_over(p))
            (void)happen(p, h, PAYMENT_ON_DECLINED);
        else if (p->wanted == ACQUIRER_ABANDON)
            rest(p, h->now_ms);
        break;
    case NEWS_NOT_DONE:
        hear_not_done(p, h);
        break;
    case NEWS_OTHERWISE:
        if (!is_over(p) && is_current(p, h) && h->op == ACQUIRER_PAY)
            (void)happen(p, h, PAYMENT_ON_DECLINED);
        else if (h->sweeping && is_current(p, h))
            ask_again(p, h->now_ms);
        else if (!is_over(p) && is_current(p, h))
            want(p, ACQUIRER_STATUS, h->now_ms);
        break;
    case NEWS_BACK:
        if (p->wanted == ACQUIRER_REVERSE)
            rest(p, h->now_ms);
        break;
    case NEWS_UNKNOWN:
        if (h->sweeping && is_current(p, h))
            ask_again(p, h->now_ms);
        break;
    case NEWS_NONE:
        break;
    }
}

static void captured(struct payment_row *p, const struct pay_heard *h)
{
    const struct acquirer_answer *a = h->answer;

    p->captured_minor = a->captured && a->captured_amount.minor > 0 ? a->captured_amount.minor : p->wanted_minor;
    p->capture_action = PAY_CAPTURES;
    p->capture_ms = moment(p, h);
    rest(p, h->now_ms);
}

/* The acquirer did not and will not do it. */
static void uncapture(struct payment_row *p, const struct pay_heard *h)
{
    p->capture_action = 0;
    rest(p, h->now_ms);
}

static void voided(struct payment_row *p, const struct pay_heard *h)
{
    enum payment_state s = state_of(p);

    if (!payment_happens(&s, PAYMENT_ON_VOIDED))
        return;
    p->state = s;
    p->verdict = ACQUIRER_VOIDED;
    p->capture_action = PAY_VOIDS;
    p->capture_ms = moment(p, h);
    rest(p, h->now_ms);
}

/* Of a capture or void: the same question may have been asked before, and only the first asker knows that nothing was
 * sent. */
static void hear_effect(struct payment_row *p, const struct pay_heard *h)
{
    if (p->wanted != (int64_t)h->op || p->request != h->answer->ref.request || !p->ask_ms)
        return;                       /* somebody else heard it first */
    switch (news_of(h->answer->verdict)) {
    case NEWS_EVENT:
        if (h->answer->verdict == ACQUIRER_CHARGED && h->op == ACQUIRER_CAPTURE)
            captured(p, h);
        else if (h->answer->verdict == ACQUIRER_CHARGED || h->answer->verdict == ACQUIRER_VOIDED)
            voided(p, h);
        else
            uncapture(p, h);
        break;
    case NEWS_WRONG_OTP: case NEWS_NOTHING_THERE: case NEWS_OTHERWISE: case NEWS_BACK: case NEWS_NONE:
        uncapture(p, h);
        break;
    case NEWS_NOT_DONE:
        if (h->sweeping)
            ask_again(p, h->now_ms);
        else if (is_current(p, h))
            uncapture(p, h);
        break;
    case NEWS_UNKNOWN:
        if (h->sweeping)
            ask_again(p, h->now_ms);
        break;
    }
}

/* What is owed is asked for until it is done. */
static void hear_reversed(struct payment_row *p, const struct pay_heard *h)
{
    enum acquirer_verdict v = h->answer->verdict;

    if (p->wanted != ACQUIRER_REVERSE || !p->ask_ms)
        return;
    if (v == ACQUIRER_CHARGED || v == ACQUIRER_REVERSED || v == ACQUIRER_VOIDED || v == ACQUIRER_NO_PAYMENT)
        rest(p, h->now_ms);
    else if (h->sweeping)
        ask_again(p, h->now_ms);
}

static bool same(const struct payment_row *a, const struct payment_row *b)
{
    return a->state == b->state && a->verdict == b->verdict && a->completed_ms == b->completed_ms
        && a->native == b->native && a->tries == b->tries && a->resends == b->resends && a->sent_ms == b->sent_ms
        && a->wanted == b->wanted && a->ask_ms == b->ask_ms && a->captured_minor == b->captured_minor
        && a->capture_action == b->capture_action && a->capture_ms == b->capture_ms
        && span_equal(a->acquirer_ref, b->acquirer_ref) && span_equal(a->bank_ref, b->bank_ref)
        && span_equal(a->auth_id, b->auth_id) && span_equal(a->handle, b->handle);
}

bool pay_may_charge(const struct payment_row *p, const struct pay_heard *h)
{
    return h->answer->verdict == ACQUIRER_CHARGED && !is_over(p);
}

bool pay_hear_row(struct payment_row *p, const struct pay_heard *h, bool takes)
{
    const struct payment_row before = *p;

    learn(p, h->answer);
    switch (h->op) {
    case ACQUIRER_PAY: case ACQUIRER_OTP: case ACQUIRER_RESEND: case ACQUIRER_STATUS: case ACQUIRER_ABANDON:
        hear_life(p, h, takes);
        break;
    case ACQUIRER_CAPTURE: case ACQUIRER_VOID:
        hear_effect(p, h);
        break;
    case ACQUIRER_REVERSE:
        hear_reversed(p, h);
        break;
    case ACQUIRER_REFUND: case ACQUIRER_REFUND_STATUS: case ACQUIRER_REFUND_CANCEL: case ACQUIRER_OPS:
        break;
    }
    return !same(p, &before);
}
