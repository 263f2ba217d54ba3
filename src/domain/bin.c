/* bin.c: issuers by the first digits of their cards. */
#include "domain/bin.h"

#include <assert.h>
#include <stdlib.h>

#include "base/banned.h"

static const uint32_t power[BIN_DIGITS_MAX + 1] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };

#define TEST_BANK(country) country, "TEST", "Test Bank"

static const struct bin test_cards[] = {
    { 222300, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 305693, 6, SCHEME_DINERS,    BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 371449, 6, SCHEME_AMEX,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 378282, 6, SCHEME_AMEX,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 385200, 6, SCHEME_DINERS,    BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 401288, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 406228, 6, SCHEME_VISA,      BIN_DEBIT,  BIN_RETAIL,    TEST_BANK("IN") },
    { 407497, 6, SCHEME_VISA,      BIN_CREDIT, BIN_CORPORATE, TEST_BANK("IN") },
    { 411111, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 411146, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "AXIS", "Axis Bank" },
    { 411153, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "INDUS", "IndusInd Bank" },
    { 411156, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "BOB", "Bank of Baroda" },
    { 411158, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "AU", "AU Small Finance Bank" },
    { 411159, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "FEDERAL", "Federal Bank" },
    { 411165, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "YES", "Yes Bank" },
    { 411166, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "HSBC", "HSBC" },
    { 411252, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "CITI", "Citibank" },
    { 413688, 6, SCHEME_VISA,      BIN_CREDIT, BIN_PREMIUM,   TEST_BANK("IN") },
    { 415527, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 424242, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("US") },
    { 436390, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "KOTAK", "Kotak Mahindra Bank" },
    { 436534, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 438624, 6, SCHEME_VISA,      BIN_DEBIT,  BIN_RETAIL,    "IN", "HDFC", "HDFC Bank" },
    { 444433, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 446605, 6, SCHEME_VISA,      BIN_CREDIT, BIN_PREMIUM,   TEST_BANK("IN") },
    { 457623, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 462271, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "SCB", "Standard Chartered Bank" },
    { 466535, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 470613, 6, SCHEME_VISA,      BIN_DEBIT,  BIN_RETAIL,    TEST_BANK("IN") },
    { 474846, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    "IN", "ICICI", "ICICI Bank" },
    { 477035, 6, SCHEME_VISA,      BIN_CREDIT, BIN_CORPORATE, TEST_BANK("IN") },
    { 483830, 6, SCHEME_VISA,      BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 510510, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 517653, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 520386, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_PREMIUM,   TEST_BANK("IN") },
    { 524253, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_PREMIUM,   TEST_BANK("IN") },
    { 524877, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 533983, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 540916, 6, SCHEME_MASTERCARD,BIN_DEBIT,  BIN_RETAIL,    TEST_BANK("IN") },
    { 544405, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 544585, 6, SCHEME_MASTERCARD,BIN_DEBIT,  BIN_RETAIL,    TEST_BANK("IN") },
    { 550690, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_CORPORATE, TEST_BANK("IN") },
    { 555219, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_CORPORATE, TEST_BANK("IN") },
    { 555555, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 559423, 6, SCHEME_MASTERCARD,BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 607482, 6, SCHEME_RUPAY,     BIN_DEBIT,  BIN_RETAIL,    TEST_BANK("IN") },
    { 652859, 6, SCHEME_RUPAY,     BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
    { 652925, 6, SCHEME_RUPAY,     BIN_CREDIT, BIN_RETAIL,    TEST_BANK("IN") },
};

/* What a card of these digits is searched by: a prefix of the table. */
struct key { uint32_t prefix; uint8_t digits; };

/* The prefix filled up with zeros to BIN_DIGITS_MAX digits. */
static uint32_t filled(uint32_t prefix, uint8_t digits)
{
    return prefix * power[BIN_DIGITS_MAX - digits];
}

/* Below, equal, above: by place in the table. */
static int compare_place(struct key a, struct key b)
{
    uint32_t x = filled(a.prefix, a.digits), y = filled(b.prefix, b.digits);

    return x != y ? (x > y) - (x < y) : (a.digits > b.digits) - (a.digits < b.digits);
}

static int compare_row(const void *key, const void *member)
{
    const struct bin *row = member;

    return compare_place(*(const struct key *)key, (struct key){ row->prefix, row->digits });
}

static uint32_t six_of(uint32_t number, uint8_t digits)
{
    return number / power[digits - BIN_DIGITS_MIN];
}

/* `number` has `digits` digits, BIN_DIGITS_MIN to BIN_DIGITS_MAX. */
static struct bin look_up(const struct bin_table *t, uint32_t number, uint8_t digits)
{
    for (uint8_t n = digits; t->n > 0 && n >= BIN_DIGITS_MIN; n--) {
        struct key key = { number / power[digits - n], n };
        const struct bin *row = bsearch(&key, t->rows, t->n, sizeof *t->rows, compare_row);
        if (row)
            return *row;
    }
    return (struct bin){ .scheme = scheme_of_iin(six_of(number, digits)) };
}

const struct bin_table *bin_test_cards(void)
{
    static const struct bin_table table = { test_cards, sizeof test_cards / sizeof *test_cards };

    return &table;
}

static bool is_row_sound(const struct bin *row)
{
    if (row->digits < BIN_DIGITS_MIN || row->digits > BIN_DIGITS_MAX || row->prefix >= power[row->digits])
        return false;
    if (row->scheme == SCHEME_UNKNOWN || row->scheme != scheme_of_iin(six_of(row->prefix, row->digits)))
        return false;
    return row->type != BIN_TYPE_UNKNOWN && row->type < BIN_TYPES && row->sub != BIN_SUB_UNKNOWN && row->sub < BIN_SUBS
        && row->issuer && row->code && row->country;
}

bool bin_table_is_sound(const struct bin_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct bin *row = &t->rows[i];
        if (!is_row_sound(row))
            return false;
        if (i > 0 && compare_row(&(struct key){ row[-1].prefix, row[-1].digits }, row) >= 0)
            return false;
    }
    return true;
}

struct bin bin_of8(const struct bin_table *t, struct pan_bin8 first)
{
    assert(first.number < power[BIN_DIGITS_MAX]);
    return look_up(t, first.number, BIN_DIGITS_MAX);
}

enum fault bin_of_text(struct bin *out, const struct bin_table *t, struct span digits)
{
    uint8_t n = digits.n < BIN_DIGITS_MAX ? (uint8_t)digits.n : BIN_DIGITS_MAX;
    uint64_t number;

    if (digits.n < BIN_DIGITS_MIN || digits.n > BIN_TEXT_MAX)
        return FAULT_BAD_INPUT;
    if (span_u64(&number, digits, UINT64_MAX) != FAULT_NONE)
        return FAULT_BAD_INPUT;
    for (size_t i = n; i < digits.n; i++)
        number /= 10;
    *out = look_up(t, (uint32_t)number, n);
    return FAULT_NONE;
}

const char *bin_type_name(enum bin_type t, enum bin_words words)
{
    static const char *const names[BIN_TYPES][BIN_WORDS] = {
        [BIN_CREDIT]  = { "CREDIT",  "CC", "credit_card",  "CREDIT_CARD",  "credit" },
        [BIN_DEBIT]   = { "DEBIT",   "DC", "debit_card",   "DEBIT_CARD",   "debit" },
        [BIN_PREPAID] = { "PREPAID", "DC", "prepaid_card", "PREPAID_CARD", "prepaid" },
    };

    assert(t < BIN_TYPES && words < BIN_WORDS);
    return names[t][words];
}

const char *bin_sub_letter(enum bin_sub s)
{
    static const char *const letters[BIN_SUBS] = { NULL, "R", "P", "C" };

    assert(s < BIN_SUBS);
    return letters[s];
}

const char *bin_sub_name(enum bin_sub s)
{
    static const char *const names[BIN_SUBS] = { NULL, "retail", "premium", "corporate" };

    assert(s < BIN_SUBS);
    return names[s];
}
