/* order_check.c: rules on a new order that need more than one field, the caller or the version. */
#include "dialect/cashfree/order_check.h"

#include "base/isotime.h"
#include "domain/order.h"

#include "base/banned.h"

enum { PERCENT_WHOLE = 10000 };       /* hundredths of a percent */

struct check {
    struct order_new *n;
    const struct order_body *b;
    const struct order_rules *r;
    struct problem *p;
};

/* payment_methods (reference 2.4, 2.15): the names and the versions that know them. */
static const struct { const char *name; enum api_version from, until; } methods[] = {
    { "cc", API_2021_05_21, API_2026_01_01 },
    { "dc", API_2021_05_21, API_2026_01_01 },
    { "ccc", API_2021_05_21, API_2026_01_01 },
    { "ppc", API_2021_05_21, API_2026_01_01 },
    { "nb", API_2021_05_21, API_2026_01_01 },
    { "upi", API_2021_05_21, API_2026_01_01 },
    { "paypal", API_2021_05_21, API_2026_01_01 },
    { "app", API_2021_05_21, API_2026_01_01 },
    { "paylater", API_2021_05_21, API_2026_01_01 },
    { "emi", API_2021_05_21, API_2022_09_01 },
    { "cardlessemi", API_2022_09_01, API_2026_01_01 },
    { "dcemi", API_2022_09_01, API_2026_01_01 },
    { "ccemi", API_2022_09_01, API_2026_01_01 },
    { "banktransfer", API_2023_08_01, API_2026_01_01 },
    { "applepay", API_2026_01_01, API_2026_01_01 },
};
enum { METHODS = sizeof methods / sizeof *methods, METHODS_TEXT = 160 };

static enum fault wrong(struct problem *p, struct problem what)
{
    *p = what;
    return FAULT_BAD_INPUT;
}

static bool is_currency_text(struct span s)
{
    if (s.n != 3)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 'A' || s.p[i] > 'Z')
            return false;
    return true;
}

static bool is_within(struct money m)
{
    struct money least, most;
    int below, above;

    if (money_read(&least, SPAN("1"), money_currency(&m)) || money_read(&most, SPAN("1000000"), money_currency(&m)))
        return false;
    if (money_compare(&below, m, least) || money_compare(&above, m, most))
        return false;
    return below >= 0 && above <= 0;
}

enum fault order_read_money(struct money *out, struct span amount, struct span currency, const struct order_rules *r,
                            const struct order_money_paths *paths, struct problem *p)
{
    unsigned exponent;

    if (currency.n == 0)
        currency = SPAN("INR");
    if (!is_currency_text(currency) || money_exponent(&exponent, currency) || !caller_has_currency(r->caller, currency))
        return wrong(p, problem_of_value(r->arena, paths->currency, "is not valid or not enabled", currency));
    if (money_read(out, amount, currency) || !is_within(*out))
        return wrong(p, problem_of_field(r->arena, paths->amount, "Invalid amount entered "));
    return FAULT_NONE;
}

static enum fault check_money(const struct check *c)
{
    static const struct order_money_paths paths = { "order_amount", "order_currency" };

    return order_read_money(&c->n->amount, c->b->amount, c->b->currency, c->r, &paths, c->p);
}

static enum fault check_customer(const struct check *c)
{
    struct span phone = c->b->customer_phone;

    if (!c->b->customer)
        return api_needs_customer(c->r->version) ? wrong(c->p, problem_of_missing(c->r->arena, "customer_details"))
                                                 : FAULT_NONE;
    if (phone.p[0] == '+' && !api_has_foreign_phones(c->r->version))
        return wrong(c->p, problem_of_value(c->r->arena, "customer_details.customer_phone",
                                            "should be a phone number of 10 digits", phone));
    return FAULT_NONE;
}

static bool contains(struct span s, struct span part)
{
    for (size_t i = 0; i + part.n <= s.n; i++)
        if (span_equal((struct span){ s.p + i, part.n }, part))
            return true;
    return false;
}

static enum fault check_https(const struct check *c, const char *path, struct span url)
{
    if (!c->r->live || span_absent(url) || span_starts(url, SPAN("https://")))
        return FAULT_NONE;
    return wrong(c->p, problem_of_value(c->r->arena, path, "url should be https", url));
}

/* Up to 2022-09-01 the return URL had to say where the order id goes (reference 2.15). */
static enum fault check_return_url(const struct check *c)
{
    struct span url = c->b->return_url;
    bool token = api_has_order_token(c->r->version);
    enum fault f = check_https(c, "order_meta.return_url", url);

    if (f || span_absent(url) || c->r->version >= API_2023_08_01)
        return f;
    if (contains(url, SPAN("{order_id}")) && (!token || contains(url, SPAN("{order_token}"))))
        return FAULT_NONE;
    return wrong(c->p, problem_make(400, "return_url_value_invalid",
                                    token ? "return_url : return_url must contain {order_id} and {order_token}"
                                          : "return_url : return_url must contain {order_id}"));
}

static enum fault check_notify_url(const struct check *c)
{
    return check_https(c, "order_meta.notify_url", c->b->notify_url);
}

static bool is_method(struct span name, enum api_version v)
{
    for (size_t i = 0; i < METHODS; i++)
        if (v >= methods[i].from && v <= methods[i].until && span_equal(name, span_of(methods[i].name)))
            return true;
    return false;
}

static enum fault bad_methods(const struct check *c)
{
    char text[METHODS_TEXT];
    struct buf b = BUF(text);

    buf_text(&b, "should be combination of ");
    for (size_t i = 0, shown = 0; i < METHODS; i++) {
        if (c->r->version < methods[i].from || c->r->version > methods[i].until)
            continue;
        if (shown++)
            buf_byte(&b, ',');
        buf_text(&b, methods[i].name);
    }
    buf_byte(&b, '\0');
    return wrong(c->p, problem_of_field(c->r->arena, "order_meta.payment_methods", b.full ? "is not valid" : text));
}

static enum fault check_methods(const struct check *c)
{
    struct span rest = c->b->payment_methods;

    while (rest.n) {
        size_t n = 0;
        while (n < rest.n && rest.p[n] != ',')
            n++;
        if (!is_method(span_trim((struct span){ rest.p, n }), c->r->version) || n + 1 == rest.n)
            return bad_methods(c);
        rest = n < rest.n ? (struct span){ rest.p + n + 1, rest.n - n - 1 } : (struct span){ 0 };
    }
    return FAULT_NONE;
}

static enum fault check_expiry(const struct check *c)
{
    struct json_complaint why = { .why = JSON_WHY_RULE, .path = "order_expiry_time" };

    if (span_absent(c->b->expiry) || !isotime_read(&c->n->expires_ms, c->b->expiry))
        return FAULT_NONE;
    return wrong(c->p, problem_of_complaint(c->r->arena, &why));
}

static enum fault check_terminal(const struct check *c)
{
    if (!c->b->terminal || !span_absent(c->b->terminal_phone) || !span_absent(c->b->cf_terminal_id))
        return FAULT_NONE;
    return wrong(c->p, problem_of_missing(c->r->arena, "terminal.terminal_phone_no"));
}

/* A share of the order: its amount, or a percentage with up to two decimals (which is read like rupees, since
 * these have two as well). */
static enum fault read_share(struct money *out, const struct check *c, const struct order_split *s)
{
    bool by_amount = !span_absent(s->amount);
    const char *path = by_amount ? "order_splits.amount" : "order_splits.percentage";
    enum fault f = by_amount ? money_read(out, s->amount, money_currency(&c->n->amount))
                             : money_read(out, s->percentage, SPAN("INR"));

    if (f || out->minor <= 0 || (!by_amount && out->minor > PERCENT_WHOLE))
        return wrong(c->p, problem_of_field(c->r->arena, path, "Invalid amount entered "));
    return FAULT_NONE;
}

static enum fault check_split(const struct check *c, const struct order_split *s)
{
    if (span_absent(s->vendor_id) && span_absent(s->vendor))
        return wrong(c->p, problem_of_missing(c->r->arena, "order_splits.vendor_id"));
    if (!span_absent(s->vendor_id) && !span_absent(s->vendor) && !span_equal(s->vendor_id, s->vendor))
        return wrong(c->p, problem_of_field(c->r->arena, "order_splits.vendor_id", "should not differ from vendor"));
    if (span_absent(s->amount) && span_absent(s->percentage))
        return wrong(c->p, problem_of_missing(c->r->arena, "order_splits.amount"));
    if (!span_absent(s->amount) && !span_absent(s->percentage))
        return wrong(c->p, problem_of_field(c->r->arena, "order_splits.percentage",
                                            "should not be given together with amount"));
    return FAULT_NONE;
}

static enum fault check_splits(const struct check *c)
{
    int64_t total = c->n->amount.minor, shared = 0;       /* shared: minor units times PERCENT_WHOLE */

    for (size_t i = 0; i < json_count(c->b->splits); i++) {
        struct order_split s = { 0 };
        struct json_complaint why;
        struct money share;
        enum fault f = json_fill(&s, json_member(c->b->splits, i), order_split_fields, c->r->arena, &why);
        if (!f)
            f = check_split(c, &s);
        if (!f)
            f = read_share(&share, c, &s);
        if (f)
            return f;
        /* No share alone may exceed the total, so the sum of ORDER_SPLITS_MAX of them cannot overflow. */
        if (span_absent(s.amount))
            shared += total * share.minor;
        else if (share.minor <= total)
            shared += share.minor * PERCENT_WHOLE;
        else
            shared += (total + 1) * PERCENT_WHOLE;
    }
    if (shared <= total * PERCENT_WHOLE)
        return FAULT_NONE;
    return wrong(c->p, problem_make(400, "api_request_failed",
                                    "Total split amount can not be greater than transaction amount"));
}

enum fault order_check(struct order_new *n, const struct order_body *b, const struct order_rules *r, struct problem *p)
{
    static enum fault (*const checks[])(const struct check *) = {
        check_money, check_customer, check_return_url, check_notify_url, check_methods, check_expiry, check_terminal,
        check_splits,
    };
    const struct check c = { n, b, r, p };
    enum fault f = FAULT_NONE;

    n->order_id = b->order_id;
    n->customer_id = b->customer_id;
    n->note = b->note;
    n->one_account = b->customer_account.n > 0;
    for (size_t i = 0; !f && i < sizeof checks / sizeof *checks; i++)
        f = checks[i](&c);
    return f;
}
