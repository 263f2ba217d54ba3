/* serve.c: connections and their threads. */
#include "keyholder/serve.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/journal.h"
#include "keyholder/msg.h"

#include "base/banned.h"

enum {
    STACK = 512 * 1024,               /* bytes of a thread's stack: a question taken apart is about 7 KiB */
    SOCKET_BYTES = 2 * KEY_FRAME_MAX, /* socket buffer: the kernel counts its own overhead too */
};

struct connection {
    struct serve *serve;
    pthread_t thread;
    bool used;                        /* there is a thread to be joined; only the control thread looks */
    atomic_bool ended;                /* and joining it will not wait */
    int fd;
    unsigned may;
    uint8_t *question, *reply;        /* KEY_FRAME_MAX bytes each */
};

/* The thread that tells the time. */
struct teller { pthread_t thread; pthread_mutex_t lock; pthread_cond_t wake; bool ending; };

struct serve {
    _Atomic(const struct heart *) heart;      /* NULL: sealed */
    struct journal *journal;
    struct teller teller;
    struct connection connections[SERVE_CONNECTIONS];
};

/* Milliseconds of a clock that never jumps and goes on while the machine sleeps: keys do not outlive a closed lid. */
static uint64_t real_ms(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Sleep until it is time to tell again, or to end. */
static bool wait_to_tell(struct teller *t)
{
    struct timespec until = { 0 };
    bool ending;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SERVE_TELL_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&t->lock);
    while (!t->ending && pthread_cond_timedwait(&t->wake, &t->lock, &until) != ETIMEDOUT)
        ;
    ending = t->ending;
    pthread_mutex_unlock(&t->lock);
    return !ending;
}

static void *tell_time(void *arg)
{
    struct serve *s = arg;
    uint64_t told = real_ms();

    while (wait_to_tell(&s->teller)) {
        const struct heart *heart = atomic_load(&s->heart);
        uint64_t now = real_ms();
        if (heart)
            heart_time_passed(heart, now - told);
        told = now;
    }
    return NULL;
}

static bool start_thread(pthread_t *out, void *(*body)(void *), void *arg)
{
    pthread_attr_t attr;
    bool started;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    started = pthread_create(out, &attr, body, arg) == 0;
    pthread_attr_destroy(&attr);
    return started;
}

static void fini_teller(struct teller *t)
{
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
}

static bool start_teller(struct serve *s)
{
    struct teller *t = &s->teller;
    pthread_condattr_t monotonic;

    pthread_mutex_init(&t->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&t->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (start_thread(&t->thread, tell_time, s))
        return true;
    fini_teller(t);
    return false;
}

static void stop_teller(struct teller *t)
{
    pthread_mutex_lock(&t->lock);
    t->ending = true;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
    (void)pthread_join(t->thread, NULL);
    fini_teller(t);
}

enum fault serve_new(struct serve **out, const struct heart *heart, struct journal *journal)
{
    struct serve *s = calloc(1, sizeof *s);

    if (!s)
        return FAULT_INTERNAL;
    atomic_init(&s->heart, heart);
    s->journal = journal;
    if (!start_teller(s)) {
        free(s);
        return FAULT_INTERNAL;
    }
    *out = s;
    return FAULT_NONE;
}

void serve_unseal(struct serve *s, const struct heart *heart)
{
    atomic_store(&s->heart, heart);
}

/* Without keys the answer to everything is that. */
static enum fault answer_sealed(struct buf *reply, struct span frame)
{
    struct msg_question q;
    enum fault f = msg_question_unpack(&q, frame);
    struct span whole;

    if (f)
        return f;
    msg_reply_pack(reply, q.number, q.n);
    for (size_t i = 0; i < q.n; i++) {
        struct buf room = msg_answer_room(reply, 0);
        msg_answer_close(reply, &room, (enum fault)MSG_SEALED);
    }
    return buf_done(reply, &whole);
}

/* One question and its reply; false when the connection is over. */
static bool answer_next(struct connection *c)
{
    struct buf reply = { c->reply, 0, KEY_FRAME_MAX, false };
    enum fault f;
    ssize_t n;

    do
        n = recv(c->fd, c->question, KEY_FRAME_MAX, MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    if (n > KEY_FRAME_MAX) {
        f = FAULT_BAD_INPUT;
        n = KEY_FRAME_MAX;
    } else {
        const struct heart *heart = atomic_load(&c->serve->heart);    /* not before: it may have come meanwhile */
        struct span question = { c->question, (size_t)n };
        f = heart ? heart_answer(heart, c->may, &reply, question) : answer_sealed(&reply, question);
    }
    secret_wipe(c->question, (size_t)n);
    if (f) {
        journal_event(c->serve->journal, JOURNAL_ERROR, "a malformed question closed its connection", 0, NULL);
        return false;
    }
    do
        n = send(c->fd, reply.p, reply.n, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    secret_wipe(reply.p, reply.n);
    return n >= 0;
}

static void *run(void *arg)
{
    struct connection *c = arg;

    while (answer_next(c))
        ;
    (void)shutdown(c->fd, SHUT_RDWR);         /* the peer learns of it now; the number stays ours until the join */
    atomic_store(&c->ended, true);
    return NULL;
}

static void join(struct connection *c)
{
    (void)pthread_join(c->thread, NULL);
    (void)close(c->fd);
    free(c->question);
    free(c->reply);
    *c = (struct connection){ .used = false };
}

static struct connection *find_place(struct serve *s)
{
    struct connection *place = NULL;

    for (size_t i = 0; i < SERVE_CONNECTIONS; i++) {
        struct connection *c = &s->connections[i];
        if (c->used && atomic_load(&c->ended))
            join(c);
        if (!c->used)
            place = c;
    }
    return place;
}

enum fault serve_connection(struct serve *s, int fd, unsigned may)
{
    struct connection *c = find_place(s);
    int bytes = SOCKET_BYTES;

    if (!c) {
        (void)close(fd);
        return FAULT_BUSY;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    c->serve = s;
    c->fd = fd;
    c->may = may;
    c->question = malloc(KEY_FRAME_MAX);
    c->reply = malloc(KEY_FRAME_MAX);
    c->used = c->question && c->reply && start_thread(&c->thread, run, c);
    if (c->used)
        return FAULT_NONE;
    free(c->question);
    free(c->reply);
    (void)close(fd);
    return FAULT_BUSY;
}

void serve_free(struct serve *s)
{
    if (!s)
        return;
    stop_teller(&s->teller);
    for (size_t i = 0; i < SERVE_CONNECTIONS; i++) {
        if (!s->connections[i].used)
            continue;
        (void)shutdown(s->connections[i].fd, SHUT_RDWR);
        join(&s->connections[i]);
    }
    free(s);
}
