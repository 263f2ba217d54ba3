/* Card numbers in text are found; ordinary numbers are not. The card numbers are published test numbers. */
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

static void every_scheme_is_found(void **state)
{
    static const char *const cards[] = {
        "2221000000000009", "2720999999999996", "2223003122003222",      /* Mastercard */
        "8100000000000002", "8200000000000001", "5080000000000002", "3530000000000003",
        "7000000000000005",           /* numbers that sandboxes give out */
    };
    static const char *const none[] = {
        "2220000000000000", "2721000000000004", "8300000000000000", "4111111111111112", "1234567890123452",
        "0000000000000000", "9000000000000001", "70000000000003", "26000000000007",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        assert_true(cardscan_found(span_of(cards[i])));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(cardscan_found(span_of(none[i])));
}

static void groups_may_stand_up_to_three_characters_apart(void **state)
{
    static const char *const cards[] = {
        "4111  1111  1111  1111", "4111--1111--1111--1111", "4111.1111.1111.1111", "4111/1111/1111/1111",
        "4111 - 1111 - 1111 - 1111", "4111\n1111\r\n1111\t1111", "4111\xc2\xa0" "1111\xc2\xa0" "1111\xc2\xa0" "1111",
        "4111\xe2\x80\x93" "1111\xe2\x80\x93" "1111\xe2\x80\x93" "1111", "4222 222 222 222", "411111 1111111111",
        "41 11 11 11 11 11 11 11", "4 1 1 1  1 1 1 1  1 1 1 1  1 1 1 1", "411-111-111-111-111-1",
        "(4111) 1111 (1111) 1111",
        "https://shop.example/?n=4111%201111%201111%201111", "%34111111111111111", "4111+1111+1111+1111",
        "\xef\xbc\x94\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91" "111111111111",
        "\xe0\xa5\xaa\xe0\xa5\xa7\xe0\xa5\xa7\xe0\xa5\xa7 1111 1111 1111", "2026-11-20 4111111111111111",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        if (!cardscan_found(span_of(cards[i])))
            fail_msg("not found: %s", cards[i]);
}

/* Those in groups pass the Luhn check, so it is the groups that tell. */
static void ordinary_numbers_are_left_alone(void **state)
{
    static const char *const plain[] = {
        "", "order 1", "9876543210", "+91 98765 43210", "+91-9876543210", "919876543210", "98765 43210, 98765 43211",
        "+91 98765 43210 / +91 98765 43211", "65 98765 43214 123",
        "1700000000000", "1700000000008", "1785312345678901", "1734567890127", "order_18482MBlPkZpzM2z",
        "2024-01-02 10:11:12", "2026-11-20T10:14:05", "2026-11-20 10:14:05.123", "30-05-2026, 13-06-2026",
        "10 20 30 40 50 60 70", "45.00 32.50 18.75 15.50", "40 38 4 42 44 36 38 40 14",
        "411111111111", "94111111111111111", "41111111111111111111", "4111 1111 1111 111x1", "4111    1111 1111 1111",
        "4111 1111 x 1111 1111", "4111 11 1111 11 1111", "100%25 of 20", "%4", "\xef\xbc", "\xff\xff\xff",
    };

    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (cardscan_found(span_of(plain[i])))
            fail_msg("found: %s", plain[i]);
}

static void in_ids_only_what_is_issued_is_found(void **state)
{
    static const char *const cards[] = {
        "4111111111111111", "order_4111111111111111", "4111-1111-1111-1111", "378282246310005", "30569309025904",
        "2221000000000009", "8100000000000002", "5555555555554444", "https://shop.example/?n=4111111111111111",
    };
    static const char *const ids[] = {
        "4006381333932", "4222222222222", "4412345678901234567", "450030002500603", "2016123456789013",
        "1734567890127", "7000000000000005", "3000000000000004", "order-20261120-4111", "679", "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        assert_true(cardscan_found_in_id(span_of(cards[i])));
        assert_true(cardscan_found(span_of(cards[i])));
    }
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (cardscan_found_in_id(span_of(ids[i])))
            fail_msg("found: %s", ids[i]);
}

static void a_random_id_is_no_card_number_whatever_digits_it_has(void **state)
{
    (void)state;
    assert_false(cardscan_found_in_id(SPAN("a1b2c3d4ee4111111111111111f0aa9c")));
    assert_false(cardscan_found_in_id(SPAN("A1B2C3D4-EE4111111111111111F0AA9C")));
    assert_true(cardscan_found(SPAN("a1b2c3d4ee4111111111111111f0aa9c")));
    assert_true(cardscan_found_in_id(SPAN("a1b2c3d4ee4111111111111111f0aa9")));        /* too short to be random */
    assert_true(cardscan_found_in_id(SPAN("00000000000000a4111111111111111b")));        /* too few letters */
    assert_true(cardscan_found_in_id(SPAN("order-abcdef-4111111111111111-abcd")));
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
        cmocka_unit_test(every_scheme_is_found),
        cmocka_unit_test(groups_may_stand_up_to_three_characters_apart),
        cmocka_unit_test(ordinary_numbers_are_left_alone),
        cmocka_unit_test(in_ids_only_what_is_issued_is_found),
        cmocka_unit_test(a_random_id_is_no_card_number_whatever_digits_it_has),
        cmocka_unit_test(one_digit_wrong_fails_the_luhn_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
