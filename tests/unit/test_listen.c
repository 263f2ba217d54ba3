/* test_listen.c: where a listener may be asked to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervisor/supervisor.h"

#include "base/banned.h"

static unsigned port_of(int fd)
{
    struct sockaddr_in at = { 0 };
    socklen_t n = sizeof at;

    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    assert_int_equal(ntohl(at.sin_addr.s_addr), INADDR_LOOPBACK);
    return ntohs(at.sin_port);
}

static void a_free_port_is_bound_and_takes_connections(void **state)
{
    int fd = -1, peer = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    (void)state;
    assert_int_equal(supervisor_listen(&fd, "127.0.0.1:0"), FAULT_NONE);
    at.sin_port = htons((uint16_t)port_of(fd));
    assert_int_not_equal(at.sin_port, 0);
    assert_int_equal(connect(peer, (struct sockaddr *)&at, sizeof at), 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(peer);
    close(fd);
}

static void a_taken_port_is_busy(void **state)
{
    int fd = -1, second = -1;
    char where[32];

    (void)state;
    assert_int_equal(supervisor_listen(&fd, "127.0.0.1:0"), FAULT_NONE);
    snprintf(where, sizeof where, "127.0.0.1:%u", port_of(fd));
    assert_int_equal(supervisor_listen(&second, where), FAULT_BUSY);
    assert_int_equal(second, -1);
    close(fd);
    assert_int_equal(supervisor_listen(&second, where), FAULT_NONE);
    close(second);
}

static void an_ipv6_address_is_written_in_brackets(void **state)
{
    int fd = -1;
    enum fault f = supervisor_listen(&fd, "[::1]:0");

    (void)state;
    if (f == FAULT_NONE)
        close(fd);
    else
        assert_int_equal(f, FAULT_BAD_INPUT);         /* this machine has no IPv6 */
    fd = -1;
    assert_int_equal(supervisor_listen(&fd, "::1:0"), FAULT_BAD_INPUT);
}

static void what_is_no_numeric_host_and_port_is_refused(void **state)
{
    static const char *const wrong[] = {
        "", ":", "127.0.0.1", "127.0.0.1:", ":8080", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http",
        "127.0.0.1:80 ",
        "localhost:8080", "256.0.0.1:80", "127.0.0.1:8080:9", "[]:80", "[::1:80", "8080", "192.0.2.1:0",
    };
    char lengthy[300];
    int fd = -1;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(supervisor_listen(&fd, wrong[i]), FAULT_BAD_INPUT);
    memset(lengthy, '1', sizeof lengthy - 3);
    memcpy(lengthy + sizeof lengthy - 3, ":1", 3);
    assert_int_equal(supervisor_listen(&fd, lengthy), FAULT_BAD_INPUT);
    assert_int_equal(fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_free_port_is_bound_and_takes_connections),
        cmocka_unit_test(a_taken_port_is_busy),
        cmocka_unit_test(an_ipv6_address_is_written_in_brackets),
        cmocka_unit_test(what_is_no_numeric_host_and_port_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
