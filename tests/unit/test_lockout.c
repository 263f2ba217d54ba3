/* test_lockout.c: who waits after too many failures, and who does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "service/lockout.h"

#include "base/banned.h"

enum { LIMIT = 3 };
#define THERE "192.0.2.1"
#define ELSEWHERE "192.0.2.2"
#define SHOP SPAN("shop")

static struct lockouts *l;

static int set_up(void **state)
{
    (void)state;
    return lockouts_new(&l, LIMIT) != FAULT_NONE;
}

static int tear_down(void **state)
{
    (void)state;
    lockouts_free(l);
    return 0;
}

static void fail_at(const char *peer, struct span who, unsigned times, int64_t now_ms)
{
    while (times--)
        (void)lockout_failed(l, peer, who, now_ms);
}

static void so_many_failures_lock_out_for_half_an_hour(void **state)
{
    (void)state;
    fail_at(THERE, SHOP, LIMIT - 1, 1000);
    assert_false(lockout_holds(l, THERE, SHOP, 1000));
    assert_true(lockout_failed(l, THERE, SHOP, 2000));
    assert_true(lockout_holds(l, THERE, SHOP, 2000));
    assert_true(lockout_holds(l, THERE, SHOP, 2000 + LOCKOUT_MS - 1));
    assert_false(lockout_holds(l, THERE, SHOP, 2000 + LOCKOUT_MS));
}

static void after_it_the_count_begins_anew(void **state)
{
    (void)state;
    fail_at(THERE, SHOP, LIMIT, 1000);
    assert_false(lockout_failed(l, THERE, SHOP, 1000 + LOCKOUT_MS));
    assert_false(lockout_holds(l, THERE, SHOP, 1000 + LOCKOUT_MS));
}

static void a_stranger_locks_out_himself_and_not_the_merchant(void **state)
{
    (void)state;
    fail_at(THERE, SHOP, 2 * LIMIT, 1000);
    assert_true(lockout_holds(l, THERE, SHOP, 1000));
    assert_false(lockout_holds(l, ELSEWHERE, SHOP, 1000));
    assert_false(lockout_holds(l, THERE, SPAN("another"), 1000));
}

static void success_forgets_the_failures(void **state)
{
    (void)state;
    fail_at(THERE, SHOP, LIMIT - 1, 1000);
    lockout_passed(l, THERE, SHOP);
    fail_at(THERE, SHOP, LIMIT - 1, 1000);
    assert_false(lockout_holds(l, THERE, SHOP, 1000));
}

static void failures_long_ago_do_not_count(void **state)
{
    (void)state;
    fail_at(THERE, SHOP, LIMIT - 1, 1000);
    assert_false(lockout_failed(l, THERE, SHOP, 1000 + LOCKOUT_MS));
}

static void a_source_that_tries_all_names_is_locked_out_of_all(void **state)
{
    char name[32];

    (void)state;
    for (unsigned i = 0; i < LOCKOUT_WIDER * LIMIT; i++) {
        assert_false(lockout_holds(l, THERE, SHOP, 1000));
        (void)snprintf(name, sizeof name, "name %u", i);
        (void)lockout_failed(l, THERE, span_of(name), 1000);
    }
    assert_true(lockout_holds(l, THERE, SHOP, 1000));
    assert_false(lockout_holds(l, ELSEWHERE, SHOP, 1000));
}

static void a_household_has_one_count_and_its_neighbours_another(void **state)
{
    (void)state;
    fail_at("2001:db8:1:2::1", SHOP, LIMIT - 1, 1000);
    fail_at("2001:db8:1:2:3:4:5:6", SHOP, 1, 1000);
    assert_true(lockout_holds(l, "2001:db8:1:2:ffff::", SHOP, 1000));
    assert_false(lockout_holds(l, "2001:db8:1:3::1", SHOP, 1000));
}

static void a_flood_of_sources_has_bounded_memory_and_does_not_free_the_last(void **state)
{
    char peer[32];

    (void)state;
    for (unsigned i = 0; i < 2 * LOCKOUT_ENTRIES; i++) {
        (void)snprintf(peer, sizeof peer, "10.%u.%u.1", i >> 8 & 255, i & 255);
        fail_at(peer, SHOP, 1, 1000 + i);
    }
    fail_at(THERE, SHOP, LIMIT, 100000);
    assert_true(lockout_holds(l, THERE, SHOP, 100000));
}

static void without_a_limit_nobody_is_locked_out(void **state)
{
    struct lockouts *none;

    (void)state;
    assert_int_equal(lockouts_new(&none, 0), FAULT_NONE);
    assert_null(none);
    assert_false(lockout_failed(none, THERE, SHOP, 1));
    lockout_passed(none, THERE, SHOP);
    assert_false(lockout_holds(none, THERE, SHOP, 1));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(so_many_failures_lock_out_for_half_an_hour),
        T(after_it_the_count_begins_anew),
        T(a_stranger_locks_out_himself_and_not_the_merchant),
        T(success_forgets_the_failures),
        T(failures_long_ago_do_not_count),
        T(a_source_that_tries_all_names_is_locked_out_of_all),
        T(a_household_has_one_count_and_its_neighbours_another),
        T(a_flood_of_sources_has_bounded_memory_and_does_not_free_the_last),
        T(without_a_limit_nobody_is_locked_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
