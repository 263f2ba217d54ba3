/* test_clock.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

#include "base/banned.h"

struct still { struct clock base; int64_t ms; };

static int64_t still_now_ms(const struct clock *c)
{
    return ((const struct still *)c)->ms;
}

static void a_clock_is_whatever_the_caller_wired(void **state)
{
    struct still s = { { still_now_ms }, 1234 };

    (void)state;
    assert_int_equal(clock_now_ms(&s.base), 1234);
    s.ms = -5;
    assert_int_equal(clock_now_ms(&s.base), -5);
}

static void the_system_clock_is_one_object_in_milliseconds(void **state)
{
    int64_t now = clock_now_ms(clock_system());

    (void)state;
    assert_ptr_equal(clock_system(), clock_system());
    assert_true(now > INT64_C(1672531200000));           /* 2023 */
    assert_true(now < INT64_C(4102444800000));           /* 2100 */
}

static void the_duration_clock_never_goes_back(void **state)
{
    int64_t last = clock_mono_ns();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_ns();
        assert_true(now >= last);
        last = now;
    }
}

static void a_settable_clock_shows_the_systems_time_until_it_is_set(void **state)
{
    struct clock_settable c;
    int64_t before = clock_now_ms(clock_system());

    (void)state;
    clock_settable_init(&c);
    assert_int_equal(clock_settable_ahead_ms(&c), 0);
    assert_true(clock_now_ms(&c.base) >= before);
    assert_true(clock_now_ms(&c.base) <= clock_now_ms(clock_system()));
}

static void a_settable_clock_runs_on_from_where_it_was_set(void **state)
{
    const int64_t then = INT64_C(1798761600000);         /* 2027-01-01 */
    struct clock_settable c;
    int64_t first, ahead;

    (void)state;
    clock_settable_init(&c);
    clock_settable_set(&c, then);
    ahead = clock_settable_ahead_ms(&c);
    first = clock_now_ms(&c.base);
    assert_in_range(first, then, then + 60000);
    assert_true(first - ahead <= clock_now_ms(clock_system()));
    while (clock_now_ms(&c.base) == first)
        ;                                                /* it does move */
    assert_true(clock_now_ms(&c.base) > first);
    assert_int_equal(clock_settable_ahead_ms(&c), ahead);
}

static void a_frozen_clock_stands_still_until_it_runs_on_from_there(void **state)
{
    struct clock_settable c;
    int64_t at, system;

    (void)state;
    clock_settable_init(&c);
    clock_settable_set(&c, INT64_C(1800000000000));
    clock_settable_freeze(&c);
    assert_true(clock_settable_is_frozen(&c));
    at = clock_now_ms(&c.base);
    system = clock_now_ms(clock_system());
    while (clock_now_ms(clock_system()) == system)
        ;
    assert_int_equal(clock_now_ms(&c.base), at);
    clock_settable_advance(&c, 60000);
    assert_int_equal(clock_now_ms(&c.base), at + 60000);
    clock_settable_set(&c, INT64_C(1900000000000));
    assert_int_equal(clock_now_ms(&c.base), INT64_C(1900000000000));
    clock_settable_resume(&c);
    assert_false(clock_settable_is_frozen(&c));
    at = clock_now_ms(&c.base);
    assert_true(at >= INT64_C(1900000000000) && at < INT64_C(1900000060000));
    while (clock_now_ms(&c.base) == at)
        ;
}

static void setting_a_frozen_clock_back_to_the_systems_time_lets_it_run(void **state)
{
    struct clock_settable c;

    (void)state;
    clock_settable_init(&c);
    clock_settable_resume(&c);        /* it runs: nothing happens */
    clock_settable_set(&c, INT64_C(1800000000000));
    clock_settable_freeze(&c);
    clock_settable_reset(&c);
    assert_false(clock_settable_is_frozen(&c));
    assert_int_equal(clock_settable_ahead_ms(&c), 0);
}

static void a_settable_clock_is_advanced_and_set_back(void **state)
{
    struct clock_settable c;
    int64_t before;

    (void)state;
    clock_settable_init(&c);
    clock_settable_advance(&c, 5000);
    clock_settable_advance(&c, -1000);
    assert_int_equal(clock_settable_ahead_ms(&c), 4000);
    before = clock_now_ms(clock_system());
    assert_true(clock_now_ms(&c.base) >= before + 4000);
    clock_settable_reset(&c);
    assert_int_equal(clock_settable_ahead_ms(&c), 0);
    assert_true(clock_now_ms(&c.base) < before + 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_is_whatever_the_caller_wired),
        cmocka_unit_test(the_system_clock_is_one_object_in_milliseconds),
        cmocka_unit_test(the_duration_clock_never_goes_back),
        cmocka_unit_test(a_settable_clock_shows_the_systems_time_until_it_is_set),
        cmocka_unit_test(a_settable_clock_runs_on_from_where_it_was_set),
        cmocka_unit_test(a_frozen_clock_stands_still_until_it_runs_on_from_there),
        cmocka_unit_test(setting_a_frozen_clock_back_to_the_systems_time_lets_it_run),
        cmocka_unit_test(a_settable_clock_is_advanced_and_set_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
