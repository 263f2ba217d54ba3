/* Order Pay with typed cards through its whole way, and the OTP (reference 2.7, 2.8). */
#include "orderpay_bed.h"

#include "service/rate_limit.h"

#include "base/banned.h"

static void a_card_with_channel_post_asks_for_its_otp_here(void **state)
{
    struct obed *b = *state;
    char url[2 * OBED_TEXT];

    obed_order(b, "");
    if (obed_pay(b, OBED_CARD("post", OBED_VISA)) != 200)
        fail_msg("%s", b->x.body);
    (void)snprintf(url, sizeof url, "\"url\":\"http://127.0.0.1:8080/pg/orders/pay/authenticate/%s\"", b->payment);
    assert_has(&b->x, "{\"action\":\"post\",\"cf_payment_id\":\"");
    assert_has(&b->x, "\"channel\":\"post\",\"data\":{");
    assert_has(&b->x, url);
    assert_has(&b->x, "\"method\":\"post\",\"redirect_to_bank\":\"http://127.0.0.1:8080/pg/view/gateway/");
    assert_has(&b->x, "\"payment_amount\":10.15,\"payment_method\":\"card\"}");
    assert_string_equal(xbed_answer_header(&b->x, "cache-control"), "no-store");
    assert_has_not(&b->x, OBED_VISA);
    assert_int_equal(obed_counts(b).charged, 0);
}

static void the_right_otp_pays_the_order_once(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    if (obed_otp(b, TEST_OTP) != 200)
        fail_msg("%s", b->x.body);
    assert_has(&b->x, "{\"action\":\"SUBMIT_OTP\",\"authenticate_status\":\"SUCCESS\",\"cf_payment_id\":\"");
    assert_has(&b->x, "\"payment_message\":\"payment successful\"}");
    assert_int_equal(obed_counts(b).charged, 1);
    (void)obed_otp(b, TEST_OTP);
    obed_check(b, 400, "request_invalid", "Transaction is already processed");
    assert_int_equal(obed_counts(b).charged, 1);
    (void)obed_pay(b, OBED_CARD("post", OBED_VISA));
    obed_check(b, 400, "order_already_paid", NULL);
    assert_int_equal(obed_counts(b).payments, 1);
}

static void a_card_with_channel_link_is_led_to_the_bank(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("link", OBED_MASTERCARD)), 200);
    assert_has(&b->x, "{\"action\":\"link\",");
    assert_has(&b->x, "\"data\":{\"url\":\"http://127.0.0.1:8080/pg/view/gateway/");
    assert_has(&b->x, "\"payload\":{\"name\":\"card\"},\"content_type\":null,\"method\":null}");
    assert_has_not(&b->x, "redirect_to_bank");
}

static void wrong_otps_are_counted_and_the_third_ends_it(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    for (int i = 0; i < PAYMENT_OTP_TRIES; i++) {
        assert_int_equal(obed_otp(b, "000000"), 200);
        assert_has(&b->x, "\"authenticate_status\":\"FAILED\"");
        assert_has(&b->x, "\"payment_message\":\"otp is invalid\"");
    }
    (void)obed_otp(b, TEST_OTP);
    obed_check(b, 400, "request_invalid", NULL);
    assert_int_equal(obed_counts(b).charged, 0);
}

static void an_otp_may_be_a_bare_number(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    assert_int_equal(obed_send_otp(b, "{\"action\":\"SUBMIT_OTP\",\"otp\":" TEST_OTP "}"), 200);
    assert_has(&b->x, "\"authenticate_status\":\"SUCCESS\"");
}

static void an_otp_is_sent_again_twice_and_not_at_once(void **state)
{
    static const char resend[] = "{\"action\":\"RESEND_OTP\"}";
    struct obed *b = *state;
    int64_t now = FIXTURE_NOW;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    (void)obed_send_otp(b, resend);
    obed_check(b, 400, "request_invalid", "30 seconds");
    for (int i = 0; i < PAYMENT_RESENDS; i++) {
        fixture_set_clock(b->tokens.f, now += PAYMENT_RESEND_AFTER_MS);
        if (obed_send_otp(b, resend) != 200)
            fail_msg("%s", b->x.body);
        assert_has(&b->x, "{\"action\":\"RESEND_OTP\",\"authenticate_status\":\"SUCCESS\"");
    }
    fixture_set_clock(b->tokens.f, now += PAYMENT_RESEND_AFTER_MS);
    (void)obed_send_otp(b, resend);
    obed_check(b, 400, "request_invalid", "Exceeded retry attempts");
    assert_int_equal(obed_otp(b, TEST_OTP), 200);
    assert_has(&b->x, "\"authenticate_status\":\"SUCCESS\"");
}

static void an_otp_that_came_too_late_is_no_good(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    fixture_set_clock(b->tokens.f, FIXTURE_NOW + PAYMENT_OTP_LIMIT_MS + 1);
    (void)obed_otp(b, TEST_OTP);
    obed_check(b, 400, "otp_expired_failed", NULL);
    assert_int_equal(obed_counts(b).charged, 0);
}

static void what_is_wrong_with_an_otp_call_is_said(void **state)
{
    static const struct { const char *body, *code; } cases[] = {
        { "{", "request_failed" }, { "{}", "action_missing" }, { "{\"action\":\"PAY\"}", "action_invalid" },
        { "{\"action\":\"SUBMIT_OTP\"}", "otp_missing" },
        { "{\"action\":\"SUBMIT_OTP\",\"otp\":\"12a4\"}", "otp_invalid" },
        { "{\"action\":\"SUBMIT_OTP\",\"otp\":\"123\"}", "otp_invalid" },
        { "{\"action\":\"SUBMIT_OTP\",\"otp\":\"123456789\"}", "otp_invalid" },
        { "{\"action\":\"SUBMIT_OTP\",\"otp\":true}", "otp_invalid" },
    };
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)obed_send_otp(b, cases[i].body);
        obed_check(b, 400, cases[i].code, NULL);
    }
    assert_int_equal(obed_counts(b).asked[ACQUIRER_OTP], 0);
}

static void payments_that_were_guessed_are_not_there(void **state)
{
    struct obed *b = *state;
    unsigned long long id;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    id = strtoull(b->payment, NULL, 10);
    for (unsigned long long near = id - 20; near <= id + 20; near++) {
        if (near == id)
            continue;
        (void)snprintf(b->payment, sizeof b->payment, "%llu", near);
        (void)obed_otp(b, TEST_OTP);
        obed_check(b, 404, "payment_not_found", "transaction not found");
    }
    (void)snprintf(b->payment, sizeof b->payment, "12x");
    (void)obed_otp(b, TEST_OTP);
    obed_check(b, 400, "payment_id_invalid", NULL);
    (void)snprintf(b->payment, sizeof b->payment, "99999999999999999999");
    (void)obed_otp(b, TEST_OTP);
    obed_check(b, 400, "payment_get_failed", NULL);
    assert_int_equal(obed_counts(b).charged, 0);
}

static void otps_of_one_source_are_limited(void **state)
{
    struct obed *b = *state;
    const unsigned limits[RATE_CLASSES] = { [RATE_OTP] = 2 };
    struct rate_limits *unlimited = b->s->rate_limits;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    assert_int_equal(rate_limits_new(&b->s->rate_limits, limits), FAULT_NONE);
    assert_int_equal(obed_otp(b, "000000"), 200);
    assert_string_equal(xbed_answer_header(&b->x, "x-ratelimit-type"), "ip");
    assert_int_equal(obed_otp(b, "000000"), 200);
    (void)obed_otp(b, TEST_OTP);
    obed_check(b, 429, "request_failed", "Too many requests from IP. Check headers");
    rate_limits_free(b->s->rate_limits);
    b->s->rate_limits = unlimited;
    assert_int_equal(obed_otp(b, TEST_OTP), 200);
    assert_has(&b->x, "SUCCESS");
}

static void cards_in_instalments_are_of_the_bank_that_is_named(void **state)
{
#define EMI(bank, number) "{\"emi\":{\"channel\":\"link\",\"card_number\":\"" number "\",\"card_expiry_mm\":\"03\"," \
        "\"card_expiry_yy\":\"28\",\"card_cvv\":\"123\",\"card_bank_name\":\"" bank "\",\"emi_tenure\":6}}"
    struct obed *b = *state;

    obed_order(b, "");
    (void)obed_pay(b, EMI("ICICI", OBED_AXIS));
    obed_check(b, 400, "card_unsupported", "card not enabled for emi");
    (void)obed_pay(b, EMI("axis", OBED_MASTERCARD));
    obed_check(b, 400, "card_unsupported", "card not enabled for emi");
    if (obed_pay(b, EMI("axis", OBED_AXIS)) != 200)
        fail_msg("%s", b->x.body);
    assert_has(&b->x, "\"payment_method\":\"card\"}");
    assert_int_equal(obed_counts(b).payments, 1);
}

static void the_old_call_takes_an_order_token(void **state)
{
    static const char native[] = "{\"card\":{\"channel\":\"native\",\"card_number\":\"" OBED_VISA "\","
                                 "\"card_expiry_mm\":\"03\",\"card_expiry_yy\":\"2028\",\"card_cvv\":123}}";
    struct obed *b = *state;
    char body[1024];
    struct xbed_sent s = { .route = OBED_PAY, .body = body, .headers = { { "x-api-version", "2022-01-01" } } };

    obed_order_as(b, "2022-01-01", OBED_CUSTOMER, "");
    assert_int_equal(strlen(b->order_token), 20);
    (void)snprintf(body, sizeof body, "{\"order_token\":\"%s\",\"payment_method\":%s}", b->order_token, native);
    if (xbed_send(&b->x, s) != 200)
        fail_msg("%s", b->x.body);
    assert_has(&b->x, "{\"action\":\"post\",\"cf_payment_id\":");
    assert_has_not(&b->x, "\"cf_payment_id\":\"");
    assert_has(&b->x, "\"channel\":\"native\"");
    assert_has_not(&b->x, "redirect_to_bank");
    (void)snprintf(body, sizeof body, "{\"order_token\":\"%.19sx\",\"payment_method\":%s}", b->order_token, native);
    (void)xbed_send(&b->x, s);
    obed_check(b, 400, "order_token_invalid", "order_token is not present or is invalid");
    (void)snprintf(body, sizeof body, "{\"payment_method\":%s}", native);
    (void)xbed_send(&b->x, s);
    obed_check(b, 400, "order_token_missing", NULL);
    s.headers[0].value = "2022-09-01";
    (void)xbed_send(&b->x, s);
    obed_check(b, 404, "request_failed", "endpoint or method is not valid");
}

static void a_bank_that_is_silent_is_named_as_such(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    sim_acquirer_behave(b->sim, ACQUIRER_DEAF, 0);
    (void)obed_pay(b, OBED_CARD("post", OBED_VISA));
    obed_check(b, 502, "bank_processing_failure", "has not answered in time");
    sim_acquirer_behave(b->sim, ACQUIRER_WELL, 0);
}

static void an_otp_without_an_answer_is_named_as_such(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    sim_acquirer_behave(b->sim, ACQUIRER_MUTE, 0);
    (void)obed_otp(b, TEST_OTP);
    obed_check(b, 502, "headless_otp_submit_request_failed", NULL);
    sim_acquirer_behave(b->sim, ACQUIRER_WELL, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, obed_setup, obed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_card_with_channel_post_asks_for_its_otp_here),
        TEST(the_right_otp_pays_the_order_once),
        TEST(a_card_with_channel_link_is_led_to_the_bank),
        TEST(wrong_otps_are_counted_and_the_third_ends_it),
        TEST(an_otp_may_be_a_bare_number),
        TEST(an_otp_is_sent_again_twice_and_not_at_once),
        TEST(an_otp_that_came_too_late_is_no_good),
        TEST(what_is_wrong_with_an_otp_call_is_said),
        TEST(payments_that_were_guessed_are_not_there),
        TEST(otps_of_one_source_are_limited),
        TEST(cards_in_instalments_are_of_the_bank_that_is_named),
        TEST(the_old_call_takes_an_order_token),
        cmocka_unit_test_setup_teardown(a_bank_that_is_silent_is_named_as_such, obed_setup_brief, obed_teardown),
        cmocka_unit_test_setup_teardown(an_otp_without_an_answer_is_named_as_such, obed_setup_brief, obed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
