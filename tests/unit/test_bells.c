/* When bells ring: at once, or once for all that a thread hands over. */
#include "base/bells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

#include "base/banned.h"

static void count(void *arg)
{
    ++*(int *)arg;
}

static void count_twice(void *arg)
{
    *(int *)arg += 2;
}

static void a_bell_rings_at_once_when_nobody_holds_it(void **state)
{
    int rung = 0;

    (void)state;
    assert_true(bells_ring(count, &rung));
    assert_true(bells_ring(count, &rung));
    assert_int_equal(rung, 2);
}

static void held_bells_ring_once_each_at_the_end(void **state)
{
    int one = 0, two = 0;

    (void)state;
    bells_hold();
    assert_true(bells_ring(count, &one));
    assert_true(bells_ring(count, &two));
    assert_false(bells_ring(count, &one));
    assert_true(bells_ring(count_twice, &one));      /* another bell of the same */
    assert_int_equal(one + two, 0);
    bells_release();
    assert_int_equal(one, 3);
    assert_int_equal(two, 1);
    assert_true(bells_ring(count, &one));
    assert_int_equal(one, 4);
}

static void the_outermost_holder_releases(void **state)
{
    int rung = 0;

    (void)state;
    bells_hold();
    bells_hold();
    (void)bells_ring(count, &rung);
    bells_release();
    assert_int_equal(rung, 0);
    bells_release();
    assert_int_equal(rung, 1);
}

static void of_too_many_bells_the_last_ring_at_once(void **state)
{
    int rung[BELLS_HELD_MAX + 2] = { 0 };

    (void)state;
    bells_hold();
    for (size_t i = 0; i < BELLS_HELD_MAX + 2; i++)
        assert_true(bells_ring(count, &rung[i]));
    assert_int_equal(rung[0], 0);
    assert_int_equal(rung[BELLS_HELD_MAX - 1], 0);
    assert_int_equal(rung[BELLS_HELD_MAX], 1);
    assert_int_equal(rung[BELLS_HELD_MAX + 1], 1);
    bells_release();
    for (size_t i = 0; i < BELLS_HELD_MAX + 2; i++)
        assert_int_equal(rung[i], 1);
}

struct chain { int rung; };

static void ring_another(void *arg)
{
    struct chain *c = arg;

    assert_true(bells_ring(count, &c->rung));
}

static void who_is_rung_may_ring_others(void **state)
{
    struct chain c = { 0 };

    (void)state;
    bells_hold();
    (void)bells_ring(ring_another, &c);
    bells_release();
    assert_int_equal(c.rung, 1);
}

static void *ring_elsewhere(void *arg)
{
    return bells_ring(count, arg) ? arg : NULL;
}

static void one_thread_does_not_hold_anothers(void **state)
{
    pthread_t thread;
    int rung = 0;
    void *result;

    (void)state;
    bells_hold();
    assert_int_equal(pthread_create(&thread, NULL, ring_elsewhere, &rung), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &rung);
    assert_int_equal(rung, 1);
    bells_release();
    assert_int_equal(rung, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bell_rings_at_once_when_nobody_holds_it),
        cmocka_unit_test(held_bells_ring_once_each_at_the_end),
        cmocka_unit_test(the_outermost_holder_releases),
        cmocka_unit_test(of_too_many_bells_the_last_ring_at_once),
        cmocka_unit_test(who_is_rung_may_ring_others),
        cmocka_unit_test(one_thread_does_not_hold_anothers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
