/* client.c: questions over a few connections, asked again of the successor when the keyholder dies. */
#include "keyholder/client.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "keyholder/msg.h"

#include "base/banned.h"

enum {
    STALE_MAX = 64,                   /* late replies to questions given up on that one question skips */
    SOCKET_BYTES = 2 * KEY_FRAME_MAX, /* socket buffer: the kernel counts its own overhead too */
};

/* Fields are guarded by the client's lock; while `busy`, its owner alone uses number, frame and the connection
 * behind fd, and only the owner closes it. */
struct channel {
    int fd;                           /* -1: dead */
    int fresh;                        /* a replacement that waits for the owner to finish; -1: none */
    bool busy;
    uint32_t number;                  /* of the last question */
    uint8_t *frame;                   /* KEY_FRAME_MAX bytes, for question and reply in turn */
};

struct keyholder {
    pthread_mutex_t lock;
    pthread_cond_t changed;           /* a channel came or became free */
    struct channel channels[KEY_CHANNELS];
    unsigned next;                    /* where the search for a free channel begins */
    int wait_ms;
    atomic_uint_fast64_t *calls, *failures;
};

/* The asks of one frame. */
struct batch { struct key_ask *asks[KEY_ASKS_MAX]; size_t n, question, reply; };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

enum fault keyholder_new(struct keyholder **out, atomic_uint_fast64_t *calls, atomic_uint_fast64_t *failures)
{
    struct keyholder *k = calloc(1, sizeof *k);
    pthread_condattr_t attr;
    bool whole = true;

    if (!k)
        return FAULT_INTERNAL;
    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&k->changed, &attr);
    pthread_condattr_destroy(&attr);
    k->wait_ms = KEY_WAIT_MS;
    k->calls = calls;
    k->failures = failures;
    for (size_t i = 0; i < KEY_CHANNELS; i++) {
        k->channels[i].fd = k->channels[i].fresh = -1;
        k->channels[i].frame = malloc(KEY_FRAME_MAX);
        whole = whole && k->channels[i].frame;
    }
    if (!whole) {
        keyholder_free(k);
        return FAULT_INTERNAL;
    }
    *out = k;
    return FAULT_NONE;
}

void keyholder_free(struct keyholder *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < KEY_CHANNELS; i++) {
        close_fd(&k->channels[i].fd);
        close_fd(&k->channels[i].fresh);
        free(k->channels[i].frame);
    }
    pthread_cond_destroy(&k->changed);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

void keyholder_set_wait(struct keyholder *k, int wait_ms)
{
    k->wait_ms = wait_ms;
}

/* Make the replacement the connection. Called with the lock held, while nobody owns the channel. */
static void adopt(struct channel *c)
{
    if (c->fresh < 0)
        return;
    close_fd(&c->fd);
    c->fd = c->fresh;
    c->fresh = -1;
    c->number = 0;
}

void keyholder_channel(struct keyholder *k, unsigned i, int fd)
{
    struct timeval wait = { k->wait_ms / 1000, k->wait_ms % 1000 * 1000 };
    int bytes = SOCKET_BYTES;
    struct channel *c;

    if (i >= KEY_CHANNELS || fd < 0) {
        close_fd(&fd);
        return;
    }
    /* Where a limit is refused, the kernel's own stays, and a test shows that a full frame passes with it. */
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    c = &k->channels[i];
    pthread_mutex_lock(&k->lock);
    close_fd(&c->fresh);
    c->fresh = fd;
    if (!c->busy)
        adopt(c);
    else if (c->fd >= 0)
        (void)shutdown(c->fd, SHUT_RDWR);     /* wakes its owner, who asks again */
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
}

/* Has the other side of the connection gone? */
static bool hung_up(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLRDHUP };

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLRDHUP | POLLERR | POLLNVAL));
}

bool keyholder_is_up(struct keyholder *k)
{
    bool up = false;

    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < KEY_CHANNELS && !up; i++) {
        const struct channel *c = &k->channels[i];
        int fd = c->fresh >= 0 ? c->fresh : c->fd;
        up = fd >= 0 && !hung_up(fd);
    }
    pthread_mutex_unlock(&k->lock);
    return up;
}

static struct channel *find_free(struct keyholder *k)
{
    for (unsigned i = 0; i < KEY_CHANNELS; i++) {
        unsigned at = (k->next + i) % KEY_CHANNELS;
        struct channel *c = &k->channels[at];
        if (c->busy || c->fd < 0)
            continue;
        k->next = at + 1;
        c->busy = true;
        return c;
    }
    return NULL;
}

/* A live channel nobody uses, now the caller's; NULL when there was none until `until` (monotonic ns). */
static struct channel *claim(struct keyholder *k, int64_t until)
{
    struct timespec at = { until / 1000000000, until % 1000000000 };
    struct channel *c;
    int rc = 0;

    pthread_mutex_lock(&k->lock);
    while (!(c = find_free(k)) && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&k->changed, &k->lock, &at);
    pthread_mutex_unlock(&k->lock);
    return c;
}

static void release(struct keyholder *k, struct channel *c, bool alive)
{
    pthread_mutex_lock(&k->lock);
    if (!alive)
        close_fd(&c->fd);
    adopt(c);
    c->busy = false;
    pthread_cond_signal(&k->changed);
    pthread_mutex_unlock(&k->lock);
}

/* One frame's size; 0 when nothing came in time; -1 when the connection is dead. */
static ssize_t receive(struct channel *c)
{
    ssize_t n;

    do
        n = recv(c->fd, c->frame, KEY_FRAME_MAX, MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    return n <= 0 || n > KEY_FRAME_MAX ? -1 : n;
}

/* Wait for the reply to question c->number; earlier ones were given up on and are skipped.
 * RETRY when the connection is dead, SILENT when nobody spoke in time. */
static enum fault hear(struct channel *c, struct batch *b)
{
    for (int i = 0; i < STALE_MAX; i++) {
        uint32_t number = 0;
        ssize_t n = receive(c);
        struct span reply = { c->frame, n > 0 ? (size_t)n : 0 };
        enum fault f = n > 0 ? msg_reply_number(&number, reply) : FAULT_NONE;
        if (n == 0)
            return FAULT_SILENT;
        if (n < 0 || f)
            return FAULT_RETRY;
        if (number == c->number)
            f = msg_reply_unpack(b->asks, b->n, reply);
        secret_wipe(c->frame, reply.n);
        if (f)
            return FAULT_RETRY;
        if (number == c->number)
            return FAULT_NONE;
    }
    return FAULT_RETRY;
}

static enum fault exchange(struct channel *c, struct batch *b)
{
    struct buf frame = { c->frame, 0, KEY_FRAME_MAX, false };
    ssize_t sent;

    msg_question_pack(&frame, ++c->number, b->asks, b->n);
    do
        sent = send(c->fd, frame.p, frame.n, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    secret_wipe(frame.p, frame.n);
    if (sent < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? FAULT_SILENT : FAULT_RETRY;
    return hear(c, b);
}

static void count(atomic_uint_fast64_t *counter)
{
    if (counter)
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static enum fault ask_batch(struct keyholder *k, struct batch *b)
{
    int64_t until = clock_mono_ns() + (int64_t)k->wait_ms * 1000000;
    enum fault f = FAULT_RETRY;

    count(k->calls);
    while (f == FAULT_RETRY) {
        struct channel *c = claim(k, until);
        f = c ? exchange(c, b) : FAULT_SILENT;
        if (c)
            release(k, c, f != FAULT_RETRY);
        if (f == FAULT_RETRY && clock_mono_ns() >= until)
            f = FAULT_SILENT;
    }
    if (f)
        count(k->failures);
    return f;
}

/* May it be sent? When not, its fault says why. */
static bool is_askable(struct key_ask *ask, size_t *result)
{
    *result = 0;
    ask->fault = msg_result_size(result, ask);
    if (ask->fault)
        return false;
    if (msg_ask_size(ask) > KEY_FRAME_MAX - MSG_HEAD) {
        ask->fault = FAULT_BAD_INPUT;
        return false;
    }
    if (ask->out.full || *result > ask->out.cap - ask->out.n) {
        ask->out.full = true;
        ask->fault = FAULT_INTERNAL;
        return false;
    }
    return true;
}

static bool fits(const struct batch *b, const struct key_ask *ask, size_t result)
{
    return b->n < KEY_ASKS_MAX && b->question + msg_ask_size(ask) <= KEY_FRAME_MAX &&
           b->reply + msg_answer_size(result) <= KEY_FRAME_MAX;
}

static const struct batch empty = { .question = MSG_HEAD, .reply = MSG_HEAD };

enum fault keyholder_ask(struct keyholder *k, struct key_ask *asks, size_t n)
{
    struct batch b = empty;
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < n && !f; i++) {
        size_t result;
        if (!is_askable(&asks[i], &result))
            continue;
        if (!fits(&b, &asks[i], result)) {
            f = ask_batch(k, &b);
            b = empty;
        }
        b.asks[b.n++] = &asks[i];
        b.question += msg_ask_size(&asks[i]);
        b.reply += msg_answer_size(result);
    }
    if (b.n && !f)
        f = ask_batch(k, &b);
    for (size_t i = 0; i < n && f; i++)
        asks[i].fault = f;
    return f;
}

enum fault keyholder_ask_one(struct keyholder *k, struct key_ask *ask)
{
    enum fault f = keyholder_ask(k, ask, 1);

    return f ? f : ask->fault;
}
