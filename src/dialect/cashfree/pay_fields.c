/* pay_fields.c: payment_method of Order Pay, whatever it is but a card (reference 2.7). */
#include "dialect/cashfree/pay.h"

#include "dialect/cashfree/rules.h"

#include "base/banned.h"

/* Field names whose values no message repeats. */
static const char *const secrets[] = {
    "card_number", "card_cvv", "card_expiry_mm", "card_expiry_yy", "cryptogram", "otp", "instrument_uid",
};

struct methods {
    const struct json_node *card, *upi, *netbanking, *app, *paylater, *cardless_emi, *emi, *banktransfer;
};

#define METHOD(key) { .name = #key, .type = JSON_OBJECT, .at = offsetof(struct methods, key) }
static const struct json_field method_fields[] = {
    METHOD(card), METHOD(upi), METHOD(netbanking), METHOD(app), METHOD(paylater), METHOD(cardless_emi), METHOD(emi),
    METHOD(banktransfer), JSON_END
};

/* All that the members below have; each table takes what is its own. */
struct method {
    struct span channel, handle, name, provider, phone;
    int64_t minutes, months;
    bool redirect, authorise_only;
};

enum step orderpay_refuse(struct exchange *x, struct problem p)
{
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

enum step orderpay_refuse_field(struct exchange *x, const char *name, const char *text)
{
    return orderpay_refuse(x, problem_of_field(x->arena, name, text));
}

enum step orderpay_refuse_missing(struct exchange *x, const char *name)
{
    return orderpay_refuse(x, problem_of_missing(x->arena, name));
}

bool orderpay_are_digits(struct span s, size_t least, size_t most)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n >= least && s.n <= most;
}

enum step orderpay_fill(struct exchange *x, void *into, const struct json_node *node, const struct json_field *fields)
{
    struct json_complaint why;
    enum fault f = json_fill(into, node, fields, x->arena, &why);

    if (f == FAULT_NONE)
        return STEP_GO;
    if (f != FAULT_BAD_INPUT)
        return orderpay_refuse(x, problem_of_fault(f));
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (span_equal(span_of(why.path), span_of(secrets[i])))
            why.received = (struct span){ 0 };
    return orderpay_refuse(x, problem_of_complaint(x->arena, &why));
}

/* A UPI address: a name of letters, digits, '.', '-' and '_', '@', and the handle of its provider. */
static bool rule_vpa(struct span s)
{
    size_t at = 0;

    while (at < s.n && s.p[at] != '@')
        at++;
    if (at < 2 || s.n - at < 3)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool word = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (i != at && !word && (i > at || (c != '.' && c != '-' && c != '_')))
            return false;
    }
    return true;
}

#define AT(member) .at = offsetof(struct method, member)
#define CHANNEL(list) { .name = "channel", .type = JSON_TEXT, .required = true, .one_of = (list), AT(channel) }
#define PHONE { .name = "phone", .type = JSON_TEXT_OR_INT, .required = true, .rule = rule_phone, AT(phone) }
#define PROVIDER(list) { .name = "provider", .type = JSON_TEXT, .required = true, .one_of = (list), AT(provider) }

static const char *const link_only[] = { "link", NULL };
static const char *const upi_channels[] = { "link", "collect", "qrcode", "podQrCode", NULL };
static const char *const apps[] = {
    "gpay", "phonepe", "ola", "paytm", "amazon", "airtel", "freecharge", "mobikwik", "jio", NULL
};
static const char *const app_channels[] = {
    "link", "gpay", "phonepe", "ola", "paytm", "amazon", "airtel", "freecharge", "mobikwik", "jio", NULL
};
static const char *const later[] = {
    "kotak", "flexipay", "zestmoney", "lazypay", "olapostpaid", "simpl", "freechargepaylater", NULL
};
static const char *const lenders[] = {
    "flexmoney", "zestmoney", "hdfc", "icici", "cashe", "idfc", "kotak", "snapmint", "bharatx", NULL
};

static const struct json_field upi_fields[] = {
    CHANNEL(upi_channels),
    { .name = "upi_id", .type = JSON_TEXT, .max = PAYMENT_HANDLE_MAX, .rule = rule_vpa, AT(handle) },
    { .name = "upi_redirect_url", .type = JSON_BOOL, AT(redirect) },
    { .name = "upi_expiry_minutes", .type = JSON_INT, .min = PAY_UPI_MINUTES_MIN, .max = PAY_UPI_MINUTES_MAX,
      AT(minutes) },
    { .name = "authorize_only", .type = JSON_BOOL, AT(authorise_only) },
    JSON_END
};
static const struct json_field netbanking_fields[] = {
    CHANNEL(link_only),
    { .name = "netbanking_bank_code", .type = JSON_TEXT_OR_INT, AT(handle) },
    { .name = "netbanking_bank_name", .type = JSON_TEXT, AT(name) },
    JSON_END
};
static const struct json_field app_fields[] = { CHANNEL(link_only), PROVIDER(apps), PHONE, JSON_END };
static const struct json_field old_app_fields[] = {
    CHANNEL(app_channels), { .name = "provider", .type = JSON_TEXT, .one_of = apps, AT(provider) }, PHONE, JSON_END
};
static const struct json_field later_fields[] = { CHANNEL(link_only), PROVIDER(later), PHONE, JSON_END };
static const struct json_field lender_fields[] = {
    CHANNEL(link_only), PROVIDER(lenders), PHONE,
    { .name = "emi_tenure", .type = JSON_INT, .min = 1, .max = PAY_EMI_MONTHS_MAX, AT(months) },
    JSON_END
};
static const struct json_field transfer_fields[] = { CHANNEL(link_only), JSON_END };

static struct pay *pay_of(const struct exchange *x)
{
    return x->state;
}

static enum step read_upi(struct exchange *x, const struct json_node *node)
{
    struct pay_wish *w = &pay_of(x)->job.wish;
    struct method m = { .minutes = 0 };

    if (orderpay_fill(x, &m, node, upi_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    w->method = PAYMENT_BY_UPI;
    pay_of(x)->channel = m.channel;
    w->channel = span_equal(m.channel, SPAN("link")) ? PAYMENT_LINK
                 : span_equal(m.channel, SPAN("collect")) ? PAYMENT_COLLECT : PAYMENT_QRCODE;
    if (w->channel != PAYMENT_COLLECT)
        return m.authorise_only ? orderpay_refuse_field(x, "authorize_only", "is for channel collect only") : STEP_GO;
    if (span_absent(m.handle))
        return orderpay_refuse_missing(x, "upi_id");
    w->handle = m.handle;
    w->authorise_only = m.authorise_only;
    w->upi_minutes = m.minutes ? (int)m.minutes : PAY_UPI_MINUTES_MIN;
    pay_of(x)->redirect = m.redirect;
    return STEP_GO;
}

static bool is_bank_name(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 'A' || s.p[i] > 'Z')
            return false;
    return s.n == 5;
}

static enum step read_netbanking(struct exchange *x, const struct json_node *node)
{
    struct pay_wish *w = &pay_of(x)->job.wish;
    struct method m = { .minutes = 0 };

    if (orderpay_fill(x, &m, node, netbanking_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    w->method = PAYMENT_BY_NETBANKING;
    pay_of(x)->channel = m.channel;
    if (span_absent(m.handle) && span_absent(m.name))
        return orderpay_refuse_missing(x, "netbanking_bank_code");
    if (!span_absent(m.handle) && !orderpay_are_digits(m.handle, 4, 4))
        return orderpay_refuse(x, problem_of_value(x->arena, "netbanking_bank_code",
                                                   "should be a bank code of 4 digits", m.handle));
    if (span_absent(m.handle) && !is_bank_name(m.name))
        return orderpay_refuse(x, problem_of_value(x->arena, "netbanking_bank_name",
                                                   "should be a bank name of 5 capitals", m.name));
    w->handle = span_absent(m.handle) ? m.name : m.handle;
    return STEP_GO;
}

/* A provider, and the payer's phone number. */
static enum step read_provider(struct exchange *x, const struct json_node *node, const struct json_field *fields,
                               enum payment_method method)
{
    struct pay_wish *w = &pay_of(x)->job.wish;
    struct method m = { .minutes = 0 };

    if (orderpay_fill(x, &m, node, fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    w->method = method;
    w->handle = span_absent(m.provider) ? m.channel : m.provider;
    w->phone = m.phone;
    w->emi_months = (int)m.months;
    pay_of(x)->channel = m.channel;
    if (fields == old_app_fields && span_equal(w->handle, SPAN("link")))
        return orderpay_refuse_missing(x, "provider");
    return STEP_GO;
}

/* Those lenders want to know for how long (reference 2.7). */
static enum step read_lender(struct exchange *x, const struct json_node *node)
{
    static const char *const ask_tenure[] = { "hdfc", "icici", "cashe", "idfc", "kotak" };
    const struct pay_wish *w = &pay_of(x)->job.wish;

    if (read_provider(x, node, lender_fields, PAYMENT_BY_CARDLESS_EMI) == STEP_ANSWERED)
        return STEP_ANSWERED;
    for (size_t i = 0; i < sizeof ask_tenure / sizeof *ask_tenure; i++)
        if (w->emi_months == 0 && span_equal(w->handle, span_of(ask_tenure[i])))
            return orderpay_refuse_missing(x, "emi_tenure");
    return STEP_GO;
}

static enum step read_transfer(struct exchange *x, const struct json_node *node)
{
    struct method m = { .minutes = 0 };

    if (orderpay_fill(x, &m, node, transfer_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    pay_of(x)->job.wish.method = PAYMENT_BY_BANKTRANSFER;
    pay_of(x)->channel = m.channel;
    return STEP_GO;
}

struct keys { size_t n; struct span first; };

static bool count_key(void *arg, struct span key, struct span value)
{
    struct keys *k = arg;

    (void)value;
    if (k->n++ == 0)
        k->first = key;
    return true;
}

/* One key, and one of ours. What a checkout alone takes has no object here. */
static enum step check_keys(struct exchange *x, const struct json_node *method, const struct methods *m)
{
    struct keys keys = { 0 };

    json_each(method, count_key, &keys);
    if (keys.n != 1)
        return orderpay_refuse_field(x, "payment_method", "should have exactly one key");
    if (m->card || m->upi || m->netbanking || m->app || m->paylater || m->cardless_emi || m->emi || m->banktransfer)
        return STEP_GO;
    if (span_equal(keys.first, SPAN("applepay")) || span_equal(keys.first, SPAN("others"))
        || span_equal(keys.first, SPAN("paypal")))
        return orderpay_refuse(x, problem_make(400, "payment_method_unsupported",
                                               "payment_method : is available through the checkout only"));
    return orderpay_refuse_field(x, "payment_method",
                                 "should be card upi netbanking app paylater cardless_emi emi banktransfer");
}

enum step orderpay_read_method(struct exchange *x, const struct json_node *method)
{
    struct methods m = { .card = NULL };

    if (orderpay_fill(x, &m, method, method_fields) == STEP_ANSWERED || check_keys(x, method, &m) == STEP_ANSWERED)
        return STEP_ANSWERED;
    pay_of(x)->job.wish.channel = PAYMENT_LINK;
    if (m.card)
        return orderpay_read_card(x, m.card);
    if (m.emi)
        return orderpay_read_emi(x, m.emi);
    if (m.upi)
        return read_upi(x, m.upi);
    if (m.netbanking)
        return read_netbanking(x, m.netbanking);
    if (m.app)
        return read_provider(x, m.app, pay_of(x)->call.version < API_2022_09_01 ? old_app_fields : app_fields,
                             PAYMENT_BY_APP);
    if (m.paylater)
        return read_provider(x, m.paylater, later_fields, PAYMENT_BY_PAYLATER);
    return m.cardless_emi ? read_lender(x, m.cardless_emi) : read_transfer(x, m.banktransfer);
}
