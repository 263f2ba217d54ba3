/* test_sim_disk.c: the simulated network on a disk that is full or loses its power. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shim/vfs_shim.h"

#include "sim_bed.h"

#include "base/banned.h"

static struct shim *shim;

static void start(struct fixture *f)
{
    const struct network_options front = { .wait_ms = 0 };

    assert_int_equal(network_new(&f->services.network, &front), FAULT_NONE);
    assert_int_equal(sim_open(&f->sim, &(struct sim_options){ .path = f->network_path, .vfs = "shim",
                                                              .clock = f->services.clock,
                                                              .keyholder = f->network_keyholder,
                                                              .network = f->services.network }), FAULT_NONE);
}

static int setup(void **state)
{
    shim = shim_open();
    if (fixture_setup(state))
        return -1;
    fixture_network_stop(*state);
    start(*state);
    return 0;
}

static int teardown(void **state)
{
    int result = fixture_teardown(state);

    shim_close(shim);
    return result;
}

static void on_a_full_disk_nothing_is_kept_and_the_answer_is_a_fault(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, bed_card(SCHEME_VISA, TEST_APPROVE), 1), a;
    struct network_ask ask = bed_wish(f, bed_card(SCHEME_VISA, TEST_APPROVE), 2);
    struct network_ask became = { .op = NETWORK_STATUS, .ref = ask.ref };
    struct sim_counts c;

    shim_disk_full(shim, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_FAULT);
    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 1).verdict, NETWORK_FAULT);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_ACTIVE);
    assert_int_equal(sim_happen(f->sim, span_of(t.token_ref), SIM_SUSPEND, FIXTURE_NOW), FAULT_DISK);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_ERROR);      /* no serials are set aside */
    shim_disk_full(shim, false);
    assert_int_equal(bed_ask(f, &became).verdict, NETWORK_NO_TOKEN);
    a = bed_ask(f, &ask);
    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_string_not_equal(a.token_ref, t.token_ref);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 1).verdict, NETWORK_DONE);
    sim_counts(f->sim, &c);
    assert_int_equal(c.tokens, 2);
}

static void what_was_answered_outlives_a_power_cut(void **state)
{
    struct fixture *f = *state;
    struct network_answer t, before, after;

    shim_hold(shim, true);
    t = bed_token(f, bed_card(SCHEME_VISA, TEST_APPROVE), 1);
    before = bed_simply(f, &t, NETWORK_CRYPTOGRAM);
    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 1).verdict, NETWORK_DONE);
    shim_power_cut(shim, SHIM_LOSE_ALL);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 2).verdict, NETWORK_FAULT);
    fixture_network_stop(f);
    shim_power_on(shim);
    start(f);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_SUSPENDED);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 2).verdict, NETWORK_DONE);
    after = bed_simply(f, &t, NETWORK_CRYPTOGRAM);
    assert_int_equal(after.verdict, NETWORK_DONE);
    assert_string_equal(after.number, before.number);
    assert_string_not_equal(after.tavv, before.tavv);
    assert_string_not_equal(bed_token(f, bed_card(SCHEME_VISA, TEST_APPROVE), 2).token_ref, t.token_ref);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(on_a_full_disk_nothing_is_kept_and_the_answer_is_a_fault, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_answered_outlives_a_power_cut, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
