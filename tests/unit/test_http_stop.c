/* test_http_stop.c: requests that lanes have, or refuse: stopping meanwhile, leaving, a full queue. */
#include "unit/http_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { SOON_MS = 20, FILES_LOOKED_AT = 1024 };

static struct fixture *f;
static char answer[FIXTURE_ANSWER];

static int open_server(void **state)
{
    (void)state;
    sem_init(&gate_reached, 0, 0);
    sem_init(&gate_open, 0, 0);
    f = fixture_open(&fixture_dialect);
    return 0;
}

static int close_server(void **state)
{
    (void)state;
    sem_post(&gate_open);             /* a test that failed may have left work waiting */
    fixture_close(f);
    sem_destroy(&gate_reached);
    sem_destroy(&gate_open);
    return 0;
}

static void *stop(void *arg)
{
    http_stop(arg);
    return NULL;
}

static bool says_close(void)
{
    return strstr(answer, "\r\nConnection: close\r\n") != NULL;
}

/* Ask on a kept connection until the server says that it is stopping. It may begin to between a request and its answer,
 * which then is the last good one. */
static void wait_until_stopping(int fd)
{
    do {
        client_send(fd, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
        client_read(fd, answer);
    } while (status_of(answer) == 200 && !says_close());
}

static void a_write_in_flight_is_answered_before_the_server_stops(void **state)
{
    int slow = client_open(f), kept = client_open(f);
    pthread_t stopper;

    (void)state;
    client_send(slow, "POST /fake/slow HTTP/1.1\r\nHost: a\r\n\r\n");
    sem_wait(&gate_reached);
    client_send(kept, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(kept, answer);
    assert_int_equal(pthread_create(&stopper, NULL, stop, f->server), 0);

    wait_until_stopping(kept);
    assert_true(says_close());
    if (status_of(answer) != 200) {
        assert_int_equal(status_of(answer), 503);
        assert_non_null(strstr(answer, "stopping"));
    }
    assert_int_equal(recv(kept, answer, 1, 0), 0);

    sem_post(&gate_open);
    client_read(slow, answer);
    assert_int_equal(status_of(answer), 200);
    pthread_join(stopper, NULL);
    f->server = NULL;
    close(slow);
    close(kept);
}

static void a_body_that_is_still_coming_is_waited_for(void **state)
{
    int fd = client_open(f), kept = client_open(f);
    pthread_t stopper;

    (void)state;
    client_send(fd, "PUT /fake/setting/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4\r\n"
                    "Expect: 100-continue\r\n\r\n");
    client_read(fd, answer);
    assert_int_equal(status_of(answer), 100);
    client_send(kept, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(kept, answer);
    assert_int_equal(pthread_create(&stopper, NULL, stop, f->server), 0);
    wait_until_stopping(kept);

    /* It came too late to be run, but its sender is told so. */
    client_send(fd, "1234");
    assert_string_equal(client_read(fd, answer), "stopping");
    assert_int_equal(status_of(answer), 503);
    pthread_join(stopper, NULL);
    f->server = NULL;
    close(fd);
    close(kept);
}

static void idle_connections_do_not_hold_up_the_stop(void **state)
{
    int fd = client_open(f);

    (void)state;
    client_send(fd, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(fd, answer);
    http_stop(f->server);
    f->server = NULL;
    assert_int_equal(recv(fd, answer, 1, 0), 0);
    close(fd);
}

/* Ask for something, so that the server has what was sent before on other connections. */
static void let_it_arrive(void)
{
    for (int i = 0; i < 2 * FIXTURE_THREADS; i++)
        ask(f, answer, 200, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void half_sent_requests_do_not_hold_up_the_stop(void **state)
{
    static const char *const halves[] = {
        "GET /fake/hel", "GET /fake/hello HTTP/1.1\r\nHost: a\r\n",
        "PUT /fake/setting/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n12",
    };
    int fds[sizeof halves / sizeof *halves];

    (void)state;
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        fds[i] = client_open(f);
        client_send(fds[i], halves[i]);
    }
    let_it_arrive();
    http_quiesce(f->server, SOON_MS);
    http_stop(f->server);             /* the group's time is up long before HTTP_DEADLINE_S */
    f->server = NULL;
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        assert_int_equal(recv(fds[i], answer, 1, 0), 0);
        close(fds[i]);
    }
}

static void while_it_stops_new_connections_are_refused_once_nobody_else_listens(void **state)
{
    int slow = client_open(f), fd, failed;

    (void)state;
    client_send(slow, "POST /fake/slow HTTP/1.1\r\nHost: a\r\n\r\n");
    sem_wait(&gate_reached);
    http_quiesce(f->server, HTTP_STOP_MS);
    close(f->listen_fd);
    do {
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        failed = connect(fd, (const struct sockaddr *)&f->address, sizeof f->address);
        close(fd);
    } while (!failed);
    sem_post(&gate_open);
    client_read(slow, answer);
    assert_int_equal(status_of(answer), 200);
    http_stop(f->server);
    f->server = NULL;
    f->listen_fd = -1;
    close(slow);
}

static void the_listening_socket_stays_the_callers(void **state)
{
    int fd;

    (void)state;
    http_stop(f->server);
    f->server = NULL;
    fd = client_open(f);
    close(fd);
}

static void a_client_that_leaves_before_its_answer_harms_nobody(void **state)
{
    int fd = client_open(f);

    (void)state;
    client_send(fd, "POST /fake/slow HTTP/1.1\r\nHost: a\r\n\r\n");
    sem_wait(&gate_reached);
    close(fd);
    sem_post(&gate_open);
    ask(f, answer, 200, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
}

static enum fault nothing(struct store_tx *tx, void *arg)
{
    (void)tx, (void)arg;
    return FAULT_NONE;
}

static void counted_down(void *arg, enum fault outcome)
{
    (void)outcome;
    sem_post(arg);
}

static void a_full_queue_is_said_to_be_busy(void **state)
{
    static struct store_job jobs[STORE_QUEUE_MAX];
    int slow = client_open(f);
    sem_t finished;
    size_t n = 0;

    (void)state;
    sem_init(&finished, 0, 0);
    client_send(slow, "POST /fake/slow HTTP/1.1\r\nHost: a\r\n\r\n");
    sem_wait(&gate_reached);
    do {
        jobs[n] = (struct store_job){ .work = nothing, .done = counted_down, .arg = &finished };
    } while (store_submit(f->store, &jobs[n]) == FAULT_NONE && ++n < STORE_QUEUE_MAX);

    assert_string_equal(ask(f, answer, 503, "POST /fake/slow HTTP/1.1\r\nHost: a\r\n\r\n"), "busy");
    sem_post(&gate_open);
    client_read(slow, answer);
    assert_int_equal(status_of(answer), 200);
    while (n--)
        sem_wait(&finished);
    sem_destroy(&finished);
    close(slow);
}

static void unusable_tls_material_is_refused(void **state)
{
    const struct dialect *const dialects[] = { &fixture_dialect, NULL };
    struct http_options o = { .listen_fd = f->listen_fd, .threads = 1, .dialects = dialects, .services = &f->services,
                              .lanes = f->lanes, .metrics = &f->metrics, .tls_certificate = "no", .tls_key = "pem" };
    struct http_server *s = NULL;

    (void)state;
    assert_int_equal(http_start(&s, &o), FAULT_BAD_INPUT);
    o.threads = HTTP_THREADS_MAX + 1;
    assert_int_equal(http_start(&s, &o), FAULT_BAD_INPUT);
    assert_null(s);
}

static atomic_uint closed_twice;

/* In place of the system's, for the library's calls too. */
int close(int fd)
{
    int status = (int)syscall(SYS_close, fd);

    if (status != 0 && errno == EBADF)
        atomic_fetch_add(&closed_twice, 1);
    return status;
}

static unsigned open_files(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < FILES_LOOKED_AT; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void a_start_that_fails_closes_each_file_once(void **state)
{
    const struct dialect *const dialects[] = { &fixture_dialect, NULL };
    struct http_options o = { .listen_fd = f->listen_fd, .threads = 2, .dialects = dialects, .services = &f->services,
                              .lanes = f->lanes, .metrics = &f->metrics, .tls_certificate = "no", .tls_key = "pem" };
    unsigned before = open_files(), failed = 0;
    struct rlimit all, few;
    struct http_server *s = NULL;
    int first = dup(0);

    (void)state;
    close(first);
    atomic_store(&closed_twice, 0);
    assert_int_equal(http_start(&s, &o), FAULT_BAD_INPUT);
    assert_int_equal(open_files(), before);
    o.tls_certificate = o.tls_key = NULL;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
    few = all;
    for (rlim_t more = 0; more < 8; more++) {        /* fewer than two threads need: each step fails in its turn */
        few.rlim_cur = (rlim_t)first + more;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        if (http_start(&s, &o) == FAULT_NONE)
            http_stop(s);
        else
            failed++;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
        assert_int_equal(open_files(), before);
    }
    assert_true(failed >= 4);
    assert_int_equal(atomic_load(&closed_twice), 0);
}

static void start_again(const struct http_options *how)
{
    const struct dialect *const dialects[] = { &fixture_dialect, NULL };
    struct http_options o = *how;

    o.listen_fd = f->listen_fd;
    o.threads = 1;
    o.dialects = dialects;
    o.services = &f->services;
    o.lanes = f->lanes;
    o.metrics = &f->metrics;
    http_stop(f->server);
    memset(&f->metrics, 0, sizeof f->metrics);
    assert_int_equal(http_start(&f->server, &o), FAULT_NONE);
}

static void a_connection_beyond_the_limit_waits_until_another_is_closed(void **state)
{
    int fds[3];

    (void)state;
    start_again(&(struct http_options){ .connections = 2 });
    for (int i = 0; i < 3; i++) {
        fds[i] = client_open(f);
        client_send(fds[i], "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
        if (i < 2)
            client_read(fds[i], answer);
    }
    for (int i = 0; i < 20; i++) {    /* those that are there go on being served */
        client_send(fds[0], "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
        client_read(fds[0], answer);
        assert_int_equal(status_of(answer), 200);
    }
    assert_int_equal(recv(fds[2], answer, 1, MSG_DONTWAIT), -1);
    close(fds[1]);
    client_read(fds[2], answer);
    assert_int_equal(status_of(answer), 200);
    close(fds[0]);
    close(fds[2]);
}

static void one_address_may_have_only_its_share_when_there_is_one(void **state)
{
    int first, second;

    (void)state;
    start_again(&(struct http_options){ .connections = 8, .per_address = 1 });
    first = client_open(f);
    client_send(first, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(first, answer);
    assert_int_equal(status_of(answer), 200);
    second = client_open(f);
    assert_int_equal(recv(second, answer, 1, 0), 0);
    close(second);
    close(first);
}

static void one_thread_serves_as_well(void **state)
{
    (void)state;
    start_again(&(struct http_options){ .connections = 0 });
    ask(f, answer, 200, "POST /fake/worker HTTP/1.1\r\nHost: a\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_write_in_flight_is_answered_before_the_server_stops,
                                        open_server, close_server),
        cmocka_unit_test_setup_teardown(a_body_that_is_still_coming_is_waited_for, open_server, close_server),
        cmocka_unit_test_setup_teardown(idle_connections_do_not_hold_up_the_stop, open_server, close_server),
        cmocka_unit_test_setup_teardown(half_sent_requests_do_not_hold_up_the_stop, open_server, close_server),
        cmocka_unit_test_setup_teardown(while_it_stops_new_connections_are_refused_once_nobody_else_listens,
                                        open_server, close_server),
        cmocka_unit_test_setup_teardown(the_listening_socket_stays_the_callers, open_server, close_server),
        cmocka_unit_test_setup_teardown(a_client_that_leaves_before_its_answer_harms_nobody, open_server, close_server),
        cmocka_unit_test_setup_teardown(a_full_queue_is_said_to_be_busy, open_server, close_server),
        cmocka_unit_test_setup_teardown(unusable_tls_material_is_refused, open_server, close_server),
        cmocka_unit_test_setup_teardown(a_start_that_fails_closes_each_file_once, open_server, close_server),
        cmocka_unit_test_setup_teardown(a_connection_beyond_the_limit_waits_until_another_is_closed,
                                        open_server, close_server),
        cmocka_unit_test_setup_teardown(one_address_may_have_only_its_share_when_there_is_one,
                                        open_server, close_server),
        cmocka_unit_test_setup_teardown(one_thread_serves_as_well, open_server, close_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
