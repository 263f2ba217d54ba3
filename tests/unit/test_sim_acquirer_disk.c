/* test_sim_acquirer_disk.c: the simulated acquirer on a disk that is full or loses its power. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shim/vfs_shim.h"

#include "acquirer_bed.h"

#include "base/banned.h"

static struct shim *shim;

static int setup(void **state)
{
    shim = shim_open();
    return till_open(state, TILL_SOON_MS, "shim");
}

static int teardown(void **state)
{
    int result = till_teardown(state);

    shim_close(shim);
    return result;
}

/* A failed commit may be on disk in part, so nothing is said: whoever asked looks again. */
static void on_a_full_disk_nothing_is_kept_and_nothing_said(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 2, 100), bank = till_by(ACQUIRER_BY_BANK, "3333", 3, 100);

    till_pay(t, 1, 1000);
    assert_int_equal(till_ask(t, &bank).verdict, ACQUIRER_WAITS);
    shim_disk_full(shim, true);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_SILENT);
    assert_int_equal(till_refund(t, 1, 1, 1000, "").verdict, ACQUIRER_SILENT);
    assert_int_equal(sim_acquirer_simulate(t->sim, (struct acquirer_ref){ TILL_MERCHANT, 3, 0, 0 },
                                           ACQUIRER_DECIDE_SUCCESS, ACQUIRER_DECLINED, FIXTURE_NOW), FAULT_DISK);
    shim_disk_full(shim, false);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_STATUS, 1, 1).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 3, 0).verdict, ACQUIRER_WAITS);
    assert_int_equal(till_counts(t).payments, 2);
    assert_int_equal(till_heard_count(t), 0);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_refund(t, 1, 1, 1000, "SUCCESS").verdict, ACQUIRER_REFUND_DONE);
    assert_int_equal(till_counts(t).refunded, 1);
}

static void what_was_answered_outlives_a_power_cut(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 1000), lost = till_card(t, 2, 100);
    struct acquirer_answer a;

    shim_hold(shim, true);
    a = till_ask(t, &ask);
    assert_int_equal(a.verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_refund(t, 1, 1, 300, "SUCCESS").verdict, ACQUIRER_REFUND_DONE);
    shim_power_cut(shim, SHIM_LOSE_ALL);
    assert_int_equal(till_ask(t, &lost).verdict, ACQUIRER_SILENT);
    till_stop(t);
    shim_power_on(shim);
    till_start(t, 0, "shim");
    assert_string_equal(till_about(t, ACQUIRER_STATUS, 1, 0).acquirer_ref, a.acquirer_ref);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_about_refund(t, ACQUIRER_REFUND_STATUS, 1, 1).verdict, ACQUIRER_REFUND_DONE);
    assert_int_equal(till_refund(t, 1, 2, 701, "").verdict, ACQUIRER_BAD_AMOUNT);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 2, 0).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(till_counts(t).charged, 1);
}

/* Wherever the power goes while a payment is begun and charged: it is charged once at most, and whoever was told that
 * it is charged finds it so. */
static void a_power_cut_anywhere_leaves_one_charge_at_most(void **state)
{
    enum { CUTS = 6 };
    struct till *t = *state;

    for (unsigned cut = 1; cut <= CUTS; cut++) {
        struct acquirer_ask ask = till_card(t, cut, 100);
        enum acquirer_verdict said, found;

        shim_hold(shim, true);
        shim_power_cut_at(shim, cut % 2 ? SHIM_SYNC : SHIM_WRITE, (cut + 1) / 2, SHIM_LOSE_SOME);
        (void)till_ask(t, &ask);
        said = till_otp(t, cut, 1, TEST_OTP).verdict;
        till_stop(t);
        shim_power_cut_at(shim, SHIM_SYNC, 0, SHIM_LOSE_ALL);
        shim_power_on(shim);
        shim_hold(shim, false);
        till_start(t, TILL_SOON_MS, "shim");
        found = till_about(t, ACQUIRER_STATUS, cut, 0).verdict;
        assert_true(found == ACQUIRER_NO_PAYMENT || found == ACQUIRER_FACTOR || found == ACQUIRER_CHARGED);
        if (said == ACQUIRER_CHARGED)
            assert_int_equal(found, ACQUIRER_CHARGED);
        assert_true(till_counts(t).charged <= cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(on_a_full_disk_nothing_is_kept_and_nothing_said, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_answered_outlives_a_power_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(a_power_cut_anywhere_leaves_one_charge_at_most, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
