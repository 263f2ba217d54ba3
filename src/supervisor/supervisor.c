/* supervisor.c: one loop over signals, the children's control sockets, and times that are due. */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "supervisor/child.h"
#include "supervisor/control.h"

#include "base/banned.h"

enum { KEYHOLDER, GATEWAY, COURIER, CHILDREN };

struct supervisor {
    const struct supervisor_options *o;
    struct child children[CHILDREN];
    int signals;                      /* signalfd */
    bool joined[CHILDREN];            /* this one and this gateway have been given what is between them */
    bool stopping;
    bool renewing;                    /* the gateway was asked to stop, and is started again */
    int64_t kill_ns;                  /* while stopping: when patience ends, monotonic */
    int status;
};

static void kill_all(struct supervisor *s)
{
    s->status = 1;
    for (int i = 0; i < CHILDREN; i++)
        child_kill(&s->children[i]);
}

/* SIGHUP. The children ignore it. */
static void begin_renewal(struct supervisor *s)
{
    const struct control_message stop = { .word = CONTROL_STOP, .index = 1 };
    const struct child *g = &s->children[GATEWAY];

    if (s->stopping || s->renewing || !g->ready)
        return;
    if (s->o->may_renew && !s->o->may_renew(s->o->renew_arg)) {
        journal_event(s->o->journal, JOURNAL_ERROR,
                      "the gateway goes on as it is: its new files cannot be used (serve --check says why)", 0, NULL);
        return;
    }
    s->renewing = true;
    s->kill_ns = clock_mono_ns() + SUPERVISOR_STOP_MS * MS_NS;
    if (control_send(g->control, &stop, -1) != FAULT_NONE)
        child_kill(g);
}

/* They end when their control sockets do; they go last, for the gateway needs them to finish its work. */
static void let_others_go(struct supervisor *s)
{
    static const int others[] = { KEYHOLDER, COURIER };

    s->kill_ns = clock_mono_ns() + SUPERVISOR_LAST_MS * MS_NS;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct child *c = &s->children[others[i]];
        if (c->control >= 0)
            (void)close(c->control);
        c->control = -1;
    }
}

static void begin_stop(struct supervisor *s, int status)
{
    const struct control_message stop = { .word = CONTROL_STOP };
    struct child *g = &s->children[GATEWAY];

    s->stopping = true;
    s->status = status;
    s->kill_ns = clock_mono_ns() + SUPERVISOR_STOP_MS * MS_NS;
    /* Once the gateway has closed its own, new connections are refused and do not wait for nobody. */
    for (int i = 0; i < SUPERVISOR_LISTENERS; i++)
        if (s->o->listeners[i] >= 0)
            (void)close(s->o->listeners[i]);
    if (!g->pid)
        let_others_go(s);
    else if (control_send(g->control, &stop, -1) != FAULT_NONE)
        child_kill(g);
}

/* A fresh pair of sockets, an end to the gateway and one to `other`, which is told its rights. Returns who could not be
 * given it, or NULL. */
static const struct child *join_pair(const struct supervisor *s, const struct child *other, int type,
                                     struct control_message m, uint32_t rights)
{
    const struct child *g = &s->children[GATEWAY], *failed = NULL;
    int pair[2];

    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0)
        return g;
    if (control_send(g->control, &m, pair[0]) != FAULT_NONE)
        failed = g;
    m.rights = rights;
    if (!failed && control_send(other->control, &m, pair[1]) != FAULT_NONE)
        failed = other;
    (void)close(pair[0]);
    (void)close(pair[1]);
    return failed;
}

static struct control_message greeting(const struct supervisor *s, enum control_word word, uint32_t index)
{
    return (struct control_message){
        .word = word, .index = index, .restarts_keyholder = s->children[KEYHOLDER].restarts,
        .restarts_gateway = s->children[GATEWAY].restarts, .restarts_courier = s->children[COURIER].restarts,
    };
}

/* Whoever of the two was started again, and in whichever order they came up: once the other answers and a gateway runs,
 * they get what is between them, and until then the gateway's questions wait. */
static bool may_join(struct supervisor *s, int other)
{
    if (s->joined[other] || s->stopping || !s->children[other].ready || !s->children[GATEWAY].pid)
        return false;
    s->joined[other] = true;
    return true;
}

/* One that cannot be joined is dying already, or does not read; its successor is joined afresh. */
static void join(struct supervisor *s)
{
    const struct child *failed = NULL;

    if (may_join(s, KEYHOLDER))
        for (uint32_t i = 0; i < s->o->channels && !failed; i++)
            failed = join_pair(s, &s->children[KEYHOLDER], SOCK_SEQPACKET, greeting(s, CONTROL_CHANNEL, i),
                               s->o->rights[i]);
    if (!failed && may_join(s, COURIER))
        failed = join_pair(s, &s->children[COURIER], SOCK_STREAM, greeting(s, CONTROL_COURIER, 0), 0);
    if (failed)
        child_kill(failed);
}

static void has_died(struct supervisor *s, struct child *c, bool clean)
{
    bool ever_ready = c->ever_ready;

    child_gone(c);
    s->joined[c - s->children] = false;
    if (c == &s->children[GATEWAY])
        s->joined[KEYHOLDER] = s->joined[COURIER] = false;
    if (s->stopping) {
        if (!clean)
            s->status = 1;
        if (c == &s->children[GATEWAY])
            let_others_go(s);
        return;
    }
    if (!ever_ready) {
        begin_stop(s, 1);             /* it said on stderr why it cannot start */
        return;
    }
    child_plan_restart(c, clock_mono_ns());
    if (c == &s->children[GATEWAY] && s->renewing) {
        s->renewing = false;
        c->due_ns = 0;
        journal_event(s->o->journal, JOURNAL_INFO, "the gateway is started anew, as asked", (int64_t)c->restarts, NULL);
        return;
    }
    journal_event(s->o->journal, JOURNAL_ERROR, c->died, (int64_t)c->restarts, NULL);
}

static void reap(struct supervisor *s)
{
    for (int i = 0; i < CHILDREN; i++) {
        struct child *c = &s->children[i];
        int how;
        if (!c->pid || waitpid(c->pid, &how, WNOHANG) != c->pid)
            continue;
        if (WIFSIGNALED(how) && WTERMSIG(how) == SIGSYS)
            journal_event(s->o->journal, JOURNAL_ERROR, "a process made a system call that is not its own: killed",
                          c->pid, NULL);
        has_died(s, c, WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
}

/* At first the others wait for the keyholder; later each starts when it is due. */
static bool is_due(const struct supervisor *s, int i, int64_t now)
{
    const struct child *c = &s->children[i];

    if (i == COURIER && !s->o->courier)
        return false;
    return !c->pid && now >= c->due_ns && (i == KEYHOLDER || s->children[KEYHOLDER].ever_ready);
}

static void start_due(struct supervisor *s)
{
    for (int i = 0; i < CHILDREN && !s->stopping; i++) {
        struct child *c = &s->children[i];
        if (!is_due(s, i, clock_mono_ns()) || child_start(c, s->o->args) == FAULT_NONE)
            continue;
        journal_event(s->o->journal, JOURNAL_ERROR, "a process could not be started", errno, NULL);
        has_died(s, c, false);
    }
}

static void take_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;

    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        if (info.ssi_signo == SIGHUP)
            begin_renewal(s);
        else if (s->stopping)
            kill_all(s);
        else
            begin_stop(s, 0);
    }
    reap(s);
}

static void take_word(struct child *c)
{
    struct control_message m;
    int fd;
    enum fault f = control_receive(c->control, &m, &fd);

    if (f == FAULT_NONE && m.word == CONTROL_READY) {
        c->ready = c->ever_ready = true;
        return;
    }
    if (fd >= 0)
        (void)close(fd);
    /* At end of file it is on its way out, and SIGCHLD will say so; anything else is no word of a child's. */
    if (f != FAULT_SILENT)
        child_kill(c);
    (void)close(c->control);
    c->control = -1;
}

/* Milliseconds until something is due, rounded up; -1: nothing is. */
static int patience(const struct supervisor *s)
{
    int64_t now = clock_mono_ns(), first = INT64_MAX;

    if (s->stopping || s->renewing)
        first = s->kill_ns;
    for (int i = 0; i < CHILDREN && !s->stopping; i++)
        if (!s->children[i].pid && s->children[i].due_ns > now && s->children[i].due_ns < first)
            first = s->children[i].due_ns;
    if (first == INT64_MAX)
        return -1;
    return first <= now ? 0 : (int)((first - now + MS_NS - 1) / MS_NS);
}

static void wait_and_act(struct supervisor *s)
{
    struct pollfd p[1 + CHILDREN] = { { .fd = s->signals, .events = POLLIN } };

    for (int i = 0; i < CHILDREN; i++)
        p[1 + i] = (struct pollfd){ .fd = s->children[i].control, .events = POLLIN };
    if (poll(p, 1 + CHILDREN, patience(s)) < 0)
        return;
    /* The children's last words come before the news of their death. */
    for (int i = 0; i < CHILDREN; i++)
        if (p[1 + i].revents)
            take_word(&s->children[i]);
    if (p[0].revents)
        take_signals(s);
    if (s->stopping && clock_mono_ns() >= s->kill_ns)
        kill_all(s);
    if (s->renewing && clock_mono_ns() >= s->kill_ns)
        child_kill(&s->children[GATEWAY]);
}

static bool is_over(const struct supervisor *s)
{
    for (int i = 0; i < CHILDREN; i++)
        if (s->children[i].pid)
            return false;
    return s->stopping;
}

static struct child new_child(const char *role, const char *died, const int *listeners)
{
    return (struct child){ .role = role, .died = died, .listeners = listeners, .control = -1 };
}

int supervisor_run(const struct supervisor_options *o)
{
    struct supervisor s = { .o = o };
    sigset_t ours, before;

    s.children[KEYHOLDER] = new_child(ROLE_KEYHOLDER, "the keyholder died and was restarted", NULL);
    s.children[GATEWAY] = new_child(ROLE_GATEWAY, "the gateway died and was restarted", o->listeners);
    s.children[COURIER] = new_child(ROLE_COURIER, "the courier died and was restarted", NULL);
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGCHLD);
    sigaddset(&ours, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &ours, &before) != 0)
        return 1;
    s.signals = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
    if (s.signals < 0)
        return 1;
    while (!is_over(&s)) {
        start_due(&s);
        join(&s);
        if (!is_over(&s))
            wait_and_act(&s);
    }
    (void)close(s.signals);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s.status;
}
