/* The life of an order: every move, ids, expiry. */
#include "domain/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

/* Written out apart from the source's table. */
static bool expected(enum order_state from, enum order_state to)
{
    switch (from) {
    case ORDER_ACTIVE:
        return to != ORDER_ACTIVE;
    case ORDER_EXPIRED:
        return to == ORDER_PAID;
    case ORDER_TERMINATION_REQUESTED:
        return to == ORDER_PAID || to == ORDER_TERMINATED;
    case ORDER_PAID:
    case ORDER_TERMINATED:
    case ORDER_STATES:
        break;
    }
    return false;
}

static void an_order_makes_the_documented_moves_and_no_others(void **state)
{
    (void)state;
    for (enum order_state from = 0; from < ORDER_STATES; from++)
        for (enum order_state to = 0; to < ORDER_STATES; to++)
            assert_int_equal(order_may_move(from, to), expected(from, to));
}

static void states_have_the_names_of_the_api(void **state)
{
    (void)state;
    assert_string_equal(order_state_name(ORDER_ACTIVE), "ACTIVE");
    assert_string_equal(order_state_name(ORDER_PAID), "PAID");
    assert_string_equal(order_state_name(ORDER_EXPIRED), "EXPIRED");
    assert_string_equal(order_state_name(ORDER_TERMINATED), "TERMINATED");
    assert_string_equal(order_state_name(ORDER_TERMINATION_REQUESTED), "TERMINATION_REQUESTED");
}

static void only_an_active_order_expires(void **state)
{
    (void)state;
    assert_int_equal(order_state_at(ORDER_ACTIVE, 1000, 999), ORDER_ACTIVE);
    assert_int_equal(order_state_at(ORDER_ACTIVE, 1000, 1000), ORDER_EXPIRED);
    assert_int_equal(order_state_at(ORDER_ACTIVE, 1000, 5000), ORDER_EXPIRED);
    for (enum order_state s = ORDER_PAID; s < ORDER_STATES; s++)
        assert_int_equal(order_state_at(s, 1000, 5000), s);
}

static void order_ids_are_short_and_plain(void **state)
{
    static const char *const right[] = { "abc", "A-1", "order_-9", "Order0001", "123",
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS" };
    static const char *const wrong[] = { "", "ab", "a b", "a.b.c", "a/b/c", "ab\xc3\xa9", "abc\n", "\"abc\"", "a@b",
                                         "a[b", "a`b", "a{b",
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST" };

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(order_id_is_valid(span_of(right[i])));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(order_id_is_valid(span_of(wrong[i])));
    assert_false(order_id_is_valid((struct span){ 0 }));
    assert_false(order_id_is_valid(SPAN("ab\0c")));
}

static void an_expiry_is_more_than_15_minutes_and_less_than_30_days_ahead(void **state)
{
    const int64_t now = 1700000000000, minutes = 15 * 60 * 1000, days = 30LL * 86400 * 1000;

    (void)state;
    assert_false(order_expiry_is_valid(now, now));
    assert_false(order_expiry_is_valid(now + minutes, now));
    assert_true(order_expiry_is_valid(now + minutes + 1, now));
    assert_true(order_expiry_is_valid(now + days - 1, now));
    assert_false(order_expiry_is_valid(now + days, now));
    assert_false(order_expiry_is_valid(now - 1, now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_makes_the_documented_moves_and_no_others),
        cmocka_unit_test(states_have_the_names_of_the_api),
        cmocka_unit_test(only_an_active_order_expires),
        cmocka_unit_test(order_ids_are_short_and_plain),
        cmocka_unit_test(an_expiry_is_more_than_15_minutes_and_less_than_30_days_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
