/* demo.c: the sandbox's demo shop: one page with the whole story, from an order to the webhook that tells of it. */
#include <string.h>

#include "base/json_out.h"
#include "base/secret.h"
#include "base/base64.h"
#include "checkout/demo.h"
#include "service/signing.h"
#include "store/merchants.h"
#include "store/payments.h"

#include "base/banned.h"

#define DEMO_MERCHANT SPAN("Demo merchant")
#define DEMO_CUSTOMER SPAN("demo_shopper")
enum {
    SHOWN_WEBHOOKS = 12, SHOWN_CARDS = 20,
    SHOWN_BODY = 1600, SHOWN_HEAD = 600,      /* bytes of a webhook */
    FRAGMENT_MAX = 1024, ORDER_RANDOM = 6, UUID_TEXT = 36,
};

struct demo {
    struct visit visit;               /* x->state */
    struct order_row order;           /* order_no 0: none yet */
    bool has_order;
    struct span order_id, amount, receiver;
    struct order_new wish;
    struct vault_chain cards;
    struct view *view;
    size_t shown;
    int64_t merchant_id;
};

static const struct { const char *name, *note, *amount; } wares[] = {
    { "Brass lamp", "Polished by hand in Moradabad", "1499.00" },
    { "Block-print scarf", "Indigo, from Bagru", "649.50" },
    { "Filter coffee, 250 g", "Roasted on Monday", "280.00" },
};

static struct demo *enter(struct exchange *x)
{
    struct demo *d = arena_take(x->arena, sizeof *d);

    exchange_request_id(x, (struct span){ 0 });
    if (d && x->services->mode == MODE_SANDBOX) {
        x->state = d;
        return d;
    }
    page_fault(x, d ? FAULT_NOT_FOUND : FAULT_BUSY);
    return NULL;
}

static enum fault find_merchant(struct exchange *x, struct store_tx *tx)
{
    struct demo *d = x->state;
    struct merchant_row m;
    enum fault f = merchants_find_name(tx, &m, x->arena, DEMO_MERCHANT);

    if (f)
        return f;
    d->visit.merchant = m.name;
    d->merchant_id = x->merchant_id = m.merchant_id;
    return FAULT_NONE;
}

enum step demo_parse(struct exchange *x)
{
    static const struct form_field fields[] = {
        { "order", ORDER_ID_MAX, offsetof(struct demo, order_id) }, { NULL, 0, 0 },
    };
    struct demo *d = enter(x);

    if (!d)
        return STEP_ANSWERED;
    if (form_read(d, fields, x->arena, x->query, NULL))
        d->order_id = (struct span){ 0 };
    return STEP_GO;
}

static enum fault put_payment(void *arg, const struct payment_row *p)
{
    const struct exchange *x = arg;
    const struct demo *d = x->state;
    struct view *row = view_row(d->view, "payments");

    view_text(row, "id", visit_payment_id(x, p));
    view_str(row, "method", payment_method_name((enum payment_method)p->method));
    view_str(row, "state", payment_state_name((enum payment_state)p->state));
    view_text(row, "last4", arena_copy(x->arena, p->last4));
    return FAULT_NONE;
}

/* A copy of the beginning. */
static struct span shorten(struct arena *a, struct span s, size_t n)
{
    return arena_copy(a, (struct span){ s.p, s.n < n ? s.n : n });
}

/* The line that receiver.c has kept of which try it was. */
static struct span attempt_of(struct span headers)
{
    struct span name = SPAN("x-webhook-attempt: ");

    for (size_t i = 0; i + name.n < headers.n; i++) {
        struct span rest = { headers.p + i, headers.n - i };
        size_t n = name.n;

        if (!span_starts(rest, name))
            continue;
        while (n < rest.n && rest.p[n] != '\n')
            n++;
        return (struct span){ rest.p + name.n, n - name.n };
    }
    return (struct span){ 0 };
}

static enum fault put_received(void *arg, const struct received_row *r)
{
    const struct exchange *x = arg;
    struct demo *d = x->state;
    struct view *row;

    if (d->shown++ == SHOWN_WEBHOOKS)
        return FAULT_BUSY;            /* ends the loop; nobody sees it */
    row = view_row(d->view, "webhooks");
    view_number(row, "no", r->received_no);
    view_number(row, "status", r->status);
    view_text(row, "attempt", arena_copy(x->arena, attempt_of(r->headers)));
    view_text(row, "headers", shorten(x->arena, r->headers, SHOWN_HEAD));
    view_text(row, "body", shorten(x->arena, r->body, SHOWN_BODY));
    return FAULT_NONE;
}

static struct span uuid_of(struct arena *a, const char *hex)
{
    static const size_t groups[] = { 8, 4, 4, 4, 12 };
    struct buf b = arena_buf(a, UUID_TEXT);

    for (size_t i = 0; i < sizeof groups / sizeof *groups; hex += groups[i++]) {
        if (i)
            buf_byte(&b, '-');
        buf_put(&b, hex, groups[i]);
    }
    return buf_view(&b);
}

static void put_card(const struct exchange *x, struct view *w, const struct token_row *t)
{
    struct view *row = view_row(w, "cards");
    struct buf hex = arena_buf(x->arena, VAULT_ID_HEX);
    struct token_life life = vault_life(t, x->now_ms);
    uint8_t id[VAULT_ID];

    if (hex.full)
        return;
    vault_id(x->services, id, t);
    vault_id_hex((char *)hex.p, id);
    view_str(row, "logo", words_logo(t->scheme));
    view_str(row, "scheme", words_scheme(t->scheme));
    view_text(row, "last4", t->last4);
    view_str(row, "status", token_status_name(life.status));
    view_text(row, "cashfree", uuid_of(x->arena, (const char *)hex.p));
    view_str(row, "hex", (const char *)hex.p);
}

static enum fault find_order(struct exchange *x, struct store_tx *tx)
{
    struct demo *d = x->state;
    enum fault f;

    view_list(d->view, "payments");
    if (!d->order_id.n)
        return FAULT_NONE;
    f = order_fetch(tx, &d->order, x->arena, d->merchant_id, d->order_id);
    d->has_order = !f;
    if (!f)
        f = payments_of_order(tx, d->merchant_id, d->order.order_no, put_payment, x);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault demo_work(struct exchange *x, struct store_tx *tx)
{
    struct demo *d = x->state;
    struct vault_wish wish = { .customer_id = DEMO_CUSTOMER };
    enum fault f = find_merchant(x, tx);

    d->view = page_view(x, "Demo shop");
    if (!f)
        f = find_order(x, tx);
    wish.merchant_id = d->merchant_id;
    if (!f)
        f = vault_chain(tx, &d->cards, x->arena, &wish);
    view_list(d->view, "webhooks");
    if (!f)
        f = received_each(tx, d->merchant_id, put_received, x);
    return f == FAULT_BUSY ? FAULT_NONE : f;
}

static void put_order(struct exchange *x, struct demo *d)
{
    struct buf session = arena_buf(x->arena, IDS_SESSION_TEXT);
    struct view *w = d->view;
    enum order_state state = ORDER_STATES;

    if (d->has_order && !session.full) {
        ids_session(x->services->ids, (char *)session.p, &d->order);
        state = order_state_at((enum order_state)d->order.state, d->order.expires_ms, x->now_ms);
    }
    view_flag(w, "has_order", d->has_order);
    view_text(w, "order_id", d->has_order ? d->order.order_id : (struct span){ 0 });
    view_text(w, "amount", d->has_order ? words_money(x->arena, order_money(&d->order)) : (struct span){ 0 });
    view_str(w, "session", d->has_order ? (const char *)session.p : NULL);
    view_str(w, "state", d->has_order ? order_state_name(state) : NULL);
    view_flag(w, "payable", state == ORDER_ACTIVE);
    view_flag(w, "paid", state == ORDER_PAID);
}

static struct span price_of(struct arena *a, const char *amount)
{
    struct money m;

    return money_read(&m, span_of(amount), SPAN("INR")) ? (struct span){ 0 } : words_money(a, m);
}

void demo_show(struct exchange *x, enum fault outcome)
{
    struct demo *d = x->state;
    struct view *w = d->view;
    size_t n = 0;

    if (outcome) {
        page_fault(x, outcome);
        return;
    }
    put_order(x, d);
    view_list(w, "cards");
    for (const struct vault_listed *c = d->cards.first; c && n < SHOWN_CARDS; c = c->next, n++)
        put_card(x, w, &c->row);
    view_list(w, "wares");
    for (size_t i = 0; i < sizeof wares / sizeof *wares; i++) {
        struct view *row = view_row(w, "wares");

        view_str(row, "name", wares[i].name);
        view_str(row, "note", wares[i].note);
        view_str(row, "price", wares[i].amount);
        view_text(row, "shown", price_of(x->arena, wares[i].amount));
    }
    page_show(x, 200, w, "demo.html", (struct span){ 0 });
}

/* What the shop's own server would do: create the order through the API. */
enum step demo_order_parse(struct exchange *x)
{
    static const struct form_field fields[] = {
        { "amount", 16, offsetof(struct demo, amount) }, { "receiver", 8, offsetof(struct demo, receiver) },
        { NULL, 0, 0 },
    };
    struct demo *d = enter(x);
    enum fault f;

    if (!d)
        return STEP_ANSWERED;
    f = guard_came_from_us(x) ? form_read(d, fields, x->arena, x->body, NULL) : FAULT_DENIED;
    if (!f && (money_read(&d->wish.amount, d->amount, SPAN("INR")) || d->wish.amount.minor < 100))
        f = FAULT_BAD_INPUT;
    if (!f)
        f = demo_wish(x, &d->wish, d->receiver);
    if (!f)
        return STEP_GO;
    page_fault(x, f);
    return STEP_ANSWERED;
}

static struct span meta_of(const struct exchange *x, struct span receiver)
{
    struct buf out = arena_buf(x->arena, FRAGMENT_MAX), back = arena_buf(x->arena, CHECKOUT_URL_MAX),
               notify = arena_buf(x->arena, CHECKOUT_URL_MAX);
    struct json_out o = json_out(&out);

    buf_span(&back, x->services->base_url);
    buf_text(&back, "/demo?order={order_id}");
    buf_span(&notify, x->services->base_url);
    buf_text(&notify, "/demo/webhooks/");
    buf_span(&notify, demo_manner(receiver) ? receiver : SPAN("ok"));
    json_object(&o);
    json_put_text(&o, "return_url", buf_view(&back));
    json_put_text(&o, "notify_url", buf_view(&notify));
    json_put_null(&o, "payment_methods");
    json_object_end(&o);
    return out.full || back.full || notify.full ? (struct span){ 0 } : buf_view(&out);
}

enum fault demo_wish(struct exchange *x, struct order_new *n, struct span receiver)
{
    struct buf id = arena_buf(x->arena, ORDER_ID_MAX);
    uint8_t random[ORDER_RANDOM];

    secret_random_few(random, sizeof random);
    buf_text(&id, "demo_");
    hex_put(&id, (struct span){ random, sizeof random });
    n->order_id = buf_view(&id);
    n->customer_id = DEMO_CUSTOMER;
    n->meta = meta_of(x, receiver);
    n->private.customer = SPAN("{\"customer_id\":\"demo_shopper\",\"customer_name\":\"Asha\",\"customer_email\":null,"
                               "\"customer_phone\":\"8714268343\",\"customer_bank_account_number\":null,"
                               "\"customer_bank_ifsc\":null,\"customer_bank_code\":null,\"customer_uid\":null}");
    x->n_asks = 1;
    return id.full || span_absent(n->meta) ? FAULT_INTERNAL : demo_prepare(x, n);
}

static enum fault look(struct store_tx *tx, void *arg)
{
    return find_merchant(arg, tx);
}

enum fault demo_prepare(struct exchange *x, struct order_new *n)
{
    enum fault f = store_read(x->reader, look, x);

    n->merchant_id = x->merchant_id;
    return f ? f : order_prepare(n, &x->asks[0], x->arena);
}

enum fault demo_order_work(struct exchange *x, struct store_tx *tx)
{
    struct demo *d = x->state;

    return order_create(tx, &d->order, &d->wish, &x->asks[0], x->now_ms);
}

void demo_order_show(struct exchange *x, enum fault outcome)
{
    const struct demo *d = x->state;
    struct buf where = arena_buf(x->arena, OWN_PATH_MAX);

    if (outcome) {
        page_fault(x, outcome);
        return;
    }
    buf_text(&where, "/demo?order=");
    buf_span(&where, d->order.order_id);
    buf_text(&where, "#order");
    page_go(x, buf_view(&where));
}
