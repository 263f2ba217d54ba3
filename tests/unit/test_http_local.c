/* test_http_local.c: a server at a Unix socket: whom it serves, and what it calls them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/metrics.h"
#include "http/http.h"

enum { STRANGER = 65534, PATIENCE_S = 20, ANSWER = 1024 };

#define QUESTION "GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct metrics metrics;
static char folder[] = "/tmp/tijori-local-XXXXXX";
static struct sockaddr_un at = { .sun_family = AF_UNIX };
static atomic_uint asked;

static enum step who_parse(struct exchange *x)
{
    atomic_fetch_add(&asked, 1);
    buf_text(answer_start(x, 200, "text/plain", PEER_TEXT), x->peer);
    return STEP_ANSWERED;
}

static void refuse(struct exchange *x, enum refusal why)
{
    (void)why;
    (void)answer_start(x, 404, "text/plain", 1);
}

static const struct route routes[] = { SHORT_ROUTE("GET", "/who", LANE_READ, 0, who_parse, NULL, NULL, 0),
                                       { .method = NULL } };
static const char *const prefixes[] = { "", NULL };
static const struct dialect dialect = { .name = "fake", .prefixes = prefixes, .routes = routes, .refuse = refuse };
static const struct dialect *const dialects[] = { &dialect, NULL };

/* Ask, and read what comes until the other side ends it or one answer is there. Bytes read. */
static size_t ask(char out[static ANSWER])
{
    struct timeval patience = { PATIENCE_S, 0 };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t n = 0;
    ssize_t got;

    out[0] = '\0';
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, (const struct sockaddr *)&at, sizeof at) != 0 ||
        send(fd, QUESTION, sizeof QUESTION - 1, MSG_NOSIGNAL) != (ssize_t)sizeof QUESTION - 1)
        return 0;
    while (n < ANSWER - 1 && !strstr(out, "unix:") && (got = recv(fd, out + n, ANSWER - 1 - n, 0)) > 0) {
        n += (size_t)got;
        out[n] = '\0';
    }
    close(fd);
    return n;
}

static int open_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_non_null(mkdtemp(folder));
    snprintf(at.sun_path, sizeof at.sun_path, "%s/socket", folder);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 16), 0);
    /* As if somebody had opened it to everybody, which the server does not. */
    assert_int_equal(chmod(at.sun_path, 0666), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    return fd;
}

/* A process that asks as somebody else once it is told to, and ends with 0 if it got nothing. */
static pid_t stranger(int go)
{
    pid_t pid = fork();
    char byte, answer[ANSWER];

    if (pid)
        return pid;
    if (setgid(STRANGER) != 0 || setuid(STRANGER) != 0 || read(go, &byte, 1) != 1)
        _exit(2);
    _exit(ask(answer) ? 1 : 0);
}

static void only_its_own_user_and_root_are_served_and_are_named(void **state)
{
    struct services services = { .clock = clock_system(), .metrics = &metrics };
    struct http_options o = { .listen_fd = open_socket(), .threads = 1, .dialects = dialects, .services = &services,
                              .metrics = &metrics };
    struct http_server *server;
    char answer[ANSWER], own[32];
    int go[2], how = 0;
    pid_t pid = 0;

    (void)state;
    assert_int_equal(pipe(go), 0);
    if (geteuid() == 0)               /* before there are threads */
        pid = stranger(go[0]);
    assert_int_equal(http_start(&server, &o), FAULT_NONE);
    snprintf(own, sizeof own, "\r\n\r\nunix:%u", geteuid());
    assert_true(ask(answer) > 0);
    assert_int_equal(strncmp(answer, "HTTP/1.1 200 ", 13), 0);
    assert_non_null(strstr(answer, own));
    assert_int_equal(atomic_load(&asked), 1);
    if (pid) {
        assert_int_equal(write(go[1], "g", 1), 1);
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
        assert_int_equal(atomic_load(&asked), 1);
        assert_true(ask(answer) > 0);
    }
    http_stop(server);
    close(o.listen_fd);
    close(go[0]);
    close(go[1]);
    assert_int_equal(unlink(at.sun_path) | rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(only_its_own_user_and_root_are_served_and_are_named) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
