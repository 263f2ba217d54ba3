/* Several values in one record, and the words that bind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/parts.h"

static void parts_come_back_as_they_were_put(void **state)
{
    uint8_t array[64];
    struct buf b = BUF(array);
    struct span record, part;

    (void)state;
    part_put(&b, SPAN("one"));
    part_put(&b, (struct span){ 0 });
    part_put(&b, SPAN(""));
    record = buf_view(&b);
    assert_true(part_take(&record, &part));
    assert_true(span_equal(part, SPAN("one")));
    assert_true(part_take(&record, &part));
    assert_true(span_absent(part));
    assert_true(part_take(&record, &part));
    assert_false(span_absent(part));
    assert_int_equal(part.n, 0);
    assert_int_equal(record.n, 0);
}

static void a_record_that_ends_too_early_is_refused_at_every_byte(void **state)
{
    uint8_t array[64];
    struct buf b = BUF(array);

    (void)state;
    part_put(&b, SPAN("something"));
    for (size_t n = 0; n < b.n; n++) {
        struct span record = { b.p, n }, part;
        assert_false(part_take(&record, &part));
    }
}

static void a_length_larger_than_the_record_is_refused(void **state)
{
    static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xfe, 'x' };
    struct span record = { huge, sizeof huge }, part;

    (void)state;
    assert_false(part_take(&record, &part));
}

static void the_words_name_table_merchant_and_row(void **state)
{
    uint8_t longest[PARTS_ABOUT] = { 0 };
    struct arena *a;

    (void)state;
    assert_int_equal(arena_new(&a), FAULT_NONE);
    assert_true(span_equal(parts_about(a, "orders.private", 7, SPAN("order-1")), SPAN("orders.private|7|order-1")));
    assert_true(span_absent(parts_about(a, "orders.private", 7, (struct span){ longest, sizeof longest })));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_back_as_they_were_put),
        cmocka_unit_test(a_record_that_ends_too_early_is_refused_at_every_byte),
        cmocka_unit_test(a_length_larger_than_the_record_is_refused),
        cmocka_unit_test(the_words_name_table_merchant_and_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
