/* test_keyholder.c: the client against a real heart in this process, and against keyholders that die. */
#include "keyholder_bed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "keyholder/msg.h"

#include "base/banned.h"

static void a_question_over_a_connection_is_answered(void **state)
{
    struct fixture *x = *state;

    assert_false(keyholder_is_up(x->k));
    connect_channel(x, 0);
    assert_true(keyholder_is_up(x->k));
    assert_true(seals_and_opens(x->k, SPAN("text")));
    assert_int_equal(x->calls, 2);
    assert_int_equal(x->failures, 0);
}

static void a_result_is_appended_to_what_the_buffer_holds(void **state)
{
    uint8_t out[3 + KEY_ID_SIZE];
    struct key_ask ask = { .op = KEY_ID, .out = BUF(out) };

    connect_channel(*state, 0);
    buf_text(&ask.out, "abc");
    assert_int_equal(keyholder_ask_one(((struct fixture *)*state)->k, &ask), FAULT_NONE);
    assert_int_equal(ask.out.n, 3 + KEY_ID_SIZE);
    assert_memory_equal(out, "abc", 3);
}

static void a_buffer_too_small_gets_nothing_and_the_others_their_answers(void **state)
{
    struct fixture *x = *state;
    uint8_t small[KEY_ID_SIZE - 1], whole[KEY_HOURLY_SIZE];
    struct key_ask asks[2] = { { .op = KEY_ID, .out = BUF(small) }, { .op = KEY_HOURLY, .out = BUF(whole) } };

    connect_channel(x, 0);
    assert_int_equal(keyholder_ask(x->k, asks, 2), FAULT_NONE);
    assert_int_equal(asks[0].fault, FAULT_INTERNAL);
    assert_true(asks[0].out.full);
    assert_int_equal(asks[1].fault, FAULT_NONE);
    assert_int_equal(asks[1].out.n, KEY_HOURLY_SIZE);
}

static void a_refused_ask_has_its_own_fault(void **state)
{
    struct fixture *x = *state;
    uint8_t out[3][64], record[40] = { 1 };
    struct key_ask asks[4] = {
        { .op = KEY_ID, .out = BUF(out[0]) },
        { .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .in = { record, sizeof record }, .out = BUF(out[1]) },
        { .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .in = { record, 5 }, .out = BUF(out[2]) },
        { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .in = { record, KEY_IN_MAX + 1 } },
    };

    connect_channel(x, 0);
    assert_int_equal(keyholder_ask(x->k, asks, 4), FAULT_NONE);
    assert_int_equal(asks[0].fault, FAULT_NONE);
    assert_int_equal(asks[1].fault, FAULT_DENIED);
    assert_int_equal(asks[2].fault, FAULT_BAD_INPUT);
    assert_int_equal(asks[3].fault, FAULT_BAD_INPUT);
    assert_int_equal(keyholder_ask(x->k, asks, 0), FAULT_NONE);
    assert_int_equal(keyholder_ask(x->k, asks + 2, 2), FAULT_NONE);
    assert_int_equal(x->calls, 1);
}

/* Default socket buffers and all: the largest plaintexts, of which only one fits a frame. */
static void more_than_a_frame_holds_goes_in_several(void **state)
{
    enum { LARGE = 5 };
    static uint8_t text[KEY_IN_MAX], records[LARGE][KEY_IN_MAX + KEY_SEAL_EXTRA], back[KEY_IN_MAX];
    struct fixture *x = *state;
    struct key_ask asks[LARGE], open = { .op = KEY_OPEN, .use = KEY_USE_ANSWER, .out = BUF(back) };

    connect_channel(x, 0);
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < LARGE; i++)
        asks[i] = (struct key_ask){ .op = KEY_SEAL, .use = KEY_USE_ANSWER, .in = { text, sizeof text },
                                    .out = BUF(records[i]) };
    assert_int_equal(keyholder_ask(x->k, asks, LARGE), FAULT_NONE);
    assert_int_equal(x->calls, LARGE);
    open.in = buf_view(&asks[LARGE - 1].out);
    assert_int_equal(keyholder_ask_one(x->k, &open), FAULT_NONE);
    assert_memory_equal(back, text, sizeof text);
}

static void a_full_frame_passes_both_ways(void **state)
{
    enum { HALF = (KEY_FRAME_MAX - MSG_HEAD) / 2 - MSG_ANSWER_HEAD - KEY_SEAL_EXTRA };
    static uint8_t text[HALF], records[2][HALF + KEY_SEAL_EXTRA];
    struct fixture *x = *state;
    struct key_ask asks[2];

    connect_channel(x, 0);
    for (size_t i = 0; i < 2; i++)
        asks[i] = (struct key_ask){ .op = KEY_SEAL, .use = KEY_USE_ANSWER, .in = { text, HALF },
                                    .out = BUF(records[i]) };
    assert_int_equal(keyholder_ask(x->k, asks, 2), FAULT_NONE);
    assert_int_equal(asks[0].fault + asks[1].fault, FAULT_NONE);
    assert_int_equal(x->calls, 1);
}

static void more_asks_than_a_frame_may_carry_are_split(void **state)
{
    enum { MANY = 2 * KEY_ASKS_MAX + 1 };
    static uint8_t out[MANY][KEY_MAC_SIZE];
    struct fixture *x = *state;
    struct key_ask asks[MANY];

    connect_channel(x, 0);
    for (size_t i = 0; i < MANY; i++)
        asks[i] = (struct key_ask){ .op = KEY_MAC, .use = KEY_USE_DIGEST, .in = SPAN("same"), .out = BUF(out[i]) };
    assert_int_equal(keyholder_ask(x->k, asks, MANY), FAULT_NONE);
    assert_int_equal(x->calls, 3);
    for (size_t i = 1; i < MANY; i++)
        assert_memory_equal(out[i], out[0], KEY_MAC_SIZE);
}

static void without_a_keyholder_every_ask_is_silent_after_the_wait(void **state)
{
    struct fixture *x = *state;
    uint8_t out[2][64];
    struct key_ask asks[2] = { { .op = KEY_ID, .out = BUF(out[0]) }, { .op = KEY_HOURLY, .out = BUF(out[1]) } };

    keyholder_set_wait(x->k, SHORT_WAIT_MS);
    assert_int_equal(keyholder_ask(x->k, asks, 2), FAULT_SILENT);
    assert_int_equal(asks[0].fault, FAULT_SILENT);
    assert_int_equal(asks[1].fault, FAULT_SILENT);
    assert_int_equal(x->failures, 1);
    connect_channel(x, 0);
    stop_serving(x);
    assert_false(keyholder_is_up(x->k));
    assert_int_equal(keyholder_ask(x->k, asks, 2), FAULT_SILENT);
    assert_int_equal(asks[0].out.n, 0);
}

/* A keyholder that reads and stays silent, then answers late: the connection is of use again. */
static void a_late_reply_is_not_taken_for_the_next_one(void **state)
{
    struct fixture *x = *state;
    static uint8_t frame[512], late[512];
    uint8_t out[64], second[64];
    struct key_ask hourly = { .op = KEY_HOURLY, .out = BUF(out) }, id = { .op = KEY_ID, .out = BUF(second) };
    struct buf reply = BUF(late);
    ssize_t n;
    int pair[2];

    keyholder_set_wait(x->k, SHORT_WAIT_MS);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    keyholder_channel(x->k, 0, pair[0]);
    assert_int_equal(keyholder_ask_one(x->k, &hourly), FAULT_SILENT);
    assert_true(keyholder_is_up(x->k));
    n = recv(pair[1], frame, sizeof frame, 0);
    assert_true(n > 0);
    assert_int_equal(heart_answer(x->heart, MAY_ALL, &reply, (struct span){ frame, (size_t)n }), FAULT_NONE);
    assert_int_equal(send(pair[1], late, reply.n, 0), reply.n);
    assert_int_equal(serve_connection(x->serve, pair[1], MAY_ALL), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(x->k, &id), FAULT_NONE);
    assert_int_equal(id.out.n, KEY_ID_SIZE);
}

/* Connections over which nobody answers yet; `far` gets the other ends. */
static void connect_mute(struct fixture *x, int far[static KEY_CHANNELS])
{
    for (unsigned i = 0; i < KEY_CHANNELS; i++) {
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        keyholder_channel(x->k, i, pair[0]);
        far[i] = pair[1];
    }
}

/* From now on that keyholder answers, first what it was asked before. */
static void let_speak(struct fixture *x, const int far[static KEY_CHANNELS])
{
    for (unsigned i = 0; i < KEY_CHANNELS; i++)
        assert_int_equal(serve_connection(x->serve, far[i], MAY_ALL), FAULT_NONE);
}

static enum fault ask_id(struct keyholder *k)
{
    uint8_t out[KEY_ID_SIZE];
    struct key_ask ask = { .op = KEY_ID, .out = BUF(out) };

    return keyholder_ask_one(k, &ask);
}

static size_t count_text(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

static void after_one_unanswered_question_none_is_put_until_it_has_spoken(void **state)
{
    struct fixture *x = *state;
    int far[KEY_CHANNELS], file = memfd_create("journal", MFD_CLOEXEC);
    char text[4096] = "";
    size_t put = 0;
    struct journal *j;

    assert_int_equal(journal_open(&j, file, "test", clock_system()), FAULT_NONE);
    keyholder_journal(x->k, j);
    keyholder_set_wait(x->k, SHORT_WAIT_MS);
    keyholder_set_probe(x->k, LONG_WAIT_MS);
    connect_mute(x, far);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask_id(x->k), FAULT_SILENT);
    assert_int_equal(keyholder_check(x->k), FAULT_SILENT);
    assert_int_equal(x->failures, 21);
    for (unsigned i = 0; i < KEY_CHANNELS; i++) {
        char frame[512];

        put += recv(far[i], frame, sizeof frame, MSG_DONTWAIT | MSG_PEEK) > 0;
    }
    assert_int_equal(put, 1);

    let_speak(x, far);
    for (int i = 0; i < 1000 && ask_id(x->k) != FAULT_NONE; i++)
        usleep(1000);
    for (int i = 0; i < 2 * KEY_CHANNELS; i++)
        assert_int_equal(ask_id(x->k), FAULT_NONE);
    keyholder_journal(x->k, NULL);
    journal_close(j);
    assert_true(pread(file, text, sizeof text - 1, 0) > 0);
    close(file);
    assert_int_equal(count_text(text, "the keyholder does not answer"), 1);
    assert_int_equal(count_text(text, "the keyholder is asked again"), 1);
}

static void a_check_nobody_answers_spares_nobody_elses_question(void **state)
{
    struct fixture *x = *state;
    int far[KEY_CHANNELS];

    keyholder_set_wait(x->k, SHORT_WAIT_MS);
    keyholder_set_probe(x->k, LONG_WAIT_MS);
    connect_mute(x, far);
    assert_int_equal(keyholder_check(x->k), FAULT_SILENT);
    keyholder_set_wait(x->k, LONG_WAIT_MS);
    let_speak(x, far);
    assert_int_equal(ask_id(x->k), FAULT_NONE);
    assert_int_equal(keyholder_check(x->k), FAULT_NONE);
}

static void a_keyholder_that_hangs_on_one_connection_is_found_to_answer_on_another(void **state)
{
    struct fixture *x = *state;
    int far[KEY_CHANNELS];

    keyholder_set_wait(x->k, SHORT_WAIT_MS);
    keyholder_set_probe(x->k, LONG_WAIT_MS);
    connect_mute(x, far);
    assert_int_equal(ask_id(x->k), FAULT_SILENT);      /* on the first */
    for (unsigned i = 1; i < KEY_CHANNELS; i++)
        assert_int_equal(serve_connection(x->serve, far[i], MAY_ALL), FAULT_NONE);
    keyholder_set_wait(x->k, LONG_WAIT_MS);
    assert_int_equal(ask_id(x->k), FAULT_SILENT);
    keyholder_set_probe(x->k, 0);
    connect_channel(x, 3);                             /* the one that comes anew makes it be asked again */
    for (int i = 0; i < 2 * KEY_CHANNELS; i++)
        assert_int_equal(ask_id(x->k), FAULT_NONE);
    close(far[0]);
}

static void now_and_then_a_question_is_let_through(void **state)
{
    struct fixture *x = *state;
    int far[KEY_CHANNELS];

    keyholder_set_wait(x->k, SHORT_WAIT_MS);
    keyholder_set_probe(x->k, 0);
    connect_mute(x, far);
    assert_int_equal(ask_id(x->k), FAULT_SILENT);
    assert_int_equal(serve_connection(x->serve, far[1], MAY_ALL), FAULT_NONE);
    assert_int_equal(ask_id(x->k), FAULT_NONE);
    for (unsigned i = 0; i < KEY_CHANNELS; i++)
        if (i != 1)
            close(far[i]);
}

static void *answer_nonsense(void *arg)
{
    int fd = *(int *)arg;
    uint8_t frame[512];

    if (recv(fd, frame, sizeof frame, 0) > 0)
        (void)send(fd, "nonsense", 8, MSG_NOSIGNAL);
    return NULL;
}

static void a_malformed_reply_closes_its_connection_and_another_is_asked(void **state)
{
    struct fixture *x = *state;
    pthread_t thread;
    char byte;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    keyholder_channel(x->k, 0, pair[0]);
    assert_int_equal(pthread_create(&thread, NULL, answer_nonsense, &pair[1]), 0);
    connect_channel(x, 1);
    assert_true(seals_and_opens(x->k, SPAN("text")));
    pthread_join(thread, NULL);
    assert_int_equal(recv(pair[1], &byte, 1, 0), 0);
    close(pair[1]);
}

struct dying { struct fixture *x; int fd; };

/* It hears one question and dies, and its successor is there at once. */
static void *hear_and_die(void *arg)
{
    struct dying *d = arg;
    uint8_t frame[512];

    (void)!recv(d->fd, frame, sizeof frame, 0);
    connect_channel(d->x, 1);
    close(d->fd);
    return NULL;
}

static void is_silent_and_nothing_is_made(struct fixture *x, struct key_ask *change)
{
    uint8_t bytes[KEY_RING_SIZE];
    struct key_ask tick = { .op = KEY_TICK, .use = KEY_USE_CARD, .number = 1700000000000 };
    struct key_ask ask = { .op = KEY_RING, .out = BUF(bytes) };
    struct dying d = { .x = x };
    struct key_ring ring;
    pthread_t thread;
    int pair[2];

    connect_channel(x, 0);
    assert_int_equal(keyholder_ask_one(x->k, &tick), FAULT_NONE);     /* else the next one rotates nothing anyway */
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    keyholder_channel(x->k, 0, pair[0]);
    d.fd = pair[1];
    assert_int_equal(pthread_create(&thread, NULL, hear_and_die, &d), 0);
    assert_int_equal(keyholder_ask_one(x->k, change), FAULT_SILENT);
    pthread_join(thread, NULL);
    assert_int_equal(keyholder_ask_one(x->k, &ask), FAULT_NONE);
    assert_int_equal(key_ring_read(&ring, &ask), FAULT_NONE);
    assert_int_equal(ring.n, KEY_PURPOSES);
}

/* The one that died may have made it, and the next one would make a second. */
static void a_rotation_is_not_asked_for_again_when_the_keyholder_dies(void **state)
{
    struct key_ask ask = { .op = KEY_ROTATE, .number = KEY_PURPOSE_FINGERPRINT };

    is_silent_and_nothing_is_made(*state, &ask);
}

/* The next one would say that there is no such generation. */
static void a_destruction_is_not_asked_for_again_when_the_keyholder_dies(void **state)
{
    static const uint8_t id[KEY_RING_ID] = { 1 };
    struct key_ask ask = { .op = KEY_DESTROY, .number = KEY_PURPOSE_DATA, .in = { id, sizeof id } };

    is_silent_and_nothing_is_made(*state, &ask);
}

struct asker { pthread_t thread; struct keyholder *k; int turns; atomic_bool *stop; atomic_int *done; int failed; };

static void *keep_asking(void *arg)
{
    struct asker *a = arg;

    for (int i = 0; a->stop ? !atomic_load(a->stop) : i < a->turns; i++) {
        if (!seals_and_opens(a->k, SPAN("text")))
            a->failed++;
        atomic_fetch_add(a->done, 1);
    }
    return NULL;
}

static void eight_threads_share_four_channels(void **state)
{
    struct fixture *x = *state;
    struct asker askers[8];
    atomic_int done = 0;

    for (unsigned i = 0; i < KEY_CHANNELS; i++)
        connect_channel(x, i);
    for (size_t i = 0; i < 8; i++) {
        askers[i] = (struct asker){ .k = x->k, .turns = 200, .done = &done };
        assert_int_equal(pthread_create(&askers[i].thread, NULL, keep_asking, &askers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].failed, 0);
    }
    assert_int_equal(x->calls, 8 * 200 * 2);
}

static void wait_for(atomic_int *done, int more)
{
    int from = atomic_load(done);

    while (atomic_load(done) < from + more)
        usleep(100);
}

static void no_question_is_lost_while_keyholders_come_and_go(void **state)
{
    struct fixture *x = *state;
    struct asker askers[4];
    atomic_bool stop = false;
    atomic_int done = 0;

    for (unsigned i = 0; i < KEY_CHANNELS; i++)
        connect_channel(x, i);
    for (size_t i = 0; i < 4; i++) {
        askers[i] = (struct asker){ .k = x->k, .stop = &stop, .done = &done };
        assert_int_equal(pthread_create(&askers[i].thread, NULL, keep_asking, &askers[i]), 0);
    }
    for (int turn = 0; turn < 8; turn++) {
        wait_for(&done, 20);
        stop_serving(x);              /* the keyholder dies */
        start_serving(x);             /* and has a successor */
        for (unsigned i = 0; i < KEY_CHANNELS; i++)
            connect_channel(x, i);
    }
    for (int turn = 0; turn < 40; turn++) {
        wait_for(&done, 2);
        connect_channel(x, (unsigned)turn % KEY_CHANNELS);    /* a live channel is replaced */
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].failed, 0);
    }
    assert_int_equal(x->failures, 0);
}

static void a_replaced_connection_is_closed(void **state)
{
    struct fixture *x = *state;
    int pair[2], out_of_range[2];
    char byte;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, out_of_range), 0);
    keyholder_channel(x->k, 2, pair[0]);
    connect_channel(x, 2);
    assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), 0);
    keyholder_channel(x->k, KEY_CHANNELS + KEY_SLOW_CHANNELS, out_of_range[0]);
    assert_int_equal(recv(out_of_range[1], &byte, 1, MSG_DONTWAIT), 0);
    close(pair[1]);
    close(out_of_range[1]);
}

static void rights_belong_to_the_connection(void **state)
{
    struct fixture *x = *state;
    uint8_t out[64], other[64];
    struct key_ask id = { .op = KEY_ID, .out = BUF(out) };
    struct key_ask mac = { .op = KEY_MAC, .use = KEY_USE_DIGEST, .out = BUF(other) };
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(serve_connection(x->serve, pair[1], MAY_MAC), FAULT_NONE);
    keyholder_channel(x->k, 0, pair[0]);
    assert_int_equal(keyholder_ask_one(x->k, &id), FAULT_DENIED);
    assert_int_equal(keyholder_ask_one(x->k, &mac), FAULT_NONE);
}

static void the_keyholder_closes_on_a_malformed_question(void **state)
{
    struct fixture *x = *state;
    char byte;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(serve_connection(x->serve, pair[1], MAY_ALL), FAULT_NONE);
    assert_int_equal(send(pair[0], "nonsense", 8, 0), 8);
    assert_int_equal(recv(pair[0], &byte, 1, 0), 0);
    close(pair[0]);
}

static void the_number_of_connections_is_bounded_and_ended_ones_make_room(void **state)
{
    struct fixture *x = *state;
    int ours[SERVE_CONNECTIONS], pair[2], room = 0;

    for (int i = 0; i < SERVE_CONNECTIONS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
        assert_int_equal(serve_connection(x->serve, pair[1], MAY_ALL), FAULT_NONE);
        ours[i] = pair[0];
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(serve_connection(x->serve, pair[1], MAY_ALL), FAULT_BUSY);
    close(pair[0]);
    close(ours[3]);
    for (int i = 0; i < 1000 && !room; i++) {
        usleep(1000);                 /* its thread sees the end of file soon */
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
        room = serve_connection(x->serve, pair[1], MAY_ALL) == FAULT_NONE;
        if (!room)
            close(pair[0]);
    }
    assert_true(room);
    ours[3] = pair[0];
    for (int i = 0; i < SERVE_CONNECTIONS; i++)
        close(ours[i]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_question_over_a_connection_is_answered),
        T(a_result_is_appended_to_what_the_buffer_holds),
        T(a_buffer_too_small_gets_nothing_and_the_others_their_answers),
        T(a_refused_ask_has_its_own_fault),
        T(more_than_a_frame_holds_goes_in_several),
        T(a_full_frame_passes_both_ways),
        T(more_asks_than_a_frame_may_carry_are_split),
        T(without_a_keyholder_every_ask_is_silent_after_the_wait),
        T(a_late_reply_is_not_taken_for_the_next_one),
        T(after_one_unanswered_question_none_is_put_until_it_has_spoken),
        T(a_check_nobody_answers_spares_nobody_elses_question),
        T(a_keyholder_that_hangs_on_one_connection_is_found_to_answer_on_another),
        T(now_and_then_a_question_is_let_through),
        T(a_malformed_reply_closes_its_connection_and_another_is_asked),
        T(eight_threads_share_four_channels),
        T(a_rotation_is_not_asked_for_again_when_the_keyholder_dies),
        T(a_destruction_is_not_asked_for_again_when_the_keyholder_dies),
        T(no_question_is_lost_while_keyholders_come_and_go),
        T(a_replaced_connection_is_closed),
        T(rights_belong_to_the_connection),
        T(the_keyholder_closes_on_a_malformed_question),
        T(the_number_of_connections_is_bounded_and_ended_ones_make_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
