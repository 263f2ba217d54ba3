/* test_sim_restart.c: what the simulated network still knows when it starts again, and many who ask at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim_bed.h"

#include "base/banned.h"

enum { CALLERS = 64, ROUNDS = 6 };

static const char *visa(void)
{
    return bed_card(SCHEME_VISA, TEST_APPROVE);
}

static void restart(struct fixture *f)
{
    fixture_network_stop(f);
    fixture_network_start(f, 0);
}

static void a_token_is_the_same_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, visa(), 1), before = bed_simply(f, &t, NETWORK_NUMBER), a;
    struct sim_counts c;

    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 1).verdict, NETWORK_DONE);
    restart(f);
    a = bed_simply(f, &t, NETWORK_STATUS);
    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_int_equal(a.life.status, TOKEN_SUSPENDED);
    assert_string_equal(a.par, t.par);
    assert_string_equal(a.trid, t.trid);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 2).verdict, NETWORK_DONE);
    assert_string_equal(bed_simply(f, &t, NETWORK_NUMBER).number, before.number);
    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 1).life.status, TOKEN_SUSPENDED);    /* done before: told, */
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_ACTIVE);           /* and not done again */
    sim_counts(f->sim, &c);
    assert_int_equal(c.tokens, 1);
    assert_int_equal(c.asked[NETWORK_PROVISION], 0);
}

static void a_provisioning_asked_again_after_a_restart_is_the_same_token(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1);
    struct network_answer t = bed_ask(f, &ask);

    restart(f);
    assert_string_equal(bed_ask(f, &ask).token_ref, t.token_ref);
    ask.ref.token_no = 2;
    assert_string_not_equal(bed_ask(f, &ask).token_ref, t.token_ref);
}

static void no_number_is_given_twice(void **state)
{
    struct fixture *f = *state;
    char numbers[8][PAN_DIGITS_MAX + 1];

    for (size_t i = 0; i < 8; i++) {
        struct network_answer t = bed_token(f, visa(), (int64_t)i), n = bed_simply(f, &t, NETWORK_NUMBER);

        memcpy(numbers[i], n.number, sizeof numbers[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(numbers[i], numbers[j]);
        if (i % 3 == 2)
            restart(f);
    }
}

static void an_init_token_is_decided_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, bed_card(SCHEME_VISA, TEST_LATER), 1);
    struct network_answer t = bed_ask(f, &ask);

    assert_int_equal(t.verdict, NETWORK_LATER);
    restart(f);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_INIT);
    fixture_set_clock(f, FIXTURE_NOW + TEST_LATER_MS);
    restart(f);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_ACTIVE);
}

static void a_requestor_out_of_force_stays_out(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, visa(), 1);

    assert_int_equal(sim_requestor(f->sim, span_of(t.trid), false), FAULT_NONE);
    restart(f);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_REQUESTOR_STATE);
}

static void a_card_in_flight_ends_with_its_keyholder(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1), foreign = ask;
    struct sim_counts c;

    secret_random(foreign.flight, CARD_FLIGHT);   /* as one of a keyholder that is gone looks to the next */
    assert_int_equal(bed_ask(f, &foreign).verdict, NETWORK_FLIGHT_GONE);
    foreign.op = NETWORK_ALT_ID;
    assert_int_equal(bed_ask(f, &foreign).verdict, NETWORK_FLIGHT_GONE);
    sim_counts(f->sim, &c);
    assert_int_equal(c.tokens, 0);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_DONE);
}

static void it_does_not_open_without_its_parts(void **state)
{
    struct fixture *f = *state;
    struct network *front;
    struct sim *sim = NULL;
    struct sim_options o = { .path = "/nonexistent/net", .clock = f->services.clock,
                             .keyholder = f->network_keyholder };

    assert_int_equal(network_new(&front, &(struct network_options){ 0 }), FAULT_NONE);
    o.network = front;
    assert_int_equal(sim_open(&sim, &o), FAULT_DISK);
    o.path = f->path;                             /* the vault's own database, which has seen more steps */
    assert_int_equal(sim_open(&sim, &o), FAULT_WRONG_STATE);
    fixture_network_stop(f);
    o.path = f->network_path;
    fixture_keyholder_stop(f);
    assert_int_equal(sim_open(&sim, &o), FAULT_SILENT);
    assert_null(sim);
    sim_close(NULL);
    fixture_keyholder_start(f);
    assert_int_equal(sim_open(&sim, &o), FAULT_NONE);
    network_stop(front);
    sim_close(sim);
    network_free(front);
}

/* One of many callers: makes tokens, uses them, and knows its own answers. */
struct shopper {
    struct fixture *f;
    struct network_ask wish;
    int64_t no;
    char refs[ROUNDS][NETWORK_TOKEN_REF_MAX + 1];
    const char *wrong;
};

static struct network_answer ask_as(struct shopper *c, const struct network_ask *ask)
{
    struct network_call call = { .ask = *ask };

    network_ask_wait(c->f->services.network, &call);
    return call.answer;
}

static void *lead(void *arg)
{
    struct shopper *c = arg;

    for (int i = 0; i < ROUNDS && !c->wrong; i++) {
        struct network_ask ask = c->wish;
        struct network_answer t, again, use;

        ask.ref.token_no = c->no * ROUNDS + i;
        t = ask_as(c, &ask);
        again = ask_as(c, &ask);
        if (t.verdict != NETWORK_DONE || t.ref.token_no != ask.ref.token_no)
            c->wrong = "provisioning";
        if (strcmp(t.token_ref, again.token_ref) != 0)
            c->wrong = "provisioning again";
        memcpy(c->refs[i], t.token_ref, sizeof c->refs[i]);
        ask.op = NETWORK_CRYPTOGRAM;
        memcpy(ask.token_ref, t.token_ref, sizeof ask.token_ref);
        use = ask_as(c, &ask);
        if (use.verdict != NETWORK_DONE || strncmp(use.number, t.bin9, 9) != 0)
            c->wrong = "cryptogram";
        ask.op = NETWORK_VERIFY;
        ask.ref.request = 1;
        memcpy(ask.number, use.number, sizeof ask.number);
        memcpy(ask.tavv, use.tavv, sizeof ask.tavv);
        if (ask_as(c, &ask).verdict != NETWORK_DONE)
            c->wrong = "verify";
        ask.op = i % 2 ? NETWORK_SUSPEND : NETWORK_DELETE;
        if (ask_as(c, &ask).life.status != (i % 2 ? TOKEN_SUSPENDED : TOKEN_DEAD))
            c->wrong = "change";
    }
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    return memcmp(a, b, NETWORK_TOKEN_REF_MAX);
}

static void many_callers_get_their_own_answers(void **state)
{
    static struct shopper callers[CALLERS];
    static char refs[CALLERS * ROUNDS][NETWORK_TOKEN_REF_MAX + 1];
    struct fixture *f = *state;
    struct network_ask wish = bed_wish(f, visa(), 0);
    pthread_t threads[CALLERS];
    struct sim_counts c;

    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct shopper){ .f = f, .wish = wish, .no = i + 1 };
        assert_int_equal(pthread_create(&threads[i], NULL, lead, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_null(callers[i].wrong);
        memcpy(refs[i * ROUNDS], callers[i].refs, sizeof callers[i].refs);
    }
    qsort(refs, CALLERS * ROUNDS, sizeof *refs, by_text);
    for (int i = 1; i < CALLERS * ROUNDS; i++)
        assert_string_not_equal(refs[i - 1], refs[i]);
    sim_counts(f->sim, &c);
    assert_int_equal(c.tokens, CALLERS * ROUNDS);
    assert_int_equal(c.answered[NETWORK_CRYPTOGRAM], CALLERS * ROUNDS);
    assert_int_equal(network_late(f->services.network), 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_token_is_the_same_after_a_restart),
        WITH(a_provisioning_asked_again_after_a_restart_is_the_same_token),
        WITH(no_number_is_given_twice),
        WITH(an_init_token_is_decided_after_a_restart),
        WITH(a_requestor_out_of_force_stays_out),
        WITH(a_card_in_flight_ends_with_its_keyholder),
        WITH(it_does_not_open_without_its_parts),
        WITH(many_callers_get_their_own_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
