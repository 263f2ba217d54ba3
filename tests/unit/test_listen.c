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
#include <sys/stat.h>
#include <sys/un.h>
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

static char folder[] = "/tmp/tijori-listen-XXXXXX";

static struct sockaddr_un named(char where[static 128], const char *name)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", folder, name);
    snprintf(where, 128, "unix:%s", at.sun_path);
    return at;
}

static void a_unix_socket_is_its_users_alone_and_takes_connections(void **state)
{
    char where[128];
    struct sockaddr_un at = named(where, "own");
    int fd = -1, peer = socket(AF_UNIX, SOCK_STREAM, 0);
    mode_t before = umask(0);
    struct stat st;

    (void)state;
    assert_int_equal(supervisor_listen(&fd, where), FAULT_NONE);
    assert_int_equal(umask(before), 0);       /* it is as it was */
    assert_int_equal(stat(at.sun_path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(connect(peer, (struct sockaddr *)&at, sizeof at), 0);
    close(peer);
    close(fd);
    unlink(at.sun_path);
}

static void a_socket_file_that_nobody_listens_at_is_replaced_and_one_in_use_is_not(void **state)
{
    char where[128];
    struct sockaddr_un at = named(where, "stale");
    int first = -1, second = -1, peer = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(supervisor_listen(&first, where), FAULT_NONE);
    assert_int_equal(supervisor_listen(&second, where), FAULT_BUSY);
    assert_int_equal(second, -1);
    assert_int_equal(connect(peer, (struct sockaddr *)&at, sizeof at), 0);
    close(peer);
    close(first);
    assert_int_equal(access(at.sun_path, F_OK), 0);
    assert_int_equal(supervisor_listen(&second, where), FAULT_NONE);
    close(second);
    unlink(at.sun_path);
}

static void what_is_no_socket_is_not_replaced(void **state)
{
    char where[128];
    struct sockaddr_un at = named(where, "file");
    int fd = -1, file = open(at.sun_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    (void)state;
    close(file);
    assert_int_equal(supervisor_listen(&fd, where), FAULT_BUSY);
    assert_int_equal(unlink(at.sun_path), 0);
    assert_int_equal(symlink("/etc/hostname", at.sun_path), 0);
    assert_int_equal(supervisor_listen(&fd, where), FAULT_BUSY);
    assert_int_equal(unlink(at.sun_path), 0);
    assert_int_equal(fd, -1);
}

static void a_socket_of_another_user_is_left_alone(void **state)
{
    char where[128];
    struct sockaddr_un at = named(where, "theirs");
    int fd = -1, second = -1;

    (void)state;
    if (geteuid() != 0)
        skip();                       /* nobody else can be made its owner */
    assert_int_equal(supervisor_listen(&fd, where), FAULT_NONE);
    close(fd);
    assert_int_equal(chown(at.sun_path, 65534, 65534), 0);
    assert_int_equal(supervisor_listen(&second, where), FAULT_DENIED);
    unlink(at.sun_path);
}

static void the_path_of_a_unix_socket_is_absolute_short_and_in_a_folder_there_is(void **state)
{
    char lengthy[200] = "unix:/";
    int fd = -1;

    (void)state;
    memset(lengthy + 6, 'x', sizeof lengthy - 7);
    assert_int_equal(supervisor_listen(&fd, "unix:"), FAULT_BAD_INPUT);
    assert_int_equal(supervisor_listen(&fd, "unix:here"), FAULT_BAD_INPUT);
    assert_int_equal(supervisor_listen(&fd, lengthy), FAULT_BAD_INPUT);
    assert_int_equal(supervisor_listen(&fd, "unix:/nowhere-at-all/socket"), FAULT_BAD_INPUT);
    assert_int_equal(fd, -1);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_free_port_is_bound_and_takes_connections),
        cmocka_unit_test(a_taken_port_is_busy),
        cmocka_unit_test(an_ipv6_address_is_written_in_brackets),
        cmocka_unit_test(what_is_no_numeric_host_and_port_is_refused),
        cmocka_unit_test(a_unix_socket_is_its_users_alone_and_takes_connections),
        cmocka_unit_test(a_socket_file_that_nobody_listens_at_is_replaced_and_one_in_use_is_not),
        cmocka_unit_test(what_is_no_socket_is_not_replaced),
        cmocka_unit_test(a_socket_of_another_user_is_left_alone),
        cmocka_unit_test(the_path_of_a_unix_socket_is_absolute_short_and_in_a_folder_there_is),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
