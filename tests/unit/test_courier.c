/* test_courier.c: the client and the process, joined by a socket, and a receiver that behaves or does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "courier/courier.h"
#include "courier/frame.h"
#include "receiver.h"

#include "base/banned.h"

enum { PATIENCE_MS = 10000, SHORT_MS = 60, CALLS = 400 };

static struct courier *courier;
static struct receiver receiver;
static pthread_t process;
static bool has_process;
static int process_fd, process_status;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned told;
static struct courier_call calls[CALLS];
static char urls[CALLS][128];

static void *be_process(void *arg)
{
    (void)arg;
    process_status = courier_serve(process_fd, NULL);
    return NULL;
}

/* A new connection; its other end is the process's, or the test's own. */
static int connect_client(void)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    courier_channel(courier, pair[0]);
    return pair[1];
}

static void start_process(void)
{
    process_fd = connect_client();
    assert_int_equal(pthread_create(&process, NULL, be_process, NULL), 0);
    has_process = true;
}

static void end_process(void)
{
    shutdown(process_fd, SHUT_RDWR);
    pthread_join(process, NULL);
    has_process = false;
}

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    told = 0;
    memset(calls, 0, sizeof calls);
    receiver_open(&receiver);
    return courier_new(&courier, NULL);
}

static int teardown(void **state)
{
    (void)state;
    courier_free(courier);
    if (has_process) {
        pthread_join(process, NULL);
        has_process = false;
    }
    receiver_close(&receiver);
    return 0;
}

static void done(struct courier_call *call)
{
    assert_ptr_equal(call->arg, &told);               /* once: see below */
    pthread_mutex_lock(&lock);
    call->arg = NULL;
    told++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static struct courier_call *make(unsigned i, const char *url, int timeout_ms)
{
    struct courier_call *c = &calls[i];

    assert_true(i < CALLS);
    snprintf(urls[i], sizeof urls[i], "%s", url);
    *c = (struct courier_call){ .url = span_of(urls[i]), .body = SPAN("{\"a\":1}"), .allow_private = true,
                                .headers = { SPAN("content-type: application/json"), SPAN("x-mark: yes") },
                                .n_headers = 2, .timeout_ms = timeout_ms, .done = done, .arg = &told };
    return c;
}

static struct courier_call *make_here(unsigned i, const char *path, int timeout_ms)
{
    char url[128];

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", receiver.port, path);
    return make(i, url, timeout_ms);
}

static void wait_told(unsigned n)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    pthread_mutex_lock(&lock);
    while (told < n)
        if (pthread_cond_timedwait(&changed, &lock, &until) != 0)
            break;
    pthread_mutex_unlock(&lock);
    assert_int_equal(told, n);
}

static struct courier_call *send_one(const char *path, int timeout_ms)
{
    struct courier_call *c = make_here(0, path, timeout_ms);
    unsigned before = told;

    courier_send(courier, c);
    wait_told(before + 1);
    return c;
}

static void a_request_arrives_as_it_was_given_and_its_answer_comes_back(void **state)
{
    const struct courier_call *c;

    (void)state;
    start_process();
    c = send_one("/ok/hook?x=1", 0);
    assert_string_equal(courier_outcome_name(c->outcome), "ANSWERED");
    assert_int_equal(c->status, 200);
    assert_string_equal(c->shown, "hello");
    assert_true(c->ms >= 0 && c->ms < PATIENCE_MS);
    pthread_mutex_lock(&receiver.lock);
    assert_ptr_equal(strstr(receiver.last, "POST /ok/hook?x=1 HTTP/1.1\r\n"), receiver.last);
    assert_non_null(strstr(receiver.last, "\r\ncontent-type: application/json\r\n"));
    assert_non_null(strstr(receiver.last, "\r\nx-mark: yes\r\n"));
    assert_non_null(strstr(receiver.last, "\r\nContent-Length: 7\r\n"));
    assert_null(strcasestr(receiver.last, "expect:"));
    assert_null(strcasestr(receiver.last, "cookie"));
    assert_non_null(strstr(receiver.last, "\r\n\r\n{\"a\":1}"));
    pthread_mutex_unlock(&receiver.lock);
}

static void an_empty_body_and_the_longest_one_arrive_whole(void **state)
{
    static uint8_t body[COURIER_BODY_MAX];
    struct courier_call *c = make_here(0, "/ok", 0);
    const char *at;

    (void)state;
    start_process();
    c->body = (struct span){ NULL, 0 };
    courier_send(courier, c);
    wait_told(1);
    assert_int_equal(c->status, 200);
    assert_non_null(strstr(receiver.last, "\r\nContent-Length: 0\r\n"));
    memset(body, 'b', sizeof body);
    c = make_here(1, "/ok", 0);
    c->body = (struct span){ body, sizeof body };
    courier_send(courier, c);
    wait_told(2);
    assert_int_equal(c->status, 200);
    at = strstr(receiver.last, "\r\n\r\n");
    assert_int_equal(strspn(at + 4, "b"), COURIER_BODY_MAX);
}

static void every_status_is_told_and_no_redirect_is_followed(void **state)
{
    static const struct { const char *path; unsigned status; } said[] = {
        { "/redirect", 302 }, { "/204", 204 }, { "/404", 404 }, { "/500", 500 }, { "/599", 599 },
    };

    (void)state;
    start_process();
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        const struct courier_call *c = send_one(said[i].path, 0);
        assert_int_equal(c->outcome, COURIER_ANSWERED);
        assert_int_equal(c->status, said[i].status);
    }
    assert_int_equal(receiver.requests, sizeof said / sizeof *said);
}

static void a_proxy_that_the_environment_names_is_not_asked(void **state)
{
    static const char *const names[] = { "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        setenv(names[i], "http://127.0.0.1:1", 1);
    start_process();
    assert_int_equal(send_one("/ok", 0)->status, 200);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static void a_connection_is_used_again(void **state)
{
    (void)state;
    start_process();
    for (int i = 0; i < 20; i++)
        assert_int_equal(send_one("/ok", 0)->status, 200);
    assert_int_equal(receiver.requests, 20);
    assert_int_equal(receiver.connections, 1);
}

static void an_answer_of_which_only_the_head_comes_is_an_answer(void **state)
{
    const struct courier_call *c;

    (void)state;
    start_process();
    c = send_one("/long", 0);
    assert_int_equal(c->outcome, COURIER_ANSWERED);
    assert_int_equal(c->status, 200);
    assert_int_equal(strlen(c->shown), COURIER_SHOWN);
    assert_true(receiver.poured < 32 * 1024 * 1024);          /* what it did not want it did not read */
    c = send_one("/unending", SHORT_MS);
    assert_int_equal(c->outcome, COURIER_ANSWERED);
    assert_int_equal(c->status, 200);
    assert_string_equal(c->shown, "only this");
}

static void what_is_no_answer_says_why(void **state)
{
    (void)state;
    start_process();
    assert_int_equal(send_one("/close", 0)->outcome, COURIER_BROKEN);
    assert_int_equal(send_one("/nonsense", 0)->outcome, COURIER_BROKEN);
    assert_int_equal(send_one("/head", 0)->outcome, COURIER_BROKEN);
    assert_int_equal(send_one("/hang", SHORT_MS)->outcome, COURIER_TIMEOUT);
    courier_send(courier, make(1, "http://127.0.0.1:1/", 0));
    courier_send(courier, make(2, "http://no-such-name.invalid/", 0));
    wait_told(6);
    assert_int_equal(calls[1].outcome, COURIER_NO_CONNECTION);
    assert_int_equal(calls[2].outcome, COURIER_NO_NAME);
}

static void a_url_that_is_none_is_refused_and_so_is_what_is_too_long(void **state)
{
    static const char *const bad[] = {
        "ftp://127.0.0.1/", "http://user@127.0.0.1/", "http:///", "http://127.0.0.1:0/", "file:///etc/passwd", "",
        "http://127.0.0.1/\r\nX: y",
    };
    static uint8_t body[COURIER_BODY_MAX + 1];
    unsigned n = sizeof bad / sizeof *bad;

    (void)state;
    start_process();
    for (unsigned i = 0; i < n; i++)
        courier_send(courier, make(i, bad[i], 0));
    make_here(n, "/ok", 0)->body = (struct span){ body, sizeof body };
    make_here(n + 1, "/ok", 0)->headers[1] = SPAN("x: a\r\ny: b");
    make_here(n + 2, "/ok", 0)->n_headers = COURIER_HEADERS_MAX + 1;
    for (unsigned i = n; i < n + 3; i++)
        courier_send(courier, &calls[i]);
    wait_told(n + 3);
    for (unsigned i = 0; i < n + 3; i++)
        assert_int_equal(calls[i].outcome, COURIER_BAD_URL);
    assert_int_equal(receiver.connections, 0);
}

static void a_private_address_is_forbidden_however_it_is_reached(void **state)
{
    static const char *const ways[] = {
        "http://127.0.0.1:%u/ok", "http://localhost:%u/ok", "http://127.1:%u/ok", "http://2130706433:%u/ok",
        "http://0x7f.0.0.1:%u/ok", "http://0177.1:%u/ok", "http://[::ffff:127.0.0.1]:%u/ok", "http://0:%u/ok",
    };
    char url[128];

    (void)state;
    start_process();
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(url, sizeof url, ways[i], receiver.port);
#pragma GCC diagnostic pop
        make(i, url, 0)->allow_private = false;
        courier_send(courier, &calls[i]);
        wait_told(i + 1);
        assert_string_equal(courier_outcome_name(calls[i].outcome), "FORBIDDEN");
    }
    make(20, "http://127.0.0.1:22/", 0)->allow_private = false;
    courier_send(courier, &calls[20]);
    wait_told(sizeof ways / sizeof *ways + 1);
    assert_int_equal(calls[20].outcome, COURIER_BAD_URL);     /* a port that is refused, before any address */
    assert_int_equal(receiver.connections, 0);
}

static void an_open_connection_to_a_private_address_is_not_used_by_one_that_may_not_go_there(void **state)
{
    struct courier_call *c;

    (void)state;
    start_process();
    assert_int_equal(send_one("/ok", 0)->status, 200);
    c = make_here(1, "/ok", 0);
    c->allow_private = false;
    courier_send(courier, c);
    wait_told(2);
    assert_int_equal(c->outcome, COURIER_FORBIDDEN);
    assert_int_equal(receiver.requests, 1);
    assert_int_equal(send_one("/ok", 0)->status, 200);
}

static void a_receiver_that_hangs_holds_up_no_other(void **state)
{
    struct receiver other;
    char url[64];

    (void)state;
    start_process();
    receiver_open(&other);
    for (unsigned i = 0; i < 2 * COURIER_PER_HOST; i++)
        courier_send(courier, make_here(i, "/hang", i == COURIER_PER_HOST ? 1 : PATIENCE_MS));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/ok", other.port);
    for (unsigned i = 2 * COURIER_PER_HOST; i < CALLS; i++)
        courier_send(courier, make(i, url, 0));
    wait_told(CALLS - 2 * COURIER_PER_HOST + 1);
    assert_int_equal(calls[COURIER_PER_HOST].outcome, COURIER_TIMEOUT);       /* it waited for its turn in vain */
    for (unsigned i = 2 * COURIER_PER_HOST; i < CALLS; i++)
        assert_int_equal(calls[i].status, 200);
    for (int i = 0; i < PATIENCE_MS && atomic_load(&receiver.requests) < COURIER_PER_HOST; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);        /* what was sent is on its way */
    assert_int_equal(receiver.requests, COURIER_PER_HOST);
    assert_true(other.connections <= COURIER_PER_HOST);
    courier_stop(courier);
    wait_told(CALLS);
    for (unsigned i = 0; i < 2 * COURIER_PER_HOST; i++)
        assert_int_equal(calls[i].outcome, i == COURIER_PER_HOST ? COURIER_TIMEOUT : COURIER_LOST);
    receiver_close(&other);
}

static void those_that_wait_for_their_turn_get_it_when_the_ones_before_them_end(void **state)
{
    (void)state;
    start_process();
    for (unsigned i = 0; i < COURIER_PER_HOST; i++)
        courier_send(courier, make_here(i, "/hang", 2 * SHORT_MS));
    for (unsigned i = COURIER_PER_HOST; i < CALLS; i++)
        courier_send(courier, make_here(i, "/ok", PATIENCE_MS));
    wait_told(CALLS);
    for (unsigned i = 0; i < COURIER_PER_HOST; i++)
        assert_int_equal(calls[i].outcome, COURIER_TIMEOUT);
    for (unsigned i = COURIER_PER_HOST; i < CALLS - 1; i++)
        assert_int_equal(calls[i].status, 200);
}

static void a_courier_that_dies_loses_what_it_had_and_its_successor_does_the_rest(void **state)
{
    struct pollfd p;
    int fd;

    (void)state;
    fd = connect_client();
    courier_send(courier, make_here(0, "/ok", 0));
    p = (struct pollfd){ .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    assert_true(courier_is_up(courier));
    close(fd);
    wait_told(1);
    assert_int_equal(calls[0].outcome, COURIER_LOST);
    assert_false(courier_is_up(courier));
    courier_send(courier, make_here(1, "/ok", 0));
    start_process();
    wait_told(2);
    assert_int_equal(calls[1].status, 200);
    assert_true(courier_is_up(courier));
}

static void a_mute_courier_is_waited_for_a_little_beyond_the_time_and_one_that_is_away_until_then(void **state)
{
    struct courier *lonely;
    int fd = connect_client();

    (void)state;
    assert_int_equal(courier_new(&lonely, NULL), FAULT_NONE);
    courier_send(courier, make_here(0, "/ok", 1));
    courier_send(lonely, make_here(1, "/ok", 1));
    wait_told(2);
    assert_int_equal(calls[0].outcome, COURIER_LOST);
    assert_int_equal(calls[1].outcome, COURIER_BUSY);
    assert_int_equal(courier_count(courier, COURIER_LOST), 1);
    assert_int_equal(courier_count(lonely, COURIER_BUSY), 1);
    courier_free(lonely);
    close(fd);
}

static void count_done(struct courier_call *call)
{
    atomic_uint *counts = call->arg;

    atomic_fetch_add(&counts[call->outcome], 1);
}

static void more_than_there_are_places_for_is_busy(void **state)
{
    enum { MORE = 10 };
    static struct courier_call many[COURIER_PENDING_MAX + MORE];
    static atomic_uint counts[COURIER_OUTCOMES];
    int fd = connect_client();

    (void)state;
    for (size_t i = 0; i < COURIER_PENDING_MAX + MORE; i++) {
        many[i] = (struct courier_call){ .url = SPAN("http://a.example/"), .done = count_done, .arg = counts };
        courier_send(courier, &many[i]);
    }
    courier_stop(courier);
    courier_send(courier, make_here(0, "/ok", 0));
    wait_told(1);
    assert_int_equal(calls[0].outcome, COURIER_BUSY);
    assert_int_equal(counts[COURIER_BUSY], MORE);
    assert_int_equal(counts[COURIER_LOST], COURIER_PENDING_MAX);
    close(fd);
}

static unsigned again;

static void send_again(struct courier_call *call)
{
    if (again-- > 1)
        courier_send(courier, call);
    else
        done(call);
}

static void a_request_may_be_sent_again_from_where_its_end_is_told(void **state)
{
    (void)state;
    start_process();
    again = 50;
    make_here(0, "/ok", 0)->done = send_again;
    courier_send(courier, &calls[0]);
    wait_told(1);
    assert_int_equal(receiver.requests, 50);
}

static void a_process_whose_gateway_goes_ends_well_and_one_that_hears_nonsense_does_not(void **state)
{
    int fd;

    (void)state;
    start_process();
    assert_int_equal(send_one("/ok", 0)->status, 200);
    end_process();
    assert_int_equal(process_status, 0);
    for (int round = 0; round < 2; round++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        process_fd = pair[1];
        assert_int_equal(send(pair[0], round ? "\377\377\377\377" : "\0\0\0\4abcd", round ? 4 : 8, 0), round ? 4 : 8);
        assert_int_equal(pthread_create(&process, NULL, be_process, NULL), 0);
        pthread_join(process, NULL);
        assert_int_equal(process_status, 1);
        close(pair[0]);
    }
    fd = connect_client();
    close(fd);
}

static void a_courier_that_talks_nonsense_is_hung_up_on(void **state)
{
    static const struct { const char *bytes; size_t n; } words[] = {
        { "\0\0\0\0", 4 }, { "\377\377\377\377", 4 }, { "\0\0\0\1x", 5 },
        { "\0\0\0\17" "\0\0\0\0\0\0\0\0" "\17" "\0\310" "\0\0\0\0", 19 },       /* an outcome there is not */
        { "\0\0\0\17" "\0\0\0\0\0\0\0\0" "\0" "\0\0" "\0\0\0\0", 19 },          /* answered, with no status */
        { "\0\0\0\17" "\0\0\0\0\0\0\0\0" "\3" "\0\310" "\0\0\0\0", 19 },        /* forbidden, with one */
    };

    (void)state;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        struct pollfd p;
        int fd = connect_client();
        courier_send(courier, make_here(i, "/ok", 0));
        p = (struct pollfd){ .fd = fd, .events = POLLIN };
        assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
        assert_int_equal(send(fd, words[i].bytes, words[i].n, 0), words[i].n);
        wait_told(i + 1);
        assert_int_equal(calls[i].outcome, COURIER_LOST);
        close(fd);
    }
}

static void an_outcome_nobody_waits_for_is_passed_over(void **state)
{
    static uint8_t bytes[4 * (FRAME_LENGTH + FRAME_OUTCOME_MAX)];
    struct buf b = BUF(bytes);
    struct frame_outcome o = { .outcome = COURIER_ANSWERED, .status = 500, .shown = SPAN("a\033[2Jb") };
    uint8_t question[FRAME_LENGTH + 8];
    int fd = connect_client();

    (void)state;
    courier_send(courier, make_here(0, "/ok", 0));
    assert_int_equal(recv(fd, question, sizeof question, MSG_WAITALL), sizeof question);
    for (size_t i = 0; i < 8; i++)
        o.id = o.id << 8 | question[FRAME_LENGTH + i];
    o.id += UINT64_C(1) << 32;                        /* another turn of the same place */
    frame_outcome_pack(&b, &o);
    o.id = UINT64_C(1) << 32 | (COURIER_PENDING_MAX + 1);
    frame_outcome_pack(&b, &o);
    o.id = 0;
    for (size_t i = 0; i < 8; i++)
        o.id = o.id << 8 | question[FRAME_LENGTH + i];
    o.status = 200;
    frame_outcome_pack(&b, &o);
    frame_outcome_pack(&b, &o);                       /* and twice */
    assert_int_equal(send(fd, b.p, b.n, 0), b.n);
    wait_told(1);
    assert_int_equal(calls[0].status, 200);
    assert_string_equal(calls[0].shown, "a[2Jb");
    courier_stop(courier);
    assert_int_equal(told, 1);
    close(fd);
}

static void every_outcome_has_a_name(void **state)
{
    (void)state;
    for (unsigned o = 0; o < COURIER_OUTCOMES; o++)
        assert_true(strlen(courier_outcome_name((enum courier_outcome)o)) > 1);
    assert_string_equal(courier_outcome_name(COURIER_OUTCOMES), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_arrives_as_it_was_given_and_its_answer_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_body_and_the_longest_one_arrive_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(every_status_is_told_and_no_redirect_is_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_proxy_that_the_environment_names_is_not_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_connection_is_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_of_which_only_the_head_comes_is_an_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_answer_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(a_url_that_is_none_is_refused_and_so_is_what_is_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(a_private_address_is_forbidden_however_it_is_reached, setup, teardown),
        cmocka_unit_test_setup_teardown(
            an_open_connection_to_a_private_address_is_not_used_by_one_that_may_not_go_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_receiver_that_hangs_holds_up_no_other, setup, teardown),
        cmocka_unit_test_setup_teardown(those_that_wait_for_their_turn_get_it_when_the_ones_before_them_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_courier_that_dies_loses_what_it_had_and_its_successor_does_the_rest, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_mute_courier_is_waited_for_a_little_beyond_the_time_and_one_that_is_away_until_then, setup, teardown),
        cmocka_unit_test_setup_teardown(more_than_there_are_places_for_is_busy, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_may_be_sent_again_from_where_its_end_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_whose_gateway_goes_ends_well_and_one_that_hears_nonsense_does_not,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_courier_that_talks_nonsense_is_hung_up_on, setup, teardown),
        cmocka_unit_test_setup_teardown(an_outcome_nobody_waits_for_is_passed_over, setup, teardown),
        cmocka_unit_test(every_outcome_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
