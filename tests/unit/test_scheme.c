/* Whose card a number is: every range, length and name. */
#include "domain/scheme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

/* Written out apart from the source's table, by the prefixes as the schemes publish them. */
static enum scheme expected(uint32_t six)
{
    uint32_t one = six / 100000, two = six / 10000, three = six / 1000, four = six / 100;

    if (one == 4)
        return SCHEME_VISA;
    if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720))
        return SCHEME_MASTERCARD;
    if (two == 34 || two == 37)
        return SCHEME_AMEX;
    if ((three >= 300 && three <= 305) || four == 3095 || two == 36 || two == 38 || two == 39)
        return SCHEME_DINERS;
    if (four == 6011)
        return SCHEME_UNKNOWN;
    if (two == 60 || two == 65 || two == 81 || two == 82 || three == 508 || three == 353 || three == 356)
        return SCHEME_RUPAY;
    return SCHEME_UNKNOWN;
}

static void every_six_digits_are_of_the_scheme_that_publishes_them(void **state)
{
    (void)state;
    for (uint32_t six = 0; six < SCHEME_IINS; six++)
        if (scheme_of_iin(six) != expected(six))
            fail_msg("%06u", six);
}

static void more_than_six_digits_are_of_no_scheme(void **state)
{
    (void)state;
    assert_int_equal(scheme_of_iin(SCHEME_IINS), SCHEME_UNKNOWN);
    assert_int_equal(scheme_of_iin(4111111), SCHEME_UNKNOWN);
    assert_int_equal(scheme_of_iin(UINT32_MAX), SCHEME_UNKNOWN);
}

static bool is_among(size_t n, const size_t *list)
{
    for (; *list; list++)
        if (n == *list)
            return true;
    return false;
}

static void numbers_have_the_lengths_of_their_scheme(void **state)
{
    static const size_t lengths[SCHEMES][8] = {
        [SCHEME_VISA] = { 16, 19 }, [SCHEME_MASTERCARD] = { 16 }, [SCHEME_RUPAY] = { 16 }, [SCHEME_AMEX] = { 15 },
        [SCHEME_DINERS] = { 14, 15, 16, 17, 18, 19 },
    };

    (void)state;
    for (enum scheme s = SCHEME_UNKNOWN; s < SCHEMES; s++)
        for (size_t n = 0; n < 100; n++)
            assert_int_equal(scheme_has_length(s, n), is_among(n, lengths[s]));
    assert_false(scheme_has_length(SCHEME_VISA, SIZE_MAX));
}

static void token_numbers_and_codes_have_the_lengths_of_their_scheme(void **state)
{
    static const size_t token[SCHEMES] = { 0, 16, 16, 16, 15, 14 }, cvv[SCHEMES] = { 0, 3, 3, 3, 4, 3 };

    (void)state;
    for (enum scheme s = SCHEME_UNKNOWN; s < SCHEMES; s++) {
        assert_int_equal(scheme_token_length(s), token[s]);
        assert_int_equal(scheme_cvv_length(s), cvv[s]);
        assert_true(s == SCHEME_UNKNOWN || scheme_has_length(s, token[s]));    /* a token passes for a card */
    }
}

static void each_dialect_has_its_words(void **state)
{
    static const char *const words[SCHEME_WORDS][SCHEMES] = {
        [SCHEME_WORDS_OWN] = { NULL, "VISA", "MASTERCARD", "RUPAY", "AMEX", "DINERS" },
        [SCHEME_WORDS_JUSPAY] = { NULL, "VISA", "MASTERCARD", "RUPAY", "AMEX", "DINERSCLUB" },
        [SCHEME_WORDS_PAYTM] = { NULL, "VISA", "MASTER", "RUPAY", "AMEX", "DINERS" },
        [SCHEME_WORDS_CASHFREE] = { NULL, "visa", "mastercard", "rupay", "amex", "diners" },
        [SCHEME_WORDS_CASHFREE_UPPER] = { NULL, "VISA", "MASTERCARD", "RUPAY", "AMEX", "DINERS" },
    };

    (void)state;
    for (enum scheme_words w = 0; w < SCHEME_WORDS; w++) {
        assert_null(scheme_name(SCHEME_UNKNOWN, w));
        for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++)
            assert_string_equal(scheme_name(s, w), words[w][s]);
    }
}

static void a_name_is_read_in_anybodys_words(void **state)
{
    static const struct { const char *name; enum scheme scheme; } read[] = {
        { "VISA", SCHEME_VISA }, { "Visa", SCHEME_VISA }, { "Mastercard", SCHEME_MASTERCARD },
        { "MASTER", SCHEME_MASTERCARD }, { "RuPay", SCHEME_RUPAY }, { "amex", SCHEME_AMEX },
        { "AmericanExpress", SCHEME_AMEX }, { "DINERS", SCHEME_DINERS }, { "DinersClub", SCHEME_DINERS },
    };
    static const char *const none[] = { "", "DISCOVER", "JCB", "MAESTRO", "VIS", "VISAS", "UNKNOWN", " VISA" };
    enum scheme s = SCHEME_RUPAY;

    (void)state;
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        assert_int_equal(scheme_read(&s, span_of(read[i].name)), FAULT_NONE);
        assert_int_equal(s, read[i].scheme);
    }
    s = SCHEME_RUPAY;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(scheme_read(&s, span_of(none[i])), FAULT_NOT_FOUND);
    assert_int_equal(scheme_read(&s, (struct span){ 0 }), FAULT_NOT_FOUND);
    assert_int_equal(s, SCHEME_RUPAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_six_digits_are_of_the_scheme_that_publishes_them),
        cmocka_unit_test(more_than_six_digits_are_of_no_scheme),
        cmocka_unit_test(numbers_have_the_lengths_of_their_scheme),
        cmocka_unit_test(token_numbers_and_codes_have_the_lengths_of_their_scheme),
        cmocka_unit_test(each_dialect_has_its_words),
        cmocka_unit_test(a_name_is_read_in_anybodys_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
