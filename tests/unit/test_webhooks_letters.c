/* test_webhooks_letters.c: what each API's webhooks say, to the byte, and that their signatures are right. */
#include "letter_bed.h"

#include "base/banned.h"

#define ORDER \
    "{\"data\":{\"order\":{\"order_id\":\"order_1\",\"order_amount\":170.00,\"order_currency\":\"INR\"," \
    "\"order_tags\":{\"shelf\":\"4\"}},"
#define CUSTOMER \
    "\"customer_details\":{\"customer_name\":\"Anna\",\"customer_id\":\"cust_1\",\"customer_email\":null," \
    "\"customer_phone\":\"9999999999\"}"
#define GATEWAY \
    ",\"payment_gateway_details\":{\"gateway_name\":\"CASHFREE\",\"gateway_order_id\":\"#\"," \
    "\"gateway_payment_id\":\"#\",\"gateway_order_reference_id\":null,\"gateway_settlement\":\"CASHFREE\"," \
    "\"gateway_status_code\":null},\"payment_offers\":null}"
#define CARD \
    "\"payment_method\":{\"card\":{\"channel\":\"link\",\"card_number\":\"XXXXXXXXXXXX1111\"," \
    "\"card_network\":\"visa\",\"card_type\":\"credit_card\",\"card_sub_type\":\"R\",\"card_country\":\"IN\"," \
    "\"card_bank_name\":\"HDFC Bank\",\"card_network_reference_id\":null,\"instrument_id\":null"
#define AMOUNT "\"payment_amount\":170.00,\"payment_currency\":\"INR\",\"payment_message\":"
#define TIMES "\"payment_time\":\"2023-11-15T03:43:20+05:30\",\"bank_reference\":\"BR1\",\"auth_id\":\"A1\","
#define EVENT_TIME ",\"event_time\":\"2023-11-15T03:43:20+05:30\",\"type\":"

static void a_payment_that_succeeded_is_told_in_the_words_of_2025(void **state)
{
    struct letter_desk *d = *state;
    uint64_t id = pay_id(d->b->s, d->order.merchant_id, d->payment.payment_no);
    const uint64_t numbers[] = { id, ids_cf_order(d->b->s->ids, &d->order), id };
    char expected[WBED_TEXT], said[256], mac[64];
    const char *body;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2025-01-01");
    body = letter_told(d, WEBHOOK_PAYMENT_SUCCESS, d->payment.payment_no, PAYMENT_SUCCESS);
    letter_fill(expected, ORDER "\"payment\":{\"cf_payment_id\":\"#\",\"payment_status\":\"SUCCESS\"," AMOUNT
         "\"Transaction successful\"," TIMES CARD ",\"par\":null}},\"payment_group\":\"credit_card\","
         "\"international_payment\":{\"international\":false},\"payment_surcharge\":null}," CUSTOMER GATEWAY
         EVENT_TIME "\"PAYMENT_SUCCESS_WEBHOOK\"}", numbers);
    assert_string_equal(body, expected);
    wbed_header(d->b, 0, "x-webhook-timestamp", said);
    assert_string_equal(said, "1700000000000");
    wbed_hmac(mac, d->b->f->merchant.client_secret, "1700000000000", body);
    wbed_header(d->b, 0, "x-webhook-signature", said);
    assert_string_equal(said, mac);
    wbed_header(d->b, 0, "x-webhook-version", said);
    assert_string_equal(said, "2025-01-01");
    wbed_header(d->b, 0, "x-webhook-attempt", said);
    assert_string_equal(said, "1");
    wbed_header(d->b, 0, "x-idempotency-key", said);
    assert_int_equal(strlen(said), 44);
    wbed_header(d->b, 0, "Content-Type", said);
    assert_string_equal(said, "application/json");
}

static void a_payment_that_failed_is_told_in_the_words_of_2022(void **state)
{
    struct letter_desk *d = *state;
    uint64_t id = pay_id(d->b->s, d->order.merchant_id, d->payment.payment_no);
    const uint64_t numbers[] = { id };
    char expected[WBED_TEXT], said[256];
    const char *body;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2022-09-01");
    body = letter_told(d, WEBHOOK_PAYMENT_FAILED, d->payment.payment_no, PAYMENT_FAILED);
    letter_fill(expected, ORDER "\"payment\":{\"cf_payment_id\":#,\"payment_status\":\"FAILED\"," AMOUNT, numbers);
    assert_memory_equal(body, expected, strlen(expected));
    assert_non_null(strstr(body, CARD "}},\"payment_group\":\"card\"}," CUSTOMER
                           ",\"error_details\":{\"error_code\":"));
    assert_non_null(strstr(body, ",\"error_subcode_raw\":null},\"payment_gateway_details\":{"));
    assert_non_null(strstr(body, "\"payment_offers\":null}" EVENT_TIME "\"PAYMENT_FAILED_WEBHOOK\"}"));
    wbed_header(d->b, 0, "x-idempotency-key", said);
    assert_string_equal(said, "");
}

static void of_a_payer_who_went_away_neither_error_nor_gateway_is_told(void **state)
{
    struct letter_desk *d = *state;
    const char *body;

    letter_endpoint(d, ENDPOINT_CASHFREE, "2023-08-01");
    body = letter_told(d, WEBHOOK_PAYMENT_DROPPED, d->payment.payment_no, PAYMENT_DROPPED);
    assert_non_null(strstr(body, "\"payment_status\":\"USER_DROPPED\""));
    assert_non_null(strstr(body, CUSTOMER "}" EVENT_TIME "\"PAYMENT_USER_DROPPED_WEBHOOK\"}"));
    assert_null(strstr(body, "error_details"));
    assert_null(strstr(body, "payment_gateway_details"));
}

static void a_refund_is_told_with_numbers_for_ids(void **state)
{
    struct letter_desk *d = *state;
    const uint64_t numbers[] = {
        pay_refund_id(d->b->s, d->order.merchant_id, d->refund.refund_no),
        pay_id(d->b->s, d->order.merchant_id, d->payment.payment_no),
    };
    char expected[WBED_TEXT];

    letter_endpoint(d, ENDPOINT_CASHFREE, "2023-08-01");
    letter_fill(expected, "{\"data\":{\"refund\":{\"cf_refund_id\":#,\"cf_payment_id\":#,\"refund_id\":\"refund_1\","
         "\"order_id\":\"order_1\",\"refund_amount\":50.50,\"refund_currency\":\"INR\",\"entity\":\"Refund\","
         "\"refund_type\":\"MERCHANT_INITIATED\",\"refund_arn\":\"7400\",\"refund_status\":\"SUCCESS\","
         "\"status_description\":\"Refund processed\",\"created_at\":\"2023-11-15T03:43:20+05:30\","
         "\"processed_at\":\"2023-11-15T03:43:23+05:30\",\"refund_charge\":0.00,\"refund_note\":\"broken\","
         "\"refund_mode\":\"STANDARD\",\"requested_speed\":\"STANDARD\",\"processed_speed\":\"STANDARD\","
         "\"service_charge\":0.00,\"service_tax\":0.00,\"refund_splits\":[{\"merchantVendorId\":\"V1\",\"amount\":1.5,"
         "\"percentage\":null}]}}" EVENT_TIME "\"REFUND_STATUS_WEBHOOK\"}", numbers);
    assert_string_equal(letter_told(d, WEBHOOK_REFUND, d->refund.refund_no, REFUND_SUCCESS), expected);
    assert_non_null(strstr(letter_told(d, WEBHOOK_AUTO_REFUND, d->refund.refund_no, REFUND_SUCCESS),
                           "{\"data\":{\"auto_refund\":{\"cf_refund_id\":"));
}

static void an_instrument_is_told_when_it_is_there_and_when_it_is_not(void **state)
{
    struct letter_desk *d = *state;
    const char *body;

    letter_endpoint(d, ENDPOINT_CASHFREE, NULL);
    body = letter_told(d, WEBHOOK_INSTRUMENT_ACTIVE, d->token.token_no, TOKEN_ACTIVE);
    assert_non_null(strstr(body, "{\"data\":{\"instrument\":{\"customer_id\":\"cust_1\",\"afa_reference\":\"4711\","
                                 "\"instrument_id\":\""));
    assert_non_null(strstr(body, "\"instrument_display\":\"XXXXXXXXXXXX1111\",\"instrument_status\":\"ACTIVE\","
                                 "\"added_at\":\"2023-11-15T03:43:20+05:30\",\"instrument_meta\":{\"card_network\":"
                                 "\"visa\",\"card_bank_name\":\"HDFC Bank\",\"card_country\":\"IN\",\"card_type\":"
                                 "\"credit\",\"sub_type\":\"R\",\"card_par\":\"V0010013000000000000000000000A\","
                                 "\"card_token_details\":{\"par\":\"V0010013000000000000000000000A\",\"expiry_month\":"
                                 "\"03\",\"expiry_year\":\"30\"}}}}" EVENT_TIME "\"INSTRUMENT_ACTIVE_WEBHOOK\"}"));
    body = letter_told(d, WEBHOOK_INSTRUMENT_FAILED, d->token.token_no, TOKEN_FAILED);
    assert_non_null(strstr(body, "\"instrument_status\":\"FAILED\""));
    assert_non_null(strstr(body, "}},\"error_details\":{\"error_code\":\"NETWORK_ERROR\",\"error_description\":\""));
    assert_non_null(strstr(body, network_verdict_text(NETWORK_DECLINED)));
}

static void the_form_result_is_signed_over_its_values(void **state)
{
    struct letter_desk *d = *state;
    const uint64_t numbers[] = { pay_id(d->b->s, d->order.merchant_id, d->payment.payment_no) };
    char signed_text[WBED_TEXT], mac[64], start[WBED_TEXT], said[256];
    const char *body = letter_told(d, WEBHOOK_RESULT, d->payment.payment_no, PAYMENT_SUCCESS), *signature;
    struct buf plain = BUF(said);

    letter_fill(signed_text, "order_1170.00#SUCCESSCREDIT_CARDTransaction Successful2023-11-15 03:43:22", numbers);
    letter_fill(start, "orderId=order_1&orderAmount=170.00&referenceId=#&txStatus=SUCCESS&paymentMode=CREDIT_CARD",
                numbers);
    assert_memory_equal(body, start, strlen(start));
    wbed_hmac(mac, d->b->f->merchant.client_secret, signed_text, "");
    signature = strstr(body, "&signature=");
    assert_non_null(signature);
    for (signature += strlen("&signature="); *signature; signature++) {
        if (*signature == '%') {
            const char hex[] = { signature[1], signature[2] };

            assert_int_equal(hex_read(&plain, (struct span){ (const uint8_t *)hex, 2 }), FAULT_NONE);
            signature += 2;
        } else {
            buf_byte(&plain, (uint8_t)*signature);
        }
    }
    buf_byte(&plain, '\0');
    assert_string_equal(said, mac);
    wbed_header(d->b, 0, "Content-Type", said);
    assert_string_equal(said, "application/x-www-form-urlencoded");
}

static void a_token_is_told_to_juspays_receivers_with_their_authorization(void **state)
{
    struct letter_desk *d = *state;
    const char *body;
    char said[256];

    letter_endpoint(d, ENDPOINT_JUSPAY, NULL);
    body = letter_told(d, WEBHOOK_TOKEN, d->token.token_no, TOKEN_ACTIVE);
    assert_non_null(strstr(body, "{\"token\":{\"card_reference\":\"token_"));
    assert_non_null(strstr(body, "\",\"customer_id\":\"cust_1\",\"expiry_year\":\"2030\",\"expiry_month\":\"03\"}}"));
    wbed_header(d->b, 0, "Authorization", said);
    assert_string_equal(said, "Basic abc=");
    assert_non_null(strstr(letter_told(d, WEBHOOK_TOKEN, d->token.token_no, TOKEN_DEAD),
                           "{\"card\":{\"card_reference\":"));
}

static enum fault signer(struct store_tx *tx, void *arg)
{
    struct letter_desk *d = arg;
    struct partner_key key;

    return partner_paytm_signer(tx, &key, d->b->f->arena, d->order.merchant_id, FIXTURE_NOW);
}

/* The checksum is verified by the keyholder as for requests that come in. */
static void a_token_is_told_to_paytms_receivers_with_a_checksum(void **state)
{
    struct letter_desk *d = *state;
    struct partner_paytm made;
    struct partner_key key;
    struct key_ask ask;
    struct buf both = arena_buf(d->b->f->arena, WBED_TEXT);
    const char *body, *at, *text;
    bool known;

    assert_int_equal(partner_paytm_add(d->b->s, &made, d->order.merchant_id, SPAN(""), SPAN("")), FAULT_NONE);
    assert_int_equal(store_read(d->b->f->reader, signer, d), FAULT_NONE);
    letter_endpoint(d, ENDPOINT_PAYTM, NULL);
    body = letter_told(d, WEBHOOK_TOKEN, d->token.token_no, TOKEN_SUSPENDED);
    assert_non_null(strstr(body, "\"signatureType\":\"CHECKSUM\",\"requestTimestamp\":\"1700000000000\"},\"body\":"
                                 "{\"mid\":\""));
    assert_non_null(strstr(body, "\"tokenStatus\":\"SUSPENDED\"}}}"));
    at = strstr(body, "\"signature\":\"");
    text = strstr(body, "\"body\":");
    assert_non_null(at);
    assert_non_null(text);
    buf_put(&both, at + strlen("\"signature\":\""), KEY_PAYTM_SIGNATURE);
    buf_put(&both, text + strlen("\"body\":"), strlen(text) - strlen("\"body\":") - 1);
    assert_int_equal(partner_paytm_key(d->b->s, &key, &known, d->b->f->reader, d->b->f->arena, span_of(made.mid),
                                       SPAN(""), SPAN("")), FAULT_NONE);
    partner_ask(&ask, KEY_CHECKSUM, &key);
    ask.presented = buf_view(&both);
    fixture_ask(d->b->f, &ask, 1);
    assert_int_equal(ask.fault, FAULT_NONE);
}

#define OVER_DESK(test) cmocka_unit_test_setup_teardown(test, letter_setup, letter_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_DESK(a_payment_that_succeeded_is_told_in_the_words_of_2025),
        OVER_DESK(a_payment_that_failed_is_told_in_the_words_of_2022),
        OVER_DESK(of_a_payer_who_went_away_neither_error_nor_gateway_is_told),
        OVER_DESK(a_refund_is_told_with_numbers_for_ids),
        OVER_DESK(an_instrument_is_told_when_it_is_there_and_when_it_is_not),
        OVER_DESK(the_form_result_is_signed_over_its_values),
        OVER_DESK(a_token_is_told_to_juspays_receivers_with_their_authorization),
        OVER_DESK(a_token_is_told_to_paytms_receivers_with_a_checksum),
    };

    return cmocka_run_group_tests_name("webhooks_letters", tests, NULL, NULL);
}
