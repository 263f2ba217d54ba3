/* test_supervisor.c: this program is its own children: started again with a role, it plays one.
 *
 * A test process T forks S, which runs supervisor_run(). S starts this program anew as keyholder and gateway,
 * which write a line to a file for each thing that happens to them; T reads the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "supervisor/child.h"
#include "supervisor/control.h"

#include "base/banned.h"

enum { CHANNELS = 3, RIGHTS = 5, PATIENCE_MS = 20000, TEXT = 16384 };

/* ---- the children's side ---- */

/* What happens is a line of the file: one write, so lines of several processes do not mix. */
static void say(const char *file, const char *what, long a, long b)
{
    char line[128];
    int fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC), n = snprintf(line, sizeof line, "%s %ld %ld\n", what, a, b);

    (void)!write(fd, line, (size_t)n);
    close(fd);
}

static void say_ready(void)
{
    const struct control_message ready = { .word = CONTROL_READY };

    if (control_send(CHILD_CONTROL_FD, &ready, -1) != FAULT_NONE)
        _exit(9);
}

/* Which descriptors above standard error are open: a bit each. */
static long open_fds(void)
{
    long bits = 0;

    for (int fd = 3; fd < 60; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            bits |= 1L << fd;
    return bits;
}

/* Greets on each channel it is given, and says what rights it came with. */
static int be_keyholder(const char *file, const char *how)
{
    struct control_message m;
    int fd;

    say(file, "keyholder started", getpid(), open_fds());
    if (strcmp(how, "keyholder-fails") == 0)
        return 3;
    say_ready();
    if (strcmp(how, "keyholder-nonsense") == 0)
        (void)!send(CHILD_CONTROL_FD, "nonsense", 8, 0);
    while (control_receive(CHILD_CONTROL_FD, &m, &fd) == FAULT_NONE) {
        say(file, "keyholder channel", m.index, m.rights);
        (void)!send(fd, "hello", 5, MSG_NOSIGNAL);
    }
    say(file, "keyholder ends", getpid(), 0);
    return strcmp(how, "keyholder-ends-badly") == 0 ? 4 : 0;
}

/* Is ready once it was greeted on all channels; ends when told to, unless it is deaf. */
static int be_gateway(const char *file, const char *how)
{
    struct control_message m;
    char hello[8];
    int fd, greeted = 0;

    say(file, "gateway started", getpid(), open_fds());
    if (strcmp(how, "gateway-fails") == 0)
        return 3;
    while (control_receive(CHILD_CONTROL_FD, &m, &fd) == FAULT_NONE) {
        if (m.word == CONTROL_STOP) {
            say(file, "gateway told to stop", getpid(), 0);
            if (strcmp(how, "gateway-is-deaf") == 0)
                continue;
            return 0;
        }
        if (m.word == CONTROL_COURIER) {
            (void)!recv(fd, hello, sizeof hello, 0);
            say(file, "gateway joined to courier", (long)m.restarts_courier, hello[0]);
            continue;
        }
        if (recv(fd, hello, sizeof hello, 0) == 5)
            say(file, "gateway greeted", (long)m.restarts_keyholder, (long)m.restarts_gateway);
        if (++greeted == CHANNELS) {
            say_ready();
            say(file, "gateway ready", getpid(), m.rights);
        }
    }
    return 8;
}

/* Says a word on each stream it is given. */
static int be_courier(const char *file, const char *how)
{
    struct control_message m;
    int fd;

    say(file, "courier started", getpid(), open_fds());
    if (strcmp(how, "courier-fails") == 0)
        return 3;
    say_ready();
    while (control_receive(CHILD_CONTROL_FD, &m, &fd) == FAULT_NONE) {
        say(file, "courier joined", m.word, m.rights);
        (void)!send(fd, "c", 1, MSG_NOSIGNAL);
    }
    say(file, "courier ends", getpid(), 0);
    return 0;
}

static int be_child(char **argv)
{
    if (strcmp(argv[1], ROLE_COURIER) == 0)
        return be_courier(argv[2], argv[3]);
    return strcmp(argv[1], ROLE_KEYHOLDER) == 0 ? be_keyholder(argv[2], argv[3]) : be_gateway(argv[2], argv[3]);
}

/* ---- the tests' side ---- */

static char file[64], journal_file[sizeof file + 4];
static pid_t supervisor;

static int setup(void **state)
{
    int fd;

    (void)state;
    snprintf(file, sizeof file, "/tmp/tijori-supervisor-XXXXXX");
    fd = mkstemp(file);
    close(fd);
    snprintf(journal_file, sizeof journal_file, "%s.log", file);
    supervisor = 0;
    return fd < 0;
}

static int teardown(void **state)
{
    (void)state;
    if (supervisor > 0) {
        kill(supervisor, SIGKILL);
        waitpid(supervisor, NULL, 0);
    }
    (void)unlink(journal_file);
    return unlink(file);
}

_Noreturn static void supervise(const char *how)
{
    const char *const args[] = { file, how, NULL };
    struct supervisor_options o = { .args = args, .listeners = { -1, -1 }, .channels = CHANNELS };
    int log = open(journal_file, O_WRONLY | O_CREAT | O_APPEND, 0600), status;

    o.courier = strncmp(how, "courier", 7) == 0;

    for (uint32_t i = 0; i < CHANNELS; i++)
        o.rights[i] = RIGHTS + i;
    if (supervisor_listen(&o.listeners[0], "127.0.0.1:0") || supervisor_listen(&o.listeners[1], "127.0.0.1:0") ||
        journal_open(&o.journal, log, "supervisor", clock_system()))
        _exit(99);
    status = supervisor_run(&o);
    if (fcntl(o.listeners[0], F_GETFD) >= 0 || fcntl(o.listeners[1], F_GETFD) >= 0)
        status = 98;                  /* whoever connects now would wait for nobody */
    journal_close(o.journal);
    _exit(status);
}

static void start(const char *how)
{
    supervisor = fork();
    if (supervisor == 0)
        supervise(how);
    assert_true(supervisor > 0);
}

static char *read_whole(const char *path)
{
    static char text[TEXT];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    text[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

static int count(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

/* Wait until `what` was said `times` times, and give the numbers of the last time. */
static void await(const char *what, int times, long *a, long *b)
{
    char *text, *end = NULL;

    for (int i = 0; i < PATIENCE_MS; i++) {
        text = read_whole(file);
        if (count(text, what) >= times)
            break;
        usleep(1000);
    }
    assert_in_range(count(text, what), times, TEXT);
    for (char *at = text; (at = strstr(at, what)); at += strlen(what))
        end = at + strlen(what);
    *a = strtol(end, &end, 10);
    *b = strtol(end, &end, 10);
}

static long await_pid(const char *what, int times)
{
    long pid, ignored;

    await(what, times, &pid, &ignored);
    return pid;
}

static int ends_with(void)
{
    int how = 0;

    assert_int_equal(waitpid(supervisor, &how, 0), supervisor);
    supervisor = 0;
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static void it_starts_both_joins_them_and_stops_cleanly(void **state)
{
    long a, b;

    (void)state;
    start("good");
    await("gateway ready", 1, &a, &b);
    assert_int_equal(b, 0);           /* the gateway is not told rights */
    await("keyholder channel", CHANNELS, &a, &b);
    for (int i = 0; i < CHANNELS; i++) {
        char line[64];

        snprintf(line, sizeof line, "keyholder channel %d %d\n", i, RIGHTS + i);
        assert_int_equal(count(read_whole(file), line), 1);       /* each channel has rights of its own */
    }
    await("gateway greeted", CHANNELS, &a, &b);
    assert_int_equal(a + b, 0);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
    assert_int_equal(count(read_whole(file), "gateway told to stop"), 1);
    assert_int_equal(count(read_whole(file), "keyholder ends"), 1);
    assert_true(strstr(read_whole(file), "gateway told") < strstr(read_whole(file), "keyholder ends"));
    assert_null(strstr(read_whole(journal_file), "died"));
}

static void children_find_their_descriptors_and_no_others(void **state)
{
    long a, fds;

    (void)state;
    start("good");
    await("keyholder started", 1, &a, &fds);
    assert_int_equal(fds, 1L << CHILD_CONTROL_FD);
    await("gateway started", 1, &a, &fds);
    assert_int_equal(fds, 1L << CHILD_CONTROL_FD | 1L << CHILD_LISTEN_FD | 1L << CHILD_ADMIN_FD);
    await("gateway ready", 1, &a, &fds);
    kill(supervisor, SIGINT);
    assert_int_equal(ends_with(), 0);
}

static void a_keyholder_that_dies_is_restarted_and_joined_to_the_same_gateway(void **state)
{
    long a, b;

    (void)state;
    start("good");
    (void)await_pid("gateway ready", 1);
    kill((pid_t)await_pid("keyholder started", 1), SIGKILL);
    await("gateway greeted", 2 * CHANNELS, &a, &b);
    assert_int_equal(a, 1);
    assert_int_equal(b, 0);
    assert_int_equal(count(read_whole(file), "gateway started"), 1);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
    assert_int_equal(count(read_whole(journal_file), "the keyholder died and was restarted"), 1);
}

static void a_gateway_that_dies_is_restarted_and_joined_to_the_same_keyholder(void **state)
{
    long a, b;

    (void)state;
    start("good");
    kill((pid_t)await_pid("gateway ready", 1), SIGKILL);
    (void)await_pid("gateway ready", 2);
    await("gateway greeted", 2 * CHANNELS, &a, &b);
    assert_int_equal(a, 0);
    assert_int_equal(b, 1);
    assert_int_equal(count(read_whole(file), "keyholder started"), 1);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
    assert_int_equal(count(read_whole(journal_file), "the gateway died and was restarted"), 1);
}

static void a_courier_runs_only_where_one_is_wanted(void **state)
{
    (void)state;
    start("good");
    (void)await_pid("gateway ready", 1);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
    assert_null(strstr(read_whole(file), "courier"));
}

static void a_courier_has_one_descriptor_is_joined_to_the_gateway_and_ends_after_it(void **state)
{
    long a, b;

    (void)state;
    start("courier");
    await("courier started", 1, &a, &b);
    assert_int_equal(b, 1L << CHILD_CONTROL_FD);
    await("gateway joined to courier", 1, &a, &b);
    assert_int_equal(a, 0);
    assert_int_equal(b, 'c');
    await("courier joined", 1, &a, &b);
    assert_int_equal(a, CONTROL_COURIER);
    assert_int_equal(b, 0);
    (void)await_pid("gateway ready", 1);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
    assert_true(strstr(read_whole(file), "gateway told") < strstr(read_whole(file), "courier ends"));
    assert_int_equal(count(read_whole(file), "courier joined"), 1);
}

static void a_courier_that_dies_is_restarted_and_joined_to_the_same_gateway(void **state)
{
    long a, b;

    (void)state;
    start("courier");
    (void)await_pid("gateway ready", 1);
    (void)await_pid("gateway joined to courier", 1);
    kill((pid_t)await_pid("courier started", 1), SIGKILL);
    await("gateway joined to courier", 2, &a, &b);
    assert_int_equal(a, 1);
    assert_int_equal(b, 'c');
    assert_int_equal(count(read_whole(file), "gateway started"), 1);
    assert_int_equal(count(read_whole(file), "keyholder channel"), CHANNELS);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
    assert_int_equal(count(read_whole(journal_file), "the courier died and was restarted"), 1);
}

static void a_gateway_that_dies_is_joined_to_the_same_courier(void **state)
{
    long a, b;

    (void)state;
    start("courier");
    (void)await_pid("gateway joined to courier", 1);
    kill((pid_t)await_pid("gateway ready", 1), SIGKILL);
    await("gateway joined to courier", 2, &a, &b);
    assert_int_equal(a, 0);
    (void)await_pid("gateway ready", 2);
    assert_int_equal(count(read_whole(file), "courier started"), 1);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
}

static void a_courier_that_cannot_start_stops_everything(void **state)
{
    (void)state;
    start("courier-fails");
    assert_int_equal(ends_with(), 1);
    assert_int_equal(count(read_whole(file), "courier started"), 1);
    assert_int_equal(count(read_whole(file), "keyholder ends"), 1);
}

static void both_may_die_at_once(void **state)
{
    pid_t gateway, keyholder;
    long a, b;

    (void)state;
    start("good");
    gateway = (pid_t)await_pid("gateway ready", 1);
    keyholder = (pid_t)await_pid("keyholder started", 1);
    kill(keyholder, SIGKILL);
    kill(gateway, SIGKILL);
    (void)await_pid("gateway ready", 2);
    await("keyholder started", 2, &a, &b);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
}

static void a_keyholder_that_cannot_start_stops_everything(void **state)
{
    (void)state;
    start("keyholder-fails");
    assert_int_equal(ends_with(), 1);
    assert_int_equal(count(read_whole(file), "keyholder started"), 1);
    assert_null(strstr(read_whole(file), "gateway"));
}

static void a_gateway_that_cannot_start_stops_everything(void **state)
{
    (void)state;
    start("gateway-fails");
    assert_int_equal(ends_with(), 1);
    assert_int_equal(count(read_whole(file), "gateway started"), 1);
    assert_int_equal(count(read_whole(file), "keyholder ends"), 1);
}

static void a_child_that_talks_nonsense_is_replaced(void **state)
{
    long a, b;

    (void)state;
    start("keyholder-nonsense");
    await("keyholder started", 2, &a, &b);
    kill(supervisor, SIGTERM);
    (void)ends_with();
    assert_true(count(read_whole(journal_file), "the keyholder died and was restarted") >= 1);
}

static void a_second_signal_kills_at_once(void **state)
{
    (void)state;
    start("gateway-is-deaf");
    (void)await_pid("gateway ready", 1);
    kill(supervisor, SIGTERM);
    (void)await_pid("gateway told to stop", 1);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 1);
}

static void a_child_that_ends_badly_is_no_clean_stop(void **state)
{
    (void)state;
    start("keyholder-ends-badly");
    (void)await_pid("gateway ready", 1);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 1);
}

/* A terminal sends its interrupt to every process of the group. */
static void signals_to_the_children_do_not_take_them_down(void **state)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
    pid_t gateway, keyholder;

    (void)state;
    start("good");
    gateway = (pid_t)await_pid("gateway ready", 1);
    keyholder = (pid_t)await_pid("keyholder started", 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kill(gateway, signals[i]), 0);
        assert_int_equal(kill(keyholder, signals[i]), 0);
    }
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
    assert_int_equal(count(read_whole(file), "started"), 2);
    assert_int_equal(count(read_whole(file), "gateway told to stop"), 1);
}

static void on_sighup_the_gateway_is_started_anew_and_nobody_else(void **state)
{
    pid_t gateway;

    (void)state;
    start("good");
    gateway = (pid_t)await_pid("gateway ready", 1);
    kill(supervisor, SIGHUP);
    assert_int_not_equal(await_pid("gateway ready", 2), gateway);
    assert_int_equal(count(read_whole(file), "gateway told to stop"), 1);
    assert_int_equal(count(read_whole(file), "keyholder started"), 1);
    kill(supervisor, SIGTERM);
    assert_int_equal(ends_with(), 0);
}

static void children_die_with_their_supervisor(void **state)
{
    pid_t gateway, keyholder;
    int i = 0;

    (void)state;
    start("good");
    gateway = (pid_t)await_pid("gateway ready", 1);
    keyholder = (pid_t)await_pid("keyholder started", 1);
    kill(supervisor, SIGKILL);
    assert_int_equal(ends_with(), -1);
    /* Whoever inherits them may be slow to collect them, so a zombie counts as dead. */
    for (; i < PATIENCE_MS; i++) {
        char path[64], *text;
        bool alive = false;
        for (int who = 0; who < 2; who++) {
            snprintf(path, sizeof path, "/proc/%d/stat", (int)(who ? gateway : keyholder));
            text = read_whole(path);
            alive = alive || (*text && !strstr(text, ") Z "));
        }
        if (!alive)
            break;
        usleep(1000);
    }
    assert_in_range(i, 0, PATIENCE_MS - 1);
    assert_int_equal(count(read_whole(file), "gateway told to stop"), 0);
}

static void the_wait_before_a_restart_doubles_up_to_its_most(void **state)
{
    static const int64_t expected[] = { 0, 100, 200, 400, 800, 1600, 3200, 5000, 5000 };

    (void)state;
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(child_backoff_ms(i), expected[i]);
    assert_int_equal(child_backoff_ms(UINT32_MAX), 5000);
}

static void a_minute_of_health_starts_the_waits_over(void **state)
{
    struct child c = { .control = -1 };
    int64_t minute = INT64_C(60000000000);

    (void)state;
    child_plan_restart(&c, 1000);
    assert_int_equal(c.due_ns, 1000);
    child_plan_restart(&c, 2000);
    assert_int_equal(c.due_ns, 2000 + 100000000);
    c.started_ns = 2000;
    child_plan_restart(&c, 2000 + minute - 1);
    assert_int_equal(c.due_ns, 2000 + minute - 1 + 200000000);
    child_plan_restart(&c, 2000 + minute);
    assert_int_equal(c.due_ns, 2000 + minute);
    assert_int_equal(c.restarts, 4);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(it_starts_both_joins_them_and_stops_cleanly),
        T(children_find_their_descriptors_and_no_others),
        T(a_keyholder_that_dies_is_restarted_and_joined_to_the_same_gateway),
        T(a_gateway_that_dies_is_restarted_and_joined_to_the_same_keyholder),
        T(both_may_die_at_once),
        T(a_courier_runs_only_where_one_is_wanted),
        T(a_courier_has_one_descriptor_is_joined_to_the_gateway_and_ends_after_it),
        T(a_courier_that_dies_is_restarted_and_joined_to_the_same_gateway),
        T(a_gateway_that_dies_is_joined_to_the_same_courier),
        T(a_courier_that_cannot_start_stops_everything),
        T(a_keyholder_that_cannot_start_stops_everything),
        T(a_gateway_that_cannot_start_stops_everything),
        T(a_child_that_talks_nonsense_is_replaced),
        T(a_second_signal_kills_at_once),
        T(a_child_that_ends_badly_is_no_clean_stop),
        T(signals_to_the_children_do_not_take_them_down),
        T(on_sighup_the_gateway_is_started_anew_and_nobody_else),
        T(children_die_with_their_supervisor),
        T(the_wait_before_a_restart_doubles_up_to_its_most),
        T(a_minute_of_health_starts_the_waits_over),
    };

    if (argc == 4 && argv[1][0] == '@')
        return be_child(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
