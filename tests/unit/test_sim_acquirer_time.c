/* test_sim_acquirer_time.c: limits by the clock, notices, restarts, and an acquirer that does not behave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "acquirer_bed.h"

#include "base/banned.h"

static enum acquirer_verdict status(struct till *t, int64_t no)
{
    return till_about(t, ACQUIRER_STATUS, no, 0).verdict;
}

/* What became of a payment that goes on by itself: asked until it is `v`. */
static void becomes(struct till *t, int64_t no, enum acquirer_verdict v)
{
    enum acquirer_verdict said = status(t, no);

    for (int i = 0; i < TILL_LOOKS && said != v; i++) {
        till_nap();
        said = status(t, no);
    }
    assert_int_equal(said, v);
}

static void an_otp_that_does_not_come_in_time_has_expired(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);
    struct acquirer_answer a;

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    fixture_set_clock(t->f, FIXTURE_NOW + PAYMENT_OTP_LIMIT_MS - 1);
    assert_int_equal(status(t, 1), ACQUIRER_FACTOR);
    fixture_set_clock(t->f, FIXTURE_NOW + PAYMENT_OTP_LIMIT_MS);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_OTP_EXPIRED);
    a = till_heard(t, 1, 0, ACQUIRER_OTP_EXPIRED);
    assert_int_equal(a.at_ms, FIXTURE_NOW + PAYMENT_OTP_LIMIT_MS);
    assert_int_equal(till_counts(t).charged, 0);
}

static void sending_it_again_gives_it_new_time_but_not_for_ever(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);
    int64_t now = FIXTURE_NOW;

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    for (int i = 0; i < PAYMENT_RESENDS; i++) {
        fixture_set_clock(t->f, now += PAYMENT_OTP_LIMIT_MS - 1);
        assert_int_equal(till_about(t, ACQUIRER_RESEND, 1, i + 1).verdict, ACQUIRER_FACTOR);
    }
    fixture_set_clock(t->f, FIXTURE_NOW + PAYMENT_LIMIT_MS - 3);
    assert_int_equal(status(t, 1), ACQUIRER_FACTOR);
    fixture_set_clock(t->f, FIXTURE_NOW + PAYMENT_LIMIT_MS - 2);
    (void)till_heard(t, 1, 0, ACQUIRER_OTP_EXPIRED);
}

static void a_bank_that_does_not_answer_has_declined_after_a_while(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 10091);

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_SILENT);
    assert_int_equal(status(t, 1), ACQUIRER_FACTOR);
    assert_int_equal(till_otp(t, 1, 2, TEST_OTP).verdict, ACQUIRER_BAD_STATE);    /* its bank is being asked */
    fixture_set_clock(t->f, FIXTURE_NOW + TEST_BANK_TIMEOUT_MS);
    (void)till_heard(t, 1, 0, ACQUIRER_BANK_TIMEOUT);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_BANK_TIMEOUT); /* asked again it is told */
    assert_int_equal(till_counts(t).charged, 0);
}

static void an_answer_that_never_comes_may_hide_a_charge(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 10068);

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_SILENT);
    assert_int_equal(status(t, 1), ACQUIRER_CHARGED);
    assert_int_equal(till_counts(t).charged, 1);
}

static void many_limits_that_end_at_once_are_all_seen_to(void **state)
{
    enum { MANY = 70, MINUTES = 5 };              /* more than one look takes */
    struct till *t = *state;

    for (int i = 0; i < MANY; i++) {
        struct acquirer_ask ask = till_by(ACQUIRER_BY_UPI, "testexpired@gocash", i, 100);

        ask.limit_minutes = MINUTES;
        assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_WAITS);
    }
    fixture_set_clock(t->f, FIXTURE_NOW + MINUTES * 60000);
    for (int i = 0; i < TILL_LOOKS && till_heard_count(t) < TILL_HEARD_MAX; i++)
        till_nap();
    assert_int_equal(till_heard_count(t), TILL_HEARD_MAX);
    for (int i = 0; i < MANY; i++)
        becomes(t, i, ACQUIRER_REQUEST_EXPIRED);
}

static void set_acknowledges(struct till *t, bool does)
{
    pthread_mutex_lock(&t->lock);
    t->acknowledges = does;
    pthread_mutex_unlock(&t->lock);
}

static void decide(struct till *t, int64_t no, enum acquirer_decision d)
{
    assert_int_equal(sim_acquirer_simulate(t->sim, (struct acquirer_ref){ TILL_MERCHANT, no, 0, 0 }, d,
                                           ACQUIRER_DECLINED, clock_now_ms(t->f->services.clock)), FAULT_NONE);
}

static void a_notice_comes_again_after_a_restart_until_it_is_acknowledged(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_by(ACQUIRER_BY_BANK, "3333", 1, 100);
    struct acquirer_answer before, after;
    size_t n;

    set_acknowledges(t, false);
    before = till_ask(t, &ask);
    assert_int_equal(before.verdict, ACQUIRER_WAITS);
    decide(t, 1, ACQUIRER_DECIDE_HOLD);
    (void)till_heard(t, 1, 0, ACQUIRER_HELD);
    decide(t, 1, ACQUIRER_DECIDE_RELEASE);
    (void)till_heard(t, 1, 0, ACQUIRER_CHARGED);
    till_stop(t);
    n = till_heard_count(t);
    set_acknowledges(t, true);
    till_start(t, 0, NULL);
    for (int i = 0; i < TILL_LOOKS && till_heard_count(t) < n + 2; i++)
        till_nap();
    assert_int_equal(till_heard_count(t), n + 2);
    for (size_t i = n; i < n + 2; i++) {          /* both say how it is now */
        assert_int_equal(t->heard[i].now.verdict, ACQUIRER_CHARGED);
        assert_true(t->heard[i].id == 1 || t->heard[i].id == 2);
    }
    after = till_about(t, ACQUIRER_STATUS, 1, 0);
    assert_string_equal(after.acquirer_ref, before.acquirer_ref); /* the same name, under the same secret */
    till_stop(t);
    till_start(t, 0, NULL);
    till_nap();
    assert_int_equal(status(t, 1), ACQUIRER_CHARGED);
    assert_int_equal(till_heard_count(t), n + 2); /* nothing is left to be told */
}

static void what_was_done_is_known_after_a_restart(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 1000);

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_otp(t, 1, 1, "000000").verdict, ACQUIRER_WRONG_OTP);
    till_stop(t);
    till_start(t, 0, NULL);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_WRONG_OTP);
    assert_int_equal(till_otp(t, 1, 2, TEST_OTP).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_refund(t, 1, 1, 400, "").verdict, ACQUIRER_REFUND_PENDING);
    assert_int_equal(status(t, 2), ACQUIRER_NO_PAYMENT);
    till_stop(t);
    fixture_set_clock(t->f, FIXTURE_NOW + TEST_REFUND_MS);
    till_start(t, 0, NULL);
    assert_int_equal(till_otp(t, 1, 2, TEST_OTP).verdict, ACQUIRER_CHARGED);
    (void)till_heard(t, 1, 1, ACQUIRER_REFUND_DONE);
    assert_int_equal(till_refund(t, 1, 2, 601, "").verdict, ACQUIRER_BAD_AMOUNT);
    ask = till_card(t, 2, 100);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_GONE);
}

static void an_acquirer_that_is_down_or_deaf_hears_nothing(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);

    sim_acquirer_behave(t->sim, ACQUIRER_DOWN, 0);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_UNREACHABLE);
    sim_acquirer_behave(t->sim, ACQUIRER_DEAF, 0);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_SILENT);
    sim_acquirer_behave(t->sim, ACQUIRER_WELL, 0);
    assert_int_equal(till_counts(t).payments, 0);
    assert_int_equal(till_counts(t).asked[ACQUIRER_PAY], 0);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
}

static void a_mute_one_does_it_and_says_nothing(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_by(ACQUIRER_BY_UPI, "testsuccess@gocash", 1, 100);

    sim_acquirer_behave(t->sim, ACQUIRER_MUTE, 0);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_SILENT);
    sim_acquirer_behave(t->sim, ACQUIRER_WELL, 0);
    becomes(t, 1, ACQUIRER_CHARGED);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_counts(t).charged, 1);
}

static void a_slow_one_answers_in_the_end_and_a_double_one_twice(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);
    int64_t began = clock_mono_ns();
    int ms = 0;

    sim_acquirer_behave(t->sim, ACQUIRER_SLOW, 30);
    assert_int_equal(sim_acquirer_behaviour(t->sim, &ms), ACQUIRER_SLOW);
    assert_int_equal(ms, 30);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_true(clock_mono_ns() - began >= 30000000);     /* never earlier, however long it takes */
    sim_acquirer_behave(t->sim, ACQUIRER_TWICE, 0);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_CHARGED);
    for (int i = 0; i < TILL_LOOKS && acquirer_late(t->acquirer) == 0; i++)
        till_nap();
    assert_int_equal(acquirer_late(t->acquirer), 1);
    assert_int_equal(till_counts(t).charged, 1);
    sim_acquirer_behave(t->sim, ACQUIRER_SLOW, INT32_MAX);
    assert_int_equal(sim_acquirer_behaviour(t->sim, &ms), ACQUIRER_SLOW);
    assert_int_equal(ms, 60000);
    sim_acquirer_behave(t->sim, ACQUIRER_SLOW, -1);
    (void)sim_acquirer_behaviour(t->sim, &ms);
    assert_int_equal(ms, 0);
}

static void an_answer_that_is_held_back_is_given_up_when_all_stops(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);

    sim_acquirer_behave(t->sim, ACQUIRER_SLOW, 60000);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_SILENT);
    till_stop(t);                     /* with the answer in its hands */
    till_start(t, 0, NULL);
    assert_int_equal(status(t, 1), ACQUIRER_FACTOR);
}

static void every_manner_has_a_name(void **state)
{
    (void)state;
    for (enum acquirer_manner m = 0; m < ACQUIRER_MANNERS; m++)
        for (enum acquirer_manner n = 0; n < m; n++)
            assert_string_not_equal(acquirer_manner_name(m), acquirer_manner_name(n));
    assert_string_equal(acquirer_manner_name(ACQUIRER_DEAF), "deaf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_otp_that_does_not_come_in_time_has_expired, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(sending_it_again_gives_it_new_time_but_not_for_ever, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_bank_that_does_not_answer_has_declined_after_a_while, till_hasty,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(an_answer_that_never_comes_may_hide_a_charge, till_hasty, till_teardown),
        cmocka_unit_test_setup_teardown(many_limits_that_end_at_once_are_all_seen_to, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_notice_comes_again_after_a_restart_until_it_is_acknowledged, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(what_was_done_is_known_after_a_restart, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(an_acquirer_that_is_down_or_deaf_hears_nothing, till_hasty, till_teardown),
        cmocka_unit_test_setup_teardown(a_mute_one_does_it_and_says_nothing, till_hasty, till_teardown),
        cmocka_unit_test_setup_teardown(a_slow_one_answers_in_the_end_and_a_double_one_twice, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(an_answer_that_is_held_back_is_given_up_when_all_stops, till_hasty,
                                        till_teardown),
        cmocka_unit_test(every_manner_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
