/* test_isotime.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/isotime.h"

#include "base/banned.h"

static void reads(const char *text, int64_t want)
{
    int64_t ms = -1;

    assert_int_equal(isotime_read(&ms, span_of(text)), FAULT_NONE);
    assert_int_equal(ms, want);
}

static void refuses(struct span text)
{
    int64_t ms = -7;

    assert_int_equal(isotime_read(&ms, text), FAULT_BAD_INPUT);
    assert_int_equal(ms, -7);
}

static void one_moment_is_the_same_in_every_spelling(void **state)
{
    static const char *const same[] = {
        "2021-07-02T10:20:12+05:30", "2021-07-02T10:20:12+0530", "2021-07-02T04:50:12Z", "2021-07-02 10:20:12+05:30",
        "2021-07-02T10:20:12", "2021-07-02 10:20:12", "2021-07-02T04:50:12+00:00", "2021-07-02T04:50:12-00:00",
        "2021-07-01T20:50:12-08:00", "2021-07-02T18:50:12+1400", "2021-07-02T10:20:12.000+05:30",
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        reads(same[i], INT64_C(1625201412000));
}

static void fractions_are_kept_to_the_millisecond(void **state)
{
    (void)state;
    reads("2021-07-02T04:50:12.1Z", INT64_C(1625201412100));
    reads("2021-07-02T04:50:12.123Z", INT64_C(1625201412123));
    reads("2021-07-02T04:50:12.123999999Z", INT64_C(1625201412123));
    reads("2021-07-02T10:20:12.5", INT64_C(1625201412500));
}

static void the_calendar_knows_leap_years(void **state)
{
    (void)state;
    reads("1970-01-01T00:00:00Z", 0);
    reads("2000-02-29T00:00:00Z", INT64_C(951782400000));
    reads("2024-02-29T23:59:59Z", INT64_C(1709251199000));
    reads("2024-03-01T00:00:00Z", INT64_C(1709251200000));
    reads("9999-12-31T23:59:59+05:30", INT64_C(253402280999000));
}

static void days_that_do_not_exist_are_refused(void **state)
{
    static const char *const bad[] = {
        "2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2023-04-31T00:00:00Z",
        "2023-00-10T00:00:00Z", "2023-13-10T00:00:00Z", "2023-01-00T00:00:00Z", "2023-01-32T00:00:00Z",
        "2023-01-01T24:00:00Z", "2023-01-01T23:60:00Z", "2023-01-01T23:59:60Z", "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+05:30", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(span_of(bad[i]));
}

static void anything_that_is_no_date_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "2023", "2023-01-01", "2023-01-01T", "2023-01-01T10:00", "2023-01-01T10:00:0", "2023-1-1T10:00:00Z",
        "2023-01-01T10:00:00.Z", "2023-01-01T10:00:00.1234567890Z", "2023-01-01T10:00:00+5:30",
        "2023-01-01T10:00:00+05", "2023-01-01T10:00:00+05:3", "2023-01-01T10:00:00+05:60", "2023-01-01T10:00:00+24:00",
        "2023-01-01T10:00:00ZZ", "2023-01-01T10:00:00Z ", " 2023-01-01T10:00:00Z", "2023-01-01t10:00:00z",
        "2023-01-01  10:00:00", "2023/01/01T10:00:00Z", "+2023-01-01T10:00:00", "20230101T100000Z",
        "2023-01-01T-1:00:00",
        "2023-01-01T10:00:00 05:30", "1672567200", "tomorrow",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(span_of(bad[i]));
    refuses((struct span){ 0 });
    refuses(SPAN("2023-01-01T10:00:00\0"));
    refuses(SPAN("2023-01-01\0" "10:00:00Z"));
}

static void writing_is_indian_time_to_the_second(void **state)
{
    char out[ISOTIME_TEXT];

    (void)state;
    isotime_ist(out, INT64_C(1694262766999));
    assert_string_equal(out, "2023-09-09T18:02:46+05:30");
    isotime_ist(out, 0);
    assert_string_equal(out, "1970-01-01T05:30:00+05:30");
    isotime_ist(out, INT64_C(1709231399000));
    assert_string_equal(out, "2024-02-29T23:59:59+05:30");
    isotime_ist(out, INT64_C(1709231400000));
    assert_string_equal(out, "2024-03-01T00:00:00+05:30");
}

static void the_journal_writes_utc_with_milliseconds(void **state)
{
    char out[ISOTIME_TEXT];

    (void)state;
    isotime_utc(out, INT64_C(1694262766123));
    assert_string_equal(out, "2023-09-09T12:32:46.123Z");
    isotime_utc(out, INT64_C(253402300799999));
    assert_string_equal(out, "9999-12-31T23:59:59.999Z");
}

static void every_day_of_four_centuries_comes_back(void **state)
{
    char out[ISOTIME_TEXT];

    (void)state;
    for (int64_t day = 0; day < 146097; day++) {
        int64_t ms = day * 86400000 + 43200000, back = 0;
        isotime_ist(out, ms);
        assert_int_equal(isotime_read(&back, span_of(out)), FAULT_NONE);
        assert_int_equal(back, ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_moment_is_the_same_in_every_spelling),
        cmocka_unit_test(fractions_are_kept_to_the_millisecond),
        cmocka_unit_test(the_calendar_knows_leap_years),
        cmocka_unit_test(days_that_do_not_exist_are_refused),
        cmocka_unit_test(anything_that_is_no_date_is_refused),
        cmocka_unit_test(writing_is_indian_time_to_the_second),
        cmocka_unit_test(the_journal_writes_utc_with_milliseconds),
        cmocka_unit_test(every_day_of_four_centuries_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
