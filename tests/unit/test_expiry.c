/* Months of cards and tokens: read, past or not, counted on, printed. */
#include "domain/expiry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/isotime.h"

#include "base/banned.h"

static int64_t at(const char *text)
{
    int64_t ms;

    assert_int_equal(isotime_read(&ms, span_of(text)), FAULT_NONE);
    return ms;
}

static void month_and_year_are_read_as_the_dialects_send_them(void **state)
{
    static const struct { const char *month, *year; unsigned m, y; } right[] = {
        { "03", "28", 3, 2028 }, { "03", "2028", 3, 2028 }, { "12", "99", 12, 2099 }, { "01", "00", 1, 2000 },
        { "09", "2000", 9, 2000 }, { "10", "2099", 10, 2099 },
    };
    struct expiry e;

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        assert_int_equal(expiry_read(&e, span_of(right[i].month), span_of(right[i].year)), EXPIRY_FINE);
        assert_int_equal(e.month, right[i].m);
        assert_int_equal(e.year, right[i].y);
    }
}

static void what_is_no_month_or_year_is_refused(void **state)
{
    static const char *const months[] = { "", "0", "00", "3", "13", "99", "003", "1a", " 3", "+3", "-1", "012" };
    static const char *const years[] = { "", "8", "028", "1999", "2100", "9999", "20a8", " 28", "02028", "2 28" };
    struct expiry e = { 2031, 7 };

    (void)state;
    for (size_t i = 0; i < sizeof months / sizeof *months; i++)
        assert_int_equal(expiry_read(&e, span_of(months[i]), SPAN("28")), EXPIRY_MONTH);
    for (size_t i = 0; i < sizeof years / sizeof *years; i++)
        assert_int_equal(expiry_read(&e, SPAN("03"), span_of(years[i])), EXPIRY_YEAR);
    assert_int_equal(expiry_read(&e, (struct span){ 0 }, SPAN("28")), EXPIRY_MONTH);
    assert_int_equal(expiry_read(&e, SPAN("03"), (struct span){ 0 }), EXPIRY_YEAR);
    assert_int_equal(e.year, 2031);
    assert_int_equal(e.month, 7);
}

static void a_month_is_past_when_the_next_begins_in_india(void **state)
{
    const struct expiry march = { 2028, 3 }, december = { 2029, 12 }, february = { 2028, 2 };

    (void)state;
    assert_false(expiry_is_past(march, at("2028-03-31T23:59:59.999+05:30")));
    assert_true(expiry_is_past(march, at("2028-04-01T00:00:00+05:30")));
    assert_false(expiry_is_past(march, at("2028-03-31T18:29:59Z")));      /* already April in Tokyo */
    assert_true(expiry_is_past(march, at("2028-03-31T18:30:00Z")));       /* still March in London */
    assert_false(expiry_is_past(march, at("2020-01-01T00:00:00Z")));
    assert_false(expiry_is_past(december, at("2029-12-31T23:59:59+05:30")));
    assert_true(expiry_is_past(december, at("2030-01-01T00:00:00+05:30")));
    assert_false(expiry_is_past(february, at("2028-02-29T23:59:59+05:30")));
    assert_int_equal(expiry_end_ms(february), at("2028-03-01T00:00:00+05:30"));
    assert_int_equal(expiry_end_ms((struct expiry){ 2099, 12 }), at("2100-01-01T00:00:00+05:30"));
}

static void expiries_are_ordered_by_year_and_month(void **state)
{
    const struct expiry rising[] = { { 2000, 1 }, { 2027, 12 }, { 2028, 1 }, { 2028, 2 }, { 2029, 1 }, { 2099, 12 } };
    const size_t n = sizeof rising / sizeof *rising;

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            assert_int_equal(expiry_compare(rising[i], rising[j]), (i > j) - (i < j));
}

static void a_token_is_good_for_so_many_months_from_now(void **state)
{
    static const struct { const char *now; unsigned months; struct expiry then; } cases[] = {
        { "2026-01-15T12:00:00+05:30", 0, { 2026, 1 } }, { "2026-01-15T12:00:00+05:30", 11, { 2026, 12 } },
        { "2026-01-15T12:00:00+05:30", 12, { 2027, 1 } }, { "2026-12-31T23:59:59+05:30", 1, { 2027, 1 } },
        { "2026-12-31T18:30:00Z", 1, { 2027, 2 } }, { "2026-09-30T00:00:00Z", 48, { 2030, 9 } },
        { "2026-01-01T00:00:00Z", EXPIRY_MONTHS_MAX, { 2076, 1 } }, { "2090-05-01T00:00:00Z", 115, { 2099, 12 } },
        { "2090-05-01T00:00:00Z", 116, { 2099, 12 } }, { "2150-05-01T00:00:00Z", 3, { 2099, 12 } },
        { "1970-01-01T00:00:00Z", 2, { 2000, 3 } }, { "2000-02-01T00:00:00+05:30", 0, { 2000, 2 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(expiry_compare(expiry_in_months(at(cases[i].now), cases[i].months), cases[i].then), 0);
    assert_int_equal(expiry_compare(expiry_in_months(INT64_MAX, 1), (struct expiry){ 2099, 12 }), 0);
    assert_int_equal(expiry_compare(expiry_in_months(INT64_MIN, 1), (struct expiry){ 2000, 2 }), 0);
}

static void every_month_prints_and_reads_back(void **state)
{
    (void)state;
    for (unsigned y = EXPIRY_YEAR_MIN; y <= EXPIRY_YEAR_MAX; y++)
        for (unsigned m = 1; m <= 12; m++) {
            struct expiry e = { (uint16_t)y, (uint8_t)m }, joined, split;
            struct expiry_text t = expiry_text(e);
            assert_int_equal(expiry_read(&joined, (struct span){ (const uint8_t *)t.mmyyyy, 2 },
                                         span_of(t.mmyyyy + 2)), EXPIRY_FINE);
            assert_int_equal(expiry_read(&split, span_of(t.mm), span_of(t.yy)), EXPIRY_FINE);
            assert_int_equal(expiry_compare(joined, e), 0);
            assert_int_equal(expiry_compare(split, e), 0);
            assert_int_equal(expiry_read(&split, span_of(t.mm), span_of(t.yyyy)), EXPIRY_FINE);
            assert_int_equal(expiry_compare(split, e), 0);
        }
    assert_string_equal(expiry_text((struct expiry){ 2021, 9 }).mmyyyy, "092021");     /* the sample of B.4 */
    assert_string_equal(expiry_text((struct expiry){ 2005, 12 }).yy, "05");
}

static void a_wiped_expiry_says_nothing(void **state)
{
    struct expiry e = { 2028, 3 };

    (void)state;
    expiry_fini(&e);
    assert_int_equal(e.year, 0);
    assert_int_equal(e.month, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(month_and_year_are_read_as_the_dialects_send_them),
        cmocka_unit_test(what_is_no_month_or_year_is_refused),
        cmocka_unit_test(a_month_is_past_when_the_next_begins_in_india),
        cmocka_unit_test(expiries_are_ordered_by_year_and_month),
        cmocka_unit_test(a_token_is_good_for_so_many_months_from_now),
        cmocka_unit_test(every_month_prints_and_reads_back),
        cmocka_unit_test(a_wiped_expiry_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
