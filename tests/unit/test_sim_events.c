/* test_sim_events.c: what changes a token: its requestor, its issuer, the clock; and the notices of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "sim_bed.h"

#include "base/banned.h"

enum { HEARD_MAX = 64, REQUESTOR = 1, ISSUER = 2, A_MOMENT_NS = 2000000, MOMENTS = 3000 };

/* What the listener heard, newest last. */
struct ear {
    pthread_mutex_t lock;
    struct network_notice heard[HEARD_MAX];
    size_t n;
};

static void hear(void *arg, const struct network_notice *n)
{
    struct ear *e = arg;

    pthread_mutex_lock(&e->lock);
    e->heard[e->n++ % HEARD_MAX] = *n;
    pthread_mutex_unlock(&e->lock);
}

/* It outlives each test, since the network speaks until the fixture is torn down. */
static struct ear ear = { .lock = PTHREAD_MUTEX_INITIALIZER };

static size_t heard(void)
{
    size_t n;

    pthread_mutex_lock(&ear.lock);
    n = ear.n;
    pthread_mutex_unlock(&ear.lock);
    return n;
}

/* Wait until there are `n`; the last of them. */
static struct network_notice await(size_t n)
{
    struct network_notice last;

    for (int i = 0; i < MOMENTS && heard() < n; i++)
        (void)nanosleep(&(struct timespec){ .tv_nsec = A_MOMENT_NS }, NULL);
    pthread_mutex_lock(&ear.lock);
    assert_true(ear.n >= n);
    last = ear.heard[(n - 1) % HEARD_MAX];
    pthread_mutex_unlock(&ear.lock);
    return last;
}

static void listening(struct fixture *f)
{
    pthread_mutex_lock(&ear.lock);
    ear.n = 0;
    pthread_mutex_unlock(&ear.lock);
    fixture_listen(f, hear, &ear);
}

static const char *visa(void)
{
    return bed_card(SCHEME_VISA, TEST_APPROVE);
}

static void happen(struct fixture *f, const struct network_answer *t, enum sim_event e)
{
    assert_int_equal(sim_happen(f->sim, span_of(t->token_ref), e, clock_now_ms(f->services.clock)), FAULT_NONE);
}

static void a_requestor_suspends_resumes_and_deletes(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, visa(), 1), a = bed_effect(f, &t, NETWORK_SUSPEND, 1);

    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_int_equal(a.life.status, TOKEN_SUSPENDED);
    assert_int_equal(a.life.suspended_by, REQUESTOR);
    a = bed_simply(f, &t, NETWORK_CRYPTOGRAM);
    assert_int_equal(a.verdict, NETWORK_BAD_STATE);
    assert_int_equal(a.life.status, TOKEN_SUSPENDED);
    assert_string_equal(a.number, "");
    assert_int_equal(bed_simply(f, &t, NETWORK_NUMBER).verdict, NETWORK_BAD_STATE);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 2).life.status, TOKEN_ACTIVE);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
    assert_int_equal(bed_effect(f, &t, NETWORK_DELETE, 3).life.status, TOKEN_DEAD);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_DEAD);
    a = bed_effect(f, &t, NETWORK_SUSPEND, 4);
    assert_int_equal(a.verdict, NETWORK_NOT_ALLOWED);
    assert_int_equal(a.life.status, TOKEN_DEAD);
}

static void an_effect_under_one_reference_happens_once(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, visa(), 1), a;

    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 1).life.status, TOKEN_SUSPENDED);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 2).life.status, TOKEN_ACTIVE);
    a = bed_effect(f, &t, NETWORK_SUSPEND, 1);                     /* late, and again: the answer is the first one */
    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_int_equal(a.life.status, TOKEN_SUSPENDED);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_ACTIVE);
    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 2).life.status, TOKEN_SUSPENDED);    /* another operation */
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_SUSPENDED);
}

static void a_refusal_is_remembered_too(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, visa(), 1);

    happen(f, &t, SIM_SUSPEND);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 1).verdict, NETWORK_NOT_ALLOWED);
    happen(f, &t, SIM_RESUME);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 1).verdict, NETWORK_NOT_ALLOWED);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 2).verdict, NETWORK_DONE);
}

static void the_issuers_suspension_is_the_issuers_to_lift(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, visa(), 1);

    happen(f, &t, SIM_SUSPEND);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.suspended_by, ISSUER);
    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 1).life.suspended_by, REQUESTOR | ISSUER);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 2).life.suspended_by, ISSUER);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 3).verdict, NETWORK_NOT_ALLOWED);
    happen(f, &t, SIM_RESUME);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_ACTIVE);
}

static void each_event_gives_a_notice(void **state)
{
    static const struct { enum sim_event event; enum token_status status; } rows[] = {
        { SIM_SUSPEND, TOKEN_SUSPENDED }, { SIM_RESUME, TOKEN_ACTIVE }, { SIM_BLOCK_CARD, TOKEN_ACTIVE },
        { SIM_UNBLOCK_CARD, TOKEN_ACTIVE }, { SIM_RENEW, TOKEN_ACTIVE }, { SIM_REPLACE, TOKEN_DEAD },
    };
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, visa(), 9);

    listening(f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network_notice n;

        happen(f, &t, rows[i].event);
        n = await(i + 1);
        network_noticed(f->services.network, n.id);
        assert_int_equal(n.now.life.status, rows[i].status);
        assert_int_equal(n.now.ref.merchant_id, BED_MERCHANT);
        assert_int_equal(n.now.ref.token_no, 9);
        assert_string_equal(n.now.token_ref, t.token_ref);
        assert_string_equal(n.now.last4, t.last4);
        assert_string_equal(n.now.number, "");
    }
    assert_int_equal(sim_happen(f->sim, span_of(t.token_ref), SIM_DELETE, FIXTURE_NOW), FAULT_WRONG_STATE);
    t = bed_token(f, visa(), 10);
    happen(f, &t, SIM_DELETE);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_DEAD);
}

static void an_unknown_token_has_no_events(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1);
    struct network_answer alt;

    assert_int_equal(sim_happen(f->sim, SPAN("nothing"), SIM_SUSPEND, FIXTURE_NOW), FAULT_NOT_FOUND);
    ask.op = NETWORK_ALT_ID;
    ask.ref.request = 1;
    alt = bed_ask(f, &ask);
    assert_int_equal(sim_happen(f->sim, span_of(alt.token_ref), SIM_SUSPEND, FIXTURE_NOW), FAULT_NOT_FOUND);
}

static void a_renewed_token_is_good_for_longer(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, bed_card(SCHEME_VISA, TEST_EXPIRES_SOON), 1), a;

    fixture_set_clock(f, expiry_end_ms(t.expiry));
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_BAD_STATE);
    happen(f, &t, SIM_RENEW);
    a = bed_simply(f, &t, NETWORK_STATUS);
    assert_false(a.life.expired);
    assert_int_equal(a.expiry.year * 100 + a.expiry.month, 202712);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
}

static void a_blocked_card_stops_all_its_tokens(void **state)
{
    struct fixture *f = *state;
    struct network_answer first = bed_token(f, visa(), 1), second = bed_token(f, visa(), 2);
    struct network_ask third = bed_wish(f, visa(), 3);

    happen(f, &first, SIM_BLOCK_CARD);
    assert_int_equal(bed_simply(f, &second, NETWORK_CRYPTOGRAM).verdict, NETWORK_CARD_BLOCKED);
    assert_int_equal(bed_effect(f, &second, NETWORK_SUSPEND, 1).verdict, NETWORK_CARD_BLOCKED);
    assert_int_equal(bed_ask(f, &third).verdict, NETWORK_CARD_BLOCKED);
    happen(f, &first, SIM_UNBLOCK_CARD);
    assert_int_equal(bed_simply(f, &second, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
    assert_int_equal(bed_effect(f, &second, NETWORK_SUSPEND, 1).verdict, NETWORK_DONE);
    assert_int_equal(bed_ask(f, &third).verdict, NETWORK_DONE);
}

static void an_unblocked_test_card_serves(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, bed_card(SCHEME_VISA, TEST_BLOCKED), 1);

    happen(f, &t, SIM_UNBLOCK_CARD);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
}

static struct network_answer later_token(struct fixture *f, enum test_outcome o, int64_t no)
{
    struct network_ask ask = bed_wish(f, bed_card(SCHEME_VISA, o), no);
    struct network_answer t = bed_ask(f, &ask);

    assert_int_equal(t.verdict, NETWORK_LATER);
    assert_int_equal(t.life.status, TOKEN_INIT);
    return t;
}

static void a_token_may_become_active_later(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = later_token(f, TEST_LATER, 1);
    struct network_notice n;

    listening(f);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_BAD_STATE);
    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 1).verdict, NETWORK_NOT_ALLOWED);
    fixture_set_clock(f, FIXTURE_NOW + TEST_LATER_MS - 1);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_INIT);
    assert_int_equal(heard(), 0);
    fixture_set_clock(f, FIXTURE_NOW + TEST_LATER_MS);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_ACTIVE);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
    n = await(1);                           /* by itself, without anybody's asking */
    assert_int_equal(n.now.life.status, TOKEN_ACTIVE);
    assert_int_equal(n.now.ref.token_no, 1);
}

static void a_token_may_fail_later(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = later_token(f, TEST_LATER_FAILS, 1), a;

    listening(f);
    fixture_set_clock(f, FIXTURE_NOW + TEST_LATER_MS);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_FAILED);
    a = bed_effect(f, &t, NETWORK_DELETE, 1);
    assert_int_equal(a.verdict, NETWORK_NOT_ALLOWED);
    assert_int_equal(a.life.status, TOKEN_FAILED);
    assert_int_equal(await(1).now.life.status, TOKEN_FAILED);
}

static void a_token_that_failed_is_not_made_by_asking_again(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, bed_card(SCHEME_VISA, TEST_LATER_FAILS), 1);
    struct network_answer a;

    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_LATER);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_LATER);
    fixture_set_clock(f, FIXTURE_NOW + TEST_LATER_MS);
    a = bed_ask(f, &ask);
    assert_int_equal(a.verdict, NETWORK_DECLINED);
    assert_int_equal(a.life.status, TOKEN_FAILED);
}

static void what_is_due_is_decided_before_it_is_changed(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = later_token(f, TEST_LATER, 1), a;

    fixture_set_clock(f, FIXTURE_NOW + TEST_LATER_MS);
    a = bed_effect(f, &t, NETWORK_SUSPEND, 1);
    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_int_equal(a.life.status, TOKEN_SUSPENDED);
    listening(f);
    fixture_network_stop(f);
    fixture_network_start(f, 0);
    assert_int_equal(await(1).now.life.status, TOKEN_SUSPENDED);
}

static void what_is_due_is_decided_before_an_event(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = later_token(f, TEST_LATER, 1);

    assert_int_equal(sim_happen(f->sim, span_of(t.token_ref), SIM_SUSPEND, FIXTURE_NOW), FAULT_WRONG_STATE);
    assert_int_equal(sim_happen(f->sim, span_of(t.token_ref), SIM_BLOCK_CARD, FIXTURE_NOW + TEST_LATER_MS), FAULT_NONE);
    assert_int_equal(sim_happen(f->sim, span_of(t.token_ref), SIM_SUSPEND, FIXTURE_NOW), FAULT_NONE);
}

static void a_notice_comes_again_after_a_restart_until_it_is_kept(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, visa(), 1);
    struct network_notice first, again;

    happen(f, &t, SIM_SUSPEND);                   /* nobody hears it */
    listening(f);
    fixture_network_stop(f);
    fixture_network_start(f, 0);
    first = await(1);
    fixture_network_stop(f);
    fixture_network_start(f, 0);
    again = await(2);
    assert_int_equal(first.id, again.id);
    assert_int_equal(again.now.life.status, TOKEN_SUSPENDED);
    network_noticed(f->services.network, again.id);
    network_noticed(f->services.network, again.id);                /* twice, and one that never was: no harm */
    network_noticed(f->services.network, 999);
    happen(f, &t, SIM_RESUME);                    /* its commit is behind those, and its id is new */
    again = await(3);
    assert_true(again.id > first.id);
    network_noticed(f->services.network, again.id);
    fixture_network_stop(f);
    fixture_network_start(f, 0);
    happen(f, &t, SIM_SUSPEND);
    again = await(4);                       /* the next that is heard: those before are kept */
    assert_int_equal(again.now.life.status, TOKEN_SUSPENDED);
    assert_true(again.id > first.id + 1);
}

static void many_notices_are_all_told(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, visa(), 1);

    for (int i = 0; i < 70; i++)                  /* more than are told at once */
        happen(f, &t, i % 2 ? SIM_RESUME : SIM_SUSPEND);
    listening(f);
    fixture_network_stop(f);
    fixture_network_start(f, 0);
    assert_int_equal(await(70).id, 70);           /* each of them, in the order they happened */
}

static void events_have_names(void **state)
{
    (void)state;
    assert_string_equal(sim_event_name(SIM_SUSPEND), "suspend");
    for (enum sim_event e = 0; e < SIM_EVENTS; e++)
        for (enum sim_event o = 0; o < e; o++)
            assert_string_not_equal(sim_event_name(e), sim_event_name(o));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_requestor_suspends_resumes_and_deletes),
        WITH(an_effect_under_one_reference_happens_once),
        WITH(a_refusal_is_remembered_too),
        WITH(the_issuers_suspension_is_the_issuers_to_lift),
        WITH(each_event_gives_a_notice),
        WITH(an_unknown_token_has_no_events),
        WITH(a_renewed_token_is_good_for_longer),
        WITH(a_blocked_card_stops_all_its_tokens),
        WITH(an_unblocked_test_card_serves),
        WITH(a_token_may_become_active_later),
        WITH(a_token_may_fail_later),
        WITH(a_token_that_failed_is_not_made_by_asking_again),
        WITH(what_is_due_is_decided_before_it_is_changed),
        WITH(what_is_due_is_decided_before_an_event),
        WITH(a_notice_comes_again_after_a_restart_until_it_is_kept),
        WITH(many_notices_are_all_told),
        cmocka_unit_test(events_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
