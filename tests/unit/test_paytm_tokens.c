/* test_paytm_tokens.c: cards become tokens, tokens are told, changed, listed and deleted. */
#include "paytm_bed.h"

static void a_card_becomes_a_token_that_is_told_with_a_cryptogram(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    assert_true(pbed_is_signed(b));
    assert_int_equal(strlen(b->token), 32);
    assert_has(&b->x, "\"cardScheme\":\"VISA\"");
    assert_has(&b->x, "\"cardSuffix\":\"1111\"");
    assert_has(&b->x, "\"tokenStatus\":\"ACTIVE\"");
    assert_has_not(&b->x, VISA);
    assert_code(b, pbed_generate(b), "00");
    assert_true(pbed_is_signed(b));
    assert_int_equal(strlen(pbed_value(b, "cardToken")), 16);
    assert_int_equal(strlen(pbed_value(b, "tavv")), 28);
    assert_int_equal(strlen(pbed_value(b, "panUniqueReference")), 29);
    assert_int_equal(strlen(pbed_value(b, "tokenExpiry")), 6);
    assert_has_not(&b->x, VISA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_card_becomes_a_token_that_is_told_with_a_cryptogram, pbed_setup, pbed_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
