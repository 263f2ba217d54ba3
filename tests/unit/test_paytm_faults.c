/* test_paytm_faults.c: what is wrong with a head, a query or a header, and what a fault of ours says. */
#include "paytm_bed.h"

#include "dialect/paytm/answer.h"
#include "dialect/paytm/code.h"
#include "dialect/paytm/head.h"

#include "base/banned.h"

static void each_fault_has_its_code(void **state)
{
    static const struct { enum fault fault; enum paytm_code code; } rows[] = {
        { FAULT_NONE, CODE_DONE }, { FAULT_BAD_INPUT, CODE_BAD_REQUEST }, { FAULT_UNKNOWN_CALLER, CODE_REFUSED },
        { FAULT_TOO_MANY, CODE_REFUSED }, { FAULT_NOT_FOUND, CODE_NO_TOKEN }, { FAULT_WRONG_STATE, CODE_STATE },
        { FAULT_BUSY, CODE_DOWN }, { FAULT_DISK, CODE_DOWN }, { FAULT_SILENT, CODE_DOWN }, { FAULT_RETRY, CODE_DOWN },
        { FAULT_DENIED, CODE_INTERNAL }, { FAULT_EXISTS, CODE_INTERNAL }, { FAULT_MISMATCH, CODE_INTERNAL },
        { FAULT_INTERNAL, CODE_INTERNAL },
    };

    (void)state;
    assert_int_equal(sizeof rows / sizeof *rows, FAULT_INTERNAL + 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(code_of_fault(rows[i].fault), rows[i].code);
}

static void each_flaw_of_a_card_has_its_code(void **state)
{
    static const struct { enum card_flaw flaw; enum pan_flaw pan; enum paytm_code code; } rows[] = {
        { CARD_FINE, PAN_FINE, CODE_DONE }, { CARD_UNREADABLE, PAN_FINE, CODE_DETAILS },
        { CARD_SYNTAX, PAN_FINE, CODE_DETAILS }, { CARD_NUMBER, PAN_MISSING, CODE_MISSING },
        { CARD_NUMBER, PAN_LUHN, CODE_DETAILS }, { CARD_MONTH, PAN_FINE, CODE_DETAILS },
        { CARD_YEAR, PAN_FINE, CODE_DETAILS }, { CARD_EXPIRED, PAN_FINE, CODE_DETAILS },
        { CARD_CODE, PAN_FINE, CODE_DETAILS }, { CARD_FLAWS, PAN_FINE, CODE_INTERNAL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(code_of_flaw(rows[i].flaw, rows[i].pan), rows[i].code);
}

static void each_reason_of_the_vault_has_its_code_and_words(void **state)
{
    static const struct { struct vault_job job; enum paytm_code code; const char *why; } rows[] = {
        { { .why = VAULT_NO_NETWORK }, CODE_DOWN, "this server has no card network" },
        { { .why = VAULT_CARD_BUDGET }, CODE_REFUSED, "more different cards than a merchant may try in an hour" },
        { { .why = VAULT_NO_REQUESTOR }, CODE_NO_TRID, "the merchant is not onboarded at the card's scheme" },
        { { .why = VAULT_NETWORK, .answer.verdict = NETWORK_NO_TOKEN }, CODE_NET_NO_TOKEN, NULL },
        { { .why = VAULT_NETWORK, .answer.verdict = NETWORK_WRONG_CRYPTOGRAM }, CODE_NET_FAULT, NULL },
        { { .why = VAULT_NETWORK, .answer.verdict = NETWORK_WRONG_AMOUNT }, CODE_NET_FAULT, NULL },
        { { .why = VAULT_NETWORK, .answer.verdict = NETWORK_STALE }, CODE_NET_FAULT, NULL },
        { { .why = VAULT_CONSENT, .consent = CONSENT_FACTOR }, CODE_REFUSED, NULL },
        { { .why = VAULT_CONSENT, .consent = CONSENT_ID }, CODE_MISSING, NULL },
        { { .why = VAULT_CONSENT, .consent = CONSENT_AMEX }, CODE_MISSING, NULL },
        { { .why = VAULT_CONSENT, .consent = CONSENT_TIME }, CODE_INTERNAL, NULL },
        { { .why = VAULT_RULE, .rule = TOKEN_RULE_SETTLED }, CODE_NOT_ALLOWED, NULL },
        { { .why = VAULT_RULE, .rule = TOKEN_RULE_NONE }, CODE_INTERNAL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct verdict v = answer_refusal(&rows[i].job, FAULT_WRONG_STATE);

        assert_int_equal(v.code, rows[i].code);
        assert_non_null(v.why);
        if (rows[i].why)
            assert_string_equal(v.why, rows[i].why);
    }
}

static void a_field_is_missing_of_another_type_or_of_another_value(void **state)
{
    static const struct { enum json_why why; enum paytm_code code; } rows[] = {
        { JSON_WHY_SYNTAX, CODE_BAD_REQUEST }, { JSON_WHY_MISSING, CODE_MISSING }, { JSON_WHY_TYPE, CODE_BAD_REQUEST },
        { JSON_WHY_SHORT, CODE_DETAILS }, { JSON_WHY_LONG, CODE_DETAILS }, { JSON_WHY_SMALL, CODE_DETAILS },
        { JSON_WHY_LARGE, CODE_DETAILS }, { JSON_WHY_FEW, CODE_DETAILS }, { JSON_WHY_MANY, CODE_DETAILS },
        { JSON_WHY_RULE, CODE_DETAILS }, { JSON_WHY_ONE_OF, CODE_DETAILS },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct json_complaint why = { .why = rows[i].why, .path = "body.x" };
        const struct verdict v = head_complaint(&why);

        assert_int_equal(v.code, rows[i].code);
        assert_non_null(v.why);
        assert_string_equal(v.field, rows[i].why == JSON_WHY_SYNTAX ? "" : "body.x");
    }
}

static void a_value_of_a_query_is_decoded_or_none(void **state)
{
    struct arena *a = ((const struct pbed *)*state)->f->arena;
    const struct span query = SPAN("a=1&b=%41%2b+&c=%4&d=%zz&e=&f&a=2");

    assert_true(span_equal(query_value(a, query, SPAN("a")), SPAN("1")));
    assert_true(span_equal(query_value(a, query, SPAN("b")), SPAN("A++")));
    assert_true(span_absent(query_value(a, query, SPAN("c"))));
    assert_true(span_absent(query_value(a, query, SPAN("d"))));
    assert_true(span_absent(query_value(a, query, SPAN("e"))));
    assert_true(span_absent(query_value(a, query, SPAN("f"))));
    assert_true(span_absent(query_value(a, query, SPAN("g"))));
}

static void a_header_that_cannot_be_printed_is_refused_by_its_name(void **state)
{
    struct pbed *b = *state;

    (void)xbed_send(&b->x, (struct xbed_sent){
        .route = INFO, .param = b->paytm.mid, .query = "tokenIndexNumber=1&requestId=i1",
        .headers = { { "version", "v1" }, { "requestId", "i\x01" }, { "signatureType", "CHECKSUM" } } });
    assert_string_equal(pbed_value(b, "resultCode"), "400");
    assert_has(&b->x, "requestId");
}

static void a_request_id_has_128_bytes_at_most(void **state)
{
    struct pbed *b = *state;
    char id[140], query[160], text[1024], body[96];

    (void)snprintf(body, sizeof body, "{\"mid\":\"%s\"}", b->paytm.mid);
    (void)snprintf(id, sizeof id, "%0129d", 0);
    (void)snprintf(query, sizeof query, "requestId=%s", id);
    (void)snprintf(text, sizeof text, "{\"head\":{\"version\":\"v1\",\"requestTimestamp\":\"1700000000000\","
                   "\"requestId\":\"%s\",\"signature\":\"%s\",\"signatureType\":\"CHECKSUM\"},\"body\":%s}", id,
                   pbed_sign(b, body), body);
    assert_string_equal(pbed_send(b, GENERATE, query, text), "406");
}

static void who_asks_for_a_change_is_one_of_three(void **state)
{
    struct pbed *b = *state;
    char body[512];

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    (void)snprintf(body, sizeof body, "{\"mid\":\"%s\",\"tokenIndexNumber\":\"%s\",\"tokenStatus\":\"SUSPENDED\","
                   "\"requestedBy\":\"SOMEBODY\",\"userInfo\":{\"custId\":\"c1\"}}", b->paytm.mid, b->token);
    assert_code(b, pbed_post(b, MODIFY, body), "409");
    (void)snprintf(body, sizeof body, "{\"mid\":\"%s\",\"tokenIndexNumber\":\"%s\",\"tokenStatus\":\"SUSPENDED\","
                   "\"requestedBy\":\"TOKEN_REQUESTOR\",\"userInfo\":{\"custId\":\"c1\"}}", b->paytm.mid, b->token);
    assert_code(b, pbed_post(b, MODIFY, body), "00");
    (void)snprintf(body, sizeof body, "{\"mid\":\"%s\",\"custId\":\"c1\",\"cardId\":\"%s\",\"isParRequest\":false,"
                   "\"requestedBy\":\"SOMEBODY\"}", b->paytm.mid, b->token);
    assert_code(b, pbed_saved(b, DELETE_CARD, body), "409");
}

static void the_query_of_a_saved_card_call_names_whom_the_body_names(void **state)
{
    static const struct { const char *query, *code; } rows[] = {
        { "mid=another", "407" }, { "custId=another", "408" }, { "custId=c1", "00" },
    };
    struct pbed *b = *state;
    char body[256];

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    (void)snprintf(body, sizeof body, "{\"mid\":\"%s\",\"custId\":\"c1\"}", b->paytm.mid);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(b->sent, sizeof b->sent, "{\"head\":{\"tokenType\":\"CHECKSUM\",\"token\":\"%s\"},\"body\":%s}",
                       pbed_sign(b, body), body);
        assert_code(b, pbed_send(b, CARDS, rows[i].query, b->sent), rows[i].code);
    }
}

/* Whose signature could not be looked at is told nothing but that, without one of ours. */
static void a_keyholder_that_is_silent_verifies_and_signs_nothing(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    pbed_next_id(b);
    (void)pbed_envelope(b, pbed_generate_body(b, "ECOM", "c1"), b->signature);
    fixture_keyholder_stop(b->f);
    assert_code(b, pbed_send(b, GENERATE, pbed_query(b), b->sent), "502");
    assert_has_not(&b->x, "cardToken");
    assert_false(pbed_is_signed(b));
    fixture_keyholder_start(b->f);
    assert_code(b, pbed_generate(b), "00");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pbed_setup, pbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_has_its_code),
        cmocka_unit_test(each_flaw_of_a_card_has_its_code),
        cmocka_unit_test(each_reason_of_the_vault_has_its_code_and_words),
        cmocka_unit_test(a_field_is_missing_of_another_type_or_of_another_value),
        TEST(a_value_of_a_query_is_decoded_or_none),
        TEST(a_header_that_cannot_be_printed_is_refused_by_its_name),
        TEST(a_request_id_has_128_bytes_at_most),
        TEST(who_asks_for_a_change_is_one_of_three),
        TEST(the_query_of_a_saved_card_call_names_whom_the_body_names),
        TEST(a_keyholder_that_is_silent_verifies_and_signs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
