/* test_keyholder_sealed.c: the client against a keyholder that waits for its custodians. */
#include "keyholder_bed.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* A keyholder without keys in the fixture's place. */
static void serve_sealed(struct fixture *x)
{
    serve_free(x->serve);
    assert_int_equal(serve_new(&x->serve, NULL, x->journal), FAULT_NONE);
    for (unsigned i = 0; i < KEY_CHANNELS + KEY_SLOW_CHANNELS; i++)
        connect_channel(x, i);
}

static void while_it_is_sealed_every_question_is_silent_and_said_to_be_sealed(void **state)
{
    struct fixture *x = *state;
    uint8_t a[KEY_ID_SIZE], b[KEY_HOURLY_SIZE], c[KEY_PUBLIC_MAX];
    struct key_ask asks[] = {
        { .op = KEY_ID, .out = BUF(a) }, { .op = KEY_HOURLY, .out = BUF(b) },
        { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .out = BUF(c) },
    };

    assert_false(keyholder_is_sealed(x->k));
    serve_sealed(x);
    assert_int_equal(keyholder_ask(x->k, asks, 3), FAULT_SILENT);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(asks[i].fault, FAULT_SILENT);
        assert_int_equal(asks[i].out.n, 0);
    }
    assert_true(keyholder_is_sealed(x->k));
    assert_true(keyholder_is_up(x->k));
    assert_int_equal(keyholder_probe(x->k), FAULT_SILENT);
    assert_int_equal(keyholder_check(x->k), FAULT_SILENT);
    assert_int_equal(x->failures, 3);
}

/* The connections and their threads were there before, waiting for a question. */
static void once_it_is_unsealed_the_first_question_on_every_connection_is_answered(void **state)
{
    struct fixture *x = *state;

    serve_sealed(x);
    assert_int_equal(keyholder_probe(x->k), FAULT_SILENT);
    assert_true(keyholder_is_sealed(x->k));
    serve_unseal(x->serve, x->heart);
    assert_int_equal(keyholder_times_unsealed(x->k), 0);
    assert_int_equal(keyholder_probe(x->k), FAULT_NONE);
    assert_false(keyholder_is_sealed(x->k));
    assert_int_equal(keyholder_times_unsealed(x->k), 1);
    for (unsigned i = 0; i < 2 * KEY_CHANNELS; i++)
        assert_true(seals_and_opens(x->k, SPAN("text")));
    assert_int_equal(x->failures, 1);
    assert_int_equal(keyholder_times_unsealed(x->k), 1);
}

/* That it is sealed is an answer: nobody waits after it, and nobody is spared the next question. */
static void a_sealed_keyholder_holds_nobody_up(void **state)
{
    struct fixture *x = *state;

    keyholder_set_probe(x->k, LONG_WAIT_MS);
    serve_sealed(x);
    for (unsigned i = 0; i < 50; i++)
        assert_false(seals_and_opens(x->k, SPAN("text")));
    serve_unseal(x->serve, x->heart);
    assert_true(seals_and_opens(x->k, SPAN("text")));
}

/* The other way round: questions are spared, but to see whether that is over one is put all the same. */
static void a_probe_is_put_although_the_keyholder_does_not_answer(void **state)
{
    struct fixture *x = *state;
    int pair[2];

    keyholder_set_wait(x->k, SHORT_WAIT_MS);
    keyholder_set_probe(x->k, LONG_WAIT_MS);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    keyholder_channel(x->k, 0, pair[0]);
    assert_false(seals_and_opens(x->k, SPAN("text")));
    assert_int_equal(keyholder_probe(x->k), FAULT_SILENT);
    assert_int_equal(serve_connection(x->serve, pair[1], MAY_ALL), FAULT_NONE);
    for (unsigned i = 0; i < 100 && keyholder_probe(x->k) != FAULT_NONE; i++)
        usleep(10000);
    assert_int_equal(keyholder_probe(x->k), FAULT_NONE);
    assert_true(seals_and_opens(x->k, SPAN("text")));
}

static void a_sealed_keyholder_closes_on_a_malformed_question_too(void **state)
{
    struct fixture *x = *state;
    uint8_t byte;
    int pair[2];

    serve_free(x->serve);
    assert_int_equal(serve_new(&x->serve, NULL, x->journal), FAULT_NONE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(serve_connection(x->serve, pair[1], MAY_ALL), FAULT_NONE);
    assert_int_equal(send(pair[0], "nonsense", 8, 0), 8);
    assert_int_equal(recv(pair[0], &byte, 1, 0), 0);
    close(pair[0]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(while_it_is_sealed_every_question_is_silent_and_said_to_be_sealed),
        T(once_it_is_unsealed_the_first_question_on_every_connection_is_answered),
        T(a_sealed_keyholder_holds_nobody_up),
        T(a_probe_is_put_although_the_keyholder_does_not_answer),
        T(a_sealed_keyholder_closes_on_a_malformed_question_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
