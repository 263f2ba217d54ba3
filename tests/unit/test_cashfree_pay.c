/* Order Pay with cards through its whole way (reference 2.7, 2.8): typed, saved, tokens of others; and the OTP. */
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

/* Save a card: pay with it, consent and the OTP; then its instrument_id and uid. */
static void save(struct obed *b, const char *method, const char *more)
{
    obed_order(b, "");
    if (obed_pay_as(b, "2025-01-01", method, more) != 200)
        fail_msg("%s", b->x.body);
    assert_int_equal(obed_otp(b, TEST_OTP), 200);
    assert_has(&b->x, "SUCCESS");
}

static void list(struct obed *b, const char *version)
{
    struct xbed_sent s = obed_merchant(b, OBED_LIST, version);

    s.param = "anna";
    s.query = "instrument_type=card";
    assert_int_equal(xbed_send(&b->x, s), 200);
}

/* The vault makes the token on threads of its own; where the machine was too busy for its network to answer in time,
 * the sweeper asks again, once its clock has gone on. */
static void wait_for_instrument(struct obed *b)
{
    for (int i = 1; i <= 1000; i++) {
        if (i % 100 == 0)
            fixture_set_clock(b->tokens.f, clock_now_ms(b->s->clock) + 30 * 1000);
        list(b, "2025-01-01");
        if (strstr(b->x.body, "\"instrument_status\":\"ACTIVE\""))
            return;
        (void)usleep(10000);
    }
    fail_msg("no instrument in %s", b->x.body);
}

static void a_card_is_saved_by_a_payment_with_consent_and_no_other(void **state)
{
    struct obed *b = *state;
    char afa[2 * OBED_TEXT];

    save(b, OBED_CARD("post", OBED_VISA), "");
    list(b, "2025-01-01");
    assert_string_equal(b->x.body, "[]");
    obed_order(b, "");
    assert_int_equal(obed_pay_as(b, "2025-01-01", OBED_CARD("post", OBED_VISA), ",\"save_instrument\":true"), 200);
    list(b, "2025-01-01");
    assert_string_equal(b->x.body, "[]");
    assert_int_equal(obed_otp(b, TEST_OTP), 200);
    wait_for_instrument(b);
    (void)snprintf(afa, sizeof afa, "\"afa_reference\":\"%s\"", b->payment);
    assert_has(&b->x, afa);
    assert_has(&b->x, "\"instrument_display\":\"XXXXXXXXXXXX2123\"");
    list(b, "2022-09-01");
    (void)snprintf(afa, sizeof afa, "\"afa_reference\":%s,", b->payment);
    assert_has(&b->x, afa);
}

static void save_instrument_inside_the_card_counts_too(void **state)
{
    struct obed *b = *state;

    save(b, "{\"card\":{\"channel\":\"post\",\"card_number\":\"" OBED_VISA "\",\"card_expiry_mm\":\"03\","
            "\"card_expiry_yy\":\"28\",\"card_cvv\":\"123\",\"save_instrument\":true}}", "");
    wait_for_instrument(b);
}

static void a_saved_card_pays_by_id_and_by_uid_without_a_worker(void **state)
{
    static const char *const names[] = { "instrument_id", "instrument_uid" };
    struct obed *b = *state;
    char method[2 * OBED_TEXT], value[OBED_TEXT];

    save(b, OBED_CARD("post", OBED_VISA), ",\"save_instrument\":true");
    for (size_t i = 0; i < 2; i++) {
        wait_for_instrument(b);
        (void)snprintf(value, sizeof value, "%s", obed_member(b, names[i]));
        (void)snprintf(method, sizeof method, "{\"card\":{\"channel\":\"post\",\"%s\":\"%s\"}}", names[i], value);
        obed_order(b, "");
        if (obed_pay(b, method) != 200)
            fail_msg("%s", b->x.body);
        assert_true(b->x.x.no_prepare);
        assert_has(&b->x, "\"action\":\"post\"");
        assert_int_equal(obed_otp(b, TEST_OTP), 200);
        assert_has(&b->x, "SUCCESS");
    }
    assert_int_equal(obed_counts(b).charged, 3);
}

static void a_saved_card_with_its_code_goes_by_the_keyholder(void **state)
{
    struct obed *b = *state;
    char method[2 * OBED_TEXT];

    save(b, OBED_CARD("post", OBED_VISA), ",\"save_instrument\":true");
    wait_for_instrument(b);
    (void)snprintf(method, sizeof method,
                   "{\"card\":{\"channel\":\"post\",\"instrument_id\":\"%s\",\"card_cvv\":\"123\"}}",
                   obed_member(b, "instrument_id"));
    obed_order(b, "");
    if (obed_pay(b, method) != 200)
        fail_msg("%s", b->x.body);
    assert_false(b->x.x.no_prepare);
    assert_int_equal(obed_otp(b, TEST_OTP), 200);
    assert_has(&b->x, "SUCCESS");
}

static void anothers_card_and_a_deleted_one_do_not_pay(void **state)
{
    struct obed *b = *state;
    struct xbed_sent s = obed_merchant(b, OBED_DELETE, "2025-01-01");
    char method[2 * OBED_TEXT], id[64];

    save(b, OBED_CARD("post", OBED_VISA), ",\"save_instrument\":true");
    wait_for_instrument(b);
    (void)snprintf(id, sizeof id, "%s", obed_member(b, "instrument_id"));
    (void)snprintf(method, sizeof method, "{\"card\":{\"channel\":\"post\",\"instrument_id\":\"%s\"}}", id);
    obed_order_as(b, "2025-01-01", "\"customer_details\":{\"customer_id\":\"berta\",\"customer_phone\":\"9908734801\"}",
                  "");
    (void)obed_pay(b, method);
    obed_check(b, 404, "instrument_not_found", NULL);
    s.param = "anna";
    s.param2 = id;
    assert_int_equal(xbed_send(&b->x, s), 200);
    assert_has(&b->x, "\"afa_reference\":\"");
    obed_order(b, "");
    (void)obed_pay(b, method);
    obed_check(b, 404, "instrument_not_found", NULL);
    assert_int_equal(obed_counts(b).payments, 1);
}

/* Have a cryptogram disclosed, as if for another payment service, and pay with it as with a token of another vault. */
static void a_token_from_elsewhere_pays_once_with_its_cryptogram(void **state)
{
    struct obed *b = *state;
    struct xbed_sent s = obed_merchant(b, OBED_LIST "/{instrument_id}/cryptogram", "2025-01-01");
    char method[1024], number[32], mm[8], yy[8], tavv[64], trid[32], id[64];

    save(b, OBED_CARD("post", OBED_VISA), ",\"save_instrument\":true");
    wait_for_instrument(b);
    (void)snprintf(id, sizeof id, "%s", obed_member(b, "instrument_id"));
    s.param = "anna";
    s.param2 = id;
    assert_int_equal(xbed_send(&b->x, s), 200);
    (void)snprintf(number, sizeof number, "%s", obed_member(b, "card_number"));
    (void)snprintf(mm, sizeof mm, "%s", obed_member(b, "card_expiry_mm"));
    (void)snprintf(yy, sizeof yy, "%s", obed_member(b, "card_expiry_yy"));
    (void)snprintf(tavv, sizeof tavv, "%s", obed_member(b, "cryptogram"));
    (void)snprintf(trid, sizeof trid, "%s", obed_member(b, "token_requestor_id"));
    (void)snprintf(method, sizeof method,
                   "{\"card\":{\"channel\":\"post\",\"card_number\":\"%s\",\"card_expiry_mm\":\"%s\","
                   "\"card_expiry_yy\":\"%s\","
                   "\"cryptogram\":\"%s\",\"token_requestor_id\":\"%s\",\"card_display\":\"2123\"}}",
                   number, mm, yy, tavv, trid);
    obed_order(b, "");
    if (obed_pay(b, method) != 200)
        fail_msg("%s", b->x.body);
    assert_true(b->x.x.no_prepare);
    assert_int_equal(obed_otp(b, TEST_OTP), 200);
    assert_has(&b->x, "SUCCESS");
    obed_order(b, "");
    (void)obed_pay(b, method);
    obed_check(b, 400, "cryptogram_already_used", NULL);
    assert_int_equal(obed_counts(b).charged, 2);
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

static void work_and_settle_may_run_again(void **state)
{
    struct obed *b = *state;
    char body[1024];

    obed_order(b, "");
    (void)snprintf(body, sizeof body, "{\"payment_session_id\":\"%s\",\"payment_method\":%s}", b->session,
                   OBED_CARD("post", OBED_VISA));
    /* In transactions of their own, so that the second begin finds the first attempt. */
    (void)xbed_send(&b->x, (struct xbed_sent){ .route = OBED_SESSIONS, .body = body, .runs = 1,
                                               .headers = { { "x-api-version", "2025-01-01" } } });
    assert_int_equal(b->x.x.answer.status, 200);
    (void)snprintf(b->payment, sizeof b->payment, "%s", obed_member(b, "cf_payment_id"));
    assert_int_equal(obed_otp(b, TEST_OTP), 200);
    assert_int_equal(obed_counts(b).payments, 1);
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
        TEST(a_card_is_saved_by_a_payment_with_consent_and_no_other),
        TEST(save_instrument_inside_the_card_counts_too),
        TEST(a_saved_card_pays_by_id_and_by_uid_without_a_worker),
        TEST(a_saved_card_with_its_code_goes_by_the_keyholder),
        TEST(anothers_card_and_a_deleted_one_do_not_pay),
        TEST(a_token_from_elsewhere_pays_once_with_its_cryptogram),
        TEST(cards_in_instalments_are_of_the_bank_that_is_named),
        TEST(the_old_call_takes_an_order_token),
        TEST(work_and_settle_may_run_again),
        TEST(a_bank_that_is_silent_is_named_as_such),
        TEST(an_otp_without_an_answer_is_named_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
