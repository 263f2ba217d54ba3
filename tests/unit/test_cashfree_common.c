/* test_cashfree_common.c: headers, versions, credentials, limits and idempotency of the Cashfree dialect. */
#include "cashfree_bed.h"
#include "service/rate_limit.h"

#define UNKNOWN \
    "{\"message\":\"authentication Failed\",\"code\":\"request_failed\",\"type\":\"authentication_error\"}\n"
#define PATCH "PATCH /pg/orders/{order_id}"

static unsigned create(struct bed *b, const char *body, const char *key)
{
    return bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .body = body, .key = key });
}

static unsigned count_headers(const struct bed *b)
{
    return (unsigned)b->x.answer.n_headers;
}

static void wrong_credentials_all_look_the_same(void **state)
{
    struct bed *b = *state;
    char almost[MERCHANT_SECRET_TEXT];
    const char *const rows[][2] = {
        { "", "" }, { "TESTnobody", "x" }, { b->f->merchant.client_id, "" }, { b->f->merchant.client_id, almost },
        { "", b->f->merchant.client_secret }, { "TESTnobody", b->f->merchant.client_secret },
    };

    memcpy(almost, b->f->merchant.client_secret, sizeof almost);
    almost[strlen(almost) - 1] ^= 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2026, .body = "not even JSON",
                                                    .client_id = rows[i][0], .secret = rows[i][1] }), 401);
        assert_string_equal(b->body, UNKNOWN);
        assert_int_equal(b->x.merchant_id, 0);
    }
}

static void credentials_longer_than_any_of_ours_are_refused(void **state)
{
    struct bed *b = *state;
    char text[200];

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .client_id = text }), 401);
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .secret = text }), 401);
}

static void a_caller_is_named_to_the_journal(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, BED_ORDER("mine", ""), NULL), 200);
    assert_int_equal(b->x.merchant_id, b->f->merchant.merchant_id);
}

static void another_merchants_order_does_not_exist(void **state)
{
    struct bed *b = *state;
    struct merchant_credentials other;

    assert_int_equal(merchant_add(&b->f->services, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(create(b, BED_ORDER("private-1", ""), NULL), 200);
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_GET, .version = V2025, .param = "private-1",
                                                .client_id = other.client_id, .secret = other.client_secret }), 404);
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .body = BED_ORDER("private-1",
        ""),
                                                .client_id = other.client_id, .secret = other.client_secret }), 200);
}

static void a_missing_version_is_told(void **state)
{
    struct bed *b = *state;

    (void)bed_send(b, (struct sent){ .route = BED_GET, .param = "order-1" });
    bed_assert_error(b, 400, "version_missing", "version is missing in header");
    assert_string_equal(bed_answer_header(b, "x-api-version"), "");
    (void)bed_send(b, (struct sent){ .route = BED_GET, .param = "order-1", .version = "" });
    bed_assert_error(b, 400, "version_missing", "version is missing in header");
}

static void only_exact_versions_are_known(void **state)
{
    static const char *const rows[] = { "2023-08-02", "2025-01-01 ", "2025-01", "latest", "2027-01-01" };
    struct bed *b = *state;
    char want[256];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(want, sizeof want,
            "x-api-version : should be 2021-05-21 2022-01-01 2022-09-01 2023-08-01 2025-01-01 "
                       "2026-01-01. Value received: %s", rows[i]);
        (void)bed_send(b, (struct sent){ .route = BED_GET, .param = "order-1", .version = rows[i] });
        bed_assert_error(b, 400, "version_invalid", want);
        assert_string_equal(bed_answer_header(b, "x-api-version"), "");
    }
}

static void help_comes_with_errors_from_2025_on(void **state)
{
    static const struct { const char *version; bool help; } rows[] = {
        { V2021, false }, { V2022, false }, { V2022_09, false }, { V2023, false }, { V2025, true }, { V2026, true },
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(bed_send(b, (struct sent){ .route = BED_GET, .param = "absent", .version = rows[i].version }),
            404);
        assert_int_equal(bed_has(b, ",\"help\":\""), rows[i].help);
    }
}

static void every_answer_carries_its_request_id(void **state)
{
    struct bed *b = *state;

    assert_int_equal(bed_send(b, (struct sent){ .route = BED_GET, .param = "absent", .version = V2025,
        .request_id = "mine-7" }), 404);
    assert_string_equal(bed_answer_header(b, "x-request-id"), "mine-7");
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_GET, .param = "absent", .version = V2025 }), 404);
    assert_int_equal(strlen(bed_answer_header(b, "x-request-id")), 32);
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_GET, .request_id = "early" }), 400);
    assert_string_equal(bed_answer_header(b, "x-request-id"), "early");
}

static void without_limits_there_are_no_limit_headers(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, BED_ORDER("free-1", ""), NULL), 200);
    assert_int_equal(count_headers(b), 2);
    assert_string_equal(bed_answer_header(b, "x-ratelimit-limit"), "");
}

static void a_limit_is_counted_down_and_enforced(void **state)
{
    static const unsigned limits[RATE_CLASSES] = { [RATE_GET_ORDER] = 2 };
    const struct sent s = { .route = BED_GET, .param = "absent", .version = V2025 };
    struct bed *b = *state;

    rate_limits_free(b->f->services.rate_limits);
    assert_int_equal(rate_limits_new(&b->f->services.rate_limits, limits), FAULT_NONE);
    assert_int_equal(bed_send(b, s), 404);
    assert_string_equal(bed_answer_header(b, "x-ratelimit-limit"), "2");
    assert_string_equal(bed_answer_header(b, "x-ratelimit-remaining"), "1");
    assert_string_equal(bed_answer_header(b, "x-ratelimit-retry"), "0");
    assert_string_equal(bed_answer_header(b, "x-ratelimit-type"), "app_id");
    assert_int_equal(bed_send(b, s), 404);
    assert_int_equal(bed_send(b, s), 429);
    assert_string_equal(b->body,
        "{\"message\":\"Too many requests from IP. Check headers\",\"code\":\"request_failed\","
                                 "\"type\":\"rate_limit_error\"}\n");
    assert_string_equal(bed_answer_header(b, "x-ratelimit-remaining"), "0");
    assert_string_not_equal(bed_answer_header(b, "x-ratelimit-retry"), "0");
    assert_int_equal(create(b, BED_ORDER("other-class", ""), NULL), 200);
}

static void the_same_key_and_body_give_the_same_answer_and_one_order(void **state)
{
    const char *body = "{\"order_amount\":1,\"order_currency\":\"INR\"," BED_CUSTOMER "}";
    struct bed *b = *state;
    char *first;

    assert_int_equal(create(b, body, "key-1"), 200);
    assert_string_equal(bed_answer_header(b, "x-idempotency-key"), "key-1");
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "false");
    first = strdup(b->body);
    fixture_set_clock(b->f, FIXTURE_NOW + 60 * 60 * 1000);
    assert_int_equal(create(b, body, "key-1"), 200);
    assert_string_equal(b->body, first);
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "true");
    assert_int_equal(create(b, body, "key-2"), 200);
    assert_string_not_equal(b->body, first);
    free(first);
}

static void the_same_key_with_another_body_is_a_mismatch(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, BED_ORDER("once-1", ""), "key"), 200);
    assert_int_equal(create(b, BED_ORDER("once-2", ""), "key"), 422);
    assert_has(b, "\"code\":\"request_invalid\",\"type\":\"idempotency_error\",\"help\":");
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "false");
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_GET, .version = V2025, .param = "once-2" }), 404);
}

static void a_conflict_is_remembered_too(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, BED_ORDER("taken", ""), NULL), 200);
    assert_int_equal(create(b, BED_ORDER("taken", ""), "key"), 409);
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "false");
    assert_int_equal(create(b, BED_ORDER("taken", ""), "key"), 409);
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "true");
    bed_assert_error(b, 409, "order_already_exists", "order with same id is already present");
}

static void a_refused_field_is_not_remembered(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, "{\"order_currency\":\"INR\"," BED_CUSTOMER "}", "key"), 400);
    assert_string_equal(bed_answer_header(b, "x-idempotency-key"), "key");
    assert_int_equal(create(b, BED_ORDER("after-1", ""), "key"), 200);
}

static void a_repeated_order_is_found_though_its_expiry_is_near_by_then(void **state)
{
    const char *body = BED_ORDER("near-1", ",\"order_expiry_time\":\"2023-11-14T22:43:20Z\"");
    const char *late = BED_ORDER("near-2", ",\"order_expiry_time\":\"2023-11-14T22:43:20Z\"");
    struct bed *b = *state;

    assert_int_equal(create(b, body, "key"), 200);
    fixture_set_clock(b->f, FIXTURE_NOW + 20 * 60 * 1000);
    assert_int_equal(create(b, body, "key"), 200);
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "true");
    assert_int_equal(create(b, late, "key-2"), 400);
    assert_has(b, "\"code\":\"order_expiry_time_invalid\"");
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_GET, .version = V2025, .param = "near-2" }), 404);
}

static void work_that_runs_twice_answers_once(void **state)
{
    struct bed *b = *state;

    /* The second run finds what the first committed, as a repeated request would. */
    assert_int_equal(bed_send_runs(b, (struct sent){ .route = BED_CREATE, .version = V2025, .body = BED_ORDER("runs-2",
        ""),
                                                     .key = "key" }, 2), 200);
    assert_has(b, "\"order_id\":\"runs-2\"");
}

static void keys_have_limits(void **state)
{
    struct bed *b = *state;
    char key[140];

    memset(key, 'k', sizeof key);
    key[129] = '\0';
    (void)create(b, BED_ORDER("key-1", ""), key);
    bed_assert_error(b, 400, "request_invalid", "x-idempotency-key : should be printable and at max 128 characters");
    key[128] = '\0';
    assert_int_equal(create(b, BED_ORDER("key-1", ""), key), 200);
    (void)create(b, BED_ORDER("key-2", ""), "caf\xc3\xa9");
    bed_assert_error(b, 400, "request_invalid", "x-idempotency-key : should be printable and at max 128 characters");
    assert_int_equal(create(b, BED_ORDER("key-3", ""), ""), 200);
    assert_string_equal(bed_answer_header(b, "x-idempotency-key"), "");
}

static void a_key_means_nothing_outside_post(void **state)
{
    struct bed *b = *state;

    assert_int_equal(create(b, BED_ORDER("end-1", ""), NULL), 200);
    assert_int_equal(bed_send(b, (struct sent){ .route = PATCH, .version = V2025, .param = "end-1", .key = "key",
                                                .body = "{\"order_status\":\"TERMINATED\"}" }), 200);
    assert_string_equal(bed_answer_header(b, "x-idempotency-key"), "");
}

static unsigned customer(struct bed *b, const char *body, const char *key)
{
    return bed_send(b, (struct sent){ .route = "POST /pg/customers", .version = V2025, .body = body, .key = key });
}

static void the_same_phone_gives_the_same_customer(void **state)
{
    struct bed *b = *state;
    char *first;

    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734801\",\"customer_name\":\"John \\\"J\\\" Doe\"}", NULL),
        200);
    assert_int_equal(strncmp(b->body, "{\"customer_uid\":\"", 17), 0);
    assert_has(b,
        "\",\"customer_phone\":\"9908734801\",\"customer_email\":null,\"customer_name\":\"John \\\"J\\\" Doe\"}");
    first = strdup(b->body);
    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734801\",\"customer_email\":\"a@b.example\"}", NULL), 200);
    assert_string_equal(b->body, first);
    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734801\"}", "key"), 200);
    assert_string_equal(b->body, first);
    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734802\"}", NULL), 200);
    assert_string_not_equal(b->body, first);
    free(first);
}

static void a_new_customer_is_remembered_under_its_key(void **state)
{
    struct bed *b = *state;
    char *first;

    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734801\"}", "key"), 200);
    first = strdup(b->body);
    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734801\"}", "key"), 200);
    assert_string_equal(b->body, first);
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "true");
    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734802\"}", "key"), 422);
    free(first);
}

static void a_customer_that_was_there_is_remembered_under_its_key_too(void **state)
{
    struct bed *b = *state;
    char *first;

    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734801\",\"customer_name\":\"Asha\"}", NULL), 200);
    first = strdup(b->body);
    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734801\"}", "key"), 200);
    assert_string_equal(b->body, first);
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "false");
    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734801\"}", "key"), 200);
    assert_string_equal(b->body, first);
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "true");
    assert_int_equal(customer(b, "{\"customer_phone\":\"9908734801\",\"customer_name\":\"B C\"}", "key"), 422);
    free(first);
}

static void another_version_under_the_same_key_is_another_request(void **state)
{
    struct sent s = { .route = BED_CREATE, .version = V2025, .body = BED_ORDER("version-1", ""), .key = "key" };
    struct bed *b = *state;

    assert_int_equal(bed_send(b, s), 200);
    s.version = V2026;
    assert_int_equal(bed_send(b, s), 422);
    s.version = V2025;
    assert_int_equal(bed_send(b, s), 200);
    assert_string_equal(bed_answer_header(b, "x-idempotency-replayed"), "true");
}

static void customers_have_limits(void **state)
{
    static const struct { const char *body, *code, *message; } rows[] = {
        { "{}", "customer_phone_missing", "customer_phone : is missing in the request. Value received: " },
        { "{\"customer_phone\":\"12\"}", "customer_phone_invalid",
          "customer_phone : should be a phone number of 10 digits. Value received: 12" },
        { "{\"customer_phone\":\"+4915112345679\"}", "customer_phone_invalid",
          "customer_phone : should be a phone number of 10 digits. Value received: +4915112345679" },
        { "{\"customer_phone\":\"9908734801\",\"customer_email\":\"ab\"}", "customer_email_invalid",
          "customer_email : should be at least 3" },
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)customer(b, rows[i].body, NULL);
        bed_assert_error(b, 400, rows[i].code, rows[i].message);
    }
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(wrong_credentials_all_look_the_same),
        FRESH(credentials_longer_than_any_of_ours_are_refused),
        FRESH(a_caller_is_named_to_the_journal),
        FRESH(another_merchants_order_does_not_exist),
        FRESH(a_missing_version_is_told),
        FRESH(only_exact_versions_are_known),
        FRESH(help_comes_with_errors_from_2025_on),
        FRESH(every_answer_carries_its_request_id),
        FRESH(without_limits_there_are_no_limit_headers),
        FRESH(a_limit_is_counted_down_and_enforced),
        FRESH(the_same_key_and_body_give_the_same_answer_and_one_order),
        FRESH(the_same_key_with_another_body_is_a_mismatch),
        FRESH(a_conflict_is_remembered_too),
        FRESH(a_refused_field_is_not_remembered),
        FRESH(a_repeated_order_is_found_though_its_expiry_is_near_by_then),
        FRESH(work_that_runs_twice_answers_once),
        FRESH(keys_have_limits),
        FRESH(a_key_means_nothing_outside_post),
        FRESH(the_same_phone_gives_the_same_customer),
        FRESH(a_new_customer_is_remembered_under_its_key),
        FRESH(a_customer_that_was_there_is_remembered_under_its_key_too),
        FRESH(another_version_under_the_same_key_is_another_request),
        FRESH(customers_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
