/* test_cashfree_instruments.c: cards saved through another interface, as Cashfree's token vault shows them; and its two
 * calls about cards (reference 2.13). */
#include "juspay_bed.h"

#include "dialect/cashfree/cashfree.h"
#include "service/rate_limit.h"
#include "store/audit.h"

#include "base/banned.h"

#define VISA JBED_CARD(JBED_VISA)
#define LIST "GET /pg/customers/{customer_id}/instruments"
#define GET_ONE LIST "/{instrument_id}"
#define DELETE_ONE "DELETE /pg/customers/{customer_id}/instruments/{instrument_id}"
#define CRYPTOGRAM GET_ONE "/cryptogram"
#define CARDBIN "POST /pg/utilities/cardbin"
#define PARS "POST /pg/utilities/pars"
#define CARD_TYPE "instrument_type=card"

enum { UUID = 37 };

struct ibed { struct jbed *j; struct xbed x; char id[UUID]; };

static int setup(void **state)
{
    struct ibed *b = calloc(1, sizeof *b);
    void *j = NULL;

    assert_non_null(b);
    assert_int_equal(jbed_setup(&j), 0);
    b->j = j;
    xbed_open(&b->x, b->j->tokens.f, &cashfree_dialect);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct ibed *b = *state;
    void *j = b->j;

    xbed_close(&b->x);
    free(b);
    return jbed_teardown(&j);
}

static struct xbed_sent sent(struct ibed *b, const char *route, const char *version)
{
    const struct merchant_whole *m = &b->j->tokens.merchant;

    return (struct xbed_sent){ .route = route, .param = JBED_CUSTOMER, .param2 = b->id,
        .headers = { { "x-api-version", version }, { "x-client-id", m->cashfree.client_id },
                     { "x-client-secret", m->cashfree.client_secret } } };
}

static unsigned send_as(struct ibed *b, const char *route, const char *version)
{
    return xbed_send(&b->x, sent(b, route, version));
}

static unsigned send(struct ibed *b, const char *route)
{
    return send_as(b, route, "2025-01-01");
}

static unsigned list(struct ibed *b, const char *version, const char *customer, const char *query)
{
    struct xbed_sent s = sent(b, LIST, version);

    s.param = customer;
    s.query = query;
    return xbed_send(&b->x, s);
}

static unsigned post(struct ibed *b, const char *route, const char *body)
{
    struct xbed_sent s = sent(b, route, "2026-01-01");

    s.body = body;
    return xbed_send(&b->x, s);
}

static void check(const struct ibed *b, unsigned status, const char *code, const char *type)
{
    if (b->x.x.answer.status != status || strcmp(jbed_member(b->x.body, "code"), code) != 0
        || strcmp(jbed_member(b->x.body, "type"), type) != 0)
        fail_msg("%u %s instead of %u %s %s", b->x.x.answer.status, b->x.body, status, code, type);
}

static void check_400(const struct ibed *b, const char *code)
{
    check(b, 400, code, "invalid_request_error");
}

/* Save a card through Juspay; its id as a UUID is then the bed's. */
static void save(struct ibed *b, const char *card)
{
    const char *hex = jbed_make(b->j, card) + strlen("token_");

    (void)snprintf(b->id, sizeof b->id, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static struct sim_token newest(const struct ibed *b)
{
    static struct sim_token tokens[SIM_LIST_MAX];
    size_t n;

    assert_int_equal(sim_tokens(b->j->tokens.f->sim, tokens, &n), FAULT_NONE);
    assert_true(n > 0);
    return tokens[0];
}

static void issuer_does(const struct ibed *b, enum sim_event e)
{
    struct sim_token t = newest(b);

    assert_int_equal(sim_happen(b->j->tokens.f->sim, span_of(t.token_ref), e, FIXTURE_NOW), FAULT_NONE);
}

static void a_card_saved_through_juspay_is_an_instrument(void **state)
{
    struct ibed *b = *state;
    char id[64];

    save(b, JBED_CARD("4386241223215159"));
    assert_int_equal(list(b, "2025-01-01", JBED_CUSTOMER, CARD_TYPE), 200);
    (void)snprintf(id, sizeof id, "\"instrument_id\":\"%s\"", b->id);
    assert_has(&b->x, id);
    assert_has(&b->x, "[{\"customer_id\":\"" JBED_CUSTOMER "\",\"afa_reference\":null,");
    assert_has(&b->x, "\"instrument_type\":\"card\",\"instrument_uid\":\"");
    assert_int_equal(strlen(jbed_member(b->x.body, "instrument_uid")), 64);
    assert_int_equal(strspn(jbed_member(b->x.body, "instrument_uid"), "0123456789abcdef"), 64);
    assert_has(&b->x, "\"instrument_display\":\"XXXXXXXXXXXX5159\",\"instrument_status\":\"ACTIVE\",\"created_at\":\"");
    assert_has(&b->x, "\"instrument_meta\":{\"card_network\":\"VISA\",\"card_bank_name\":\"HDFC Bank\","
                      "\"card_country\":\"IN\",\"card_type\":\"DEBIT_CARD\",\"card_token_details\":{\"par\":\"");
    assert_has(&b->x, "\"expiry_month\":\"11\",\"expiry_year\":\"27\"}}}]");
    assert_int_equal(strlen(jbed_member(b->x.body, "par")), 29);
    assert_has_not(&b->x, "4386241223215159");
    assert_string_equal(xbed_answer_header(&b->x, "cache-control"), "no-store");
}

static void from_2026_on_its_words_are_small_and_it_has_a_sub_type(void **state)
{
    struct ibed *b = *state;

    save(b, VISA);
    assert_int_equal(list(b, "2026-01-01", JBED_CUSTOMER, CARD_TYPE), 200);
    assert_has(&b->x, "\"card_network\":\"visa\"");
    assert_has(&b->x, "\"card_type\":\"credit_card\",\"card_sub_type\":\"");
    assert_int_equal(list(b, "2023-08-01", JBED_CUSTOMER, CARD_TYPE), 200);
    assert_has(&b->x, "\"card_network\":\"VISA\"");
    assert_has_not(&b->x, "card_sub_type");
}

static void the_same_card_of_two_customers_has_one_uid_and_two_ids(void **state)
{
    struct ibed *b = *state;
    char uid[65];

    save(b, VISA);
    assert_int_equal(send(b, GET_ONE), 200);
    (void)snprintf(uid, sizeof uid, "%s", jbed_member(b->x.body, "instrument_uid"));
    assert_int_equal(jbed_generate(b->j, VISA, "customer_2", ""), 200);
    assert_int_equal(list(b, "2025-01-01", "customer_2", CARD_TYPE), 200);
    assert_string_equal(jbed_member(b->x.body, "instrument_uid"), uid);
    assert_string_not_equal(jbed_member(b->x.body, "instrument_id"), b->id);
}

static void the_list_wants_the_type_card_once_or_twice(void **state)
{
    static const struct { const char *query; unsigned status; const char *code; } rows[] = {
        { CARD_TYPE, 200, "" }, { CARD_TYPE "&" CARD_TYPE, 200, "" }, { "a=b&" CARD_TYPE "&c", 200, "" },
        { "instrument_type=&" CARD_TYPE, 200, "" },
        { NULL, 400, "instrument_type_missing" }, { "", 400, "instrument_type_missing" },
        { "instrument_type", 400, "instrument_type_missing" }, { "instrument_type=", 400, "instrument_type_missing" },
        { "xinstrument_type=card", 400, "instrument_type_missing" }, { "&&=", 400, "instrument_type_missing" },
        { CARD_TYPE "?" CARD_TYPE, 200, "" },
        { CARD_TYPE "?instrument_type=upi", 400, "instrument_type_invalid" },
        { "instrument_type=upi", 400, "instrument_type_invalid" },
        { CARD_TYPE "&instrument_type=upi", 400, "instrument_type_invalid" },
        { "instrument_type=cards", 400, "instrument_type_invalid" },
    };
    struct ibed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(list(b, "2025-01-01", JBED_CUSTOMER, rows[i].query), rows[i].status);
        if (rows[i].status == 400)
            check_400(b, rows[i].code);
        else
            assert_string_equal(b->x.body, "[]");
    }
}

static void a_customer_without_cards_has_an_empty_list(void **state)
{
    struct ibed *b = *state;

    save(b, VISA);
    assert_int_equal(list(b, "2022-01-01", "customer_2", CARD_TYPE), 200);
    assert_string_equal(b->x.body, "[]");
}

static void what_is_not_this_customers_or_merchants_is_not_found(void **state)
{
    static const char *const routes[] = { GET_ONE, DELETE_ONE, CRYPTOGRAM };
    struct ibed *b = *state;
    struct xbed_sent s;

    save(b, VISA);
    for (size_t i = 0; i < 3; i++) {
        s = sent(b, routes[i], "2025-01-01");
        s.param = "customer_2";
        assert_int_equal(xbed_send(&b->x, s), 404);
        check(b, 404, "instrument_not_found", "invalid_request_error");
        s.param = NULL;
        assert_int_equal(xbed_send(&b->x, s), 404);
        s = sent(b, routes[i], "2025-01-01");
        s.param2 = "00000000-0000-0000-0000-000000000000";
        assert_int_equal(xbed_send(&b->x, s), 404);
        check(b, 404, "instrument_not_found", "invalid_request_error");
        s = sent(b, routes[i], "2025-01-01");
        s.headers[1].value = b->j->tokens.f->merchant.client_id;
        s.headers[2].value = b->j->tokens.f->merchant.client_secret;
        assert_int_equal(xbed_send(&b->x, s), 404);
        check(b, 404, "instrument_not_found", "invalid_request_error");
    }
    assert_int_equal(send(b, GET_ONE), 200);
    assert_string_equal(jbed_member(b->x.body, "instrument_status"), "ACTIVE");
}

static void a_malformed_id_is_refused(void **state)
{
    static const char *const routes[] = { GET_ONE, DELETE_ONE, CRYPTOGRAM };
    struct ibed *b = *state;

    (void)snprintf(b->id, sizeof b->id, "not-a-uuid");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(send(b, routes[i]), 400);
        check_400(b, "instrument_id_invalid");
        assert_string_equal(b->x.reached, "parse");
    }
}

struct counted { int64_t merchant_id; size_t n; };

static enum fault count_row(void *arg, const struct audit_row *r)
{
    struct counted *c = arg;

    c->n += r->event == AUDIT_TOKEN_CRYPTOGRAM && r->channel == CONSENT_BY_CASHFREE
        && span_equal(r->source, SPAN("192.0.2.7"));
    return FAULT_NONE;
}

static enum fault count_rows(struct store_tx *tx, void *arg)
{
    struct counted *c = arg;

    return audit_each(tx, c->merchant_id, 100, count_row, c);
}

/* Audit rows of disclosures through this dialect. */
static size_t disclosures(const struct ibed *b)
{
    struct counted c = { b->j->tokens.merchant.cashfree.merchant_id, 0 };

    assert_int_equal(store_read(b->j->tokens.f->reader, count_rows, &c), FAULT_NONE);
    return c.n;
}

static void each_cryptogram_has_an_audit_row_and_so_has_one_that_did_not_come(void **state)
{
    struct ibed *b = *state;

    save(b, VISA);
    assert_int_equal(disclosures(b), 0);
    assert_int_equal(send(b, CRYPTOGRAM), 200);
    assert_int_equal(disclosures(b), 1);
    sim_behave(b->j->tokens.f->sim, SCHEME_UNKNOWN, SIM_MUTE, 0);
    assert_int_equal(send(b, CRYPTOGRAM), 502);
    assert_int_equal(disclosures(b), 2);
    sim_behave(b->j->tokens.f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
}

static void the_cryptogram_comes_with_the_tokens_number(void **state)
{
    struct ibed *b = *state;
    char first[64];

    save(b, VISA);
    assert_int_equal(send(b, CRYPTOGRAM), 200);
    assert_string_equal(jbed_member(b->x.body, "instrument_id"), b->id);
    assert_string_equal(jbed_member(b->x.body, "card_number"), jbed_member(b->j->payload, "token"));
    assert_int_equal(strlen(jbed_member(b->x.body, "token_requestor_id")), 11);
    assert_has(&b->x, "\"card_expiry_mm\":\"11\",\"card_expiry_yy\":\"2027\",\"cryptogram\":\"");
    assert_has(&b->x, "\"card_display\":\"1111\"}");
    assert_int_equal(strlen(jbed_member(b->x.body, "cryptogram")), 28);
    assert_string_equal(xbed_answer_header(&b->x, "cache-control"), "no-store");
    assert_has_not(&b->x, JBED_VISA);
    (void)snprintf(first, sizeof first, "%s", jbed_member(b->x.body, "cryptogram"));
    assert_int_equal(send(b, CRYPTOGRAM), 200);
    assert_string_not_equal(jbed_member(b->x.body, "cryptogram"), first);
}

static void a_suspended_card_is_inactive_and_gives_no_cryptogram(void **state)
{
    struct ibed *b = *state;

    save(b, VISA);
    issuer_does(b, SIM_SUSPEND);
    assert_int_equal(send(b, CRYPTOGRAM), 400);
    check_400(b, "instrument_inactive");
    assert_has_not(&b->x, "cryptogram\"");
    assert_int_equal(send(b, GET_ONE), 200);
    assert_string_equal(jbed_member(b->x.body, "instrument_status"), "INACTIVE");
}

static void a_deleted_card_is_shown_once_more_and_is_gone(void **state)
{
    struct ibed *b = *state;

    save(b, VISA);
    assert_int_equal(send(b, DELETE_ONE), 200);
    assert_string_equal(jbed_member(b->x.body, "instrument_id"), b->id);
    assert_string_equal(jbed_member(b->x.body, "instrument_status"), "INACTIVE");
    assert_int_equal(send(b, DELETE_ONE), 409);
    check(b, 409, "instrument_already_deleted", "invalid_request_error");
    assert_int_equal(send(b, GET_ONE), 404);
    check(b, 404, "instrument_not_found", "invalid_request_error");
    assert_int_equal(send(b, CRYPTOGRAM), 404);
    check(b, 404, "instrument_not_found", "invalid_request_error");
    assert_int_equal(list(b, "2025-01-01", JBED_CUSTOMER, CARD_TYPE), 200);
    assert_string_equal(b->x.body, "[]");
}

static void an_expired_card_is_inactive_and_gives_no_cryptogram(void **state)
{
    struct ibed *b = *state;

    save(b, JBED_CARD("4111110000000187"));
    fixture_set_clock(b->j->tokens.f, FIXTURE_NOW + 40LL * 24 * 3600 * 1000);
    assert_int_equal(send(b, GET_ONE), 200);
    assert_string_equal(jbed_member(b->x.body, "instrument_status"), "INACTIVE");
    assert_int_equal(send(b, CRYPTOGRAM), 400);
    check_400(b, "instrument_id_expired");
}

static void a_card_of_which_the_network_did_not_decide_yet_has_no_token_details(void **state)
{
    struct ibed *b = *state;

    sim_behave(b->j->tokens.f->sim, SCHEME_UNKNOWN, SIM_MUTE, 0);
    assert_int_not_equal(jbed_generate(b->j, VISA, JBED_CUSTOMER, ""), 200);
    assert_int_equal(list(b, "2025-01-01", JBED_CUSTOMER, CARD_TYPE), 200);
    assert_has(&b->x, "\"instrument_status\":\"INACTIVE\"");
    assert_has(&b->x, "\"card_token_details\":null}}]");
    (void)snprintf(b->id, sizeof b->id, "%s", jbed_member(b->x.body, "instrument_id"));
    assert_int_equal(send(b, CRYPTOGRAM), 400);
    check_400(b, "instrument_inactive");
    sim_behave(b->j->tokens.f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
}

static void a_network_that_is_down_or_silent_is_502(void **state)
{
    struct ibed *b = *state;

    save(b, VISA);
    sim_behave(b->j->tokens.f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    assert_int_equal(send(b, CRYPTOGRAM), 502);
    check(b, 502, "cryptogram_request_failed", "api_error");
    sim_behave(b->j->tokens.f->sim, SCHEME_UNKNOWN, SIM_MUTE, 0);
    assert_int_equal(send(b, DELETE_ONE), 502);
    check(b, 502, "tokenization_service_unavailable", "api_error");
    sim_behave(b->j->tokens.f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    assert_int_equal(send(b, GET_ONE), 404);
    assert_int_equal(list(b, "2025-01-01", JBED_CUSTOMER, CARD_TYPE), 200);
    assert_string_equal(b->x.body, "[]");
    assert_int_equal(send(b, DELETE_ONE), 200);
}

static void a_server_without_a_network_says_so(void **state)
{
    struct ibed *b = *state;
    struct network *n = b->j->tokens.f->services.network;

    save(b, VISA);
    b->j->tokens.f->services.network = NULL;
    assert_int_equal(send(b, CRYPTOGRAM), 403);
    check(b, 403, "save_instrument_not_enabled", "feature_not_enabled");
    b->j->tokens.f->services.network = n;
}

static void work_that_runs_again_changes_nothing(void **state)
{
    static const char *const routes[] = { LIST, GET_ONE, CRYPTOGRAM, DELETE_ONE };
    struct ibed *b = *state;

    save(b, VISA);
    for (size_t i = 0; i < 4; i++) {
        struct xbed_sent s = sent(b, routes[i], "2025-01-01");
        s.query = CARD_TYPE;
        s.runs = 2;
        assert_int_equal(xbed_send(&b->x, s), 200);
        assert_has(&b->x, b->id);
    }
}

static void each_route_begins_with_the_version_that_brought_it(void **state)
{
    static const struct { const char *route, *before, *from; } rows[] = {
        { LIST, "2021-05-21", "2022-01-01" }, { GET_ONE, "2021-05-21", "2022-01-01" },
        { CRYPTOGRAM, "2021-05-21", "2022-01-01" }, { DELETE_ONE, "2021-05-21", "2022-01-01" },
        { CARDBIN, "2025-01-01", "2026-01-01" }, { PARS, "2023-08-01", "2025-01-01" },
    };
    struct ibed *b = *state;

    save(b, VISA);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(send_as(b, rows[i].route, rows[i].before), 404);
        check(b, 404, "request_failed", "api_connection_error");
        assert_int_not_equal(send_as(b, rows[i].route, rows[i].from), 404);
    }
}

static void every_route_wants_valid_credentials(void **state)
{
    static const char *const routes[] = { LIST, GET_ONE, DELETE_ONE, CRYPTOGRAM, CARDBIN, PARS };
    struct ibed *b = *state;

    save(b, VISA);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        struct xbed_sent s = sent(b, routes[i], "2026-01-01");
        s.headers[2].value = "cfsk_ma_test_wrong";
        assert_int_equal(xbed_send(&b->x, s), 401);
        check(b, 401, "request_failed", "authentication_error");
        assert_string_equal(b->x.reached, "parse");
    }
}

static void calls_above_the_limit_are_429(void **state)
{
    struct ibed *b = *state;
    unsigned per_minute[RATE_CLASSES] = { [RATE_TOKENS] = 1 };
    struct services *s = &b->j->tokens.f->services;
    struct rate_limits *unlimited = s->rate_limits;

    assert_int_equal(rate_limits_new(&s->rate_limits, per_minute), FAULT_NONE);
    assert_int_equal(list(b, "2025-01-01", JBED_CUSTOMER, CARD_TYPE), 200);
    assert_int_equal(list(b, "2025-01-01", JBED_CUSTOMER, CARD_TYPE), 429);
    check(b, 429, "request_failed", "rate_limit_error");
    rate_limits_free(s->rate_limits);
    s->rate_limits = unlimited;
}

static void a_bin_tells_the_issuer_by_eight_digits_or_the_whole_number(void **state)
{
    static const char *const numbers[] = {
        "\"43862412\"", "\"438624123\"", "\"43862412232\"", "\"4386241223215159\"", "43862412",
    };
    struct ibed *b = *state;
    char body[64];

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        (void)snprintf(body, sizeof body, "{\"card_number\":%s}", numbers[i]);
        assert_int_equal(post(b, CARDBIN, body), 200);
        assert_has(&b->x, "{\"bank_name\":\"hdfc bank\",\"country_code\":\"in\",\"scheme\":\"visa\",");
        assert_has(&b->x, ",\"type\":\"debit\"}");
    }
    assert_int_equal(post(b, CARDBIN, "{\"card_number\":\"49999912\"}"), 200);
    assert_string_equal(b->x.body, "{\"bank_name\":null,\"country_code\":null,\"scheme\":\"visa\",\"sub_type\":null,"
                                   "\"type\":null}");
}

static void what_is_no_bin_is_refused_without_repeating_it(void **state)
{
    static const struct { const char *body, *code; unsigned status; } rows[] = {
        { "{}", "card_number_missing", 400 }, { "{\"card_number\":\"4386241\"}", "card_number_invalid", 400 },
        { "{\"card_number\":\"4386 2412 2321\"}", "card_number_invalid", 400 },
        { "{\"card_number\":\"4386241223215158\"}", "card_number_invalid", 400 },
        { "{\"card_number\":\"438624122321\"}", "card_number_invalid", 400 },
        { "{\"card_number\":\"99999912\"}", "cardbin_details_not_found", 404 },
    };
    struct ibed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(post(b, CARDBIN, rows[i].body), rows[i].status);
        check(b, rows[i].status, rows[i].code, "invalid_request_error");
        assert_has_not(&b->x, "4386");
    }
}

#define CARD(number, code, month, year) \
    "{\"card_number\":\"" number "\",\"card_cvv\":\"" code "\",\"card_expiry_mm\":\"" month "\"," \
    "\"card_expiry_yy\":\"" year "\",\"card_type\":\"PLAIN_CARD\"}"

static void a_card_and_its_token_have_one_par(void **state)
{
    struct ibed *b = *state;

    save(b, VISA);
    assert_int_equal(post(b, PARS, CARD(JBED_VISA, "123", "10", "30")), 200);
    assert_int_equal(strlen(jbed_member(b->x.body, "par")), 29);
    assert_string_equal(jbed_member(b->x.body, "par"), jbed_member(b->j->payload, "par"));
    assert_has_not(&b->x, JBED_VISA);
    assert_int_equal(post(b, PARS, CARD("378282246310005", "1234", "10", "30")), 200);
}

static void a_par_is_refused_for_a_card_that_is_wrong_without_repeating_it(void **state)
{
    static const struct { const char *body, *code; } rows[] = {
        { "{}", "card_number_missing" },
        { "{\"card_number\":\"" JBED_VISA "\"}", "card_cvv_missing" },
        { CARD("4111111111111112", "123", "10", "30"), "card_number_invalid" },
        { CARD("41111111", "123", "10", "30"), "card_number_invalid" },
        { CARD(JBED_VISA, "7731", "10", "30"), "card_cvv_invalid" },
        { CARD(JBED_VISA, "77x", "10", "30"), "card_cvv_invalid" },
        { CARD("378282246310005", "773", "10", "30"), "card_cvv_invalid" },
        { CARD(JBED_VISA, "773", "13", "30"), "card_expiry_mm_invalid" },
        { CARD(JBED_VISA, "773", "10", "3"), "card_expiry_yy_invalid" },
        { CARD(JBED_VISA, "773", "10", "20"), "card_expiry_yy_invalid" },
        { "{\"card_number\":\"" JBED_VISA "\",\"card_cvv\":\"773\",\"card_expiry_mm\":\"10\","
          "\"card_expiry_yy\":\"30\",\"card_type\":\"OTHER\"}", "card_type_invalid" },
    };
    struct ibed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(post(b, PARS, rows[i].body), 400);
        check_400(b, rows[i].code);
        assert_has_not(&b->x, "4111");
        assert_has_not(&b->x, "77");
        assert_string_equal(b->x.reached, "parse");
    }
}

static void a_par_needs_its_network(void **state)
{
    struct ibed *b = *state;

    sim_behave(b->j->tokens.f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    assert_int_equal(post(b, PARS, CARD(JBED_VISA, "123", "10", "30")), 502);
    check(b, 502, "tokenization_service_unavailable", "api_error");
    sim_behave(b->j->tokens.f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_card_saved_through_juspay_is_an_instrument),
        TEST(from_2026_on_its_words_are_small_and_it_has_a_sub_type),
        TEST(the_same_card_of_two_customers_has_one_uid_and_two_ids),
        TEST(the_list_wants_the_type_card_once_or_twice),
        TEST(a_customer_without_cards_has_an_empty_list),
        TEST(what_is_not_this_customers_or_merchants_is_not_found),
        TEST(a_malformed_id_is_refused),
        TEST(each_cryptogram_has_an_audit_row_and_so_has_one_that_did_not_come),
        TEST(the_cryptogram_comes_with_the_tokens_number),
        TEST(a_suspended_card_is_inactive_and_gives_no_cryptogram),
        TEST(a_deleted_card_is_shown_once_more_and_is_gone),
        TEST(an_expired_card_is_inactive_and_gives_no_cryptogram),
        TEST(a_card_of_which_the_network_did_not_decide_yet_has_no_token_details),
        TEST(a_network_that_is_down_or_silent_is_502),
        TEST(a_server_without_a_network_says_so),
        TEST(work_that_runs_again_changes_nothing),
        TEST(each_route_begins_with_the_version_that_brought_it),
        TEST(every_route_wants_valid_credentials),
        TEST(calls_above_the_limit_are_429),
        TEST(a_bin_tells_the_issuer_by_eight_digits_or_the_whole_number),
        TEST(what_is_no_bin_is_refused_without_repeating_it),
        TEST(a_card_and_its_token_have_one_par),
        TEST(a_par_is_refused_for_a_card_that_is_wrong_without_repeating_it),
        TEST(a_par_needs_its_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
