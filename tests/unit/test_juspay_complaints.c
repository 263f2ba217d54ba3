/* test_juspay_complaints.c: every way in which a card, the vault or a network says no, in Juspay's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dialect/juspay/complaint.h"
#include "dialect/juspay/jcall.h"
#include "dialect/juspay/juspay.h"
#include "dialect/juspay/words.h"

#include "base/banned.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    json_in_start();
    return arena_new(&arena);
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void is(const struct complaint *c, unsigned status, const char *code, const char *category)
{
    assert_int_equal(c->status, status);
    assert_string_equal(c->code, code);
    assert_string_equal(c->category, category);
    assert_true(c->message.n > 0);
    assert_non_null(c->user);
}

static bool says(const struct complaint *c, const char *part)
{
    char text[1024];

    assert_int_equal(span_text(text, sizeof text, c->message), FAULT_NONE);
    return strstr(text, part) != NULL;
}

static void each_verdict_of_a_network_has_a_status_and_a_code(void **state)
{
    static const struct { enum network_verdict v; unsigned status; const char *code, *category; } rows[] = {
        { NETWORK_DECLINED, 400, "INVALID_INPUT", "USER_ERROR" },
        { NETWORK_INELIGIBLE, 400, "FEATURE_NOT_ENABLED", "CONFIG_ERROR" },
        { NETWORK_AUTHENTICATE, 400, "INVALID_INPUT", "USER_ERROR" },
        { NETWORK_BAD_REQUEST, 400, "INVALID_INPUT", "USER_ERROR" },
        { NETWORK_BAD_AUTH_REF, 400, "INVALID_INPUT", "USER_ERROR" },
        { NETWORK_CARD_BLOCKED, 400, "INVALID_ACTION", "USER_ERROR" },
        { NETWORK_BAD_STATE, 400, "INVALID_ACTION", "USER_ERROR" },
        { NETWORK_NOT_ALLOWED, 400, "INVALID_ACTION", "USER_ERROR" },
        { NETWORK_UNSUPPORTED, 400, "FEATURE_NOT_ENABLED", "CONFIG_ERROR" },
        { NETWORK_NO_TOKEN, 404, "RESOURCE_NOT_FOUND", "USER_ERROR" },
        { NETWORK_NO_REQUESTOR, 400, "FEATURE_NOT_ENABLED", "CONFIG_ERROR" },
        { NETWORK_REQUESTOR_STATE, 400, "FEATURE_NOT_ENABLED", "CONFIG_ERROR" },
        { NETWORK_ERROR, 502, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_FAULT, 502, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_UNREACHABLE, 502, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_NO_ROUTE, 502, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_BROKEN, 502, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_SILENT, 504, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_BUSY, 503, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_FLIGHT_GONE, 503, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_DONE, 500, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_LATER, 500, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_WRONG_TOKEN, 500, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_WRONG_CRYPTOGRAM, 500, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_REPLAYED, 500, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_STALE, 500, "SERVER_ERROR", "SERVER_ERROR" },
        { NETWORK_WRONG_AMOUNT, 500, "SERVER_ERROR", "SERVER_ERROR" },
    };

    (void)state;
    assert_int_equal(sizeof rows / sizeof *rows, NETWORK_VERDICTS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct complaint c = complaint_of_verdict(arena, rows[i].v);
        is(&c, rows[i].status, rows[i].code, rows[i].category);
        if (rows[i].status != 500)
            assert_true(says(&c, network_verdict_name(rows[i].v)) && says(&c, network_verdict_text(rows[i].v)));
    }
}

static void a_network_that_fails_is_told_to_the_customer_as_such(void **state)
{
    struct complaint silent = complaint_of_verdict(arena, NETWORK_SILENT);
    struct complaint refused = complaint_of_verdict(arena, NETWORK_BAD_REQUEST);

    (void)state;
    assert_string_equal(silent.user, "Error from network");
    assert_string_equal(refused.user,
                        "The network token provision request contained data that could not be verified");
}

static void a_breach_of_a_rule_is_refused_in_the_name_of_the_rule(void **state)
{
    static const struct { enum consent_rule rule; const char *code, *category; } rows[] = {
        { CONSENT_SCHEME, "FEATURE_NOT_ENABLED", "CONFIG_ERROR" },
        { CONSENT_MISSING, "MISSING_MANDATORY_PARAMETER", "USER_ERROR" },
        { CONSENT_ID, "MISSING_MANDATORY_PARAMETER", "USER_ERROR" },
        { CONSENT_TIME, "INVALID_INPUT", "USER_ERROR" },
        { CONSENT_CARD_NUMBER, "INVALID_INPUT", "USER_ERROR" },
        { CONSENT_FACTOR, "MISSING_MANDATORY_PARAMETER", "USER_ERROR" },
        { CONSENT_OTHER_PAYMENT, "INVALID_INPUT", "USER_ERROR" },
        { CONSENT_AMEX, "MISSING_MANDATORY_PARAMETER", "USER_ERROR" },
        { CONSENT_RUPAY, "MISSING_MANDATORY_PARAMETER", "USER_ERROR" },
        { CONSENT_STRICT, "MISSING_MANDATORY_PARAMETER", "USER_ERROR" },
    };

    (void)state;
    assert_int_equal(sizeof rows / sizeof *rows, CONSENT_RULES - 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vault_job job = { .why = VAULT_CONSENT, .consent = rows[i].rule };
        struct complaint c = complaint_of_vault(arena, &job, FAULT_DENIED);
        is(&c, 400, rows[i].code, rows[i].category);
        assert_true(says(&c, consent_rule_name(rows[i].rule)));
        assert_true(says(&c, consent_rule_source(rows[i].rule)));
    }
}

static void a_token_that_cannot_be_used_says_why(void **state)
{
    static const struct { enum token_rule rule; unsigned status; const char *code; } rows[] = {
        { TOKEN_RULE_ACTOR, 400, "INVALID_ACTION" },   { TOKEN_RULE_PENDING, 400, "INVALID_ACTION" },
        { TOKEN_RULE_SUSPENDED, 400, "INVALID_ACTION" }, { TOKEN_RULE_ISSUER, 400, "INVALID_ACTION" },
        { TOKEN_RULE_EXPIRED, 400, "EXPIRED" },        { TOKEN_RULE_DEAD, 404, "RESOURCE_NOT_FOUND" },
        { TOKEN_RULE_FAILED, 404, "RESOURCE_NOT_FOUND" }, { TOKEN_RULE_SETTLED, 400, "INVALID_ACTION" },
    };

    (void)state;
    assert_int_equal(sizeof rows / sizeof *rows, TOKEN_RULES - 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vault_job job = { .wish.op = VAULT_DISCLOSE, .why = VAULT_RULE, .rule = rows[i].rule };
        struct complaint c = complaint_of_vault(arena, &job, FAULT_WRONG_STATE);
        is(&c, rows[i].status, rows[i].code, "USER_ERROR");
        assert_true(says(&c, token_rule_name(rows[i].rule)));
    }
}

static void a_card_whose_former_token_is_being_deleted_may_be_sent_again(void **state)
{
    struct vault_job job = { .wish.op = VAULT_MAKE, .why = VAULT_RULE, .rule = TOKEN_RULE_DEAD };
    struct complaint c = complaint_of_vault(arena, &job, FAULT_WRONG_STATE);

    (void)state;
    is(&c, 409, "INVALID_ACTION", "USER_ERROR");
    assert_true(says(&c, "try again"));
}

static void the_vaults_other_reasons_have_words(void **state)
{
    static const struct { enum vault_why why; enum fault f; unsigned status; const char *code; } rows[] = {
        { VAULT_NO_TOKEN, FAULT_NOT_FOUND, 404, "RESOURCE_NOT_FOUND" },
        { VAULT_OTHER_CUSTOMER, FAULT_NOT_FOUND, 404, "RESOURCE_NOT_FOUND" },
        { VAULT_NO_REQUESTOR, FAULT_WRONG_STATE, 400, "FEATURE_NOT_ENABLED" },
        { VAULT_NO_NETWORK, FAULT_WRONG_STATE, 400, "FEATURE_NOT_ENABLED" },
        { VAULT_CARD_BUDGET, FAULT_TOO_MANY, 429, "TOO_MANY_REQUESTS" },
        { VAULT_FINE, FAULT_DISK, 500, "SERVER_ERROR" },
        { VAULT_FINE, FAULT_BUSY, 503, "SERVER_ERROR" },
        { VAULT_FINE, FAULT_SILENT, 503, "SERVER_ERROR" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vault_job job = { .why = rows[i].why };
        struct complaint c = complaint_of_vault(arena, &job, rows[i].f);
        assert_int_equal(c.status, rows[i].status);
        assert_string_equal(c.code, rows[i].code);
    }
}

static void another_customers_token_is_refused_like_one_that_does_not_exist(void **state)
{
    struct vault_job none = { .why = VAULT_NO_TOKEN }, other = { .why = VAULT_OTHER_CUSTOMER };
    struct complaint a = complaint_of_vault(arena, &none, FAULT_NOT_FOUND);
    struct complaint b = complaint_of_vault(arena, &other, FAULT_NOT_FOUND);

    (void)state;
    assert_true(span_equal(a.message, b.message));
    assert_string_equal(a.user, b.user);
    assert_string_equal(a.headline, b.headline);
}

static struct complaint of_card(enum card_flaw flaw, enum pan_flaw pan)
{
    struct card_facts facts = { .flaw = flaw, .pan = pan };

    return complaint_of_card(arena, &facts, MODE_LIVE, "");
}

static void a_flawed_card_says_which_part_is_wrong(void **state)
{
    static const struct { enum card_flaw flaw; enum pan_flaw pan; const char *code, *field; } rows[] = {
        { CARD_UNREADABLE, PAN_FINE, "INVALID_INPUT", NULL },
        { CARD_SYNTAX, PAN_FINE, "INVALID_INPUT", "cardData" },
        { CARD_NUMBER, PAN_MISSING, "MISSING_MANDATORY_PARAMETER", "card_number" },
        { CARD_NUMBER, PAN_NOT_DIGITS, "INVALID_INPUT", "card_number" },
        { CARD_NUMBER, PAN_SCHEME, "FEATURE_NOT_ENABLED", "card_number" },
        { CARD_NUMBER, PAN_LENGTH, "INVALID_INPUT", "card_number" },
        { CARD_NUMBER, PAN_LUHN, "INVALID_INPUT", "card_number" },
        { CARD_MONTH, PAN_FINE, "INVALID_INPUT", "card_exp_month" },
        { CARD_YEAR, PAN_FINE, "INVALID_INPUT", "card_exp_year" },
        { CARD_EXPIRED, PAN_FINE, "EXPIRED", "card_exp_year" },
        { CARD_CODE, PAN_FINE, "INVALID_INPUT", "card_security_code" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct complaint c = of_card(rows[i].flaw, rows[i].pan);
        assert_int_equal(c.status, 400);
        assert_string_equal(c.code, rows[i].code);
        assert_true(span_equal(c.field, span_of(rows[i].field)));
    }
}

/* The published names of the fields are not those of the members, so the text has the latter. */
static void a_member_of_the_card_that_is_missing_is_told_by_its_own_name(void **state)
{
    struct complaint number = of_card(CARD_NUMBER, PAN_MISSING), month = of_card(CARD_MONTH, PAN_FINE);
    struct complaint year = of_card(CARD_YEAR, PAN_FINE);

    (void)state;
    assert_true(says(&number, "cardNumber"));
    assert_true(says(&month, "expMonth"));
    assert_true(says(&year, "expYear"));
}

static void a_wrong_check_digit_has_the_published_words(void **state)
{
    struct complaint c = of_card(CARD_NUMBER, PAN_LUHN);

    (void)state;
    assert_string_equal(c.headline, "BAD_REQUEST");
    assert_string_equal(c.reason, "Luhn Check Failed.");
    assert_true(says(&c, "Invalid CardNumber"));
}

static struct complaint unreadable(enum services_mode mode, const char *why, const char *kid)
{
    struct card_facts facts = { .flaw = CARD_UNREADABLE };

    assert_int_equal(span_text(facts.why, sizeof facts.why, span_of(why)), FAULT_NONE);
    assert_int_equal(span_text(facts.kid, sizeof facts.kid, span_of(kid)), FAULT_NONE);
    return complaint_of_card(arena, &facts, mode, "1f2e3d4c-0000-4000-8000-000000000001");
}

static void in_sandbox_mode_a_jwe_that_does_not_open_is_explained(void **state)
{
    struct complaint c = unreadable(MODE_SANDBOX, "its alg is RSA1_5", "key_of_mine");

    (void)state;
    assert_true(says(&c, "its alg is RSA1_5"));
    assert_true(says(&c, "its kid is key_of_mine"));
    assert_true(says(&c, "the one key that opens it here has the id 1f2e3d4c-0000-4000-8000-000000000001"));
}

static void in_live_mode_every_jwe_that_does_not_open_gets_the_same_answer(void **state)
{
    static const char *const why[] = { "its alg is none", "it has not five parts", "it does not open", "" };
    struct complaint first = unreadable(MODE_LIVE, "its alg is RSA1_5", "key_of_mine");

    (void)state;
    for (size_t i = 0; i < sizeof why / sizeof *why; i++) {
        struct complaint c = unreadable(MODE_LIVE, why[i], i % 2 ? "another" : "");
        assert_true(span_equal(c.message, first.message));
        assert_string_equal(c.code, first.code);
        assert_string_equal(c.user, first.user);
        assert_string_equal(c.headline, first.headline);
        assert_int_equal(c.status, first.status);
    }
    assert_false(says(&first, "RSA1_5") || says(&first, "key_of_mine") || says(&first, "1f2e3d4c"));
}

static void a_key_id_that_looks_like_a_card_is_not_repeated(void **state)
{
    struct complaint c = unreadable(MODE_SANDBOX, "it does not open", "4111111111111111");

    (void)state;
    assert_false(says(&c, "4111111111111111"));
}

static void each_fault_has_a_status(void **state)
{
    static const struct { enum fault f; unsigned status; const char *code; } rows[] = {
        { FAULT_BAD_INPUT, 400, "INVALID_INPUT" },  { FAULT_UNKNOWN_CALLER, 401, "UNAUTHORIZED" },
        { FAULT_NOT_FOUND, 404, "RESOURCE_NOT_FOUND" }, { FAULT_EXISTS, 400, "ALREADY_EXISTS" },
        { FAULT_WRONG_STATE, 400, "INVALID_ACTION" }, { FAULT_TOO_MANY, 429, "TOO_MANY_REQUESTS" },
        { FAULT_BUSY, 503, "SERVER_ERROR" },        { FAULT_SILENT, 503, "SERVER_ERROR" },
        { FAULT_NONE, 500, "SERVER_ERROR" },        { FAULT_DENIED, 500, "SERVER_ERROR" },
        { FAULT_MISMATCH, 500, "SERVER_ERROR" },    { FAULT_DISK, 500, "SERVER_ERROR" },
        { FAULT_RETRY, 500, "SERVER_ERROR" },       { FAULT_INTERNAL, 500, "SERVER_ERROR" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct complaint c = complaint_of_fault(rows[i].f);
        is(&c, rows[i].status, rows[i].code, rows[i].status >= 500 ? "SERVER_ERROR" : "USER_ERROR");
    }
}

static struct span no_header(const struct exchange *x, const char *name)
{
    (void)x, (void)name;
    return (struct span){ 0 };
}

static const char *answer_of(const struct complaint *c)
{
    static char text[8192];
    struct exchange x = { .arena = arena, .header = no_header, .request_id = "r-1" };
    struct span body;

    complaint_answer(&x, c);
    assert_int_equal(x.answer.status, c->status);
    assert_int_equal(buf_done(&x.answer.body, &body), FAULT_NONE);
    assert_int_equal(span_text(text, sizeof text, body), FAULT_NONE);
    return text;
}

/* Decision 11: a client that reads error_info on anything but 2xx, one that reads the flat members, one that reads the
 * boolean and one that reads those of the encrypted answer all find what they look for. */
static void decision_11_a_failure_has_the_members_of_every_published_shape(void **state)
{
    struct complaint c = of_card(CARD_NUMBER, PAN_LUHN);

    (void)state;
    assert_string_equal(answer_of(&c),
        "{\"status\":\"FAILURE\",\"errorCode\":\"INVALID_INPUT\","
        "\"errorMessage\":\"Invalid CardNumber: Luhn Check Failed.\",\"payload\":null,\"error\":true,"
        "\"error_code\":\"INVALID_INPUT\",\"error_message\":\"BAD_REQUEST\",\"user_message\":\"Invalid card details.\","
        "\"error_info\":{\"code\":\"INVALID_INPUT\",\"category\":\"USER_ERROR\",\"request_id\":\"r-1\","
        "\"user_message\":\"Invalid card details.\",\"developer_message\":\"Invalid CardNumber: Luhn Check Failed.\","
        "\"fields\":[{\"field_name\":\"card_number\",\"reason\":\"Luhn Check Failed.\"}]}}");
}

static void a_long_message_full_of_quotes_still_fits_its_answer(void **state)
{
    char quotes[900];
    struct complaint c = complaint_make(400, "INVALID_INPUT", NULL);

    (void)state;
    memset(quotes, '"', sizeof quotes - 1);
    quotes[0] = '\x01';
    quotes[sizeof quotes - 1] = '\0';
    c.message = span_of(quotes);
    assert_non_null(strstr(answer_of(&c), "\\u0001\\\""));
}

static void each_refusal_before_a_route_has_a_status(void **state)
{
    static const struct { enum refusal why; unsigned status; } rows[] = {
        { REFUSE_NO_ROUTE, 404 }, { REFUSE_METHOD, 405 }, { REFUSE_PATH, 400 }, { REFUSE_BODY_TOO_LARGE, 413 },
        { REFUSE_BODY_TRUNCATED, 400 }, { REFUSE_CONTENT_TYPE, 415 }, { REFUSE_FRAMING, 400 },
        { REFUSE_HEADERS, 431 }, { REFUSE_HOST, 421 }, { REFUSE_BUSY, 503 }, { REFUSE_STOPPING, 503 },
        { REFUSE_TIMEOUT, 408 },
        { REFUSE_MEMORY, 500 }, { REFUSE_SEALED, 503 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange x = { .arena = arena, .header = no_header };
        juspay_dialect.refuse(&x, rows[i].why);
        assert_int_equal(x.answer.status, rows[i].status);
        assert_int_not_equal(x.request_id[0], '\0');
    }
}

static void a_tokens_status_is_one_of_five_words(void **state)
{
    static const struct { struct token_life life; const char *word; } rows[] = {
        { { TOKEN_INIT, 0, false }, "INACTIVE" },    { { TOKEN_ACTIVE, 0, false }, "ACTIVE" },
        { { TOKEN_ACTIVE, 0, true }, "EXPIRED" },    { { TOKEN_SUSPENDED, 1, false }, "SUSPENDED" },
        { { TOKEN_SUSPENDED, 2, true }, "SUSPENDED" }, { { TOKEN_DEAD, 0, false }, "DELETED" },
        { { TOKEN_FAILED, 0, false }, "INACTIVE" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(words_status(rows[i].life), rows[i].word);
}

/* DINERS is a word that a published client does not know. */
static void brands_are_words_that_clients_know(void **state)
{
    (void)state;
    assert_string_equal(words_brand(SCHEME_VISA), "VISA");
    assert_string_equal(words_brand(SCHEME_MASTERCARD), "MASTERCARD");
    assert_string_equal(words_brand(SCHEME_RUPAY), "RUPAY");
    assert_string_equal(words_brand(SCHEME_AMEX), "AMEX");
    assert_string_equal(words_brand(SCHEME_DINERS), "DINERSCLUB");
    assert_null(words_brand(SCHEME_UNKNOWN));
    assert_null(words_brand(SCHEMES));
    assert_null(words_brand(-1));
}

static void what_is_not_known_is_empty_or_null_and_never_zeros(void **state)
{
    struct expiry_text none = words_expiry((struct expiry){ 0 }), some = words_expiry((struct expiry){ 2030, 9 });
    char bank[WORDS_BANK], masked[WORDS_MASKED];

    (void)state;
    assert_string_equal(none.mm, "");
    assert_string_equal(none.yyyy, "");
    assert_string_equal(some.mm, "09");
    assert_string_equal(some.yyyy, "2030");
    assert_true(span_absent(words_bank(bank, (struct span){ 0 })));
    assert_true(span_equal(words_bank(bank, SPAN("HDFC")), SPAN("JP_HDFC")));
    assert_false(span_absent(words_known((struct span){ 0 })));
    words_masked(masked, SPAN("1449"));
    assert_string_equal(masked, "XXXX-XXXXXXXX-1449");
    assert_null(words_type(BIN_TYPE_UNKNOWN));
    assert_null(words_sub(BIN_SUB_UNKNOWN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_verdict_of_a_network_has_a_status_and_a_code),
        cmocka_unit_test(a_network_that_fails_is_told_to_the_customer_as_such),
        cmocka_unit_test(a_breach_of_a_rule_is_refused_in_the_name_of_the_rule),
        cmocka_unit_test(a_token_that_cannot_be_used_says_why),
        cmocka_unit_test(a_card_whose_former_token_is_being_deleted_may_be_sent_again),
        cmocka_unit_test(the_vaults_other_reasons_have_words),
        cmocka_unit_test(another_customers_token_is_refused_like_one_that_does_not_exist),
        cmocka_unit_test(a_flawed_card_says_which_part_is_wrong),
        cmocka_unit_test(a_member_of_the_card_that_is_missing_is_told_by_its_own_name),
        cmocka_unit_test(a_wrong_check_digit_has_the_published_words),
        cmocka_unit_test(in_sandbox_mode_a_jwe_that_does_not_open_is_explained),
        cmocka_unit_test(in_live_mode_every_jwe_that_does_not_open_gets_the_same_answer),
        cmocka_unit_test(a_key_id_that_looks_like_a_card_is_not_repeated),
        cmocka_unit_test(each_fault_has_a_status),
        cmocka_unit_test(decision_11_a_failure_has_the_members_of_every_published_shape),
        cmocka_unit_test(a_long_message_full_of_quotes_still_fits_its_answer),
        cmocka_unit_test(each_refusal_before_a_route_has_a_status),
        cmocka_unit_test(a_tokens_status_is_one_of_five_words),
        cmocka_unit_test(brands_are_words_that_clients_know),
        cmocka_unit_test(what_is_not_known_is_empty_or_null_and_never_zeros),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
