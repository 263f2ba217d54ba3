/* test_cashfree_problems.c: every fault and refusal as an error object; and the words of versions and rules. */
#include "cashfree_bed.h"
#include "dialect/cashfree/pay.h"
#include "dialect/cashfree/problem.h"
#include "dialect/cashfree/rules.h"

static void every_fault_has_its_error(void **state)
{
    static const struct { enum fault fault; unsigned status; const char *code, *type; } rows[] = {
        { FAULT_BAD_INPUT, 400, "request_failed", "invalid_request_error" },
        { FAULT_UNKNOWN_CALLER, 401, "request_failed", "authentication_error" },
        { FAULT_DENIED, 500, "internal_error", "api_error" },
        { FAULT_NOT_FOUND, 404, "order_not_found", "invalid_request_error" },
        { FAULT_EXISTS, 409, "order_already_exists", "invalid_request_error" },
        { FAULT_WRONG_STATE, 400, "order_inactive", "invalid_request_error" },
        { FAULT_MISMATCH, 422, "request_invalid", "idempotency_error" },
        { FAULT_TOO_MANY, 429, "request_failed", "rate_limit_error" },
        { FAULT_BUSY, 503, "request_failed", "api_error" },
        { FAULT_DISK, 500, "internal_error", "api_error" },
        { FAULT_SILENT, 503, "request_failed", "api_error" },
        { FAULT_RETRY, 500, "internal_error", "api_error" },
        { FAULT_INTERNAL, 500, "internal_error", "api_error" },
    };

    (void)state;
    assert_int_equal(sizeof rows / sizeof *rows, FAULT_INTERNAL);      /* all but NONE */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct problem p = problem_of_fault(rows[i].fault);
        assert_int_equal(p.status, rows[i].status);
        assert_true(span_equal(p.code, span_of(rows[i].code)));
        assert_string_equal(p.type, rows[i].type);
        assert_true(p.message.n > 0);
    }
}

/* Each but those with which a payment goes on, or which are no payment's, has words for the caller. */
static void what_a_bank_says_against_a_payment_is_never_our_own_error(void **state)
{
    struct arena *a = ((const struct bed *)*state)->f->arena;

    for (unsigned v = 0; v < ACQUIRER_VERDICTS; v++) {
        enum acquirer_verdict verdict = (enum acquirer_verdict)v;
        bool goes_on = verdict == ACQUIRER_FACTOR || verdict == ACQUIRER_WAITS || verdict == ACQUIRER_HELD;
        bool of_refund = verdict >= ACQUIRER_REFUND_PENDING && verdict <= ACQUIRER_REFUND_CANCELLED;

        if (!goes_on && !of_refund)
            assert_int_not_equal(orderpay_problem_of_verdict(a, PAYMENT_BY_UPI, verdict).status, 500);
    }
    assert_true(span_equal(orderpay_problem_of_verdict(a, PAYMENT_BY_UPI, ACQUIRER_CHARGED).code,
                           SPAN("order_inactive")));
}

static void every_refusal_has_its_error_in_both_shapes(void **state)
{
    static const struct { enum refusal why; unsigned status; const char *code, *type; } rows[] = {
        { REFUSE_NO_ROUTE, 404, "request_failed", "api_connection_error" },
        { REFUSE_METHOD, 404, "request_failed", "api_connection_error" },
        { REFUSE_PATH, 400, "request_failed", "invalid_request_error" },
        { REFUSE_BODY_TOO_LARGE, 413, "request_failed", "invalid_request_error" },
        { REFUSE_BODY_TRUNCATED, 400, "request_failed", "invalid_request_error" },
        { REFUSE_CONTENT_TYPE, 415, "request_failed", "invalid_request_error" },
        { REFUSE_FRAMING, 400, "request_failed", "invalid_request_error" },
        { REFUSE_HEADERS, 431, "request_failed", "invalid_request_error" },
        { REFUSE_HOST, 421, "request_failed", "invalid_request_error" },
        { REFUSE_BUSY, 503, "request_failed", "api_error" },
        { REFUSE_STOPPING, 503, "request_failed", "api_error" },
        { REFUSE_TIMEOUT, 408, "api_request_timeout", "api_connection_error" },
        { REFUSE_MEMORY, 500, "internal_error", "api_error" },
        { REFUSE_SEALED, 503, "request_failed", "api_error" },
    };
    struct bed *b = *state;
    char want[128];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(bed_refuse(b, (struct sent){ .version = V2023 }, rows[i].why), rows[i].status);
        (void)snprintf(want, sizeof want, "\",\"code\":\"%s\",\"type\":\"%s\"}\n", rows[i].code, rows[i].type);
        assert_has(b, want);
        assert_int_equal(strlen(bed_answer_header(b, "x-request-id")), 32);
        assert_int_equal(bed_refuse(b, (struct sent){ .route = "POST /api/v2/cftoken/order" }, rows[i].why),
            rows[i].status);
        (void)snprintf(want, sizeof want, "{\"status\":\"ERROR\",\"subCode\":\"%u\",\"message\":\"", rows[i].status);
        assert_int_equal(strncmp(b->body, want, strlen(want)), 0);
    }
}

static void an_unknown_route_is_told_in_the_documented_words(void **state)
{
    struct bed *b = *state;

    (void)bed_refuse(b, (struct sent){ .request_id = "r-1" }, REFUSE_NO_ROUTE);
    assert_string_equal(b->body, "{\"message\":\"endpoint or method is not valid, please check api documentation\","
                                 "\"code\":\"request_failed\",\"type\":\"api_connection_error\"}\n");
    assert_string_equal(bed_answer_header(b, "x-request-id"), "r-1");
}

static void an_error_is_written_in_the_documented_order(void **state)
{
    const struct problem p = problem_make(404, "order_not_found", "Order Reference Id does not exist");
    char text[512];
    struct buf b = BUF(text);

    (void)state;
    problem_put(&b, &p, API_2023_08_01);
    assert_true(span_equal(buf_view(&b),
        SPAN("{\"message\":\"Order Reference Id does not exist\",\"code\":\"order_not_found\","
                                              "\"type\":\"invalid_request_error\"}\n")));
    b.n = 0;
    problem_put(&b, &p, API_2025_01_01);
    assert_true(span_starts(buf_view(&b),
        SPAN("{\"message\":\"Order Reference Id does not exist\",\"code\":\"order_not_found\","
                                               "\"type\":\"invalid_request_error\",\"help\":\"")));
    assert_true(b.n <= problem_size(&p));
}

static void versions_are_known_by_their_exact_names(void **state)
{
    (void)state;
    for (enum api_version v = API_2021_05_21; v < API_VERSIONS; v++)
        assert_int_equal(api_version_of(span_of(api_version_name(v))), v);
    assert_int_equal(api_version_of((struct span){ 0 }), API_UNKNOWN);
    assert_int_equal(api_version_of(SPAN("")), API_UNKNOWN);
    assert_int_equal(api_version_of(SPAN("2025-01-0")), API_UNKNOWN);
}

struct try { const char *text; bool good; };

static void assert_rule(bool (*rule)(struct span), const struct try *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rule(span_of(rows[i].text)) != rows[i].good)
            fail_msg("%s", rows[i].text);
}
#define RULE(rule, rows) assert_rule((rule), (rows), sizeof (rows) / sizeof *(rows))

static void rules_say_yes_and_no(void **state)
{
    static const struct try ids[] = {
        { "aZ09_-", true }, { "id-4111111111111111", false }, { "4006381333932", true }, { "", false },
        { "a b", false }, { "a.b", false }, { "\xc3\xa9", false },
    };
    static const struct try urls[] = {
        { "https://a", true }, { "http://127.0.0.1:3000/x?y={order_id}#z", true }, { "https://", false }, {
          "https:///x", false },
        { "https://?x", false }, { "HTTPS://a", false }, { "javascript:alert(1)", false }, { "https://a b", false },
        { "https://a\"b", false }, { "https://\xc3\xa9", false }, { "", false },
    };
    static const struct try phones[] = {
        { "9908734801", true }, { "+919908734801", true }, { "990873480", false }, { "99087348011", false },
        { "99087x4801", false }, { "+12345", false }, { "+1234567890123456", false }, { "+", false }, { "", false },
    };
    static const struct try decimals[] = {
        { "1", true }, { "1.5", true }, { "123456789.012", true }, { "1234567890.123", false }, { "-1", false },
        { ".", false },
    };
    static const struct try digits[] = { { "31051123", true }, { "", false }, { "1a", false }, { "1234567890123456",
        false } };
    static const struct try cards[] = { { "hello 123", true }, { "4111111111111111", false }, {
        "x 4111-1111-1111-1111 y", false } };

    (void)state;
    RULE(rule_id, ids);
    RULE(rule_url, urls);
    RULE(rule_phone, phones);
    RULE(rule_decimal, decimals);
    RULE(rule_digits, digits);
    RULE(rule_no_card, cards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_its_error),
        cmocka_unit_test(what_a_bank_says_against_a_payment_is_never_our_own_error),
        cmocka_unit_test(every_refusal_has_its_error_in_both_shapes),
        cmocka_unit_test(an_unknown_route_is_told_in_the_documented_words),
        cmocka_unit_test(an_error_is_written_in_the_documented_order),
        cmocka_unit_test(versions_are_known_by_their_exact_names),
        cmocka_unit_test(rules_say_yes_and_no),
    };
    return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
