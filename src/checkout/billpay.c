/* billpay.c: POST /billpay/checkout/post/submit: a shop's page sends its customer, with an order token or a signature
 * that says what is to be paid (brief 000; reference 1.4, 1.7). Also the payment links of older API versions. */
#include "checkout/billpay.h"

#include "service/callers.h"
#include "service/order_token.h"
#include "store/merchants.h"

#include "base/banned.h"

struct finding { struct exchange *x; struct billpay *b; };

static enum fault take_merchant(void *arg, const struct credential_row *row)
{
    int64_t *merchant_id = arg;

    *merchant_id = row->merchant_id;
    return FAULT_NONE;
}

/* Whose app id it is, and may the page that wants to frame the checkout, or to hear of its end, do so? */
static enum fault find_merchant(struct store_tx *tx, void *arg)
{
    const struct finding *w = arg;
    struct exchange *x = w->x;
    struct merchant_row row;
    int64_t merchant_id = 0;
    enum fault f = credentials_each(tx, w->b->app_id, x->now_ms, take_merchant, &merchant_id);


    if (!f)
        f = merchant_id ? merchants_find(tx, &row, x->arena, merchant_id) : FAULT_NOT_FOUND;
    if (!f && row.disabled)
        f = FAULT_NOT_FOUND;
    if (f)
        return f;
    w->b->currencies = row.currencies;
    w->b->visit.merchant = row.name;
    x->merchant_id = merchant_id;
    f = visit_allow(x, tx, &w->b->visit, merchant_id, (struct span){ 0 });
    return f ? f : signing_find(tx, &w->b->keys, x->arena, merchant_id, x->now_ms);
}

static enum fault read_merchant(struct exchange *x, struct finding *w)
{
    enum fault f;

    visit_wishes(x, &w->b->visit);
    w->b->visit.back = (struct span){ 0 };        /* the signed result goes to returnUrl only */
    f = store_read(x->reader, find_merchant, w);
    if (f)
        w->b->visit.embed = (struct span){ 0 };
    return f;
}

static enum step refuse(struct exchange *x, unsigned status, const char *text)
{
    page_problem(x, status, "This payment cannot begin", text);
    return STEP_ANSWERED;
}

static bool has_currency(const struct billpay *b)
{
    struct caller c = { 0 };

    return span_text(c.currencies, sizeof c.currencies, b->currencies) == FAULT_NONE &&
           caller_has_currency(&c, b->currency);
}

enum step billpay_parse(struct exchange *x)
{
    struct billpay *b = arena_take(x->arena, sizeof *b);
    struct finding w = { x, b };
    enum fault f;

    exchange_request_id(x, (struct span){ 0 });
    if (!b) {
        page_refuse(x, REFUSE_MEMORY);
        return STEP_ANSWERED;
    }
    x->state = b;
    f = billpay_read(x, b);
    if (f == FAULT_BAD_INPUT)
        return refuse(x, 400, b->wrong);
    if (!f)
        f = read_merchant(x, &w);
    if (f == FAULT_NOT_FOUND)
        return refuse(x, 403, "There is no account of this appId.");
    if (!f && !has_currency(b))
        return refuse(x, 400, "orderCurrency is not enabled for this account.");
    if (!f)
        return STEP_GO;
    page_fault(x, f);
    return STEP_ANSWERED;
}

static bool matches(const struct billpay *b, const struct order_claims *claims)
{
    int differs;

    return span_equal(claims->order_id, b->order_id) && !money_compare(&differs, claims->amount, b->money) && !differs;
}

/* On a worker, since the keyholder is asked and waited for. */
enum step billpay_prepare(struct exchange *x)
{
    struct billpay *b = x->state;
    struct order_claims claims;
    enum fault f;

    if (b->token.n) {
        f = order_token_verify(x->services, &claims, x->arena, b->app_id, b->token, x->now_ms);
        if (f == FAULT_WRONG_STATE)
            return refuse(x, 403, "The order token has expired; ask for a new one.");
        if (f == FAULT_DENIED || (!f && !matches(b, &claims)))
            return refuse(x, 403, "The order token is not one of this appId, orderId, orderAmount and orderCurrency.");
    } else {
        f = signing_check(x->services, x->arena, &b->keys, b->signed_text, b->signature);
        if (f == FAULT_DENIED && b->visit.own)
            f = signing_check(x->services, x->arena, &b->keys, b->signed_order, b->signature);
        if (f == FAULT_DENIED)
            return refuse(x, 403, "The signature is not that of these fields.");
    }
    if (!f)
        f = billpay_order(x, b);
    if (!f)
        f = billpay_prepare_payment(x);
    if (!f)
        return STEP_GO;
    page_fault(x, f);
    return STEP_ANSWERED;
}

enum fault billpay_work(struct exchange *x, struct store_tx *tx)
{
    struct billpay *b = x->state;
    const struct checkout_wish wish = {
        .order = &b->order, .return_url = b->return_url.n ? b->return_url : (struct span){ 0 },
        .notify_url = b->notify_url.n ? b->notify_url : (struct span){ 0 },
    };
    enum fault f = checkout_begin(tx, &b->visit.order, x->arena, &wish, &x->asks[0], x->now_ms);

    return f ? f : billpay_begin_payment(x, tx);
}

/* To the page of an order, or of its payment. */
static void go_to_order(struct exchange *x, const struct order_row *o)
{
    struct visit *v = x->state;
    char session[IDS_SESSION_TEXT];

    ids_session(x->services->ids, session, o);
    v->session = arena_copy(x->arena, span_of(session));
    billpay_go_on(x);
}

void billpay_show(struct exchange *x, enum fault outcome)
{
    struct billpay *b = x->state;
    struct order_row order = b->visit.order;

    b->visit.order = (struct order_row){ 0 };
    if (outcome && billpay_was_refused(x, outcome))
        go_to_order(x, &order);
    else if (outcome == FAULT_MISMATCH)
        (void)refuse(x, 409, "There is an order of this orderId with another amount or currency.");
    else if (outcome == FAULT_WRONG_STATE)
        (void)refuse(x, 409, "The order of this orderId can not be paid any more.");
    else if (outcome)
        page_fault(x, outcome);
    else
        go_to_order(x, &order);
}

/* "/order/#token": what stands behind '#' a browser keeps to itself, so a script of this page sends it. */
enum step link_parse(struct exchange *x)
{
    exchange_request_id(x, (struct span){ 0 });
    page_show(x, 200, page_view(x, "Pay"), "link.html", (struct span){ 0 });
    return STEP_ANSWERED;
}

struct link { struct visit visit; struct span token; };

enum step link_open_parse(struct exchange *x)
{
    static const struct form_field fields[] = { { "token", 64, offsetof(struct link, token) }, { NULL, 0, 0 } };
    struct link *l = arena_take(x->arena, sizeof *l);
    enum fault f;

    exchange_request_id(x, (struct span){ 0 });
    x->state = l;
    f = l ? form_read(l, fields, x->arena, x->body, NULL) : FAULT_BUSY;
    if (!f)
        return STEP_GO;
    page_fault(x, f);
    return STEP_ANSWERED;
}

enum fault link_open_work(struct exchange *x, struct store_tx *tx)
{
    struct link *l = x->state;

    return pay_order_of_token(x->services, tx, &l->visit.order, x->arena, l->token);
}

void link_open_show(struct exchange *x, enum fault outcome)
{
    struct link *l = x->state;
    struct order_row order = l->visit.order;

    l->visit.order = (struct order_row){ 0 };
    if (outcome)
        page_fault(x, outcome);
    else
        go_to_order(x, &order);
}
