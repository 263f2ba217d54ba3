/* test_keyholder_frames.c: what the client does with frames it cannot use, and with signals while it waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "keyholder/client.h"

#include "base/banned.h"

enum { WAIT_MS = 400 };               /* longer than a check's own patience */

/* Put into frames so that their wiping can be seen. */
#define MARK "a mark in a frame"

static atomic_int marks_wiped, whole_frames_wiped;

/* In the C library's stead: what secret_wipe() ends in, with an eye for the mark. */
void __explicit_bzero_chk(void *p, size_t n, size_t room);

void __explicit_bzero_chk(void *p, size_t n, size_t room)
{
    assert_true(n <= room);
    if (memmem(p, n, SPAN(MARK).p, SPAN(MARK).n))
        atomic_fetch_add(&marks_wiped, 1);
    if (n == KEY_FRAME_MAX)
        atomic_fetch_add(&whole_frames_wiped, 1);
    for (volatile uint8_t *at = p; n--; at++)
        *at = 0;
}

void explicit_bzero(void *p, size_t n)
{
    __explicit_bzero_chk(p, n, n);
}

static enum fault ask_id(struct keyholder *k)
{
    uint8_t out[KEY_ID_SIZE];
    struct key_ask ask = { .op = KEY_ID, .out = BUF(out) };

    return keyholder_ask_one(k, &ask);
}

static int setup(void **state)
{
    struct keyholder *k;

    assert_int_equal(keyholder_new(&k, NULL, NULL), FAULT_NONE);
    keyholder_set_wait(k, WAIT_MS);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    keyholder_free(*state);
    return 0;
}

struct sender { int fd; struct span frame; };

static void *answer_frame(void *arg)
{
    const struct sender *s = arg;
    uint8_t question[512];

    if (recv(s->fd, question, sizeof question, 0) > 0 && send(s->fd, s->frame.p, s->frame.n, MSG_NOSIGNAL) < 0)
        return arg;
    return NULL;
}

/* Answer one question with `frame`. How many marks were wiped meanwhile? */
static int marks_wiped_after(struct keyholder *k, struct span frame)
{
    int pair[2], bytes = 4 * KEY_FRAME_MAX;
    struct sender s = { .frame = frame };
    pthread_t thread;
    void *failed;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    s.fd = pair[1];
    assert_int_equal(setsockopt(s.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
    keyholder_channel(k, 0, pair[0]);
    marks_wiped = 0;
    assert_int_equal(pthread_create(&thread, NULL, answer_frame, &s), 0);
    assert_int_equal(ask_id(k), FAULT_SILENT);      /* the dead connection was the only one */
    pthread_join(thread, &failed);
    assert_null(failed);
    close(s.fd);
    return marks_wiped;
}

static void a_reply_that_cannot_be_parsed_is_wiped(void **state)
{
    assert_int_equal(marks_wiped_after(*state, SPAN(MARK)), 1);
}

static void an_over_long_reply_is_wiped(void **state)
{
    static uint8_t frame[KEY_FRAME_MAX + 64];
    struct buf b = BUF(frame);

    buf_text(&b, MARK);
    assert_int_equal(marks_wiped_after(*state, (struct span){ frame, sizeof frame }), 1);
}

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

/* Its patience is shorter than the socket's: a signal taken for data would make it wait for that. */
static void signals_neither_end_nor_lengthen_a_wait(void **state)
{
    const struct itimerval often = { .it_interval.tv_usec = 5000, .it_value.tv_usec = 5000 }, never = { 0 };
    struct sigaction act = { .sa_handler = do_nothing }, before;
    struct keyholder *k = *state;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    keyholder_channel(k, 0, pair[0]);
    assert_int_equal(sigaction(SIGALRM, &act, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    assert_int_equal(keyholder_check(k), FAULT_SILENT);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    close(pair[1]);
}

static void frames_are_wiped_with_the_client(void **state)
{
    int before = whole_frames_wiped;
    struct keyholder *k;

    (void)state;
    assert_int_equal(keyholder_new(&k, NULL, NULL), FAULT_NONE);
    keyholder_free(k);
    assert_int_equal(whole_frames_wiped - before, KEY_CHANNELS + KEY_SLOW_CHANNELS);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_reply_that_cannot_be_parsed_is_wiped),
        T(an_over_long_reply_is_wiped),
        T(signals_neither_end_nor_lengthen_a_wait),
        cmocka_unit_test(frames_are_wiped_with_the_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
