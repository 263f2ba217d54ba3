/* test_sim_manners.c: a network that is slow, mute, deaf, down or beside itself, and what it did meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "sim_bed.h"

#include "base/banned.h"

enum { SOON_MS = 60 };                /* when an answer is given up, where none is to come */

/* The same fixture with a network that is given up soon. */
static int hasty(void **state)
{
    if (fixture_setup(state))
        return -1;
    fixture_network_stop(*state);
    fixture_network_start(*state, SOON_MS);
    return 0;
}

static const char *visa(void)
{
    return bed_card(SCHEME_VISA, TEST_APPROVE);
}

static struct sim_counts counts(struct fixture *f)
{
    struct sim_counts c;

    sim_counts(f->sim, &c);
    return c;
}

/* What became of a provisioning under that reference; asked until the network has it, since that goes on by itself. */
static struct network_answer became(struct fixture *f, int64_t no, enum network_verdict v)
{
    const struct network_ask ask = { .op = NETWORK_STATUS, .ref = { BED_MERCHANT, no, 0 } };
    struct network_answer a = bed_ask(f, &ask);

    for (int i = 0; i < 200 && a.verdict != v; i++) {
        (void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
        a = bed_ask(f, &ask);
    }
    assert_int_equal(a.verdict, v);
    return a;
}

static void a_network_that_is_down_hears_nothing(void **state)
{
    static const struct { enum sim_manner manner; enum network_verdict verdict; } rows[] = {
        { SIM_DOWN, NETWORK_UNREACHABLE }, { SIM_NO_ROUTE, NETWORK_NO_ROUTE }, { SIM_BROKEN, NETWORK_BROKEN },
        { SIM_ERROR, NETWORK_ERROR }, { SIM_FAULT, NETWORK_FAULT },
    };
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1);
    uint64_t before = counts(f).asked[NETWORK_PROVISION];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sim_behave(f->sim, SCHEME_UNKNOWN, rows[i].manner, 0);
        assert_int_equal(bed_ask(f, &ask).verdict, rows[i].verdict);
    }
    sim_behave(f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    (void)became(f, 1, NETWORK_NO_TOKEN);
    assert_int_equal(counts(f).asked[NETWORK_PROVISION], before);
    assert_int_equal(counts(f).tokens, 0);
}

static void a_deaf_network_does_nothing_and_says_nothing(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1);

    sim_behave(f->sim, SCHEME_VISA, SIM_DEAF, 0);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_SILENT);
    sim_behave(f->sim, SCHEME_VISA, SIM_WELL, 0);
    (void)became(f, 1, NETWORK_NO_TOKEN);
    assert_int_equal(counts(f).asked[NETWORK_PROVISION], 0);
}

static void a_mute_network_does_it_and_says_nothing(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1);

    sim_behave(f->sim, SCHEME_VISA, SIM_MUTE, 0);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_SILENT);
    sim_behave(f->sim, SCHEME_VISA, SIM_WELL, 0);
    (void)became(f, 1, NETWORK_DONE);
    assert_int_equal(counts(f).answered[NETWORK_PROVISION], 0);
    assert_int_equal(counts(f).tokens, 1);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_DONE);      /* asked again it is the same */
    assert_int_equal(counts(f).tokens, 1);
}

static void a_slow_network_answers_in_the_end(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1);
    int64_t began = clock_mono_ns();

    sim_behave(f->sim, SCHEME_UNKNOWN, SIM_SLOW, 30);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_DONE);
    assert_true(clock_mono_ns() - began >= 30000000);              /* never earlier, however long it takes */
}

static void note(struct network_call *call)
{
    atomic_int *done = call->arg;

    atomic_fetch_add(done, 1);
}

static void the_slower_does_not_hold_up_the_quicker(void **state)
{
    static atomic_int quick_done, slow_done;
    struct fixture *f = *state;
    struct network_answer m = bed_token(f, bed_card(SCHEME_MASTERCARD, TEST_APPROVE), 1), v = bed_token(f, visa(), 2);
    struct network_call quick = { .ask = bed_about(&m, NETWORK_CRYPTOGRAM), .done = note, .arg = &quick_done };
    struct network_call slow = { .ask = bed_about(&v, NETWORK_CRYPTOGRAM), .done = note, .arg = &slow_done };

    sim_behave(f->sim, SCHEME_MASTERCARD, SIM_SLOW, 40);
    sim_behave(f->sim, SCHEME_VISA, SIM_SLOW, SIM_SLOW_MAX_MS);
    network_ask(f->services.network, &quick);
    network_ask(f->services.network, &slow);
    while (atomic_load(&quick_done) == 0)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    assert_int_equal(quick.answer.verdict, NETWORK_DONE);
    assert_int_equal(atomic_load(&slow_done), 0);
    fixture_network_stop(f);
    assert_int_equal(atomic_load(&slow_done), 1);
    assert_int_equal(slow.answer.verdict, NETWORK_SILENT);
}

static void what_is_too_slow_is_late(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1);

    sim_behave(f->sim, SCHEME_VISA, SIM_SLOW, 3 * SOON_MS);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_SILENT);
    sim_behave(f->sim, SCHEME_VISA, SIM_WELL, 0);
    (void)became(f, 1, NETWORK_DONE);             /* it was done, though the answer is still on its way */
    for (int i = 0; i < 1000 && network_late(f->services.network) == 0; i++)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    assert_int_equal(network_late(f->services.network), 1);
}

static void held_answers_go_with_the_network(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1);

    sim_behave(f->sim, SCHEME_VISA, SIM_SLOW, SIM_SLOW_MAX_MS);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_SILENT);
    fixture_network_stop(f);                      /* the address sanitizer would tell of a leak */
    fixture_network_start(f, 0);
    (void)became(f, 1, NETWORK_DONE);
}

static void a_network_may_answer_twice(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, visa(), 1);
    struct network_answer t;
    uint64_t late = network_late(f->services.network);

    sim_behave(f->sim, SCHEME_VISA, SIM_TWICE, 0);
    t = bed_ask(f, &ask);
    assert_int_equal(t.verdict, NETWORK_DONE);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
    for (int i = 0; i < 1000 && network_late(f->services.network) < late + 2; i++)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    assert_int_equal(network_late(f->services.network), late + 2);
    assert_int_equal(counts(f).answered[NETWORK_PROVISION], 2);
    assert_int_equal(counts(f).tokens, 1);
}

static void one_scheme_may_be_down_alone(void **state)
{
    struct fixture *f = *state;
    struct network_answer v = bed_token(f, visa(), 1), m = bed_token(f, bed_card(SCHEME_MASTERCARD, TEST_APPROVE), 2);
    struct network_answer number = bed_simply(f, &v, NETWORK_NUMBER);
    struct network_ask find = { .op = NETWORK_FIND };

    sim_behave(f->sim, SCHEME_VISA, SIM_DOWN, 0);
    assert_int_equal(bed_simply(f, &v, NETWORK_CRYPTOGRAM).verdict, NETWORK_UNREACHABLE);
    assert_int_equal(bed_simply(f, &m, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
    memcpy(find.number, number.number, sizeof find.number);        /* without a scheme the number tells it */
    assert_int_equal(bed_ask(f, &find).verdict, NETWORK_UNREACHABLE);
    sim_behave(f->sim, SCHEME_VISA, SIM_WELL, 0);
    assert_int_equal(bed_simply(f, &v, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
}

static void a_card_may_time_out_with_its_token_made(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, bed_card(SCHEME_VISA, TEST_TIMEOUT), 1);
    struct network_answer found;

    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_SILENT);
    found = became(f, 1, NETWORK_DONE);
    assert_int_equal(found.life.status, TOKEN_ACTIVE);
    assert_int_equal(counts(f).tokens, 1);
    assert_int_equal(bed_simply(f, &found, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
}

static void a_card_may_time_out_with_nothing_made(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, bed_card(SCHEME_VISA, TEST_TIMEOUT_LOST), 1);

    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_SILENT);
    ask.op = NETWORK_PAR;
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_SILENT);
    (void)became(f, 1, NETWORK_NO_TOKEN);
    assert_int_equal(counts(f).tokens, 0);
}

static void manners_have_names(void **state)
{
    (void)state;
    assert_string_equal(sim_manner_name(SIM_SLOW), "slow");
    for (enum sim_manner m = 0; m < SIM_MANNERS; m++)
        for (enum sim_manner o = 0; o < m; o++)
            assert_string_not_equal(sim_manner_name(m), sim_manner_name(o));
}

#define WELL(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
#define HASTY(test) cmocka_unit_test_setup_teardown(test, hasty, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WELL(a_network_that_is_down_hears_nothing),
        HASTY(a_deaf_network_does_nothing_and_says_nothing),
        HASTY(a_mute_network_does_it_and_says_nothing),
        WELL(a_slow_network_answers_in_the_end),
        WELL(the_slower_does_not_hold_up_the_quicker),
        HASTY(what_is_too_slow_is_late),
        HASTY(held_answers_go_with_the_network),
        WELL(a_network_may_answer_twice),
        WELL(one_scheme_may_be_down_alone),
        HASTY(a_card_may_time_out_with_its_token_made),
        HASTY(a_card_may_time_out_with_nothing_made),
        cmocka_unit_test(manners_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
