/* Exact money: reading, writing, adding and comparing. */
#include "domain/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

static struct money read_ok(const char *decimal, const char *currency)
{
    struct money m = { 0 };

    assert_int_equal(money_read(&m, span_of(decimal), span_of(currency)), FAULT_NONE);
    return m;
}

static void check_text(void (*write)(struct buf *, struct money), const char *decimal, const char *currency,
                       const char *expected)
{
    uint8_t array[MONEY_TEXT];
    struct buf out = BUF(array);

    write(&out, read_ok(decimal, currency));
    assert_false(out.full);
    assert_int_equal(out.n, strlen(expected));
    assert_memory_equal(out.p, expected, out.n);
}

static void the_exponent_follows_the_currency(void **state)
{
    static const struct { const char *code; unsigned exponent; } known[] = {
        { "INR", 2 }, { "USD", 2 }, { "AED", 2 }, { "ZWG", 2 }, { "EUR", 2 },
        { "BIF", 0 }, { "CLP", 0 }, { "DJF", 0 }, { "GNF", 0 }, { "ISK", 0 }, { "JPY", 0 }, { "KMF", 0 }, { "KRW", 0 },
        { "PYG", 0 }, { "RWF", 0 }, { "UGX", 0 }, { "VND", 0 }, { "VUV", 0 }, { "XAF", 0 }, { "XOF", 0 }, { "XPF", 0 },
        { "BHD", 3 }, { "IQD", 3 }, { "JOD", 3 }, { "KWD", 3 }, { "LYD", 3 }, { "OMR", 3 }, { "TND", 3 },
    };
    unsigned exponent;

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        exponent = 9;
        assert_int_equal(money_exponent(&exponent, span_of(known[i].code)), FAULT_NONE);
        assert_int_equal(exponent, known[i].exponent);
    }
}

static void every_currency_of_the_table_can_be_found(void **state)
{
    unsigned found = 0, exponent;
    char code[4] = "AAA";

    (void)state;
    for (code[0] = 'A'; code[0] <= 'Z'; code[0]++)
        for (code[1] = 'A'; code[1] <= 'Z'; code[1]++)
            for (code[2] = 'A'; code[2] <= 'Z'; code[2]++)
                found += money_exponent(&exponent, span_of(code)) == FAULT_NONE;
    assert_int_equal(found, 156);     /* a table out of order would lose some to the binary search */
}

static void a_code_that_is_no_currency_is_not_found(void **state)
{
    static const char *const wrong[] = { "", "IN", "INRR", "inr", "XXX", "ZZZ", "AAA" };
    unsigned exponent;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(money_exponent(&exponent, span_of(wrong[i])), FAULT_NOT_FOUND);
}

static void plain_decimals_are_read_exactly(void **state)
{
    static const struct { const char *decimal, *currency; int64_t minor; } known[] = {
        { "10.15", "INR", 1015 }, { "10", "INR", 1000 }, { "10.1", "INR", 1010 }, { "10.1500", "INR", 1015 },
        { "0.01", "INR", 1 }, { "0", "INR", 0 }, { "1000000000", "INR", 100000000000 },
        { "1000000000.00", "INR", 100000000000 },
        { "170", "JPY", 170 }, { "170.000", "JPY", 170 }, { "1.234", "BHD", 1234 }, { "1.2", "BHD", 1200 },
        { "007", "INR", 700 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct money m = read_ok(known[i].decimal, known[i].currency);
        assert_int_equal(m.minor, known[i].minor);
        assert_string_equal(m.currency, known[i].currency);
    }
}

static void anything_else_is_refused_and_leaves_the_result_alone(void **state)
{
    static const struct { const char *decimal, *currency; } wrong[] = {
        { "", "INR" }, { ".", "INR" }, { ".5", "INR" }, { "5.", "INR" }, { "-1", "INR" }, { "+1", "INR" },
        { "1e2", "INR" },
        { "1 ", "INR" }, { " 1", "INR" }, { "1.2.3", "INR" }, { "1,000", "INR" }, { "10.151", "INR" },
        { "10.1501", "INR" },
        { "1.5", "JPY" }, { "1.0001", "BHD" }, { "1000000000.01", "INR" }, { "1000000001", "INR" },
        { "99999999999999999999999", "INR" }, { "0x10", "INR" }, { "1.-1", "INR" },
    };
    struct money m = { 42, "USD" };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(money_read(&m, span_of(wrong[i].decimal), span_of(wrong[i].currency)), FAULT_BAD_INPUT);
    assert_int_equal(money_read(&m, SPAN("1"), SPAN("QQQ")), FAULT_NOT_FOUND);
    assert_int_equal(money_read(&m, SPAN("1\0"), SPAN("INR")), FAULT_BAD_INPUT);
    assert_int_equal(m.minor, 42);
    assert_string_equal(m.currency, "USD");
}

static void the_short_form_drops_zeros_that_say_nothing(void **state)
{
    (void)state;
    check_text(money_short, "170.00", "INR", "170");
    check_text(money_short, "10.50", "INR", "10.5");
    check_text(money_short, "10.15", "INR", "10.15");
    check_text(money_short, "0.05", "INR", "0.05");
    check_text(money_short, "0", "INR", "0");
    check_text(money_short, "100", "JPY", "100");
    check_text(money_short, "1.230", "KWD", "1.23");
    check_text(money_short, "1.003", "KWD", "1.003");
}

static void the_full_form_has_every_decimal_of_the_currency(void **state)
{
    (void)state;
    check_text(money_full, "170", "INR", "170.00");
    check_text(money_full, "10.5", "INR", "10.50");
    check_text(money_full, "170", "JPY", "170");
    check_text(money_full, "0.01", "INR", "0.01");
    check_text(money_full, "1.2", "BHD", "1.200");
    check_text(money_full, "1000000000", "OMR", "1000000000.000");
}

static void amounts_of_one_currency_compare(void **state)
{
    int order = 7;

    (void)state;
    assert_int_equal(money_compare(&order, read_ok("1", "INR"), read_ok("1.01", "INR")), FAULT_NONE);
    assert_int_equal(order, -1);
    assert_int_equal(money_compare(&order, read_ok("2", "INR"), read_ok("2.00", "INR")), FAULT_NONE);
    assert_int_equal(order, 0);
    assert_int_equal(money_compare(&order, read_ok("3", "INR"), read_ok("2", "INR")), FAULT_NONE);
    assert_int_equal(order, 1);
    order = 7;
    assert_int_equal(money_compare(&order, read_ok("3", "INR"), read_ok("3", "USD")), FAULT_BAD_INPUT);
    assert_int_equal(order, 7);
}

static void sums_are_exact_or_refused(void **state)
{
    struct money sum = { 5, "USD" };

    (void)state;
    assert_int_equal(money_add(&sum, read_ok("1", "INR"), read_ok("1", "USD")), FAULT_BAD_INPUT);
    assert_int_equal(money_add(&sum, (struct money){ INT64_MAX, "INR" }, (struct money){ 1, "INR" }), FAULT_BAD_INPUT);
    assert_int_equal(sum.minor, 5);
    assert_int_equal(money_add(&sum, read_ok("0.10", "INR"), read_ok("0.20", "INR")), FAULT_NONE);
    assert_int_equal(sum.minor, 30);
    assert_string_equal(sum.currency, "INR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exponent_follows_the_currency),
        cmocka_unit_test(every_currency_of_the_table_can_be_found),
        cmocka_unit_test(a_code_that_is_no_currency_is_not_found),
        cmocka_unit_test(plain_decimals_are_read_exactly),
        cmocka_unit_test(anything_else_is_refused_and_leaves_the_result_alone),
        cmocka_unit_test(the_short_form_drops_zeros_that_say_nothing),
        cmocka_unit_test(the_full_form_has_every_decimal_of_the_currency),
        cmocka_unit_test(amounts_of_one_currency_compare),
        cmocka_unit_test(sums_are_exact_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
