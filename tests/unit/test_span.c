/* test_span.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/span.h"

#include "base/banned.h"

static void absent_and_empty_are_different(void **state)
{
    (void)state;
    assert_true(span_absent(span_of(NULL)));
    assert_false(span_absent(span_of("")));
    assert_int_equal(span_of("").n, 0);
    assert_true(span_equal(span_of(NULL), span_of("")));
}

static void equality_needs_length_and_bytes(void **state)
{
    (void)state;
    assert_true(span_equal(SPAN("abc"), span_of("abc")));
    assert_false(span_equal(SPAN("abc"), SPAN("abcd")));
    assert_false(span_equal(SPAN("abc"), SPAN("abd")));
    assert_true(span_equal(SPAN("a\0b"), SPAN("a\0b")));
    assert_false(span_equal(SPAN("a\0b"), SPAN("a\0c")));
}

static void case_blind_equality_is_for_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(span_equal_nocase(SPAN("Content-TYPE"), SPAN("cONTENT-type")));
    assert_false(span_equal_nocase(SPAN("[a"), SPAN("{a")));
    assert_false(span_equal_nocase(SPAN("@"), SPAN("`")));
    assert_false(span_equal_nocase(SPAN("\xC4"), SPAN("\xE4")));
    assert_false(span_equal_nocase(SPAN("ab"), SPAN("abc")));
}

static void a_prefix_may_be_the_whole_or_nothing(void **state)
{
    (void)state;
    assert_true(span_starts(SPAN("/pg/orders"), SPAN("/pg/")));
    assert_true(span_starts(SPAN("/pg/"), SPAN("/pg/")));
    assert_true(span_starts(SPAN("/pg/"), SPAN("")));
    assert_false(span_starts(SPAN("/pg"), SPAN("/pg/")));
    assert_false(span_starts(SPAN("/gp/orders"), SPAN("/pg/")));
}

static void numbers_are_digits_within_the_bound(void **state)
{
    uint64_t n = 7;

    (void)state;
    assert_int_equal(span_u64(&n, SPAN("0"), 10), FAULT_NONE);
    assert_int_equal(n, 0);
    assert_int_equal(span_u64(&n, SPAN("0042"), 42), FAULT_NONE);
    assert_int_equal(n, 42);
    assert_int_equal(span_u64(&n, SPAN("18446744073709551615"), UINT64_MAX), FAULT_NONE);
    assert_true(n == UINT64_MAX);
}

static void anything_else_is_no_number_and_leaves_the_result_alone(void **state)
{
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "-1", "0x10", "1.0", "1e1", "18446744073709551616", "99999999999999999999999", "43",
    };
    uint64_t n = 7;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(span_u64(&n, span_of(bad[i]), 42), FAULT_BAD_INPUT);
    assert_int_equal(span_u64(&n, (struct span){ 0 }, 42), FAULT_BAD_INPUT);
    assert_int_equal(n, 7);
}

static void text_needs_room_for_its_nul(void **state)
{
    char out[4] = "xyz";

    (void)state;
    assert_int_equal(span_text(out, sizeof out, SPAN("abc")), FAULT_NONE);
    assert_string_equal(out, "abc");
    assert_int_equal(span_text(out, sizeof out, SPAN("abcd")), FAULT_BAD_INPUT);
    assert_string_equal(out, "");
    assert_int_equal(span_text(out, sizeof out, (struct span){ 0 }), FAULT_NONE);
    assert_string_equal(out, "");
    assert_int_equal(span_text(NULL, 0, SPAN("")), FAULT_BAD_INPUT);
}

static void text_with_a_nul_inside_is_refused(void **state)
{
    char out[8] = "xyz";

    (void)state;
    assert_int_equal(span_text(out, sizeof out, SPAN("a\0b")), FAULT_BAD_INPUT);
    assert_string_equal(out, "");
}

static void a_put_that_does_not_fit_changes_nothing_and_sticks(void **state)
{
    uint8_t array[4];
    struct buf b = BUF(array);
    struct span out;

    (void)state;
    buf_text(&b, "abc");
    assert_int_equal(buf_done(&b, &out), FAULT_NONE);
    assert_true(span_equal(out, SPAN("abc")));
    buf_text(&b, "de");
    assert_true(b.full);
    buf_byte(&b, 'd');
    assert_true(span_equal(buf_view(&b), SPAN("abc")));
    assert_int_equal(buf_done(&b, &out), FAULT_INTERNAL);
    assert_true(span_absent(out));
}

static void a_buffer_can_be_filled_to_the_last_byte(void **state)
{
    uint8_t array[4];
    struct buf b = BUF(array);

    (void)state;
    buf_put(&b, "abcd", 4);
    buf_span(&b, (struct span){ 0 });
    assert_false(b.full);
    assert_int_equal(b.n, 4);
    buf_byte(&b, 'e');
    assert_true(b.full);
}

static void numbers_are_written_in_full_or_not_at_all(void **state)
{
    uint8_t array[64], small[3];
    struct buf b = BUF(array), s = BUF(small);

    (void)state;
    buf_u64(&b, 0);
    buf_byte(&b, ' ');
    buf_u64(&b, UINT64_MAX);
    buf_byte(&b, ' ');
    buf_i64(&b, INT64_MIN);
    buf_byte(&b, ' ');
    buf_i64(&b, 15);
    assert_true(span_equal(buf_view(&b), SPAN("0 18446744073709551615 -9223372036854775808 15")));
    buf_i64(&s, -123);
    assert_true(s.full);
    assert_int_equal(s.n, 0);
}

static void a_random_id_has_hexadecimal_digits_and_letters_enough(void **state)
{
    (void)state;
    assert_true(span_is_random_id(SPAN("a1b2c3d4ee4111111111111111f0aa9c")));
    assert_true(span_is_random_id(SPAN("A1B2C3D4-EE41-1111-1111-111111F0AA9C")));
    assert_false(span_is_random_id(SPAN("a1b2c3d4ee4111111111111111f0aa9")));       /* 31 */
    assert_false(span_is_random_id(SPAN("00000000000000a4111111111111abc0g")));
    assert_false(span_is_random_id(SPAN("00000000000000a4111111111111bc00")));       /* three letters */
    assert_true(span_is_random_id(SPAN("00000000000000a4111111111111bcd0")));
    assert_false(span_is_random_id((struct span){ 0 }));
}

static void characters_are_as_long_as_utf8_says(void **state)
{
    static const struct { const char *bytes; size_t n; } rows[] = {
        { "", 0 },             { "a", 1 },             { "\xC3\xA9x", 2 },         { "\xE2\x82\xB9", 3 },
        { "\xE2\x82", 0 },     { "\xF0\x9F\x98\x80", 4 }, { "\xF0\x8F\xBF\xBF", 0 }, { "\xF4\x90\x80\x80", 0 },
        { "\xED\xA0\x80", 0 }, { "\xE0\x9F\xBF", 0 },  { "\xC1\xBF", 0 },         { "\x80", 0 },
        { "\xFF", 0 },         { "\xC3(", 0 },         { "\xF4\x8F\xBF\xBF", 4 }, { "\xED\x9F\xBF", 3 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(span_utf8(span_of(rows[i].bytes)), rows[i].n);
}

static void blanks_around_a_text_are_cut_off_and_no_others(void **state)
{
    static const struct { const char *text, *trimmed; } rows[] = {
        { "a", "a" }, { " a b\t", "a b" }, { "\r\n\t a \n", "a" }, { "", "" }, { " \t\r\n", "" }, { "\va\f", "\va\f" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(span_equal(span_trim(span_of(rows[i].text)), span_of(rows[i].trimmed)));
    assert_true(span_absent(span_trim((struct span){ 0 })));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_around_a_text_are_cut_off_and_no_others),
        cmocka_unit_test(characters_are_as_long_as_utf8_says),
        cmocka_unit_test(absent_and_empty_are_different),
        cmocka_unit_test(equality_needs_length_and_bytes),
        cmocka_unit_test(case_blind_equality_is_for_ascii_letters_only),
        cmocka_unit_test(a_prefix_may_be_the_whole_or_nothing),
        cmocka_unit_test(numbers_are_digits_within_the_bound),
        cmocka_unit_test(anything_else_is_no_number_and_leaves_the_result_alone),
        cmocka_unit_test(text_needs_room_for_its_nul),
        cmocka_unit_test(text_with_a_nul_inside_is_refused),
        cmocka_unit_test(a_put_that_does_not_fit_changes_nothing_and_sticks),
        cmocka_unit_test(a_buffer_can_be_filled_to_the_last_byte),
        cmocka_unit_test(numbers_are_written_in_full_or_not_at_all),
        cmocka_unit_test(a_random_id_has_hexadecimal_digits_and_letters_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
