/* test_sim_acquirer_money.c: captures, voids, reversals and refunds: never more than was charged, and each once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "acquirer_bed.h"

#include "base/banned.h"

/* A card payment that is authorised and not captured. */
static void authorise(struct till *t, int64_t no, int64_t minor)
{
    struct acquirer_ask ask = till_card(t, no, minor);
    struct acquirer_answer a;

    ask.authorise_only = true;
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    a = till_otp(t, no, 1, TEST_OTP);
    assert_int_equal(a.verdict, ACQUIRER_CHARGED);
    assert_false(a.captured);
    assert_int_equal(a.captured_amount.minor, 0);
}

static struct acquirer_entry entry(struct till *t, int64_t no)
{
    struct acquirer_entry all[ACQUIRER_LIST_MAX];
    size_t n;

    assert_int_equal(sim_acquirer_list(t->sim, all, &n), FAULT_NONE);
    for (size_t i = 0; i < n; i++)
        if (all[i].ref.payment_no == no)
            return all[i];
    fail_msg("no such payment");
    return all[0];
}

static void part_of_an_authorisation_is_captured_once(void **state)
{
    struct till *t = *state;
    struct acquirer_answer a;

    authorise(t, 1, 1000);
    assert_int_equal(till_refund(t, 1, 1, 100, "").verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(till_sum(t, ACQUIRER_CAPTURE, 1, 2, 1001).verdict, ACQUIRER_BAD_AMOUNT);
    assert_int_equal(till_sum(t, ACQUIRER_CAPTURE, 1, 3, 0).verdict, ACQUIRER_BAD_AMOUNT);
    a = till_sum(t, ACQUIRER_CAPTURE, 1, 4, 600);
    assert_int_equal(a.verdict, ACQUIRER_CHARGED);
    assert_true(a.captured);
    assert_int_equal(a.captured_amount.minor, 600);
    assert_int_equal(till_sum(t, ACQUIRER_CAPTURE, 1, 4, 600).verdict, ACQUIRER_CHARGED);  /* the same one */
    assert_int_equal(till_sum(t, ACQUIRER_CAPTURE, 1, 5, 400).verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(till_about(t, ACQUIRER_VOID, 1, 6).verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(entry(t, 1).captured_minor, 600);
    assert_int_equal(till_refund(t, 1, 1, 601, "").verdict, ACQUIRER_BAD_AMOUNT);
    assert_int_equal(till_refund(t, 1, 1, 600, "").verdict, ACQUIRER_REFUND_PENDING);
    assert_int_equal(till_sum(t, ACQUIRER_CAPTURE, 9, 1, 100).verdict, ACQUIRER_NO_PAYMENT);
}

static void money_of_another_currency_is_another_sum(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = { .op = ACQUIRER_CAPTURE, .ref = { TILL_MERCHANT, 1, 0, 5 }, .amount = { 100, "USD" } };

    authorise(t, 1, 1000);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_BAD_AMOUNT);
    till_pay(t, 2, 1000);
    ask.op = ACQUIRER_REFUND;
    ask.ref = (struct acquirer_ref){ TILL_MERCHANT, 2, 7, 0 };
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_BAD_AMOUNT);
}

static void an_authorisation_is_voided_once_and_a_charge_never(void **state)
{
    struct till *t = *state;

    authorise(t, 1, 1000);
    assert_int_equal(till_about(t, ACQUIRER_VOID, 1, 2).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_about(t, ACQUIRER_VOID, 1, 2).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 1, 0).verdict, ACQUIRER_VOIDED);
    assert_int_equal(till_about(t, ACQUIRER_VOID, 1, 3).verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(till_sum(t, ACQUIRER_CAPTURE, 1, 4, 100).verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(till_about(t, ACQUIRER_REVERSE, 1, 5).verdict, ACQUIRER_VOIDED);
    till_pay(t, 2, 1000);
    assert_int_equal(till_about(t, ACQUIRER_VOID, 2, 2).verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(till_counts(t).voided, 1);
}

static void a_reversal_gives_all_back_once(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 2, 100);

    till_pay(t, 1, 1000);
    assert_int_equal(till_about(t, ACQUIRER_REVERSE, 1, 2).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_about(t, ACQUIRER_REVERSE, 1, 2).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_about(t, ACQUIRER_REVERSE, 1, 3).verdict, ACQUIRER_REVERSED);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 1, 0).verdict, ACQUIRER_REVERSED);
    assert_int_equal(till_refund(t, 1, 1, 1, "").verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(entry(t, 1).captured_minor, 0);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_about(t, ACQUIRER_REVERSE, 2, 1).verdict, ACQUIRER_BAD_STATE);   /* nothing is charged */
    till_pay(t, 3, 1000);
    assert_int_equal(till_refund(t, 3, 1, 1, "").verdict, ACQUIRER_REFUND_PENDING);
    assert_int_equal(till_about(t, ACQUIRER_REVERSE, 3, 1).verdict, ACQUIRER_BAD_STATE);   /* it would be too much */
    assert_int_equal(till_counts(t).reversed, 1);
    assert_int_equal(till_counts(t).charged, 2);
}

static void refunds_never_exceed_what_was_charged(void **state)
{
    struct till *t = *state;

    till_pay(t, 1, 1000);
    assert_int_equal(till_refund(t, 1, 1, 0, "").verdict, ACQUIRER_BAD_AMOUNT);
    assert_int_equal(till_refund(t, 1, 1, 1001, "").verdict, ACQUIRER_BAD_AMOUNT);
    assert_int_equal(till_refund(t, 1, 1, 700, "").verdict, ACQUIRER_REFUND_PENDING);
    assert_int_equal(till_refund(t, 1, 1, 700, "").verdict, ACQUIRER_REFUND_PENDING);      /* the same one */
    assert_int_equal(till_refund(t, 1, 2, 301, "").verdict, ACQUIRER_BAD_AMOUNT);
    assert_int_equal(till_refund(t, 1, 2, 300, "").verdict, ACQUIRER_REFUND_PENDING);
    assert_int_equal(till_refund(t, 1, 3, 1, "").verdict, ACQUIRER_BAD_AMOUNT);
    assert_int_equal(entry(t, 1).refunded_minor, 1000);
    assert_int_equal(till_refund(t, 7, 4, 1, "").verdict, ACQUIRER_NO_PAYMENT);
    till_pay(t, 2, 1000);
    assert_int_equal(till_refund(t, 2, 1, 700, "").verdict, ACQUIRER_BAD_STATE);   /* that number is another's */
}

static void a_refund_is_paid_out_by_the_clock(void **state)
{
    struct till *t = *state;
    struct acquirer_answer a;

    till_pay(t, 1, 1000);
    a = till_refund(t, 1, 1, 300, "");
    assert_int_equal(a.verdict, ACQUIRER_REFUND_PENDING);
    assert_string_equal(a.arn, "");
    fixture_set_clock(t->f, FIXTURE_NOW + TEST_REFUND_MS - 1);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_STATUS, 1, 1).verdict, ACQUIRER_REFUND_PENDING);
    fixture_set_clock(t->f, FIXTURE_NOW + TEST_REFUND_MS);
    a = till_heard(t, 1, 1, ACQUIRER_REFUND_DONE);
    assert_int_equal(strlen(a.arn), 23);
    assert_int_equal(strspn(a.arn, "0123456789"), 23);
    assert_int_equal(a.at_ms, FIXTURE_NOW + TEST_REFUND_MS);
    assert_string_equal(till_about_refund(t, ACQUIRER_REFUND_STATUS, 1, 1).arn, a.arn);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_CANCEL, 1, 1).verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_STATUS, 1, 2).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(till_counts(t).refunded, 1);
    assert_int_equal(till_heard_count(t), 1);
}

static void a_wish_says_what_becomes_of_a_refund(void **state)
{
    static const struct { const char *wish; enum acquirer_verdict now, later; } rows[] = {
        { "SUCCESS", ACQUIRER_REFUND_DONE, ACQUIRER_REFUND_DONE },
        { "FAILED", ACQUIRER_REFUND_FAILED, ACQUIRER_REFUND_FAILED },
        { "PENDING", ACQUIRER_REFUND_PENDING, ACQUIRER_REFUND_PENDING },
        { "ACTIVE", ACQUIRER_REFUND_PENDING, ACQUIRER_REFUND_DONE },
        { "ONHOLD", ACQUIRER_REFUND_ONHOLD, ACQUIRER_REFUND_ONHOLD },
        { "success", ACQUIRER_REFUND_PENDING, ACQUIRER_REFUND_DONE },
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    struct till *t = *state;

    till_pay(t, 1, 1000);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(till_refund(t, 1, i + 1, 200, rows[i].wish).verdict, rows[i].now);
    assert_int_equal(entry(t, 1).refunded_minor, 1000);            /* the failed one does not count */
    fixture_set_clock(t->f, FIXTURE_NOW + TEST_REFUND_MS);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_STATUS, 1, i + 1).verdict, rows[i].later);
}

static void an_instant_refund_is_paid_out_at_once_unless_a_wish_says_otherwise(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = { .op = ACQUIRER_REFUND, .ref = { TILL_MERCHANT, 1, 1, 0 },
                                .amount = till_rupees(400), .instant = true };
    struct acquirer_answer a;

    till_pay(t, 1, 1000);
    a = till_ask(t, &ask);
    assert_int_equal(a.verdict, ACQUIRER_REFUND_DONE);
    assert_int_equal(a.at_ms, FIXTURE_NOW);
    assert_int_equal(strlen(a.arn), 23);
    assert_int_equal(till_counts(t).refunded, 1);
    ask.ref.refund_no = 2;
    memcpy(ask.wish, "ACTIVE", sizeof "ACTIVE");
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_REFUND_PENDING);
    fixture_set_clock(t->f, FIXTURE_NOW + TEST_REFUND_MS);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_STATUS, 1, 2).verdict, ACQUIRER_REFUND_DONE);
}

static void a_refund_that_is_not_paid_out_can_be_cancelled(void **state)
{
    struct till *t = *state;

    till_pay(t, 1, 1000);
    assert_int_equal(till_refund(t, 1, 1, 1000, "").verdict, ACQUIRER_REFUND_PENDING);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_CANCEL, 1, 1).verdict, ACQUIRER_REFUND_CANCELLED);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_CANCEL, 1, 1).verdict, ACQUIRER_REFUND_CANCELLED);
    assert_int_equal(entry(t, 1).refunded_minor, 0);
    assert_int_equal(till_refund(t, 1, 2, 1000, "ONHOLD").verdict, ACQUIRER_REFUND_ONHOLD);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_CANCEL, 1, 2).verdict, ACQUIRER_REFUND_CANCELLED);
    assert_int_equal(till_refund(t, 1, 3, 1000, "SUCCESS").verdict, ACQUIRER_REFUND_DONE);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_CANCEL, 1, 3).verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_CANCEL, 1, 9).verdict, ACQUIRER_NO_PAYMENT);
    fixture_set_clock(t->f, FIXTURE_NOW + TEST_REFUND_MS);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_STATUS, 1, 1).verdict, ACQUIRER_REFUND_CANCELLED);
}

static void payments_are_listed_newest_first(void **state)
{
    struct till *t = *state;
    struct acquirer_entry all[ACQUIRER_LIST_MAX];
    size_t n = 9;

    assert_int_equal(sim_acquirer_list(t->sim, all, &n), FAULT_NONE);
    assert_int_equal(n, 0);
    for (int i = 1; i <= 3; i++) {
        fixture_set_clock(t->f, FIXTURE_NOW + i);
        till_pay(t, 4 - i, 100 * i);
    }
    assert_int_equal(sim_acquirer_list(t->sim, all, &n), FAULT_NONE);
    assert_int_equal(n, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(all[i].ref.payment_no, i + 1);
        assert_int_equal(all[i].ref.merchant_id, TILL_MERCHANT);
        assert_int_equal(all[i].amount_minor, 300 - 100 * i);
        assert_int_equal(all[i].captured_minor, 300 - 100 * i);
        assert_int_equal(all[i].state, ACQUIRER_CHARGED);
        assert_int_equal(all[i].created_ms, FIXTURE_NOW + 3 - i);
        assert_int_equal(strlen(all[i].acquirer_ref), ACQUIRER_REF_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(part_of_an_authorisation_is_captured_once, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(money_of_another_currency_is_another_sum, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(an_authorisation_is_voided_once_and_a_charge_never, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_reversal_gives_all_back_once, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(refunds_never_exceed_what_was_charged, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_refund_is_paid_out_by_the_clock, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_wish_says_what_becomes_of_a_refund, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(an_instant_refund_is_paid_out_at_once_unless_a_wish_says_otherwise, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(a_refund_that_is_not_paid_out_can_be_cancelled, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(payments_are_listed_newest_first, till_setup, till_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
