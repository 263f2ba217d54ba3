/* test_cashfree_v2.c: POST /api/v2/cftoken/order (brief 000; reference 1). */
#include "cashfree_bed.h"
#include "service/order_token.h"

#define TOKEN "POST /api/v2/cftoken/order"

static unsigned ask(struct bed *b, const char *body)
{
    return bed_send(b, (struct sent){ .route = TOKEN, .body = body });
}

/* The whole error, whose text stands twice. */
static void assert_error(const struct bed *b, unsigned status, const char *text)
{
    char want[1024];

    (void)snprintf(want, sizeof want,
        "{\"status\":\"ERROR\",\"subCode\":\"%u\",\"message\":\"%s\",\"reason\":\"%s\"}\n",
                   status, text, text);
    assert_string_equal(b->body, want);
    assert_int_equal(b->x.answer.status, status);
}

/* The claims of the token in the last answer. */
static struct order_claims claims_of(struct bed *b)
{
    static const char head[] = "{\"status\":\"OK\",\"message\":\"Token generated\",\"cftoken\":\"";
    struct order_claims claims;
    size_t n = strlen(b->body);

    assert_int_equal(strncmp(b->body, head, sizeof head - 1), 0);
    assert_string_equal(b->body + n - 2, "\"}");
    assert_int_equal(order_token_verify(&b->f->services, &claims, b->f->arena, span_of(b->f->merchant.client_id),
                                        (struct span){ (const uint8_t *)b->body + sizeof head - 1,
                                            n - 2 - (sizeof head - 1) },
                                        clock_now_ms(b->f->services.clock)), FAULT_NONE);
    return claims;
}

static void a_token_is_bound_to_the_order_however_it_was_written(void **state)
{
    static const struct { const char *body, *id; int64_t minor; const char *currency; } rows[] = {
        { "{\"orderId\":\"Order0001\",\"orderAmount\":1,\"orderCurrency\":\"INR\"}", "Order0001", 100, "INR" },
        { "{\"orderId\":\"Order0001\",\"orderAmount\":\"15.00\"}", "Order0001", 1500, "INR" },
        { "{\"orderId\":7,\"orderAmount\":10.15,\"orderCurrency\":\"\"}", "7", 1015, "INR" },
        { "{\"orderId\":\"a-b_c\",\"orderAmount\":\"100\",\"orderCurrency\":\"USD\",\"more\":[1]}", "a-b_c", 10000,
          "USD" },
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct order_claims c;
        assert_int_equal(ask(b, rows[i].body), 200);
        c = claims_of(b);
        assert_true(span_equal(c.order_id, span_of(rows[i].id)));
        assert_int_equal(c.amount.minor, rows[i].minor);
        assert_string_equal(c.amount.currency, rows[i].currency);
        assert_int_equal(c.expires_s, FIXTURE_NOW / 1000 + ORDER_TOKEN_LIFE_S);
    }
}

static void headers_of_the_other_api_are_ignored(void **state)
{
    struct bed *b = *state;

    assert_int_equal(bed_send(b, (struct sent){ .route = TOKEN, .version = "yesterday", .key = "key",
                                                .body = "{\"orderId\":\"o-1\",\"orderAmount\":1}" }), 200);
    assert_string_equal(bed_answer_header(b, "x-api-version"), "");
    assert_string_equal(bed_answer_header(b, "x-idempotency-key"), "");
    assert_int_equal(strlen(bed_answer_header(b, "x-request-id")), 32);
}

static void wrong_fields_are_refused(void **state)
{
    static const struct { unsigned status; const char *body, *text; } rows[] = {
        { 422, "{\"orderAmount\":1}", "orderId : is missing in the request. Value received: " },
        { 422, "{\"orderId\":\"o-1\"}", "orderAmount : is missing in the request. Value received: " },
        { 422, "{\"orderId\":\"o 1\",\"orderAmount\":1}",
          "orderId : should be alpha numeric and may contain underscore or hypens. Value received: o 1" },
        { 422, "{\"orderId\":\"0123456789012345678901234567890123456789012345\",\"orderAmount\":1}",
          "orderId : should be at max 45" },
        { 422, "{\"orderId\":4111111111111111,\"orderAmount\":1}",
          "orderId : must not contain a card number (PCI DSS requirement 3)" },
        { 400, "{\"orderId\":\"o-1\",\"orderAmount\":1.99999999999999999}", "invalid request body" },
        { 422, "{\"orderId\":\"o-1\",\"orderAmount\":0}", "orderAmount : Invalid amount entered " },
        { 422, "{\"orderId\":\"o-1\",\"orderAmount\":\"ten\"}", "orderAmount : Invalid amount entered " },
        { 422, "{\"orderId\":\"o-1\",\"orderAmount\":true}", "orderAmount : Invalid amount entered " },
        { 422, "{\"orderId\":\"o-1\",\"orderAmount\":1,\"orderCurrency\":\"EUR\"}",
          "orderCurrency : is not valid or not enabled. Value received: EUR" },
        { 400, "{\"orderId\":", "invalid request body" },
        { 400, "", "invalid request body" },
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(ask(b, rows[i].body), rows[i].status);
        assert_error(b, rows[i].status, rows[i].text);
    }
}

static void wrong_credentials_are_refused_in_its_own_words(void **state)
{
    struct bed *b = *state;

    assert_int_equal(bed_send(b, (struct sent){ .route = TOKEN, .secret = "no",
        .body = "{\"orderId\":\"o-1\",\"orderAmount\":1}" }), 401);
    assert_error(b, 401, "Invalid clientId and clientSecret combination");
}

static void an_order_of_that_id_must_be_the_same_order(void **state)
{
    struct bed *b = *state;

    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .body = BED_ORDER("shared",
        "") }), 200);
    assert_int_equal(ask(b, "{\"orderId\":\"shared\",\"orderAmount\":\"10.15\"}"), 200);
    assert_int_equal(ask(b, "{\"orderId\":\"shared\",\"orderAmount\":10.16}"), 409);
    assert_error(b, 409, "order with same id is already present with another amount or currency");
    assert_int_equal(ask(b, "{\"orderId\":\"shared\",\"orderAmount\":10.15,\"orderCurrency\":\"USD\"}"), 409);
    assert_error(b, 409, "order with same id is already present with another amount or currency");
}

static void an_order_that_has_ended_gets_no_token(void **state)
{
    struct bed *b = *state;

    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .body = BED_ORDER("over",
        "") }), 200);
    assert_int_equal(bed_send(b, (struct sent){ .route = "PATCH /pg/orders/{order_id}", .version = V2025,
        .param = "over",
                                                .body = "{\"order_status\":\"TERMINATED\"}" }), 200);
    assert_int_equal(ask(b, "{\"orderId\":\"over\",\"orderAmount\":10.15}"), 409);
    assert_error(b, 409, "order with same id is already present and can not be paid any more");
}

static void without_keyholder_there_is_no_token(void **state)
{
    struct bed *b = *state;

    assert_int_equal(bed_send(b, (struct sent){ .route = BED_GET, .version = V2025, .param = "warm-up" }), 404);
    fixture_keyholder_stop(b->f);
    assert_int_equal(ask(b, "{\"orderId\":\"o-1\",\"orderAmount\":1}"), 503);
    assert_error(b, 503, "the service is busy, please try again");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_token_is_bound_to_the_order_however_it_was_written),
        FRESH(headers_of_the_other_api_are_ignored),
        FRESH(wrong_fields_are_refused),
        FRESH(wrong_credentials_are_refused_in_its_own_words),
        FRESH(an_order_of_that_id_must_be_the_same_order),
        FRESH(an_order_that_has_ended_gets_no_token),
        FRESH(without_keyholder_there_is_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
