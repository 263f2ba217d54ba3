/* Issuers: the longest prefix wins, and of what nobody listed nothing is claimed. */
#include "domain/bin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

#define ROW(prefix, digits, name) \
    { prefix, digits, SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "IN", "X", name }

static const struct bin nested_rows[] = {
    ROW(400000, 6, "six"), ROW(4000000, 7, "seven"), ROW(40000000, 8, "eight"), ROW(40000001, 8, "eight, one"),
    ROW(4000001, 7, "seven, one"), ROW(40000015, 8, "eight, fifteen"), ROW(41000005, 8, "alone"),
};
static const struct bin_table nested = { nested_rows, sizeof nested_rows / sizeof *nested_rows };

static const char *issuer_of8(uint32_t number)
{
    return bin_of8(&nested, (struct pan_bin8){ number }).issuer;
}

static void the_longest_prefix_wins(void **state)
{
    (void)state;
    assert_true(bin_table_is_sound(&nested));
    assert_string_equal(issuer_of8(40000000), "eight");
    assert_string_equal(issuer_of8(40000001), "eight, one");
    assert_string_equal(issuer_of8(40000002), "seven");
    assert_string_equal(issuer_of8(40000014), "seven, one");
    assert_string_equal(issuer_of8(40000015), "eight, fifteen");
    assert_string_equal(issuer_of8(40000020), "six");
    assert_string_equal(issuer_of8(40000099), "six");
    assert_string_equal(issuer_of8(41000005), "alone");
    assert_null(issuer_of8(41000006));
    assert_null(issuer_of8(40000100));
    assert_null(issuer_of8(39999999));
    assert_null(issuer_of8(0));
    assert_null(issuer_of8(99999999));
}

static struct bin of6(const struct bin_table *t, uint32_t number)
{
    char text[16];
    struct bin b;

    (void)snprintf(text, sizeof text, "%06u", (unsigned)number);
    assert_int_equal(bin_of_text(&b, t, span_of(text)), FAULT_NONE);
    return b;
}

static void six_digits_find_no_longer_row(void **state)
{
    (void)state;
    assert_string_equal(of6(&nested, 400000).issuer, "six");
    assert_null(of6(&nested, 410000).issuer);
}

static void a_bin_nobody_listed_has_its_scheme_and_nothing_else(void **state)
{
    static const struct bin_table empty;
    struct bin b = bin_of8(&empty, (struct pan_bin8){ 60748259 });

    (void)state;
    assert_int_equal(b.scheme, SCHEME_RUPAY);
    assert_int_equal(b.digits, 0);
    assert_int_equal(b.type, BIN_TYPE_UNKNOWN);
    assert_int_equal(b.sub, BIN_SUB_UNKNOWN);
    assert_null(b.issuer);
    assert_null(b.code);
    assert_null(b.country);
    assert_int_equal(of6(&empty, 700000).scheme, SCHEME_UNKNOWN);
}

static struct bin test_card(const char *digits)
{
    AUTO_PAN p = { 0 };

    assert_int_equal(pan_read(&p, span_of(digits)), PAN_FINE);
    return bin_of8(bin_test_cards(), pan_bin8(&p));
}

static void the_published_test_cards_are_listed(void **state)
{
    static const struct { const char *digits; enum scheme s; enum bin_type type; enum bin_sub sub; const char *code; }
    cards[] = {
        { "4706131211212123", SCHEME_VISA, BIN_DEBIT, BIN_RETAIL, "TEST" },
        { "4062288312345026", SCHEME_VISA, BIN_DEBIT, BIN_RETAIL, "TEST" },
        { "4576238912771450", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "TEST" },
        { "4444333322221111", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "TEST" },
        { "4466050254381183", SCHEME_VISA, BIN_CREDIT, BIN_PREMIUM, "TEST" },
        { "4136880012657791", SCHEME_VISA, BIN_CREDIT, BIN_PREMIUM, "TEST" },
        { "4074970084343075", SCHEME_VISA, BIN_CREDIT, BIN_CORPORATE, "TEST" },
        { "4770355457382883", SCHEME_VISA, BIN_CREDIT, BIN_CORPORATE, "TEST" },
        { "5409162669381034", SCHEME_MASTERCARD, BIN_DEBIT, BIN_RETAIL, "TEST" },
        { "5445856839524391", SCHEME_MASTERCARD, BIN_DEBIT, BIN_RETAIL, "TEST" },
        { "5105105105105100", SCHEME_MASTERCARD, BIN_CREDIT, BIN_RETAIL, "TEST" },
        { "5176539438527826", SCHEME_MASTERCARD, BIN_CREDIT, BIN_RETAIL, "TEST" },
        { "5242535837492075", SCHEME_MASTERCARD, BIN_CREDIT, BIN_PREMIUM, "TEST" },
        { "5203860658394375", SCHEME_MASTERCARD, BIN_CREDIT, BIN_PREMIUM, "TEST" },
        { "5552190758372734", SCHEME_MASTERCARD, BIN_CREDIT, BIN_CORPORATE, "TEST" },
        { "5506908329471983", SCHEME_MASTERCARD, BIN_CREDIT, BIN_CORPORATE, "TEST" },
        { "6074825972083818", SCHEME_RUPAY, BIN_DEBIT, BIN_RETAIL, "TEST" },
        { "6074828163369590", SCHEME_RUPAY, BIN_DEBIT, BIN_RETAIL, "TEST" },
        { "6528591234543575", SCHEME_RUPAY, BIN_CREDIT, BIN_RETAIL, "TEST" },
        { "4111111111111111", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "TEST" },
        { "4838305610460100", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "TEST" },
        { "4111464776554152", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "AXIS" },
        { "4622718532023725", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "SCB" },
        { "4748466123467526", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "ICICI" },
        { "4363907055315237", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "KOTAK" },
        { "4111563881333699", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "BOB" },
        { "4111584967050056", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "AU" },
        { "4112522962659579", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "CITI" },
        { "4111651417903257", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "YES" },
        { "4111535160946904", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "INDUS" },
        { "4111666808320291", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "HSBC" },
        { "4111592470372263", SCHEME_VISA, BIN_CREDIT, BIN_RETAIL, "FEDERAL" },
        { "4386241223215159", SCHEME_VISA, BIN_DEBIT, BIN_RETAIL, "HDFC" },
        { "378282246310005", SCHEME_AMEX, BIN_CREDIT, BIN_RETAIL, "TEST" },
        { "30569309025904", SCHEME_DINERS, BIN_CREDIT, BIN_RETAIL, "TEST" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        struct bin b = test_card(cards[i].digits);
        assert_int_equal(b.digits, 6);
        assert_int_equal(b.scheme, cards[i].s);
        assert_int_equal(b.type, cards[i].type);
        assert_int_equal(b.sub, cards[i].sub);
        assert_string_equal(b.code, cards[i].code);
        assert_string_equal(b.country, "IN");
    }
    assert_string_equal(test_card("4242424242424242").country, "US");
}

static void every_bin_of_the_published_token_vault_is_listed(void **state)
{
    static const uint32_t bins[] = { 470613, 457623, 436534, 415527, 466535, 559423, 544405, 533983, 555219, 524877 };

    (void)state;
    for (size_t i = 0; i < sizeof bins / sizeof *bins; i++)
        assert_int_equal(of6(bin_test_cards(), bins[i]).prefix, bins[i]);
}

static void our_table_is_sound_and_each_of_its_rows_is_found(void **state)
{
    const struct bin_table *t = bin_test_cards();

    (void)state;
    assert_true(bin_table_is_sound(t));
    for (size_t i = 0; i < t->n; i++)
        assert_int_equal(of6(t, t->rows[i].prefix).prefix, t->rows[i].prefix);
}

static void a_table_out_of_order_or_with_a_wrong_row_is_not_sound(void **state)
{
    static const struct bin wrong[][2] = {
        { ROW(400001, 6, "b"), ROW(400000, 6, "a") },
        { ROW(400000, 6, "a"), ROW(400000, 6, "a") },
        { ROW(40000000, 8, "longer first"), ROW(400000, 6, "a") },
        { ROW(400000, 6, "a"), ROW(40001, 5, "too short") },
        { ROW(400000, 6, "a"), ROW(400000001, 9, "too long") },
        { ROW(400000, 6, "a"), ROW(4000000, 6, "not six digits") },
        { ROW(400000, 6, "a"), ROW(510510, 6, "another scheme's") },
        { ROW(400000, 6, "a"), ROW(700000, 6, "nobody's") },
        { ROW(400000, 6, "a"), ROW(400001, 6, NULL) },
        { ROW(400000, 6, "a"), { 700000, 6, SCHEME_UNKNOWN, BIN_DEBIT, BIN_RETAIL, "IN", "X", "no scheme" } },
        { ROW(400000, 6, "a"), { 400001, 6, SCHEME_VISA, BIN_TYPE_UNKNOWN, BIN_RETAIL, "IN", "X", "no type" } },
        { ROW(400000, 6, "a"), { 400001, 6, SCHEME_VISA, BIN_DEBIT, BIN_SUB_UNKNOWN, "IN", "X", "no sub type" } },
        { ROW(400000, 6, "a"), { 400001, 6, SCHEME_VISA, BIN_DEBIT, BIN_RETAIL, NULL, "X", "no country" } },
        { ROW(400000, 6, "a"), { 400001, 6, SCHEME_VISA, BIN_DEBIT, BIN_RETAIL, "IN", NULL, "no code" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (bin_table_is_sound(&(struct bin_table){ wrong[i], 2 }))
            fail_msg("row %zu", i);
}

static void a_text_of_six_to_nine_digits_is_looked_up(void **state)
{
    static const struct { const char *text, *issuer; } right[] = {
        { "400000", "six" }, { "4000001", "seven, one" }, { "40000015", "eight, fifteen" },
        { "400000159", "eight, fifteen" }, { "400000020", "seven" }, { "4000009", "six" },
    };
    static const char *const wrong[] = {
        "", "40000", "4000000150", "40000a", "400 000", "-400000", "4000000000000000",
    };
    struct bin b = { .prefix = 77 };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(bin_of_text(&b, &nested, span_of(wrong[i])), FAULT_BAD_INPUT);
    assert_int_equal(bin_of_text(&b, &nested, (struct span){ 0 }), FAULT_BAD_INPUT);
    assert_int_equal(b.prefix, 77);
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        assert_int_equal(bin_of_text(&b, &nested, span_of(right[i].text)), FAULT_NONE);
        assert_string_equal(b.issuer, right[i].issuer);
    }
    assert_int_equal(bin_of_text(&b, &nested, SPAN("000000")), FAULT_NONE);
    assert_int_equal(b.scheme, SCHEME_UNKNOWN);
}

static void types_and_sub_types_have_the_words_of_each_dialect(void **state)
{
    (void)state;
    assert_string_equal(bin_type_name(BIN_CREDIT, BIN_WORDS_PLAIN), "CREDIT");
    assert_string_equal(bin_type_name(BIN_CREDIT, BIN_WORDS_PAYTM), "CC");
    assert_string_equal(bin_type_name(BIN_DEBIT, BIN_WORDS_PAYTM), "DC");
    assert_string_equal(bin_type_name(BIN_PREPAID, BIN_WORDS_PAYTM), "DC");
    assert_string_equal(bin_type_name(BIN_DEBIT, BIN_WORDS_CASHFREE), "debit_card");
    assert_string_equal(bin_type_name(BIN_DEBIT, BIN_WORDS_CASHFREE_UPPER), "DEBIT_CARD");
    assert_string_equal(bin_type_name(BIN_PREPAID, BIN_WORDS_CASHFREE_SHORT), "prepaid");
    for (enum bin_words w = 0; w < BIN_WORDS; w++) {
        assert_null(bin_type_name(BIN_TYPE_UNKNOWN, w));
        for (enum bin_type t = BIN_CREDIT; t < BIN_TYPES; t++)
            assert_non_null(bin_type_name(t, w));
    }
    assert_null(bin_sub_letter(BIN_SUB_UNKNOWN));
    assert_null(bin_sub_name(BIN_SUB_UNKNOWN));
    assert_string_equal(bin_sub_letter(BIN_CORPORATE), "C");
    assert_string_equal(bin_sub_letter(BIN_RETAIL), "R");
    assert_string_equal(bin_sub_name(BIN_PREMIUM), "premium");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_prefix_wins),
        cmocka_unit_test(six_digits_find_no_longer_row),
        cmocka_unit_test(a_bin_nobody_listed_has_its_scheme_and_nothing_else),
        cmocka_unit_test(the_published_test_cards_are_listed),
        cmocka_unit_test(every_bin_of_the_published_token_vault_is_listed),
        cmocka_unit_test(our_table_is_sound_and_each_of_its_rows_is_found),
        cmocka_unit_test(a_table_out_of_order_or_with_a_wrong_row_is_not_sound),
        cmocka_unit_test(a_text_of_six_to_nine_digits_is_looked_up),
        cmocka_unit_test(types_and_sub_types_have_the_words_of_each_dialect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
