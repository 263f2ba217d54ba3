/* test_cashfree_refunds.c: refunds and settlements in Cashfree's words, in every version (reference 2.11, 2.14). */
#include "refund_bed.h"

#include "dialect/cashfree/refund_wish.h"

#include "base/banned.h"

#define CREATE "POST /pg/orders/{order_id}/refunds"
#define LIST "GET /pg/orders/{order_id}/refunds"
#define GET "GET /pg/orders/{order_id}/refunds/{refund_id}"
#define CHANGE "PUT /pg/orders/{order_id}/refunds/{refund_id}"
#define SETTLEMENTS "GET /pg/orders/{order_id}/settlements"

static const char *const versions[] = { "2021-05-21", "2022-01-01", "2022-09-01", "2023-08-01", "2025-01-01",
                                        "2026-01-01" };

static unsigned create(struct rbed *b, const char *body)
{
    return rbed_send(b, (struct rbed_call){ .route = CREATE, .body = body });
}

static unsigned get(struct rbed *b, const char *version, const char *id)
{
    return rbed_send(b, (struct rbed_call){ .route = GET, .version = version, .param2 = id });
}

static void a_refund_shows_every_field(void **state)
{
    static const char *const parts[] = {
        "\"order_id\":\"paid_order\",\"refund_id\":\"refund_1\",\"entity\":\"refund\",\"refund_amount\":10.5,"
        "\"refund_currency\":\"INR\",\"refund_note\":\"too large\",\"refund_status\":\"PENDING\","
        "\"refund_type\":\"MERCHANT_INITIATED\",\"refund_mode\":null,\"refund_arn\":null,\"refund_charge\":0,"
        "\"status_description\":\"In Progress\",\"metadata\":null,\"refund_splits\":[{\"vendor_id\":\"v1\","
        "\"amount\":5,\"tags\":null}],\"created_at\":\"2023-11-15T03:43:20+05:30\",\"processed_at\":null,"
        "\"refund_speed\":{\"requested\":\"INSTANT\",\"accepted\":\"INSTANT\",\"processed\":null,\"message\":null}",
        "\"forex_conversion_rate\":1",
    };
    struct rbed *b = *state;

    assert_int_equal(create(b, "{\"refund_amount\":10.50,\"refund_id\":\"refund_1\",\"refund_note\":\"too large\","
                               "\"refund_speed\":\"INSTANT\",\"refund_splits\":[{\"vendor_id\":\"v1\","
                               "\"amount\":5}]}"), 200);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_has(&b->x, parts[i]);
    assert_int_equal(get(b, "2025-01-01", "refund_1"), 200);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_has(&b->x, parts[i]);
}

static void ids_are_numbers_with_a_prefix_and_later_texts(void **state)
{
    struct rbed *b = *state;
    char payment[32], refund[48];

    (void)snprintf(payment, sizeof payment, "%llu",
                   (unsigned long long)pay_id(b->s, b->merchant_id, b->payment_no));
    (void)snprintf(refund, sizeof refund, "%llu", (unsigned long long)pay_refund_id(b->s, b->merchant_id, 1));
    assert_int_equal(create(b, "{\"refund_amount\":1,\"refund_id\":\"refund_1\"}"), 200);
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        bool old = i < 3;
        char want[64];

        assert_int_equal(get(b, versions[i], "refund_1"), 200);
        (void)snprintf(want, sizeof want, old ? "%s" : "\"%s\"", payment);
        assert_string_equal(rbed_member(b, "cf_payment_id"), want);
        (void)snprintf(want, sizeof want, old ? "\"refund_%s\"" : "\"%s\"", refund);
        assert_string_equal(rbed_member(b, "cf_refund_id"), want);
        assert_int_equal(strstr(b->x.body, "forex_conversion_rate") != NULL, i >= 4);
    }
}

static void notes_choose_the_state_in_the_sandbox(void **state)
{
    static const struct { const char *note, *status, *description; } cases[] = {
        { "SUCCESS", "\"SUCCESS\"", "\"Refund processed\"" }, { "FAILED", "\"CANCELLED\"", "\"Refund failed\"" },
        { "PENDING", "\"PENDING\"", "\"In Progress\"" }, { "ACTIVE", "\"PENDING\"", "\"In Progress\"" },
    };
    struct rbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[128];

        (void)snprintf(body, sizeof body, "{\"refund_amount\":1,\"refund_id\":\"refund_%zu\",\"refund_note\":\"%s\"}",
                       i, cases[i].note);
        assert_int_equal(create(b, body), 200);
        assert_string_equal(rbed_member(b, "refund_status"), cases[i].status);
        assert_string_equal(rbed_member(b, "status_description"), cases[i].description);
    }
    assert_int_equal(get(b, "2025-01-01", "refund_0"), 200);
    assert_has(&b->x, "\"refund_mode\":\"STANDARD\",\"refund_arn\":\"74000000000000000000001\"");
    assert_has(&b->x, "\"processed\":\"STANDARD\"");
    assert_has(&b->x, "\"processed_at\":\"2023-11-15T03:43:20+05:30\"");
}

static void bad_bodies_name_their_field(void **state)
{
    static const struct { const char *body, *code, *message; } cases[] = {
        { "{\"refund_id\":\"refund_1\"}", "refund_amount_missing",
          "refund_amount : is missing in the request. Value received: " },
        { "{\"refund_amount\":0,\"refund_id\":\"refund_1\"}", "refund_amount_invalid",
          "refund_amount : Invalid amount entered " },
        { "{\"refund_amount\":0.00,\"refund_id\":\"refund_1\"}", "refund_amount_invalid",
          "refund_amount : Invalid amount entered " },
        { "{\"refund_amount\":-1,\"refund_id\":\"refund_1\"}", "refund_amount_invalid",
          "refund_amount : Invalid amount entered " },
        { "{\"refund_amount\":\"1\",\"refund_id\":\"refund_1\"}", "refund_amount_invalid",
          "refund_amount : Invalid amount entered " },
        { "{\"refund_amount\":1}", "refund_id_missing",
          "refund_id : is missing in the request. Value received: " },
        { "{\"refund_amount\":1,\"refund_id\":\"ab\"}", "refund_id_invalid", "refund_id : should be at least 3" },
        { "{\"refund_amount\":1,\"refund_id\":\"01234567890123456789012345678901234567890\"}", "refund_id_invalid",
          "refund_id : should be at max 40" },
        { "{\"refund_amount\":1,\"refund_id\":\"a b c\"}", "refund_id_invalid",
          "refund_id : should be alpha numeric and may contain underscore or hypens. Value received: a b c" },
        { "{\"refund_amount\":1,\"refund_id\":\"refund_1\",\"refund_note\":\"ab\"}", "refund_note_invalid",
          "refund_note : should be at least 3" },
        { "{\"refund_amount\":1,\"refund_id\":\"refund_1\",\"refund_note\":\"to 4111111111111111\"}",
          "refund_note_invalid", "refund_note : must not contain a card number (PCI DSS requirement 3)" },
        { "{\"refund_amount\":1,\"refund_id\":\"refund_1\",\"refund_speed\":\"SOON\"}", "refund_speed_invalid",
          "refund_speed : should be STANDARD INSTANT. Value received: SOON" },
        { "{\"refund_amount\":1,\"refund_id\":\"refund_1\",\"refund_splits\":[{\"amount\":1}]}",
          "refund_splits.vendor_id_missing",
          "refund_splits.vendor_id : is missing in the request. Value received: " },
        { "{\"refund_amount\":1,\"refund_id\":\"refund_1\",\"refund_splits\":[{\"vendor_id\":\"v1\",\"amount\":0.5},"
          "{\"vendor_id\":\"v2\",\"amount\":0.51}]}", "api_request_failed",
          "Total split amount can not be greater than transaction amount" },
        { "{\"refund_amount\":1,\"refund_id\":\"refund_1\",\"refund_splits\":[{\"vendor_id\":\"v1\","
          "\"amount\":0.0001}]}", "refund_splits.amount_invalid", "refund_splits.amount : Invalid amount entered " },
    };
    struct rbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)create(b, cases[i].body);
        rbed_error(b, 400, cases[i].code, cases[i].message);
    }
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND], 0);
}

static void amounts_are_exact_and_never_more_than_what_is_left(void **state)
{
    static const char *const too_much[] = { "1000.01", "1.005", "100000000000" };
    struct rbed *b = *state;

    for (size_t i = 0; i < sizeof too_much / sizeof *too_much; i++) {
        char body[96];

        (void)snprintf(body, sizeof body, "{\"refund_amount\":%s,\"refund_id\":\"refund_%zu\"}", too_much[i], i);
        (void)create(b, body);
        rbed_error(b, 400, "refund_amount_invalid",
                   "refund_amount : should be greater than 0 and at max what is left of the paid amount");
    }
    for (int i = 0; i < 10; i++) {
        char body[96];

        (void)snprintf(body, sizeof body, "{\"refund_amount\":99.99,\"refund_id\":\"part_%d\"}", i);
        assert_int_equal(create(b, body), 200);
    }
    assert_int_equal(create(b, "{\"refund_amount\":0.11,\"refund_id\":\"part_10\"}"), 400);
    assert_int_equal(create(b, "{\"refund_amount\":0.1,\"refund_id\":\"part_11\"}"), 200);
    assert_int_equal(create(b, "{\"refund_amount\":0.01,\"refund_id\":\"part_12\"}"), 400);
    assert_int_equal(rbank_paid_out(&b->bank), 100000);
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 100000);
}

static void refused_for_what_the_order_is(void **state)
{
    struct rbed *b = *state;
    struct rbed_call c = { .route = CREATE, .body = "{\"refund_amount\":1,\"refund_id\":\"refund_1\"}" };

    (void)rbed_insert(b, rbed_order_row(b, "unpaid", 5000), (struct payment_row){ 0 });
    c.order = "unpaid";
    (void)rbed_send(b, c);
    rbed_error(b, 400, "order_id_not_paid", "order is not paid, or its payment is not captured");
    c.order = "nowhere";
    (void)rbed_send(b, c);
    rbed_error(b, 404, "order_not_found", "Order Reference Id does not exist");
    c.order = RBED_ORDER;
    b->s->acquirer = NULL;
    (void)rbed_send(b, c);
    rbed_error(b, 400, "request_failed", "transactions are not enabled for your payment gateway account");
}

static void the_same_refund_twice_is_one_and_another_under_its_id_is_refused(void **state)
{
    struct rbed *b = *state;
    char first[2048];

    assert_int_equal(create(b, "{\"refund_amount\":1,\"refund_id\":\"refund_1\"}"), 200);
    (void)snprintf(first, sizeof first, "%.2000s", b->x.body);
    assert_int_equal(create(b, "{\"refund_amount\":1.00,\"refund_id\":\"refund_1\"}"), 200);
    assert_string_equal(b->x.body, first);
    (void)create(b, "{\"refund_amount\":2,\"refund_id\":\"refund_1\"}");
    rbed_error(b, 400, "refund_id_already_exists", "refund with same id is already present");
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND], 1);
}

static void an_idempotency_key_makes_one_refund_and_its_last_known_answer_is_repeated(void **state)
{
    struct rbed *b = *state;
    struct rbed_call c = { .route = CREATE, .version = "2026-01-01", .key = "key-1",
                           .body = "{\"refund_amount\":1,\"refund_note\":\"SUCCESS\"}" };
    char first[2048];

    assert_int_equal(rbed_send(b, c), 200);
    assert_string_equal(rbed_member(b, "refund_status"), "\"SUCCESS\"");
    assert_string_equal(xbed_answer_header(&b->x, "x-idempotency-replayed"), "false");
    (void)snprintf(first, sizeof first, "%.2000s", b->x.body);
    assert_int_equal(rbed_send(b, c), 200);
    assert_string_equal(b->x.body, first);
    assert_string_equal(xbed_answer_header(&b->x, "x-idempotency-replayed"), "true");
    assert_int_equal(b->bank.n, 1);
    c.body = "{\"refund_amount\":2}";
    assert_int_equal(rbed_send(b, c), 422);
    c.order = "nowhere";                              /* the key is good for its order alone */
    assert_int_equal(rbed_send(b, c), 404);
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 100);
}

static void silence_is_answered_with_a_pending_refund(void **state)
{
    struct rbed *b = *state;

    b->bank.mute = true;
    assert_int_equal(create(b, "{\"refund_amount\":1,\"refund_id\":\"refund_1\",\"refund_note\":\"SUCCESS\"}"), 200);
    assert_string_equal(rbed_member(b, "refund_status"), "\"PENDING\"");
    b->bank.mute = false;
    rbed_pass(b, REFUND_LEASE_MS);
    (void)rbed_sweep(b);
    assert_int_equal(get(b, "2025-01-01", "refund_1"), 200);
    assert_string_equal(rbed_member(b, "refund_status"), "\"SUCCESS\"");
    assert_int_equal(b->bank.n, 1);
}

static void refunds_of_an_order_are_listed_newest_first(void **state)
{
    const struct rbed_call list = { .route = LIST };
    struct rbed *b = *state;

    assert_int_equal(rbed_send(b, list), 200);
    assert_string_equal(b->x.body, "[]");
    assert_int_equal(create(b, "{\"refund_amount\":1,\"refund_id\":\"refund_1\"}"), 200);
    assert_int_equal(create(b, "{\"refund_amount\":2,\"refund_id\":\"refund_2\",\"refund_note\":\"x\"}"), 400);
    assert_int_equal(create(b, "{\"refund_amount\":2,\"refund_id\":\"refund_2\","
                               "\"refund_note\":\"a \\\"b\\\"\"}"), 200);
    assert_int_equal(rbed_send(b, list), 200);
    assert_true(strstr(b->x.body, "\"refund_2\"") < strstr(b->x.body, "\"refund_1\""));
    assert_has(&b->x, "\"refund_note\":\"a \\\"b\\\"\"");
    assert_int_equal(b->x.body[0], '[');
    assert_int_equal(rbed_send(b, (struct rbed_call){ .route = LIST, .order = "nowhere" }), 404);
}

/* A refund of one paisa with notes and splits as long as `n` vendors make them. */
static unsigned create_long(struct rbed *b, const char *id, int n)
{
    char body[4096];
    int at = snprintf(body, sizeof body, "{\"refund_amount\":0.01,\"refund_id\":\"%s\",\"refund_note\":\"%0100d\","
                      "\"refund_splits\":[", id, 7);

    for (int i = 0; i < n; i++)
        at += snprintf(body + at, sizeof body - (size_t)at, "%s{\"vendor_id\":\"vendor_%02d\"}", i ? "," : "", i);
    (void)snprintf(body + at, sizeof body - (size_t)at, "]}");
    return create(b, body);
}

static void a_list_of_as_many_as_there_can_be_fits(void **state)
{
    struct rbed *b = *state;
    char id[16];

    assert_int_equal(create_long(b, "too_long", 50), 400);
    rbed_error(b, 400, "refund_splits_invalid", "refund_splits : should be at max 2048 bytes in all");
    for (int i = 0; i < REFUNDS_MAX; i++) {
        (void)snprintf(id, sizeof id, "refund_%d", i);
        assert_int_equal(create_long(b, id, 39), 200);
    }
    assert_true(rbed_read(b, 1).row.splits.n > REFUND_SPLITS_TEXT_MAX - 60);
    assert_int_equal(create_long(b, "one_more", 1), 400);
    rbed_error(b, 400, "refund_invalid", "no more refunds are possible for this order");
    assert_int_equal(rbed_send(b, (struct rbed_call){ .route = LIST }), 200);
    assert_has(&b->x, "\"refund_0\"");
}

static void what_is_no_refund_is_not_found(void **state)
{
    struct rbed *b = *state;

    (void)get(b, "2025-01-01", "refund_9");
    rbed_error(b, 404, "refund_get_not_found", "refund not found");
    (void)get(b, "2025-01-01", "a b");
    rbed_error(b, 400, "refund_id_invalid",
               "refund_id : should be alpha numeric and may contain underscore or hypens. Value received: a b");
    assert_int_equal(rbed_send(b, (struct rbed_call){ .route = GET, .order = "nowhere", .param2 = "refund_9" }), 404);
}

static void a_pending_refund_can_be_cancelled_from_2026_on(void **state)
{
    struct rbed *b = *state;
    struct rbed_call c = { .route = CHANGE, .param2 = "refund_1", .version = "2026-01-01",
                           .body = "{\"refund_status\":\"CANCELLED\",\"remarks\":\"customer keeps it\"}" };

    (void)rbed_send(b, c);
    rbed_error(b, 404, "refund_get_not_found", "refund not found");
    assert_int_equal(create(b, "{\"refund_amount\":1,\"refund_id\":\"refund_1\"}"), 200);
    c.version = "2025-01-01";
    assert_int_equal(rbed_send(b, c), 404);
    assert_has(&b->x, "endpoint or method is not valid");
    c.version = "2026-01-01";
    assert_int_equal(rbed_send(b, c), 200);
    assert_string_equal(rbed_member(b, "refund_status"), "\"CANCELLED\"");
    assert_string_equal(rbed_member(b, "status_description"), "\"Refund was cancelled\"");
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 0);
    assert_true(span_equal(rbed_read(b, 1).row.remarks, SPAN("customer keeps it")));
    c.body = "{\"refund_status\":\"SUCCESS\"}";
    (void)rbed_send(b, c);
    rbed_error(b, 400, "refund_status_invalid", "refund_status : should be CANCELLED. Value received: SUCCESS");
    c.body = "{}";
    (void)rbed_send(b, c);
    rbed_error(b, 400, "refund_status_missing", "refund_status : is missing in the request. Value received: ");
}

static void what_is_paid_out_cannot_be_cancelled(void **state)
{
    struct rbed *b = *state;
    const struct rbed_call c = { .route = CHANGE, .param2 = "refund_1", .version = "2026-01-01",
                                 .body = "{\"refund_status\":\"CANCELLED\"}" };

    assert_int_equal(create(b, "{\"refund_amount\":1,\"refund_id\":\"refund_1\",\"refund_note\":\"SUCCESS\"}"), 200);
    (void)rbed_send(b, c);
    rbed_error(b, 400, "refund_invalid", "only a refund that is pending or on hold can be cancelled");
}

static void a_bank_that_will_not_cancel_is_believed(void **state)
{
    struct rbed *b = *state;
    const struct rbed_call c = { .route = CHANGE, .param2 = "refund_1", .version = "2026-01-01",
                                 .body = "{\"refund_status\":\"CANCELLED\"}" };

    b->bank.cancels = ACQUIRER_BAD_STATE;
    assert_int_equal(create(b, "{\"refund_amount\":1,\"refund_id\":\"refund_1\"}"), 200);
    (void)rbed_send(b, c);
    rbed_error(b, 400, "refund_invalid", "only a refund that is pending or on hold can be cancelled");
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 100);
}

static void another_merchant_sees_no_refund(void **state)
{
    struct rbed *b = *state;
    struct merchant_credentials other;

    assert_int_equal(create(b, "{\"refund_amount\":1,\"refund_id\":\"refund_1\"}"), 200);
    assert_int_equal(merchant_add(b->s, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    b->f->merchant = other;
    (void)get(b, "2025-01-01", "refund_1");
    rbed_error(b, 404, "order_not_found", "Order Reference Id does not exist");
    (void)create(b, "{\"refund_amount\":1,\"refund_id\":\"refund_2\"}");
    rbed_error(b, 404, "order_not_found", "Order Reference Id does not exist");
}

static void a_settlement_is_there_from_its_day_on(void **state)
{
    const struct rbed_call c = { .route = SETTLEMENTS };
    struct rbed *b = *state;
    char id[24], ids[160];

    (void)snprintf(id, sizeof id, "%llu",
                   (unsigned long long)pay_settlement_id(b->s, b->f->merchant.merchant_id, 1));
    (void)rbed_send(b, c);
    rbed_error(b, 404, "settlement_not_found", "nothing has been settled for this order yet");
    rbed_pass(b, 2LL * 24 * 3600 * 1000);
    assert_int_equal(rbed_send(b, c), 200);
    (void)snprintf(ids, sizeof ids, "\"cf_settlement_id\":\"%s\",\"settlement_currency\"", id);
    assert_has(&b->x, ids);
    (void)snprintf(ids, sizeof ids, "\"settlement_id\":%s,\"transfer_id\":%s,\"transfer_time\"", id, id);
    assert_has(&b->x, ids);
    assert_has(&b->x, "\"settlement_currency\":\"INR\",\"order_currency\":\"INR\","
                      "\"order_id\":\"paid_order\",\"entity\":\"settlement\",\"order_amount\":1000,"
                      "\"payment_time\":\"2023-11-15T03:43:20+05:30\",\"service_charge\":20,\"service_tax\":3.6,"
                      "\"settlement_amount\":976.4,\"settlement_id\":");
    assert_has(&b->x, "\"transfer_time\":\"2023-11-16T09:00:00+05:30\","
                      "\"transfer_utr\":\"TIJO20231116");
    assert_int_equal(rbed_send(b, (struct rbed_call){ .route = SETTLEMENTS, .version = "2022-09-01" }), 200);
    (void)snprintf(ids, sizeof ids, "\"cf_settlement_id\":%s,", id);
    assert_has(&b->x, ids);
    assert_has_not(&b->x, "forex");
    (void)rbed_insert(b, rbed_order_row(b, "unpaid", 5000), (struct payment_row){ 0 });
    (void)rbed_send(b, (struct rbed_call){ .route = SETTLEMENTS, .order = "unpaid" });
    rbed_error(b, 404, "settlement_not_found", "nothing has been settled for this order yet");
    (void)rbed_send(b, (struct rbed_call){ .route = SETTLEMENTS, .order = "nowhere" });
    rbed_error(b, 404, "order_not_found", "Order Reference Id does not exist");
}

#define T(name) cmocka_unit_test_setup_teardown(name, rbed_setup, rbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_refund_shows_every_field),
        T(ids_are_numbers_with_a_prefix_and_later_texts),
        T(notes_choose_the_state_in_the_sandbox),
        T(bad_bodies_name_their_field),
        T(amounts_are_exact_and_never_more_than_what_is_left),
        T(refused_for_what_the_order_is),
        T(the_same_refund_twice_is_one_and_another_under_its_id_is_refused),
        T(an_idempotency_key_makes_one_refund_and_its_last_known_answer_is_repeated),
        T(silence_is_answered_with_a_pending_refund),
        T(refunds_of_an_order_are_listed_newest_first),
        T(a_list_of_as_many_as_there_can_be_fits),
        T(what_is_no_refund_is_not_found),
        T(a_pending_refund_can_be_cancelled_from_2026_on),
        T(what_is_paid_out_cannot_be_cancelled),
        T(a_bank_that_will_not_cancel_is_believed),
        T(another_merchant_sees_no_refund),
        T(a_settlement_is_there_from_its_day_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
