/* test_cashfree_faults.c: what a disk that fails, a full queue and a silent keyholder say in each of the routes. */
#include "orderpay_bed.h"

#include "base/banned.h"

#define UUID "00000000-0000-4000-8000-000000000000"
#define CARD_BODY \
    "{\"card_number\":\"" OBED_VISA "\",\"card_cvv\":\"123\",\"card_expiry_mm\":\"03\",\"card_expiry_yy\":\"28\"}"

static const struct { const char *route, *param, *param2, *query, *body; } calls[] = {
    { .route = "POST /pg/orders", .body = "{\"order_amount\":1,\"order_currency\":\"INR\"," OBED_CUSTOMER "}" },
    { .route = "GET /pg/orders/{order_id}", .param = "order_9" },
    { .route = "PATCH /pg/orders/{order_id}", .param = "order_9", .body = "{\"order_status\":\"TERMINATED\"}" },
    { .route = "GET /pg/orders/{order_id}/extended", .param = "order_9" },
    { .route = "GET /pg/orders/{order_id}/payments", .param = "order_9" },
    { .route = "GET /pg/orders/{order_id}/payments/{cf_payment_id}", .param = "order_9", .param2 = "12" },
    { .route = "POST /pg/orders/{order_id}/refunds", .param = "order_9",
      .body = "{\"refund_amount\":1,\"refund_id\":\"refund_1\"}" },
    { .route = "GET /pg/orders/{order_id}/refunds", .param = "order_9" },
    { .route = "GET /pg/orders/{order_id}/refunds/{refund_id}", .param = "order_9", .param2 = "refund_1" },
    { .route = "GET /pg/orders/{order_id}/settlements", .param = "order_9" },
    { .route = "POST /pg/orders/{order_id}/authorization", .param = "order_9",
      .body = "{\"action\":\"CAPTURE\",\"amount\":1}" },
    { .route = "GET /pg/simulate/{simulation_id}", .param = "12" },
    { .route = "POST /pg/customers", .body = "{\"customer_phone\":\"9908734801\"}" },
    { .route = OBED_LIST, .param = "anna", .query = "instrument_type=card" },
    { .route = "GET /pg/customers/{customer_id}/instruments/{instrument_id}", .param = "anna", .param2 = UUID },
    { .route = OBED_DELETE, .param = "anna", .param2 = UUID },
    { .route = "GET /pg/customers/{customer_id}/instruments/{instrument_id}/cryptogram", .param = "anna",
      .param2 = UUID },
    { .route = "POST /pg/utilities/pars", .body = CARD_BODY },
};

static struct xbed_sent call(const struct obed *b, size_t i)
{
    struct xbed_sent s = obed_merchant(b, calls[i].route, "2025-01-01");

    s.param = calls[i].param;
    s.param2 = calls[i].param2;
    s.query = calls[i].query;
    s.body = calls[i].body;
    return s;
}

static void every_route_tells_a_fault_of_ours_and_nothing_more(void **state)
{
    static const struct { enum fault fault; unsigned status; const char *code; } faults[] = {
        { FAULT_DISK, 500, "internal_error" }, { FAULT_BUSY, 503, "request_failed" },
        { FAULT_INTERNAL, 500, "internal_error" },
    };
    struct obed *b = *state;

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
            (void)xbed_send_failing(&b->x, call(b, i), faults[k].fault);
            obed_check(b, faults[k].status, faults[k].code, NULL);
            assert_has_not(&b->x, OBED_VISA);
        }
}

static void no_route_does_anything_for_a_wrong_secret(void **state)
{
    struct obed *b = *state;

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct xbed_sent s = call(b, i);

        s.headers[2].value = "a-wrong-secret";
        (void)xbed_send(&b->x, s);
        obed_check(b, 401, "request_failed", NULL);
        assert_string_equal(b->x.reached, "parse");
    }
}

static void an_attempt_whose_work_fails_is_no_attempt(void **state)
{
    struct obed *b = *state;
    char body[1024];

    obed_order(b, "");
    (void)snprintf(body, sizeof body, "{\"payment_session_id\":\"%s\",\"payment_method\":%s}", b->session,
                   OBED_CARD("post", OBED_VISA));
    (void)xbed_send_failing(&b->x, (struct xbed_sent){ .route = OBED_SESSIONS, .body = body,
                                                       .headers = { { "x-api-version", "2025-01-01" } } }, FAULT_DISK);
    obed_check(b, 500, "internal_error", NULL);
    assert_has_not(&b->x, OBED_VISA);
    assert_int_equal(obed_counts(b).payments, 0);
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
}

static void an_otp_whose_work_fails_is_not_used_up(void **state)
{
    struct obed *b = *state;
    struct xbed_sent s = { .route = OBED_OTP, .body = "{\"action\":\"SUBMIT_OTP\",\"otp\":\"" TEST_OTP "\"}",
                           .headers = { { "x-api-version", "2025-01-01" } } };

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    s.param = b->payment;
    (void)xbed_send_failing(&b->x, s, FAULT_DISK);
    obed_check(b, 500, "internal_error", NULL);
    assert_int_equal(obed_otp(b, TEST_OTP), 200);
    assert_has(&b->x, "\"authenticate_status\":\"SUCCESS\"");
}

static void a_keyholder_that_is_silent_takes_no_card(void **state)
{
    struct obed *b = *state;
    struct xbed_sent pars = obed_merchant(b, "POST /pg/utilities/pars", "2025-01-01");

    pars.body = CARD_BODY;
    obed_order(b, "");
    fixture_keyholder_stop(b->tokens.f);
    (void)obed_pay(b, OBED_CARD("post", OBED_VISA));
    obed_check(b, 503, "request_failed", NULL);
    assert_has_not(&b->x, OBED_VISA);
    (void)xbed_send(&b->x, pars);
    obed_check(b, 503, "request_failed", NULL);
    assert_has_not(&b->x, OBED_VISA);
    fixture_keyholder_start(b->tokens.f);
    assert_int_equal(obed_counts(b).payments, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, obed_setup, obed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_route_tells_a_fault_of_ours_and_nothing_more),
        TEST(no_route_does_anything_for_a_wrong_secret),
        TEST(an_attempt_whose_work_fails_is_no_attempt),
        TEST(an_otp_whose_work_fails_is_not_used_up),
        TEST(a_keyholder_that_is_silent_takes_no_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
