/* test_juspay_generate.c: POST /generateToken from the encrypted card to the encrypted answer. */
#include "juspay_bed.h"

#include "base/banned.h"

#define VISA JBED_CARD(JBED_VISA)

static void a_card_becomes_a_token_and_the_answer_has_every_field_in_the_published_order(void **state)
{
    static const char *const order[] = {
        "digitalCardArt", "networkResponse", "token", "cardFingerprint", "tokenIsin", "enrolledPan",
        "tokenExpiryYear", "vaultProvider", "cardBrand", "tokenExpiryMonth", "par", "customerId", "correlationId",
        "tokenLastFour", "tokenStatus", "provisionedTokenId", "cardReference",
    };
    struct jbed *b = *state;
    const char *at = b->payload;
    char key[40];

    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, JBED_SEND_TOKEN), 200);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        (void)snprintf(key, sizeof key, "\"%s\":", order[i]);
        at = strstr(at, key);
        if (!at)
            fail_msg("%s is not behind those before it in %s", order[i], b->payload);
    }
    assert_string_equal(jbed_member(b->payload, "tokenStatus"), "ACTIVE");
    assert_string_equal(jbed_member(b->payload, "vaultProvider"), "NETWORK_TOKEN");
    assert_string_equal(jbed_member(b->payload, "customerId"), JBED_CUSTOMER);
    assert_int_equal(strlen(jbed_member(b->payload, "cardReference")), strlen("token_") + 32);
    assert_int_equal(strlen(jbed_member(b->payload, "correlationId")), 32);
    assert_int_equal(strlen(jbed_member(b->payload, "cardFingerprint")), 26);
    assert_int_equal(strlen(jbed_member(b->payload, "par")), 29);
    assert_int_equal(strlen(jbed_member(b->payload, "tokenExpiryYear")), 4);
    assert_null(strstr(b->payload, JBED_VISA));
}

static void the_outer_answer_has_four_members(void **state)
{
    struct jbed *b = *state;
    const char *end;

    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 200);
    assert_int_equal(strncmp(b->x.body, "{\"errorCode\":null,\"errorMessage\":null,\"payload\":\"", 49), 0);
    end = strrchr(b->x.body, ',');
    assert_string_equal(end, ",\"status\":\"SUCCESS\"}");
}

/* Also while the token is not there yet, when most of them are empty. */
static void a_customer_and_a_sub_merchant_have_tokens_of_their_own(void **state)
{
    static const struct { const char *customer, *more; } owners[] = {
        { "customer_1", "" }, { "customer_2", "" }, { "customer_1", ",\"submerchantId\":\"airline_1\"" },
    };
    struct jbed *b = *state;
    char reference[3][64], fingerprint[3][40];

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(jbed_generate(b, VISA, owners[i].customer, owners[i].more), 200);
        (void)snprintf(reference[i], sizeof reference[i], "%s", jbed_member(b->payload, "cardReference"));
        (void)snprintf(fingerprint[i], sizeof fingerprint[i], "%s", jbed_member(b->payload, "cardFingerprint"));
    }
    assert_string_not_equal(reference[0], reference[1]);
    assert_string_not_equal(reference[0], reference[2]);
    assert_string_not_equal(reference[1], reference[2]);
    assert_string_equal(fingerprint[0], fingerprint[1]);
    assert_string_equal(fingerprint[0], fingerprint[2]);
    assert_int_equal(jbed_generate(b, VISA, "customer_1", ",\"sub_merchant_id\":\"airline_1\""), 200);
    assert_string_equal(jbed_member(b->payload, "cardReference"), reference[2]);
}

static void the_first_bad_field_is_named_and_nothing_further_happens(void **state)
{
    static const struct { const char *body, *code, *says; } rows[] = {
        { "", "INVALID_INPUT", "the body is empty" },
        { "[]", "INVALID_INPUT", "not" },
        { "{}", "MISSING_MANDATORY_PARAMETER", "service: is missing" },
        { "{\"service\":\"ISSUER_TOKEN\"}", "INVALID_INPUT", "service: " },
        { "{\"service\":\"NETWORK_TOKEN\"}", "MISSING_MANDATORY_PARAMETER", "orderData: is missing" },
        { "{\"service\":\"NETWORK_TOKEN\",\"orderData\":[]}", "INVALID_INPUT", "orderData: should be an object" },
        { "{\"service\":\"NETWORK_TOKEN\",\"orderData\":{}}", "MISSING_MANDATORY_PARAMETER",
          "orderData.customerId: is missing" },
        { "{\"service\":\"NETWORK_TOKEN\",\"orderData\":{\"customerId\":7}}", "INVALID_INPUT",
          "orderData.customerId: should be a string" },
        { "{\"service\":\"NETWORK_TOKEN\",\"orderData\":{\"customerId\":\"c-" JBED_VISA "\"}}", "INVALID_INPUT",
          "must not contain a card number" },
        { "{\"service\":\"NETWORK_TOKEN\",\"orderData\":{\"customerId\":\"caf\xC3\xA9\"}}", "INVALID_INPUT",
          "should be printable ASCII" },
        { "{\"service\":\"NETWORK_TOKEN\",\"orderData\":{\"customerId\":\"c\"}}", "MISSING_MANDATORY_PARAMETER",
          "cardData: is missing" },
        { "{\"service\":\"NETWORK_TOKEN\",\"orderData\":{\"customerId\":\"c\"},\"cardData\":7}", "INVALID_INPUT",
          "cardData: should be a string" },
        { "{\"service\":\"NETWORK_TOKEN\",\"orderData\":{\"customerId\":\"c\"},\"submerchantId\":\"" JBED_VISA "\"}",
          "INVALID_INPUT", "must not contain a card number" },
        { "{\"service\":\"NETWORK_TOKEN\",\"service\":\"NETWORK_TOKEN\"}", "INVALID_INPUT", "not valid JSON" },
    };
    struct jbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)jbed_send(b, JBED_GENERATE, rows[i].body);
        assert_error(b, 400, rows[i].code);
        assert_has(&b->x, rows[i].says);
        assert_has_not(&b->x, JBED_VISA);
        assert_string_equal(b->x.reached, "parse");
    }
}

static void what_is_too_long_is_refused_by_its_name(void **state)
{
    struct jbed *b = *state;
    char customer[VAULT_CUSTOMER_MAX + 2];

    memset(customer, 'c', sizeof customer - 1);
    customer[sizeof customer - 1] = '\0';
    assert_int_equal(jbed_generate(b, VISA, customer, ""), 400);
    assert_has(&b->x, "orderData.customerId: is too long");
    customer[VAULT_CUSTOMER_MAX] = '\0';
    assert_int_equal(jbed_generate(b, VISA, customer, ""), 200);
}

static void a_missing_consent_is_refused_in_the_name_of_its_rule(void **state)
{
    struct jbed *b = *state;
    char body[2 * JBED_JWE];

    (void)snprintf(body, sizeof body, "{\"service\":\"NETWORK_TOKEN\",\"cardData\":\"%s\",\"orderData\":{"
                   "\"customerId\":\"c\"}}", jbed_seal(b, VISA));
    assert_int_equal(jbed_send(b, JBED_GENERATE, body), 400);
    assert_error(b, 400, "MISSING_MANDATORY_PARAMETER");
    assert_has(&b->x, "orderData.consentId: RBI_CONSENT");
    assert_has(&b->x, "RBI CO.DPSS.POLC.No.S-516");
    (void)snprintf(body, sizeof body, "{\"service\":\"NETWORK_TOKEN\",\"cardData\":\"%s\",\"orderData\":{"
                   "\"customerId\":\"c\",\"consentId\":\"  \"}}", jbed_seal(b, VISA));
    assert_int_equal(jbed_send(b, JBED_GENERATE, body), 400);
    assert_has(&b->x, "orderData.consentId: RBI_CONSENT_ID");
}

static void american_express_needs_the_reference_of_an_authentication(void **state)
{
    static const char *const without[] = { "", ",\"audit\":null", ",\"audit\":{}",
                                           ",\"audit\":{\"authRefNo\":\"  \"}" };
    struct jbed *b = *state;

    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        assert_int_equal(jbed_generate(b, JBED_AMEX("378282246310005"), JBED_CUSTOMER, without[i]), 400);
        assert_error(b, 400, "MISSING_MANDATORY_PARAMETER");
        assert_has(&b->x, "audit.authRefNo: AMEX_AUTH_REF");
    }
}

static void rupay_needs_it_by_setting_and_every_scheme_in_strict_mode(void **state)
{
    struct jbed *b = *state;
    struct services *s = &b->tokens.f->services;

    s->rupay_auth_ref = true;
    assert_int_equal(jbed_generate(b, JBED_CARD("6074825972083818"), JBED_CUSTOMER, ""), 400);
    assert_has(&b->x, "RUPAY_AUTH_REF");
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 200);
    s->strict_consent = true;
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 400);
    assert_has(&b->x, "RBI_AUTH_REF");
}

static void a_flawed_card_is_refused_before_anything_is_stored(void **state)
{
    static const struct { const char *card, *code; } rows[] = {
        { JBED_CARD("4111111111111112"), "INVALID_INPUT" }, { JBED_CARD("9111111111111111"), "FEATURE_NOT_ENABLED" },
        { JBED_CARD("4111111"), "INVALID_INPUT" },             { "{}", "MISSING_MANDATORY_PARAMETER" },
        { "{\"cardNumber\":\"" JBED_VISA "\",\"expMonth\":\"13\",\"expYear\":\"2030\"}", "INVALID_INPUT" },
        { "{\"cardNumber\":\"" JBED_VISA "\",\"expMonth\":\"10\"}", "INVALID_INPUT" },
        { "{\"cardNumber\":\"" JBED_VISA "\",\"expMonth\":\"10\",\"expYear\":\"2020\"}", "EXPIRED" },
        { "{\"cardNumber\":\"" JBED_VISA "\",\"expMonth\":\"10\",\"expYear\":\"2030\",\"cardSecurityCode\":\"12\"}",
          "INVALID_INPUT" },
        { "[]", "INVALID_INPUT" },
    };
    struct jbed *b = *state;
    struct sim_counts counts;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(jbed_generate(b, rows[i].card, JBED_CUSTOMER, ""), 400);
        assert_error(b, 400, rows[i].code);
        assert_string_equal(b->x.reached, "prepare");
        assert_has_not(&b->x, JBED_VISA);
    }
    sim_counts(b->tokens.f->sim, &counts);
    assert_int_equal(counts.asked[NETWORK_PROVISION], 0);
}

static const char *const unreadable[] = {
    "\"not a jwe\"", "\"a.b.c.d.e\"", "\"....\"",
    /* {"alg":"none","enc":"A128GCM"}, {"alg":"RSA1_5","enc":"A128GCM"}, {"alg":"dir","enc":"A128GCM"} */
    "\"eyJhbGciOiJub25lIiwiZW5jIjoiQTEyOEdDTSJ9.QQ.QUFBQUFBQUFBQUFB.QQ.QUFBQUFBQUFBQUFBQUFBQQ\"",
    "\"eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4R0NNIn0.QQ.QUFBQUFBQUFBQUFB.QQ.QUFBQUFBQUFBQUFBQUFBQQ\"",
    "\"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..QUFBQUFBQUFBQUFB.QQ.QUFBQUFBQUFBQUFBQUFBQQ\"",
};

/* Of that answer only the request id differs. */
static void in_live_mode_every_jwe_that_does_not_open_gets_one_answer(void **state)
{
    struct jbed *b = *state;
    static char first[XBED_TEXT];
    char *id;

    b->tokens.f->services.mode = MODE_LIVE;
    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++) {
        assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body(unreadable[i], JBED_CUSTOMER, "")), 400);
        id = strstr(b->x.body, "\"request_id\":\"");
        assert_non_null(id);
        memset(id + 14, 'x', 32);
        if (i == 0)
            (void)snprintf(first, sizeof first, "%s", b->x.body);
        assert_string_equal(b->x.body, first);
    }
    b->tokens.f->services.mode = MODE_SANDBOX;
}

static void in_sandbox_mode_it_says_which_algorithm_was_refused_and_which_key_is_ours(void **state)
{
    struct jbed *b = *state;
    char id[PARTNER_SERVER_KEY_ID];
    struct span pem;

    assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body(unreadable[4], JBED_CUSTOMER, "")), 400);
    assert_error(b, 400, "INVALID_INPUT");
    assert_int_equal(partner_server_key(&b->tokens.f->services, &pem, id, b->tokens.f->arena, CARD_FORM_JWE),
                     FAULT_NONE);
    assert_has(&b->x, id);
    assert_has(&b->x, "alg is not RSA-OAEP-256");
    /* {"alg":"RSA-OAEP-256","enc":"A128CBC-HS256"}, with that one's IV of 16 bytes */
    assert_int_equal(jbed_send(b, JBED_GENERATE, jbed_body("\"eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTI4Q0JDLUhT"
        "MjU2In0.QQ.QUFBQUFBQUFBQUFBQUFBQQ.QQ.QUFBQUFBQUFBQUFBQUFBQQ\"", JBED_CUSTOMER, "")), 400);
    assert_has(&b->x, "enc is not A128GCM or A256GCM (it says alg RSA-OAEP-256, enc A128CBC-HS256)");
}

static void a_card_for_another_key_is_refused_and_its_kid_told_in_the_sandbox(void **state)
{
    struct jbed *b = *state;
    struct rsa_public *server = b->server;

    assert_int_equal(rsa_private_public(b->own, &b->server), FAULT_NONE);
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 400);
    assert_error(b, 400, "INVALID_INPUT");
    assert_has(&b->x, "its kid is key_1");
    rsa_public_free(b->server);
    b->server = server;
}

static void without_a_registered_key_nothing_is_made(void **state)
{
    struct jbed *b = *state;
    struct sim_counts counts;

    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 400);
    assert_error(b, 400, "FEATURE_NOT_ENABLED");
    assert_has(&b->x, "no public key of this merchant is registered");
    sim_counts(b->tokens.f->sim, &counts);
    assert_int_equal(counts.asked[NETWORK_PROVISION], 0);
    jbed_register(b, "my-own-name");
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ",\"keyId\":\"my-own-name\""), 200);
}

static void what_the_network_says_has_its_status(void **state)
{
    static const struct { const char *card; unsigned status; const char *code; } rows[] = {
        { JBED_CARD("4111110000000039"), 400, "INVALID_INPUT" },
        { JBED_CARD("4111110000000047"), 400, "FEATURE_NOT_ENABLED" },
        { JBED_CARD("4111110000000054"), 400, "INVALID_INPUT" },
        { JBED_CARD("4111110000000062"), 400, "INVALID_INPUT" },
        { JBED_CARD("4111110000000070"), 400, "INVALID_INPUT" },
        { JBED_CARD("4111110000000088"), 502, "SERVER_ERROR" },
        { JBED_CARD("4111110000000096"), 502, "SERVER_ERROR" },
        { JBED_CARD("4111110000000112"), 504, "SERVER_ERROR" },
        { JBED_CARD("4111110000000120"), 502, "SERVER_ERROR" },
        { JBED_CARD("4111110000000138"), 502, "SERVER_ERROR" },
        { JBED_CARD("4111110000000146"), 502, "SERVER_ERROR" },
    };
    struct jbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(jbed_generate(b, rows[i].card, JBED_CUSTOMER, ""), rows[i].status);
        assert_error(b, rows[i].status, rows[i].code);
    }
}

static void after_a_silent_network_the_same_request_finds_the_token_that_was_made(void **state)
{
    struct jbed *b = *state;
    struct sim_counts counts;

    assert_int_equal(jbed_generate(b, JBED_CARD("4111110000000104"), JBED_CUSTOMER, JBED_SEND_TOKEN), 504);
    assert_int_equal(jbed_generate(b, JBED_CARD("4111110000000104"), JBED_CUSTOMER, JBED_SEND_TOKEN), 200);
    assert_string_equal(jbed_member(b->payload, "tokenStatus"), "ACTIVE");
    sim_counts(b->tokens.f->sim, &counts);
    assert_int_equal(counts.tokens, 1);
}

/* Our choice, since the sources only know answers with a token in them. */
static void a_token_that_becomes_active_later_is_answered_inactive_and_without_number(void **state)
{
    struct jbed *b = *state;

    assert_int_equal(jbed_generate(b, JBED_CARD("4111110000000013"), JBED_CUSTOMER, JBED_SEND_TOKEN), 200);
    assert_string_equal(jbed_member(b->payload, "tokenStatus"), "INACTIVE");
    assert_non_null(strstr(b->payload, "\"token\":null"));
    assert_int_equal(strlen(jbed_member(b->payload, "cardReference")), strlen("token_") + 32);
}

static void work_and_settle_may_run_again(void **state)
{
    struct jbed *b = *state;
    struct xbed_sent s = { .route = JBED_GENERATE, .runs = 3, .headers = { { "authorization", b->authorization } } };
    struct sim_counts counts;

    s.body = jbed_body(jbed_quoted(jbed_seal(b, VISA)), JBED_CUSTOMER, JBED_SEND_TOKEN);
    assert_int_equal(xbed_send(&b->x, s), 200);
    (void)jbed_open(b, "payload");
    assert_string_equal(jbed_member(b->payload, "tokenStatus"), "ACTIVE");
    sim_counts(b->tokens.f->sim, &counts);
    assert_int_equal(counts.tokens, 1);
}

static void a_dead_keyholder_is_503(void **state)
{
    struct jbed *b = *state;

    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 200);
    fixture_keyholder_stop(b->tokens.f);
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 503);
    assert_error(b, 503, "SERVER_ERROR");
    fixture_keyholder_start(b->tokens.f);
}

static void another_merchants_key_opens_another_vault(void **state)
{
    struct jbed *b = *state;
    struct merchant_whole first = b->tokens.merchant;
    char fingerprint[40];

    (void)jbed_make(b, VISA);
    (void)snprintf(fingerprint, sizeof fingerprint, "%s", jbed_member(b->payload, "cardFingerprint"));
    assert_int_equal(merchant_add_whole(&b->tokens.f->services, &b->tokens.merchant, SPAN("Other"), SPAN("INR")),
                     FAULT_NONE);
    jbed_register(b, NULL);
    jbed_key(b, ":");
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ""), 200);
    assert_string_not_equal(jbed_member(b->payload, "cardReference"), b->made);
    assert_string_not_equal(jbed_member(b->payload, "cardFingerprint"), fingerprint);
    assert_int_equal(jbed_send(b, "POST /v4/card/get", jbed_named(b->made, JBED_CUSTOMER, "")), 404);
    b->tokens.merchant = first;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, jbed_setup, jbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_card_becomes_a_token_and_the_answer_has_every_field_in_the_published_order),
        TEST(the_outer_answer_has_four_members),
        TEST(a_customer_and_a_sub_merchant_have_tokens_of_their_own),
        TEST(the_first_bad_field_is_named_and_nothing_further_happens),
        TEST(what_is_too_long_is_refused_by_its_name),
        TEST(a_missing_consent_is_refused_in_the_name_of_its_rule),
        TEST(american_express_needs_the_reference_of_an_authentication),
        TEST(rupay_needs_it_by_setting_and_every_scheme_in_strict_mode),
        TEST(a_flawed_card_is_refused_before_anything_is_stored),
        TEST(in_live_mode_every_jwe_that_does_not_open_gets_one_answer),
        TEST(in_sandbox_mode_it_says_which_algorithm_was_refused_and_which_key_is_ours),
        TEST(a_card_for_another_key_is_refused_and_its_kid_told_in_the_sandbox),
        cmocka_unit_test_setup_teardown(without_a_registered_key_nothing_is_made, jbed_setup_bare, jbed_teardown),
        TEST(what_the_network_says_has_its_status),
        TEST(after_a_silent_network_the_same_request_finds_the_token_that_was_made),
        TEST(a_token_that_becomes_active_later_is_answered_inactive_and_without_number),
        TEST(work_and_settle_may_run_again),
        TEST(a_dead_keyholder_is_503),
        TEST(another_merchants_key_opens_another_vault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
