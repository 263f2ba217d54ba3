/* Order Pay without cards, what orders offer, and what is wrong with a request, field by field (reference 2.7, 3.5). */
#include "orderpay_bed.h"

#include "service/ids.h"

#include "base/banned.h"

#define UPI(channel, more) "{\"upi\":{\"channel\":\"" channel "\"" more "}}"
#define COLLECT(name) UPI("collect", ",\"upi_id\":\"" name "@gocash\"")
#define BANK(code) "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_code\":" code "}}"
#define LATER(phone) "{\"paylater\":{\"channel\":\"link\",\"provider\":\"lazypay\",\"phone\":\"" phone "\"}}"
#define LENDER(provider, more) \
    "{\"cardless_emi\":{\"channel\":\"link\",\"provider\":\"" provider "\",\"phone\":\"" TEST_PHONE_PAYLATER "\"" \
    more "}}"

static void collect_waits_for_the_payer_or_is_paid(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    if (obed_pay(b, COLLECT("testsuccess")) != 200)
        fail_msg("%s", b->x.body);
    assert_has(&b->x, "{\"action\":\"custom\",\"cf_payment_id\":\"");
    assert_has(&b->x, "\"channel\":\"collect\",\"data\":{\"url\":null,\"payload\":null,\"content_type\":null,"
                      "\"method\":null},\"payment_amount\":10.15,\"payment_method\":\"upi\"}");
    assert_true(b->x.x.no_prepare);
}

static void collect_with_a_redirect_has_a_page(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, UPI("collect", ",\"upi_id\":\"testsuccess@gocash\",\"upi_redirect_url\":true,"
                                                "\"upi_expiry_minutes\":10")), 200);
    assert_has(&b->x, "\"action\":\"custom\"");
    assert_has(&b->x, "\"url\":\"http://127.0.0.1:8080/pg/view/gateway/");
}

static void link_has_an_intent_for_each_app(void **state)
{
    static const char *const begins[] = {
        "\"bhim\":\"bhim://upi/pay?pa=", "\"default\":\"upi://pay?pa=", "\"gpay\":\"tez://upi/pay?pa=",
        "\"paytm\":\"paytmmp://pay?pa=", "\"phonepe\":\"phonepe://pay?pa=", "\"web\":\"http://127.0.0.1:8080/pg/view/",
        "&am=10.15&cu=INR&tn=order_1\"",
    };
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, UPI("link", "")), 200);
    assert_has(&b->x, "\"action\":\"custom\"");
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        assert_has(&b->x, begins[i]);
}

static void qrcode_is_a_picture(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, UPI("qrcode", "")), 200);
    assert_has(&b->x, "\"channel\":\"qrcode\",\"data\":{\"url\":null,"
                      "\"payload\":{\"qrcode\":\"data:image/png;base64,iVBORw0KGgo");
    assert_int_equal(obed_pay_as(b, "2026-01-01", UPI("podQrCode", ""), ""), 200);
    assert_has(&b->x, "\"channel\":\"podQrCode\"");
}

static void other_methods_are_led_to_a_page(void **state)
{
    static const struct { const char *method, *name; } cases[] = {
        { BANK("3333"), "netbanking" }, { BANK("\"3333\""), "netbanking" },
        { "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_name\":\"TESTR\"}}", "netbanking" },
        { "{\"app\":{\"channel\":\"link\",\"provider\":\"gpay\",\"phone\":\"9999999999\"}}", "app" },
    };
    struct obed *b = *state;
    char end[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        obed_order_as(b, "2025-01-01", OBED_CUSTOMER, "");
        if (obed_pay(b, cases[i].method) != 200)
            fail_msg("%s: %s", cases[i].method, b->x.body);
        (void)snprintf(end, sizeof end, "\"payment_method\":\"%s\"}", cases[i].name);
        assert_has(&b->x, "{\"action\":\"link\",");
        assert_has(&b->x, "\"channel\":\"link\",\"data\":{\"url\":\"http://127.0.0.1:8080/pg/view/gateway/");
        assert_has(&b->x, end);
    }
}

static void lenders_lend_from_a_thousand_rupees_on(void **state)
{
    static const char *const methods[] = {
        LATER(TEST_PHONE_PAYLATER), LENDER("flexmoney", ""), LENDER("hdfc", ",\"emi_tenure\":6"),
    };
    struct obed *b = *state;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        obed_order(b, "");
        (void)obed_pay(b, methods[i]);
        obed_check(b, 400, "provider_invalid", "not for this amount");
        obed_order_of(b, "1000", "2025-01-01", OBED_CUSTOMER, "");
        if (obed_pay(b, methods[i]) != 200)
            fail_msg("%s: %s", methods[i], b->x.body);
        assert_has(&b->x, "{\"action\":\"link\",");
        assert_has(&b->x, "\"payment_amount\":1000,");
    }
}

static void in_old_versions_the_app_was_the_channel(void **state)
{
    static const char app[] = "{\"app\":{\"channel\":\"gpay\",\"phone\":\"9999999999\"}}";
    struct obed *b = *state;

    obed_order(b, "");
    (void)obed_pay(b, app);
    obed_check(b, 400, "channel_invalid", "should be link");
    assert_int_equal(obed_pay_as(b, "2022-01-01", app, ""), 200);
    assert_has(&b->x, "\"channel\":\"gpay\"");
    (void)obed_pay_as(b, "2022-01-01", "{\"app\":{\"channel\":\"link\",\"phone\":\"9999999999\"}}", "");
    obed_check(b, 400, "provider_missing", NULL);
}

/* What the acquirer declines at once. */
static void a_decline_says_whose_fault_it_is(void **state)
{
    static const struct { const char *method; unsigned status; const char *code; } cases[] = {
        { COLLECT("testinvalid"), 400, "upi_id_invalid" },
        { BANK("9999"), 400, "netbanking_bank_code_invalid" },
        { "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_name\":\"NOSUC\"}}", 400,
          "netbanking_bank_name_invalid" },
        { LATER("9000000000"), 400, "invalid_request_error" },
        { "{\"banktransfer\":{\"channel\":\"link\"}}", 400, "payment_method_unsupported" },
    };
    struct obed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        obed_order_as(b, "2025-01-01", OBED_CUSTOMER, "");
        (void)obed_pay(b, cases[i].method);
        obed_check(b, cases[i].status, cases[i].code, NULL);
    }
    assert_int_equal(obed_counts(b).charged, 0);
}

/* Every bad field of every variant: its code, and nothing is begun. */
#define CARD(text) "{\"card\":{\"channel\":\"link\"," text "}}"
#define EXPIRY "\"card_expiry_mm\":\"03\",\"card_expiry_yy\":\"28\""
#define DATED(mm, yy) CARD("\"card_number\":\"" OBED_VISA "\",\"card_expiry_mm\":\"" mm "\",\"card_expiry_yy\":\"" yy \
                           "\",\"card_cvv\":\"123\"")
#define TOKEN_DATED(text) CARD("\"card_number\":\"" OBED_VISA "\",\"cryptogram\":\"AAAA\"," text)
#define TOKEN "\"card_number\":\"" OBED_VISA "\"," EXPIRY ","

static const struct { const char *method, *code; } bad_methods[] = {
    { "{}", "payment_method_invalid" }, { "{\"cash\":{}}", "payment_method_invalid" },
    { "{\"applepay\":{}}", "payment_method_unsupported" },
    { "{\"upi\":{\"channel\":\"link\"},\"card\":{}}", "payment_method_invalid" },
    { "{\"card\":1}", "card_invalid" }, { "1", "payment_method_invalid" }, { "null", "payment_method_missing" },
    { "{\"card\":{}}", "channel_missing" }, { "{\"card\":{\"channel\":\"fax\"}}", "channel_invalid" },
    { "{\"card\":{\"channel\":\"native\"}}", "channel_invalid" },
    { CARD(EXPIRY), "card_number_missing" },
    { CARD("\"card_number\":\"4706131211212124\"," EXPIRY ",\"card_cvv\":\"123\""), "card_number_invalid" },
    { CARD("\"card_number\":\"" OBED_VISA "\""), "card_expiry_mm_missing" },
    { CARD("\"card_number\":\"" OBED_VISA "\",\"card_expiry_mm\":\"03\""), "card_expiry_yy_missing" },
    { DATED("13", "28"), "card_expiry_mm_invalid" },
    { DATED("1x", "28"), "card_expiry_mm_invalid" },
    { CARD("\"instrument_id\":\"x\",\"card_cvv\":\"1\""), "card_cvv_invalid" },
    { "{\"emi\":{\"channel\":\"post\"}}", "channel_invalid" },
    { "{\"emi\":{\"channel\":\"link\"}}", "card_number_missing" },
    { DATED("03", "228"), "card_expiry_yy_invalid" },
    { DATED("03", "20"), "card_expiry_yy_invalid" },
    { CARD("\"card_number\":\"" OBED_VISA "\"," EXPIRY), "card_cvv_missing" },
    { CARD("\"card_number\":\"" OBED_VISA "\"," EXPIRY ",\"card_cvv\":\"12\""), "card_cvv_invalid" },
    { CARD("\"card_number\":\"" OBED_VISA "\"," EXPIRY ",\"card_cvv\":\"1234\""), "card_cvv_invalid" },
    { CARD("\"card_number\":\"" OBED_VISA "\"," EXPIRY ",\"card_cvv\":\"123\",\"card_holder_name\":\"" OBED_VISA "\""),
      "card_holder_name_invalid" },
    { CARD("\"card_alias\":\"a1\""), "card_alias_not_found" },
    { CARD("\"instrument_id\":\"x\""), "instrument_id_invalid" },
    { CARD("\"instrument_uid\":\"x\""), "instrument_uid_invalid" },
    { CARD("\"instrument_id\":\"x\",\"card_number\":\"" OBED_VISA "\""), "card_number_invalid" },
    { CARD(TOKEN "\"token_type\":\"NETWORK_GC_TOKEN\""), "cryptogram_missing" },
    { CARD(TOKEN "\"token_type\":\"OTHER\""), "token_type_invalid" },
    { CARD(TOKEN "\"token_type\":\"NETWORK_GC_TOKEN\",\"cryptogram\":\"AAAA\""), "card_cvv_missing" },
    { CARD("\"cryptogram\":\"AAAA\""), "card_number_missing" },
    { CARD("\"card_number\":\"4706131211212124\",\"cryptogram\":\"AAAA\""), "card_number_invalid" },
    { CARD("\"card_number\":\"" OBED_VISA "\",\"cryptogram\":\"AAAA\""), "card_expiry_mm_missing" },
    { TOKEN_DATED("\"card_expiry_mm\":\"03\""), "card_expiry_yy_missing" },
    { TOKEN_DATED("\"card_expiry_mm\":\"13\",\"card_expiry_yy\":\"28\""), "card_expiry_mm_invalid" },
    { TOKEN_DATED("\"card_expiry_mm\":\"03\",\"card_expiry_yy\":\"2x\""), "card_expiry_yy_invalid" },
    { TOKEN_DATED("\"card_expiry_mm\":\"03\",\"card_expiry_yy\":\"20\""), "card_expiry_yy_invalid" },
    { CARD(TOKEN "\"cryptogram\":\"AAAA\",\"token_requestor_id\":\"1\",\"card_cvv\":\"1x3\""), "card_cvv_invalid" },
    { CARD(TOKEN "\"cryptogram\":\"AAAA\""), "token_requestor_id_missing" },
    { CARD(TOKEN "\"cryptogram\":\"AAAA\",\"token_requestor_id\":\"1x\""), "token_requestor_id_invalid" },
    { CARD(TOKEN "\"cryptogram\":\"AAAA\",\"token_requestor_id\":\"1\",\"card_display\":\"12\""),
      "card_display_invalid" },
    { CARD(TOKEN "\"cryptogram\":\"AAAA\",\"token_requestor_id\":\"1\",\"save_instrument\":true"),
      "save_instrument_invalid" },
    { CARD("\"card_number\":\"" OBED_VISA "\"," EXPIRY ",\"card_cvv\":\"123\",\"emi_tenure\":6"),
      "card_bank_name_missing" },
    { CARD("\"card_number\":\"" OBED_VISA "\"," EXPIRY ",\"card_cvv\":\"123\",\"card_bank_name\":\"Kotak\""),
      "emi_tenure_missing" },
    { UPI("post", ""), "channel_invalid" }, { UPI("collect", ""), "upi_id_missing" },
    { UPI("collect", ",\"upi_id\":\"nobody\""), "upi_id_invalid" },
    { UPI("collect", ",\"upi_id\":\"a b@c\""), "upi_id_invalid" },
    { UPI("collect", ",\"upi_id\":\"ab@\""), "upi_id_invalid" },
    { UPI("collect", ",\"upi_id\":\"ab@c.d\""), "upi_id_invalid" },
    { UPI("collect", ",\"upi_id\":\"a@bcd\""), "upi_id_invalid" },
    { UPI("collect", ",\"upi_id\":\"ab@cd\",\"upi_expiry_minutes\":4"), "upi_expiry_minutes_invalid" },
    { UPI("collect", ",\"upi_id\":\"ab@cd\",\"upi_expiry_minutes\":16"), "upi_expiry_minutes_invalid" },
    { UPI("link", ",\"authorize_only\":true"), "authorize_only_invalid" },
    { "{\"netbanking\":{\"channel\":\"link\"}}", "netbanking_bank_code_missing" },
    { "{\"netbanking\":{\"channel\":\"fax\"}}", "channel_invalid" },
    { "{\"banktransfer\":{\"channel\":\"fax\"}}", "channel_invalid" },
    { "{\"paypal\":{}}", "payment_method_unsupported" }, { "{\"others\":{}}", "payment_method_unsupported" },
    { BANK("33"), "netbanking_bank_code_invalid" },
    { "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_name\":\"test\"}}", "netbanking_bank_name_invalid" },
    { "{\"app\":{\"channel\":\"link\",\"phone\":\"9999999999\"}}", "provider_missing" },
    { "{\"app\":{\"channel\":\"link\",\"provider\":\"other\",\"phone\":\"9999999999\"}}", "provider_invalid" },
    { "{\"app\":{\"channel\":\"link\",\"provider\":\"gpay\"}}", "phone_missing" },
    { "{\"app\":{\"channel\":\"link\",\"provider\":\"gpay\",\"phone\":\"12\"}}", "phone_invalid" },
    { LENDER("hdfc", ""), "emi_tenure_missing" }, { LENDER("hdfc", ",\"emi_tenure\":0"), "emi_tenure_invalid" },
};

static void the_first_bad_field_is_the_answer(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    for (size_t i = 0; i < sizeof bad_methods / sizeof *bad_methods; i++) {
        unsigned status = obed_pay(b, bad_methods[i].method);
        if ((status != 400 && status != 404) || strcmp(obed_member(b, "code"), bad_methods[i].code) != 0)
            fail_msg("%s: %u %s", bad_methods[i].method, status, b->x.body);
        assert_has_not(&b->x, "4706131211212");
        assert_has_not(&b->x, "AAAA");
    }
    assert_int_equal(obed_counts(b).payments, 0);
}

static void a_message_repeats_nothing_of_a_card(void **state)
{
    static const struct { const char *method, *secret, *code; } cases[] = {
        { CARD("\"card_cvv\":731.5"), "731", "card_cvv_invalid" },
        { CARD("\"card_number\":470613.5"), "470613", "card_number_invalid" },
        { CARD("\"card_expiry_yy\":28.5"), "28.5", "card_expiry_yy_invalid" },
        { CARD("\"cryptogram\":7317"), "7317", "cryptogram_invalid" },
        { CARD(EXPIRY ",\"card_number\":\"47061312112\",\"card_cvv\":\"731\""), "47061312", "card_number_invalid" },
    };
    struct obed *b = *state;

    obed_order(b, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)obed_pay(b, cases[i].method);
        obed_check(b, 400, cases[i].code, NULL);
        assert_has_not(&b->x, cases[i].secret);
    }
}

static void words_of_the_most_usual_mistakes_are_cashfree_s(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    (void)obed_pay(b, CARD("\"card_number\":\"" OBED_VISA "\"," EXPIRY));
    obed_check(b, 400, "card_cvv_missing", "{\"message\":\"card_cvv : is missing in the request. Value received: \"");
    (void)obed_pay(b, "{\"card\":{\"channel\":\"fax\"}}");
    obed_check(b, 400, "channel_invalid", "channel : should be link post. Value received: fax");
    (void)obed_pay_as(b, "2025-01-01", UPI("link", ""), ",\"offer_id\":\"1a\"");
    obed_check(b, 404, "offer_not_found", NULL);
    (void)obed_pay_as(b, "2024-01-01", UPI("link", ""), "");
    obed_check(b, 400, "version_invalid", NULL);
    assert_int_equal(obed_pay_as(b, NULL, UPI("link", ""), ""), 200);
}

static void sessions_that_are_none_are_told_alike(void **state)
{
    struct obed *b = *state;
    static const char missing[] = "{\"payment_method\":" UPI("link", "") "}";

    obed_order(b, "");
    (void)xbed_send(&b->x, (struct xbed_sent){ .route = OBED_SESSIONS, .body = missing,
                                               .headers = { { "x-api-version", "2025-01-01" } } });
    obed_check(b, 400, "payment_session_id_invalid", "payment_session_id is missing in the request");
    assert_string_equal(obed_member(b, "type"), "request_failed");
    b->session[20] = b->session[20] == 'A' ? 'B' : 'A';
    (void)obed_pay(b, OBED_CARD("post", OBED_VISA));
    obed_check(b, 400, "payment_session_id_invalid", "payment_session_id is not present or is invalid");
    assert_string_equal(obed_member(b, "type"), "request_failed");
    (void)snprintf(b->session, sizeof b->session, "session_nothing");
    (void)obed_pay(b, UPI("link", ""));
    obed_check(b, 400, "payment_session_id_invalid", "payment_session_id is not present or is invalid");
    assert_int_equal(obed_counts(b).payments, 0);
}

/* As an old one of an order id that was used again would: right in all but the order's own random bytes. */
static void a_session_of_other_random_bytes_is_none(void **state)
{
    struct obed *b = *state;
    uint8_t other[ORDER_SESSION] = { 1 };
    const struct order_row row = {
        .merchant_id = b->tokens.merchant.cashfree.merchant_id, .order_id = SPAN("order_1"),
        .session = { other, sizeof other },
    };

    obed_order(b, "");
    ids_session(b->s->ids, b->session, &row);
    (void)obed_pay(b, OBED_CARD("post", OBED_VISA));
    obed_check(b, 400, "payment_session_id_invalid", NULL);
    assert_string_equal(obed_member(b, "type"), "request_failed");
    (void)obed_pay(b, COLLECT("testsuccess"));
    obed_check(b, 400, "payment_session_id_invalid", NULL);
}

static void orders_that_ended_are_not_paid(void **state)
{
    struct obed *b = *state;
    struct xbed_sent end = obed_merchant(b, "PATCH /pg/orders/{order_id}", "2025-01-01");

    obed_order(b, "");
    end.param = "order_1";
    end.body = "{\"order_status\":\"TERMINATED\"}";
    assert_int_equal(xbed_send(&b->x, end), 200);
    (void)obed_pay(b, UPI("link", ""));
    obed_check(b, 400, "order_inactive", "terminated");
    obed_order(b, "");
    fixture_set_clock(b->tokens.f, FIXTURE_NOW + 31LL * 24 * 3600 * 1000);
    (void)obed_pay(b, UPI("link", ""));
    obed_check(b, 400, "order_inactive", "expired");
    assert_int_equal(obed_counts(b).payments, 0);
}

static void an_order_is_paid_with_what_it_offers(void **state)
{
    struct obed *b = *state;

    obed_order(b, ",\"order_meta\":{\"payment_methods\":\"upi,dc\"}");
    (void)obed_pay(b, BANK("3333"));
    obed_check(b, 400, "payment_method_unsupported", NULL);
    (void)obed_pay(b, OBED_CARD("post", OBED_MASTERCARD));
    obed_check(b, 400, "card_unsupported", NULL);
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
    obed_order_as(b, "2026-01-01", OBED_CUSTOMER,
                  ",\"order_meta\":{\"payment_methods_filters\":{\"filters\":{\"card_schemes\":[\"mastercard\"]}}}");
    (void)obed_pay(b, OBED_CARD("post", OBED_VISA));
    obed_check(b, 400, "card_unsupported", NULL);
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_MASTERCARD)), 200);
}

static void a_filter_has_no_more_values_than_can_be_read_back(void **state)
{
    struct obed *b = *state;
    char bins[1024] = "", body[2048];
    struct xbed_sent s = obed_merchant(b, "POST /pg/orders", "2026-01-01");

    for (int i = 0; i < OFFER_BINS_MAX; i++)
        (void)snprintf(bins + strlen(bins), sizeof bins - strlen(bins), "%s%d", i ? "," : "", 470600 + i);
    s.body = body;
    for (int more = 0; more < 2; more++) {
        (void)snprintf(body, sizeof body, "{\"order_id\":\"filtered\",\"order_amount\":5,\"order_currency\":\"INR\","
                       OBED_CUSTOMER ",\"order_meta\":{\"payment_methods_filters\":"
                       "{\"filters\":{\"card_bins\":[%s%s]}}}}", bins, more ? "" : ",470699");
        (void)xbed_send(&b->x, s);
        if (!more)
            obed_check(b, 400, "order_meta.payment_methods_filters.filters.card_bins_invalid", "at max 32");
    }
    assert_int_equal(b->x.x.answer.status, 200);
    (void)snprintf(b->session, sizeof b->session, "%s", obed_member(b, "payment_session_id"));
    assert_int_equal(obed_pay(b, OBED_CARD("post", OBED_VISA)), 200);
}

static void cards_are_saved_for_a_customer_only(void **state)
{
    struct obed *b = *state;

    obed_order_as(b, "2026-01-01", "\"order_note\":\"nobody\"", "");
    (void)obed_pay_as(b, "2026-01-01", OBED_CARD("post", OBED_VISA), ",\"save_instrument\":true");
    obed_check(b, 400, "customer_details.customer_id_missing", NULL);
    assert_int_equal(obed_pay_as(b, "2026-01-01", OBED_CARD("post", OBED_VISA), ""), 200);
}

#define TPV "\"customer_details\":{\"customer_id\":\"anna\",\"customer_phone\":\"9908734801\"," \
            "\"customer_bank_account_number\":\"%s\",\"customer_bank_ifsc\":\"TEST0001234\"}"

static void check_status(struct obed *b, const char *order_id, const char *status)
{
    struct xbed_sent s = obed_merchant(b, "GET /pg/orders/{order_id}/payments", "2025-01-01");

    s.param = order_id;
    assert_int_equal(xbed_send(&b->x, s), 200);
    if (strcmp(obed_member(b, "payment_status"), status) != 0)
        fail_msg("%s instead of %s", b->x.body, status);
}

static void only_the_customer_s_account_may_pay(void **state)
{
    struct obed *b = *state;
    char customer[512];

    (void)snprintf(customer, sizeof customer, TPV, TEST_TPV_ACCOUNT);
    obed_order_as(b, "2025-01-01", customer, "");
    assert_int_equal(obed_pay(b, COLLECT("testsuccess")), 200);
    check_status(b, "order_1", "SUCCESS");
    (void)snprintf(customer, sizeof customer, TPV, "9999999999");
    obed_order_as(b, "2025-01-01", customer, "");
    assert_int_equal(obed_pay(b, COLLECT("testsuccess")), 200);
    assert_has_not(&b->x, "9999999999");
    check_status(b, "order_2", "FAILED");
    assert_int_equal(obed_counts(b).charged, 1);
}

static void what_tells_no_account_does_not_pay_an_order_that_names_one(void **state)
{
    static const char *const others[] = {
        OBED_CARD("post", OBED_VISA),
        "{\"app\":{\"channel\":\"link\",\"provider\":\"paytm\",\"phone\":\"8474090589\"}}",
        "{\"paylater\":{\"channel\":\"link\",\"provider\":\"lazypay\",\"phone\":\"8474090589\"}}",
        "{\"cardless_emi\":{\"channel\":\"link\",\"provider\":\"zestmoney\",\"phone\":\"8474090589\"}}",
    };
    struct obed *b = *state;
    char customer[512];

    (void)snprintf(customer, sizeof customer, TPV, TEST_TPV_ACCOUNT);
    obed_order_as(b, "2025-01-01", customer, "");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        (void)obed_pay(b, others[i]);
        obed_check(b, 400, "payment_method_unsupported", "bank account");
        assert_has_not(&b->x, TEST_TPV_ACCOUNT);
    }
    assert_int_equal(obed_pay(b, "{\"netbanking\":{\"channel\":\"link\",\"netbanking_bank_code\":3333}}"), 200);
    (void)snprintf(customer, sizeof customer, TPV, TEST_TPV_ACCOUNT);
    *strstr(customer, ",\"customer_bank_account_number\"") = '}';
    strchr(customer, '}')[1] = '\0';                  /* of a customer without an account cards may pay */
    obed_order_as(b, "2025-01-01", customer, "");
    assert_int_equal(obed_pay(b, others[0]), 200);
}

static void a_collect_request_that_is_declined_was_sent_all_the_same(void **state)
{
    struct obed *b = *state;

    obed_order(b, "");
    assert_int_equal(obed_pay(b, COLLECT("testdeclineuser")), 200);
    assert_has(&b->x, "\"action\":\"custom\"");
    check_status(b, "order_1", "FAILED");
    obed_order(b, "");
    assert_int_equal(obed_pay(b, COLLECT("testuserdropped")), 200);
    check_status(b, "order_2", "USER_DROPPED");
}

static void other_currencies_are_paid_by_card(void **state)
{
    struct obed *b = *state;
    struct merchant_credentials *m = &b->tokens.f->merchant;
    uint8_t other[ORDER_SESSION] = { 1 };
    const struct order_row guessed = {
        .merchant_id = m->merchant_id, .order_id = SPAN("in_dollars"), .session = { other, sizeof other },
    };
    struct xbed_sent s = { .route = "POST /pg/orders", .headers = { { "x-api-version", "2025-01-01" },
        { "x-client-id", m->client_id }, { "x-client-secret", m->client_secret } },
        .body = "{\"order_id\":\"in_dollars\",\"order_amount\":2,\"order_currency\":\"USD\"," OBED_CUSTOMER "}" };

    assert_int_equal(xbed_send(&b->x, s), 200);
    (void)snprintf(b->session, sizeof b->session, "%s", obed_member(b, "payment_session_id"));
    (void)obed_pay(b, UPI("link", ""));
    obed_check(b, 400, "request_invalid", NULL);
    (void)obed_pay(b, OBED_CARD("post", OBED_VISA));
    obed_check(b, 400, "request_invalid", "Indian cards");
    assert_int_equal(obed_counts(b).charged, 0);
    assert_int_equal(obed_pay(b, OBED_CARD("post", "4242424242424242")), 200);       /* from abroad */
    assert_has(&b->x, "\"payment_amount\":2,");
    ids_session(b->s->ids, b->session, &guessed);
    (void)obed_pay(b, UPI("link", ""));   /* who may not pay it is not told its currency */
    obed_check(b, 400, "payment_session_id_invalid", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, obed_setup, obed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(collect_waits_for_the_payer_or_is_paid),
        TEST(collect_with_a_redirect_has_a_page),
        TEST(link_has_an_intent_for_each_app),
        TEST(qrcode_is_a_picture),
        TEST(other_methods_are_led_to_a_page),
        TEST(lenders_lend_from_a_thousand_rupees_on),
        TEST(in_old_versions_the_app_was_the_channel),
        TEST(a_decline_says_whose_fault_it_is),
        TEST(the_first_bad_field_is_the_answer),
        TEST(a_message_repeats_nothing_of_a_card),
        TEST(words_of_the_most_usual_mistakes_are_cashfree_s),
        TEST(sessions_that_are_none_are_told_alike),
        TEST(a_session_of_other_random_bytes_is_none),
        TEST(orders_that_ended_are_not_paid),
        TEST(an_order_is_paid_with_what_it_offers),
        TEST(a_filter_has_no_more_values_than_can_be_read_back),
        TEST(cards_are_saved_for_a_customer_only),
        TEST(only_the_customer_s_account_may_pay),
        TEST(what_tells_no_account_does_not_pay_an_order_that_names_one),
        TEST(a_collect_request_that_is_declined_was_sent_all_the_same),
        TEST(other_currencies_are_paid_by_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
