/* offer.c: what an order may be paid with. */
#include "service/offer.h"

#include "base/json_in.h"

#include "base/banned.h"

enum { EIGHT = 8 };                  /* digits of pan_bin8 */

/* payment_methods' words (reference 2.4, 2.15), and those of payment_methods_filters.methods. A word for a way to pay
 * that this server does not have offers nothing. */
static const struct { const char *word; unsigned bits; } words[] = {
    { "cc", OFFER_CREDIT }, { "dc", OFFER_DEBIT }, { "ppc", OFFER_PREPAID }, { "ccc", OFFER_CORPORATE },
    { "upi", OFFER_UPI }, { "nb", OFFER_NETBANKING }, { "app", OFFER_APP }, { "paylater", OFFER_PAYLATER },
    { "cardlessemi", OFFER_CARDLESS_EMI }, { "ccemi", OFFER_CREDIT_EMI }, { "dcemi", OFFER_DEBIT_EMI },
    { "emi", OFFER_CREDIT_EMI | OFFER_DEBIT_EMI }, { "banktransfer", OFFER_BANKTRANSFER }, { "paypal", OFFER_PAYPAL },
    { "credit_card", OFFER_CREDIT }, { "debit_card", OFFER_DEBIT }, { "prepaid_card", OFFER_PREPAID },
    { "corporate_credit_card", OFFER_CORPORATE }, { "upi_credit_card", OFFER_UPI }, { "upi_ppi", OFFER_UPI },
    { "netbanking", OFFER_NETBANKING }, { "wallet", OFFER_APP }, { "cardless_emi", OFFER_CARDLESS_EMI },
    { "credit_card_emi", OFFER_CREDIT_EMI }, { "debit_card_emi", OFFER_DEBIT_EMI },
};

/* The stored fragment, as a dialect wrote it. */
struct meta { struct span return_url, notify_url, methods; const struct json_node *filters; };
struct filters { const struct json_node *methods, *filters; };
struct said { struct span action; const struct json_node *values; };

/* Lists of one filter: in objects with an action, or flat. */
struct nested { const struct json_node *bins, *schemes, *suffix, *banks; };
struct flat {
    const struct json_node *bins, *schemes, *suffix, *banks, *emi_bins, *emi_schemes, *emi_suffix, *emi_banks;
    int64_t months;
};

static const struct json_field meta_fields[] = {
    { .name = "return_url", .type = JSON_TEXT, .at = offsetof(struct meta, return_url) },
    { .name = "notify_url", .type = JSON_TEXT, .at = offsetof(struct meta, notify_url) },
    { .name = "payment_methods", .type = JSON_TEXT, .at = offsetof(struct meta, methods) },
    { .name = "payment_methods_filters", .type = JSON_OBJECT, .at = offsetof(struct meta, filters) },
    JSON_END
};

static const struct json_field filters_fields[] = {
    { .name = "methods", .type = JSON_OBJECT, .at = offsetof(struct filters, methods) },
    { .name = "filters", .type = JSON_OBJECT, .at = offsetof(struct filters, filters) },
    JSON_END
};

static const struct json_field said_fields[] = {
    { .name = "action", .type = JSON_TEXT, .at = offsetof(struct said, action) },
    { .name = "values", .type = JSON_VALUES, .at = offsetof(struct said, values) },
    JSON_END
};

static const struct json_field nested_fields[] = {
    { .name = "card_bins", .type = JSON_OBJECT, .at = offsetof(struct nested, bins) },
    { .name = "card_schemes", .type = JSON_OBJECT, .at = offsetof(struct nested, schemes) },
    { .name = "card_suffix", .type = JSON_OBJECT, .at = offsetof(struct nested, suffix) },
    { .name = "card_issuing_bank", .type = JSON_OBJECT, .at = offsetof(struct nested, banks) },
    JSON_END
};

static const struct json_field flat_fields[] = {
    { .name = "card_bins", .type = JSON_VALUES, .at = offsetof(struct flat, bins) },
    { .name = "card_schemes", .type = JSON_VALUES, .at = offsetof(struct flat, schemes) },
    { .name = "card_suffix", .type = JSON_VALUES, .at = offsetof(struct flat, suffix) },
    { .name = "card_issuing_bank", .type = JSON_VALUES, .at = offsetof(struct flat, banks) },
    { .name = "card_emi_bins", .type = JSON_VALUES, .at = offsetof(struct flat, emi_bins) },
    { .name = "card_emi_schemes", .type = JSON_VALUES, .at = offsetof(struct flat, emi_schemes) },
    { .name = "card_emi_suffix", .type = JSON_VALUES, .at = offsetof(struct flat, emi_suffix) },
    { .name = "card_emi_issuing_bank", .type = JSON_VALUES, .at = offsetof(struct flat, emi_banks) },
    { .name = "card_emi_tenure", .type = JSON_INT, .at = offsetof(struct flat, months) },
    JSON_END
};

static unsigned bits_of(struct span word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_equal(word, span_of(words[i].word)))
            return words[i].bits;
    return 0;
}

static unsigned bits_of_list(struct span csv)
{
    unsigned bits = 0;

    for (size_t at = 0, end; at < csv.n; at = end + 1) {
        for (end = at; end < csv.n && csv.p[end] != ','; end++)
            ;
        bits |= bits_of(span_trim((struct span){ csv.p + at, end - at }));
    }
    return bits;
}

MUST_CHECK static enum fault read_words(struct offer_words *out, struct arena *a, const struct json_node *list)
{
    *out = (struct offer_words){ .deny = out->deny };
    if (json_count(list) > OFFER_BINS_MAX)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < json_count(list); i++) {
        struct span value = json_value(list, i, a);
        if (span_absent(value))
            return FAULT_INTERNAL;
        out->at[out->n++] = value;
    }
    return FAULT_NONE;
}

/* A name of no scheme of ours stands as SCHEME_UNKNOWN, so that a list of such names is not taken for none. */
static unsigned schemes_of(const struct offer_words *names)
{
    unsigned set = 0;

    for (size_t i = 0; i < names->n; i++) {
        enum scheme s = SCHEME_UNKNOWN;
        enum fault f = scheme_read(&s, names->at[i]);
        set |= 1u << (f ? SCHEME_UNKNOWN : s);
    }
    return names->deny && set ? ~set : set;
}

MUST_CHECK static enum fault read_said(struct offer_words *out, struct arena *a, const struct json_node *node)
{
    struct said said = { 0 };
    struct json_complaint why;

    if (!node)
        return FAULT_NONE;
    if (json_fill(&said, node, said_fields, a, &why))
        return FAULT_INTERNAL;
    out->deny = span_equal(said.action, SPAN("DENY"));
    return read_words(out, a, said.values);
}

MUST_CHECK static enum fault read_nested(struct offer *o, struct arena *a, const struct nested *n)
{
    struct offer_words schemes = { .n = 0 };
    enum fault f = read_said(&o->bins, a, n->bins);

    if (!f)
        f = read_said(&o->suffixes, a, n->suffix);
    if (!f)
        f = read_said(&o->banks, a, n->banks);
    if (!f)
        f = read_said(&schemes, a, n->schemes);
    o->schemes = schemes_of(&schemes);
    return f;
}

MUST_CHECK static enum fault read_flat(struct offer *o, struct arena *a, const struct flat *n)
{
    struct offer_words schemes = { .n = 0 }, emi_schemes = { .n = 0 };
    const struct { struct offer_words *to; const struct json_node *from; } lists[] = {
        { &o->bins, n->bins }, { &o->suffixes, n->suffix }, { &o->banks, n->banks }, { &schemes, n->schemes },
        { &o->emi.bins, n->emi_bins }, { &o->emi.suffixes, n->emi_suffix }, { &o->emi.banks, n->emi_banks },
        { &emi_schemes, n->emi_schemes },
    };
    enum fault f = FAULT_NONE;

    for (size_t i = 0; !f && i < sizeof lists / sizeof *lists; i++)
        f = read_words(lists[i].to, a, lists[i].from);
    o->schemes = schemes_of(&schemes);
    o->emi.schemes = schemes_of(&emi_schemes);
    o->emi.months = n->months;
    return f;
}

/* Which of the two forms it is only the values tell: the fragment does not say which version wrote it. */
MUST_CHECK static enum fault read_filters(struct offer *o, struct arena *a, const struct json_node *node)
{
    struct nested nested = { 0 };
    struct flat flat = { 0 };
    struct json_complaint why;

    if (!node)
        return FAULT_NONE;
    if (!json_fill(&nested, node, nested_fields, a, &why))
        return read_nested(o, a, &nested);
    return json_fill(&flat, node, flat_fields, a, &why) ? FAULT_INTERNAL : read_flat(o, a, &flat);
}

MUST_CHECK static enum fault read_methods(struct offer *o, struct arena *a, const struct json_node *node)
{
    struct offer_words said = { .n = 0 };
    unsigned bits = 0;
    enum fault f = read_said(&said, a, node);

    for (size_t i = 0; i < said.n; i++)
        bits |= bits_of(said.at[i]);
    if (said.n)
        o->methods &= bits;
    return f;
}

enum fault offer_read(struct offer *out, struct arena *a, struct span meta)
{
    struct meta m = { 0 };
    struct filters filters = { 0 };
    const struct json_node *root;
    struct json_complaint why;
    enum fault f;

    *out = (struct offer){ .methods = OFFER_ALL };
    if (span_absent(meta))
        return FAULT_NONE;
    if (json_read(&root, a, meta, &why) || json_fill(&m, root, meta_fields, a, &why))
        return FAULT_INTERNAL;
    out->return_url = m.return_url;
    out->notify_url = m.notify_url;
    if (m.methods.n)
        out->methods = bits_of_list(m.methods);
    if (!m.filters)
        return FAULT_NONE;
    if (json_fill(&filters, m.filters, filters_fields, a, &why))
        return FAULT_INTERNAL;
    f = read_methods(out, a, filters.methods);
    return f ? f : read_filters(out, a, filters.filters);
}

bool offer_allows(const struct offer *o, enum payment_method m)
{
    static const unsigned bits[PAYMENT_METHODS] = {
        [PAYMENT_BY_CARD] = OFFER_CARDS, [PAYMENT_BY_UPI] = OFFER_UPI, [PAYMENT_BY_NETBANKING] = OFFER_NETBANKING,
        [PAYMENT_BY_APP] = OFFER_APP, [PAYMENT_BY_PAYLATER] = OFFER_PAYLATER,
        [PAYMENT_BY_CARDLESS_EMI] = OFFER_CARDLESS_EMI, [PAYMENT_BY_EMI] = OFFER_CREDIT_EMI | OFFER_DEBIT_EMI,
        [PAYMENT_BY_BANKTRANSFER] = OFFER_BANKTRANSFER,
    };

    return m < PAYMENT_METHODS && (o->methods & bits[m]);
}

static bool has_bin(struct span value, struct pan_bin8 bin8)
{
    uint32_t prefix = bin8.number;
    uint64_t wanted;

    if (value.n > EIGHT)              /* of a longer one we know no more */
        value.n = EIGHT;
    if (span_u64(&wanted, value, UINT32_MAX))
        return false;
    for (size_t n = EIGHT; n > value.n; n--)
        prefix /= 10;
    return wanted == prefix;
}

static bool has_suffix(struct span value, struct pan_last4 last4)
{
    struct span digits = span_of(last4.text);

    if (value.n == 0 || value.n > digits.n)
        return false;
    return span_equal(value, (struct span){ digits.p + digits.n - value.n, value.n });
}

static bool has_bank(struct span value, const struct bin *bin)
{
    return (bin->code && span_equal_nocase(value, span_of(bin->code)))
           || (bin->issuer && span_equal_nocase(value, span_of(bin->issuer)));
}

/* A card as the filters see it. */
struct seen { const struct bin *bin; struct pan_bin8 bin8; struct pan_last4 last4; };

static bool is_bin(struct span value, const struct seen *card) { return has_bin(value, card->bin8); }
static bool is_suffix(struct span value, const struct seen *card) { return has_suffix(value, card->last4); }
static bool is_bank(struct span value, const struct seen *card) { return has_bank(value, card->bin); }

static bool passes(const struct offer_words *w, const struct seen *card,
                   bool (*is)(struct span value, const struct seen *card))
{
    if (w->n == 0)
        return true;
    for (size_t i = 0; i < w->n; i++)
        if (is(w->at[i], card))
            return !w->deny;
    return w->deny;
}

static bool has_scheme(unsigned schemes, const struct bin *bin)
{
    return schemes == 0 || (schemes & (1u << bin->scheme));
}

static bool passes_filters(const struct offer *o, const struct seen *card)
{
    return has_scheme(o->schemes, card->bin) && passes(&o->bins, card, is_bin)
           && passes(&o->suffixes, card, is_suffix) && passes(&o->banks, card, is_bank);
}

static unsigned kind_of(const struct bin *bin)
{
    switch (bin->type) {
    case BIN_DEBIT:
        return OFFER_DEBIT;
    case BIN_PREPAID:
        return OFFER_PREPAID;
    case BIN_CREDIT:
    case BIN_TYPE_UNKNOWN:
    case BIN_TYPES:
        break;
    }
    return bin->sub == BIN_CORPORATE ? OFFER_CORPORATE : OFFER_CREDIT;
}

bool offer_allows_card(const struct offer *o, const struct bin *bin, struct pan_bin8 bin8, struct pan_last4 last4)
{
    const struct seen card = { bin, bin8, last4 };

    return (o->methods & kind_of(bin)) && passes_filters(o, &card);
}

bool offer_allows_emi(const struct offer *o, const struct bin *bin, struct pan_bin8 bin8, struct pan_last4 last4,
                      int64_t months)
{
    const struct seen card = { bin, bin8, last4 };
    unsigned kind = bin->type == BIN_DEBIT ? OFFER_DEBIT_EMI : OFFER_CREDIT_EMI;

    return (o->methods & kind) && passes_filters(o, &card) && has_scheme(o->emi.schemes, bin)
           && passes(&o->emi.bins, &card, is_bin) && passes(&o->emi.suffixes, &card, is_suffix)
           && passes(&o->emi.banks, &card, is_bank) && (o->emi.months == 0 || o->emi.months == months);
}
