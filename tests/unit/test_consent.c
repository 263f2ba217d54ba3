/* May a card become a token: every rule refuses by its name, and nothing else does. */
#include "domain/consent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

#define NOW INT64_C(1800000000000)

static const struct consent_settings usual, strict = { .strict = true }, rupay = { .rupay_auth_ref = true };

/* All in order. */
static struct consent_facts facts_of(enum consent_channel c, enum scheme s)
{
    struct consent_facts f = { .channel = c, .scheme = s, .given = true, .given_ms = NOW - 1000 };

    if (c == CONSENT_BY_CASHFREE)
        f.payment = f.factor_payment = 975672265;
    else
        f.auth_ref = SPAN("test12324");
    if (c == CONSENT_BY_JUSPAY)
        f.id = SPAN("b6f0a4b2-3a55-4d0a-8b1e-0f5f4d7a9c11");
    return f;
}

static void a_card_with_everything_in_order_may_become_a_token(void **state)
{
    (void)state;
    for (enum consent_channel c = 0; c < CONSENT_CHANNELS; c++)
        for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++) {
            struct consent_facts f = facts_of(c, s);
            assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_ALLOWED);
            assert_int_equal(consent_check(&f, &strict, NOW), CONSENT_ALLOWED);
            assert_int_equal(consent_check(&f, &rupay, NOW), CONSENT_ALLOWED);
        }
}

static void no_token_without_a_network_consent_and_its_time(void **state)
{
    (void)state;
    for (enum consent_channel c = 0; c < CONSENT_CHANNELS; c++) {
        struct consent_facts f = facts_of(c, SCHEME_UNKNOWN);
        assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_SCHEME);
        f = facts_of(c, SCHEME_VISA);
        f.given = false;
        assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_MISSING);
        f = facts_of(c, SCHEME_VISA);
        f.given_ms = 0;
        assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_TIME);
        f.given_ms = NOW + 1;
        assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_TIME);
        f.given_ms = NOW;
        assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_ALLOWED);
    }
}

static void juspays_consent_has_an_id(void **state)
{
    static const char *const blank[] = { "", " ", " \t\n " };
    struct consent_facts f = facts_of(CONSENT_BY_JUSPAY, SCHEME_VISA);

    (void)state;
    f.id = (struct span){ 0 };
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_ID);
    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++) {
        f.id = span_of(blank[i]);
        assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_ID);
    }
    f.id = SPAN("1");
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_ALLOWED);
}

static void cashfrees_consent_and_second_factor_are_of_one_payment(void **state)
{
    struct consent_facts f = facts_of(CONSENT_BY_CASHFREE, SCHEME_AMEX);

    (void)state;
    f.factor_payment = 0;
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_FACTOR);
    f.auth_ref = SPAN("test12324");       /* attested is not seen */
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_FACTOR);
    f.payment = 0;
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_FACTOR);
    f.factor_payment = 975672266;
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_OTHER_PAYMENT);
    f.payment = 975672265;
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_OTHER_PAYMENT);
    f.payment = 975672266;
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_ALLOWED);
}

/* Written out: who is refused without a reference, by setting, channel and scheme. */
static enum consent_rule expected(const struct consent_settings *s, enum consent_channel c, enum scheme scheme)
{
    if (scheme == SCHEME_AMEX)
        return CONSENT_AMEX;
    if (scheme == SCHEME_RUPAY && (c == CONSENT_BY_PAYTM || s == &rupay))
        return CONSENT_RUPAY;
    return s == &strict ? CONSENT_STRICT : CONSENT_ALLOWED;
}

static void an_authentication_reference_is_asked_for_by_scheme_and_setting(void **state)
{
    static const struct consent_settings *const settings[] = { &usual, &strict, &rupay };

    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        for (enum consent_channel c = CONSENT_BY_JUSPAY; c < CONSENT_CHANNELS; c++)
            for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++) {
                struct consent_facts f = facts_of(c, s);
                f.auth_ref = (struct span){ 0 };
                assert_int_equal(consent_check(&f, settings[i], NOW), expected(settings[i], c, s));
                f.auth_ref = SPAN("  ");
                assert_int_equal(consent_check(&f, settings[i], NOW), expected(settings[i], c, s));
            }
}

static void payment_ids_do_not_stand_in_for_what_a_caller_attests(void **state)
{
    struct consent_facts f = facts_of(CONSENT_BY_JUSPAY, SCHEME_AMEX);

    (void)state;
    f.auth_ref = (struct span){ 0 };
    f.payment = f.factor_payment = 1;
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_AMEX);
}

static void a_card_number_is_not_kept_as_an_id_or_reference(void **state)
{
    struct consent_facts f = facts_of(CONSENT_BY_PAYTM, SCHEME_VISA);

    (void)state;
    f.auth_ref = SPAN("4111111111111111");
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_CARD_NUMBER);
    f = facts_of(CONSENT_BY_JUSPAY, SCHEME_VISA);
    f.id = SPAN("consent-4111-1111-1111-1111");
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_CARD_NUMBER);
    f.id = SPAN("20261020111212800110168123456789");
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_ALLOWED);
}

/* Of sixteen digits that begin as a card's do, one in ten passes the check; a payment's id is such a number now and
 * then, and no card. */
static void a_payment_s_own_id_is_no_card_number(void **state)
{
    struct consent_facts f = facts_of(CONSENT_BY_CASHFREE, SCHEME_VISA);

    (void)state;
    f.auth_ref = SPAN("4111111111111111");
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_ALLOWED);
    f.factor_payment++;
    assert_int_equal(consent_check(&f, &usual, NOW), CONSENT_OTHER_PAYMENT);
}

static void the_first_rule_in_order_is_named(void **state)
{
    struct consent_facts f = { .channel = CONSENT_BY_JUSPAY };

    (void)state;
    assert_int_equal(consent_check(&f, &strict, NOW), CONSENT_SCHEME);
    f.scheme = SCHEME_AMEX;
    assert_int_equal(consent_check(&f, &strict, NOW), CONSENT_MISSING);
    f.given = true;
    assert_int_equal(consent_check(&f, &strict, NOW), CONSENT_ID);
    f.id = SPAN("4111111111111111");
    assert_int_equal(consent_check(&f, &strict, NOW), CONSENT_TIME);
    f.given_ms = NOW;
    assert_int_equal(consent_check(&f, &strict, NOW), CONSENT_CARD_NUMBER);
    f.id = SPAN("c1");
    assert_int_equal(consent_check(&f, &strict, NOW), CONSENT_AMEX);
}

static void every_rule_names_itself_and_where_it_comes_from(void **state)
{
    (void)state;
    for (enum consent_rule r = 0; r < CONSENT_RULES; r++) {
        assert_true(strlen(consent_rule_text(r)) > 0);
        for (enum consent_rule other = 0; other < r; other++)
            assert_string_not_equal(consent_rule_name(r), consent_rule_name(other));
        if (strncmp(consent_rule_name(r), "RBI_", 4) == 0)
            assert_memory_equal(consent_rule_source(r), "RBI ", 4);
    }
    assert_string_equal(consent_rule_name(CONSENT_MISSING), "RBI_CONSENT");
    assert_string_equal(consent_rule_name(CONSENT_FACTOR), "RBI_SECOND_FACTOR");
    assert_string_equal(consent_rule_source(CONSENT_FACTOR), "RBI CO.DPSS.POLC.No.S-516/02-14-003/2021-22");
    assert_string_equal(consent_rule_source(CONSENT_SCHEME), "RBI DPSS.CO.PD No.1463/02.14.003/2018-19");
    assert_non_null(strstr(consent_rule_source(CONSENT_AMEX), "Juspay"));
    assert_non_null(strstr(consent_rule_source(CONSENT_RUPAY), "Paytm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_with_everything_in_order_may_become_a_token),
        cmocka_unit_test(no_token_without_a_network_consent_and_its_time),
        cmocka_unit_test(juspays_consent_has_an_id),
        cmocka_unit_test(cashfrees_consent_and_second_factor_are_of_one_payment),
        cmocka_unit_test(an_authentication_reference_is_asked_for_by_scheme_and_setting),
        cmocka_unit_test(payment_ids_do_not_stand_in_for_what_a_caller_attests),
        cmocka_unit_test(a_card_number_is_not_kept_as_an_id_or_reference),
        cmocka_unit_test(a_payment_s_own_id_is_no_card_number),
        cmocka_unit_test(the_first_rule_in_order_is_named),
        cmocka_unit_test(every_rule_names_itself_and_where_it_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
