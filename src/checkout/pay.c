/* pay.c: POST /checkout/{payment_session_id}/pay: what a payer typed becomes a pay job. What came of a card stays in
 * this request's memory, which is wiped, and the answer is an address without any of it. */
#include <string.h>

#include "base/json_in.h"
#include "base/secret.h"
#include "checkout/desk.h"
#include "domain/test_payments.h"

#include "base/banned.h"

enum { HOLDER_MAX = 100, TYPED_MAX = 32, PHONE = 10 };

struct paying {
    struct pay_job job;               /* first: leading_job() */
    struct span way, number, expiry, code, holder, saved, consent, upi_id, bank, wallet, lender, phone;
    const char *wrong;                /* found before the job began */
};

#define FIELD(name_, max_, member) { (name_), (max_), offsetof(struct paying, member) }
static const struct form_field fields[] = {
    FIELD("way", 8, way), FIELD("card_number", TYPED_MAX, number), FIELD("card_expiry", 12, expiry),
    FIELD("card_cvv", 8, code), FIELD("card_holder", HOLDER_MAX, holder), FIELD("saved", 40, saved),
    FIELD("consent", 4, consent), FIELD("upi_id", PAYMENT_HANDLE_MAX, upi_id), FIELD("bank", 8, bank),
    FIELD("wallet", 24, wallet), FIELD("lender", 24, lender), FIELD("phone", 16, phone), { NULL, 0, 0 },
};
static const struct form_field guard_fields[] = {
    { "guard", 64, offsetof(struct visit, guard) }, { NULL, 0, 0 },
};

struct pay_job *leading_job(const struct exchange *x)
{
    const struct visit *v = x->state;

    return v->own;
}

static void asked(struct pay_job *job)
{
    struct exchange *x = job->arg;

    x->resume(x, pay_settles(job));
}

enum next leading_call(struct exchange *x)
{
    struct pay_job *job = leading_job(x);

    if (!pay_asks(job))
        return NEXT_SHOW;
    pay_ask(x->services, job, asked, x);
    return NEXT_WAIT;
}

enum fault leading_settle(struct exchange *x, struct store_tx *tx)
{
    return pay_settle(x->services, tx, leading_job(x));
}

/* Of an address of ours, what stands behind our own name: whoever called us by another name stays there. */
static struct span relative(const struct exchange *x, struct span url)
{
    struct span base = x->services->base_url;

    return base.n && span_starts(url, base) ? (struct span){ url.p + base.n, url.n - base.n } : url;
}

static struct span bank_address(const struct exchange *x, const struct payment_row *p)
{
    const struct visit *v = x->state;
    struct span url = relative(x, pay_bank_url(x->services, x->arena, p));
    struct buf b = arena_buf(x->arena, url.n + WISHES_MAX);

    buf_span(&b, url);
    visit_put_wishes(&b, v);
    return buf_view(&b);
}

bool leading_is_asking(const struct payment_row *p)
{
    return p->ask_ms > 0 && p->wanted == ACQUIRER_OTP;
}

struct span leading_next(const struct exchange *x, const struct payment_row *p)
{
    struct span id = visit_payment_id(x, p);

    switch ((enum payment_state)p->state) {
    case PAYMENT_FACTOR:
        if (leading_is_asking(p))
            break;
        return p->native ? visit_path(x, "/otp/", id) : bank_address(x, p);
    case PAYMENT_APPROVAL:
        if (p->method != PAYMENT_BY_UPI && !span_absent(p->acquirer_ref))
            return bank_address(x, p);
        break;
    case PAYMENT_BEGUN:
        break;
    case PAYMENT_FLAGGED: case PAYMENT_SUCCESS: case PAYMENT_FAILED: case PAYMENT_DROPPED: case PAYMENT_VOID:
    case PAYMENT_CANCELLED: case PAYMENT_STATES:
        return visit_path(x, "/result/", id);
    }
    return visit_path(x, "/wait/", id);
}

/* "03/28", "3 / 2028", "0328": month and year. Anything else goes on as it is, to be refused where cards are read. */
static void split_expiry(struct card_typed *card, struct span s)
{
    const uint8_t *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
    size_t n = slash ? (size_t)(slash - s.p) : s.n > 2 ? 2 : s.n;

    card->month = (struct span){ s.p, n };
    card->year = slash ? (struct span){ slash + 1, s.n - n - 1 } : (struct span){ s.p + n, s.n - n };
    while (card->month.n && card->month.p[card->month.n - 1] == ' ')
        card->month.n--;
    while (card->year.n && *card->year.p == ' ')
        card->year.p++, card->year.n--;
}

static bool is_phone(struct span s)
{
    uint64_t number;

    return s.n == PHONE && span_u64(&number, s, INT64_MAX) == FAULT_NONE;
}

static const char *wish_card(struct pay_wish *w, struct paying *p)
{
    w->method = PAYMENT_BY_CARD;
    w->channel = PAYMENT_POST;
    if (span_equal(p->way, SPAN("saved"))) {
        w->has_instrument = true;
        return vault_id_read(w->instrument, p->saved) ? "choose" : NULL;
    }
    w->card.number = p->number;
    w->card.code = p->code;
    w->holder = p->holder.n ? p->holder : (struct span){ 0 };
    w->save = w->consent = p->consent.n > 0;
    if (!p->number.n)
        return "number";
    if (!p->code.n)
        return "code";
    split_expiry(&w->card, p->expiry);
    return NULL;
}

static const char *wish_provider(struct pay_wish *w, enum payment_method method, struct span provider,
                                 struct span phone)
{
    w->method = method;
    w->channel = PAYMENT_LINK;
    w->handle = provider;
    w->phone = phone;
    return !test_provider_is_known(method, provider) ? "choose" : is_phone(phone) ? NULL : "phone";
}

/* NULL, or what is wrong with it. */
static const char *make_wish(struct pay_wish *w, struct paying *p)
{
    if (span_equal(p->way, SPAN("card")) || span_equal(p->way, SPAN("saved")))
        return wish_card(w, p);
    if (span_equal(p->way, SPAN("upi"))) {
        w->method = PAYMENT_BY_UPI;
        w->channel = PAYMENT_COLLECT;
        w->handle = p->upi_id;
        return p->upi_id.n && memchr(p->upi_id.p, '@', p->upi_id.n) ? NULL : "upi";
    }
    if (span_equal(p->way, SPAN("bank"))) {
        w->method = PAYMENT_BY_NETBANKING;
        w->channel = PAYMENT_LINK;
        w->handle = p->bank;
        return p->bank.n ? NULL : "choose";
    }
    if (span_equal(p->way, SPAN("wallet")))
        return wish_provider(w, PAYMENT_BY_APP, p->wallet, p->phone);
    if (span_equal(p->way, SPAN("later")))
        return wish_provider(w, PAYMENT_BY_PAYLATER, p->lender, p->phone);
    return "form";
}

enum step pay_parse(struct exchange *x)
{
    struct visit *v = visit_enter(x);
    struct paying *p = v ? arena_take(x->arena, sizeof *p) : NULL;
    enum fault f;

    if (!v)
        return STEP_ANSWERED;
    v->own = p;
    f = p ? visit_rate(x, RATE_PAY) : FAULT_INTERNAL;
    if (!f)
        f = form_read(v, guard_fields, x->arena, x->body, NULL);
    if (!f)
        f = form_read(p, fields, x->arena, x->body, NULL);
    if (f) {
        page_fault(x, f);
        return STEP_ANSWERED;
    }
    p->job = (struct pay_job){ .now_ms = x->now_ms, .arena = x->arena };
    p->job.wish = (struct pay_wish){
        .op = PAY_BEGIN, .merchant_id = v->order.merchant_id, .order_id = v->order.order_id, .trusted = true,
        .source = span_of(x->peer), .request_id = span_of(x->request_id),
    };
    p->wrong = make_wish(&p->job.wish, p);
    return STEP_GO;
}

enum fault leading_account(struct exchange *x, const struct order_row *o, struct span *account)
{
    struct account { struct span number; } found = { { 0 } };
    static const struct json_field account_fields[] = {
        { .name = "customer_bank_account_number", .type = JSON_TEXT, .at = offsetof(struct account, number) },
        JSON_END
    };
    struct order_private private = { 0 };
    const struct json_node *node;
    struct json_complaint why;
    enum fault f = order_open_private(x->services, &private, x->arena, o, x->now_ms);

    if (f || span_absent(private.customer))
        return f;
    f = json_read(&node, x->arena, private.customer, &why);
    if (!f)
        f = json_fill(&found, node, account_fields, x->arena, &why);
    *account = found.number;
    return f ? FAULT_INTERNAL : FAULT_NONE;
}

static void show_wrong(struct exchange *x, const char *wrong);

enum step pay_route_prepare(struct exchange *x)
{
    struct visit *v = x->state;
    struct paying *p = v->own;
    enum fault f = guard_check_now(x);

    if (!f && !p->wrong && payment_tells_account(p->job.wish.method))
        f = leading_account(x, &v->order, &p->job.wish.account);
    if (f) {
        page_fault(x, f);
        return STEP_ANSWERED;
    }
    if (!p->wrong && p->job.wish.card.number.n) {
        f = pay_prepare(x->services, &p->job);
        p->wrong = f ? words_of_job(&p->job, f) : NULL;
    }
    if (!p->wrong)
        return STEP_GO;
    show_wrong(x, p->wrong);
    pay_wipe(&p->job);
    return STEP_ANSWERED;
}

enum fault pay_work(struct exchange *x, struct store_tx *tx)
{
    return pay_begin(x->services, tx, leading_job(x));
}

/* A component's frame is told in JSON. */
static void show_json(struct exchange *x, const char *key, struct span value)
{
    struct json_out o = json_out(answer_start(x, 200, "application/json", OWN_PATH_MAX + 6 * WISHES_MAX));

    page_headers(x, (struct span){ 0 });
    json_object(&o);
    json_put_text(&o, key, value);
    json_object_end(&o);
}

static void show_wrong(struct exchange *x, const char *wrong)
{
    const struct visit *v = x->state;
    const struct paying *p = v->own;
    struct buf more = arena_buf(x->arena, 48);

    if (v->scripted) {
        show_json(x, "error", span_of(words_sentence(span_of(wrong))));
        return;
    }
    buf_text(&more, "?e=");
    buf_text(&more, wrong);
    buf_text(&more, "&m=");
    form_encode(&more, p->way);
    buf_byte(&more, 0);
    page_go(x, visit_path(x, more.full ? "?e=form" : (const char *)more.p, (struct span){ 0 }));
}

static bool is_of_order(const struct pay_job *job)
{
    return job->why == PAY_ORDER_PAID || job->why == PAY_ORDER_EXPIRED || job->why == PAY_ORDER_TERMINATED;
}

void pay_show(struct exchange *x, enum fault outcome)
{
    const struct visit *v = x->state;
    struct pay_job *job = leading_job(x);

    if (!outcome)
        pay_follow(x->services, job);
    if (!outcome && v->scripted)
        show_json(x, "next", leading_next(x, &job->row));
    else if (!outcome)
        page_go(x, leading_next(x, &job->row));
    else if (is_of_order(job))
        page_go(x, visit_path(x, "", (struct span){ 0 }));     /* which says so */
    else
        show_wrong(x, words_of_job(job, outcome));
    pay_wipe(job);
}
