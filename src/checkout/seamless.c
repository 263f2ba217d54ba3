/* seamless.c: the order-token flow with the means of payment in its form (reference 1.4): the payer has chosen, and
 * perhaps typed a card, on the shop's page, and the payment begins with the order. What is wrong with a card is said on
 * the order's own page, where it can be typed again. */
#include <string.h>

#include "checkout/billpay.h"

#include "base/banned.h"

enum { EMI_MONTHS_MAX = 60, PHONE_DIGITS = 10 };

struct seamless {
    struct pay_job job;               /* first: leading_job() */
    struct span option, code, number, holder, month, year, cvv, upi_id, upi_mode, plan;
    const char *way;                  /* of the order's page, where it goes on when something is wrong */
    const char *wrong;                /* a name of words.c; NULL: the payment has begun, or will */
};

#define FIELD(name_, max_, member) { (name_), (max_), offsetof(struct seamless, member) }
static const struct form_field fields[] = {
    FIELD("paymentOption", 16, option), FIELD("paymentCode", 24, code), FIELD("card_number", 32, number),
    FIELD("card_holder", 100, holder), FIELD("card_expiryMonth", 4, month), FIELD("card_expiryYear", 8, year),
    FIELD("card_cvv", 8, cvv), FIELD("upi_vpa", PAYMENT_HANDLE_MAX, upi_id), FIELD("upiMode", 8, upi_mode),
    FIELD("emiPlan", 8, plan), { NULL, 0, 0 },
};

/* Codes of wallets and lenders; the names of reference 2.7 are taken as well. */
static const struct { const char *code, *name; } providers[] = {
    { "4001", "freecharge" }, { "4002", "mobikwik" }, { "4003", "ola" }, { "4004", "jio" }, { "4006", "airtel" },
    { "4007", "paytm" }, { "4008", "amazon" }, { "4009", "phonepe" }, { "4503", "flexipay" },
};

bool billpay_is_of_payment(struct span name)
{
    for (const struct form_field *f = fields; f->name; f++)
        if (span_equal(span_of(f->name), name))
            return true;
    return false;
}

static const char *wish_card(struct pay_wish *w, const struct seamless *s)
{
    w->method = PAYMENT_BY_CARD;
    w->channel = PAYMENT_POST;
    w->card = (struct card_typed){ .number = s->number, .month = s->month, .year = s->year, .code = s->cvv };
    w->holder = s->holder.n ? s->holder : (struct span){ 0 };
    return !s->number.n ? "number" : !s->month.n || !s->year.n ? "expiry" : !s->cvv.n ? "code" : NULL;
}

/* The bank is the card's own, whatever code comes with it. */
static const char *wish_emi(struct pay_wish *w, const struct seamless *s)
{
    const char *wrong = wish_card(w, s);
    uint64_t months = 0;

    if (!s->plan.n || span_u64(&months, s->plan, EMI_MONTHS_MAX) || months == 0)
        return "method";
    w->method = PAYMENT_BY_EMI;
    w->emi_months = (int)months;
    return wrong;
}

static const char *wish_upi(struct pay_wish *w, const struct seamless *s)
{
    w->method = PAYMENT_BY_UPI;
    w->channel = span_equal(s->upi_mode, SPAN("qrcode")) ? PAYMENT_QRCODE : PAYMENT_LINK;
    if (!s->upi_id.n)
        return span_equal(s->upi_mode, SPAN("qrcode")) || span_equal(s->upi_mode, SPAN("gpay")) ? NULL : "upi";
    w->channel = PAYMENT_COLLECT;
    w->handle = s->upi_id;
    return memchr(s->upi_id.p, '@', s->upi_id.n) ? NULL : "upi";
}

static const char *wish_bank(struct pay_wish *w, const struct seamless *s)
{
    w->method = PAYMENT_BY_NETBANKING;
    w->channel = PAYMENT_LINK;
    w->handle = s->code;
    return s->code.n ? NULL : "choose";
}

/* The last ten digits of the customer's number, which may have its country's before it. */
static const char *wish_provider(struct pay_wish *w, enum payment_method method, const struct seamless *s,
                                 struct span phone)
{
    w->method = method;
    w->channel = PAYMENT_LINK;
    w->handle = s->code;
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (span_equal(s->code, span_of(providers[i].code)))
            w->handle = span_of(providers[i].name);
    if (phone.n < PHONE_DIGITS)
        return "phone";
    w->phone = (struct span){ phone.p + phone.n - PHONE_DIGITS, PHONE_DIGITS };
    return s->code.n ? NULL : "choose";
}

static const char *wish_wallet(struct pay_wish *w, const struct seamless *s, struct span phone)
{
    return wish_provider(w, PAYMENT_BY_APP, s, phone);
}

static const char *wish_later(struct pay_wish *w, const struct seamless *s, struct span phone)
{
    return wish_provider(w, PAYMENT_BY_PAYLATER, s, phone);
}

/* What it is paid with; false: no such paymentOption. */
static bool make_wish(struct seamless *s, struct span phone)
{
    static const struct {
        const char *option, *way;
        const char *(*wish)(struct pay_wish *w, const struct seamless *s);
        const char *(*provided)(struct pay_wish *w, const struct seamless *s, struct span phone);
    } options[] = {
        { "card", "card", wish_card, NULL }, { "nb", "bank", wish_bank, NULL }, { "upi", "upi", wish_upi, NULL },
        { "wallet", "wallet", NULL, wish_wallet }, { "paylater", "later", NULL, wish_later },
        { "emi", "card", wish_emi, NULL },
    };
    struct pay_wish *w = &s->job.wish;

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (!span_equal(s->option, span_of(options[i].option)))
            continue;
        s->way = options[i].way;
        s->wrong = options[i].wish ? options[i].wish(w, s) : options[i].provided(w, s, phone);
        return true;
    }
    s->way = "card";
    s->wrong = "method";              /* as there is no PayPal here */
    return span_equal(s->option, SPAN("paypal"));
}

enum fault billpay_read_payment(struct exchange *x, struct billpay *b)
{
    struct seamless *s = arena_take(x->arena, sizeof *s);
    enum fault f = s ? form_read(s, fields, x->arena, x->body, NULL) : FAULT_INTERNAL;

    if (f == FAULT_BAD_INPUT)
        b->wrong = "A field comes twice, is too long, or is badly encoded.";
    if (!f && s->option.n)
        f = visit_rate(x, RATE_PAY);
    if (f || !s->option.n)
        return f;
    s->job = (struct pay_job){ .now_ms = x->now_ms, .arena = x->arena };
    s->job.wish = (struct pay_wish){
        .op = PAY_BEGIN, .order_id = b->order_id, .trusted = true, .source = span_of(x->peer),
        .request_id = span_of(x->request_id),
    };
    b->visit.own = s;
    if (make_wish(s, b->phone))
        return FAULT_NONE;
    b->wrong = "paymentOption should be card, nb, wallet, upi, paylater, emi or paypal.";
    return FAULT_BAD_INPUT;
}

struct known { struct exchange *x; struct order_row order; };

static enum fault find_order(struct store_tx *tx, void *arg)
{
    struct known *k = arg;
    const struct pay_job *job = leading_job(k->x);
    enum fault f = order_fetch(tx, &k->order, k->x->arena, job->wish.merchant_id, job->wish.order_id);

    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

/* An order that was made before, by the API, may name the only account that may pay it. */
static enum fault find_account(struct exchange *x, struct pay_wish *w)
{
    struct known k = { .x = x };
    enum fault f = store_read(x->reader, find_order, &k);

    return f || !k.order.order_no ? f : leading_account(x, &k.order, &w->account);
}

enum fault billpay_prepare_payment(struct exchange *x)
{
    const struct visit *v = x->state;
    struct seamless *s = v->own;
    struct pay_wish *w;
    enum fault f = FAULT_NONE;

    if (!s || s->wrong)
        return FAULT_NONE;
    w = &s->job.wish;
    w->merchant_id = x->merchant_id;
    if (payment_tells_account(w->method))
        f = find_account(x, w);
    if (f || !pay_prepares(&s->job))
        return f;
    f = pay_prepare(x->services, &s->job);
    if (f && s->job.why == PAY_FINE)
        return f;
    s->wrong = f ? words_of_job(&s->job, f) : NULL;
    return FAULT_NONE;
}

/* What is refused writes nothing, and the order is made all the same. */
enum fault billpay_begin_payment(struct exchange *x, struct store_tx *tx)
{
    const struct visit *v = x->state;
    struct seamless *s = v->own;
    enum fault f;

    if (!s || s->wrong)
        return FAULT_NONE;
    f = pay_begin(x->services, tx, &s->job);
    if (f && s->job.why != PAY_FINE) {
        s->wrong = words_of_job(&s->job, f);
        return FAULT_NONE;
    }
    return f;
}

enum next billpay_call(struct exchange *x)
{
    const struct visit *v = x->state;
    const struct seamless *s = v->own;

    return s && !s->wrong ? leading_call(x) : NEXT_SHOW;
}

bool billpay_was_refused(struct exchange *x, enum fault outcome)
{
    const struct visit *v = x->state;
    struct seamless *s = v->own;

    if (!s || s->wrong || s->job.why == PAY_FINE || s->job.why == PAY_ACQUIRER)
        return false;
    s->wrong = words_of_job(&s->job, outcome);
    return true;
}

void billpay_go_on(struct exchange *x)
{
    struct visit *v = x->state;
    struct seamless *s = v->own;
    struct buf more = arena_buf(x->arena, 48);

    if (!s) {
        page_go(x, visit_path(x, "", (struct span){ 0 }));
        return;
    }
    if (!s->wrong) {
        pay_follow(x->services, &s->job);
        page_go(x, leading_next(x, &s->job.row));
    } else {
        buf_text(&more, "?e=");
        buf_text(&more, s->wrong);
        buf_text(&more, "&m=");
        buf_text(&more, s->way);
        buf_byte(&more, 0);
        page_go(x, visit_path(x, more.full ? "" : (const char *)more.p, (struct span){ 0 }));
    }
    pay_wipe(&s->job);
}
