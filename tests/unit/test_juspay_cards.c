/* test_juspay_cards.c: what is done with a token once it is made: number and cryptogram, status, delete, lists; and the
 * calls about cards that make none: fingerprint, altId, BINs. */
#include "juspay_bed.h"

#include "service/rate_limit.h"

#include "base/banned.h"

#define VISA JBED_CARD(JBED_VISA)
#define GET "POST /v4/card/get"
#define DELETE "POST /v4/card/delete"
#define STATUS "POST /v4/card/tokenStatus"
#define FINGERPRINT "POST /v2/card/fingerprint"
#define ALT_ID "POST /get/altId"

static unsigned named(struct jbed *b, const char *route)
{
    return jbed_send(b, route, jbed_named(b->made, JBED_CUSTOMER, ""));
}

static struct sim_token newest(struct jbed *b)
{
    static struct sim_token tokens[SIM_LIST_MAX];
    size_t n;

    assert_int_equal(sim_tokens(b->tokens.f->sim, tokens, &n), FAULT_NONE);
    assert_true(n > 0);
    return tokens[0];
}

static void issuer_does(struct jbed *b, enum sim_event e)
{
    struct sim_token t = newest(b);

    assert_int_equal(sim_happen(b->tokens.f->sim, span_of(t.token_ref), e, FIXTURE_NOW), FAULT_NONE);
}

static void card_get_gives_the_number_a_cryptogram_and_all_that_a_gateway_asks_for(void **state)
{
    struct jbed *b = *state;
    char fingerprint[40], par[40], last4[8], isin[16];
    const char *token;

    (void)jbed_make(b, VISA);
    (void)snprintf(fingerprint, sizeof fingerprint, "%s", jbed_member(b->payload, "cardFingerprint"));
    (void)snprintf(par, sizeof par, "%s", jbed_member(b->payload, "par"));
    (void)snprintf(last4, sizeof last4, "%.4s", jbed_member(b->payload, "tokenLastFour"));
    (void)snprintf(isin, sizeof isin, "%.9s", jbed_member(b->payload, "tokenIsin"));
    assert_int_equal(named(b, GET), 200);
    token = jbed_member(b->x.body, "token");
    assert_int_equal(strlen(token), 16);
    assert_int_equal(strncmp(token, isin, 9), 0);
    assert_string_equal(token + 12, last4);
    assert_int_equal(strlen(jbed_member(b->x.body, "cryptogram")), 28);
    assert_has(&b->x, "\"network\":\"VISA\",\"token_details\":{\"exp_month\":\"11\",\"exp_year\":\"2027\","
                      "\"status\":\"ACTIVE\",\"first_six\":\"");
    assert_int_equal(strncmp(jbed_member(b->x.body, "first_six"), isin, 6), 0);
    assert_int_equal(strlen(jbed_member(b->x.body, "first_six")), 6);
    assert_has(&b->x, "\"provider\":\"VISA\",\"provider_category\":\"NETWORK\"}");
    assert_has(&b->x, "\"card_details\":{\"last_four\":\"1111\",\"exp_month\":null,\"exp_year\":null,\"par\":\"");
    assert_string_equal(jbed_member(b->x.body, "par"), par);
    assert_string_equal(jbed_member(b->x.body, "eci"), "07");
    assert_int_equal(strlen(jbed_member(b->x.body, "token_requestor_id")), 11);
    assert_string_equal(jbed_member(b->x.body, "reference"), b->made);
    assert_string_equal(jbed_member(b->x.body, "fingerprint"), fingerprint);
    assert_string_equal(jbed_member(b->x.body, "customer_id"), JBED_CUSTOMER);
    assert_has(&b->x, "\"name_on_card\":null,\"nickname\":null,\"issuer\":\"Test Bank\",\"card_type\":\"CREDIT\","
                      "\"sub_type\":\"");
    assert_string_equal(jbed_member(b->x.body, "issuer_country_code"), "IN");
    assert_has_not(&b->x, JBED_VISA);
}

static void each_card_get_has_a_cryptogram_of_its_own(void **state)
{
    struct jbed *b = *state;
    char first[64];

    (void)jbed_make(b, VISA);
    assert_int_equal(named(b, GET), 200);
    (void)snprintf(first, sizeof first, "%s", jbed_member(b->x.body, "cryptogram"));
    assert_int_equal(named(b, GET), 200);
    assert_string_not_equal(jbed_member(b->x.body, "cryptogram"), first);
}

static void a_reference_is_taken_in_each_of_its_forms(void **state)
{
    struct jbed *b = *state;
    char text[64];

    (void)jbed_make(b, VISA);
    (void)snprintf(text, sizeof text, "%s", b->made + strlen("token_"));
    assert_int_equal(jbed_send(b, GET, jbed_named(text, JBED_CUSTOMER, "")), 200);
    (void)snprintf(text, sizeof text, "cref_%s", b->made + strlen("token_"));
    assert_int_equal(jbed_send(b, GET, jbed_named(text, JBED_CUSTOMER, "")), 200);
}

static void what_is_not_this_customers_or_sub_merchants_is_not_found(void **state)
{
    struct jbed *b = *state;

    (void)jbed_make(b, VISA);
    assert_int_equal(jbed_send(b, GET, jbed_named(b->made, "customer_2", "")), 404);
    assert_error(b, 404, "RESOURCE_NOT_FOUND");
    assert_has(&b->x, "\"error_message\":\"Not Found\"");
    assert_int_equal(jbed_send(b, GET, jbed_named("no reference", JBED_CUSTOMER, "")), 404);
    assert_int_equal(jbed_send(b, GET, jbed_named("token_00000000000000000000000000000000", JBED_CUSTOMER, "")), 404);
    assert_int_equal(jbed_send(b, GET, jbed_named(b->made, JBED_CUSTOMER, ",\"submerchantId\":\"airline_1\"")), 404);
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ",\"submerchantId\":\"airline_1\""), 200);
    (void)snprintf(b->made, sizeof b->made, "%s", jbed_member(b->payload, "cardReference"));
    assert_int_equal(jbed_send(b, GET, jbed_named(b->made, JBED_CUSTOMER, "")), 404);
    assert_int_equal(jbed_send(b, GET, jbed_named(b->made, JBED_CUSTOMER, ",\"submerchantId\":\"airline_1\"")), 200);
    assert_int_equal(jbed_send(b, GET, jbed_named(b->made, JBED_CUSTOMER, ",\"sub_merchant_id\":\"airline_1\"")), 200);
}

static void both_members_of_the_question_are_needed(void **state)
{
    static const char *const routes[] = { GET, DELETE, STATUS };
    struct jbed *b = *state;

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(jbed_send(b, routes[i], "{\"customer_id\":\"c\"}"), 400);
        assert_error(b, 400, "MISSING_MANDATORY_PARAMETER");
        assert_has(&b->x, "card_reference: is missing");
        assert_int_equal(jbed_send(b, routes[i], "{\"card_reference\":\"token_1\",\"customer_id\":null}"), 400);
        assert_error(b, 400, "MISSING_MANDATORY_PARAMETER");
        assert_has(&b->x, "customer_id: is missing");
    }
}

static void a_suspended_token_gives_no_cryptogram(void **state)
{
    struct jbed *b = *state;

    (void)jbed_make(b, VISA);
    issuer_does(b, SIM_SUSPEND);
    assert_int_equal(named(b, STATUS), 200);
    assert_string_equal(jbed_member(b->x.body, "tokenStatus"), "SUSPENDED");
    assert_int_equal(named(b, GET), 400);
    assert_error(b, 400, "INVALID_ACTION");
    assert_has(&b->x, "SUSPENDED");
    issuer_does(b, SIM_RESUME);
    assert_int_equal(named(b, STATUS), 200);
    assert_string_equal(jbed_member(b->x.body, "tokenStatus"), "ACTIVE");
    assert_int_equal(named(b, GET), 200);
}

static void the_status_is_a_plain_object_under_either_spelling(void **state)
{
    struct jbed *b = *state;
    char body[256];

    (void)jbed_make(b, VISA);
    assert_int_equal(named(b, STATUS), 200);
    assert_has(&b->x, "{\"payload\":{\"tokenStatus\":\"ACTIVE\",\"tokenExpiryMonth\":\"11\",\"tokenExpiryYear\":"
                      "\"2027\",\"cardLastFour\":\"1111\",\"cardExpiryMonth\":null,\"cardExpiryYear\":null,"
                      "\"tokenLastFour\":\"");
    (void)snprintf(body, sizeof body, "{\"cardReference\":\"%s\",\"customerId\":\"" JBED_CUSTOMER "\"}", b->made);
    assert_int_equal(jbed_send(b, STATUS, body), 200);
    assert_string_equal(jbed_member(b->x.body, "tokenStatus"), "ACTIVE");
}

static void an_expired_token_says_so_and_gives_no_cryptogram(void **state)
{
    struct jbed *b = *state;

    (void)jbed_make(b, JBED_CARD("4111110000000187"));
    fixture_set_clock(b->tokens.f, FIXTURE_NOW + 40LL * 24 * 3600 * 1000);
    assert_int_equal(named(b, STATUS), 200);
    assert_string_equal(jbed_member(b->x.body, "tokenStatus"), "EXPIRED");
    assert_int_equal(named(b, GET), 400);
    assert_error(b, 400, "EXPIRED");
}

static void an_expired_token_gives_way_to_another_at_the_next_consent(void **state)
{
    struct jbed *b = *state;
    char first[64];

    (void)snprintf(first, sizeof first, "%s", jbed_make(b, JBED_CARD("4111110000000187")));
    fixture_set_clock(b->tokens.f, FIXTURE_NOW + 40LL * 24 * 3600 * 1000);
    assert_string_not_equal(jbed_make(b, JBED_CARD("4111110000000187")), first);
    assert_string_equal(jbed_member(b->payload, "tokenStatus"), "ACTIVE");
    assert_int_equal(strlen(jbed_member(b->payload, "token")), 16);
    assert_int_equal(named(b, GET), 200);
    assert_int_equal(jbed_send(b, STATUS, jbed_named(first, JBED_CUSTOMER, "")), 200);
    assert_string_equal(jbed_member(b->x.body, "tokenStatus"), "DELETED");
}

static void a_token_that_comes_later_is_inactive_until_then(void **state)
{
    struct jbed *b = *state;

    assert_int_equal(jbed_generate(b, JBED_CARD("4111110000000013"), JBED_CUSTOMER, ""), 200);
    (void)snprintf(b->made, sizeof b->made, "%s", jbed_member(b->payload, "cardReference"));
    assert_int_equal(named(b, STATUS), 200);
    assert_string_equal(jbed_member(b->x.body, "tokenStatus"), "INACTIVE");
    assert_int_equal(named(b, GET), 400);
    assert_error(b, 400, "INVALID_ACTION");
    fixture_set_clock(b->tokens.f, FIXTURE_NOW + 5000);
    assert_int_equal(named(b, STATUS), 200);
    assert_string_equal(jbed_member(b->x.body, "tokenStatus"), "ACTIVE");
    assert_int_equal(named(b, GET), 200);
}

static void a_deleted_token_is_gone_and_its_card_may_have_another(void **state)
{
    struct jbed *b = *state;
    char gone[64];

    (void)snprintf(gone, sizeof gone, "%s", jbed_make(b, VISA));
    assert_int_equal(named(b, DELETE), 200);
    assert_string_equal(b->x.body, "{\"status\":\"SUCCESS\"}");
    assert_int_equal(named(b, GET), 404);
    assert_error(b, 404, "RESOURCE_NOT_FOUND");
    assert_int_equal(named(b, STATUS), 200);
    assert_string_equal(jbed_member(b->x.body, "tokenStatus"), "DELETED");
    assert_string_equal(jbed_member(b->x.body, "tokenExpiryYear"), "2027");
    assert_int_equal(named(b, DELETE), 400);
    assert_string_not_equal(jbed_make(b, VISA), gone);
}

static void what_is_not_there_is_not_deleted_in_the_published_words(void **state)
{
    struct jbed *b = *state;

    (void)jbed_make(b, VISA);
    assert_int_equal(jbed_send(b, DELETE, jbed_named(b->made, "customer_2", "")), 400);
    assert_has(&b->x, "\"error\":true");
    assert_has(&b->x, "\"error_message\":\"INVALID_REQUEST\",\"user_message\":\"card_reference or customer_id is "
                      "invalid\"");
    assert_int_equal(named(b, GET), 200);
}

static void a_network_that_is_down_gives_502_and_one_that_is_silent_504(void **state)
{
    struct jbed *b = *state;

    (void)jbed_make(b, VISA);
    sim_behave(b->tokens.f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    assert_int_equal(named(b, GET), 502);
    assert_error(b, 502, "SERVER_ERROR");
    sim_behave(b->tokens.f->sim, SCHEME_UNKNOWN, SIM_MUTE, 0);
    assert_int_equal(named(b, GET), 504);
    assert_has(&b->x, "Error from network");
    sim_behave(b->tokens.f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    assert_int_equal(named(b, GET), 200);
}

static void a_server_without_a_network_says_so(void **state)
{
    struct jbed *b = *state;
    struct network *n = b->tokens.f->services.network;

    (void)jbed_make(b, VISA);
    b->tokens.f->services.network = NULL;
    assert_int_equal(named(b, GET), 400);
    assert_error(b, 400, "FEATURE_NOT_ENABLED");
    assert_int_equal(jbed_send(b, FINGERPRINT, "{\"card_number\":\"" JBED_VISA "\",\"is_token\":true}"), 400);
    assert_error(b, 400, "FEATURE_NOT_ENABLED");
    b->tokens.f->services.network = n;
}

/* The same whether it is asked by card, by token, or was told when the token was made. */
static void a_card_and_its_token_have_one_fingerprint_and_one_par(void **state)
{
    struct jbed *b = *state;
    char made_fingerprint[40], made_par[40], body[128];

    (void)jbed_make(b, VISA);
    (void)snprintf(made_fingerprint, sizeof made_fingerprint, "%s", jbed_member(b->payload, "cardFingerprint"));
    (void)snprintf(made_par, sizeof made_par, "%s", jbed_member(b->payload, "par"));
    assert_int_equal(jbed_send(b, FINGERPRINT, "{\"card_number\":\"" JBED_VISA "\",\"is_token\":false}"), 200);
    (void)snprintf(body, sizeof body, "{\"card_fingerprint\":\"%s\",\"par\":\"%s\"}", made_fingerprint, made_par);
    assert_string_equal(b->x.body, body);
    assert_int_equal(named(b, GET), 200);
    (void)snprintf(body, sizeof body, "{\"card_number\":\"%s\",\"is_token\":true}", jbed_member(b->x.body, "token"));
    assert_int_equal(jbed_send(b, FINGERPRINT, body), 200);
    assert_string_equal(jbed_member(b->x.body, "card_fingerprint"), made_fingerprint);
    assert_string_equal(jbed_member(b->x.body, "par"), made_par);
}

static void another_merchants_token_number_is_unknown(void **state)
{
    struct jbed *b = *state;
    char body[128];

    (void)jbed_make(b, VISA);
    assert_int_equal(named(b, GET), 200);
    (void)snprintf(body, sizeof body, "{\"card_number\":\"%s\",\"is_token\":\"true\"}",
                   jbed_member(b->x.body, "token"));
    assert_int_equal(jbed_send(b, FINGERPRINT, body), 200);
    assert_int_equal(merchant_add_whole(&b->tokens.f->services, &b->tokens.merchant, SPAN("Other"), SPAN("INR")),
                     FAULT_NONE);
    jbed_key(b, ":");
    assert_int_equal(jbed_send(b, FINGERPRINT, body), 400);
    assert_error(b, 400, "INVALID_INPUT");
    assert_has(&b->x, "Could not locate a card with given token");
}

static void a_fingerprint_is_refused_for_what_is_no_number(void **state)
{
    static const struct { const char *body, *code, *says; } rows[] = {
        { "{\"card_number\":\"4111111111111112\"}", "INVALID_REQUEST", "Luhn Check Failed." },
        { "{\"card_number\":\"4111\"}", "INVALID_REQUEST", "card_number" },
        { "{\"card_number\":4111111111111111}", "INVALID_INPUT", "should be a string" },
        { "{}", "MISSING_MANDATORY_PARAMETER", "card_number: is missing" },
        { "{\"card_token\":\"tkn_0123456789abcdef\"}", "INVALID_INPUT", "Could not locate a card with given token" },
        { "{\"card_number\":\"" JBED_VISA "\",\"is_token\":true}", "INVALID_INPUT", "Could not locate a card" },
        { "{\"card_number\":\"" JBED_VISA "\",\"is_token\":\"maybe\"}", "INVALID_INPUT", "is_token" },
    };
    struct jbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(jbed_send(b, FINGERPRINT, rows[i].body), 400);
        assert_error(b, 400, rows[i].code);
        assert_has(&b->x, rows[i].says);
        assert_has_not(&b->x, "411111111111111");
    }
}

static const char *alt_id_body(struct jbed *b, const char *card, const char *order, const char *more)
{
    static char body[2 * JBED_JWE];

    (void)snprintf(body, sizeof body, "{\"cardData\":\"%s\",\"orderData\":{%s}%s}", jbed_seal(b, card), order, more);
    return body;
}

#define AMOUNT "\"amount\":100.5,\"currency\":\"INR\""

static void alt_id_gives_a_guest_a_number_for_one_payment_and_saves_nothing(void **state)
{
    struct jbed *b = *state;
    const char *number;
    char query[64];
    struct pan pan;

    assert_int_equal(jbed_send(b, ALT_ID, alt_id_body(b, VISA, AMOUNT, ",\"correlationId\":\"my-own\","
                                                      "\"cardBrand\":\"VISA\",\"shouldSendRawCard\":\"true\"")), 200);
    assert_int_equal(strncmp(b->x.body, "{\"status\":\"SUCCESS\",\"errorCode\":null,\"errorMessage\":null,\"payload\":{"
                             "\"cardBrand\":\"VISA\",\"cardIssuerBank\":\"Test Bank\",\"cardIssuerCountry\":\"IN\","
                             "\"correlationId\":\"my-own\",\"provider\":\"VISA\",\"providerCategory\":\"NETWORK\","
                             "\"altIdDetails\":\"", 233 - 6), 0);
    (void)jbed_open(b, "altIdDetails");
    number = jbed_member(b->payload, "altId");
    assert_int_equal(pan_read(&pan, span_of(number)), PAN_FINE);
    pan_fini(&pan);
    assert_int_equal(strlen(jbed_member(b->payload, "tavv")), 28);
    assert_int_equal(strlen(jbed_member(b->payload, "par")), 29);
    assert_int_equal(strlen(jbed_member(b->payload, "expMonth")), 2);
    assert_int_equal(strlen(jbed_member(b->payload, "expYear")), 4);
    assert_null(strstr(b->payload, JBED_VISA));
    (void)snprintf(query, sizeof query, "customer_id=" JBED_CUSTOMER);
    assert_int_equal(xbed_send(&b->x, (struct xbed_sent){ .route = "GET /cards", .query = query,
                               .headers = { { "authorization", b->authorization } } }), 200);
    assert_has(&b->x, "\"cards\":[]");
}

static void alt_id_makes_a_correlation_id_and_takes_an_amount_as_text(void **state)
{
    struct jbed *b = *state;

    assert_int_equal(jbed_send(b, ALT_ID, alt_id_body(b, VISA, "\"amount\":\"100.50\"", "")), 200);
    assert_int_equal(strlen(jbed_member(b->x.body, "correlationId")), 32);
}

static void alt_id_may_come_as_a_form(void **state)
{
    struct jbed *b = *state;
    char body[2 * JBED_JWE];

    (void)snprintf(body, sizeof body, "orderData=%%7B%%22amount%%22%%3A%%22100.50%%22%%2C%%22currency%%22:"
                   "%%22INR%%22%%7D&correlationId=my+own%%21&cardData=%s", jbed_seal(b, VISA));
    assert_int_equal(jbed_send(b, ALT_ID, body), 200);
    assert_string_equal(jbed_member(b->x.body, "correlationId"), "my own!");
    assert_int_equal(jbed_send(b, ALT_ID, "orderData=%7B&cardData=x"), 400);
    assert_error(b, 400, "INVALID_INPUT");
    assert_int_equal(jbed_send(b, ALT_ID, "a=1&a=2"), 400);
    assert_error(b, 400, "INVALID_INPUT");
}

static void alt_id_is_refused_for_a_field_that_is_wrong(void **state)
{
    static const struct { const char *card, *order, *more, *code, *says; } rows[] = {
        { VISA, "\"currency\":\"INR\"", "", "MISSING_MANDATORY_PARAMETER", "orderData.amount: is missing" },
        { VISA, "\"amount\":0", "", "INVALID_INPUT", "orderData.amount" },
        { VISA, "\"amount\":\"ten\"", "", "INVALID_INPUT", "orderData.amount" },
        { VISA, "\"amount\":1.005", "", "INVALID_INPUT", "orderData.amount" },
        { VISA, "\"amount\":1,\"currency\":\"XQX\"", "", "INVALID_INPUT", "orderData.currency" },
        { VISA, AMOUNT, ",\"cardBrand\":\"NOBODY\"", "INVALID_INPUT", "cardBrand" },
        { VISA, AMOUNT, ",\"cardBrand\":\"DINERS\"", "INVALID_INPUT", "cardBrand: is not the card's" },
        { JBED_CARD("4111111111111112"), AMOUNT, "", "INVALID_INPUT", "Luhn Check Failed." },
        { JBED_CARD("6074825972083818"), AMOUNT, "", "MISSING_MANDATORY_PARAMETER",
          "orderData.authRefNumber: RUPAY_AUTH_REF" },
    };
    struct jbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(jbed_send(b, ALT_ID, alt_id_body(b, rows[i].card, rows[i].order, rows[i].more)), 400);
        assert_error(b, 400, rows[i].code);
        assert_has(&b->x, rows[i].says);
    }
    assert_int_equal(jbed_send(b, ALT_ID, alt_id_body(b, JBED_CARD("6074825972083818"), AMOUNT
                                                      ",\"authRefNumber\":\"ref-1\"",
                                                      ",\"cardBrand\":\"RUPAY\"")), 200);
}

static unsigned list(struct jbed *b, const char *query)
{
    return xbed_send(&b->x, (struct xbed_sent){ .route = "GET /cards", .query = query,
                                                .headers = { { "authorization", b->authorization } } });
}

static void a_customers_cards_are_listed_masked_each_with_its_token(void **state)
{
    struct jbed *b = *state;
    char reference[64], visa[64];

    (void)snprintf(visa, sizeof visa, "%s", jbed_make(b, VISA));
    (void)snprintf(reference, sizeof reference, "\"card_reference\":\"%s\"",
                   jbed_make(b, JBED_CARD("4386241223215159")));
    assert_int_equal(list(b, "options.check_cvv_less_support=true&customer_id=customer%5F1"), 200);
    assert_int_equal(strncmp(b->x.body, "{\"customer_id\":\"customer_1\",\"merchantId\":\"", 40), 0);
    assert_has(&b->x, reference);
    assert_has(&b->x, visa);
    assert_has(&b->x, "\"card_number\":\"XXXX-XXXXXXXX-1111\",\"card_isin\":null,\"card_exp_month\":null,"
                      "\"card_exp_year\":null,\"card_type\":\"CREDIT\",\"card_issuer\":\"Test Bank\","
                      "\"card_brand\":\"VISA\"");
    assert_has(&b->x, "\"juspay_bank_code\":\"JP_HDFC\"");
    assert_has(&b->x, "\"tokenization_status\":\"ACTIVE\",\"expiry_month\":\"11\",\"expiry_year\":\"2027\"");
    assert_has_not(&b->x, JBED_VISA);
    assert_int_equal(list(b, "customer_id=customer_2"), 200);
    assert_has(&b->x, "\"cards\":[]}");
    assert_int_equal(list(b, "customer_id=customer_1&submerchantId=airline_1"), 200);
    assert_has(&b->x, "\"cards\":[]}");
    assert_int_equal(jbed_generate(b, VISA, JBED_CUSTOMER, ",\"submerchantId\":\"airline_1\""), 200);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(list(b, i ? "customer_id=customer_1&sub_merchant_id=airline_1"
                                   : "customer_id=customer_1&submerchantId=airline_1"), 200);
        assert_has(&b->x, jbed_member(b->payload, "cardReference"));
    }
    b->made[0] = '\0';
}

static void a_deleted_card_is_listed_no_more(void **state)
{
    struct jbed *b = *state;

    (void)jbed_make(b, VISA);
    assert_int_equal(named(b, DELETE), 200);
    assert_int_equal(list(b, "customer_id=" JBED_CUSTOMER), 200);
    assert_has(&b->x, "\"cards\":[]}");
}

static void a_list_needs_a_customer_and_a_readable_one(void **state)
{
    static const struct { const char *query, *code; } rows[] = {
        { "", "MISSING_MANDATORY_PARAMETER" }, { "customer_id=", "MISSING_MANDATORY_PARAMETER" },
        { "customer_ids=x", "MISSING_MANDATORY_PARAMETER" }, { "customer_id=%4", "MISSING_MANDATORY_PARAMETER" },
        { "customer_id=%00", "INVALID_INPUT" }, { "customer_id=" JBED_VISA, "INVALID_INPUT" },
    };
    struct jbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(list(b, rows[i].query), 400);
        assert_error(b, 400, rows[i].code);
    }
}

static unsigned bins(struct jbed *b, const char *digits)
{
    return xbed_send(&b->x, (struct xbed_sent){ .route = "GET /cardbins/{bin}", .param = digits,
                     .query = "merchant_id=m&options.check_tokenize_support=true",
                     .headers = { { "authorization", b->authorization } } });
}

static void six_to_nine_digits_tell_the_issuer(void **state)
{
    static const char *const digits[] = { "438624", "4386241", "43862412", "438624123" };
    struct jbed *b = *state;
    char id[32];

    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++) {
        assert_int_equal(bins(b, digits[i]), 200);
        (void)snprintf(id, sizeof id, "{\"id\":\"%s\",", digits[i]);
        assert_has(&b->x, id);
        assert_has(&b->x, "\"object\":\"cardbin\",\"brand\":\"VISA\",\"bank\":\"HDFC Bank\",\"country\":\"IN\","
                          "\"type\":\"DEBIT\",\"card_sub_type\":\"");
        assert_has(&b->x, "\"juspay_bank_code\":\"JP_HDFC\",\"tokenize_support\":true,"
                          "\"extended_card_type\":\"DEBIT\"}");
    }
    assert_int_equal(bins(b, "499999"), 200);
    assert_has(&b->x, "\"brand\":\"VISA\",\"bank\":null,\"country\":null,\"type\":null,\"card_sub_type\":null,"
                      "\"juspay_bank_code\":null,\"tokenize_support\":true");
}

static void digits_of_no_scheme_are_404_and_what_is_no_bin_is_400(void **state)
{
    static const char *const wrong[] = { "41111", "4111111111", "41111x", "" };
    struct jbed *b = *state;

    assert_int_equal(bins(b, "999999"), 404);
    assert_error(b, 404, "RESOURCE_NOT_FOUND");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(bins(b, wrong[i]), 400);
        assert_error(b, 400, "INVALID_INPUT");
    }
}

static void every_route_wants_a_valid_key(void **state)
{
    struct jbed *b = *state;

    jbed_authorize(b, "0000000000000000000000000000000000000000ABCD:");
    for (const struct route *r = juspay_dialect.routes; r->method; r++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s %s", r->method, r->path);
        assert_int_equal(jbed_send(b, name, "{}"), 401);
        assert_error(b, 401, "UNAUTHORIZED");
        assert_string_equal(b->x.reached, "parse");
    }
}

static void calls_above_the_limit_are_429(void **state)
{
    struct jbed *b = *state;
    unsigned per_minute[RATE_CLASSES] = { [RATE_TOKENS] = 1 };
    struct rate_limits *unlimited = b->tokens.f->services.rate_limits;

    assert_int_equal(rate_limits_new(&b->tokens.f->services.rate_limits, per_minute), FAULT_NONE);
    assert_int_equal(bins(b, "438624"), 200);
    assert_int_equal(bins(b, "438624"), 429);
    assert_error(b, 429, "TOO_MANY_REQUESTS");
    assert_string_equal(xbed_answer_header(&b->x, "retry-after"), "60");
    rate_limits_free(b->tokens.f->services.rate_limits);
    b->tokens.f->services.rate_limits = unlimited;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, jbed_setup, jbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(card_get_gives_the_number_a_cryptogram_and_all_that_a_gateway_asks_for),
        TEST(each_card_get_has_a_cryptogram_of_its_own),
        TEST(a_reference_is_taken_in_each_of_its_forms),
        TEST(what_is_not_this_customers_or_sub_merchants_is_not_found),
        TEST(both_members_of_the_question_are_needed),
        TEST(a_suspended_token_gives_no_cryptogram),
        TEST(the_status_is_a_plain_object_under_either_spelling),
        TEST(an_expired_token_says_so_and_gives_no_cryptogram),
        TEST(an_expired_token_gives_way_to_another_at_the_next_consent),
        TEST(a_token_that_comes_later_is_inactive_until_then),
        TEST(a_deleted_token_is_gone_and_its_card_may_have_another),
        TEST(what_is_not_there_is_not_deleted_in_the_published_words),
        TEST(a_network_that_is_down_gives_502_and_one_that_is_silent_504),
        TEST(a_server_without_a_network_says_so),
        TEST(a_card_and_its_token_have_one_fingerprint_and_one_par),
        TEST(another_merchants_token_number_is_unknown),
        TEST(a_fingerprint_is_refused_for_what_is_no_number),
        TEST(alt_id_gives_a_guest_a_number_for_one_payment_and_saves_nothing),
        TEST(alt_id_makes_a_correlation_id_and_takes_an_amount_as_text),
        TEST(alt_id_may_come_as_a_form),
        TEST(alt_id_is_refused_for_a_field_that_is_wrong),
        TEST(a_customers_cards_are_listed_masked_each_with_its_token),
        TEST(a_deleted_card_is_listed_no_more),
        TEST(a_list_needs_a_customer_and_a_readable_one),
        TEST(six_to_nine_digits_tell_the_issuer),
        TEST(digits_of_no_scheme_are_404_and_what_is_no_bin_is_400),
        TEST(every_route_wants_a_valid_key),
        TEST(calls_above_the_limit_are_429),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
