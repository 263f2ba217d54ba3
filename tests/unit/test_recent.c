/* The private parts of recent orders: kept for a while, bounded, and nobody else's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "service/recent.h"

struct bed { struct recent *r; struct arena *a; };

static int up(void **state)
{
    static struct bed b;

    assert_int_equal(recent_new(&b.r, clock_system()), FAULT_NONE);
    assert_int_equal(arena_new(&b.a), FAULT_NONE);
    *state = &b;
    return 0;
}

static int down(void **state)
{
    struct bed *b = *state;

    recent_free(b->r);
    arena_free(b->a);
    return 0;
}

static void what_was_kept_is_found(void **state)
{
    struct bed *b = *state;

    recent_keep(b->r, 1, 7, SPAN("a phone number"), 1000);
    assert_true(span_equal(recent_find(b->r, b->a, 1, 7, 2000), SPAN("a phone number")));
}

static void another_merchants_or_order_is_not_found(void **state)
{
    struct bed *b = *state;

    recent_keep(b->r, 1, 7, SPAN("a phone number"), 1000);
    assert_true(span_absent(recent_find(b->r, b->a, 2, 7, 1000)));
    assert_true(span_absent(recent_find(b->r, b->a, 1, 8, 1000)));
}

static void it_is_kept_for_five_minutes_and_no_longer(void **state)
{
    struct bed *b = *state;

    recent_keep(b->r, 1, 7, SPAN("x"), 1000);
    assert_false(span_absent(recent_find(b->r, b->a, 1, 7, 1000 + RECENT_MS - 1)));
    assert_true(span_absent(recent_find(b->r, b->a, 1, 7, 1000 + RECENT_MS)));
    assert_true(span_absent(recent_find(b->r, b->a, 1, 7, 1000)));       /* it is gone, not hidden */
}

static void a_clock_that_is_set_back_does_not_lengthen_a_stay(void **state)
{
    struct bed *b = *state;

    recent_keep(b->r, 1, 7, SPAN("x"), RECENT_MS);
    assert_true(span_absent(recent_find(b->r, b->a, 1, 7, RECENT_MS - 1)));
}

static void a_record_that_is_too_long_is_not_kept(void **state)
{
    static uint8_t bytes[RECENT_RECORD + 1];
    struct bed *b = *state;

    recent_keep(b->r, 1, 7, (struct span){ bytes, sizeof bytes }, 0);
    assert_true(span_absent(recent_find(b->r, b->a, 1, 7, 0)));
    recent_keep(b->r, 1, 7, (struct span){ bytes, RECENT_RECORD }, 0);
    assert_int_equal(recent_find(b->r, b->a, 1, 7, 0).n, RECENT_RECORD);
}

static void many_orders_never_give_each_others_record(void **state)
{
    struct bed *b = *state;
    size_t found = 0;

    for (int64_t no = 1; no <= 4 * RECENT_ORDERS; no++)
        recent_keep(b->r, 3, no, (struct span){ (const uint8_t *)&no, sizeof no }, 0);
    for (int64_t no = 1; no <= 4 * RECENT_ORDERS; no++) {
        struct span s = recent_find(b->r, b->a, 3, no, 0);
        if (span_absent(s))
            continue;
        assert_memory_equal(s.p, &no, sizeof no);
        found++;
    }
    assert_in_range(found, RECENT_ORDERS / 2, RECENT_ORDERS);
}

static void a_sweep_wipes_the_old_and_leaves_the_young(void **state)
{
    struct bed *b = *state;

    recent_keep(b->r, 1, 7, SPAN("old"), 0);
    recent_keep(b->r, 1, 8, SPAN("young"), 1000);
    recent_sweep(b->r, RECENT_MS);
    assert_true(span_absent(recent_find(b->r, b->a, 1, 7, 1000)));
    assert_true(span_equal(recent_find(b->r, b->a, 1, 8, 1000), SPAN("young")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_kept_is_found, up, down),
        cmocka_unit_test_setup_teardown(another_merchants_or_order_is_not_found, up, down),
        cmocka_unit_test_setup_teardown(it_is_kept_for_five_minutes_and_no_longer, up, down),
        cmocka_unit_test_setup_teardown(a_clock_that_is_set_back_does_not_lengthen_a_stay, up, down),
        cmocka_unit_test_setup_teardown(a_record_that_is_too_long_is_not_kept, up, down),
        cmocka_unit_test_setup_teardown(a_sweep_wipes_the_old_and_leaves_the_young, up, down),
        cmocka_unit_test_setup_teardown(many_orders_never_give_each_others_record, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
