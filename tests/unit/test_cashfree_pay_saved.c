/* Order Pay with cards that are saved, and with tokens of another vault (reference 2.7, 2.13). */
#include "orderpay_bed.h"

#include "base/banned.h"

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, obed_setup, obed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_card_is_saved_by_a_payment_with_consent_and_no_other),
        TEST(save_instrument_inside_the_card_counts_too),
        TEST(a_saved_card_pays_by_id_and_by_uid_without_a_worker),
        TEST(a_saved_card_with_its_code_goes_by_the_keyholder),
        TEST(anothers_card_and_a_deleted_one_do_not_pay),
        TEST(a_token_from_elsewhere_pays_once_with_its_cryptogram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
