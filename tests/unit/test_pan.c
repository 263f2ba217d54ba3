/* Card numbers: what is read as one, and what is left of it. The numbers are published test numbers. */
#include "domain/pan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

static bool is_all_zero(const struct pan *p)
{
    static const struct pan zero;

    return memcmp(p, &zero, sizeof zero) == 0;
}

static void a_card_number_of_each_scheme_is_read(void **state)
{
    static const struct { const char *digits; enum scheme scheme; } cards[] = {
        { "4111111111111111", SCHEME_VISA }, { "4706131211212123", SCHEME_VISA },
        { "5105105105105100", SCHEME_MASTERCARD }, { "2223003122003222", SCHEME_MASTERCARD },
        { "6074825972083818", SCHEME_RUPAY }, { "6528591234543575", SCHEME_RUPAY },
        { "378282246310005", SCHEME_AMEX }, { "30569309025904", SCHEME_DINERS },
        { "4000000000000000006", SCHEME_VISA }, { "3566002020360505", SCHEME_RUPAY },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        AUTO_PAN p = { 0 };
        assert_int_equal(pan_read(&p, span_of(cards[i].digits)), PAN_FINE);
        assert_int_equal(pan_scheme(&p), cards[i].scheme);
        assert_true(span_equal(pan_digits(&p), span_of(cards[i].digits)));
    }
}

static void whatever_is_no_card_number_says_why_and_leaves_nothing(void **state)
{
    static const struct { const char *text; enum pan_flaw flaw; } wrong[] = {
        { "", PAN_MISSING },
        { "4111 1111 1111 1111", PAN_NOT_DIGITS }, { "4111-1111-1111-1111", PAN_NOT_DIGITS },
        { " 4111111111111111", PAN_NOT_DIGITS }, { "4111111111111111\n", PAN_NOT_DIGITS },
        { "+4111111111111111", PAN_NOT_DIGITS }, { "411111111111111/", PAN_NOT_DIGITS },
        { "411111111111111:", PAN_NOT_DIGITS }, { "\xef\xbc\x94" "111111111111111", PAN_NOT_DIGITS },
        { "4", PAN_SCHEME }, { "41111", PAN_SCHEME }, { "0000000000000000", PAN_SCHEME },
        { "7000008313806604", PAN_SCHEME }, { "6011111111111117", PAN_SCHEME }, { "3528000700000000", PAN_SCHEME },
        { "411111", PAN_LENGTH }, { "4222222222222", PAN_LENGTH }, { "65292523412356", PAN_LENGTH },
        { "41111111111111111111", PAN_LENGTH }, { "3782822463100050", PAN_LENGTH }, { "3056930902590", PAN_LENGTH },
        { "4111111111111112", PAN_LUHN }, { "5105105105105101", PAN_LUHN }, { "378282246310006", PAN_LUHN },
    };
    struct pan p;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memset(&p, 0xA5, sizeof p);
        if (pan_read(&p, span_of(wrong[i].text)) != wrong[i].flaw)
            fail_msg("%s", wrong[i].text);
        assert_true(is_all_zero(&p));
    }
    assert_int_equal(pan_read(&p, (struct span){ 0 }), PAN_MISSING);
    assert_int_equal(pan_read(&p, SPAN("411111111111111\0")), PAN_NOT_DIGITS);
}

/* Luhn finds each wrong digit (ISO/IEC 7812-1 annex B). */
static void a_number_with_any_one_digit_wrong_is_refused(void **state)
{
    char digits[] = "6074825972083818";
    struct pan p;

    (void)state;
    for (size_t i = 0; i < strlen(digits); i++) {
        char right = digits[i];
        for (char c = '0'; c <= '9'; c++) {
            digits[i] = c;
            assert_int_equal(pan_read(&p, span_of(digits)) == PAN_FINE, c == right);
        }
        digits[i] = right;
    }
    pan_fini(&p);
}

static void what_remains_is_the_last_four_and_the_first_six_or_eight(void **state)
{
    AUTO_PAN visa = { 0 };
    AUTO_PAN diners = { 0 };

    (void)state;
    assert_int_equal(pan_read(&visa, SPAN("4706131211212123")), PAN_FINE);
    assert_string_equal(pan_last4(&visa).text, "2123");
    assert_int_equal(pan_bin6(&visa).number, 470613);
    assert_int_equal(pan_bin8(&visa).number, 47061312);
    assert_int_equal(pan_read(&diners, SPAN("30569309025904")), PAN_FINE);
    assert_string_equal(pan_last4(&diners).text, "5904");
    assert_int_equal(pan_bin6(&diners).number, 305693);
    assert_int_equal(pan_bin8(&diners).number, 30569300);      /* 14 digits: no more than six of them */
}

static void a_wiped_number_leaves_no_byte(void **state)
{
    struct pan p;

    (void)state;
    assert_int_equal(pan_read(&p, SPAN("4111111111111111")), PAN_FINE);
    assert_false(is_all_zero(&p));
    pan_fini(&p);
    assert_true(is_all_zero(&p));
    pan_fini(&p);
    assert_true(is_all_zero(&p));
}

static void every_flaw_has_words_without_digits(void **state)
{
    (void)state;
    for (enum pan_flaw f = PAN_FINE; f < PAN_FLAWS; f++) {
        const char *text = pan_flaw_text(f);
        assert_non_null(text);
        assert_int_equal(strcspn(text, "0123456789"), strlen(text));
        for (enum pan_flaw g = PAN_FINE; g < f; g++)
            assert_string_not_equal(text, pan_flaw_text(g));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_number_of_each_scheme_is_read),
        cmocka_unit_test(whatever_is_no_card_number_says_why_and_leaves_nothing),
        cmocka_unit_test(a_number_with_any_one_digit_wrong_is_refused),
        cmocka_unit_test(what_remains_is_the_last_four_and_the_first_six_or_eight),
        cmocka_unit_test(a_wiped_number_leaves_no_byte),
        cmocka_unit_test(every_flaw_has_words_without_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
