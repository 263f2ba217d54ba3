/* visit.c: a browser at one order. */
#include <string.h>

#include "checkout/desk.h"
#include "store/merchants.h"
#include "store/payments.h"

#include "base/banned.h"

struct looking { struct exchange *x; struct visit *v; };

static enum fault find_order(struct looking *l, struct store_tx *tx)
{
    struct visit *v = l->v;
    enum fault f = pay_order_of_session(l->x->services, tx, &v->order, l->x->arena, v->session);

    if (f)
        return f;
    v->state = order_state_at((enum order_state)v->order.state, v->order.expires_ms, l->x->now_ms);
    return offer_read(&v->offer, l->x->arena, v->order.meta);
}

static enum fault look(struct store_tx *tx, void *arg)
{
    struct looking *l = arg;
    struct arena *a = l->x->arena;
    struct visit *v = l->v;
    struct merchant_row merchant;
    enum fault f = find_order(l, tx);

    if (!f)
        f = merchants_find(tx, &merchant, a, v->order.merchant_id);
    if (f)
        return f;
    v->merchant = merchant.name;
    f = checkouts_find(tx, &v->checkout, a, v->order.merchant_id, v->order.order_no);
    v->from_token = !f;
    if (f && f != FAULT_NOT_FOUND)
        return f;
    return visit_allow(l->x, tx, v, v->order.merchant_id,
                       v->from_token ? v->checkout.return_url : v->offer.return_url);
}

enum fault visit_allow(struct exchange *x, struct store_tx *tx, struct visit *v, int64_t merchant_id,
                       struct span order_return)
{
    struct span embed = v->embed, back = page_origin(v->back), own = page_origin(order_return);
    bool frames = false, returns = !span_absent(back) && !span_absent(own) && span_equal(back, own);
    enum fault f = FAULT_NONE;

    v->embed = (struct span){ 0 };
    if (!span_absent(embed))
        f = checkout_origin_allowed(x->services, tx, &frames, x->arena, merchant_id, embed);
    if (!f && !returns && !span_absent(back))
        f = checkout_origin_allowed(x->services, tx, &returns, x->arena, merchant_id, back);
    if (!f && frames)
        v->embed = embed;
    if (f || !returns)
        v->back = (struct span){ 0 };
    return f;
}

static struct span query_value(struct exchange *x, const char *wanted)
{
    struct span rest = x->query, name, value, out = { 0 };

    while (query_next(&rest, &name, &value))
        if (span_equal(name, span_of(wanted)) && form_decode(&out, x->arena, value) == FAULT_NONE)
            return out;
    return (struct span){ 0 };
}

/* Is it printable, and nothing that a header or an attribute could take for its end? */
static bool is_plain(struct span url)
{
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] > '~' || url.p[i] == '"' || url.p[i] == '\\' || url.p[i] == '<')
            return false;
    return url.n > 0 && url.n <= CHECKOUT_URL_MAX;
}

void visit_wishes(struct exchange *x, struct visit *v)
{
    v->embed = query_value(x, "o");
    v->back = query_value(x, "r");
    if (!is_plain(v->back))
        v->back = (struct span){ 0 };
}

struct visit *visit_enter(struct exchange *x)
{
    struct visit *v = arena_take(x->arena, sizeof *v);
    struct looking l = { .x = x, .v = v };
    enum fault f;

    exchange_request_id(x, (struct span){ 0 });
    x->state = v;
    if (!v) {
        page_refuse(x, REFUSE_MEMORY);
        return NULL;
    }
    v->session = x->params[0];
    visit_wishes(x, v);
    v->scripted = span_equal(x->header(x, "X-Checkout"), SPAN("component"));
    f = store_read(x->reader, look, &l);
    if (!f) {
        x->merchant_id = v->order.merchant_id;
        guard_cookie(x, v);
    }
    if (!f)
        return v;
    v->order = (struct order_row){ 0 };
    v->back = (struct span){ 0 };
    if (f != FAULT_NOT_FOUND || !checkout_origin_is_valid(v->embed))
        v->embed = (struct span){ 0 };
    if (f == FAULT_NOT_FOUND)         /* there is nothing on it that a stranger's frame could misuse */
        page_over(x, 404, "payment_session_id_invalid", "Not found",
                  "This payment page does not exist. Please go back to the shop and try again.");
    else
        page_fault(x, f);
    return NULL;
}

enum fault visit_rate(struct exchange *x, enum rate_class c)
{
    struct rate_verdict v = rate_limit_take_source(x->services->rate_limits, x->peer, c, x->now_ms);

    return v.refused ? FAULT_TOO_MANY : FAULT_NONE;
}

enum step visit_parse(struct exchange *x)
{
    return visit_enter(x) ? STEP_GO : STEP_ANSWERED;
}

enum fault visit_payment(struct exchange *x, struct store_tx *tx)
{
    struct visit *v = x->state;
    int64_t merchant_id, payment_no;
    uint64_t id;
    enum fault f;

    if (span_u64(&id, x->params[1], INT64_MAX) || pay_id_open(x->services, &merchant_id, &payment_no, id) ||
        merchant_id != v->order.merchant_id)
        return FAULT_NOT_FOUND;
    f = payments_find(tx, &v->payment, x->arena, merchant_id, payment_no);
    if (!f && v->payment.order_no != v->order.order_no)
        f = FAULT_NOT_FOUND;
    return f;
}

void visit_put_wishes(struct buf *out, const struct visit *v)
{
    const struct { const char *name; struct span value; } all[] = { { "o=", v->embed }, { "r=", v->back } };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (span_absent(all[i].value))
            continue;
        buf_byte(out, memchr(out->p, '?', out->n) ? '&' : '?');
        buf_text(out, all[i].name);
        form_encode(out, all[i].value);
    }
}

struct span visit_path(const struct exchange *x, const char *more, struct span id)
{
    const struct visit *v = x->state;
    struct buf b = arena_buf(x->arena, OWN_PATH_MAX + WISHES_MAX);

    buf_text(&b, "/checkout/");
    buf_span(&b, v->session);
    buf_text(&b, more);
    buf_span(&b, id);
    visit_put_wishes(&b, v);
    return b.full ? SPAN("/") : buf_view(&b);
}

/* `b` with each `name` in `url` replaced by `value`. */
static void substitute(struct buf *b, struct span url, const struct span names[2], const struct span values[2])
{
    for (size_t i = 0; i < url.n;) {
        struct span rest = { url.p + i, url.n - i };
        size_t k = span_starts(rest, names[0]) ? 0 : span_starts(rest, names[1]) ? 1 : 2;

        if (k < 2) {
            form_encode(b, values[k]);
            i += names[k].n;
        } else {
            buf_byte(b, url.p[i++]);
        }
    }
}

struct span visit_return_url(const struct exchange *x)
{
    static const struct { struct span order_id, order_token; } marks = {
        { (const uint8_t *)"{order_id}", 10 }, { (const uint8_t *)"{order_token}", 13 },
    };
    const struct visit *v = x->state;
    const struct span names[2] = { marks.order_id, marks.order_token };
    struct span url = v->from_token         ? v->checkout.return_url
                      : span_absent(v->back) ? v->offer.return_url
                                             : v->back;
    char token[IDS_ORDER_TOKEN_TEXT];
    struct span values[2];
    struct buf b;

    if (!url.n || span_absent(page_origin(url)))
        return (struct span){ 0 };
    ids_order_token(x->services->ids, token, &v->order);
    values[0] = v->order.order_id;
    values[1] = span_of(token);
    b = arena_buf(x->arena, CHECKOUT_URL_MAX + 16 * ORDER_ID_MAX);
    substitute(&b, url, names, values);
    return b.full ? (struct span){ 0 } : buf_view(&b);
}

struct span visit_payment_id(const struct exchange *x, const struct payment_row *p)
{
    struct buf b = arena_buf(x->arena, 24);

    buf_u64(&b, pay_id(x->services, p->merchant_id, p->payment_no));
    return buf_view(&b);
}
