/* otp.c: the code from the bank: its page, giving it, having it sent again, and giving up. */
#include "checkout/desk.h"

#include "base/banned.h"

struct factor {
    struct pay_job job;               /* first: leading_job() */
    struct span otp, action;
};

static const struct form_field fields[] = {
    { "otp", 16, offsetof(struct factor, otp) }, { "action", 8, offsetof(struct factor, action) }, { NULL, 0, 0 },
};
static const struct form_field guard_fields[] = {
    { "guard", 64, offsetof(struct visit, guard) }, { NULL, 0, 0 },
};

enum fault otp_look(struct exchange *x, struct store_tx *tx)
{
    enum fault f = visit_payment(x, tx);

    return f ? f : guard_put(x);
}

static bool waits_here(const struct payment_row *p)
{
    return p->state == PAYMENT_FACTOR && p->native && !leading_is_asking(p);
}

void otp_page(struct exchange *x, enum fault outcome)
{
    const struct visit *v = x->state;
    const struct payment_row *p = &v->payment;
    struct span rest = x->query, name, e = { 0 };
    int64_t resend_ms;
    const char *sentence;
    bool at_field;
    struct view *w;

    if (outcome) {
        page_fault(x, outcome);
        return;
    }
    if (!waits_here(p)) {
        page_go(x, leading_next(x, p));
        return;
    }
    if (v->state == ORDER_PAID) {     /* by another attempt */
        page_order_over(x);
        return;
    }
    (void)(query_next(&rest, &name, &e) && span_equal(name, SPAN("e")));
    sentence = words_sentence(e);
    at_field = *words_field(e) != '\0';
    resend_ms = payment_resend_wait_ms(p->sent_ms, x->now_ms);
    w = page_view(x, "Enter the code");
    view_text(w, "amount", words_money(x->arena, order_money(&v->order)));
    view_text(w, "last4", p->last4);
    view_str(w, "scheme", words_scheme(p->scheme));
    view_str(w, "logo", words_logo(p->scheme));
    view_str(w, "wrong", at_field ? sentence : NULL);
    view_str(w, "alert", at_field ? NULL : sentence);
    view_number(w, "tries", PAYMENT_OTP_TRIES - p->tries);
    view_flag(w, "may_resend", p->resends < PAYMENT_RESENDS);
    view_number(w, "resend_s", (resend_ms + 999) / 1000);
    view_text(w, "action", visit_path(x, "/otp/", x->params[1]));
    view_text(w, "guard", guard_text(x, &x->asks[0]));
    page_show(x, 200, w, "otp.html", (struct span){ 0 });
}

static enum pay_op op_of(struct span action)
{
    if (span_equal(action, SPAN("resend")))
        return PAY_RESEND;
    return span_equal(action, SPAN("cancel")) ? PAY_ABANDON : PAY_OTP;
}

enum step otp_parse(struct exchange *x)
{
    struct visit *v = visit_enter(x);
    struct factor *o = v ? arena_take(x->arena, sizeof *o) : NULL;
    enum fault f;

    if (!v)
        return STEP_ANSWERED;
    v->own = o;
    f = o ? visit_rate(x, RATE_OTP) : FAULT_INTERNAL;
    if (!f)
        f = form_read(v, guard_fields, x->arena, x->body, NULL);
    if (!f)
        f = form_read(o, fields, x->arena, x->body, NULL);
    if (!f)
        f = guard_put(x);
    if (f) {
        page_fault(x, f);
        return STEP_ANSWERED;
    }
    o->job = (struct pay_job){ .now_ms = x->now_ms, .arena = x->arena };
    o->job.wish = (struct pay_wish){
        .op = op_of(o->action), .merchant_id = v->order.merchant_id, .otp = o->otp, .source = span_of(x->peer),
        .request_id = span_of(x->request_id),
    };
    return STEP_GO;
}

static bool is_code(struct span s)
{
    uint64_t number;

    return s.n >= PAYMENT_OTP_MIN && s.n <= PAYMENT_OTP_MAX && span_u64(&number, s, UINT64_MAX) == FAULT_NONE;
}

enum fault otp_work(struct exchange *x, struct store_tx *tx)
{
    struct visit *v = x->state;
    struct factor *o = v->own;
    enum fault f = guard_check(x, &x->asks[0]);

    if (f)
        return f;
    f = visit_payment(x, tx);
    if (f)
        return f;
    if (o->job.wish.op == PAY_OTP && !is_code(o->otp))
        return FAULT_BAD_INPUT;
    o->job.wish.payment_no = v->payment.payment_no;
    return pay_begin(x->services, tx, &o->job);
}

/* Back to the code's page with a word about it. */
static void again(struct exchange *x, const char *word)
{
    const struct visit *v = x->state;
    struct buf more = arena_buf(x->arena, 64);

    buf_text(&more, "/otp/");
    buf_span(&more, visit_payment_id(x, &v->payment));
    buf_text(&more, "?e=");
    buf_text(&more, word);
    buf_byte(&more, 0);
    page_go(x, visit_path(x, more.full ? "" : (const char *)more.p, (struct span){ 0 }));
}

static void show_done(struct exchange *x, const struct factor *o)
{
    const struct payment_row *p = &o->job.row;

    if (!waits_here(p))
        page_go(x, leading_next(x, p));
    else if (o->job.answer.verdict == ACQUIRER_WRONG_OTP)
        again(x, "otp");
    else if (o->job.wish.op == PAY_RESEND && o->job.answer.verdict == ACQUIRER_FACTOR)
        again(x, "resent");
    else
        again(x, "silent");
}

void otp_show(struct exchange *x, enum fault outcome)
{
    const struct visit *v = x->state;
    struct factor *o = v->own;

    if (!outcome) {
        pay_follow(x->services, &o->job);
        show_done(x, o);
    } else if (outcome == FAULT_BAD_INPUT && o->job.why == PAY_FINE) {
        again(x, "digits");
    } else if (v->payment.payment_no && o->job.why != PAY_FINE) {
        /* A page that is behind the times goes to where the payment is now. */
        again(x, words_of_job(&o->job, outcome));
    } else {
        page_fault(x, outcome);
    }
    pay_wipe(&o->job);
}
