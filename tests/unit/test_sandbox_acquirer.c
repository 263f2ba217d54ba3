/* test_sandbox_acquirer.c: what whoever runs a sandbox tells the simulated acquirer, without HTTP. */
#include "sandbox_bed.h"

#include "acquirer_bed.h"
#include "service/pay.h"

#include "base/banned.h"

#define BEHAVIOUR "/sandbox/acquirer/behaviour"
#define DECISIONS "/sandbox/acquirer/decisions"

static int setup(void **state)
{
    struct till *t;

    if (till_hasty(state))
        return -1;
    t = *state;
    t->f->services.acquirer = t->acquirer;
    t->f->services.sim_acquirer = t->sim;
    return sandbox_bed_start(t->f);
}

static int teardown(void **state)
{
    sem_destroy(&resumed);
    return till_teardown(state);
}

static struct acquirer_answer pay_at_bank(struct till *t, int64_t no, const char *account)
{
    struct acquirer_ask ask = till_by(ACQUIRER_BY_BANK, "3333", no, 1015);
    struct acquirer_answer a;

    assert_int_equal(span_text(ask.account, sizeof ask.account, span_of(account)), FAULT_NONE);
    a = till_ask(t, &ask);
    assert_int_equal(a.verdict, ACQUIRER_WAITS);
    return a;
}

static enum acquirer_verdict verdict_of(struct till *t, int64_t no)
{
    return till_about(t, ACQUIRER_STATUS, no, 0).verdict;
}

/* Ask for a decision about the payment that `name` names. */
static unsigned decide(struct till *t, const char *name, const char *decision, const char *reason)
{
    char body[BODY_MAX];
    int n = reason ? snprintf(body, sizeof body, "{\"payment\":\"%s\",\"decision\":\"%s\",\"reason\":\"%s\"}", name,
                              decision, reason)
                   : snprintf(body, sizeof body, "{\"payment\":\"%s\",\"decision\":\"%s\"}", name, decision);

    assert_in_range(n, 1, BODY_MAX - 1);
    return ask(t->f, "POST", DECISIONS, body);
}

/* The cf_payment_id of a payment of the till's merchant. */
static const char *id_of(struct till *t, int64_t no)
{
    static char text[24];

    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)pay_id(&t->f->services, TILL_MERCHANT, no));
    return text;
}

static void what_was_asked_and_done_is_counted(void **state)
{
    struct till *t = *state;

    assert_int_equal(ask(t->f, "GET", "/sandbox/acquirer", NULL), 200);
    assert_shows("{\"manner\":\"well\",\"ms\":0,\"payments\":0,\"charged\":0,\"reversed\":0,\"voided\":0,"
                 "\"refunded\":0,\"late_answers\":0,\"asked\":{\"pay\":0,");
    assert_shows("\"manners\":[\"well\",\"slow\",\"mute\",\"deaf\",\"down\",\"twice\"]}");
    till_pay(t, 1, 1000);
    (void)till_refund(t, 1, 1, 400, "SUCCESS");
    assert_int_equal(ask(t->f, "GET", "/sandbox/acquirer", NULL), 200);
    assert_shows("\"payments\":1,\"charged\":1,\"reversed\":0,\"voided\":0,\"refunded\":1,");
    assert_shows("\"asked\":{\"pay\":1,\"otp\":1,\"resend\":0,\"status\":0,\"abandon\":0,\"capture\":0,\"void\":0,"
                 "\"reverse\":0,\"refund\":1,\"refund_status\":0,\"refund_cancel\":0}");
}

static void payments_are_listed_with_both_of_their_names(void **state)
{
    struct till *t = *state;
    struct acquirer_answer a;
    char entry[BODY_MAX];

    assert_int_equal(ask(t->f, "GET", "/sandbox/acquirer/payments", NULL), 200);
    assert_string_equal(shown, "{\"payments\":[]}");
    a = pay_at_bank(t, 3, "");
    assert_int_equal(ask(t->f, "GET", "/sandbox/acquirer/payments", NULL), 200);
    (void)snprintf(entry, sizeof entry, "{\"payments\":[{\"cf_payment_id\":\"%s\",\"reference\":\"%s\",\"state\":"
                   "\"WAITS\",\"amount_minor\":1015,\"captured_minor\":0,\"refunded_minor\":0}]}", id_of(t, 3),
                   a.acquirer_ref);
    assert_string_equal(shown, entry);
}

static void each_manner_is_taken_and_shown(void **state)
{
    static const struct { const char *body, *shows; } rows[] = {
        { "{\"manner\":\"mute\"}", "{\"manner\":\"mute\",\"ms\":0}" },
        { "{\"manner\":\"deaf\"}", "{\"manner\":\"deaf\",\"ms\":0}" },
        { "{\"manner\":\"DOWN\"}", "{\"manner\":\"down\",\"ms\":0}" },
        { "{\"manner\":\"twice\"}", "{\"manner\":\"twice\",\"ms\":0}" },
        { "{\"manner\":\"slow\",\"ms\":7}", "{\"manner\":\"slow\",\"ms\":7}" },
        { "{\"manner\":\"well\"}", "{\"manner\":\"well\",\"ms\":0}" },
    };
    struct till *t = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(ask(t->f, "POST", BEHAVIOUR, rows[i].body), 200);
        assert_string_equal(shown, rows[i].shows);
        assert_int_equal(ask(t->f, "GET", "/sandbox/acquirer", NULL), 200);
        assert_int_equal(strncmp(shown, rows[i].shows, strlen(rows[i].shows) - 1), 0);
    }
}

static void the_acquirer_behaves_as_it_is_told(void **state)
{
    static const struct { const char *manner; enum acquirer_verdict said, later; } rows[] = {
        { "down", ACQUIRER_UNREACHABLE, ACQUIRER_NO_PAYMENT }, { "deaf", ACQUIRER_SILENT, ACQUIRER_NO_PAYMENT },
        { "mute", ACQUIRER_SILENT, ACQUIRER_WAITS }, { "twice", ACQUIRER_WAITS, ACQUIRER_WAITS },
    };
    struct till *t = *state;

    for (int i = 0; i < (int)(sizeof rows / sizeof *rows); i++) {
        struct acquirer_ask bank = till_by(ACQUIRER_BY_BANK, "3333", i, 1015);
        char body[BODY_MAX];

        (void)snprintf(body, sizeof body, "{\"manner\":\"%s\"}", rows[i].manner);
        assert_int_equal(ask(t->f, "POST", BEHAVIOUR, body), 200);
        assert_int_equal(till_ask(t, &bank).verdict, rows[i].said);
        assert_int_equal(ask(t->f, "POST", BEHAVIOUR, "{\"manner\":\"well\"}"), 200);
        assert_int_equal(verdict_of(t, i), rows[i].later);
    }
}

static void a_manner_that_makes_no_sense_is_refused(void **state)
{
    static const struct { const char *body, *field; } rows[] = {
        { "{}", "manner" }, { "{\"manner\":\"rudely\"}", "manner" }, { "{\"manner\":7}", "manner" },
        { "{\"manner\":\"slow\"}", "ms" }, { "{\"manner\":\"slow\",\"ms\":60001}", "ms" },
        { "{\"manner\":\"slow\",\"ms\":-1}", "ms" }, { "{\"manner\":\"mute\",\"ms\":5}", "ms" },
    };
    struct till *t = *state;
    int ms;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char field[BODY_MAX];

        assert_int_equal(ask(t->f, "POST", BEHAVIOUR, rows[i].body), 400);
        (void)snprintf(field, sizeof field, "\"field\":\"%s\"}", rows[i].field);
        assert_shows(field);
    }
    assert_int_equal(sim_acquirer_behaviour(t->sim, &ms), ACQUIRER_WELL);
}

static void each_decision_ends_a_payment_by_either_of_its_names(void **state)
{
    static const struct { const char *decision, *reason; enum acquirer_verdict becomes; } rows[] = {
        { "success", NULL, ACQUIRER_CHARGED }, { "fail", NULL, ACQUIRER_DECLINED },
        { "fail", "NO_FUNDS", ACQUIRER_NO_FUNDS }, { "FAIL", "tpv", ACQUIRER_TPV },
        { "fail", "DECLINED", ACQUIRER_DECLINED }, { "drop", NULL, ACQUIRER_DROPPED },
        { "hold", NULL, ACQUIRER_HELD }, { "other-account", NULL, ACQUIRER_TPV },
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    struct till *t = *state;

    for (int i = 1; i <= 2 * ROWS; i++) {
        struct acquirer_answer a = pay_at_bank(t, i, TEST_TPV_ACCOUNT);
        const char *name = i <= ROWS ? id_of(t, i) : a.acquirer_ref;
        char said[BODY_MAX];

        assert_int_equal(decide(t, name, rows[i % ROWS].decision, rows[i % ROWS].reason), 200);
        (void)snprintf(said, sizeof said, "{\"payment\":\"%s\",\"decision\":\"", name);
        assert_shows(said);
        assert_int_equal(verdict_of(t, i), rows[i % ROWS].becomes);
        assert_int_equal(decide(t, name, "success", NULL), 409);
        assert_shows("{\"error\":\"wrong_state\"");
    }
}

static void what_is_held_is_released_or_rejected_and_what_is_pending_goes_on(void **state)
{
    struct till *t = *state;
    struct acquirer_answer a = pay_at_bank(t, 1, "");

    assert_int_equal(decide(t, id_of(t, 1), "pending", NULL), 200);
    assert_int_equal(verdict_of(t, 1), ACQUIRER_WAITS);
    assert_int_equal(decide(t, id_of(t, 1), "release", NULL), 409);
    assert_int_equal(decide(t, id_of(t, 1), "other-account", NULL), 409);     /* any account may pay it */
    assert_int_equal(decide(t, id_of(t, 1), "hold", NULL), 200);
    assert_int_equal(decide(t, a.acquirer_ref, "release", NULL), 200);
    assert_int_equal(verdict_of(t, 1), ACQUIRER_CHARGED);
    (void)pay_at_bank(t, 2, "");
    assert_int_equal(decide(t, id_of(t, 2), "hold", NULL), 200);
    assert_int_equal(decide(t, id_of(t, 2), "reject", NULL), 200);
    assert_int_equal(verdict_of(t, 2), ACQUIRER_RISK);
}

static void who_runs_the_simulation_needs_no_otp_whichever_name_he_uses(void **state)
{
    struct till *t = *state;

    for (int i = 1; i <= 2; i++) {
        struct acquirer_ask card = till_card(t, i, 1000);
        struct acquirer_answer a = till_ask(t, &card);

        assert_int_equal(a.verdict, ACQUIRER_FACTOR);
        assert_int_equal(decide(t, i == 1 ? a.acquirer_ref : id_of(t, i), "success", NULL), 200);
        assert_int_equal(verdict_of(t, i), ACQUIRER_CHARGED);
    }
}

static void a_decision_that_makes_no_sense_changes_nothing(void **state)
{
    struct till *t = *state;
    struct acquirer_answer a = pay_at_bank(t, 1, "");

    assert_int_equal(decide(t, a.acquirer_ref, "melt", NULL), 400);
    assert_shows("\"field\":\"decision\"");
    assert_int_equal(decide(t, a.acquirer_ref, "otp", NULL), 400);
    assert_int_equal(decide(t, a.acquirer_ref, "fail", "CHARGED"), 400);
    assert_shows("\"field\":\"reason\"");
    assert_int_equal(decide(t, a.acquirer_ref, "fail", "BAD_WEATHER"), 400);
    assert_int_equal(ask(t->f, "POST", DECISIONS, "{\"decision\":\"fail\"}"), 400);
    assert_shows("\"field\":\"payment\"");
    assert_int_equal(decide(t, "nobody", "success", NULL), 404);
    assert_int_equal(decide(t, id_of(t, 2), "success", NULL), 404);
    assert_int_equal(decide(t, "1", "success", NULL), 404);
    assert_int_equal(decide(t, "9999999999999999", "success", NULL), 404);
    assert_int_equal(verdict_of(t, 1), ACQUIRER_WAITS);
}

static void without_a_simulated_acquirer_there_is_nothing_to_tell_it(void **state)
{
    struct till *t = *state;
    unsigned n = 0;

    t->f->services.sim_acquirer = NULL;
    for (const struct route *r = sandbox_dialect.routes; r->method; r++) {
        if (strstr(r->path, "/acquirer") == NULL)
            continue;
        assert_int_equal(ask(t->f, r->method, r->path,
                             "{\"manner\":\"well\",\"payment\":\"1\",\"decision\":\"success\"}"), 409);
        assert_shows("{\"error\":\"no_acquirer\"");
        n++;
    }
    assert_int_equal(n, 4);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_was_asked_and_done_is_counted),
        T(payments_are_listed_with_both_of_their_names),
        T(each_manner_is_taken_and_shown),
        T(the_acquirer_behaves_as_it_is_told),
        T(a_manner_that_makes_no_sense_is_refused),
        T(each_decision_ends_a_payment_by_either_of_its_names),
        T(what_is_held_is_released_or_rejected_and_what_is_pending_goes_on),
        T(who_runs_the_simulation_needs_no_otp_whichever_name_he_uses),
        T(a_decision_that_makes_no_sense_changes_nothing),
        T(without_a_simulated_acquirer_there_is_nothing_to_tell_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
