/* test_refund_rules.c: the life of a refund: every move, what counts, names, ids. */
#include "domain/refund.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

/* Written out apart from the source's table. */
static bool expected(enum refund_status from, enum refund_status to)
{
    switch (from) {
    case REFUND_PENDING:
        return to == REFUND_SUCCESS || to == REFUND_FAILED || to == REFUND_ONHOLD || to == REFUND_CANCELLED;
    case REFUND_ONHOLD:
        return to == REFUND_PENDING || to == REFUND_SUCCESS || to == REFUND_FAILED || to == REFUND_CANCELLED;
    case REFUND_SUCCESS:
    case REFUND_FAILED:
    case REFUND_CANCELLED:
    case REFUND_STATUSES:
        break;
    }
    return false;
}

static void a_refund_makes_the_documented_moves_and_no_others(void **state)
{
    (void)state;
    for (enum refund_status from = 0; from < REFUND_STATUSES; from++)
        for (enum refund_status to = 0; to < REFUND_STATUSES; to++)
            if (refund_may_move(from, to) != expected(from, to))
                fail_msg("%s to %s", refund_status_name(from), refund_status_name(to));
}

static void only_what_came_to_nothing_does_not_count_against_the_payment(void **state)
{
    (void)state;
    assert_true(refund_counts(REFUND_PENDING));
    assert_true(refund_counts(REFUND_SUCCESS));
    assert_true(refund_counts(REFUND_ONHOLD));
    assert_false(refund_counts(REFUND_FAILED));
    assert_false(refund_counts(REFUND_CANCELLED));
}

/* The published types of clients have no word for FAILED. */
static void names_are_those_that_clients_know(void **state)
{
    (void)state;
    assert_string_equal(refund_status_name(REFUND_PENDING), "PENDING");
    assert_string_equal(refund_status_name(REFUND_SUCCESS), "SUCCESS");
    assert_string_equal(refund_status_name(REFUND_ONHOLD), "ONHOLD");
    assert_string_equal(refund_status_name(REFUND_CANCELLED), "CANCELLED");
    assert_string_equal(refund_status_name(REFUND_FAILED), "CANCELLED");
    assert_string_equal(refund_type_name(REFUND_BY_MERCHANT), "MERCHANT_INITIATED");
    assert_string_equal(refund_type_name(REFUND_AUTOMATIC), "PAYMENT_AUTO_REFUND");
    assert_string_equal(refund_type_name(REFUND_UNRECONCILED), "UNRECONCILED_AUTO_REFUND");
    assert_string_equal(refund_speed_name(REFUND_STANDARD), "STANDARD");
    assert_string_equal(refund_speed_name(REFUND_INSTANT), "INSTANT");
}

static void ids_are_three_to_forty_letters_digits_hyphens_and_underscores(void **state)
{
    static const char *const right[] = { "abc", "REF-123", "refund_00912",
                                         "0123456789012345678901234567890123456789" };
    static const char *const wrong[] = { "", "ab", "a b", "re.f", "ref/1", "r\xc3\xa9""f1",
                                         "01234567890123456789012345678901234567890" };

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(refund_id_is_valid(span_of(right[i])));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(refund_id_is_valid(span_of(wrong[i])));
    assert_false(refund_id_is_valid((struct span){ 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refund_makes_the_documented_moves_and_no_others),
        cmocka_unit_test(only_what_came_to_nothing_does_not_count_against_the_payment),
        cmocka_unit_test(names_are_those_that_clients_know),
        cmocka_unit_test(ids_are_three_to_forty_letters_digits_hyphens_and_underscores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
