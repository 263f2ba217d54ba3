/* What each answer of a card network makes of a token's row, case by case. */
#include "service/vault_own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

static const int64_t noon_ms = INT64_C(1760000000000);

static struct token_row row_in(enum token_status status)
{
    return (struct token_row){
        .merchant_id = 1, .token_no = 2, .scheme = SCHEME_VISA, .status = status,
        .suspended_by = status == TOKEN_SUSPENDED ? TOKEN_MARK(TOKEN_BY_REQUESTOR) : 0,
        .created_ms = noon_ms, .updated_ms = noon_ms, .ask_ms = status == TOKEN_INIT ? noon_ms + 5 : 0,
    };
}

/* Let `t` hear `verdict` to `op`, asked while it was as it is. */
static bool hear(struct token_row *t, enum network_op op, enum network_verdict verdict, struct token_life life)
{
    struct network_ask ask = { .op = op, .ref = { 1, 2, t->request } };
    struct network_answer a = { .verdict = verdict, .life = life };
    struct vault_heard h = { .ask = &ask, .answer = &a, .first = true, .lease = t->ask_ms, .seen = t->updated_ms,
                             .now_ms = noon_ms + 10 };

    return vault_hear(t, &h);
}

static const struct token_life nothing = { TOKEN_INIT, 0, false }, active = { TOKEN_ACTIVE, 0, false },
                               dead = { TOKEN_DEAD, 0, false },
                               by_issuer = { TOKEN_SUSPENDED, TOKEN_MARK(TOKEN_BY_ISSUER), false };

static void a_new_token_becomes_what_the_verdict_says(void **state)
{
    static const struct { enum network_verdict verdict; enum token_status status; bool open; } cases[] = {
        { NETWORK_DONE, TOKEN_ACTIVE, false }, { NETWORK_LATER, TOKEN_INIT, true },
        { NETWORK_DECLINED, TOKEN_FAILED, false }, { NETWORK_INELIGIBLE, TOKEN_FAILED, false },
        { NETWORK_AUTHENTICATE, TOKEN_FAILED, false }, { NETWORK_BAD_REQUEST, TOKEN_FAILED, false },
        { NETWORK_BAD_AUTH_REF, TOKEN_FAILED, false }, { NETWORK_CARD_BLOCKED, TOKEN_FAILED, false },
        { NETWORK_NO_REQUESTOR, TOKEN_FAILED, false }, { NETWORK_REQUESTOR_STATE, TOKEN_FAILED, false },
        { NETWORK_ERROR, TOKEN_FAILED, false }, { NETWORK_UNREACHABLE, TOKEN_FAILED, false },
        { NETWORK_NO_ROUTE, TOKEN_FAILED, false }, { NETWORK_BROKEN, TOKEN_FAILED, false },
        { NETWORK_BUSY, TOKEN_FAILED, false }, { NETWORK_FLIGHT_GONE, TOKEN_FAILED, false },
        { NETWORK_SILENT, TOKEN_INIT, true }, { NETWORK_FAULT, TOKEN_INIT, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct token_row t = row_in(TOKEN_INIT);

        (void)hear(&t, NETWORK_PROVISION, cases[i].verdict, nothing);
        assert_int_equal(t.status, cases[i].status);
        assert_int_equal(t.ask_ms > 0, cases[i].open);
        assert_int_equal(t.verdict, cases[i].status == TOKEN_FAILED ? cases[i].verdict : 0);
    }
}

static void who_was_not_the_first_to_ask_learns_less_from_a_failure(void **state)
{
    struct network_ask ask = { .op = NETWORK_PROVISION };
    struct network_answer a = { .verdict = NETWORK_UNREACHABLE };
    struct token_row t = row_in(TOKEN_INIT);
    struct vault_heard h = { .ask = &ask, .answer = &a, .first = false, .lease = t.ask_ms, .now_ms = noon_ms };

    (void)state;
    assert_false(vault_hear(&t, &h));            /* the first question may have been heard */
    a.verdict = NETWORK_DECLINED;
    h.lease--;
    assert_false(vault_hear(&t, &h));            /* somebody has asked since */
    h.lease++;
    assert_true(vault_hear(&t, &h));
    assert_int_equal(t.status, TOKEN_FAILED);
}

static void what_the_network_tells_of_a_token_is_kept(void **state)
{
    struct network_ask ask = { .op = NETWORK_PROVISION };
    struct network_answer a = {
        .verdict = NETWORK_DONE, .life = by_issuer, .expiry = { 2031, 7 }, .token_ref = "ref", .par = "par",
        .number = "4111111111111111", .bin9 = "411111111", .last4 = "1111",
    };
    struct token_row t = row_in(TOKEN_INIT);
    struct vault_heard h = { .ask = &ask, .answer = &a, .first = true, .lease = t.ask_ms, .now_ms = noon_ms };

    (void)state;
    assert_true(vault_hear(&t, &h));
    assert_int_equal(t.status, TOKEN_SUSPENDED);
    assert_int_equal(t.suspended_by, TOKEN_MARK(TOKEN_BY_ISSUER));
    assert_int_equal(t.expiry, 203107);
    assert_true(span_equal(t.network_ref, SPAN("ref")) && span_equal(t.par, SPAN("par")));
    assert_true(span_equal(t.bin9, SPAN("411111111")) && span_equal(t.token_last4, SPAN("1111")));
    assert_true(t.updated_ms > noon_ms);
    assert_false(vault_hear(&t, &h));            /* once more changes nothing */
}

static void a_token_that_failed_at_the_network_does_not_live_here(void **state)
{
    const struct token_life failed = { TOKEN_FAILED, 0, false };
    const enum network_verdict verdicts[] = { NETWORK_DONE, NETWORK_LATER };

    (void)state;
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        struct token_row t = row_in(TOKEN_INIT);

        assert_true(hear(&t, NETWORK_PROVISION, verdicts[i], failed));
        assert_int_equal(t.status, TOKEN_FAILED);
        assert_int_equal(t.verdict, NETWORK_DECLINED);
        assert_int_equal(t.ask_ms, 0);
    }
}

/* What ended here while the network still has it stays ended, whatever the network says to its deletion or of it. */
static void a_token_that_is_dead_here_already_stays_so_and_is_deleted_at_the_network(void **state)
{
    static const struct { enum network_verdict verdict; bool open; } cases[] = {
        { NETWORK_DONE, false }, { NETWORK_NO_TOKEN, false }, { NETWORK_BAD_STATE, false },
        { NETWORK_NOT_ALLOWED, false }, { NETWORK_REQUESTOR_STATE, false }, { NETWORK_SILENT, true },
        { NETWORK_FAULT, true }, { NETWORK_UNREACHABLE, true },
    };
    const struct token_life lives[] = { nothing, active, by_issuer, dead };

    (void)state;
    for (size_t i = 0; i < 4 * (sizeof cases / sizeof cases[0]); i++) {
        struct network_answer a = { .verdict = cases[i / 4].verdict, .life = lives[i % 4], .expiry = { 2031, 7 } };
        struct token_row t = row_in(TOKEN_DEAD);
        struct network_ask ask = { .op = NETWORK_DELETE };
        struct vault_heard h = { .ask = &ask, .answer = &a, .sweeping = true, .now_ms = noon_ms + 10 };

        vault_disown(&t, noon_ms);
        assert_int_equal(t.ask_ms, noon_ms);
        ask.ref.request = t.request;
        (void)vault_hear_notice(&t, &a, noon_ms + 5);
        assert_int_equal(t.status, TOKEN_DEAD);
        assert_int_equal(t.wanted, NETWORK_DELETE);
        assert_true(t.ask_ms > 0);
        assert_true(vault_hear(&t, &h));
        assert_int_equal(t.status, TOKEN_DEAD);
        assert_int_equal(t.suspended_by, 0);
        assert_int_equal(t.wanted, cases[i / 4].open ? NETWORK_DELETE : 0);
        assert_int_equal(t.ask_ms > 0, cases[i / 4].open);
    }
}

static void an_expiry_that_is_none_is_not_kept(void **state)
{
    static const struct expiry bad[] = { { 2031, 13 }, { 2031, 0 }, { 1999, 12 }, { 2100, 1 }, { 0, 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct network_answer now = { .verdict = NETWORK_DONE, .life = active, .expiry = bad[i] };
        struct token_row t = row_in(TOKEN_ACTIVE);

        t.expiry = 203107;
        (void)vault_hear_notice(&t, &now, noon_ms);
        assert_int_equal(t.expiry, 203107);
    }
}

static void a_change_ends_as_the_network_says(void **state)
{
    static const struct { enum network_verdict verdict; enum token_status status; bool open; } cases[] = {
        { NETWORK_DONE, TOKEN_SUSPENDED, false }, { NETWORK_CARD_BLOCKED, TOKEN_ACTIVE, false },
        { NETWORK_UNSUPPORTED, TOKEN_ACTIVE, false }, { NETWORK_ERROR, TOKEN_ACTIVE, false },
        { NETWORK_UNREACHABLE, TOKEN_ACTIVE, false }, { NETWORK_BUSY, TOKEN_ACTIVE, false },
        { NETWORK_SILENT, TOKEN_ACTIVE, true }, { NETWORK_FAULT, TOKEN_ACTIVE, true },
        { NETWORK_NO_TOKEN, TOKEN_DEAD, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct token_row t = row_in(TOKEN_ACTIVE);

        t.wanted = NETWORK_SUSPEND;
        t.request = noon_ms;
        t.ask_ms = noon_ms + 5;
        (void)hear(&t, NETWORK_SUSPEND, cases[i].verdict, nothing);
        assert_int_equal(t.status, cases[i].status);
        assert_int_equal(t.ask_ms > 0, cases[i].open);
        assert_int_equal(t.wanted, cases[i].open ? NETWORK_SUSPEND : NETWORK_PROVISION);
        assert_int_equal(t.request, noon_ms);    /* the next one gets a later moment */
    }
}

static void an_answer_to_another_request_is_not_heard(void **state)
{
    struct token_row t = row_in(TOKEN_ACTIVE);
    struct network_ask ask = { .op = NETWORK_SUSPEND, .ref = { 1, 2, noon_ms } };
    struct network_answer a = { .verdict = NETWORK_DONE, .life = by_issuer };
    struct vault_heard h = { .ask = &ask, .answer = &a, .first = true, .now_ms = noon_ms };

    (void)state;
    assert_false(vault_hear(&t, &h));            /* nothing is open */
    t.wanted = NETWORK_SUSPEND;
    t.request = noon_ms + 1;
    assert_false(vault_hear(&t, &h));            /* a newer one is */
    t.request = noon_ms;
    assert_true(vault_hear(&t, &h));
}

static void a_refused_change_still_tells_how_the_token_is(void **state)
{
    struct token_row t = row_in(TOKEN_SUSPENDED);

    (void)state;
    t.wanted = NETWORK_RESUME;
    t.request = noon_ms;
    assert_true(hear(&t, NETWORK_RESUME, NETWORK_NOT_ALLOWED, by_issuer));
    assert_int_equal(t.suspended_by, TOKEN_MARK(TOKEN_BY_ISSUER));
    assert_int_equal(t.wanted, NETWORK_PROVISION);
}

static void an_end_is_final_whatever_comes_later(void **state)
{
    struct token_row t = row_in(TOKEN_DEAD);
    struct network_answer a = { .life = active };

    (void)state;
    assert_false(vault_hear_notice(&t, &a, noon_ms));
    assert_false(hear(&t, NETWORK_STATUS, NETWORK_DONE, active));
    assert_false(hear(&t, NETWORK_CRYPTOGRAM, NETWORK_BAD_STATE, by_issuer));
    assert_int_equal(t.status, TOKEN_DEAD);
}

static void a_life_that_cannot_be_is_not_taken_over(void **state)
{
    struct token_row t = row_in(TOKEN_ACTIVE);

    (void)state;
    assert_false(hear(&t, NETWORK_CRYPTOGRAM, NETWORK_BAD_STATE, (struct token_life){ TOKEN_SUSPENDED, 0, false }));
    assert_false(hear(&t, NETWORK_CRYPTOGRAM, NETWORK_BAD_STATE, (struct token_life){ TOKEN_FAILED, 0, false }));
    assert_false(hear(&t, NETWORK_CRYPTOGRAM, NETWORK_BAD_STATE, nothing));
    assert_int_equal(t.status, TOKEN_ACTIVE);
}

static void a_stale_look_changes_nothing(void **state)
{
    struct network_ask ask = { .op = NETWORK_CRYPTOGRAM };
    struct network_answer a = { .verdict = NETWORK_BAD_STATE, .life = by_issuer };
    struct token_row t = row_in(TOKEN_ACTIVE);
    struct vault_heard h = { .ask = &ask, .answer = &a, .seen = noon_ms - 1, .now_ms = noon_ms };

    (void)state;
    assert_false(vault_hear(&t, &h));
    ask.op = NETWORK_STATUS;
    a.verdict = NETWORK_DONE;
    assert_false(vault_hear(&t, &h));
    h.seen = noon_ms;
    assert_true(vault_hear(&t, &h));
}

static void a_notice_ends_what_is_open_only_where_it_ends_the_token(void **state)
{
    struct network_answer a = { .life = by_issuer };
    struct token_row t = row_in(TOKEN_ACTIVE);

    (void)state;
    t.wanted = NETWORK_DELETE;
    t.ask_ms = noon_ms;
    assert_true(vault_hear_notice(&t, &a, noon_ms));
    assert_int_equal(t.wanted, NETWORK_DELETE);
    a.life = dead;
    assert_true(vault_hear_notice(&t, &a, noon_ms));
    assert_int_equal(t.wanted, NETWORK_PROVISION);
    assert_int_equal(t.ask_ms, 0);
}

static void a_token_that_lives_although_it_failed_is_to_be_deleted(void **state)
{
    struct token_row t = row_in(TOKEN_FAILED);
    struct network_answer a = { .life = active, .token_ref = "ref" };

    (void)state;
    assert_true(vault_hear_notice(&t, &a, noon_ms));
    assert_int_equal(t.status, TOKEN_FAILED);
    assert_int_equal(t.wanted, NETWORK_DELETE);
    assert_int_equal(t.ask_ms, noon_ms);
    assert_int_equal(t.request, noon_ms);
    assert_true(span_equal(t.network_ref, SPAN("ref")));
    assert_false(vault_hear_notice(&t, &a, noon_ms + 1));    /* once */
}

static void pauses_grow_to_a_minute_and_no_further(void **state)
{
    static const int64_t ages[][2] = { { 0, 1000 }, { 500, 1000 }, { 5000, 5000 }, { 59999, 59999 },
                                       { 86400000, 60000 } };

    (void)state;
    for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
        struct network_ask ask = { .op = NETWORK_STATUS };
        struct network_answer a = { .verdict = NETWORK_SILENT };
        struct token_row t = row_in(TOKEN_INIT);
        struct vault_heard h = { .ask = &ask, .answer = &a, .sweeping = true, .lease = t.ask_ms,
                                 .now_ms = noon_ms + ages[i][0] };

        assert_true(vault_hear(&t, &h));
        assert_int_equal(t.ask_ms, h.now_ms + ages[i][1]);
    }
}

static void a_lease_is_longer_than_an_answer_is_waited_for(void **state)
{
    struct services s = { .network = NULL };

    (void)state;
    assert_int_equal(network_new(&s.network, &(struct network_options){ .wait_ms = 20000 }), FAULT_NONE);
    assert_int_equal(vault_lease(&s, 0, noon_ms), noon_ms + 40000);
    network_stop(s.network);
    network_free(s.network);
    assert_int_equal(network_new(&s.network, &(struct network_options){ .wait_ms = 1 }), FAULT_NONE);
    assert_int_equal(vault_lease(&s, 0, noon_ms), noon_ms + VAULT_LEASE_MS);
    network_stop(s.network);
    network_free(s.network);
}

static void a_lease_is_later_than_the_one_before(void **state)
{
    static const struct services none;

    (void)state;
    assert_int_equal(vault_lease(&none, 0, noon_ms), noon_ms + VAULT_LEASE_MS);
    assert_int_equal(vault_lease(&none, noon_ms + VAULT_LEASE_MS, noon_ms), noon_ms + VAULT_LEASE_MS + 1);
    assert_int_equal(vault_lease(&none, noon_ms, noon_ms), noon_ms + VAULT_LEASE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_token_becomes_what_the_verdict_says),
        cmocka_unit_test(who_was_not_the_first_to_ask_learns_less_from_a_failure),
        cmocka_unit_test(what_the_network_tells_of_a_token_is_kept),
        cmocka_unit_test(a_token_that_failed_at_the_network_does_not_live_here),
        cmocka_unit_test(a_token_that_is_dead_here_already_stays_so_and_is_deleted_at_the_network),
        cmocka_unit_test(an_expiry_that_is_none_is_not_kept),
        cmocka_unit_test(a_change_ends_as_the_network_says),
        cmocka_unit_test(an_answer_to_another_request_is_not_heard),
        cmocka_unit_test(a_refused_change_still_tells_how_the_token_is),
        cmocka_unit_test(an_end_is_final_whatever_comes_later),
        cmocka_unit_test(a_life_that_cannot_be_is_not_taken_over),
        cmocka_unit_test(a_stale_look_changes_nothing),
        cmocka_unit_test(a_notice_ends_what_is_open_only_where_it_ends_the_token),
        cmocka_unit_test(a_token_that_lives_although_it_failed_is_to_be_deleted),
        cmocka_unit_test(pauses_grow_to_a_minute_and_no_further),
        cmocka_unit_test(a_lease_is_later_than_the_one_before),
        cmocka_unit_test(a_lease_is_longer_than_an_answer_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
