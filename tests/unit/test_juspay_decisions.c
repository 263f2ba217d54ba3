/* test_juspay_decisions.c: the choices that let clients written for Juspay work unchanged, by their numbers in the
 * reference; the eleventh is in test_juspay_complaints.c. */
#include "juspay_bed.h"

#include "base/banned.h"

#define VISA JBED_CARD(JBED_VISA)

static void decision_1_the_card_may_be_encoded_once_or_twice(void **state)
{
    struct jbed *b = *state;
    char reference[64];

    (void)snprintf(reference, sizeof reference, "%s", jbed_make(b, VISA));
    assert_string_equal(jbed_make(b, "\"{\\\"cardNumber\\\":\\\"" JBED_VISA "\\\",\\\"expMonth\\\":\\\"10\\\","
                                     "\\\"expYear\\\":\\\"2030\\\"}\""), reference);
}

static void decision_2_members_of_the_card_may_be_capitalised(void **state)
{
    struct jbed *b = *state;
    char reference[64];

    (void)snprintf(reference, sizeof reference, "%s", jbed_make(b, VISA));
    assert_string_equal(jbed_make(b, "{\"CardNumber\":\"" JBED_VISA "\",\"ExpMonth\":\"10\",\"ExpYear\":\"2030\","
                                     "\"CardSecurityCode\":\"123\",\"NameOnCard\":\"A B\"}"), reference);
}

static void decision_3_the_year_may_have_two_digits_or_four(void **state)
{
    struct jbed *b = *state;
    char reference[64];

    (void)snprintf(reference, sizeof reference, "%s", jbed_make(b, VISA));
    assert_string_equal(jbed_make(b, "{\"cardNumber\":\"" JBED_VISA "\",\"expMonth\":\"10\",\"expYear\":\"30\"}"),
                        reference);
    assert_int_equal(jbed_generate(b, "{\"cardNumber\":\"" JBED_VISA "\",\"expMonth\":\"10\",\"expYear\":\"22\"}",
                                   JBED_CUSTOMER, ""), 400);
    assert_error(b, 400, "EXPIRED");
}

static void decision_4_card_data_may_be_bare_or_wrapped_as_an_object_or_as_a_text(void **state)
{
    struct jbed *b = *state;
    const char *jwe = jbed_seal(b, VISA);
    char wrapped[JBED_JWE + 64];

    assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body(jbed_quoted(jwe), JBED_CUSTOMER, "")), 200);
    (void)snprintf(wrapped, sizeof wrapped, "{\"encData\":\"%s\"}", jwe);
    assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body(wrapped, JBED_CUSTOMER, "")), 200);
    (void)snprintf(wrapped, sizeof wrapped, "\" {\\\"encData\\\":\\\"%s\\\"} \"", jwe);
    assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body(wrapped, JBED_CUSTOMER, "")), 200);
    assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body("{}", JBED_CUSTOMER, "")), 400);
    assert_error(b, 400, "MISSING_MANDATORY_PARAMETER");
    assert_has(&b->x, "cardData.encData");
    assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body("\"{\"", JBED_CUSTOMER, "")), 400);
    assert_error(b, 400, "INVALID_INPUT");
}

static void decision_5_an_unknown_kid_and_an_unknown_key_id_are_no_reason_to_refuse(void **state)
{
    static const char *const kids[] = { NULL, "2218168c-ee6b-49d7-a851-8b94e7d0068d",
                                        "key_0123456789abcdef0123456789abcdef", "no such key" };
    struct jbed *b = *state;
    char more[192];

    for (size_t i = 0; i < sizeof kids / sizeof *kids; i++) {
        const char *jwe = jbed_seal_as(b, VISA, JWE_A128GCM, kids[i]);
        (void)snprintf(more, sizeof more, ",\"keyId\":\"%s\"", kids[i] ? kids[i] : b->registered.key_id);
        assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body(jbed_quoted(jwe), JBED_CUSTOMER, more)), 200);
        (void)jbed_open(b, "payload");
    }
}

static void decision_6_the_payload_is_a_jwe_in_the_requests_own_enc_of_an_object_encoded_once(void **state)
{
    struct jbed *b = *state;

    for (int enc = JWE_A128GCM; enc < JWE_ENCS; enc++) {
        const char *jwe = jbed_seal_as(b, VISA, (enum jwe_enc)enc, NULL);
        assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body(jbed_quoted(jwe), JBED_CUSTOMER, "")), 200);
        assert_int_equal(jbed_open(b, "payload"), enc);
        assert_int_equal(b->payload[0], '{');
    }
}

static void decision_7_what_clients_read_as_texts_is_never_null(void **state)
{
    static const char *const names[] = { "tokenIsin", "tokenLastFour", "tokenExpiryMonth", "tokenExpiryYear",
                                         "tokenStatus", "cardReference", "correlationId", "customerId", "par",
                                         "cardBrand" };
    static const char *const cards[] = { VISA, JBED_CARD("4111110000000013") };
    struct jbed *b = *state;
    char key[40];

    for (size_t c = 0; c < 2; c++) {
        assert_int_equal(jbed_generate(b, cards[c], JBED_CUSTOMER, ""), 200);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            (void)snprintf(key, sizeof key, "\"%s\":\"", names[i]);
            if (!strstr(b->payload, key))
                fail_msg("%s is no text in %s", names[i], b->payload);
        }
    }
}

static void decision_8_token_numbers_pass_the_check_and_are_as_long_as_a_cards(void **state)
{
    struct jbed *b = *state;
    const char *token;
    struct pan pan;

    (void)jbed_make(b, VISA);
    token = jbed_member(b->payload, "token");
    if (strlen(token) != 16)
        fail_msg("%s", b->payload);
    assert_int_equal(pan_read(&pan, span_of(token)), PAN_FINE);
    pan_fini(&pan);
    assert_int_equal(strncmp(jbed_member(b->payload, "tokenIsin"), token, 9), 0);
    assert_string_equal(jbed_member(b->payload, "tokenLastFour"), token + 12);
}

static void decision_9_no_further_header_is_needed_and_a_routing_id_is_echoed(void **state)
{
    struct jbed *b = *state;
    struct xbed_sent s = { .route = JBED_GENERATE, .headers = {
        { "authorization", b->authorization }, { "x-routing-id", "customer_1122" }, { "x-merchantid", "whoever" },
        { "version", "2019-05-07" }, { "x-request-id", "my-request" } } };

    s.body = jbed_body(jbed_quoted(jbed_seal(b, VISA)), JBED_CUSTOMER, "");
    assert_int_equal(xbed_send(&b->x, s), 200);
    assert_string_equal(xbed_answer_header(&b->x, "x-routing-id"), "customer_1122");
    assert_string_equal(xbed_answer_header(&b->x, "x-request-id"), "my-request");
    assert_string_equal(b->x.x.routing_id, "customer_1122");
    assert_int_equal(jbed_send(b, JBED_GENERATE, s.body), 200);
    assert_string_equal(xbed_answer_header(&b->x, "x-routing-id"), "");
}

static void a_routing_id_that_holds_a_card_number_is_not_kept(void **state)
{
    struct jbed *b = *state;
    struct xbed_sent s = { .route = JBED_GENERATE, .headers = {
        { "authorization", b->authorization }, { "x-routing-id", JBED_VISA } } };

    s.body = jbed_body(jbed_quoted(jbed_seal(b, VISA)), JBED_CUSTOMER, "");
    assert_int_equal(xbed_send(&b->x, s), 200);
    assert_string_equal(b->x.x.routing_id, "");
}

static void decision_10_the_key_is_taken_with_and_without_a_colon_behind_it(void **state)
{
    struct jbed *b = *state;

    jbed_key(b, ":");
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 200);
    jbed_key(b, "");
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 200);
    jbed_key(b, "0:");
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 401);
    assert_error(b, 401, "UNAUTHORIZED");
    assert_string_equal(b->x.reached, "parse");
    assert_string_equal(xbed_answer_header(&b->x, "www-authenticate"), "Basic realm=\"tijori\"");
}

static void the_number_of_a_token_is_sent_only_to_who_asks_for_it(void **state)
{
    static const char *const no[] = { "", ",\"shouldSendToken\":false", ",\"shouldSendToken\":null",
                                      ",\"shouldSendToken\":\"false\"" };
    static const char *const yes[] = { ",\"shouldSendToken\":true", ",\"shouldSendToken\":\"true\"" };
    struct jbed *b = *state;

    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, no[i]), 200);
        assert_non_null(strstr(b->payload, "\"token\":null"));
    }
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, yes[i]), 200);
        assert_int_equal(strlen(jbed_member(b->payload, "token")), 16);
    }
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ",\"shouldSendToken\":\"yes\""), 400);
    assert_error(b, 400, "INVALID_INPUT");
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ",\"shouldSendToken\":1"), 400);
}

static void each_scheme_has_a_brand_that_clients_know(void **state)
{
    static const struct { const char *card, *brand; } rows[] = {
        { JBED_CARD("5555555555554444"), "MASTERCARD" }, { JBED_CARD("6074825972083818"), "RUPAY" },
        { JBED_AMEX("378282246310005"), "AMEX" },        { JBED_CARD("30569309025904"), "DINERSCLUB" },
    };
    struct jbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(jbed_generate(b, rows[i].card, JBED_CUSTOMER,
                                       JBED_SEND_TOKEN ",\"audit\":{\"authRefNo\":\"ref-1\"}"), 200);
        assert_string_equal(jbed_member(b->payload, "cardBrand"), rows[i].brand);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, jbed_setup, jbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(decision_1_the_card_may_be_encoded_once_or_twice),
        TEST(decision_2_members_of_the_card_may_be_capitalised),
        TEST(decision_3_the_year_may_have_two_digits_or_four),
        TEST(decision_4_card_data_may_be_bare_or_wrapped_as_an_object_or_as_a_text),
        TEST(decision_5_an_unknown_kid_and_an_unknown_key_id_are_no_reason_to_refuse),
        TEST(decision_6_the_payload_is_a_jwe_in_the_requests_own_enc_of_an_object_encoded_once),
        TEST(decision_7_what_clients_read_as_texts_is_never_null),
        TEST(decision_8_token_numbers_pass_the_check_and_are_as_long_as_a_cards),
        TEST(decision_9_no_further_header_is_needed_and_a_routing_id_is_echoed),
        TEST(a_routing_id_that_holds_a_card_number_is_not_kept),
        TEST(decision_10_the_key_is_taken_with_and_without_a_colon_behind_it),
        TEST(the_number_of_a_token_is_sent_only_to_who_asks_for_it),
        TEST(each_scheme_has_a_brand_that_clients_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
