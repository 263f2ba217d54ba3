/* billpay_form.c: the order-token flow's form: its fields, what its signature covers, and its order. */
#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "checkout/billpay.h"
#include "domain/cardscan.h"
#include "domain/order.h"

#include "base/banned.h"

enum { FRAGMENT_MAX = 4096, PERSON_MAX = 100, NOTE_MAX = 200, EMAIL_MAX = 100, PHONE_MAX = 16, CURRENCY = 3 };

#define FIELD(name_, max_, member) { (name_), (max_), offsetof(struct billpay, member) }
static const struct form_field fields[] = {
    FIELD("appId", 64, app_id), FIELD("orderId", 64, order_id), FIELD("orderAmount", 24, amount),
    FIELD("orderCurrency", 8, currency), FIELD("orderNote", NOTE_MAX, note), FIELD("customerName", PERSON_MAX, name),
    FIELD("customerPhone", PHONE_MAX, phone), FIELD("customerEmail", EMAIL_MAX, email),
    FIELD("notifyUrl", CHECKOUT_URL_MAX, notify_url), FIELD("returnUrl", CHECKOUT_URL_MAX, return_url),
    FIELD("paymentModes", 64, modes), FIELD("tokenData", 512, token), FIELD("signature", 64, signature),
    { NULL, 0, 0 },
};

/* Asks for an authorisation without capture (reference 2.9). An order token does not cover the note: a payer who wrote
 * this one would have an order that is paid and of which nothing is ever captured. */
#define PREAUTH_NOTE "preauth_transaction"

/* paymentModes (brief 000) in the words of order_meta.payment_methods (reference 2.4). */
static const struct { const char *mode, *method; } modes[] = {
    { "cc", "cc" }, { "dc", "dc" }, { "nb", "nb" }, { "paypal", "paypal" }, { "wallet", "app" }, { "upi", "upi" },
};

struct pair { struct span name, value; };

static int by_name(const void *a, const void *b)
{
    const struct pair *one = a, *other = b;
    size_t n = one->name.n < other->name.n ? one->name.n : other->name.n;
    int differs = memcmp(one->name.p, other->name.p, n);

    return differs ? differs : (one->name.n > other->name.n) - (one->name.n < other->name.n);
}

static bool contains(struct span s, struct span what)
{
    for (size_t i = 0; i + what.n <= s.n; i++)
        if (memcmp(s.p + i, what.p, what.n) == 0)
            return true;
    return false;
}

/* Does the name of a field of ours stand in `s`? In an address only those count that say how much is paid: it may hold
 * parameters of the shop's own. */
static bool hides_a_field(struct span s, bool is_address)
{
    for (const struct form_field *f = fields; f->name; f++) {
        struct span name = span_of(f->name);
        bool is_money = span_equal(name, SPAN("orderAmount")) || span_equal(name, SPAN("orderCurrency"));

        if ((is_money || !is_address) && contains(s, name))
            return true;
    }
    return false;
}

static bool is_field(struct span name)
{
    const struct form_field *f = fields;

    while (f->name && !span_equal(span_of(f->name), name))
        f++;
    return f->name != NULL;
}

/* Letters, digits and '_', as every parameter of the flow has. A webhook is signed under the same secret, and its JSON
 * is no name of one. */
static bool is_plain(struct span name)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i], letter = c | 0x20;

        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

/* Names and values are signed with nothing between them, and whoever carries the form can cut the same bytes in another
 * way: "orderCurrency", "USD" as "orderCurrencyUSD", ""; or a second orderAmount out of what a customer gave as his
 * name. So where a field's name stands in anything but that field, the signature says nothing. */
static bool is_ambiguous(const struct pair *p)
{
    bool is_address = span_equal(p->name, SPAN("returnUrl")) || span_equal(p->name, SPAN("notifyUrl"));

    return !is_plain(p->name) || (!is_field(p->name) && hides_a_field(p->name, false))
        || hides_a_field(p->value, is_address);
}

enum fault billpay_signed_text(struct span *out, struct arena *a, struct span body, bool order_only)
{
    struct pair pairs[BILLPAY_PARAMS_MAX];
    struct buf text = arena_buf(a, BILLPAY_TEXT_MAX);
    struct span name, value;
    size_t n = 0;

    while (query_next(&body, &name, &value)) {
        enum fault f = n == BILLPAY_PARAMS_MAX ? FAULT_BAD_INPUT : form_decode(&pairs[n].name, a, name);

        if (!f)
            f = form_decode(&pairs[n].value, a, span_absent(value) ? SPAN("") : value);
        if (f)
            return f;
        n += !span_equal(pairs[n].name, SPAN("signature")) &&
             !(order_only && billpay_is_of_payment(pairs[n].name));
    }
    qsort(pairs, n, sizeof *pairs, by_name);
    for (size_t i = 0; i < n; i++) {
        if ((i && span_equal(pairs[i].name, pairs[i - 1].name)) || is_ambiguous(&pairs[i]))
            return FAULT_BAD_INPUT;
        buf_span(&text, pairs[i].name);
        buf_span(&text, pairs[i].value);
    }
    return text.full ? FAULT_BAD_INPUT : buf_done(&text, out);
}

static bool is_url(const struct exchange *x, struct span url)
{
    bool tls = span_starts(url, SPAN("https://"));

    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] > '~' || url.p[i] == '"' || url.p[i] == '\\' || url.p[i] == '<')
            return false;
    return !span_absent(page_origin(url)) && (tls || x->services->mode == MODE_SANDBOX) &&
           !cardscan_found_in_id(url);
}

static bool is_phone(struct span s)
{
    size_t skip = s.n && s.p[0] == '+';
    uint64_t number;

    return s.n - skip >= 6 && s.n - skip <= 15 &&
           span_u64(&number, (struct span){ s.p + skip, s.n - skip }, INT64_MAX) == FAULT_NONE;
}

/* The modes that are asked for, as payment_methods; false: one is unknown. */
static bool put_methods(struct buf *out, struct span list)
{
    while (list.n) {
        const uint8_t *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n, i = 0, skip = 0;

        while (skip < n && list.p[skip] == ' ')
            skip++;
        while (i < sizeof modes / sizeof *modes &&
               !span_equal_nocase(span_of(modes[i].mode), (struct span){ list.p + skip, n - skip }))
            i++;
        if (i == sizeof modes / sizeof *modes)
            return false;
        if (out->n)
            buf_byte(out, ',');
        buf_text(out, modes[i].method);
        list = comma ? (struct span){ comma + 1, list.n - n - 1 } : (struct span){ 0 };
    }
    return true;
}

static const char *what_is_wrong(const struct exchange *x, struct billpay *b)
{
    char text[64];
    struct buf unused = BUF(text);

    if (!b->app_id.n)
        return "appId is missing.";
    if (!order_id_is_token_id(b->order_id) || cardscan_found_in_id(b->order_id))
        return "orderId should be letters, digits, _ and -, at most 45 of them.";
    if (b->currency.n == 0)
        b->currency = SPAN("INR");
    if (b->currency.n != CURRENCY || money_read(&b->money, b->amount, b->currency) || b->money.minor < 100 ||
        b->money.minor > INT64_C(100) * ORDER_AMOUNT_MAX_MAJOR)
        return "orderAmount and orderCurrency should be an amount of 1 to 1000000 in a currency of this account.";
    if (!b->name.n || !b->email.n || !is_phone(b->phone))
        return "customerName, customerPhone and customerEmail are needed, the phone as 6 to 15 digits.";
    if (cardscan_found(b->name) || cardscan_found(b->note) || cardscan_found(b->email))
        return "A field contains a card number, which may not be stored (PCI DSS requirement 3).";
    if ((b->return_url.n && !is_url(x, b->return_url)) || (b->notify_url.n && !is_url(x, b->notify_url)))
        return "returnUrl and notifyUrl should be https URLs.";
    if (!put_methods(&unused, b->modes) || unused.full)
        return "paymentModes should be some of cc, dc, nb, paypal, wallet, upi, with commas between.";
    if (!b->token.n == !b->signature.n)
        return "Either tokenData (of POST /api/v2/cftoken/order) or signature is needed.";
    if (b->signature.n && !b->return_url.n)
        return "returnUrl is missing.";
    if (b->token.n && span_equal(b->note, SPAN(PREAUTH_NOTE)))
        return "orderNote may ask for a preauthorisation only where the signature covers it.";
    return NULL;
}

enum fault billpay_read(struct exchange *x, struct billpay *b)
{
    const char *bad = NULL;
    enum fault f = form_read(b, fields, x->arena, x->body, &bad);

    b->status = 400;
    if (f == FAULT_BAD_INPUT)
        b->wrong = "A field comes twice, is too long, or is badly encoded.";
    if (f)
        return f;
    b->wrong = what_is_wrong(x, b);
    if (!b->wrong && b->signature.n &&
        (billpay_signed_text(&b->signed_text, x->arena, x->body, false) ||
         billpay_signed_text(&b->signed_order, x->arena, x->body, true)))
        b->wrong = "A field comes twice, is badly encoded, or has another field's name in it.";
    return b->wrong ? FAULT_BAD_INPUT : billpay_read_payment(x, b);
}

static struct span customer(struct arena *a, const struct billpay *b)
{
    struct buf out = arena_buf(a, FRAGMENT_MAX);
    struct json_out o = json_out(&out);

    json_object(&o);
    json_put_null(&o, "customer_id");
    json_put_text(&o, "customer_name", b->name);
    json_put_text(&o, "customer_email", b->email);
    json_put_text(&o, "customer_phone", b->phone);
    json_put_null(&o, "customer_bank_account_number");
    json_put_null(&o, "customer_bank_ifsc");
    json_put_null(&o, "customer_bank_code");
    json_put_null(&o, "customer_uid");
    json_object_end(&o);
    return out.full ? (struct span){ 0 } : buf_view(&out);
}

static struct span meta(struct arena *a, const struct billpay *b)
{
    struct buf out = arena_buf(a, FRAGMENT_MAX), methods = arena_buf(a, 64);
    struct json_out o = json_out(&out);

    (void)put_methods(&methods, b->modes);
    json_object(&o);
    json_put_text(&o, "return_url", b->return_url.n ? b->return_url : (struct span){ 0 });
    json_put_null(&o, "notify_url");
    json_put_text(&o, "payment_methods", methods.n ? buf_view(&methods) : (struct span){ 0 });
    json_object_end(&o);
    return out.full ? (struct span){ 0 } : buf_view(&out);
}

enum fault billpay_order(struct exchange *x, struct billpay *b)
{
    b->order = (struct order_new){
        .merchant_id = x->merchant_id, .order_id = b->order_id, .amount = b->money,
        .note = b->note.n ? b->note : (struct span){ 0 }, .meta = meta(x->arena, b),
        .private.customer = customer(x->arena, b),
    };
    if (span_absent(b->order.meta) || span_absent(b->order.private.customer))
        return FAULT_INTERNAL;
    x->n_asks = 1;
    return order_prepare(&b->order, &x->asks[0], x->arena);
}
