/* child.c: fork, set the descriptors in order, exec. */
#include "supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

enum {
    CHILD_FDS = 1 + SUPERVISOR_LISTENERS,     /* control and listeners, from CHILD_CONTROL_FD on */
    OUT_OF_THE_WAY = 32,                      /* above every number a child is promised */
    EXEC_FAILED = 127,                        /* the exit status a shell gives as well */
};

_Static_assert(CHILD_LISTEN_FD == CHILD_CONTROL_FD + 1 && CHILD_ADMIN_FD == CHILD_CONTROL_FD + 2,
               "place_fds() counts up");

/* Runs between fork and exec, so it makes system calls only. */
static bool place_fds(const int fds[static CHILD_FDS])
{
    int high[CHILD_FDS];

    /* First all of them up, since one's number may be another's place. */
    for (int i = 0; i < CHILD_FDS; i++)
        high[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD, OUT_OF_THE_WAY);
    for (int i = 0; i < CHILD_FDS; i++) {
        if (fds[i] < 0)
            (void)close(CHILD_CONTROL_FD + i);
        else if (high[i] < 0 || dup2(high[i], CHILD_CONTROL_FD + i) < 0)
            return false;
    }
    return close_range(CHILD_CONTROL_FD + CHILD_FDS, ~0U, 0) == 0;
}

static void set_signals(void)
{
    static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
    sigset_t none;

    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        (void)signal(ignored[i], SIG_IGN);
    (void)signal(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void become(char *const *argv, const int fds[static CHILD_FDS], pid_t parent)
{
    /* If the parent died before the request to die with it, nobody would tell us. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || !place_fds(fds))
        _exit(EXEC_FAILED);
    set_signals();
    (void)execve("/proc/self/exe", argv, environ);
    _exit(EXEC_FAILED);
}

/* execve() takes char *, though it changes nothing. */
static enum fault build_argv(char *argv[static SUPERVISOR_ARGS + 3], const char *role, const char *const *args)
{
    size_t n = 0;

    argv[n++] = (char *)(uintptr_t)"tijori";
    argv[n++] = (char *)(uintptr_t)role;
    for (size_t i = 0; args[i]; i++) {
        if (i >= SUPERVISOR_ARGS)
            return FAULT_INTERNAL;
        argv[n++] = (char *)(uintptr_t)args[i];
    }
    argv[n] = NULL;
    return FAULT_NONE;
}

enum fault child_start(struct child *c, const char *const *args)
{
    char *argv[SUPERVISOR_ARGS + 3];
    int pair[2], fds[CHILD_FDS];
    pid_t self = getpid(), pid;
    enum fault f = build_argv(argv, c->role, args);

    if (f)
        return f;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return FAULT_INTERNAL;
    fds[0] = pair[1];
    for (int i = 0; i < SUPERVISOR_LISTENERS; i++)
        fds[1 + i] = c->listeners ? c->listeners[i] : -1;
    c->started_ns = clock_mono_ns();
    pid = fork();
    if (pid == 0)
        become(argv, fds, self);
    (void)close(pair[1]);
    if (pid < 0) {
        (void)close(pair[0]);
        return FAULT_INTERNAL;
    }
    c->pid = pid;
    c->control = pair[0];
    c->ready = false;
    return FAULT_NONE;
}

void child_gone(struct child *c)
{
    if (c->control >= 0)
        (void)close(c->control);
    c->control = -1;
    c->pid = 0;
    c->ready = false;
}

int64_t child_backoff_ms(unsigned in_a_row)
{
    int64_t ms = SUPERVISOR_BACKOFF_MS;

    if (in_a_row == 0)
        return 0;
    while (--in_a_row && ms < SUPERVISOR_BACKOFF_MAX_MS)
        ms *= 2;
    return ms < SUPERVISOR_BACKOFF_MAX_MS ? ms : SUPERVISOR_BACKOFF_MAX_MS;
}

void child_plan_restart(struct child *c, int64_t now_ns)
{
    if (now_ns - c->started_ns >= (int64_t)SUPERVISOR_HEALTHY_MS * 1000000)
        c->in_a_row = 0;
    c->due_ns = now_ns + child_backoff_ms(c->in_a_row) * 1000000;
    c->in_a_row++;
    c->restarts++;
}

void child_kill(const struct child *c)
{
    if (c->pid > 0)
        (void)kill(c->pid, SIGKILL);
}
