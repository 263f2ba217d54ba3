/* test_paytm_codes.c: each of the forty result codes, brought about by its own cause (reference B.5). */
#include "paytm_bed.h"

#include <sqlite3.h>

#include "dialect/paytm/code.h"
#include "service/callers.h"

enum { CUSTOMER = 16 };

/* A customer of his own for each cause, so that none sees another's tokens. */
static const char *customer(const struct pbed *b)
{
    static char name[CUSTOMER];

    (void)snprintf(name, sizeof name, "c%u", b->serial);
    return name;
}

static const char *tokenize(struct pbed *b, const char *digits)
{
    char whose[CUSTOMER];

    (void)snprintf(whose, sizeof whose, "%s", customer(b));
    return pbed_tokenize(b, digits, whose);
}

static const char *tokenize_and_generate(struct pbed *b, const char *digits, const char *type)
{
    char whose[CUSTOMER];

    (void)snprintf(whose, sizeof whose, "%s", customer(b));
    (void)pbed_tokenize(b, digits, whose);
    return pbed_post(b, GENERATE, pbed_generate_body(b, type, whose));
}

static const char *body_without(struct pbed *b, const char *head)
{
    char text[512];

    pbed_next_id(b);
    (void)snprintf(text, sizeof text, "{%s\"body\":{\"mid\":\"%s\"}}", head, b->paytm.mid);
    return pbed_send(b, GENERATE, pbed_query(b), text);
}

static const char *done(struct pbed *b)
{
    return tokenize_and_generate(b, VISA, "ECOM");
}

static const char *pending(struct pbed *b)
{
    return tokenize_and_generate(b, "4111110000000013", "ECOM");
}

/* The keyholder dies when the number is there and the answer is not signed yet. */
static const char *unknown(struct pbed *b)
{
    const char *body;
    enum fault f = FAULT_NONE;
    struct xbed_sent s = { .route = GENERATE, .param = b->paytm.mid };

    assert_code(b, pbed_tokenize(b, VISA, "u1"), "00");
    (void)snprintf(b->id, sizeof b->id, "unknown");
    body = pbed_generate_body(b, "ECOM", "u1");
    s.body = pbed_envelope(b, body, pbed_sign(b, body));
    s.query = "requestId=unknown";
    xbed_begin(&b->x, &s);
    assert_int_equal(xbed_lead(&b->x, &f), STEP_GO);
    fixture_keyholder_stop(b->f);
    f = xbed_compose(&b->x, f);
    b->x.x.route->show(&b->x.x, f);
    xbed_end(&b->x);
    fixture_keyholder_start(b->f);
    assert_has_not(&b->x, "cardToken");
    return pbed_value(b, "resultCode");
}

static const char *bad_request(struct pbed *b)
{
    return pbed_send(b, GENERATE, NULL, "{\"head\":");
}

static const char *no_consent(struct pbed *b)
{
    char body[1024];

    (void)snprintf(body, sizeof body,
                   "{\"cardSource\":\"MANUAL_ENTERED\",\"encryptedCardData\":\"%s\",\"userInfo\":{\"custId\":\"c1\"},"
                   "\"tokenizationConsent\":{\"userConsent\":0}}", pbed_card(b, VISA));
    return pbed_post(b, TOKENIZE, body);
}

static const char *no_token(struct pbed *b)
{
    (void)snprintf(b->token, sizeof b->token, "00112233445566778899aabbccddeeff");
    return pbed_generate(b);
}

static const char *used_id(struct pbed *b)
{
    const char *body;

    (void)done(b);
    body = pbed_generate_body(b, "ECOM", "c1");
    return pbed_send(b, GENERATE, pbed_query(b), pbed_envelope(b, body, pbed_sign(b, body)));
}

static const char *other_mid(struct pbed *b)
{
    return pbed_post(b, GENERATE, "{\"mid\":\"SOMEBODY\"}");
}

static const char *other_user(struct pbed *b)
{
    (void)pbed_tokenize(b, VISA, "c1");
    return pbed_post(b, GENERATE, pbed_generate_body(b, "ECOM", "c2"));
}

static const char *wrong_type(struct pbed *b)
{
    return tokenize_and_generate(b, VISA, "POS");
}

static const char *missing(struct pbed *b)
{
    return pbed_post(b, GENERATE, "{\"paymentType\":\"ECOM\",\"userInfo\":{\"custId\":\"c1\"}}");
}

static const char *no_subs(struct pbed *b)
{
    return tokenize_and_generate(b, "4111110000000161", "SUBS");
}

/* Of the merchant's requestor ids one is taken away, and put back. */
static void sql(struct pbed *b, const char *text)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(b->f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(db, 1000), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static const char *no_trid(struct pbed *b)
{
    sql(b, "CREATE TABLE kept AS SELECT * FROM requestors; DELETE FROM requestors");
    callers_forget(b->f->services.callers);   /* ids are remembered */
    (void)tokenize(b, VISA);
    sql(b, "INSERT INTO requestors SELECT * FROM kept; DROP TABLE kept");
    return b->code;
}

static const char *trid_state(struct pbed *b)
{
    static struct sim_token tokens[SIM_LIST_MAX];
    char trid[NETWORK_TRID + 1];
    size_t n;

    (void)tokenize(b, VISA);
    assert_int_equal(sim_tokens(b->f->sim, tokens, &n), FAULT_NONE);
    assert_true(n > 0);
    memcpy(trid, tokens[0].trid, sizeof trid);
    assert_int_equal(sim_requestor(b->f->sim, span_of(trid), false), FAULT_NONE);
    (void)tokenize(b, "4012888888881881");
    assert_int_equal(sim_requestor(b->f->sim, span_of(trid), true), FAULT_NONE);
    return b->code;
}

/* A status that no token can have. */
static const char *internal(struct pbed *b)
{
    assert_code(b, pbed_tokenize(b, "4012888888881881", "broken"), "00");
    sql(b, "UPDATE tokens SET status = 4, suspended_by = 2 WHERE customer_id = 'broken'");
    (void)pbed_post(b, GENERATE, pbed_generate_body(b, "ECOM", "broken"));
    sql(b, "UPDATE tokens SET status = 3, suspended_by = 0 WHERE customer_id = 'broken'");
    return b->code;
}

static const char *down(struct pbed *b)
{
    const char *body;

    (void)tokenize(b, VISA);
    pbed_next_id(b);
    body = pbed_generate_body(b, "ECOM", "c1");
    (void)pbed_envelope(b, body, pbed_sign(b, body));
    fixture_keyholder_stop(b->f);
    (void)pbed_send(b, GENERATE, pbed_query(b), b->sent);
    fixture_keyholder_start(b->f);
    return b->code;
}

/* One card for each thing a network may say when it is asked for a token. */
#define SAYS(name, digits) \
    static const char *name(struct pbed *b) \
    { \
        return tokenize(b, digits); \
    }
SAYS(network_bad_request, "4111110000000062")
SAYS(network_declined, "4111110000000039")
SAYS(network_error, "4111110000000088")
SAYS(network_unreachable, "4111110000000120")
SAYS(network_broken, "4111110000000146")
SAYS(network_no_route, "4111110000000138")
SAYS(bad_auth_ref, "4111110000000070")
SAYS(ineligible, "4111110000000047")
SAYS(authenticate, "4111110000000054")
SAYS(awaiting, "4111110000000112")

/* To a new token or a change this is not the end, since it goes on being asked for. */
static const char *network_fault(struct pbed *b)
{
    (void)pbed_tokenize(b, VISA, "c1");
    sim_behave(b->f->sim, SCHEME_VISA, SIM_FAULT, 0);
    (void)pbed_generate(b);
    sim_behave(b->f->sim, SCHEME_VISA, SIM_WELL, 0);
    return b->code;
}

static const char *blocked(struct pbed *b)
{
    return tokenize_and_generate(b, "4111110000000153", "ECOM");
}

static const char *not_allowed(struct pbed *b)
{
    (void)pbed_tokenize(b, "4242424242424242", "c1");
    (void)pbed_modify(b, "DEAD");
    return pbed_modify(b, "ACTIVE");
}

static const char *forgotten(struct pbed *b)
{
    return tokenize_and_generate(b, "4111110000000179", "ECOM");
}

static const char *dead(struct pbed *b)
{
    (void)pbed_tokenize(b, "4242424242424242", "c1");
    (void)pbed_modify(b, "DEAD");
    return pbed_generate(b);
}

static const char *suspended(struct pbed *b)
{
    (void)pbed_tokenize(b, "4012888888881881", "c1");
    (void)pbed_modify(b, "SUSPENDED");
    return pbed_generate(b);
}

/* This card's token ends with the month it was made in. */
static const char *expired(struct pbed *b)
{
    (void)pbed_tokenize(b, "4111110000000187", "c1");
    fixture_set_clock(b->f, FIXTURE_NOW + INT64_C(31) * 24 * 3600 * 1000);
    (void)pbed_generate(b);
    fixture_set_clock(b->f, FIXTURE_NOW);
    return b->code;
}

static const char *empty_signature(struct pbed *b)
{
    pbed_next_id(b);
    return pbed_send(b, GENERATE, pbed_query(b), pbed_envelope(b, "{}", ""));
}

static const char *wrong_signature(struct pbed *b)
{
    pbed_next_id(b);
    return pbed_send(b, GENERATE, pbed_query(b), pbed_envelope(b, "{}", pbed_sign(b, "{ }")));
}

static const char *bad_jwt(struct pbed *b)
{
    return body_without(b, "\"head\":{\"version\":\"v1\",\"requestTimestamp\":1,\"requestId\":\"j\",\"signature\":"
                           "\"a.b.c\",\"signatureType\":\"JWT\"},");
}

static const char *no_mid(struct pbed *b)
{
    return pbed_saved(b, CARDS, "{\"custId\":\"c1\"}");
}

static const char *no_type(struct pbed *b)
{
    return body_without(b, "\"head\":{\"version\":\"v1\",\"signature\":\"x\"},");
}

static const char *no_head(struct pbed *b)
{
    return body_without(b, "");
}

static const char *unknown_type(struct pbed *b)
{
    return body_without(b, "\"head\":{\"version\":\"v1\",\"signatureType\":\"MD5\"},");
}

/* As the documentation prints them, and what brings each about here. */
static const struct {
    const char *code, *status, *text;
    const char *(*cause)(struct pbed *b);
    bool unsigned_;                   /* the key is not known, or nobody can sign */
} rows[] = {
    { "00", "SUCCESS", "SUCCESS", done, false },
    { "100", "PENDING", "PENDING", pending, false },
    { "150", "PENDING", "SYSTEM_ERROR", unknown, true },
    { "400", "FAILED", "BAD_REQUEST", bad_request, true },
    { "401", "FAILED", "FAILURE", no_consent, false },
    { "405", "FAILED", "Invalid Token Index Number", no_token, false },
    { "406", "FAILED", "Invalid request id", used_id, false },
    { "407", "FAILED", "Incorrect mid", other_mid, true },
    { "408", "FAILED", "Incorrect User ID", other_user, false },
    { "409", "FAILED", "Incorrect details passed", wrong_type, false },
    { "410", "FAILED", "Mandatory fields missing", missing, false },
    { "730", "FAILED", "Error from card network", ineligible, false },
    { "440", "FAILED", "Operation not supported by network", no_subs, false },
    { "442", "FAILED", "Unable to found TRID", no_trid, false },
    { "443", "FAILED", "TRID is not in Active state", trid_state, false },
    { "500", "FAILED", "INTERNAL_SYSTEM_ERROR", internal, false },
    { "502", "FAILED", "SYSTEM_ERROR", down, true },
    { "1001", "FAILED", "Signature Validation Failure", empty_signature, false },
    { "1002", "FAILED", "CheckSum Validation Failure", wrong_signature, false },
    { "1003", "FAILED", "Jwt Validation Failure", bad_jwt, false },
    { "1004", "FAILED", "Merchant Id is missing", no_mid, true },
    { "1005", "FAILED", "Signature type is missing", no_type, true },
    { "1006", "FAILED", "Head is missing", no_head, true },
    { "1400", "FAILED", "Signature Type is invalid", unknown_type, true },
    { "700", "FAILED", "Bad Request from card Network", network_bad_request, false },
    { "701", "FAILED", "Failure from card network", network_declined, false },
    { "702", "FAILED", "Error from Network", network_error, false },
    { "708", "FAILED", "Error connecting with card network", network_unreachable, false },
    { "709", "FAILED", "Error communicating with card network", network_broken, false },
    { "714", "FAILED", "Further operations for this card are not allowed", blocked, false },
    { "715", "FAILED", "Requested action for the token not allowed or token is invalid", not_allowed, false },
    { "721", "FAILED", "Error with Network", network_fault, false },
    { "723", "FAILED", "Error While connecting to card network", network_no_route, false },
    { "724", "FAILED", "TOKEN_NOT_FOUND", forgotten, false },
    { "726", "FAILED", "TOKEN_INVALID_STATE", dead, false },
    { "727", "FAILED", "INVALID_AUTHREFNO", bad_auth_ref, false },
    { "728", "FAILED", "TOKEN_SUSPENDED", suspended, false },
    { "729", "FAILED", "TOKEN_EXPIRED", expired, false },
    { "750", "FAILED", "REQUIRE_ADDITIONAL_AUTHENTICATION", authenticate, false },
    { "801", "PENDING", "Awaiting response from the network", awaiting, false },
};

static void each_of_the_forty_codes_has_its_own_cause(void **state)
{
    struct pbed *b = *state;
    size_t n = sizeof rows / sizeof *rows;

    assert_int_equal(n, 40);
    assert_int_equal(n, PAYTM_CODES);
    for (size_t i = 0; i < n; i++) {
        char want[256];

        (void)snprintf(want, sizeof want, "\"resultInfo\":{\"resultCode\":\"%s\",\"resultStatus\":\"%s\","
                       "\"resultMsg\":\"%s\"}}}", rows[i].code, rows[i].status, rows[i].text);
        (void)rows[i].cause(b);
        if (!strstr(b->x.body, want))
            fail_msg("%s instead of %s", b->x.body, want);
        if (pbed_is_signed(b) == rows[i].unsigned_)
            fail_msg("%s: %s", rows[i].unsigned_ ? "signed" : "not signed", b->x.body);
    }
}

static void short_words_stand_for_the_long_ones(void **state)
{
    (void)state;
    assert_string_equal(code_words(CODE_DONE, true).status, "S");
    assert_string_equal(code_words(CODE_PENDING, true).status, "U");
    assert_string_equal(code_words(CODE_AWAITING, true).status, "U");
    assert_string_equal(code_words(CODE_MISSING, true).status, "F");
    assert_string_equal(code_words(CODE_MISSING, false).status, "FAILED");
}

static void every_verdict_of_a_network_has_its_code(void **state)
{
    static const struct { enum network_verdict verdict; const char *code; } verdicts[] = {
        { NETWORK_DONE, "00" }, { NETWORK_LATER, "100" }, { NETWORK_DECLINED, "701" }, { NETWORK_INELIGIBLE, "730" },
        { NETWORK_AUTHENTICATE, "750" }, { NETWORK_BAD_REQUEST, "700" }, { NETWORK_BAD_AUTH_REF, "727" },
        { NETWORK_CARD_BLOCKED, "714" }, { NETWORK_NOT_ALLOWED, "715" }, { NETWORK_UNSUPPORTED, "440" },
        { NETWORK_NO_TOKEN, "724" }, { NETWORK_NO_REQUESTOR, "442" }, { NETWORK_REQUESTOR_STATE, "443" },
        { NETWORK_ERROR, "702" }, { NETWORK_FAULT, "721" }, { NETWORK_UNREACHABLE, "708" },
        { NETWORK_NO_ROUTE, "723" }, { NETWORK_BROKEN, "709" }, { NETWORK_SILENT, "801" }, { NETWORK_BUSY, "502" },
        { NETWORK_FLIGHT_GONE, "502" }, { NETWORK_WRONG_TOKEN, "721" }, { NETWORK_REPLAYED, "721" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        struct vault_job job = {
            .asks = true, .wish.op = VAULT_DISCLOSE, .answer.verdict = verdicts[i].verdict,
        };

        assert_string_equal(code_words(code_of_outcome(&job), false).code, verdicts[i].code);
    }
}

static void what_goes_on_being_asked_for_has_not_failed(void **state)
{
    static const enum vault_op changes[] = { VAULT_MAKE, VAULT_SUSPEND, VAULT_RESUME, VAULT_DELETE };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct vault_job job = { .asks = true, .wish.op = changes[i], .answer.verdict = NETWORK_FAULT };

        assert_string_equal(code_words(code_of_outcome(&job), false).code, "150");
        assert_string_equal(code_words(code_of_outcome(&job), false).status, "PENDING");
        job.answer.verdict = NETWORK_ERROR;               /* the network did nothing, and is not asked again */
        assert_string_equal(code_words(code_of_outcome(&job), false).code, "702");
    }
}

static void a_token_the_network_does_not_let_be_used_is_told_its_state(void **state)
{
    static const struct { struct token_life life; enum paytm_code code; } lives[] = {
        { { TOKEN_INIT, 0, false }, CODE_PENDING }, { { TOKEN_SUSPENDED, 1, false }, CODE_SUSPENDED },
        { { TOKEN_SUSPENDED, 2, true }, CODE_SUSPENDED }, { { TOKEN_ACTIVE, 0, true }, CODE_EXPIRED },
        { { TOKEN_ACTIVE, 0, false }, CODE_STATE }, { { TOKEN_DEAD, 0, false }, CODE_STATE },
        { { TOKEN_FAILED, 0, false }, CODE_STATE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        struct vault_job job = { .asks = true, .answer = { .verdict = NETWORK_BAD_STATE, .life = lives[i].life } };

        assert_int_equal(code_of_outcome(&job), lives[i].code);
    }
}

static void a_rule_means_another_code_for_a_use_and_for_a_change(void **state)
{
    static const struct { enum token_rule rule; enum paytm_code use, change; } rules[] = {
        { TOKEN_RULE_PENDING, CODE_PENDING, CODE_NOT_ALLOWED },
        { TOKEN_RULE_SUSPENDED, CODE_SUSPENDED, CODE_NOT_ALLOWED },
        { TOKEN_RULE_EXPIRED, CODE_EXPIRED, CODE_EXPIRED }, { TOKEN_RULE_DEAD, CODE_STATE, CODE_NOT_ALLOWED },
        { TOKEN_RULE_FAILED, CODE_STATE, CODE_NOT_ALLOWED },
        { TOKEN_RULE_ISSUER, CODE_NOT_ALLOWED, CODE_NOT_ALLOWED },
        { TOKEN_RULE_ACTOR, CODE_NOT_ALLOWED, CODE_NOT_ALLOWED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct vault_job job = { .why = VAULT_RULE, .rule = rules[i].rule, .wish.op = VAULT_DISCLOSE };

        assert_int_equal(code_of_refusal(&job, FAULT_WRONG_STATE), rules[i].use);
        job.wish.op = VAULT_RESUME;
        assert_int_equal(code_of_refusal(&job, FAULT_WRONG_STATE), rules[i].change);
    }
}

static void refusals_of_the_vault_have_their_codes(void **state)
{
    static const struct { struct vault_job job; enum fault f; enum paytm_code code; } refusals[] = {
        { { .why = VAULT_NO_TOKEN }, FAULT_NOT_FOUND, CODE_NO_TOKEN },
        { { .why = VAULT_OTHER_CUSTOMER }, FAULT_NOT_FOUND, CODE_USER },
        { { .why = VAULT_NO_REQUESTOR }, FAULT_WRONG_STATE, CODE_NO_TRID },
        { { .why = VAULT_NO_NETWORK }, FAULT_WRONG_STATE, CODE_DOWN },
        { { .why = VAULT_CARD_BUDGET }, FAULT_TOO_MANY, CODE_REFUSED },
        { { .why = VAULT_CONSENT, .consent = CONSENT_MISSING }, FAULT_DENIED, CODE_REFUSED },
        { { .why = VAULT_CONSENT, .consent = CONSENT_RUPAY }, FAULT_DENIED, CODE_MISSING },
        { { .why = VAULT_CONSENT, .consent = CONSENT_STRICT }, FAULT_DENIED, CODE_MISSING },
        { { .why = VAULT_CONSENT, .consent = CONSENT_CARD_NUMBER }, FAULT_DENIED, CODE_DETAILS },
        { { .why = VAULT_CONSENT, .consent = CONSENT_SCHEME }, FAULT_DENIED, CODE_UNSUPPORTED },
        { { .why = VAULT_FINE }, FAULT_DISK, CODE_DOWN }, { { .why = VAULT_FINE }, FAULT_BUSY, CODE_DOWN },
        { { .why = VAULT_FINE }, FAULT_INTERNAL, CODE_INTERNAL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        assert_int_equal(code_of_refusal(&refusals[i].job, refusals[i].f), refusals[i].code);
}

/* The effect is at the network, and our disk is full: the merchant asks again, and there is one token. */
static void what_could_not_be_kept_is_unknown_and_safe_to_repeat(void **state)
{
    struct pbed *b = *state;
    struct xbed_sent s = { .route = TOKENIZE, .param = b->paytm.mid, .query = "requestId=r1" };
    enum fault f = FAULT_NONE;
    const char *body = pbed_tokenize_body(b, VISA, "c1");

    (void)snprintf(b->id, sizeof b->id, "r1");
    s.body = pbed_envelope(b, body, pbed_sign(b, body));
    xbed_begin(&b->x, &s);
    assert_int_equal(xbed_lead(&b->x, &f), STEP_GO);
    f = xbed_compose(&b->x, FAULT_DISK);
    b->x.x.route->show(&b->x.x, f);
    xbed_end(&b->x);
    assert_string_equal(pbed_value(b, "resultCode"), "150");
    assert_true(pbed_is_signed(b));
    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    assert_code(b, pbed_generate(b), "00");
}

/* Its work was not committed, so nothing was asked for. */
static void what_was_never_begun_is_a_definite_failure(void **state)
{
    struct pbed *b = *state;
    struct xbed_sent s = { .route = GENERATE, .param = b->paytm.mid, .query = "requestId=r2" };
    const char *body = "{\"paymentType\":\"ECOM\",\"tokenIndexNumber\":\"1\",\"userInfo\":{\"custId\":\"c\"}}";
    enum fault f;

    (void)snprintf(b->id, sizeof b->id, "r2");
    s.body = pbed_envelope(b, body, pbed_sign(b, body));
    xbed_begin(&b->x, &s);
    assert_int_equal(b->x.x.route->parse(&b->x.x), STEP_GO);
    f = xbed_compose(&b->x, FAULT_DISK);
    b->x.x.route->show(&b->x.x, f);
    xbed_end(&b->x);
    assert_string_equal(pbed_value(b, "resultCode"), "502");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_of_the_forty_codes_has_its_own_cause, pbed_setup, pbed_teardown),
        cmocka_unit_test(short_words_stand_for_the_long_ones),
        cmocka_unit_test(every_verdict_of_a_network_has_its_code),
        cmocka_unit_test(what_goes_on_being_asked_for_has_not_failed),
        cmocka_unit_test(a_token_the_network_does_not_let_be_used_is_told_its_state),
        cmocka_unit_test(a_rule_means_another_code_for_a_use_and_for_a_change),
        cmocka_unit_test(refusals_of_the_vault_have_their_codes),
        cmocka_unit_test_setup_teardown(what_could_not_be_kept_is_unknown_and_safe_to_repeat, pbed_setup,
                                        pbed_teardown),
        cmocka_unit_test_setup_teardown(what_was_never_begun_is_a_definite_failure, pbed_setup, pbed_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
