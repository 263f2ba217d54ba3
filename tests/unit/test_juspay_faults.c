/* test_juspay_faults.c: what is wrong with a member of a body, and what a fault of ours says in each of the routes. */
#include "juspay_bed.h"

#include "dialect/juspay/complaint.h"
#include "dialect/juspay/jwe_header.h"

#include "base/banned.h"

static bool says(const struct complaint *c, const char *reason)
{
    return c->reason && strcmp(c->reason, reason) == 0;
}

static struct arena *arena_of(void **state)
{
    return ((const struct jbed *)*state)->tokens.f->arena;
}

static void a_member_of_another_type_is_told_what_it_should_be(void **state)
{
    static const struct { enum json_type type; const char *reason; } rows[] = {
        { JSON_TEXT, "should be a string" }, { JSON_TEXT_OR_INT, "should be a string" },
        { JSON_DECIMAL, "should be a number" },
        { JSON_DECIMAL_OR_TEXT, "should be a number, or a string that holds one" },
        { JSON_INT, "should be an integer" }, { JSON_BOOL, "should be a boolean" },
        { JSON_OBJECT, "should be an object" }, { JSON_MAP, "should be an object" },
        { JSON_LIST, "should be a list" }, { JSON_VALUES, "should be a list" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct json_field field = { .name = "m", .type = rows[i].type };
        const struct json_complaint why = { .why = JSON_WHY_TYPE, .field = &field, .path = "a.m" };
        const struct complaint c = complaint_of_json(arena_of(state), &why);

        assert_int_equal(c.status, 400);
        assert_string_equal(c.code, "INVALID_INPUT");
        assert_true(span_equal(c.field, SPAN("a.m")));
        assert_true(says(&c, rows[i].reason));
    }
}

static void a_member_that_breaks_a_limit_is_told_on_which_side(void **state)
{
    static const struct { enum json_why why; const char *code, *reason; } rows[] = {
        { JSON_WHY_MISSING, "MISSING_MANDATORY_PARAMETER", "is missing" },
        { JSON_WHY_SHORT, "INVALID_INPUT", "is too short" }, { JSON_WHY_SMALL, "INVALID_INPUT", "is too short" },
        { JSON_WHY_FEW, "INVALID_INPUT", "is too short" }, { JSON_WHY_LONG, "INVALID_INPUT", "is too long" },
        { JSON_WHY_LARGE, "INVALID_INPUT", "is too long" }, { JSON_WHY_MANY, "INVALID_INPUT", "is too long" },
        { JSON_WHY_ONE_OF, "INVALID_INPUT", "is none of the values that are known" },
    };
    const struct json_field field = { .name = "m", .type = JSON_TEXT };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct json_complaint why = { .why = rows[i].why, .field = &field, .path = "m" };
        const struct complaint c = complaint_of_json(arena_of(state), &why);

        assert_string_equal(c.code, rows[i].code);
        assert_true(says(&c, rows[i].reason));
    }
}

/* The first segment of a JWE, written beside why it was refused. */
static const char *told(struct arena *a, const char *header)
{
    static char why[CARD_WHY_MAX];
    char jwe[2048];
    struct buf b = BUF(jwe);

    (void)snprintf(why, sizeof why, "it does not open");
    base64url_put(&b, span_of(header));
    buf_text(&b, ".x.x.x.x");
    assert_false(b.full);
    jwe_header_tell(why, a, buf_view(&b));
    return why;
}

static void the_algorithms_of_a_refused_jwe_are_told_where_they_are_names(void **state)
{
    struct arena *a = arena_of(state);
    char wide[1600];

    assert_string_equal(told(a, "{\"alg\":\"RSA1_5\",\"enc\":\"A128CBC-HS256\"}"),
                        "it does not open (it says alg RSA1_5, enc A128CBC-HS256)");
    assert_string_equal(told(a, "{}"), "it does not open (it says alg nothing, enc nothing)");
    assert_string_equal(told(a, "{\"alg\":\"4111111111111111\"}"), "it does not open");
    assert_string_equal(told(a, "{\"alg\":\"a b\"}"), "it does not open");
    assert_string_equal(told(a, "{\"alg\":\"\\u00e9\"}"), "it does not open");
    assert_string_equal(told(a, "{\"alg\":7}"), "it does not open");
    assert_string_equal(told(a, "no JSON"), "it does not open");
    (void)snprintf(wide, sizeof wide, "{\"x\":\"%01200d\"}", 0);
    assert_string_equal(told(a, wide), "it does not open");
}

static void a_jwe_without_a_header_is_told_nothing_about(void **state)
{
    char why[CARD_WHY_MAX] = "it has not five parts";

    jwe_header_tell(why, arena_of(state), SPAN("%%%"));
    assert_string_equal(why, "it has not five parts");
    jwe_header_tell(why, arena_of(state), SPAN(""));
    assert_string_equal(why, "it has not five parts");
}

#define NAMED "{\"card_reference\":\"token_00000000000000000000000000000000\",\"customer_id\":\"c\"}"

static void every_route_tells_a_fault_of_ours_and_nothing_more(void **state)
{
    static const struct { const char *route, *param, *query, *body; } calls[] = {
        { "POST /v4/card/get", NULL, NULL, NAMED }, { "POST /v4/card/delete", NULL, NULL, NAMED },
        { "POST /v4/card/tokenStatus", NULL, NULL, NAMED },
        { "POST /v2/card/fingerprint", NULL, NULL, "{\"card_number\":\"" JBED_VISA "\"}" },
        { "POST /v2/card/fingerprint", NULL, NULL, "{\"card_number\":\"" JBED_VISA "\",\"is_token\":true}" },
        { "GET /cards", NULL, "customer_id=c", NULL }, { "GET /cardbins/{bin}", "411111", NULL, NULL },
    };
    static const struct { enum fault fault; unsigned status; } faults[] = {
        { FAULT_DISK, 500 }, { FAULT_BUSY, 503 }, { FAULT_SILENT, 503 },
    };
    struct jbed *b = *state;

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
            (void)xbed_send_failing(&b->x, (struct xbed_sent){
                .route = calls[i].route, .param = calls[i].param, .query = calls[i].query, .body = calls[i].body,
                .headers = { { "authorization", b->authorization } } }, faults[k].fault);
            assert_error(b, faults[k].status, "SERVER_ERROR");
            assert_has_not(&b->x, JBED_VISA);
        }
}

static void a_number_whose_work_fails_is_not_given(void **state)
{
    struct jbed *b = *state;
    const char *card = jbed_quoted(jbed_seal(b, JBED_CARD(JBED_VISA)));
    char guest[2 * JBED_JWE];

    (void)snprintf(guest, sizeof guest, "{\"cardData\":%s,\"orderData\":{\"amount\":100.5,\"currency\":\"INR\"}}",
                   card);
    for (unsigned i = 0; i < 2; i++) {
        (void)xbed_send_failing(&b->x, (struct xbed_sent){
            .route = i ? "POST /get/altId" : JBED_GENERATE, .body = i ? guest : jbed_body(card, JBED_CUSTOMER, ""),
            .headers = { { "authorization", b->authorization } } }, FAULT_DISK);
        assert_error(b, 500, "SERVER_ERROR");
        assert_has(&b->x, "\"payload\":null");
    }
    (void)jbed_make(b, JBED_CARD(JBED_VISA));
}

static void a_keyholder_that_is_silent_is_asked_for_no_fingerprint(void **state)
{
    struct jbed *b = *state;

    fixture_keyholder_stop(b->tokens.f);
    (void)jbed_send(b, "POST /v2/card/fingerprint", "{\"card_number\":\"" JBED_VISA "\"}");
    assert_int_equal(b->x.x.answer.status, 503);
    assert_has_not(&b->x, JBED_VISA);
    fixture_keyholder_start(b->tokens.f);
}

static void what_is_too_long_in_the_query_of_a_list_is_refused_by_its_name(void **state)
{
    static const char *const names[] = { "submerchantId", "sub_merchant_id" };
    struct jbed *b = *state;
    char query[256], field[64];

    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(query, sizeof query, "customer_id=c&%s=%0130d", names[i], 0);
        (void)xbed_send(&b->x, (struct xbed_sent){ .route = "GET /cards", .query = query,
                                                   .headers = { { "authorization", b->authorization } } });
        assert_error(b, 400, "INVALID_INPUT");
        (void)snprintf(field, sizeof field, "\"field_name\":\"%s\",\"reason\":\"is too long\"", names[i]);
        assert_has(&b->x, field);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, jbed_setup, jbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_member_of_another_type_is_told_what_it_should_be),
        TEST(a_member_that_breaks_a_limit_is_told_on_which_side),
        TEST(the_algorithms_of_a_refused_jwe_are_told_where_they_are_names),
        TEST(a_jwe_without_a_header_is_told_nothing_about),
        TEST(every_route_tells_a_fault_of_ours_and_nothing_more),
        TEST(a_number_whose_work_fails_is_not_given),
        TEST(a_keyholder_that_is_silent_is_asked_for_no_fingerprint),
        TEST(what_is_too_long_in_the_query_of_a_list_is_refused_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
