/* test_settlement.c: what is paid out for a payment, to the last paisa, and on which day. */
#include "service/refunds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/isotime.h"

#include "base/banned.h"

static int64_t ist(const char *text)
{
    int64_t ms = 0;

    assert_int_equal(isotime_read(&ms, span_of(text)), FAULT_NONE);
    return ms;
}

static struct payment_row paid(int64_t minor, const char *completed)
{
    return (struct payment_row){ .merchant_id = 1, .payment_no = 7, .amount_minor = minor, .currency = SPAN("INR"),
                                 .state = PAYMENT_SUCCESS, .method = PAYMENT_BY_CARD, .completed_ms = ist(completed) };
}

static void check_day(const char *completed, const char *settled)
{
    struct payment_row p = paid(10000, completed);
    struct settlement s = { 0 };
    int64_t at = ist(settled);

    assert_int_equal(settlement_of(&s, &p, at - 1), FAULT_NOT_FOUND);
    if (settlement_of(&s, &p, at) != FAULT_NONE)
        fail_msg("paid %s is not settled at %s", completed, settled);
    assert_int_equal(s.at_ms, at);
}

static void money_comes_at_nine_on_the_next_bank_day(void **state)
{
    (void)state;
    check_day("2023-11-14T12:00:00+05:30", "2023-11-15T09:00:00+05:30");
    check_day("2023-11-14T00:00:00+05:30", "2023-11-15T09:00:00+05:30");
    check_day("2023-11-14T23:59:59+05:30", "2023-11-15T09:00:00+05:30");
    check_day("2023-11-14T19:00:00Z", "2023-11-16T09:00:00+05:30");       /* past midnight in India */
    check_day("2024-02-28T12:00:00+05:30", "2024-02-29T09:00:00+05:30");
    check_day("2023-12-29T12:00:00+05:30", "2023-12-30T09:00:00+05:30");  /* the fifth Saturday is a bank day */
}

static void sundays_and_the_second_and_fourth_saturdays_are_no_bank_days(void **state)
{
    (void)state;
    check_day("2023-11-03T12:00:00+05:30", "2023-11-04T09:00:00+05:30");  /* the first Saturday */
    check_day("2023-11-04T12:00:00+05:30", "2023-11-06T09:00:00+05:30");
    check_day("2023-11-10T12:00:00+05:30", "2023-11-13T09:00:00+05:30");  /* the second */
    check_day("2023-11-17T12:00:00+05:30", "2023-11-18T09:00:00+05:30");  /* the third */
    check_day("2023-11-24T12:00:00+05:30", "2023-11-27T09:00:00+05:30");  /* the fourth */
    check_day("2023-11-25T12:00:00+05:30", "2023-11-27T09:00:00+05:30");
}

static void charges_are_two_per_cent_and_the_tax_on_them_rounded_half_up(void **state)
{
    static const struct { int64_t amount, charge, tax; } cases[] = {
        { 1, 0, 0 }, { 24, 0, 0 }, { 25, 1, 0 }, { 74, 1, 0 }, { 75, 2, 0 }, { 100, 2, 0 }, { 125, 3, 1 },
        { 1015, 20, 4 }, { 10000, 200, 36 }, { 12345, 247, 44 }, { 100000, 2000, 360 }, { 100000000, 2000000, 360000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct payment_row p = paid(cases[i].amount, "2023-11-14T12:00:00+05:30");
        struct settlement s = { 0 };

        assert_int_equal(settlement_of(&s, &p, INT64_MAX), FAULT_NONE);
        assert_int_equal(s.amount.minor, cases[i].amount);
        assert_int_equal(s.charge.minor, cases[i].charge);
        assert_int_equal(s.tax.minor, cases[i].tax);
        assert_int_equal(s.settled.minor, cases[i].amount - cases[i].charge - cases[i].tax);
        assert_string_equal(s.settled.currency, "INR");
    }
}

static void of_any_amount_the_parts_make_the_whole_and_none_is_negative(void **state)
{
    struct settlement s = { 0 };

    (void)state;
    for (int64_t minor = 1; minor < 5000; minor++) {
        struct payment_row p = paid(minor, "2023-11-14T12:00:00+05:30");

        assert_int_equal(settlement_of(&s, &p, INT64_MAX), FAULT_NONE);
        assert_int_equal(s.settled.minor + s.charge.minor + s.tax.minor, minor);
        assert_true(s.settled.minor >= 0 && s.charge.minor >= 0 && s.tax.minor >= 0);
        assert_true(1000 * s.charge.minor <= 20 * minor + 500 && 1000 * s.charge.minor > 20 * minor - 500);
    }
}

static void upi_costs_nothing(void **state)
{
    struct payment_row p = paid(10000, "2023-11-14T12:00:00+05:30");
    struct settlement s = { 0 };

    (void)state;
    p.method = PAYMENT_BY_UPI;
    assert_int_equal(settlement_of(&s, &p, INT64_MAX), FAULT_NONE);
    assert_int_equal(s.charge.minor, 0);
    assert_int_equal(s.tax.minor, 0);
    assert_int_equal(s.settled.minor, 10000);
}

static void what_is_not_captured_is_never_settled(void **state)
{
    struct payment_row p = paid(10000, "2023-11-14T12:00:00+05:30");
    struct settlement s = { 0 };

    (void)state;
    for (int64_t st = 0; st < PAYMENT_STATES; st++) {
        p.state = st;
        assert_int_equal(settlement_of(&s, &p, INT64_MAX), st == PAYMENT_SUCCESS ? FAULT_NONE : FAULT_NOT_FOUND);
    }
    p.state = PAYMENT_SUCCESS;
    p.authorise_only = 1;
    assert_int_equal(settlement_of(&s, &p, INT64_MAX), FAULT_NOT_FOUND);
}

static void a_capture_counts_for_its_amount_and_from_its_day(void **state)
{
    struct payment_row p = paid(10000, "2023-11-14T12:00:00+05:30");
    struct settlement s = { 0 };

    (void)state;
    p.authorise_only = 1;
    p.captured_minor = 4000;
    p.capture_ms = ist("2023-11-16T12:00:00+05:30");
    assert_int_equal(settlement_of(&s, &p, ist("2023-11-17T08:59:59+05:30")), FAULT_NOT_FOUND);
    assert_int_equal(settlement_of(&s, &p, ist("2023-11-17T09:00:00+05:30")), FAULT_NONE);
    assert_int_equal(s.amount.minor, 4000);
    assert_int_equal(s.charge.minor, 80);
    assert_int_equal(s.tax.minor, 14);
}

static void the_transaction_reference_tells_day_merchant_and_number(void **state)
{
    struct payment_row p = paid(10000, "2023-11-14T12:00:00+05:30");
    struct settlement s = { 0 };

    (void)state;
    assert_int_equal(settlement_of(&s, &p, INT64_MAX), FAULT_NONE);
    assert_string_equal(s.utr, "TIJO2023111500001R4ZLR7R");
    assert_int_equal(s.settlement_no, 7);
    p.merchant_id = 2;
    assert_int_equal(settlement_of(&s, &p, INT64_MAX), FAULT_NONE);
    assert_string_equal(s.utr, "TIJO2023111500003I9Z7IFB");
    p.merchant_id = 65535;
    p.payment_no = (INT64_C(1) << 37) - 1;
    assert_int_equal(settlement_of(&s, &p, INT64_MAX), FAULT_NONE);
    assert_string_equal(s.utr, "TIJO2023111502GOSA7PA2GV");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_comes_at_nine_on_the_next_bank_day),
        cmocka_unit_test(sundays_and_the_second_and_fourth_saturdays_are_no_bank_days),
        cmocka_unit_test(charges_are_two_per_cent_and_the_tax_on_them_rounded_half_up),
        cmocka_unit_test(of_any_amount_the_parts_make_the_whole_and_none_is_negative),
        cmocka_unit_test(upi_costs_nothing),
        cmocka_unit_test(what_is_not_captured_is_never_settled),
        cmocka_unit_test(a_capture_counts_for_its_amount_and_from_its_day),
        cmocka_unit_test(the_transaction_reference_tells_day_merchant_and_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
