/* refunds.c: a refund's way from wish to outcome. */
#include "service/refunds.h"

#include <assert.h>
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "service/audit.h"
#include "service/refunds_own.h"
#include "store/audit.h"

#include "base/banned.h"

enum { MADE_ID_BYTES = 12 };          /* random ones of an id that we make */

static enum fault refuse(struct refund_job *job, enum refund_why why, enum fault f)
{
    job->why = why;
    return f;
}

int64_t refund_captured(const struct payment_row *p)
{
    if (p->state != PAYMENT_SUCCESS)
        return 0;
    return p->authorise_only ? p->captured_minor : p->amount_minor;
}

struct paid { struct payment_row *out; struct arena *arena; int64_t payment_no; };

static enum fault see(void *arg, const struct payment_row *p)
{
    struct paid *paid = arg;

    if (refund_captured(p) > 0)
        paid->payment_no = p->payment_no;
    return FAULT_NONE;
}

enum fault refund_paid_by(struct store_tx *tx, struct payment_row *out, struct arena *a, const struct order_row *o)
{
    struct paid paid = { .out = out, .arena = a };
    enum fault f = payments_of_order(tx, o->merchant_id, o->order_no, see, &paid);

    if (f)
        return f;
    return paid.payment_no ? payments_find(tx, out, a, o->merchant_id, paid.payment_no) : FAULT_NOT_FOUND;
}

int64_t refund_lease(const struct services *s, const struct refund_row *r, int64_t now_ms)
{
    int64_t twice = s->acquirer ? 2 * (int64_t)acquirer_wait_ms(s->acquirer) : 0, open = now_ms - r->created_ms;
    int64_t least = twice > REFUND_LEASE_MS ? twice : REFUND_LEASE_MS;

    return now_ms + (open > REFUND_POLL_MS ? REFUND_POLL_MS : open > least ? open : least);
}

void refund_question(const struct services *s, struct acquirer_ask *ask, enum acquirer_op op,
                     const struct refund_row *r, int64_t now_ms)
{
    static const char *const wishes[] = { "SUCCESS", "FAILED", "PENDING", "ACTIVE" };

    *ask = (struct acquirer_ask){
        .op = op,
        .ref = { r->merchant_id, r->payment_no, r->refund_no, op == ACQUIRER_REFUND_CANCEL ? r->request : 0 },
        .amount = refund_money(r), .instant = r->speed == REFUND_INSTANT, .now_ms = now_ms,
    };
    for (size_t i = 0; s->mode == MODE_SANDBOX && i < sizeof wishes / sizeof *wishes; i++)
        if (span_equal(r->note, span_of(wishes[i])) && span_text(ask->wish, sizeof ask->wish, r->note))
            ask->wish[0] = '\0';
}

struct money refund_money(const struct refund_row *r)
{
    struct money m = { .minor = r->amount_minor };

    assert(r->currency.n == 3);
    memcpy(m.currency, r->currency.p, 3);
    return m;
}

static enum fault count(void *arg, const struct refund_row *r)
{
    (void)r;
    ++*(size_t *)arg;
    return FAULT_NONE;
}

static bool same_text(struct span a, struct span b)
{
    return span_absent(a) == span_absent(b) && span_equal(a, b);
}

/* Is it what was asked for under that id before? */
static enum fault existing(struct refund_job *job)
{
    const struct refund_wish *w = &job->wish;
    const struct refund_row *r = &job->row;

    if (r->amount_minor != w->amount.minor || r->speed != (int64_t)w->speed || !same_text(r->note, w->note)
        || !same_text(r->splits, w->splits))
        return refuse(job, REFUND_TAKEN, FAULT_EXISTS);
    job->existed = true;
    return FAULT_NONE;
}

/* The id of a refund for which the merchant gave none: "refund_" and hex digits. */
static struct span made_id(struct arena *a)
{
    struct buf text = arena_buf(a, sizeof "refund_" + (size_t)2 * MADE_ID_BYTES);
    uint8_t bytes[MADE_ID_BYTES];

    secret_random_few(bytes, sizeof bytes);
    buf_text(&text, "refund_");
    hex_put(&text, (struct span){ bytes, sizeof bytes });
    return text.full ? (struct span){ 0 } : buf_view(&text);
}

/* The rules about money: of a captured payment, more than nothing, and no more than is left. */
static enum fault check_amount(struct store_tx *tx, struct refund_job *job)
{
    const struct money *m = &job->wish.amount;
    enum fault f = refund_paid_by(tx, &job->payment, job->arena, &job->order);

    if (f)
        return f == FAULT_NOT_FOUND ? refuse(job, REFUND_NOT_PAID, FAULT_WRONG_STATE) : f;
    if (m->currency[0] && !span_equal(money_currency(m), job->payment.currency))
        return refuse(job, REFUND_AMOUNT, FAULT_BAD_INPUT);
    if (m->minor <= 0 || m->minor > refund_captured(&job->payment) - job->payment.refunded_minor)
        return refuse(job, REFUND_AMOUNT, FAULT_BAD_INPUT);
    return FAULT_NONE;
}

static enum fault check_count(struct store_tx *tx, struct refund_job *job)
{
    size_t n = 0;
    enum fault f = refunds_of_order(tx, job->order.merchant_id, job->order.order_no, count, &n);

    if (f)
        return f;
    return n < REFUNDS_MAX ? FAULT_NONE : refuse(job, REFUND_TOO_MANY, FAULT_TOO_MANY);
}

/* The row with its intent, and the amount out of what is left. */
static enum fault keep_intent(const struct services *s, struct store_tx *tx, struct refund_job *job)
{
    const struct refund_wish *w = &job->wish;
    struct refund_row *r = &job->row;
    enum fault f;

    *r = (struct refund_row){
        .merchant_id = w->merchant_id, .refund_id = span_absent(w->refund_id) ? made_id(job->arena) : w->refund_id,
        .order_no = job->order.order_no, .payment_no = job->payment.payment_no, .order_id = job->order.order_id,
        .amount_minor = w->amount.minor, .currency = job->payment.currency, .note = w->note, .splits = w->splits,
        .status = REFUND_PENDING, .type = REFUND_BY_MERCHANT, .speed = w->speed, .created_ms = job->now_ms,
        .wanted = ACQUIRER_REFUND,
    };
    if (span_absent(r->refund_id))
        return FAULT_INTERNAL;
    r->ask_ms = refund_lease(s, r, job->now_ms);
    f = refunds_next_no(tx, &r->refund_no, r->merchant_id);
    if (!f)
        f = refunds_insert(tx, r);
    if (f)
        return f;
    job->payment.refunded_minor += r->amount_minor;
    return payments_update(tx, &job->payment);
}

static enum fault begin_create(const struct services *s, struct store_tx *tx, struct refund_job *job)
{
    const struct refund_wish *w = &job->wish;
    enum fault f = FAULT_NOT_FOUND;

    if (!span_absent(w->refund_id))
        f = refunds_find(tx, &job->row, job->arena, w->merchant_id, job->order.order_no, w->refund_id);
    if (!f)
        return existing(job);
    if (f != FAULT_NOT_FOUND)
        return f;
    if (!s->acquirer)
        return refuse(job, REFUND_NO_ACQUIRER, FAULT_WRONG_STATE);
    f = check_amount(tx, job);
    if (!f)
        f = check_count(tx, job);
    if (!f)
        f = keep_intent(s, tx, job);
    if (!f)
        refund_question(s, &job->call.ask, ACQUIRER_REFUND, &job->row, job->now_ms);
    job->asks = !f;
    return f;
}

/* May it be asked for? A refund of which nobody knows yet whether the acquirer has it could be paid out afterwards. */
static enum fault check_cancel(const struct services *s, struct refund_job *job)
{
    const struct refund_row *r = &job->row;

    if (r->type != REFUND_BY_MERCHANT || !refund_may_move((enum refund_status)r->status, REFUND_CANCELLED))
        return refuse(job, REFUND_OVER, FAULT_WRONG_STATE);
    if (r->wanted == ACQUIRER_REFUND)
        return refuse(job, REFUND_OPEN, FAULT_WRONG_STATE);
    return s->acquirer ? FAULT_NONE : refuse(job, REFUND_NO_ACQUIRER, FAULT_WRONG_STATE);
}

static enum fault begin_cancel(const struct services *s, struct store_tx *tx, struct refund_job *job)
{
    const struct refund_wish *w = &job->wish;
    struct refund_row *r = &job->row;
    enum fault f = refunds_find(tx, r, job->arena, w->merchant_id, job->order.order_no, w->refund_id);

    if (f)
        return f == FAULT_NOT_FOUND ? refuse(job, REFUND_NO_REFUND, f) : f;
    job->existed = true;
    if (r->status == REFUND_CANCELLED)
        return FAULT_NONE;            /* asked twice */
    f = check_cancel(s, job);
    if (f)
        return f;
    if (r->wanted != ACQUIRER_REFUND_CANCEL)
        r->request = refund_request();
    r->wanted = ACQUIRER_REFUND_CANCEL;
    if (!span_absent(w->remarks))
        r->remarks = w->remarks;
    r->ask_ms = refund_lease(s, r, job->now_ms);
    refund_question(s, &job->call.ask, ACQUIRER_REFUND_CANCEL, r, job->now_ms);
    f = refunds_update(tx, r);
    job->asks = !f;
    return f;
}

int64_t refund_request(void)
{
    uint64_t n;

    secret_random_few(&n, sizeof n);
    return (int64_t)(n >> 1 | 1);
}

enum fault refund_begin(const struct services *s, struct store_tx *tx, struct refund_job *job)
{
    const struct refund_wish *w = &job->wish;
    enum fault f;

    job->why = REFUND_FINE;
    job->existed = job->asks = job->settles = false;
    memset(&job->row, 0, sizeof job->row);
    memset(&job->payment, 0, sizeof job->payment);
    memset(&job->answer, 0, sizeof job->answer);
    memset(&job->call, 0, sizeof job->call);
    f = order_fetch(tx, &job->order, job->arena, w->merchant_id, w->order_id);
    if (f)
        return f == FAULT_NOT_FOUND ? refuse(job, REFUND_NO_ORDER, f) : f;
    f = w->op == REFUND_CANCEL ? begin_cancel(s, tx, job) : begin_create(s, tx, job);
    if (f || !job->asks)
        return f;
    return audit_money(tx, &(struct audit_money){ .merchant_id = w->merchant_id, .at_ms = job->now_ms,
                                                  .event = AUDIT_REFUND, .order_id = w->order_id });
}

bool refund_asks(const struct refund_job *job)
{
    return job->asks;
}

bool refund_is_unanswered(enum acquirer_verdict v)
{
    return v == ACQUIRER_SILENT || v == ACQUIRER_BUSY || v == ACQUIRER_UNREACHABLE;
}

static void answered(struct acquirer_call *call)
{
    struct refund_job *job = call->arg;

    job->answer = call->answer;
    job->settles = !refund_is_unanswered(call->answer.verdict);
    job->asked(job);
}

void refund_ask(const struct services *s, struct refund_job *job, void (*asked)(struct refund_job *job), void *arg)
{
    assert(job->asks);
    job->asked = asked;
    job->arg = arg;
    job->call.done = answered;
    job->call.arg = job;
    acquirer_ask(s->acquirer, &job->call);
}

bool refund_settles(const struct refund_job *job)
{
    return job->settles;
}

/* The row may have changed since the question was put, so it is read anew. */
enum fault refund_settle(const struct services *s, struct store_tx *tx, struct refund_job *job)
{
    bool changed;
    enum fault f = refunds_find_no(tx, &job->row, job->arena, job->wish.merchant_id, job->call.ask.ref.refund_no);

    job->why = REFUND_FINE;
    if (!f)
        f = refunds_hear(s, tx, job->arena, &job->row, &job->answer, job->now_ms, &changed);
    if (!f && job->wish.op == REFUND_CANCEL && job->row.status != REFUND_CANCELLED)
        job->why = REFUND_OVER;
    return f;
}
