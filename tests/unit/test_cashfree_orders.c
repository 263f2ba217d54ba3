/* test_cashfree_orders.c: creating, showing and ending orders through the Cashfree dialect. */
#include "cashfree_bed.h"

#define FULL_ORDER \
    "{\"order_id\":\"full-1\",\"order_amount\":10.15,\"order_currency\":\"INR\",\"customer_details\":{" \
    "\"customer_id\":\"7112AAA812234\",\"customer_email\":\"john@example.com\",\"customer_phone\":\"9908734801\"," \
    "\"customer_name\":\"John Doe\",\"customer_bank_account_number\":\"1518121112\"," \
    "\"customer_bank_ifsc\":\"XITI0000001\"," \
    "\"customer_bank_code\":3333,\"customer_uid\":\"54deabb4-ba45-4a60-9e6a-9c016fe7ab10\"}," \
    "\"terminal\":{\"terminal_phone_no\":\"6309291183\",\"terminal_id\":\"terminal-123\",\"terminal_type\":\"SPOS\"," \
    "\"added_on\":\"2023-08-04T13:12:58+05:30\",\"cf_terminal_id\":\"31051123\",\"terminal_name\":\"test\"}," \
    "\"order_meta\":{\"return_url\":\"https://shop.example/thanks\",\"notify_url\":\"https://shop.example/hook\"," \
    "\"payment_methods\":\"cc,dc\"},\"order_expiry_time\":\"2023-11-15T22:13:20Z\",\"order_note\":\"Test " \
    "\\\"order\\\"\"," \
    "\"order_tags\":{\"name\":\"John Doe\",\"city\":\"Bangalore\"}," \
    "\"order_splits\":[{\"amount\":10,\"vendor\":\"john\"}]," \
    "\"cart_details\":{\"cart_name\":\"cart\",\"shipping_charge\":1.5," \
    "\"customer_shipping_address\":{\"full_name\":\"J\"," \
    "\"pincode\":\"560001\",\"address_1\":\"1 MG Road\"},\"cart_items\":[{\"item_id\":\"i1\",\"item_quantity\":2}]}," \
    "\"products\":{\"one_click_checkout\":{\"enabled\":true,\"conditions\":[{\"action\":\"ALLOW\"," \
    "\"key\":\"features\"," \
    "\"values\":[\"checkoutCollectAddress\"]}]}},\"unknown\":1}"

static unsigned create(struct bed *b, const char *version, const char *body)
{
    return bed_send(b, (struct sent){ .route = BED_CREATE, .version = version, .body = body });
}

static unsigned get(struct bed *b, const char *version, const char *id)
{
    return bed_send(b, (struct sent){ .route = BED_GET, .version = version, .param = id });
}

static void a_small_order_gets_a_complete_entity(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, BED_ORDER("small-1", "")), 200);
    assert_int_equal(strncmp(b->body, "{\"cf_order_id\":\"", 16), 0);
    assert_has(b, "\",\"order_id\":\"small-1\",\"entity\":\"order\",\"order_currency\":\"INR\",\"order_amount\":10.15,"
                  "\"order_status\":\"ACTIVE\",\"order_expiry_time\":\"2023-12-15T03:43:19+05:30\","
                  "\"created_at\":\"2023-11-15T03:43:20+05:30\",\"order_note\":null,\"order_splits\":[],"
                  "\"customer_details\":{\"customer_id\":\"cust_1\",\"customer_name\":null,\"customer_email\":null,"
                  "\"customer_phone\":\"9908734801\",\"customer_bank_account_number\":null,\"customer_bank_ifsc\":null,"
                  "\"customer_bank_code\":null,\"customer_uid\":null},"
                  "\"order_meta\":{\"return_url\":null,\"notify_url\":null,\"payment_methods\":null},"
                  "\"order_tags\":null,\"cart_details\":null,\"terminal_data\":null,\"payment_session_id\":\"session_");
    assert_has(b, "\",\"products\":null}");
}

static void every_field_of_an_order_comes_back(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, FULL_ORDER), 200);
    assert_has(b, "\"order_expiry_time\":\"2023-11-16T03:43:20+05:30\"");
    assert_has(b, "\"order_note\":\"Test \\\"order\\\"\"");
    assert_has(b,
        "\"order_splits\":[{\"vendor_id\":\"john\",\"vendor\":\"john\",\"amount\":10,\"percentage\":null,"
        "\"tags\":null}]");
    assert_has(b, "\"customer_bank_code\":3333,\"customer_uid\":\"54deabb4-ba45-4a60-9e6a-9c016fe7ab10\"}");
    assert_has(b,
        "\"order_meta\":{\"return_url\":\"https://shop.example/thanks\",\"notify_url\":\"https://shop.example/hook\","
                  "\"payment_methods\":\"cc,dc\"}");
    assert_has(b, "\"order_tags\":{\"name\":\"John Doe\",\"city\":\"Bangalore\"}");
    assert_has(b, "\"cart_details\":{\"cart_id\":\"");
    assert_has(b, "\",\"customer_note\":null,\"shipping_charge\":1.5,\"cart_name\":\"cart\"");
    assert_has(b, "\"terminal_data\":{\"agent_mobile_number\":\"6309291183\",\"cf_terminal_id\":31051123,"
                  "\"merchant_terminal_id\":\"terminal-123\",\"terminal_type\":\"SPOS\"}");
    assert_has(b, "\"products\":{\"one_click_checkout\":{\"enabled\":true,\"conditions\":[{\"action\":\"ALLOW\","
                  "\"key\":\"features\",\"values\":[\"checkoutCollectAddress\"]}]},\"verify_pay\":null}");
    assert_has_not(b, "unknown");
}

static void a_fetched_order_is_the_created_one_byte_for_byte(void **state)
{
    struct bed *b = *state;
    char *made;

    assert_int_equal(create(b, V2025, FULL_ORDER), 200);
    made = strdup(b->body);
    assert_int_equal(get(b, V2025, "full-1"), 200);
    assert_string_equal(b->body, made);
    free(made);
}

/* What each version shows and hides (reference 2.15). */
static void each_version_shows_its_own_entity(void **state)
{
    static const struct { const char *version; bool number, urls, token, session, products; } rows[] = {
        { V2021, true, true, true, false, false }, { V2022, true, true, true, true, false },
        { V2022_09, true, true, false, true, false }, { V2023, false, false, false, true, false },
        { V2025, false, false, false, true, true }, { V2026, false, false, false, true, true },
    };
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, BED_ORDER("seen-1", "")), 200);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(get(b, rows[i].version, "seen-1"), 200);
        assert_int_equal(b->body[15] != '"', rows[i].number);
        assert_int_equal(bed_has(b, "\"payments\":{\"url\":\"http://127.0.0.1:8080/pg/orders/seen-1/payments\"}"),
            rows[i].urls);
        assert_int_equal(bed_has(b, "\"refunds\":{\"url\""), rows[i].urls);
        assert_int_equal(bed_has(b, "\"settlements\":{\"url\""), rows[i].urls);
        assert_int_equal(bed_has(b, "\"order_token\":\""), rows[i].token);
        assert_int_equal(bed_has(b, "\"payment_link\":\"http://127.0.0.1:8080/"), rows[i].token);
        assert_int_equal(bed_has(b, "\"payment_session_id\":\"session_"), rows[i].session);
        assert_int_equal(bed_has(b, "\"products\":"), rows[i].products);
        assert_string_equal(bed_answer_header(b, "x-api-version"), rows[i].version);
    }
}

static void amounts_are_printed_exactly_and_short(void **state)
{
    static const struct { const char *body, *shown; } rows[] = {
        { "{\"order_amount\":170.00,\"order_currency\":\"INR\"}", "\"order_amount\":170," },
        { "{\"order_amount\":10.5,\"order_currency\":\"USD\"}", "\"order_currency\":\"USD\",\"order_amount\":10.5," },
        { "{\"order_amount\":999999.99,\"order_currency\":\"INR\"}", "\"order_amount\":999999.99," },
        { "{\"order_amount\":1000000,\"order_currency\":\"\"}",
          "\"order_currency\":\"INR\",\"order_amount\":1000000," },
        { "{\"order_amount\":1,\"order_currency\":\"INR\"}", "\"order_amount\":1," },
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(create(b, V2026, rows[i].body), 200);
        assert_has(b, rows[i].shown);
    }
}

static void an_order_without_customer_shows_its_fields_as_null(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2026, "{\"order_id\":\"no-one\",\"order_amount\":1,\"order_currency\":\"INR\"}"), 200);
    assert_has(b, "\"customer_details\":{\"customer_id\":null,");
    assert_int_equal(get(b, V2026, "no-one"), 200);
    assert_has(b, "\"customer_details\":{\"customer_id\":null,");
}

static void an_order_without_id_gets_one(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, "{\"order_amount\":1,\"order_currency\":\"INR\"," BED_CUSTOMER "}"), 200);
    assert_has(b, "\"order_id\":\"order_");
}

static void newer_filters_are_kept_and_shown(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2026, BED_ORDER("filters", ",\"order_meta\":{\"payment_methods_filters\":{\"methods\":{"
        "\"action\":\"ALLOW\",\"values\":[\"upi\"]},\"filters\":{\"card_bins\":[\"470613\"],"
        "\"card_emi_tenure\":6}},\"offer_filters\":{"
        "\"action\":\"DENY\",\"values\":[\"o1\"]},\"upi_app_priority\":[\"gpay\",\"bhim\"]}")), 200);
    assert_has(b, "\"payment_methods_filters\":{\"methods\":{\"action\":\"ALLOW\",\"values\":[\"upi\"]},\"filters\":{"
                  "\"card_bins\":[\"470613\"],");
    assert_has(b,
        "\"offer_filters\":{\"action\":\"DENY\",\"values\":[\"o1\"]},\"upi_app_priority\":[\"gpay\",\"bhim\"]}");
    assert_has(b, "\"card_emi_tenure\":6,");
}

static void the_same_order_id_twice_is_a_conflict(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, BED_ORDER("twice", "")), 200);
    (void)create(b, V2025, BED_ORDER("twice", ""));
    bed_assert_error(b, 409, "order_already_exists", "order with same id is already present");
    assert_has(b, "\"type\":\"invalid_request_error\"");
}

static void an_unknown_order_is_not_found_anywhere(void **state)
{
    static const struct sent rows[] = {
        { .route = BED_GET }, { .route = "GET /pg/orders/{order_id}/payments" },
        { .route = "GET /pg/orders/{order_id}/extended" },
        { .route = "PATCH /pg/orders/{order_id}", .body = "{\"order_status\":\"TERMINATED\"}" },
        { .route = "PUT /pg/orders/{order_id}/extended", .body = "{\"order_delivery_status\":{\"status\":\"LOST\"}}" },
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sent s = rows[i];
        s.param = "nobody-made-it";
        s.version = V2023;
        (void)bed_send(b, s);
        bed_assert_error(b, 404, "order_not_found", "Order Reference Id does not exist");
    }
}

static void an_order_without_payments_has_an_empty_list(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, BED_ORDER("unpaid", "")), 200);
    assert_int_equal(bed_send(b, (struct sent){ .route = "GET /pg/orders/{order_id}/payments", .version = V2025,
                                                .param = "unpaid" }), 200);
    assert_string_equal(b->body, "[]");
}

static void an_order_past_its_expiry_is_expired(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, BED_ORDER("late", ",\"order_expiry_time\":\"2023-11-14T22:43:20Z\"")), 200);
    fixture_set_clock(b->f, FIXTURE_NOW + 30 * 60 * 1000 + 1000);
    assert_int_equal(get(b, V2025, "late"), 200);
    assert_has(b, "\"order_status\":\"EXPIRED\"");
    (void)bed_send(b, (struct sent){ .route = "PATCH /pg/orders/{order_id}", .version = V2025, .param = "late",
                                     .body = "{\"order_status\":\"TERMINATED\"}" });
    bed_assert_error(b, 400, "order_inactive", "order is not active: it has expired");
}

static void a_terminated_order_stays_terminated(void **state)
{
    const struct sent end = { .route = "PATCH /pg/orders/{order_id}", .version = V2025, .param = "ended",
                              .body = "{\"order_status\":\"TERMINATED\"}" };
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, BED_ORDER("ended", "")), 200);
    assert_int_equal(bed_send(b, end), 200);
    assert_has(b, "\"order_status\":\"TERMINATED\"");
    assert_has(b, "\"customer_phone\":\"9908734801\"");
    assert_int_equal(get(b, V2022_09, "ended"), 200);
    assert_has(b, "\"order_status\":\"EXPIRED\"");
    (void)bed_send(b, end);
    bed_assert_error(b, 400, "order_inactive", "order is not active: it is terminated");
}

static void only_terminated_can_be_asked_for(void **state)
{
    static const struct { const char *body, *code, *message; } rows[] = {
        { "{}", "order_status_missing", "order_status : is missing in the request. Value received: " },
        { "{\"order_status\":\"PAID\"}", "order_status_invalid",
          "order_status : should be TERMINATED. Value received: PAID" },
        { "{\"order_status\":1}", "order_status_invalid", "order_status : should be a string. Value received: 1" },
    };
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, BED_ORDER("going-on", "")), 200);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)bed_send(b, (struct sent){ .route = "PATCH /pg/orders/{order_id}", .version = V2026, .param = "going-on",
                                         .body = rows[i].body });
        bed_assert_error(b, 400, rows[i].code, rows[i].message);
    }
    assert_int_equal(get(b, V2025, "going-on"), 200);
    assert_has(b, "\"order_status\":\"ACTIVE\"");
}

static void an_id_that_can_not_exist_is_refused_without_a_look_up(void **state)
{
    struct bed *b = *state;

    (void)get(b, V2025, "a b");
    bed_assert_error(b, 400, "order_id_invalid",
                     "order_id : should be alpha numeric and may contain underscore or hypens. Value received: a b");
    (void)get(b, V2025, "ab");
    bed_assert_error(b, 400, "order_id_invalid", "order_id : should be at least 3");
    (void)get(b, V2025, "0123456789012345678901234567890123456789abcdef");
    bed_assert_error(b, 400, "order_id_invalid", "order_id : should be at max 45");
    (void)get(b, V2025, "4111111111111111");
    assert_int_equal(b->x.answer.status, 404);
    (void)get(b, V2025, "4111 1111 1111 1111");
    bed_assert_error(b, 400, "order_id_invalid", "order_id : must not contain a card number (PCI DSS requirement 3)");
}

static void a_keyholder_that_is_gone_is_told_as_busy(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, BED_ORDER("sealed", "")), 200);
    fixture_set_clock(b->f, FIXTURE_NOW + 60 * 60 * 1000);      /* private parts are kept at hand for minutes only */
    fixture_keyholder_stop(b->f);
    (void)get(b, V2023, "sealed");
    bed_assert_error(b, 503, "request_failed", "the service is busy, please try again");
    assert_has(b, "\"type\":\"api_error\"}");
}

static void extended_data_is_kept_and_shown(void **state)
{
    const struct sent ask = { .route = "GET /pg/orders/{order_id}/extended", .version = V2025, .param = "full-1" };
    struct sent tell = { .route = "PUT /pg/orders/{order_id}/extended", .version = V2025, .param = "full-1" };
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, FULL_ORDER), 200);
    tell.body = "{\"shipment_details\":[{\"tracking_company\":\"Delhi Post\","
        "\"tracking_urls\":[\"https://t.example/1\"],"
                "\"tracking_numbers\":[\"12\"]}]}";
    assert_int_equal(bed_send(b, tell), 200);
    assert_has(b,
        "\"order_id\":\"full-1\",\"shipment_details\":[{\"tracking_company\":\"Delhi Post\",\"tracking_urls\":["
                  "\"https://t.example/1\"],\"tracking_numbers\":[\"12\"]}],\"order_delivery_status\":null}");
    tell.body = "{\"order_delivery_status\":{\"status\":\"SHIPPED\",\"reason\":\"on its way\"}}";
    assert_int_equal(bed_send(b, tell), 200);
    assert_has(b, "Delhi Post");
    assert_int_equal(bed_send(b, ask), 200);
    assert_has(b, "\"order_amount\":10.15,\"order_currency\":\"INR\",\"created_at\":\"2023-11-15T03:43:20+05:30\"");
    assert_has(b,
        "\"charges\":{\"shipping_charges\":1.5,\"cod_handling_charges\":0},\"shipping_address\":{\"name\":\"J\","
                  "\"address_line_one\":\"1 MG Road\",\"address_line_two\":null,\"country\":null,\"country_code\":null,"
                  "\"state\":null,\"state_code\":null,\"city\":null,\"pin_code\":\"560001\",\"phone\":null,"
                  "\"email\":null},"
                  "\"billing_address\":null,\"cart\":{\"name\":\"cart\",\"items\":[{\"item_id\":\"i1\",");
    assert_has(b, "\"offer\":null,\"shipment_details\":[{");
    assert_has(b, "\"order_delivery_status\":{\"status\":\"SHIPPED\",\"reason\":\"on its way\"}}");
}

static void wrong_extended_data_is_refused(void **state)
{
    static const struct { const char *body, *code, *message; } rows[] = {
        { "{}", "shipment_details_missing", "shipment_details : is missing in the request. Value received: " },
        { "{\"shipment_details\":[{\"tracking_urls\":[],\"tracking_numbers\":[]}]}",
          "shipment_details.tracking_company_missing",
          "shipment_details.tracking_company : is missing in the request. Value received: " },
        { "{\"shipment_details\":[{\"tracking_company\":\"x\",\"tracking_urls\":[1],\"tracking_numbers\":[]}]}",
          "shipment_details.tracking_urls_invalid",
          "shipment_details.tracking_urls : should be a list of strings. Value received: 1" },
        { "{\"shipment_details\":[{\"tracking_company\":\"4111 1111 1111 1111\",\"tracking_urls\":[],"
          "\"tracking_numbers\":[]}]}", "shipment_details.tracking_company_invalid",
          "shipment_details.tracking_company : must not contain a card number (PCI DSS requirement 3)" },
        { "{\"shipment_details\":[{\"tracking_company\":\"x\",\"tracking_urls\":[\"https://a/4111111111111111\"],"
          "\"tracking_numbers\":[]}]}", "shipment_details.tracking_urls_invalid",
          "shipment_details.tracking_urls : must not contain a card number (PCI DSS requirement 3)" },
        { "{\"shipment_details\":[{\"tracking_company\":\"x\",\"tracking_urls\":[],"
          "\"tracking_numbers\":[\"4006381333932\",\"4111111111111111\"]}]}",
          "shipment_details.tracking_numbers_invalid",
          "shipment_details.tracking_numbers : must not contain a card number (PCI DSS requirement 3)" },
        { "{\"order_delivery_status\":{\"status\":\"LOST\",\"reason\":\"4111111111111111\"}}",
          "order_delivery_status.reason_invalid",
          "order_delivery_status.reason : must not contain a card number (PCI DSS requirement 3)" },
        { "{\"order_delivery_status\":{}}", "order_delivery_status.status_missing",
          "order_delivery_status.status : is missing in the request. Value received: " },
    };
    struct bed *b = *state;

    assert_int_equal(create(b, V2025, BED_ORDER("ext-1", "")), 200);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)bed_send(b, (struct sent){ .route = "PUT /pg/orders/{order_id}/extended", .version = V2025,
            .param = "ext-1",
                                         .body = rows[i].body });
        bed_assert_error(b, 400, rows[i].code, rows[i].message);
    }
    (void)bed_send(b, (struct sent){ .route = "PUT /pg/orders/{order_id}/extended", .version = V2025, .param = "ext-1",
                                     .body = "{\"order_delivery_status\":{\"status\":\"GONE\"}}" });
    assert_has(b, "order_delivery_status.status : should be AWAITING_PICKUP CANCELLED ");
    assert_has(b, " UNSERVICEABLE. Value received: GONE\",\"code\":\"order_delivery_status.status_invalid\"");
}

static void extended_data_of_an_order_without_any_is_complete(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, V2026, "{\"order_id\":\"bare\",\"order_amount\":1,\"order_currency\":\"INR\"}"), 200);
    assert_int_equal(bed_send(b, (struct sent){ .route = "GET /pg/orders/{order_id}/extended", .version = V2026,
                                                .param = "bare" }), 200);
    assert_has(b, "\"charges\":{\"shipping_charges\":0,\"cod_handling_charges\":0},\"shipping_address\":null,"
                  "\"billing_address\":null,\"cart\":{\"name\":null,\"items\":[]},\"offers\":[],"
                  "\"shipment_details\":[],"
                  "\"order_delivery_status\":null}");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_small_order_gets_a_complete_entity),
        FRESH(every_field_of_an_order_comes_back),
        FRESH(a_fetched_order_is_the_created_one_byte_for_byte),
        FRESH(each_version_shows_its_own_entity),
        FRESH(amounts_are_printed_exactly_and_short),
        FRESH(an_order_without_customer_shows_its_fields_as_null),
        FRESH(an_order_without_id_gets_one),
        FRESH(newer_filters_are_kept_and_shown),
        FRESH(the_same_order_id_twice_is_a_conflict),
        FRESH(an_unknown_order_is_not_found_anywhere),
        FRESH(an_order_without_payments_has_an_empty_list),
        FRESH(an_order_past_its_expiry_is_expired),
        FRESH(a_terminated_order_stays_terminated),
        FRESH(only_terminated_can_be_asked_for),
        FRESH(an_id_that_can_not_exist_is_refused_without_a_look_up),
        FRESH(a_keyholder_that_is_gone_is_told_as_busy),
        FRESH(extended_data_is_kept_and_shown),
        FRESH(wrong_extended_data_is_refused),
        FRESH(extended_data_of_an_order_without_any_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
