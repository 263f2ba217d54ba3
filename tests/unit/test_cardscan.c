/* Card numbers in free text are found; ordinary numbers are not. The card numbers are published test numbers. */
#include "domain/cardscan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/banned.h"

static void card_numbers_are_found_however_they_are_written(void **state)
{
    static const char *const cards[] = {
        "4111111111111111", "4111 1111-1111 1111", "pay with 4111-1111-1111-1111 please", "5555555555554444",
        "378282246310005", "3782 822463 10005", "30569309025904", "6011111111111117", "card:4222222222222.",
        "flat 12 4111111111111111", "4111111111111111 12", "12-4111 1111 1111 1111-99", "x4111111111111111y",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "12345 and then\n4111111111111111",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        assert_true(cardscan_found(span_of(cards[i])));
}

static void ordinary_numbers_are_left_alone(void **state)
{
    static const char *const plain[] = {
        "", "order 1", "9876543210", "+91 98765 43210", "+91-9876543210", "919876543210",
        "1700000000000", "1700000000008", "1785312345678901", "2024-01-02 10:11:12", "order_18482MBlPkZpzM2z",
        "4111111111111112", "4111  1111  1111  1111", "4111--1111--1111--1111", "4111.1111.1111.1111", "411111111111",
        "0000000000000000", "94111111111111111", "41111111111111111111", "4111 1111 1111 111x1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_false(cardscan_found(span_of(plain[i])));
}

static void one_digit_wrong_fails_the_luhn_check(void **state)
{
    uint8_t digits[] = "4111111111111111";

    (void)state;
    assert_true(cardscan_luhn((struct span){ digits, 16 }));
    for (size_t i = 0; i < 16; i++) {
        digits[i] ^= 1;
        assert_false(cardscan_luhn((struct span){ digits, 16 }));
        digits[i] ^= 1;
    }
    assert_true(cardscan_luhn(SPAN("18")));
    assert_false(cardscan_luhn(SPAN("0")));
    assert_false(cardscan_luhn(SPAN("1x")));
    assert_false(cardscan_luhn((struct span){ 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(card_numbers_are_found_however_they_are_written),
        cmocka_unit_test(ordinary_numbers_are_left_alone),
        cmocka_unit_test(one_digit_wrong_fails_the_luhn_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
