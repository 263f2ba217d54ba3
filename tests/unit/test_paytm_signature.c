/* test_paytm_signature.c: checksums and tokens as signatures, and what the sandbox says of those that do not fit. */
#include "paytm_bed.h"

#include "service/lockout.h"

#include "dialect/paytm/jwt.h"
#include "dialect/paytm/respell.h"

#define BODY "{\"paymentType\":\"ECOM\",\"tokenIndexNumber\":\"61af6a68\",\"userInfo\":{\"custId\":\"c1\"}}"

/* What a good signature over BODY meets. */
#define GOOD "405"

enum { JWT_TEXT = 1024 };

static const char *send(struct pbed *b, const char *type, const char *signature)
{
    (void)snprintf(b->sent, sizeof b->sent,
                   "{\"head\":{\"version\":\"v1\",\"requestTimestamp\":1,\"requestId\":\"j1\",\"signature\":\"%s\","
                   "\"signatureType\":\"%s\"},\"body\":" BODY "}", signature, type);
    return pbed_send(b, GENERATE, "requestId=j1", b->sent);
}

static void a_signature_that_is_wrong_in_any_way_is_1002(void **state)
{
    struct pbed *b = *state;
    char good[PAYTM_CHECKSUM + 8];

    memcpy(good, pbed_sign(b, BODY), PAYTM_CHECKSUM + 1);
    assert_code(b, send(b, "CHECKSUM", good), GOOD);
    good[PAYTM_CHECKSUM - 1] = '\0';
    assert_code(b, send(b, "CHECKSUM", good), "1002");        /* no padding: 107 characters */
    good[PAYTM_CHECKSUM - 1] = 'A';
    assert_code(b, send(b, "CHECKSUM", good), "1002");        /* base64 of 81 bytes */
    (void)snprintf(good + PAYTM_CHECKSUM - 1, 8, "==");
    assert_code(b, send(b, "CHECKSUM", good), "1002");        /* 109 characters */
    memcpy(good, pbed_sign(b, BODY), PAYTM_CHECKSUM + 1);
    good[0] = '*';
    assert_code(b, send(b, "CHECKSUM", good), "1002");        /* not base64 */
    memcpy(good, pbed_sign(b, BODY), PAYTM_CHECKSUM + 1);
    good[PAYTM_CHECKSUM - 4] = good[PAYTM_CHECKSUM - 4] == 'A' ? 'B' : 'A';
    assert_code(b, send(b, "CHECKSUM", good), "1002");        /* the padding of the cipher */
    assert_code(b, send(b, "CHECKSUM", pbed_sign_with(b, "0123456789abcdef", BODY)), "1002");
}

static void three_wrong_signatures_lock_their_sender_out_of_this_mid(void **state)
{
    struct pbed *b = *state;
    struct services *s = &b->f->services;
    int64_t now = clock_now_ms(s->clock);

    assert_int_equal(lockouts_new(&s->lockouts, 3), FAULT_NONE);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++)
            assert_code(b, send(b, "CHECKSUM", pbed_sign_with(b, "0123456789abcdef", BODY)), "1002");
        (void)send(b, "CHECKSUM", pbed_sign(b, BODY));        /* a right one: those before are forgotten */
    }
    assert_false(lockout_holds(s->lockouts, "192.0.2.7", span_of(b->paytm.mid), now));
    for (int i = 0; i < 3; i++)
        assert_code(b, send(b, "CHECKSUM", pbed_sign_with(b, "0123456789abcdef", BODY)), "1002");
    assert_code(b, send(b, "CHECKSUM", pbed_sign(b, BODY)), "401");
    assert_true(lockout_holds(s->lockouts, "192.0.2.7", span_of(b->paytm.mid), now));
    assert_false(lockout_holds(s->lockouts, "192.0.2.8", span_of(b->paytm.mid), now));
    assert_false(lockout_holds(s->lockouts, "192.0.2.7", SPAN("another"), now));
    lockouts_free(s->lockouts);
    s->lockouts = NULL;
}

static void several_keys_are_told_apart_by_client_and_version(void **state)
{
    static const struct { const char *client, *version, *code; bool second; } tries[] = {
        { "shop2", "v1", GOOD, true }, { "shop2", "v1", "1002", false }, { "shop2", "", GOOD, true },
        { "shop2", "v2", "407", true }, { "nobody", "", "407", true }, { "", "", GOOD, false },
    };
    struct pbed *b = *state;
    struct partner_paytm second;

    assert_int_equal(partner_paytm_add(&b->f->services, &second, b->f->merchant.merchant_id, SPAN("shop2"), SPAN("v1")),
                     FAULT_NONE);
    assert_string_equal(second.mid, b->paytm.mid);
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        const char *key = tries[i].second ? second.merchant_key : b->paytm.merchant_key;

        (void)snprintf(b->sent, sizeof b->sent,
                       "{\"head\":{\"version\":\"v1\",\"requestTimestamp\":1,\"requestId\":\"k\",\"signature\":\"%s\","
                       "\"signatureType\":\"CHECKSUM\",\"clientId\":\"%s\",\"encryptionKeyVersion\":\"%s\"},"
                       "\"body\":" BODY "}", pbed_sign_with(b, key, BODY), tries[i].client, tries[i].version);
        assert_code(b, pbed_send(b, GENERATE, "requestId=k", b->sent), tries[i].code);
    }
}

/* A token with this header and these claims, signed with `key`; valid until the next call. */
static const char *jwt(const char *key, const char *header, const char *claims)
{
    static char text[JWT_TEXT];
    uint8_t mac[32];
    unsigned n = sizeof mac;
    struct buf out = { (uint8_t *)text, 0, sizeof text - 1, false };

    base64url_put(&out, span_of(header));
    buf_byte(&out, '.');
    base64url_put(&out, span_of(claims));
    assert_non_null(HMAC(EVP_sha256(), key, (int)strlen(key), (const uint8_t *)text, out.n, mac, &n));
    buf_byte(&out, '.');
    base64url_put(&out, (struct span){ mac, n });
    assert_false(out.full);
    text[out.n] = '\0';
    return text;
}

static const char *claims(long long iat, const char *mid, const char *customer, const char *id)
{
    static char text[512];

    (void)snprintf(text, sizeof text, "{\"iat\":%lld,\"mid\":\"%s\",\"custId\":\"%s\",\"requestId\":\"%s\"}", iat, mid,
                   customer, id);
    return text;
}

#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define NOW_S (FIXTURE_NOW / 1000)

static void a_token_signs_a_request(void **state)
{
    struct pbed *b = *state;

    assert_code(b, send(b, "JWT", jwt(b->paytm.merchant_key, HS256, claims(NOW_S, b->paytm.mid, "c1", "j1"))), GOOD);
    assert_code(b, send(b, "JWT", jwt(b->paytm.merchant_key, "{\"alg\":\"HS256\"}",
                                      claims(NOW_S - 300, b->paytm.mid, "c1", "j1"))), GOOD);
}

static void a_token_of_another_algorithm_is_refused(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"HS512\"}", "{\"alg\":\"hs256\"}", "{\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"alg\":\"none\"}", "{\"alg\":\"HS256\",\"crit\":[\"b64\"]}", "{\"alg\":7}", "no json",
    };
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_code(b, send(b, "JWT", jwt(b->paytm.merchant_key, headers[i],
                                          claims(NOW_S, b->paytm.mid, "c1", "j1"))), "1003");
}

static void a_token_must_be_fresh_and_of_this_request(void **state)
{
    struct pbed *b = *state;
    const char *key = b->paytm.merchant_key, *mid = b->paytm.mid;

    assert_code(b, send(b, "JWT", jwt(key, HS256, claims(NOW_S - 301, mid, "c1", "j1"))), "1003");
    assert_code(b, send(b, "JWT", jwt(key, HS256, claims(NOW_S + 61, mid, "c1", "j1"))), "1003");
    assert_code(b, send(b, "JWT", jwt(key, HS256, claims(NOW_S, "OTHER", "c1", "j1"))), "1003");
    assert_code(b, send(b, "JWT", jwt(key, HS256, claims(NOW_S, mid, "c2", "j1"))), "1003");
    assert_code(b, send(b, "JWT", jwt(key, HS256, claims(NOW_S, mid, "c1", "j2"))), "1003");
    assert_code(b, send(b, "JWT", jwt("another key 1234", HS256, claims(NOW_S, mid, "c1", "j1"))), "1003");
    assert_code(b, send(b, "JWT", jwt(key, HS256, "{\"mid\":\"x\"}")), "1003");
    assert_code(b, send(b, "JWT", "eyJ.eyJ"), "1003");
    assert_code(b, send(b, "JWT", ""), "1001");
}

static void a_token_that_came_before_is_refused(void **state)
{
    struct pbed *b = *state;
    char text[JWT_TEXT];

    (void)pbed_tokenize(b, VISA, "c1");
    pbed_keep(text, sizeof text, jwt(b->paytm.merchant_key, HS256, claims(NOW_S, b->paytm.mid, "c1", "j1")));
    (void)snprintf(b->sent, sizeof b->sent,
                   "{\"head\":{\"version\":\"v1\",\"requestTimestamp\":1,\"requestId\":\"j1\",\"signature\":\"%s\","
                   "\"signatureType\":\"JWT\"},\"body\":%s}", text, pbed_generate_body(b, "ECOM", "c1"));
    assert_code(b, pbed_send(b, GENERATE, "requestId=j1", b->sent), "00");
    assert_code(b, pbed_send(b, GENERATE, "requestId=j1", b->sent), "406");
}

static void the_sandbox_names_the_spelling_that_was_signed(void **state)
{
    static const struct { const char *sent, *signed_, *says, *at; } rows[] = {
        { "{\"a\": \"x/y\", \"b\": 1}", "{\"a\":\"x/y\",\"b\":1}", "JSON.stringify", "\"firstDifference\":\"5\"" },
        { "{\"a\":\"x/y\",\"b\":1}", "{\"a\": \"x/y\", \"b\": 1}", "json.dumps", "\"firstDifference\":\"5\"" },
        { "{\"a\":\"x/y\",\"b\":1}", "{\"a\":\"x\\/y\",\"b\":1}", "json_encode", "\"firstDifference\":\"7\"" },
        { "{\"a\":\"\xc3\xa9\"}", "{\"a\": \"\\u00e9\"}", "json.dumps", "\"firstDifference\":\"5\"" },
        { "{\"a\":\"\xc3\xa9/\"}", "{\"a\":\"\\u00e9/\"}", "JSON_UNESCAPED_SLASHES", "\"firstDifference\":\"6\"" },
        { "{\"a\":\"x\"}", "{\"a\":\"other\"}", "none of the usual spellings", "\"bytes\":\"9\"" },
    };
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pbed_next_id(b);
        assert_code(b, pbed_send(b, GENERATE, pbed_query(b), pbed_envelope(b, rows[i].sent,
                                                                            pbed_sign(b, rows[i].signed_))), "1002");
        assert_has(&b->x, "\"explain\":{\"reason\":\"");
        assert_has(&b->x, rows[i].says);
        assert_has(&b->x, rows[i].at);
        assert_has(&b->x, "\"clientId\":\"tijori\",\"encryptionKeyVersion\":\"v1\"");
        assert_has_not(&b->x, b->signature);
        assert_true(pbed_is_signed(b));
    }
}

static void the_sandbox_shows_shapes_and_no_values(void **state)
{
    struct pbed *b = *state;

    pbed_next_id(b);
    assert_code(b, pbed_send(b, GENERATE, pbed_query(b),
                             pbed_envelope(b, "{\"mobile\":\"9876543210\"}", pbed_sign(b, "{}"))), "1002");
    assert_has(&b->x, "\"begins\":\"{\\\"aaaaaa\\\":\\\"0000000000\\\"}\"");
    assert_has_not(&b->x, "9876543210");
    assert_has_not(&b->x, "mobile");
}

static void live_mode_gives_the_code_and_nothing_more(void **state)
{
    struct pbed *b = *state;

    b->f->services.mode = MODE_LIVE;
    assert_code(b, send(b, "CHECKSUM", pbed_sign(b, "{}")), "1002");
    assert_has_not(&b->x, "explain");
    assert_int_equal(b->x.x.n_asks, 1);
    assert_code(b, send(b, "JWT", "x"), "1003");
    assert_has_not(&b->x, "explain");
    assert_code(b, pbed_post(b, GENERATE, "{}"), "410");
    assert_has_not(&b->x, "explain");
    assert_code(b, pbed_send(b, GENERATE, NULL, "{"), "400");
    assert_has_not(&b->x, "explain");
}

static void an_answer_to_nobody_holds_nothing_of_the_request(void **state)
{
    struct pbed *b = *state;
    const char *body;

    assert_code(b, send(b, "CHECKSUM", pbed_sign(b, "{}")), "1002");
    body = strstr(b->x.body, "\"body\":");
    assert_non_null(body);
    assert_null(strstr(body, "61af6a68"));
    assert_null(strstr(body, "c1"));
}

static void texts_are_respelled_as_other_libraries_write_them(void **state)
{
    static const struct { const char *json, *as[RESPELL_STYLES]; } rows[] = {
        { " { \"a\" : [ 1 , 2.50 ] , \"b\":{} } ",
          { "{\"a\":[1,2.50],\"b\":{}}", "{\"a\": [1, 2.50], \"b\": {}}", "{\"a\":[1,2.50],\"b\":{}}",
            "{\"a\":[1,2.50],\"b\":{}}" } },
        { "\"x\\/y/z \\\" \\\\ \\u0041, : \\n\"",
          { "\"x/y/z \\\" \\\\ A, : \\n\"", "\"x/y/z \\\" \\\\ A, : \\n\"", "\"x\\/y\\/z \\\" \\\\ A, : \\n\"",
            "\"x/y/z \\\" \\\\ A, : \\n\"" } },
        { "\"\xc3\xa9\xe2\x82\xb9\xf0\x9f\x92\xb3\"",
          { "\"\xc3\xa9\xe2\x82\xb9\xf0\x9f\x92\xb3\"", "\"\\u00e9\\u20b9\\ud83d\\udcb3\"",
            "\"\\u00e9\\u20b9\\ud83d\\udcb3\"", "\"\\u00e9\\u20b9\\ud83d\\udcb3\"" } },
        { "\"\\u00E9\\u20B9\\uD83D\\uDCB3\"",
          { "\"\xc3\xa9\xe2\x82\xb9\xf0\x9f\x92\xb3\"", "\"\\u00e9\\u20b9\\ud83d\\udcb3\"",
            "\"\\u00e9\\u20b9\\ud83d\\udcb3\"", "\"\\u00e9\\u20b9\\ud83d\\udcb3\"" } },
        { "\"\\b\\f\\r\\t\\u0001\x7f\"",
          { "\"\\b\\f\\r\\t\\u0001\x7f\"", "\"\\b\\f\\r\\t\\u0001\\u007f\"", "\"\\b\\f\\r\\t\\u0001\x7f\"",
            "\"\\b\\f\\r\\t\\u0001\x7f\"" } },
    };
    struct arena *a;

    (void)state;
    assert_int_equal(arena_new(&a), FAULT_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (enum respell_style s = 0; s < RESPELL_STYLES; s++) {
            struct span got = respell(a, span_of(rows[i].json), s);

            if (!span_equal(got, span_of(rows[i].as[s])))
                fail_msg("%.*s instead of %s", (int)got.n, got.p, rows[i].as[s]);
        }
    arena_free(a);
}

/* The token of the documents' own sample, as reference B.8 decodes it. */
static void the_published_token_is_read(void **state)
{
    static const char text[] =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        "eyJpYXQiOjE2MjYxNjAxNDEsIm1pZCI6IlRFU1RNSUQwMDAwMDAwMDAxIiwiY3VzdElkIjoiY3Vz"
        "dDUiLCJyZXF1ZXN0SWQiOiIxMDAwMSJ9.IB24GLxyvf0mJI_O0C5f0NQRyr2j9dyZFfHJ0GZzcDg";
    struct arena *a;
    struct jwt t;
    const char *why;

    (void)state;
    json_in_start();
    assert_int_equal(arena_new(&a), FAULT_NONE);
    assert_int_equal(jwt_read(&t, &why, a, span_of(text)), FAULT_NONE);
    assert_int_equal(t.issued_s, 1626160141);
    assert_true(span_equal(t.mid, SPAN("TESTMID0000000001")));
    assert_true(span_equal(t.customer_id, SPAN("cust5")));
    assert_true(span_equal(t.request_id, SPAN("10001")));
    assert_int_equal(t.mac.n, JWT_MAC);
    assert_true(jwt_is_fresh(&t, 1626160141000));
    assert_false(jwt_is_fresh(&t, FIXTURE_NOW));
    arena_free(a);
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, pbed_setup, pbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(a_signature_that_is_wrong_in_any_way_is_1002),
        WITH_BED(three_wrong_signatures_lock_their_sender_out_of_this_mid),
        WITH_BED(several_keys_are_told_apart_by_client_and_version),
        WITH_BED(a_token_signs_a_request),
        WITH_BED(a_token_of_another_algorithm_is_refused),
        WITH_BED(a_token_must_be_fresh_and_of_this_request),
        WITH_BED(a_token_that_came_before_is_refused),
        WITH_BED(the_sandbox_names_the_spelling_that_was_signed),
        WITH_BED(the_sandbox_shows_shapes_and_no_values),
        WITH_BED(live_mode_gives_the_code_and_nothing_more),
        WITH_BED(an_answer_to_nobody_holds_nothing_of_the_request),
        cmocka_unit_test(texts_are_respelled_as_other_libraries_write_them),
        cmocka_unit_test(the_published_token_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
