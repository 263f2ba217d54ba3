/* test_sandbox.c: the sandbox dialect over a real store, keyholder and simulated network, without HTTP. */
#include "sandbox_bed.h"

#include "network/sim/sim.h"
#include "service/ids.h"
#include "service/vault.h"

enum { TOKEN_NO = 77 };

#define VISA_CARD "4111111111111111"

static struct clock_settable clock_;
static char trid[NETWORK_TRID + 1];

static int setup(void **state)
{
    struct fixture *f;

    fixture_setup(state);
    f = *state;
    clock_settable_init(&clock_);
    f->services.settable_clock = &clock_;
    return sandbox_bed_start(f);
}

static int setup_without_network(void **state)
{
    int bad = setup(state);

    fixture_network_stop(*state);
    return bad;
}

static int teardown(void **state)
{
    sem_destroy(&resumed);
    return fixture_teardown(state);
}

/* ---- the clock ---- */

static void the_clock_is_shown_and_set(void **state)
{
    (void)state;
    assert_int_equal(ask(*state, "GET", "/sandbox/clock", NULL), 200);
    assert_shows("\"ahead_seconds\":0,\"frozen\":false}");
    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"now\":\"2027-01-01T00:00:00Z\"}"), 200);
    assert_shows("{\"now\":\"2027-01-01T00:00:0");
    assert_int_equal(ask(*state, "GET", "/sandbox/clock", NULL), 200);
    assert_shows("{\"now\":\"2027-01-01T00:00:0");
    assert_true(clock_now_ms(&clock_.base) >= INT64_C(1798761600000));
}

static void the_clock_is_advanced_and_put_back(void **state)
{
    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"advance_seconds\":86400}"), 200);
    assert_shows("\"ahead_seconds\":86400,\"frozen\":false}");
    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"advance_seconds\":-400}"), 200);
    assert_shows("\"ahead_seconds\":86000,\"frozen\":false}");
    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"system\":true}"), 200);
    assert_shows("\"ahead_seconds\":0,\"frozen\":false}");
}

static void a_frozen_clock_stands_still_and_runs_on(void **state)
{
    int64_t at;

    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"freeze\":true}"), 200);
    assert_shows("\"frozen\":true}");
    at = clock_now_ms(&clock_.base);
    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"advance_seconds\":60}"), 200);
    assert_int_equal(clock_now_ms(&clock_.base), at + 60000);
    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"resume\":true}"), 200);
    assert_shows("\"frozen\":false}");
    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"freeze\":true,\"resume\":true}"), 400);
    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"system\":true}"), 200);
}

static void a_clock_that_makes_no_sense_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{}", "{\"system\":false}", "{\"now\":\"tomorrow\"}", "{\"now\":\"1999-01-01T00:00:00Z\"}",
        "{\"now\":\"2089-01-01T00:00:00Z\"}", "{\"advance_seconds\":99999999999}", "{\"advance_seconds\":0}",
        "{\"now\":\"2027-01-01T00:00:00Z\",\"system\":true}", "{\"advance_seconds\":\"1\"}", "nothing",
        "{\"advance_seconds\":1500000000,\"system\":true}", "{\"now\":7}",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_int_equal(ask(*state, "POST", "/sandbox/clock", bodies[i]), 400);
        assert_shows("{\"error\":\"bad_input\",\"message\":\"");
    }
    assert_int_equal(clock_settable_ahead_ms(&clock_), 0);
    assert_int_equal(ask(*state, "POST", "/sandbox/clock", "{\"now\":\"tomorrow\"}"), 400);
    assert_shows("\"field\":\"now\"");
}

static void a_server_whose_clock_cannot_be_set_says_so(void **state)
{
    struct fixture *f = *state;

    f->services.settable_clock = NULL;
    assert_int_equal(ask(f, "GET", "/sandbox/clock", NULL), 409);
    assert_int_equal(ask(f, "POST", "/sandbox/clock", "{\"system\":true}"), 409);
    assert_shows("{\"error\":\"no_clock\"");
}

static void nothing_is_told_or_done_without_the_admin_token(void **state)
{
    authorization = "Bearer wrong";
    for (const struct route *r = sandbox_dialect.routes; r->method; r++) {
        assert_int_equal(ask(*state, r->method, r->path, "{\"advance_seconds\":5}"), 401);
        assert_shows("{\"error\":\"unauthorized\"");
    }
    assert_int_equal(clock_settable_ahead_ms(&clock_), 0);
}

static void without_a_simulated_network_there_is_nothing_to_tell_it(void **state)
{
    for (const struct route *r = sandbox_dialect.routes; r->method; r++) {
        if (strstr(r->path, "network") == NULL)
            continue;
        assert_int_equal(ask(*state, r->method, r->path, "{}"), 409);
        assert_shows("{\"error\":\"no_network\"");
    }
}

static void refusals_are_the_admin_listeners(void **state)
{
    struct fixture *f = *state;

    arena_reset(f->arena);
    x = (struct exchange){ .services = &f->services, .dialect = &sandbox_dialect, .arena = f->arena,
                           .header = header };
    sandbox_dialect.refuse(&x, REFUSE_METHOD);
    assert_int_equal(x.answer.status, 405);
    assert_int_equal(span_text(shown, sizeof shown, buf_view(&x.answer.body)), FAULT_NONE);
    assert_shows("{\"error\":\"method\"");
}

/* ---- the network ---- */

/* The card in flight, as the network is handed it. */
static void put_card(struct fixture *f, struct network_ask *ask_)
{
    struct card_ask c = { .form = CARD_FORM_NUMBER, .text = SPAN(VISA_CARD), .merchant_id = 1, .now_ms = FIXTURE_NOW };
    struct card_facts facts;
    struct key_ask key;

    assert_int_equal(card_ask(&key, f->arena, &c), FAULT_NONE);
    fixture_ask(f, &key, 1);
    assert_int_equal(card_read(&facts, &key), FAULT_NONE);
    assert_int_equal(facts.flaw, CARD_FINE);
    ask_->has_flight = true;
    memcpy(ask_->flight, facts.flight, sizeof ask_->flight);
}

static enum network_verdict onboard(struct fixture *f)
{
    struct network_call c = { .ask = { .op = NETWORK_ONBOARD, .ref = { 1, 0, 0 }, .scheme = SCHEME_VISA,
                                       .auth_ref = "Demo", .now_ms = FIXTURE_NOW } };

    network_ask_wait(f->services.network, &c);
    memcpy(trid, c.answer.trid, sizeof trid);
    return c.answer.verdict;
}

/* A token of merchant 1; its network reference goes to `ref`. */
static enum network_verdict provision(struct fixture *f, char ref[NETWORK_TOKEN_REF_MAX + 1], int64_t token_no)
{
    struct network_call c = { .ask = { .op = NETWORK_PROVISION, .ref = { 1, token_no, 0 }, .scheme = SCHEME_VISA,
                                       .auth_ref = "AUTH1", .now_ms = FIXTURE_NOW } };

    put_card(f, &c.ask);
    memcpy(c.ask.trid, trid, sizeof trid);
    network_ask_wait(f->services.network, &c);
    memcpy(ref, c.answer.token_ref, sizeof c.answer.token_ref);
    return c.answer.verdict;
}

static struct network_answer cryptogram(struct fixture *f, const char *ref, int64_t minor)
{
    struct network_call c = { .ask = { .op = NETWORK_CRYPTOGRAM, .ref = { 1, TOKEN_NO, FIXTURE_NOW },
                                       .scheme = SCHEME_VISA, .amount = { minor, "INR" }, .now_ms = FIXTURE_NOW } };

    memcpy(c.ask.trid, trid, sizeof trid);
    snprintf(c.ask.token_ref, sizeof c.ask.token_ref, "%s", ref);
    network_ask_wait(f->services.network, &c);
    assert_int_equal(c.answer.verdict, NETWORK_DONE);
    return c.answer;
}

static void the_network_tells_what_it_did(void **state)
{
    char ref[NETWORK_TOKEN_REF_MAX + 1];

    assert_int_equal(onboard(*state), NETWORK_DONE);
    assert_int_equal(provision(*state, ref, TOKEN_NO), NETWORK_DONE);
    assert_int_equal(ask(*state, "GET", "/sandbox/network", NULL), 200);
    assert_shows("{\"tokens\":1,\"late_answers\":0,");
    assert_shows("\"provision\":{\"asked\":1,\"answered\":1}");
    assert_shows("\"cryptogram\":{\"asked\":0,\"answered\":0}");
    assert_shows("\"manners\":[\"well\",\"slow\",\"mute\",");
    assert_shows("\"events\":[\"suspend\",\"resume\",");
}

static void the_network_behaves_as_it_is_told(void **state)
{
    char ref[NETWORK_TOKEN_REF_MAX + 1];

    assert_int_equal(onboard(*state), NETWORK_DONE);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/behaviour", "{\"scheme\":\"visa\",\"manner\":\"down\"}"),
                     200);
    assert_string_equal(shown, "{\"scheme\":\"VISA\",\"manner\":\"down\",\"ms\":0}");
    assert_int_equal(provision(*state, ref, TOKEN_NO), NETWORK_UNREACHABLE);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/behaviour",
                         "{\"scheme\":\"AMEX\",\"manner\":\"slow\",\"ms\":7}"), 200);
    assert_int_equal(ask(*state, "GET", "/sandbox/network", ""), 200);
    assert_shows("\"behaviour\":{\"VISA\":{\"manner\":\"down\",\"ms\":0},"
                 "\"MASTERCARD\":{\"manner\":\"well\",\"ms\":0}");
    assert_shows("\"AMEX\":{\"manner\":\"slow\",\"ms\":7}");
    assert_int_equal(ask(*state, "POST", "/sandbox/network/behaviour", "{\"scheme\":\"all\",\"manner\":\"WELL\"}"),
                     200);
    assert_string_equal(shown, "{\"scheme\":\"all\",\"manner\":\"well\",\"ms\":0}");
    assert_int_equal(provision(*state, ref, TOKEN_NO), NETWORK_DONE);
}

static void an_unknown_manner_scheme_or_delay_is_refused(void **state)
{
    static const struct { const char *body, *field; } cases[] = {
        { "{\"scheme\":\"VISA\",\"manner\":\"rudely\"}", "\"field\":\"manner\"" },
        { "{\"scheme\":\"NONE\",\"manner\":\"slow\"}", "\"field\":\"scheme\"" },
        { "{\"scheme\":\"VISA\"}", "\"field\":\"manner\"" },
        { "{\"scheme\":\"VISA\",\"manner\":\"slow\",\"ms\":60001}", "\"field\":\"ms\"" },
        { "{\"scheme\":\"VISA\",\"manner\":\"slow\",\"ms\":-1}", "\"field\":\"ms\"" },
        { "{\"scheme\":\"VISA\",\"manner\":\"slow\"}", "\"field\":\"ms\"" },
        { "{\"scheme\":\"VISA\",\"manner\":\"well\",\"ms\":5}", "\"field\":\"ms\"" },
        { "{\"scheme\":1,\"manner\":\"slow\"}", "\"field\":\"scheme\"" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ask(*state, "POST", "/sandbox/network/behaviour", cases[i].body), 400);
        assert_shows(cases[i].field);
    }
}

static void an_issuers_event_meets_the_token_of_a_reference(void **state)
{
    char ref[NETWORK_TOKEN_REF_MAX + 1], body[BODY_MAX];

    assert_int_equal(onboard(*state), NETWORK_DONE);
    assert_int_equal(provision(*state, ref, TOKEN_NO), NETWORK_DONE);
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"event\":\"suspend\"}", ref);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/events", body), 200);
    assert_int_equal(ask(*state, "GET", "/sandbox/network/tokens", NULL), 200);
    assert_shows("\"status\":\"SUSPENDED\",\"suspended_by_requestor\":false,\"suspended_by_issuer\":true");
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"event\":\"delete\"}", ref);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/events", body), 200);
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"event\":\"suspend\"}", ref);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/events", body), 409);
    assert_shows("{\"error\":\"wrong_state\"");
    assert_int_equal(ask(*state, "POST", "/sandbox/network/events", "{\"token\":\"x\",\"event\":\"suspend\"}"), 404);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/events", "{\"token\":\"x\",\"event\":\"melt\"}"), 400);
    assert_shows("\"field\":\"event\"");
}

static void the_token_of_an_event_may_be_in_the_path(void **state)
{
    char ref[NETWORK_TOKEN_REF_MAX + 1];

    assert_int_equal(onboard(*state), NETWORK_DONE);
    assert_int_equal(provision(*state, ref, TOKEN_NO), NETWORK_DONE);
    in_path = span_of(ref);
    assert_int_equal(ask(*state, "POST", "/sandbox/tokens/{token}/events", "{\"event\":\"suspend\"}"), 200);
    assert_shows("\"event\":\"suspend\"");
    assert_int_equal(ask(*state, "POST", "/sandbox/tokens/{token}/events", "{\"event\":\"melt\"}"), 400);
    in_path = SPAN("x");
    assert_int_equal(ask(*state, "POST", "/sandbox/tokens/{token}/events", "{\"event\":\"suspend\"}"), 404);
    assert_int_equal(ask(*state, "GET", "/sandbox/network/tokens", NULL), 200);
    assert_shows("\"suspended_by_issuer\":true");
}

struct kept { const char *ref; };

static enum fault keep_token(struct store_tx *tx, void *arg)
{
    static const uint8_t owner[CARD_OWNER] = { 1 }, fingerprint[CARD_FINGERPRINT] = { 2 };
    const struct kept *k = arg;
    const struct token_row row = {
        .merchant_id = 1, .token_no = TOKEN_NO, .owner = { owner, sizeof owner },
        .fingerprint = { fingerprint, sizeof fingerprint }, .customer_id = SPAN("c"), .scheme = SCHEME_VISA,
        .status = TOKEN_ACTIVE, .last4 = SPAN("1111"), .network_ref = span_of(k->ref), .created_ms = 1, .updated_ms = 1,
    };

    return tokens_insert(tx, &row);
}

static void a_token_is_found_by_the_merchants_id_in_any_print(void **state)
{
    struct fixture *f = *state;
    char ref[NETWORK_TOKEN_REF_MAX + 1], hex[VAULT_ID_HEX], body[BODY_MAX];
    struct kept kept = { ref };
    uint8_t id[VAULT_ID];

    assert_int_equal(onboard(f), NETWORK_DONE);
    assert_int_equal(provision(f, ref, TOKEN_NO), NETWORK_DONE);
    assert_int_equal(store_write(f->services.store, keep_token, &kept), FAULT_NONE);
    ids_token(f->services.ids, id, 1, TOKEN_NO);
    vault_id_hex(hex, id);
    snprintf(body, sizeof body, "{\"token\":\"token_%s\",\"event\":\"suspend\"}", hex);
    assert_int_equal(ask(f, "POST", "/sandbox/network/events", body), 200);
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"event\":\"resume\"}", hex);
    assert_int_equal(ask(f, "POST", "/sandbox/network/events", body), 200);
    snprintf(body, sizeof body, "{\"token\":\"%.8s-%.4s-%.4s-%.4s-%s\",\"event\":\"suspend\"}", hex, hex + 8, hex + 12,
             hex + 16, hex + 20);
    assert_int_equal(ask(f, "POST", "/sandbox/network/events", body), 200);
    assert_int_equal(ask(f, "GET", "/sandbox/network/tokens", NULL), 200);
    assert_shows(hex);
    assert_shows(ref);
    ids_token(f->services.ids, id, 1, TOKEN_NO + 1);
    vault_id_hex(hex, id);
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"event\":\"suspend\"}", hex);
    assert_int_equal(ask(f, "POST", "/sandbox/network/events", body), 404);
}

static void a_requestor_is_put_out_of_force_and_back(void **state)
{
    char ref[NETWORK_TOKEN_REF_MAX + 1], body[BODY_MAX];

    assert_int_equal(onboard(*state), NETWORK_DONE);
    snprintf(body, sizeof body, "{\"trid\":\"%s\",\"active\":false}", trid);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/requestors", body), 200);
    assert_shows("\"active\":false}");
    assert_int_equal(provision(*state, ref, TOKEN_NO), NETWORK_REQUESTOR_STATE);
    snprintf(body, sizeof body, "{\"trid\":\"%s\",\"active\":true}", trid);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/requestors", body), 200);
    assert_int_equal(provision(*state, ref, TOKEN_NO), NETWORK_DONE);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/requestors",
                         "{\"trid\":\"00000000000\",\"active\":true}"), 404);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/requestors", "{\"trid\":\"1\"}"), 400);
    assert_shows("\"field\":\"active\"");
}

static void a_cryptogram_is_verified_as_for_an_acquirer(void **state)
{
    char ref[NETWORK_TOKEN_REF_MAX + 1], body[BODY_MAX];
    struct network_answer a;

    assert_int_equal(onboard(*state), NETWORK_DONE);
    assert_int_equal(provision(*state, ref, TOKEN_NO), NETWORK_DONE);
    a = cryptogram(*state, ref, 10050);
    snprintf(body, sizeof body, "{\"number\":\"%s\",\"tavv\":\"%s\",\"amount\":\"100.51\"}", a.number, a.tavv);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/verify", body), 200);
    assert_shows("{\"good\":false,\"verdict\":\"WRONG_AMOUNT\",");
    snprintf(body, sizeof body, "{\"number\":\"%s\",\"tavv\":\"%s\",\"amount\":100.50}", a.number, a.tavv);
    assert_int_equal(ask(*state, "POST", "/sandbox/network/verify", body), 200);
    assert_shows("{\"good\":true,\"verdict\":\"DONE\",");
    assert_int_equal(ask(*state, "POST", "/sandbox/network/verify", body), 200);
    assert_shows("{\"good\":false,\"verdict\":\"REPLAYED\",");
}

static void what_is_no_cryptogram_is_not_asked_about(void **state)
{
    static const struct { const char *body, *field; } cases[] = {
        { "{\"tavv\":\"AAAA\"}", "\"field\":\"number\"" },
        { "{\"number\":\"4111\",\"tavv\":\"AAAA\"}", "\"field\":\"number\"" },
        { "{\"number\":\"41111111111x1111\",\"tavv\":\"AAAA\"}", "\"field\":\"number\"" },
        { "{\"number\":\"" VISA_CARD "\"}", "\"field\":\"tavv\"" },
        { "{\"number\":\"" VISA_CARD "\",\"tavv\":\"AAAA\",\"amount\":\"1.234\"}", "\"field\":\"amount\"" },
        { "{\"number\":\"" VISA_CARD "\",\"tavv\":\"AAAA\",\"amount\":\"1\",\"currency\":\"XXQ\"}",
          "\"field\":\"amount\"" },
        { "{\"number\":\"" VISA_CARD "\",\"tavv\":\"AAAA\",\"trid\":\"123456789012\"}", "\"field\":\"trid\"" },
        { "{\"number\":\"" VISA_CARD "\",\"tavv\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
          "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}",
          "\"field\":\"tavv\"" },
    };
    struct sim_counts counts;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ask(*state, "POST", "/sandbox/network/verify", cases[i].body), 400);
        assert_shows(cases[i].field);
    }
    sim_counts(((struct fixture *)*state)->sim, &counts);
    assert_int_equal(counts.asked[NETWORK_VERIFY], 0);
}

#define ALONE(test) cmocka_unit_test_setup_teardown(test, setup_without_network, teardown)
#define WITH_NETWORK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALONE(the_clock_is_shown_and_set),
        ALONE(the_clock_is_advanced_and_put_back),
        ALONE(a_frozen_clock_stands_still_and_runs_on),
        ALONE(a_clock_that_makes_no_sense_is_refused),
        ALONE(a_server_whose_clock_cannot_be_set_says_so),
        ALONE(nothing_is_told_or_done_without_the_admin_token),
        ALONE(without_a_simulated_network_there_is_nothing_to_tell_it),
        ALONE(refusals_are_the_admin_listeners),
        WITH_NETWORK(the_network_tells_what_it_did),
        WITH_NETWORK(the_network_behaves_as_it_is_told),
        WITH_NETWORK(an_unknown_manner_scheme_or_delay_is_refused),
        WITH_NETWORK(an_issuers_event_meets_the_token_of_a_reference),
        WITH_NETWORK(the_token_of_an_event_may_be_in_the_path),
        WITH_NETWORK(a_token_is_found_by_the_merchants_id_in_any_print),
        WITH_NETWORK(a_requestor_is_put_out_of_force_and_back),
        WITH_NETWORK(a_cryptogram_is_verified_as_for_an_acquirer),
        WITH_NETWORK(what_is_no_cryptogram_is_not_asked_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
