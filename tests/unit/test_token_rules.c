/* The life of a token: every event in every status by everybody, and what each status is good for. */
#include "domain/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/isotime.h"

#include "base/banned.h"

enum { R = 1, I = 2, MARK_SETS = 8 };      /* suspended by the requestor, by the issuer */

static bool is_same(struct token_life a, struct token_life b)
{
    return a.status == b.status && a.suspended_by == b.suspended_by && a.expired == b.expired;
}

static bool lives(struct token_life l)
{
    return l.status == TOKEN_ACTIVE || l.status == TOKEN_SUSPENDED;
}

/* Why nothing happens to a token that does not live. */
static enum token_rule at_rest(enum token_status s)
{
    return s == TOKEN_INIT ? TOKEN_RULE_PENDING : s == TOKEN_DEAD ? TOKEN_RULE_DEAD : TOKEN_RULE_FAILED;
}

static enum token_rule expect_of_network(struct token_life *l, enum token_event e)
{
    if (e == TOKEN_ON_PROVISIONED) {
        if (l->status == TOKEN_FAILED)
            return TOKEN_RULE_FAILED;
        l->status = l->status == TOKEN_INIT ? TOKEN_ACTIVE : l->status;
    } else if (e == TOKEN_ON_FAILURE) {
        if (lives(*l) || l->status == TOKEN_DEAD)
            return TOKEN_RULE_SETTLED;
        l->status = TOKEN_FAILED;
    } else if (e == TOKEN_ON_EXPIRE) {
        if (!lives(*l))
            return at_rest(l->status);
        l->expired = true;
    } else {
        return TOKEN_RULE_ACTOR;
    }
    return TOKEN_RULE_NONE;
}

static enum token_rule expect_of_either(struct token_life *l, enum token_event e, uint8_t mark)
{
    bool issuers = e == TOKEN_ON_RENEW || e == TOKEN_ON_REPLACE;

    if (e != TOKEN_ON_SUSPEND && e != TOKEN_ON_RESUME && e != TOKEN_ON_DELETE && !(issuers && mark == I))
        return TOKEN_RULE_ACTOR;
    if (!lives(*l))
        return at_rest(l->status);
    if (e == TOKEN_ON_RENEW) {
        l->expired = false;
    } else if (e == TOKEN_ON_SUSPEND || e == TOKEN_ON_RESUME) {
        if (e == TOKEN_ON_RESUME && mark == R && l->suspended_by == I)
            return TOKEN_RULE_ISSUER;
        l->suspended_by = (uint8_t)(e == TOKEN_ON_SUSPEND ? l->suspended_by | mark : l->suspended_by & ~mark);
        l->status = l->suspended_by ? TOKEN_SUSPENDED : TOKEN_ACTIVE;
    } else {
        l->status = TOKEN_DEAD;
        l->suspended_by = 0;
    }
    return TOKEN_RULE_NONE;
}

/* Written out apart from the source's table: rules in words rather than cells. */
static enum token_rule expected(struct token_life *l, enum token_event e, enum token_actor by)
{
    switch (by) {
    case TOKEN_BY_REQUESTOR: return expect_of_either(l, e, R);
    case TOKEN_BY_ISSUER:    return expect_of_either(l, e, I);
    case TOKEN_BY_NETWORK:   return expect_of_network(l, e);
    case TOKEN_ACTORS:       break;
    }
    return TOKEN_RULES;
}

static void check_each_event(struct token_life from)
{
    for (enum token_event e = 0; e < TOKEN_EVENTS; e++)
        for (enum token_actor by = 0; by < TOKEN_ACTORS; by++) {
            struct token_life got = from, want = from;
            enum token_rule rule = expected(&want, e, by);
            if (token_happens(&got, e, by) != rule || !is_same(got, rule ? from : want))
                fail_msg("%s suspended by %u expired %d: event %d by %d", token_status_name(from.status),
                         from.suspended_by, from.expired, e, by);
            assert_true(token_life_is_sound(&got));
        }
}

static void every_event_in_every_state_by_everybody_does_what_the_rules_say(void **state)
{
    size_t sound = 0;

    (void)state;
    for (enum token_status s = 0; s < TOKEN_STATUSES; s++)
        for (uint8_t marks = 0; marks < MARK_SETS; marks++)
            for (int expired = 0; expired < 2; expired++) {
                struct token_life from = { s, marks, expired };
                if (!token_life_is_sound(&from))
                    continue;
                sound++;
                check_each_event(from);
            }
    assert_int_equal(sound, 1 + 2 + 3 * 2 + 2 + 1);      /* INIT, ACTIVE, SUSPENDED, DEAD, FAILED */
}

static void happens(struct token_life *l, enum token_event e, enum token_actor by, enum token_rule rule)
{
    assert_int_equal(token_happens(l, e, by), rule);
}

static void the_issuers_suspension_is_not_lifted_by_the_requestor(void **state)
{
    struct token_life l = { .status = TOKEN_INIT };

    (void)state;
    happens(&l, TOKEN_ON_PROVISIONED, TOKEN_BY_NETWORK, TOKEN_RULE_NONE);
    happens(&l, TOKEN_ON_SUSPEND, TOKEN_BY_REQUESTOR, TOKEN_RULE_NONE);
    happens(&l, TOKEN_ON_SUSPEND, TOKEN_BY_ISSUER, TOKEN_RULE_NONE);
    happens(&l, TOKEN_ON_RESUME, TOKEN_BY_REQUESTOR, TOKEN_RULE_NONE);      /* its own */
    assert_int_equal(l.status, TOKEN_SUSPENDED);
    assert_int_equal(l.suspended_by, TOKEN_MARK(TOKEN_BY_ISSUER));
    happens(&l, TOKEN_ON_RESUME, TOKEN_BY_REQUESTOR, TOKEN_RULE_ISSUER);
    assert_int_equal(l.status, TOKEN_SUSPENDED);
    happens(&l, TOKEN_ON_RESUME, TOKEN_BY_ISSUER, TOKEN_RULE_NONE);
    assert_int_equal(l.status, TOKEN_ACTIVE);
}

static void neither_does_the_issuer_lift_the_requestors(void **state)
{
    struct token_life l = { TOKEN_SUSPENDED, R, false };

    (void)state;
    happens(&l, TOKEN_ON_RESUME, TOKEN_BY_ISSUER, TOKEN_RULE_NONE);
    assert_int_equal(l.status, TOKEN_SUSPENDED);
    assert_int_equal(l.suspended_by, R);
}

static void a_message_that_comes_twice_changes_nothing_more(void **state)
{
    static const struct { enum token_event e; enum token_actor by; } repeatable[] = {
        { TOKEN_ON_PROVISIONED, TOKEN_BY_NETWORK }, { TOKEN_ON_SUSPEND, TOKEN_BY_ISSUER },
        { TOKEN_ON_RESUME, TOKEN_BY_ISSUER }, { TOKEN_ON_SUSPEND, TOKEN_BY_REQUESTOR },
        { TOKEN_ON_RESUME, TOKEN_BY_REQUESTOR }, { TOKEN_ON_EXPIRE, TOKEN_BY_NETWORK },
        { TOKEN_ON_RENEW, TOKEN_BY_ISSUER },
    };
    struct token_life l = { .status = TOKEN_INIT }, before;

    (void)state;
    for (size_t i = 0; i < sizeof repeatable / sizeof *repeatable; i++) {
        happens(&l, repeatable[i].e, repeatable[i].by, TOKEN_RULE_NONE);
        before = l;
        happens(&l, repeatable[i].e, repeatable[i].by, TOKEN_RULE_NONE);
        assert_true(is_same(l, before));
    }
    assert_true(is_same(l, (struct token_life){ TOKEN_ACTIVE, 0, false }));
}

static void what_has_ended_stays_ended(void **state)
{
    (void)state;
    for (enum token_event e = 0; e < TOKEN_EVENTS; e++)
        for (enum token_actor by = 0; by < TOKEN_ACTORS; by++) {
            struct token_life dead = { .status = TOKEN_DEAD }, failed = { .status = TOKEN_FAILED };
            enum token_rule d = token_happens(&dead, e, by), f = token_happens(&failed, e, by);
            assert_int_equal(dead.status, TOKEN_DEAD);
            assert_int_equal(failed.status, TOKEN_FAILED);
            assert_true(d != TOKEN_RULE_NONE || e == TOKEN_ON_PROVISIONED);      /* only an answer come twice */
            assert_true(f != TOKEN_RULE_NONE || e == TOKEN_ON_FAILURE);
        }
}

static void only_an_active_token_pays_and_yields_a_cryptogram(void **state)
{
    static const enum token_rule rules[TOKEN_STATUSES] = {
        [TOKEN_INIT] = TOKEN_RULE_PENDING, [TOKEN_ACTIVE] = TOKEN_RULE_NONE,
        [TOKEN_SUSPENDED] = TOKEN_RULE_SUSPENDED, [TOKEN_DEAD] = TOKEN_RULE_DEAD,
        [TOKEN_FAILED] = TOKEN_RULE_FAILED,
    };

    (void)state;
    for (enum token_status s = 0; s < TOKEN_STATUSES; s++) {
        struct token_life fresh = { .status = s }, old = { .status = s, .expired = true };
        assert_int_equal(token_allows(&fresh, TOKEN_USE_CRYPTOGRAM), rules[s]);
        assert_int_equal(token_allows(&fresh, TOKEN_USE_PAY), rules[s]);
        assert_int_equal(token_allows(&fresh, TOKEN_USE_SHOW), TOKEN_RULE_NONE);
        assert_int_equal(token_allows(&old, TOKEN_USE_PAY), s == TOKEN_ACTIVE ? TOKEN_RULE_EXPIRED : rules[s]);
        assert_int_equal(token_allows(&old, TOKEN_USE_CRYPTOGRAM), s == TOKEN_ACTIVE ? TOKEN_RULE_EXPIRED : rules[s]);
        assert_int_equal(token_allows(&old, TOKEN_USE_SHOW), TOKEN_RULE_NONE);
    }
}

static void a_token_expires_by_the_clock_and_is_renewed(void **state)
{
    struct token_life active = { .status = TOKEN_ACTIVE }, seen;
    const struct expiry e = { 2030, 9 };
    int64_t last, past;

    (void)state;
    assert_int_equal(isotime_read(&last, SPAN("2030-09-30T23:59:59+05:30")), FAULT_NONE);
    past = last + 1000;
    assert_false(token_at(active, e, last).expired);
    seen = token_at(active, e, past);
    assert_int_equal(seen.status, TOKEN_ACTIVE);
    assert_int_equal(token_allows(&seen, TOKEN_USE_PAY), TOKEN_RULE_EXPIRED);
    happens(&seen, TOKEN_ON_RENEW, TOKEN_BY_ISSUER, TOKEN_RULE_NONE);
    assert_int_equal(token_allows(&seen, TOKEN_USE_PAY), TOKEN_RULE_NONE);
    assert_true(token_at((struct token_life){ TOKEN_ACTIVE, 0, true }, e, last).expired);     /* the network said so */
}

static void nothing_but_a_living_token_expires_by_the_clock(void **state)
{
    const struct expiry e = { 2001, 1 };

    (void)state;
    for (enum token_status s = 0; s < TOKEN_STATUSES; s++) {
        struct token_life l = { s, s == TOKEN_SUSPENDED ? R : 0, false };
        struct token_life seen = token_at(l, e, INT64_C(1900000000000));
        assert_int_equal(seen.expired, lives(l));
        assert_true(token_life_is_sound(&seen));
    }
}

/* INIT may come with no expiry yet. */
static void a_token_not_yet_made_needs_no_expiry(void **state)
{
    struct token_life seen = token_at((struct token_life){ .status = TOKEN_INIT }, (struct expiry){ 0 }, 0);

    (void)state;
    assert_true(is_same(seen, (struct token_life){ .status = TOKEN_INIT }));
}

static void a_life_that_cannot_have_been_is_not_sound(void **state)
{
    static const struct token_life wrong[] = {
        { TOKEN_STATUSES, 0, false }, { TOKEN_ACTIVE, R, false }, { TOKEN_SUSPENDED, 0, false },
        { TOKEN_SUSPENDED, 4, false }, { TOKEN_SUSPENDED, R | 4, false }, { TOKEN_DEAD, I, false },
        { TOKEN_INIT, 0, true }, { TOKEN_FAILED, 0, true }, { TOKEN_SUSPENDED, 128, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(token_life_is_sound(&wrong[i]));
}

static void statuses_have_the_names_of_the_api(void **state)
{
    static const char *const names[TOKEN_STATUSES] = { "INIT", "ACTIVE", "SUSPENDED", "DEAD", "FAILED" };

    (void)state;
    for (enum token_status s = 0; s < TOKEN_STATUSES; s++)
        assert_string_equal(token_status_name(s), names[s]);
}

static void every_rule_has_its_own_name_words_and_a_fault(void **state)
{
    (void)state;
    for (enum token_rule r = 0; r < TOKEN_RULES; r++) {
        enum fault f = token_rule_fault(r);
        assert_true(strlen(token_rule_text(r)) > 0);
        for (enum token_rule other = 0; other < r; other++)
            assert_string_not_equal(token_rule_name(r), token_rule_name(other));
        if (r == TOKEN_RULE_NONE)
            assert_int_equal(f, FAULT_NONE);
        else if (r == TOKEN_RULE_ACTOR || r == TOKEN_RULE_ISSUER)
            assert_int_equal(f, FAULT_DENIED);
        else
            assert_int_equal(f, FAULT_WRONG_STATE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state_by_everybody_does_what_the_rules_say),
        cmocka_unit_test(the_issuers_suspension_is_not_lifted_by_the_requestor),
        cmocka_unit_test(neither_does_the_issuer_lift_the_requestors),
        cmocka_unit_test(a_message_that_comes_twice_changes_nothing_more),
        cmocka_unit_test(what_has_ended_stays_ended),
        cmocka_unit_test(only_an_active_token_pays_and_yields_a_cryptogram),
        cmocka_unit_test(a_token_expires_by_the_clock_and_is_renewed),
        cmocka_unit_test(nothing_but_a_living_token_expires_by_the_clock),
        cmocka_unit_test(a_token_not_yet_made_needs_no_expiry),
        cmocka_unit_test(a_life_that_cannot_have_been_is_not_sound),
        cmocka_unit_test(statuses_have_the_names_of_the_api),
        cmocka_unit_test(every_rule_has_its_own_name_words_and_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
