/* test_paytm_envelope.c: heads and bodies as clients send them, and what an answer looks like. */
#include "paytm_bed.h"

#include "dialect/paytm/call.h"
#include "service/rate_limit.h"

/* Send this head and this body, signed in place of "$"; `%s` in the head is the signature. */
static const char *send(struct pbed *b, const char *head, const char *body)
{
    char text[PBED_TEXT], filled[1024];

    (void)snprintf(filled, sizeof filled, head, pbed_sign(b, body));
    (void)snprintf(text, sizeof text, "{\"head\":{%s},\"body\":%s}", filled, body);
    return pbed_send(b, GENERATE, "requestId=e1", text);
}

#define HEAD(time) \
    "\"version\":\"v1\",\"requestTimestamp\":" time ",\"requestId\":\"e1\",\"signature\":\"%s\"," \
    "\"signatureType\":\"CHECKSUM\""
#define USUAL HEAD("\"1700000000000\"")

/* 405 is what a request meets whose envelope, signature and fields are good. */
#define GOOD "405"
#define BODY "{\"paymentType\":\"ECOM\",\"tokenIndexNumber\":\"61af6a68\",\"userInfo\":{\"custId\":\"c1\"}}"

static void decision_12_the_bytes_as_received_are_what_is_signed(void **state)
{
    static const char *const bodies[] = {
        BODY,
        "{\"paymentType\": \"ECOM\", \"tokenIndexNumber\": \"61af6a68\", \"userInfo\": {\"custId\": \"c1\"}}",
        "{ \"userInfo\":{\"custId\":\"c1\"},\n\t\"tokenIndexNumber\" : \"61af\\/6a68\",\"paymentType\":\"ECOM\" }",
        "{\"userInfo\":{\"custId\":\"\\u0063\\u00e9\"},\"tokenIndexNumber\":\"\xc3\xa9\",\"paymentType\":\"ECOM\"}",
    };
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_code(b, send(b, USUAL, bodies[i]), GOOD);
        assert_code(b, pbed_send(b, GENERATE, "requestId=e1", pbed_envelope(b, bodies[i], pbed_sign(b, "{}"))), "1002");
    }
}

/* Every value is a text: behind each colon outside of texts stands a quote or a brace. */
static void assert_all_texts(const char *json)
{
    bool inside = false;

    for (const char *p = json; *p; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '"')
            inside = !inside;
        else if (!inside && *p == ':')
            assert_true(p[1] == '"' || p[1] == '{');
        else if (!inside)
            assert_non_null(strchr("{},", *p));
    }
}

static void decision_13_answers_are_compact_texts_without_needless_escapes(void **state)
{
    struct pbed *b = *state;

    b->f->services.mode = MODE_LIVE;
    assert_code(b, pbed_tokenize(b, VISA, "caf\xc3\xa9/1"), "00");
    for (unsigned i = 0; i < 40; i++) {           /* until a cryptogram has a slash in it: one in three has */
        assert_code(b, pbed_post(b, GENERATE, pbed_generate_body(b, "ECOM", "caf\xc3\xa9/1")), "00");
        assert_all_texts(b->x.body);
        assert_has_not(&b->x, "\\");
        assert_true(pbed_is_signed(b));
        if (strchr(pbed_value(b, "tavv"), '/'))
            return;
    }
    fail_msg("no cryptogram has a slash");
}

static void the_answer_has_its_members_in_the_documented_order(void **state)
{
    static const char *const order[] = {
        "{\"head\":{\"version\":\"v1\",\"responseTimestamp\":\"", "\",\"requestId\":\"", "\",\"signature\":\"",
        "\"},\"body\":{\"mid\":\"", "\"paymentType\":\"ECOM\",\"tokenIndexNumber\":\"", "\"cardToken\":\"",
        "\"tavv\":\"",
        "\"tokenInfo\":{\"tokenIndexNumber\":\"", "\"cardScheme\":\"VISA\"", "\"tokenExpiry\":\"",
        "\"issuingBankName\":\"", "\"cardSuffix\":\"1111\"", "\"tokenUniqueReference\":\"", "\"panUniqueReference\":\"",
        "\"cardType\":\"CC\"", "\"displayName\":\"", "\"tokenSuffix\":\"", "\"tokenBin\":\"",
        "\"tokenStatus\":\"ACTIVE\"}",
        ",\"resultInfo\":{\"resultCode\":\"00\",\"resultStatus\":\"SUCCESS\",\"resultMsg\":\"SUCCESS\"}}}",
    };
    struct pbed *b = *state;
    const char *at;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, pbed_generate(b), "00");
    at = b->x.body;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        at = strstr(at, order[i]);
        if (!at)
            fail_msg("%s is not in its place in %s", order[i], b->x.body);
    }
    assert_has_not(&b->x, "tokenRequestorId");
    assert_has_not(&b->x, "isRetriable");
    assert_string_equal(b->x.x.answer.content_type, "application/json");
}

static void decision_14_answers_and_errors_are_signed(void **state)
{
    struct pbed *b = *state;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_true(pbed_is_signed(b));
    assert_code(b, pbed_post(b, GENERATE, "{}"), "410");
    assert_true(pbed_is_signed(b));
    assert_code(b, send(b, USUAL, BODY), GOOD);
    assert_true(pbed_is_signed(b));
}

static void decision_15_every_outcome_has_http_status_200(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_send(b, GENERATE, NULL, "no json"), "400");
    assert_int_equal(b->x.x.answer.status, 200);
    assert_code(b, pbed_tokenize(b, "4111110000000039", "c1"), "701");
    assert_int_equal(b->x.x.answer.status, 200);
    assert_code(b, pbed_post(b, GENERATE, "{}"), "410");
    assert_int_equal(b->x.x.answer.status, 200);
}

static void decision_16_times_are_seconds_or_milliseconds_as_texts_or_numbers(void **state)
{
    struct pbed *b = *state;

    assert_code(b, send(b, HEAD("\"1700000000000\""), BODY), GOOD);
    assert_string_equal(pbed_value(b, "responseTimestamp"), "1700000000000");
    assert_code(b, send(b, HEAD("1700000000000"), BODY), GOOD);
    assert_code(b, send(b, HEAD("\"1588402269\""), BODY), GOOD);
    assert_string_equal(pbed_value(b, "responseTimestamp"), "1700000000");
    assert_code(b, send(b, HEAD("1588402269"), BODY), GOOD);
    assert_code(b, send(b, HEAD("\"yesterday\""), BODY), "409");
    assert_code(b, send(b, HEAD("\"17000000000000\""), BODY), "409");
    assert_code(b, send(b, HEAD("-1"), BODY), "409");
    assert_code(b, send(b, HEAD("1.5"), BODY), "400");
    assert_code(b, send(b, HEAD("\"\""), BODY), "410");
}

static void decision_17_the_words_of_a_status_are_a_setting(void **state)
{
    struct pbed *b = *state;

    assert_code(b, send(b, USUAL, BODY), GOOD);
    assert_has(&b->x, "\"resultStatus\":\"FAILED\"");
    b->f->services.paytm_short_status = true;
    assert_code(b, send(b, USUAL, BODY), GOOD);
    assert_has(&b->x, "\"resultStatus\":\"F\"");
    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    assert_has(&b->x, "\"resultStatus\":\"S\"");
    assert_code(b, pbed_tokenize(b, "4111110000000013", "c1"), "100");
    assert_has(&b->x, "\"resultStatus\":\"U\"");
}

static void names_of_the_head_are_taken_as_the_pages_print_them(void **state)
{
    struct pbed *b = *state;

    assert_code(b, send(b, "\"Version\":\"V1\",\"requestTimestamp\":1,\"requestId\":\"e1\",\"signature\":\"%s\","
                           "\"signatureType\":\"CHECKSUM\",\"encryptionKey Version\":\"v1\",\"clientId\":\"\"", BODY),
                GOOD);
    assert_code(b, send(b, "\"Version\":\"v1\",\"requestTimestamp\":1,\"requestId\":\"e1\",\"signature\":\"%s\","
                           "\"signatureType\":\"CHECKSUM\",\"encryptionKey Version\":\"v9\"", BODY), "407");
    assert_code(b, send(b, "\"requestTimestamp\":1,\"requestId\":\"e1\",\"signature\":\"%s\","
                           "\"signatureType\":\"CHECKSUM\"", BODY), "410");
    assert_code(b, send(b, "\"version\":\"v1\",\"requestId\":\"e1\",\"signature\":\"%s\","
                           "\"signatureType\":\"CHECKSUM\"", BODY), "410");
    assert_code(b, send(b, "\"version\":\"v2\",\"requestTimestamp\":1,\"requestId\":\"e1\",\"signature\":\"%s\","
                           "\"signatureType\":\"CHECKSUM\"", BODY), "409");
}

static void the_documents_own_request_is_taken(void **state)
{
    struct pbed *b = *state;
    char body[512];

    (void)pbed_tokenize(b, VISA, "c1");
    (void)snprintf(body, sizeof body,
                   "{\"paymentType\":\"ECOM\",\"tokenIndexNumber\":\"%s\",\"userInfoCoft\":{\"custId\":\"c1\","
                   "\"firstName\":\"A\",\"mobileNumber\":\"9999999999\"},\"orderID\":\"o1\"}", b->token);
    assert_code(b, pbed_post(b, GENERATE, body), "00");
}

static void the_request_id_is_in_head_and_query_and_used_once(void **state)
{
    struct pbed *b = *state;
    char text[PBED_TEXT];

    (void)pbed_tokenize(b, VISA, "c1");
    (void)snprintf(b->id, sizeof b->id, "a/b+c");
    (void)pbed_envelope(b, BODY, pbed_sign(b, BODY));
    (void)snprintf(text, sizeof text, "%s", b->sent);
    assert_code(b, pbed_send(b, GENERATE, NULL, text), "406");
    assert_code(b, pbed_send(b, GENERATE, "requestId=other", text), "406");
    assert_code(b, pbed_send(b, GENERATE, "requestId=%4", text), "406");
    assert_code(b, pbed_send(b, GENERATE, "requestIdx=1&requestId=a%2fb+c", text), GOOD);
    assert_code(b, pbed_send(b, GENERATE, "requestId=a%2Fb%2Bc&x=y", text), GOOD);
    (void)snprintf(b->id, sizeof b->id, "%s", VISA);
    assert_code(b, pbed_send(b, GENERATE, "requestId=" VISA, pbed_envelope(b, BODY, pbed_sign(b, BODY))), "406");
    assert_has_not(&b->x, VISA);
    assert_null(strstr(b->x.x.request_id, VISA));
}

static void a_refused_request_changes_nothing_and_its_id_may_come_again(void **state)
{
    struct pbed *b = *state;
    const char *body;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, send(b, USUAL, "{\"paymentType\":\"ECOM\"}"), "410");
    assert_code(b, send(b, USUAL, BODY), GOOD);
    body = pbed_generate_body(b, "ECOM", "c1");
    assert_code(b, send(b, USUAL, body), "00");
    assert_code(b, send(b, USUAL, body), "406");
}

static void a_signature_seen_before_is_refused_under_a_new_id(void **state)
{
    struct pbed *b = *state;
    char signature[PAYTM_CHECKSUM + 1];
    const char *body;

    (void)pbed_tokenize(b, VISA, "c1");
    body = pbed_generate_body(b, "ECOM", "c1");
    memcpy(signature, pbed_sign(b, body), sizeof signature);
    (void)snprintf(b->id, sizeof b->id, "first");
    assert_code(b, pbed_send(b, GENERATE, "requestId=first", pbed_envelope(b, body, signature)), "00");
    (void)snprintf(b->id, sizeof b->id, "second");
    assert_code(b, pbed_send(b, GENERATE, "requestId=second", pbed_envelope(b, body, signature)), "406");
    assert_has(&b->x, "the same signature came before under another request id");
    assert_code(b, pbed_send(b, GENERATE, "requestId=second", pbed_envelope(b, body, pbed_sign(b, body))), "00");
}

static void an_answer_does_not_pass_for_a_request(void **state)
{
    struct pbed *b = *state;
    char answer[PBED_TEXT];
    const char *body;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, pbed_generate(b), "00");
    body = strstr(b->x.body, ",\"body\":") + strlen(",\"body\":");
    (void)snprintf(answer, sizeof answer, "%.*s", (int)strlen(body) - 1, body);
    assert_code(b, pbed_post(b, GENERATE, answer), "1002");
    assert_code(b, pbed_post(b, GENERATE, "{\"resultCode\":\"00\"}"), "1002");
    assert_has(&b->x, "what was signed is an answer");
    assert_has_not(&b->x, "covered");         /* its signature fits, so there is nothing to say of spellings */
}

static void no_answer_is_for_a_cache(void **state)
{
    struct pbed *b = *state;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, pbed_generate(b), "00");
    assert_string_equal(xbed_answer_header(&b->x, "cache-control"), "no-store");
    assert_code(b, pbed_info(b), "00");
    assert_string_equal(xbed_answer_header(&b->x, "cache-control"), "no-store");
}

static void a_body_two_readers_could_take_differently_is_refused(void **state)
{
    static const char *const texts[] = {
        "{\"head\":{},\"bod\\u0079\":{}}", "{\"head\":{},\"body\":{},\"bod\\u0079\":{}}",
        "{\"head\":{},\"body\":{},\"body\":{}}", "{\"head\":{},\"head\":{},\"body\":{}}",
        "{\"head\":{},\"body\":{\"mid\":\"a\",\"mid\":\"b\"}}",
        "{\"head\":{},\"body\":{\"mid\":\"a\",\"m\\u0069d\":\"b\"}}",
        "{\"head\":{},\"body\":{}} ,", "\xef\xbb\xbf{\"head\":{},\"body\":{}}",
        "{\"head\":{},\"body\":{\"a\":\"\xff\"}}",
        "", "[]", "null", "{\"head\":{},\"body\":", "{\"head\":{\"signatureType\":\"CHECKSUM\"}}",
        "{\"head\":{\"signatureType\":\"CHECKSUM\"},\"body\":\"text\"}", "{\"head\":[],\"body\":{}}",
        "{\"head\":{\"signatureType\":\"CHECKSUM\"},\"body\":{\"mid\":7}}",
        "{\"head\":{\"signatureType\":\"CHECKSUM\",\"clientId\":7},\"body\":{}}",
    };
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_code(b, pbed_send(b, GENERATE, NULL, texts[i]), "400");
}

static void what_the_parser_refuses_is_told_in_its_own_words(void **state)
{
    static const struct { const char *text, *says; } rows[] = {
        { "{\"head\":{},\"body\":{\"orderID\":123456789012345678901234567890}}", "a number out of range" },
        { "{\"head\":{},\"body\":{\"mid\":\"a\",\"mid\":\"b\"}}", "a key given twice" },
    };
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_code(b, pbed_send(b, GENERATE, NULL, rows[i].text), "400");
        assert_has(&b->x, rows[i].says);
        assert_has_not(&b->x, "123456789012345678901234567890");
    }
}

static void the_mid_is_the_paths_and_known(void **state)
{
    struct pbed *b = *state;
    struct xbed_sent s = { .route = GENERATE, .param = "  ",
                           .body = "{\"head\":{\"signatureType\":\"JWT\"},\"body\":{}}" };

    (void)xbed_send(&b->x, s);
    assert_string_equal(pbed_value(b, "resultCode"), "1004");
    s.param = "NOBODY";
    (void)xbed_send(&b->x, s);
    assert_string_equal(pbed_value(b, "resultCode"), "407");
    assert_false(pbed_is_signed(b));
    assert_code(b, pbed_post(b, GENERATE, "{\"mid\":\"NOBODY\"}"), "407");
}

static void checks_come_in_their_order(void **state)
{
    static const struct { const char *head, *body, *code; } steps[] = {
        { "", "{\"mid\":\"NOBODY\"}", "1005" },
        { "\"signatureType\":\"RSA\"", "{\"mid\":\"NOBODY\"}", "1400" },
        { "\"signatureType\":7", "{}", "1400" },
        { "\"signatureType\":\"CHECKSUM\"", "{\"mid\":\"NOBODY\"}", "407" },
        { "\"signatureType\":\"CHECKSUM\",\"clientId\":\"nobody\"", "{}", "407" },
        { "\"signatureType\":\"CHECKSUM\",\"signature\":7", "{}", "1001" },
        { "\"signatureType\":\"CHECKSUM\",\"signature\":\"x\"", "{}", "1002" },
        { "\"signatureType\":\"CHECKSUM\",\"signature\":\"%s\"", "{}", "406" },
        { "\"signatureType\":\"CHECKSUM\",\"signature\":\"%s\",\"requestId\":\"e1\"", "{}", "410" },
        { USUAL, "{}", "410" },
        { USUAL, "{\"paymentType\":\"POS\",\"tokenIndexNumber\":\"x\"}", "410" },
        { USUAL, "{\"paymentType\":\"POS\",\"tokenIndexNumber\":\"x\",\"userInfo\":{}}", "410" },
        { USUAL, "{\"paymentType\":\"POS\",\"tokenIndexNumber\":\"x\",\"userInfo\":{\"custId\":\"c\"}}", "409" },
        { USUAL, "{\"paymentType\":7,\"tokenIndexNumber\":\"x\",\"userInfo\":{\"custId\":\"c\"}}", "400" },
        { USUAL, "{\"paymentType\":\"ECOM\",\"tokenIndexNumber\":\"x\",\"userInfo\":{\"custId\":\"" VISA "\"}}",
          "409" },
        { USUAL, BODY, "405" },
    };
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        assert_code(b, send(b, steps[i].head, steps[i].body), steps[i].code);
}

static void calls_above_the_limit_are_refused_with_a_signed_answer(void **state)
{
    unsigned limits[RATE_CLASSES] = { [RATE_TOKENS] = 2 };
    struct pbed *b = *state;

    rate_limits_free(b->f->services.rate_limits);
    assert_int_equal(rate_limits_new(&b->f->services.rate_limits, limits), FAULT_NONE);
    assert_code(b, send(b, USUAL, BODY), GOOD);
    assert_code(b, send(b, USUAL, BODY), GOOD);
    assert_code(b, send(b, USUAL, BODY), "401");
    assert_true(pbed_is_signed(b));
}

/* A MID is no secret. */
static void calls_with_a_bad_signature_use_up_nothing_of_the_merchants(void **state)
{
    unsigned limits[RATE_CLASSES] = { [RATE_TOKENS] = 2 };
    struct pbed *b = *state;

    rate_limits_free(b->f->services.rate_limits);
    assert_int_equal(rate_limits_new(&b->f->services.rate_limits, limits), FAULT_NONE);
    for (int i = 0; i < 4; i++) {
        pbed_next_id(b);
        assert_code(b, pbed_send(b, GENERATE, pbed_query(b), pbed_envelope(b, BODY, pbed_sign(b, "{}"))), "1002");
        assert_code(b, pbed_send(b, TOKENIZE, pbed_query(b), pbed_envelope(b, BODY, pbed_sign(b, "{}"))), "1002");
        assert_code(b, pbed_send(b, GENERATE, pbed_query(b), pbed_envelope(b, BODY, "")), "1001");
    }
    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    assert_code(b, send(b, USUAL, BODY), GOOD);
    assert_code(b, pbed_tokenize(b, VISA, "c1"), "401");
    assert_null(call_of(&b->x.x)->card);      /* and none was decrypted */
}

static void what_reaches_no_route_has_the_envelope_and_a_status_of_its_own(void **state)
{
    static const struct { enum refusal why; unsigned status; const char *code; } refusals[] = {
        { REFUSE_NO_ROUTE, 404, "400" }, { REFUSE_METHOD, 404, "400" }, { REFUSE_PATH, 400, "400" },
        { REFUSE_BODY_TOO_LARGE, 413, "400" }, { REFUSE_BODY_TRUNCATED, 400, "400" },
        { REFUSE_CONTENT_TYPE, 415, "400" }, { REFUSE_FRAMING, 400, "400" }, { REFUSE_HEADERS, 431, "400" },
        { REFUSE_HOST, 421, "400" },
        { REFUSE_BUSY, 503, "502" }, { REFUSE_STOPPING, 503, "502" }, { REFUSE_TIMEOUT, 408, "400" },
        { REFUSE_MEMORY, 500, "500" }, { REFUSE_SEALED, 503, "502" },
    };
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        assert_int_equal(xbed_refuse(&b->x, (struct xbed_sent){ .route = NULL }, refusals[i].why), refusals[i].status);
        assert_string_equal(pbed_value(b, "resultCode"), refusals[i].code);
        assert_all_texts(b->x.body);
        assert_string_not_equal(pbed_value(b, "reason"), "");
        assert_string_equal(xbed_answer_header(&b->x, "cache-control"), "no-store");
    }
    assert_int_equal(xbed_refuse(&b->x, (struct xbed_sent){ .route = NULL }, REFUSE_CONTENT_TYPE), 415);
    assert_has(&b->x, "\"explain\":{\"reason\":\"the content type is not application/json\"}");
    b->f->services.mode = MODE_LIVE;
    assert_int_equal(xbed_refuse(&b->x, (struct xbed_sent){ .route = NULL }, REFUSE_CONTENT_TYPE), 415);
    assert_has_not(&b->x, "explain");
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, pbed_setup, pbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(decision_12_the_bytes_as_received_are_what_is_signed),
        WITH_BED(decision_13_answers_are_compact_texts_without_needless_escapes),
        WITH_BED(the_answer_has_its_members_in_the_documented_order),
        WITH_BED(decision_14_answers_and_errors_are_signed),
        WITH_BED(decision_15_every_outcome_has_http_status_200),
        WITH_BED(decision_16_times_are_seconds_or_milliseconds_as_texts_or_numbers),
        WITH_BED(decision_17_the_words_of_a_status_are_a_setting),
        WITH_BED(names_of_the_head_are_taken_as_the_pages_print_them),
        WITH_BED(the_documents_own_request_is_taken),
        WITH_BED(the_request_id_is_in_head_and_query_and_used_once),
        WITH_BED(a_refused_request_changes_nothing_and_its_id_may_come_again),
        WITH_BED(a_signature_seen_before_is_refused_under_a_new_id),
        WITH_BED(an_answer_does_not_pass_for_a_request),
        WITH_BED(no_answer_is_for_a_cache),
        WITH_BED(what_the_parser_refuses_is_told_in_its_own_words),
        WITH_BED(a_body_two_readers_could_take_differently_is_refused),
        WITH_BED(the_mid_is_the_paths_and_known),
        WITH_BED(checks_come_in_their_order),
        WITH_BED(calls_above_the_limit_are_refused_with_a_signed_answer),
        WITH_BED(calls_with_a_bad_signature_use_up_nothing_of_the_merchants),
        WITH_BED(what_reaches_no_route_has_the_envelope_and_a_status_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
