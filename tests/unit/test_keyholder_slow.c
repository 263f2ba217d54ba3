/* test_keyholder_slow.c: slow questions have channels of their own, and neither kind says anything of the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "base/json_in.h"
#include "keyholder/card.h"
#include "keyholder/client.h"
#include "keyholder/heart.h"
#include "keyholder/serve.h"

#include "base/banned.h"

enum { SHORT_WAIT_MS = 150, LONG_WAIT_MS = 10000, CHANNELS = KEY_CHANNELS + KEY_SLOW_CHANNELS };

struct bed {
    struct heart *heart;
    struct serve *serve;
    struct keyholder *k;
    struct arena *arena;
    int far[CHANNELS];                /* other ends over which nobody answers; -1: none */
};
static struct bed bed;

static int set_up(void **state)
{
    AUTO_SECRET master = NULL;

    (void)state;
    json_in_start();
    assert_int_equal(secret_new(&master, HEART_MASTER), FAULT_NONE);
    assert_int_equal(heart_new(&bed.heart, master, NULL), FAULT_NONE);
    assert_int_equal(serve_new(&bed.serve, bed.heart, NULL), FAULT_NONE);
    assert_int_equal(keyholder_new(&bed.k, NULL, NULL), FAULT_NONE);
    assert_int_equal(arena_new(&bed.arena), FAULT_NONE);
    keyholder_set_wait(bed.k, LONG_WAIT_MS);
    keyholder_set_probe(bed.k, LONG_WAIT_MS);
    for (size_t i = 0; i < CHANNELS; i++)
        bed.far[i] = -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    keyholder_free(bed.k);
    serve_free(bed.serve);
    heart_free(bed.heart);
    arena_free(bed.arena);
    for (size_t i = 0; i < CHANNELS; i++)
        if (bed.far[i] >= 0)
            close(bed.far[i]);
    return 0;
}

/* Connect the channels from `first` up to `end`, served or mute. */
static void connect_channels(unsigned first, unsigned end, bool served)
{
    for (unsigned i = first; i < end; i++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        if (served)
            assert_int_equal(serve_connection(bed.serve, pair[1], MAY_GATEWAY), FAULT_NONE);
        else
            bed.far[i] = pair[1];
        keyholder_channel(bed.k, i, pair[0]);
    }
}

static struct key_ask slow_question(void)
{
    struct card_ask card = { CARD_FORM_NUMBER, SPAN("4111111111111111"), 7, 0, SPAN("") };
    struct key_ask ask;

    arena_reset(bed.arena);
    assert_int_equal(card_ask(&ask, bed.arena, &card), FAULT_NONE);
    return ask;
}

static enum fault ask_slow(void)
{
    struct key_ask ask = slow_question();

    return keyholder_ask_one(bed.k, &ask);
}

static enum fault ask_quick(void)
{
    uint8_t out[KEY_ID_SIZE];
    struct key_ask ask = { .op = KEY_ID, .out = BUF(out) };

    return keyholder_ask_one(bed.k, &ask);
}

static void both_kinds_of_question_are_answered(void **state)
{
    uint8_t out[KEY_ID_SIZE];
    struct key_ask asks[3] = { { .op = KEY_ID, .out = BUF(out) }, slow_question(), { .op = KEY_OPS } };
    struct card_facts facts;

    (void)state;
    connect_channels(0, CHANNELS, true);
    assert_int_equal(ask_slow(), FAULT_NONE);
    assert_int_equal(ask_quick(), FAULT_NONE);
    asks[1] = slow_question();
    assert_int_equal(keyholder_ask(bed.k, asks, 3), FAULT_NONE);
    assert_int_equal(asks[0].fault, FAULT_NONE);
    assert_int_equal(asks[0].out.n, KEY_ID_SIZE);
    assert_int_equal(card_read(&facts, &asks[1]), FAULT_NONE);
    assert_int_equal(facts.flaw, CARD_FINE);
    assert_int_equal(asks[2].fault, FAULT_BAD_INPUT);
}

static void without_slow_channels_a_slow_question_is_silent_and_quick_ones_go_on(void **state)
{
    (void)state;
    keyholder_set_wait(bed.k, SHORT_WAIT_MS);
    connect_channels(0, KEY_CHANNELS, true);
    assert_true(keyholder_is_up(bed.k));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_slow(), FAULT_SILENT);
        assert_int_equal(ask_quick(), FAULT_NONE);
        assert_int_equal(keyholder_check(bed.k), FAULT_NONE);
    }
    connect_channels(KEY_CHANNELS, CHANNELS, true);
    assert_int_equal(ask_slow(), FAULT_NONE);
}

static void slow_channels_answer_no_quick_question(void **state)
{
    (void)state;
    keyholder_set_wait(bed.k, SHORT_WAIT_MS);
    connect_channels(KEY_CHANNELS, CHANNELS, true);
    assert_false(keyholder_is_up(bed.k));
    assert_int_equal(ask_quick(), FAULT_SILENT);
    assert_int_equal(keyholder_check(bed.k), FAULT_SILENT);
    assert_int_equal(ask_slow(), FAULT_NONE);
}

static void a_quick_question_unanswered_stops_no_slow_one(void **state)
{
    (void)state;
    keyholder_set_wait(bed.k, SHORT_WAIT_MS);
    connect_channels(0, KEY_CHANNELS, false);
    connect_channels(KEY_CHANNELS, CHANNELS, true);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ask_quick(), FAULT_SILENT);
        assert_int_equal(ask_slow(), FAULT_NONE);
    }
    /* The answer on the slow channel did not let the quick ones through: one of them was put, and no second. */
    for (unsigned i = 0, put = 0; i < KEY_CHANNELS; i++) {
        char frame[64];
        put += recv(bed.far[i], frame, sizeof frame, MSG_DONTWAIT) > 0;
        assert_true(put <= 1);
    }
}

static void a_slow_question_unanswered_stops_no_quick_one(void **state)
{
    struct key_ask asks[2];
    uint8_t out[KEY_ID_SIZE];

    (void)state;
    keyholder_set_wait(bed.k, SHORT_WAIT_MS);
    connect_channels(0, KEY_CHANNELS, true);
    connect_channels(KEY_CHANNELS, CHANNELS, false);
    assert_int_equal(ask_slow(), FAULT_SILENT);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask_quick(), FAULT_NONE);
    asks[0] = slow_question();
    asks[1] = (struct key_ask){ .op = KEY_ID, .out = BUF(out) };
    assert_int_equal(keyholder_ask(bed.k, asks, 2), FAULT_SILENT);
    assert_int_equal(asks[0].fault, FAULT_SILENT);
    assert_int_equal(asks[1].fault, FAULT_SILENT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(both_kinds_of_question_are_answered),
        T(without_slow_channels_a_slow_question_is_silent_and_quick_ones_go_on),
        T(slow_channels_answer_no_quick_question),
        T(a_quick_question_unanswered_stops_no_slow_one),
        T(a_slow_question_unanswered_stops_no_quick_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
