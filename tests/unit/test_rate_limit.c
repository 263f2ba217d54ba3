/* Rate limits: counting, sliding, and telling the truth about when to come back. */
#include "service/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/banned.h"

enum { LIMIT = 5 };
#define START 1700000000000LL

static int setup(void **state)
{
    static const unsigned per_minute[RATE_CLASSES] = { [RATE_CREATE_ORDER] = LIMIT, [RATE_GET_ORDER] = 1,
                                                          [RATE_OTP] = 1 };
    struct rate_limits *r;

    assert_int_equal(rate_limits_new(&r, per_minute), FAULT_NONE);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rate_limits_free(*state);
    return 0;
}

static struct rate_verdict create(void **state, int64_t merchant, int64_t ms)
{
    return rate_limit_take(*state, merchant, RATE_CREATE_ORDER, START + ms);
}

static void a_class_without_a_limit_is_never_refused(void **state)
{
    for (int i = 0; i < 10000; i++) {
        struct rate_verdict v = rate_limit_take(*state, 1, RATE_ORDER_TOKEN, START);
        assert_false(v.limited);
        assert_false(v.refused);
        assert_int_equal(v.retry_s, 0);
    }
}

static void calls_count_down_and_then_are_refused(void **state)
{
    struct rate_verdict v;

    for (unsigned i = 0; i < LIMIT; i++) {
        v = create(state, 1, i);
        assert_true(v.limited);
        assert_false(v.refused);
        assert_int_equal(v.limit, LIMIT);
        assert_int_equal(v.remaining, LIMIT - 1 - i);
        assert_int_equal(v.retry_s, 0);
    }
    v = create(state, 1, LIMIT);
    assert_true(v.refused);
    assert_int_equal(v.remaining, 0);
    assert_in_range(v.retry_s, 1, 59);
}

static void waiting_as_long_as_told_suffices_and_less_does_not(void **state)
{
    static const int64_t calls[LIMIT] = { 0, 7900, 8000, 30000, 44444 };

    for (size_t i = 0; i < LIMIT; i++)
        assert_false(create(state, 1, calls[i]).refused);
    for (int64_t ms = 45000; ms < 400000; ms += 3700) {
        struct rate_verdict v = create(state, 1, ms);
        if (!v.refused)
            continue;
        assert_in_range(v.retry_s, 1, 59);
        if (v.retry_s > 1)
            assert_true(create(state, 1, ms + (v.retry_s - 1) * 1000LL).refused);
        ms += v.retry_s * 1000LL;
        assert_false(create(state, 1, ms).refused);
    }
}

static void refused_calls_do_not_count(void **state)
{
    for (unsigned i = 0; i < LIMIT; i++)
        assert_false(create(state, 1, 0).refused);
    for (int64_t ms = 0; ms < 59000; ms += 500)
        assert_true(create(state, 1, ms).refused);
    for (unsigned i = 0; i < LIMIT; i++)
        assert_false(create(state, 1, 59000).refused);
    assert_true(create(state, 1, 59000).refused);
}

static void any_window_of_59_seconds_holds_at_most_the_limit(void **state)
{
    enum { SECONDS = 600 };
    unsigned passed[SECONDS] = { 0 };

    for (int64_t ms = 0; ms < SECONDS * 1000; ms += 330)
        passed[ms / 1000] += !create(state, 1, ms).refused;
    for (size_t from = 0; from + 59 <= SECONDS; from++) {
        unsigned sum = 0;
        for (size_t i = 0; i < 59; i++)
            sum += passed[from + i];
        assert_in_range(sum, 0, LIMIT);
        if (from % 59 == 0)
            assert_int_equal(sum, LIMIT);
    }
}

static void classes_and_merchants_have_counters_of_their_own(void **state)
{
    for (unsigned i = 0; i < LIMIT; i++)
        assert_false(create(state, 1, 0).refused);
    assert_true(create(state, 1, 0).refused);
    assert_false(create(state, 17, 0).refused);
    assert_false(create(state, 2, 0).refused);
    assert_false(rate_limit_take(*state, 1, RATE_GET_ORDER, START).refused);
    assert_true(rate_limit_take(*state, 1, RATE_GET_ORDER, START).refused);
}

static void a_clock_that_jumps_locks_nobody_out(void **state)
{
    for (unsigned i = 0; i < LIMIT; i++)
        assert_false(create(state, 1, 0).refused);
    assert_true(create(state, 1, 0).refused);
    assert_false(create(state, 1, -3600 * 1000).refused);
    assert_false(create(state, 1, 365LL * 86400 * 1000).refused);
    assert_false(rate_limit_take(*state, 9, RATE_CREATE_ORDER, -5).refused);
}

static void more_merchants_than_fit_are_still_counted(void **state)
{
    enum { MANY = 3 * RATE_MERCHANTS_MAX };

    for (int64_t m = 0; m < MANY; m++)
        assert_false(rate_limit_take(*state, m, RATE_GET_ORDER, START).refused);
    for (int64_t m = MANY - RATE_MERCHANTS_MAX; m < MANY; m++)      /* the recent ones are remembered */
        assert_true(rate_limit_take(*state, m, RATE_GET_ORDER, START).refused);
    assert_false(rate_limit_take(*state, 0, RATE_GET_ORDER, START).refused);      /* the least recent went first */
}

#define FRESH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static struct rate_verdict otp(void **state, const char *peer)
{
    return rate_limit_take_source(*state, peer, RATE_OTP, START);
}

static void a_source_is_counted_by_its_address(void **state)
{
    assert_false(otp(state, "192.0.2.7").refused);
    assert_true(otp(state, "192.0.2.7").refused);
    assert_true(otp(state, "::ffff:192.0.2.7").refused);
    assert_false(otp(state, "192.0.2.8").refused);
}

static void addresses_of_one_small_network_are_one_source(void **state)
{
    assert_false(otp(state, "2001:db8:1:2::1").refused);
    assert_true(otp(state, "2001:db8:1:2:ffff::9").refused);
    assert_false(otp(state, "2001:db8:1:3::1").refused);
}

static void what_is_no_address_is_one_source(void **state)
{
    assert_false(otp(state, "").refused);
    assert_true(otp(state, "nobody").refused);
}

/* 1024 merchants are counted, so that more sources than that would have pushed the first out. */
static void many_sources_push_no_merchant_out(void **state)
{
    char peer[32];

    for (int i = 0; i < LIMIT; i++)
        assert_false(create(state, 1, 0).refused);
    for (int i = 0; i < 2 * RATE_SOURCES_MAX; i++) {
        (void)snprintf(peer, sizeof peer, "10.%d.%d.1", i / 250, i % 250);
        (void)otp(state, peer);
    }
    assert_true(create(state, 1, 0).refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_class_without_a_limit_is_never_refused),
        FRESH(calls_count_down_and_then_are_refused),
        FRESH(waiting_as_long_as_told_suffices_and_less_does_not),
        FRESH(refused_calls_do_not_count),
        FRESH(any_window_of_59_seconds_holds_at_most_the_limit),
        FRESH(classes_and_merchants_have_counters_of_their_own),
        FRESH(a_clock_that_jumps_locks_nobody_out),
        FRESH(more_merchants_than_fit_are_still_counted),
        FRESH(a_source_is_counted_by_its_address),
        FRESH(addresses_of_one_small_network_are_one_source),
        FRESH(what_is_no_address_is_one_source),
        FRESH(many_sources_push_no_merchant_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
