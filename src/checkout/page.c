/* page.c: GET /checkout/{payment_session_id}: the ways to pay this order, one of them open. */
#include <string.h>

#include "checkout/desk.h"
#include "domain/test_payments.h"

#include "base/banned.h"

enum way { WAY_SAVED, WAY_CARD, WAY_UPI, WAY_BANK, WAY_WALLET, WAY_LATER, WAYS };

enum { CARDS_SHOWN = 40 };            /* of a customer's; a page has an end */

struct page { struct vault_chain cards; };

static const struct { const char *name, *title, *flag; enum payment_method method; } ways[WAYS] = {
    [WAY_SAVED]  = { "saved",  "Saved card",  "is_saved",  PAYMENT_BY_CARD },
    [WAY_CARD]   = { "card",   "New card",    "is_card",   PAYMENT_BY_CARD },
    [WAY_UPI]    = { "upi",    "UPI",         "is_upi",    PAYMENT_BY_UPI },
    [WAY_BANK]   = { "bank",   "Net banking", "is_bank",   PAYMENT_BY_NETBANKING },
    [WAY_WALLET] = { "wallet", "Wallet",      "is_wallet", PAYMENT_BY_APP },
    [WAY_LATER]  = { "later",  "Pay later",   "is_later",  PAYMENT_BY_PAYLATER },
};

/* Providers of reference 2.7 and their names. */
struct provider { const char *code, *title; };
static const struct provider wallets[] = {
    { "paytm", "Paytm" }, { "phonepe", "PhonePe" }, { "amazon", "Amazon Pay" }, { "mobikwik", "MobiKwik" },
    { "freecharge", "Freecharge" }, { "airtel", "Airtel Money" }, { "jio", "JioMoney" }, { "ola", "Ola Money" },
};
static const struct provider lenders[] = {
    { "lazypay", "LazyPay" }, { "simpl", "Simpl" }, { "kotak", "Kotak" }, { "zestmoney", "ZestMoney" },
    { "olapostpaid", "Ola Postpaid" }, { "flexipay", "FlexiPay" }, { "freechargepaylater", "Freecharge Pay Later" },
};

enum fault page_work(struct exchange *x, struct store_tx *tx)
{
    struct visit *v = x->state;
    struct page *p = arena_take(x->arena, sizeof *p);
    struct vault_wish wish = { .merchant_id = v->order.merchant_id, .customer_id = v->order.customer_id };
    enum fault f = p ? FAULT_NONE : FAULT_INTERNAL;

    v->own = p;
    if (!f && v->state == ORDER_ACTIVE && v->order.customer_id.n && !v->order.one_account
        && offer_allows(&v->offer, PAYMENT_BY_CARD))
        f = vault_chain(tx, &p->cards, x->arena, &wish);
    return f ? f : guard_put(x);
}

static bool is_offered(const struct exchange *x, enum way w)
{
    const struct visit *v = x->state;
    const struct page *p = v->own;

    if (w == WAY_SAVED && p->cards.n == 0)
        return false;
    if (ways[w].method != PAYMENT_BY_CARD && !span_equal(v->order.currency, SPAN("INR")))
        return false;                 /* as pay_begin() has it */
    if (v->order.one_account && !payment_tells_account(ways[w].method))
        return false;
    if (w > WAY_CARD && !x->services->sim_acquirer)
        return false;                 /* whose banks and providers are known by name */
    return x->services->acquirer && offer_allows(&v->offer, ways[w].method);
}

static enum way first_way(const struct exchange *x)
{
    enum way w = WAY_SAVED;

    while (w < WAYS && !is_offered(x, w))
        w++;
    return w;
}

/* What a query says once; absent: nothing. */
static struct span said(const struct exchange *x, const char *wanted)
{
    struct span rest = x->query, name, value;

    while (query_next(&rest, &name, &value))
        if (span_equal(name, span_of(wanted)))
            return value;
    return (struct span){ 0 };
}

static enum way chosen_way(const struct exchange *x)
{
    struct span m = said(x, "m");

    for (enum way w = WAY_SAVED; w < WAYS; w++)
        if (span_equal(span_of(ways[w].name), m) && is_offered(x, w))
            return w;
    return first_way(x);
}

static void put_ways(const struct exchange *x, struct view *w, enum way chosen)
{
    view_list(w, "ways");
    for (enum way i = WAY_SAVED; i < WAYS; i++) {
        struct buf more = arena_buf(x->arena, 16);
        struct view *row;

        view_flag(w, ways[i].flag, i == chosen);
        if (!is_offered(x, i))
            continue;
        row = view_row(w, "ways");
        buf_text(&more, "?m=");
        buf_text(&more, ways[i].name);
        buf_byte(&more, 0);
        view_text(row, "href", visit_path(x, more.full ? "" : (const char *)more.p, (struct span){ 0 }));
        view_str(row, "title", ways[i].title);
        view_flag(row, "current", i == chosen);
    }
}

static void put_cards(const struct exchange *x, struct view *w)
{
    const struct visit *v = x->state;
    const struct page *p = v->own;
    bool first = true;
    size_t n = 0;

    view_list(w, "cards");
    for (const struct vault_listed *c = p->cards.first; c && n < CARDS_SHOWN; c = c->next, n++) {
        const struct token_row *t = &c->row;
        struct view *row;
        struct buf hex;
        uint8_t id[VAULT_ID];
        struct token_life life = vault_life(t, x->now_ms);

        hex = arena_buf(x->arena, VAULT_ID_HEX);
        if (hex.full)
            return;                   /* this page will not be shown (exchange_starved) */
        vault_id(x->services, id, t);
        vault_id_hex((char *)hex.p, id);
        row = view_row(w, "cards");
        view_text(row, "id", span_of((const char *)hex.p));
        view_str(row, "logo", words_logo(t->scheme));
        view_str(row, "scheme", words_scheme(t->scheme));
        view_text(row, "last4", t->last4);
        view_text(row, "issuer", t->issuer);
        view_flag(row, "usable", life.status == TOKEN_ACTIVE && !life.expired);
        view_flag(row, "first", first && life.status == TOKEN_ACTIVE && !life.expired);
        view_text(row, "delete", visit_path(x, "/cards/", span_of((const char *)hex.p)));
        first = first && life.status != TOKEN_ACTIVE;
    }
}

static void put_providers(struct view *w, const char *list, const struct provider *all, size_t n)
{
    view_list(w, list);
    for (size_t i = 0; i < n; i++) {
        struct view *row = view_row(w, list);

        view_str(row, "code", all[i].code);
        view_str(row, "name", all[i].title);
    }
}

static void put_banks(const struct exchange *x, struct view *w)
{
    size_t n;
    const struct test_bank *banks = test_banks(&n);

    view_list(w, "banks");
    for (size_t i = 0; i < n; i++) {
        struct view *row = view_row(w, "banks");
        struct buf code = arena_buf(x->arena, 12);

        buf_i64(&code, banks[i].code);
        view_text(row, "code", buf_view(&code));
        view_str(row, "name", banks[i].title);
    }
}

/* What was wrong before, above the form and at its field. */
static void put_alert(const struct exchange *x, struct view *w)
{
    struct span e = said(x, "e");
    const char *sentence = words_sentence(e), *field = words_field(e);

    view_str(w, "wrong_number", strcmp(field, "card_number") == 0 ? sentence : NULL);
    view_str(w, "wrong_expiry", strcmp(field, "card_expiry") == 0 ? sentence : NULL);
    view_str(w, "wrong_cvv", strcmp(field, "card_cvv") == 0 ? sentence : NULL);
    view_str(w, "wrong_upi", strcmp(field, "upi_id") == 0 ? sentence : NULL);
    view_str(w, "wrong_phone", strcmp(field, "phone") == 0 ? sentence : NULL);
    view_str(w, "alert", sentence);
    view_str(w, "alert_field", strcmp(field, "otp") == 0 ? NULL : field);
}

static void put_order(const struct exchange *x, struct view *w)
{
    const struct visit *v = x->state;
    struct buf letter = arena_buf(x->arena, 4);

    /* The first letter of the merchant's name, all bytes of it. */
    for (size_t i = 0; i < v->merchant.n && (i == 0 || (v->merchant.p[i] & 0xc0) == 0x80); i++)
        buf_byte(&letter, v->merchant.p[i]);
    view_text(w, "letter", buf_view(&letter));
    view_text(w, "amount", words_money(x->arena, order_money(&v->order)));
    view_text(w, "order_id", v->order.order_id);
    view_text(w, "note", v->order.note);
}

/* The schemes that the order's filter lets pay. */
static void put_schemes(const struct visit *v, struct view *w)
{
    view_list(w, "schemes");
    for (int64_t s = SCHEME_VISA; s < SCHEMES; s++) {
        struct view *row;

        if (v->offer.schemes && !(v->offer.schemes & 1u << s))
            continue;
        row = view_row(w, "schemes");
        view_str(row, "logo", words_logo(s));
        view_str(row, "name", words_scheme(s));
    }
}

void page_order_over(struct exchange *x)
{
    const struct visit *v = x->state;

    if (v->state == ORDER_PAID)
        page_over(x, 409, "order_already_paid", "Already paid",
                  "This order has been paid. Nothing more will be charged.");
    else if (v->state == ORDER_EXPIRED)
        page_over(x, 410, "order_inactive", "Expired",
                  "The time to pay this order is over. Please order again in the shop.");
    else
        page_over(x, 409, "order_inactive", "Withdrawn", "The shop has withdrawn this order. Nothing was charged.");
}

void page_pay_show(struct exchange *x, enum fault outcome)
{
    const struct visit *v = x->state;
    enum way way;
    struct view *w;

    if (outcome) {
        page_fault(x, outcome);
        return;
    }
    if (v->state != ORDER_ACTIVE) {
        page_order_over(x);
        return;
    }
    way = chosen_way(x);
    w = page_view(x, "Pay");
    put_order(x, w);
    put_alert(x, w);
    put_ways(x, w, way);
    put_cards(x, w);
    put_schemes(v, w);
    put_banks(x, w);
    put_providers(w, "wallets", wallets, sizeof wallets / sizeof *wallets);
    put_providers(w, "lenders", lenders, sizeof lenders / sizeof *lenders);
    view_flag(w, "nothing", way == WAYS);
    view_flag(w, "may_save", v->order.customer_id.n && x->services->network);
    view_text(w, "action", visit_path(x, "/pay", (struct span){ 0 }));
    view_text(w, "guard", guard_text(x, &x->asks[0]));
    view_text(w, "leave", v->from_token ? visit_path(x, "/leave", (struct span){ 0 }) : visit_return_url(x));
    page_show(x, 200, w, "pay.html", (struct span){ 0 });
}
