/* unseal.c: custodians, one at a time. */
#include "keyholder/unseal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum {
    LOOK_MS = 250,                    /* how often it is looked whether the keyholder ends */
    STACK = 256 * 1024,               /* bytes; opening the keyring derives all keys on it */
};

struct unseal {
    struct unseal_options o;
    pthread_t thread;
    atomic_bool ending;
    bool open;
    struct custody *custody;
    struct secret *frame;             /* UNSEAL_FRAME_MAX bytes and one more: a longer frame is told */
};

_Static_assert((int)UNSEAL_PATH_MAX == (int)sizeof ((struct sockaddr_un *)NULL)->sun_path, "the system's limit");

enum fault unseal_listen(int *fd, const char *key_file)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    enum fault f = unseal_path(at.sun_path, key_file);
    int got;

    if (f)
        return f;
    got = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (got < 0)
        return FAULT_DENIED;
    (void)unlink(at.sun_path);        /* an earlier keyholder's: the folder's lock is ours */
    /* The mode that the name is made with: never is it there with another. */
    if (fchmod(got, S_IRUSR | S_IWUSR) == 0 && bind(got, (const struct sockaddr *)&at, sizeof at) == 0 &&
        listen(got, UNSEAL_BACKLOG) == 0) {
        *fd = got;
        return FAULT_NONE;
    }
    f = errno == EACCES || errno == EPERM || errno == EROFS ? FAULT_DENIED : FAULT_DISK;
    (void)close(got);
    return f;
}

/* Wait until there is something to read on `fd`, or `until` (monotonic ns; 0: no limit), or the end. */
static bool wait_for(const struct unseal *u, int fd, int64_t until)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    while (!atomic_load(&u->ending) && (!until || clock_mono_ns() < until)) {
        int n = poll(&p, 1, LOOK_MS);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
    return false;
}

/* Whoever guesses, or tries custodians' patience, has to wait. */
static void slow_down(const struct unseal *u)
{
    int64_t until = clock_mono_ns() + u->o.slow_ms * MS_NS;

    while (!atomic_load(&u->ending) && clock_mono_ns() < until)
        (void)poll(NULL, 0, u->o.slow_ms < LOOK_MS ? u->o.slow_ms : LOOK_MS);
}

static void note(const struct unseal *u, enum journal_level level, const char *what, unsigned index)
{
    journal_event(u->o.journal, level, what, (int64_t)index, NULL);
}

/* There are enough: do they open it? */
static enum unseal_verdict try_to_open(struct unseal *u)
{
    AUTO_SECRET kek = NULL;
    enum fault f = custody_join(u->custody, &kek);

    if (!f)
        f = u->o.open(u->o.arg, kek);
    u->open = !f;
    if (!f) {
        note(u, JOURNAL_WARNING, "the keyring is open: custodians gave the shares it needs", 0);
        return UNSEAL_OPENED;
    }
    if (f == FAULT_DENIED)
        note(u, JOURNAL_ERROR, "the custodians' shares do not open the keyring; all were dropped", 0);
    else
        note(u, JOURNAL_ERROR, "the keyring was opened, but the keyholder cannot go on; the shares were dropped", 0);
    return f == FAULT_DENIED ? UNSEAL_WRONG : UNSEAL_BROKEN;
}

static enum unseal_verdict take(struct unseal *u, struct span typed, unsigned *index)
{
    switch (custody_take(u->custody, typed, index)) {
    case CUSTODY_TAKEN:
        note(u, JOURNAL_WARNING, "a custodian's share was taken", *index);
        return UNSEAL_TAKEN;
    case CUSTODY_ENOUGH:
        note(u, JOURNAL_WARNING, "a custodian's share was taken", *index);
        return try_to_open(u);
    case CUSTODY_AGAIN:
        return UNSEAL_AGAIN;
    case CUSTODY_MISTYPED:
        note(u, JOURNAL_WARNING, "what a custodian typed is no share", 0);
        return UNSEAL_MISTYPED;
    case CUSTODY_OTHER_SET:
        note(u, JOURNAL_WARNING, "a custodian's share belongs to another keyring", *index);
        return UNSEAL_OTHER_SET;
    case CUSTODY_CONFLICT:
        note(u, JOURNAL_ERROR, "two different shares of one number: one of them is not genuine", *index);
        return UNSEAL_CONFLICT;
    }
    return UNSEAL_BROKEN;
}

static bool failed(enum unseal_verdict v)
{
    switch (v) {
    case UNSEAL_SEALED: case UNSEAL_OPEN: case UNSEAL_TAKEN: case UNSEAL_OPENED: case UNSEAL_AGAIN:
        return false;
    case UNSEAL_MISTYPED: case UNSEAL_OTHER_SET: case UNSEAL_CONFLICT: case UNSEAL_WRONG: case UNSEAL_BROKEN:
        break;
    }
    return true;
}

/* The answer to a frame; false when it is none. */
static bool answer(struct unseal *u, struct buf *out, struct span frame)
{
    struct wire r = { frame, false };
    uint64_t version = wire_number(&r, 1), what = wire_number(&r, 1);
    enum unseal_verdict v = u->open ? UNSEAL_OPEN : UNSEAL_SEALED;
    unsigned index = 0;

    if (r.bad || version != UNSEAL_VERSION || what > UNSEAL_SHARE || (what == UNSEAL_STATUS && r.s.n))
        return false;
    if (what == UNSEAL_SHARE && !u->open)
        v = take(u, r.s, &index);
    if (failed(v))
        slow_down(u);
    wire_put(out, UNSEAL_VERSION, 1);
    wire_put(out, v, 1);
    wire_put(out, index, 1);
    wire_put(out, u->open ? u->o.head.threshold : custody_have(u->custody), 1);
    wire_put(out, u->o.head.threshold, 1);
    wire_put(out, u->o.head.shares, 1);
    buf_put(out, u->o.head.set, KEYRING_SET);
    return !out->full;
}

/* One frame and its answer; false when the connection is over. */
static bool answer_next(struct unseal *u, int fd)
{
    uint8_t bytes[UNSEAL_ANSWER];
    struct buf out = BUF(bytes);
    bool good = false;
    ssize_t n = recv(fd, u->frame->bytes, u->frame->n, MSG_DONTWAIT);

    if (n > 0 && n <= UNSEAL_FRAME_MAX)
        good = answer(u, &out, (struct span){ u->frame->bytes, (size_t)n });
    if (n > 0 && !good) {
        note(u, JOURNAL_WARNING, "a malformed frame closed a custodian's connection", 0);
        slow_down(u);
    }
    secret_wipe(u->frame->bytes, u->frame->n);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    return good && send(fd, out.p, out.n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)out.n;
}

/* The socket's mode keeps others out; this does where somebody changed that. */
static bool is_ours(int fd)
{
    struct ucred who;
    socklen_t n = sizeof who;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == geteuid() || who.uid == 0);
}

static void serve(struct unseal *u, int fd)
{
    int64_t until = clock_mono_ns() + u->o.client_ms * MS_NS;

    if (!is_ours(fd)) {
        note(u, JOURNAL_ERROR, "another user came to the custodians' socket, and was not heard", 0);
        return;
    }
    while (wait_for(u, fd, until) && answer_next(u, fd))
        ;
}

static void *run(void *arg)
{
    struct unseal *u = arg;

    while (!atomic_load(&u->ending)) {
        int fd;
        if (!wait_for(u, u->o.listen_fd, 0))
            break;
        fd = accept4(u->o.listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            slow_down(u);             /* too many files are open, or so */
            continue;
        }
        serve(u, fd);
        (void)close(fd);
    }
    return NULL;
}

static bool start(struct unseal *u)
{
    pthread_attr_t attr;
    bool started;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    started = pthread_create(&u->thread, &attr, run, u) == 0;
    pthread_attr_destroy(&attr);
    return started;
}

static void let_go(struct unseal *u)
{
    (void)close(u->o.listen_fd);
    custody_free(u->custody);
    secret_free(u->frame);
    free(u);
}

enum fault unseal_new(struct unseal **out, const struct unseal_options *o)
{
    struct unseal *u = calloc(1, sizeof *u);
    enum fault f;

    if (!u) {
        (void)close(o->listen_fd);
        return FAULT_INTERNAL;
    }
    u->o = *o;
    u->o.slow_ms = o->slow_ms ? o->slow_ms : UNSEAL_SLOW_MS;
    u->o.client_ms = o->client_ms ? o->client_ms : UNSEAL_CLIENT_MS;
    f = custody_new(&u->custody, &o->head);
    if (!f)
        f = secret_new(&u->frame, UNSEAL_FRAME_MAX + 1);
    if (f || !start(u)) {
        let_go(u);
        return FAULT_INTERNAL;
    }
    *out = u;
    return FAULT_NONE;
}

void unseal_free(struct unseal *u)
{
    if (!u)
        return;
    atomic_store(&u->ending, true);
    (void)shutdown(u->o.listen_fd, SHUT_RDWR);        /* wakes whoever waits on it */
    (void)pthread_join(u->thread, NULL);
    let_go(u);
}
