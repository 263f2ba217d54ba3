/* after.c: a payment that waits elsewhere, its result, and the way back to the shop. */
#include "base/qr.h"
#include "checkout/desk.h"
#include "checkout/result.h"
#include "service/signing.h"

#include "base/banned.h"

enum { GUARD, SIGNATURE };            /* places among x->asks */

struct after {
    struct result result;
    struct span text;                 /* what is signed */
    bool left;                        /* went back before there was a payment */
    bool early;                       /* goes back while it waits: PENDING */
};

static bool has_ended(const struct visit *v)
{
    return payment_is_over((enum payment_state)v->payment.state) || v->payment.state == PAYMENT_FLAGGED;
}

/* The question for the signature of the result. */
static enum fault sign(struct exchange *x, struct store_tx *tx, struct after *a)
{
    const struct visit *v = x->state;
    struct signing_keys keys;
    struct buf text = arena_buf(x->arena, RESULT_TEXT_MAX);
    enum fault f = result_make(x->services, &a->result, x->arena, &v->order, a->left ? NULL : &v->payment,
                               v->payment.state, x->now_ms);

    if (!f)
        f = result_text(&text, &a->result);
    if (!f)
        f = signing_find(tx, &keys, x->arena, v->order.merchant_id, x->now_ms);
    if (f)
        return f;
    a->text = buf_view(&text);
    x->n_asks = SIGNATURE + 1;
    return signing_ask(&x->asks[SIGNATURE], x->arena, &keys.all[0], a->text);
}

enum fault after_work(struct exchange *x, struct store_tx *tx)
{
    struct visit *v = x->state;
    struct after *a = arena_take(x->arena, sizeof *a);
    enum fault f = a ? FAULT_NONE : FAULT_INTERNAL;

    v->own = a;
    if (f)
        return f;
    a->left = span_absent(x->params[1]);
    a->early = x->route->show == after_leave && !a->left;
    if (!a->left)
        f = visit_payment(x, tx);
    if (!f)
        f = guard_put(x);
    if (!f && v->from_token && (a->left || a->early || has_ended(v)))
        f = sign(x, tx, a);
    return f;
}

/* The simulated page as a picture for a phone's camera, where a QR code was asked for. */
static struct span qr_of(struct exchange *x, const struct payment_row *p)
{
    struct span url = { 0 };

    if (!x->services->sim_acquirer || p->channel != PAYMENT_QRCODE || span_absent(p->acquirer_ref) ||
        qr_data_url(&url, x->arena, pay_bank_url(x->services, x->arena, p)))
        return (struct span){ 0 };
    return url;
}

void after_wait(struct exchange *x, enum fault outcome)
{
    const struct visit *v = x->state;
    const struct payment_row *p = &v->payment;
    struct view *w;
    bool at_bank;

    if (outcome) {
        page_fault(x, outcome);
        return;
    }
    if (has_ended(v)) {
        page_go(x, visit_path(x, "/result/", x->params[1]));
        return;
    }
    if (p->state == PAYMENT_FACTOR && p->native && !leading_is_asking(p)) {
        page_go(x, visit_path(x, "/otp/", x->params[1]));     /* the code did not arrive: it is still waited for */
        return;
    }
    at_bank = !span_absent(p->acquirer_ref) && p->method != PAYMENT_BY_UPI;
    w = page_view(x, "Waiting for the payment");
    view_text(w, "amount", words_money(x->arena, order_money(&v->order)));
    view_flag(w, "upi", p->method == PAYMENT_BY_UPI);
    view_text(w, "handle", p->handle);
    view_text(w, "bank", at_bank ? leading_next(x, p) : (struct span){ 0 });
    view_text(w, "decide", x->services->sim_acquirer && p->method == PAYMENT_BY_UPI && !span_absent(p->acquirer_ref)
                               ? pay_bank_url(x->services, x->arena, p) : (struct span){ 0 });
    view_text(w, "qr", qr_of(x, p));
    view_text(w, "leave", visit_return_url(x).n ? visit_path(x, "/leave/", x->params[1]) : (struct span){ 0 });
    view_text(w, "action", visit_path(x, "/otp/", x->params[1]));
    view_text(w, "guard", guard_text(x, &x->asks[GUARD]));
    page_show(x, 200, w, "wait.html", (struct span){ 0 });
}

static void put_facts(const struct exchange *x, struct view *w, const struct after *a)
{
    const struct visit *v = x->state;
    const struct payment_row *p = &v->payment;

    view_text(w, "amount", words_money(x->arena, order_money(&v->order)));
    view_text(w, "order_id", v->order.order_id);
    view_text(w, "payment_id", a->left ? (struct span){ 0 } : visit_payment_id(x, p));
    view_text(w, "last4", a->left ? (struct span){ 0 } : p->last4);
    view_str(w, "scheme", a->left ? NULL : words_scheme(p->scheme));
    view_text(w, "bank_ref", a->left ? (struct span){ 0 } : p->bank_ref);
    view_flag(w, "saving", !a->left && p->saves && p->state == PAYMENT_SUCCESS);
}

/* Words that stand in answers of the API, as a sentence. */
static struct span sentence_of(struct arena *a, const char *words)
{
    struct span s = span_of(words);
    struct buf b = arena_buf(a, s.n + 1);

    for (size_t i = 0; i < s.n; i++)
        buf_byte(&b, i == 0 && s.p[0] >= 'a' && s.p[0] <= 'z' ? (uint8_t)(s.p[0] - 'a' + 'A') : s.p[i]);
    if (s.n && s.p[s.n - 1] != '.')
        buf_byte(&b, '.');
    return buf_view(&b);
}

/* The sentence and the sign of how it ended. */
static void put_outcome(const struct exchange *x, struct view *w, const struct visit *v, const struct after *a)
{
    const struct payment_row *p = &v->payment;
    bool good = !a->left && p->state == PAYMENT_SUCCESS;
    bool waits = a->early && !has_ended(v), held = !a->left && (p->state == PAYMENT_FLAGGED || waits);
    struct span said = SPAN("The payment was not finished. Nothing was charged.");

    if (good) {
        said = SPAN("Thank you. The shop has been told.");
    } else if (waits) {
        said = SPAN("It is not known yet how the payment ends. The shop hears of it; please do not pay again before.");
    } else if (held) {
        said = SPAN("Your bank has charged it, and it is being reviewed. The shop hears of the outcome; please do not "
                    "pay again.");
    } else if (!a->left && p->state == PAYMENT_FAILED) {
        const struct acquirer_saying *s =
            p->verdict >= 0 && p->verdict < ACQUIRER_VERDICTS ? acquirer_says((enum acquirer_verdict)p->verdict) : NULL;

        said = s && s->declines && s->description ? sentence_of(x->arena, s->description)
                                                  : SPAN("Your bank has declined the payment.");
    } else if (!a->left && p->state == PAYMENT_CANCELLED) {
        said = SPAN("The payment came too late. If something was charged, it goes back by itself.");
    }
    view_flag(w, "good", good);
    view_flag(w, "held", held);
    view_flag(w, "bad", !good && !held);
    view_text(w, "said", said);
}

static struct span signature_of(struct exchange *x)
{
    char text[SIGNING_TEXT];

    if (x->n_asks <= SIGNATURE || signing_read(text, &x->asks[SIGNATURE]))
        return (struct span){ 0 };
    return arena_copy(x->arena, span_of(text));
}

/* The form that takes the result to the shop. */
static void put_form(struct exchange *x, struct view *w, const struct after *a)
{
    const struct visit *v = x->state;
    const struct result *r = &a->result;
    const struct { const char *name; struct span value; } all[] = {
        { "orderId", r->order_id }, { "orderAmount", r->order_amount }, { "referenceId", r->reference_id },
        { "txStatus", r->tx_status }, { "paymentMode", r->payment_mode }, { "txMsg", r->tx_msg },
        { "txTime", r->tx_time }, { "signature", signature_of(x) },
    };

    view_list(w, "fields");
    if (!v->from_token)
        return;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct view *row = view_row(w, "fields");

        view_str(row, "name", all[i].name);
        view_text(row, "value", all[i].value);
    }
}

void after_result(struct exchange *x, enum fault outcome)
{
    const struct visit *v = x->state;
    const struct after *a = v->own;
    struct span back;
    struct view *w;
    const char *title;
    bool waits;

    if (outcome) {
        page_fault(x, outcome);
        return;
    }
    if (!a->left && !a->early && !has_ended(v)) {
        page_go(x, visit_path(x, "/wait/", x->params[1]));
        return;
    }
    waits = a->early && !has_ended(v);
    title = waits ? "Payment pending"
            : a->left || v->payment.state == PAYMENT_DROPPED ? "Payment cancelled"
            : v->payment.state == PAYMENT_SUCCESS         ? "Payment successful"
            : v->payment.state == PAYMENT_FLAGGED         ? "Payment under review"
                                                          : "Payment failed";
    w = page_view(x, title);
    back = visit_return_url(x);
    put_facts(x, w, a);
    put_outcome(x, w, v, a);
    put_form(x, w, a);
    view_text(w, "back", back);
    view_flag(w, "posts", v->from_token && back.n);
    view_flag(w, "links", !v->from_token && back.n);
    view_str(w, "status", a->left ? "CANCELLED" : result_status(v->payment.state));
    view_text(w, "again", v->state == ORDER_ACTIVE && !waits && !(v->payment.state == PAYMENT_SUCCESS ||
                                                        v->payment.state == PAYMENT_FLAGGED)
                              ? visit_path(x, "", (struct span){ 0 }) : (struct span){ 0 });
    page_show(x, 200, w, "result.html", page_origin(back));
}

void after_leave(struct exchange *x, enum fault outcome)
{
    after_result(x, outcome);
}
