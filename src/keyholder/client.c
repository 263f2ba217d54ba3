/* client.c: questions over a few connections, asked again of the successor when the keyholder dies. */
#include "keyholder/client.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "base/secret.h"
#include "keyholder/msg.h"

#include "base/banned.h"

enum {
    LOOK_MS = 20,                     /* how often a late reply is looked for while no connection is free */
    STALE_MAX = 64,                   /* late replies to questions given up on that one question skips */
    SOCKET_BYTES = 2 * KEY_FRAME_MAX, /* socket buffer: the kernel counts its own overhead too */
    CHANNELS = KEY_CHANNELS + KEY_SLOW_CHANNELS,
};

/* Fields are guarded by the client's lock; while `busy`, its owner alone uses number, frame and the connection
 * behind fd, and only the owner closes it. */
struct channel {
    int fd;                           /* -1: dead */
    int fresh;                        /* a replacement that waits for the owner to finish; -1: none */
    bool busy;
    bool owes;                        /* the last question went unanswered; of no use until it has spoken */
    uint32_t number;                  /* of the last question */
    uint8_t *frame;                   /* KEY_FRAME_MAX bytes, for question and reply in turn */
};

/* The channels of one kind of question. What is learned on them of whether the keyholder answers is for that kind only:
 * a long queue of slow questions says nothing of the quick ones. */
struct lane {
    pthread_cond_t changed;           /* a channel came or became free */
    struct channel *channels;
    unsigned n, next;                 /* next: where the search for a free one begins */
    bool silent;                      /* a question went unanswered: the next ones are not put */
    int64_t probe_ns;                 /* while silent: when one of them is, all the same; monotonic */
    const char *stopped, *resumed;    /* what the journal is told */
};

enum { QUICK, SLOW, LANES };

struct keyholder {
    pthread_mutex_t lock;
    struct channel channels[CHANNELS];
    struct lane lanes[LANES];
    struct journal *journal;
    int wait_ms, probe_ms;
    atomic_bool sealed;               /* by its last reply it waits for its custodians */
    atomic_uint times_unsealed;
    atomic_uint_fast64_t *calls, *failures;
};

/* The asks of one frame, all of one lane. */
struct batch { struct lane *lane; struct key_ask *asks[KEY_ASKS_MAX]; size_t n, question, reply; };

/* How long a question may take (monotonic ns), whether the next ones are spared when it took too long, and whether it
 * is put although the keyholder is known not to answer. */
struct patience { int64_t until; bool for_all, insists; };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void start_lanes(struct keyholder *k)
{
    pthread_condattr_t attr;

    k->lanes[QUICK] = (struct lane){
        .channels = k->channels, .n = KEY_CHANNELS,
        .stopped = "the keyholder does not answer; what needs it is refused",
        .resumed = "the keyholder is asked again",
    };
    k->lanes[SLOW] = (struct lane){
        .channels = k->channels + KEY_CHANNELS, .n = KEY_SLOW_CHANNELS,
        .stopped = "the keyholder opens no cards; what needs it is refused",
        .resumed = "the keyholder is asked for cards again",
    };
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    for (size_t i = 0; i < LANES; i++)
        pthread_cond_init(&k->lanes[i].changed, &attr);
    pthread_condattr_destroy(&attr);
}

enum fault keyholder_new(struct keyholder **out, atomic_uint_fast64_t *calls, atomic_uint_fast64_t *failures)
{
    struct keyholder *k = calloc(1, sizeof *k);
    bool whole = true;

    if (!k)
        return FAULT_INTERNAL;
    pthread_mutex_init(&k->lock, NULL);
    start_lanes(k);
    k->wait_ms = KEY_WAIT_MS;
    k->probe_ms = KEY_PROBE_MS;
    k->calls = calls;
    k->failures = failures;
    for (size_t i = 0; i < CHANNELS; i++) {
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
    for (size_t i = 0; i < CHANNELS; i++) {
        close_fd(&k->channels[i].fd);
        close_fd(&k->channels[i].fresh);
        if (k->channels[i].frame)
            secret_wipe(k->channels[i].frame, KEY_FRAME_MAX);
        free(k->channels[i].frame);
    }
    for (size_t i = 0; i < LANES; i++)
        pthread_cond_destroy(&k->lanes[i].changed);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

void keyholder_set_wait(struct keyholder *k, int wait_ms)
{
    k->wait_ms = wait_ms;
}

void keyholder_set_probe(struct keyholder *k, int probe_ms)
{
    k->probe_ms = probe_ms;
}

void keyholder_journal(struct keyholder *k, struct journal *j)
{
    k->journal = j;
}

/* Does it answer? Called with the lock held, by whoever has learned it. */
static void set_silent(struct keyholder *k, struct lane *l, bool silent)
{
    if (l->silent == silent)
        return;
    l->silent = silent;
    l->probe_ns = clock_mono_ns() + k->probe_ms * MS_NS;
    pthread_cond_broadcast(&l->changed);
    journal_event(k->journal, silent ? JOURNAL_ERROR : JOURNAL_WARNING, silent ? l->stopped : l->resumed, 0, NULL);
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
    c->owes = false;
}

void keyholder_channel(struct keyholder *k, unsigned i, int fd)
{
    struct timeval wait = { k->wait_ms / 1000, k->wait_ms % 1000 * 1000 };
    struct lane *l = &k->lanes[i < KEY_CHANNELS ? QUICK : SLOW];
    int bytes = SOCKET_BYTES;
    struct channel *c;

    if (i >= CHANNELS || fd < 0) {
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
    set_silent(k, l, false);
    pthread_cond_broadcast(&l->changed);
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

/* Is there a frame to read from a living peer? */
static bool has_spoken(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 0) > 0 && p.revents == POLLIN;
}

static bool is_free(const struct channel *c)
{
    return !c->busy && c->fd >= 0 && (!c->owes || has_spoken(c->fd));
}

static struct channel *find_free(struct lane *l)
{
    for (unsigned i = 0; i < l->n; i++) {
        unsigned at = (l->next + i) % l->n;
        struct channel *c = &l->channels[at];
        if (!is_free(c))
            continue;
        l->next = at + 1;
        c->busy = true;
        return c;
    }
    return NULL;
}

static bool owes_any(const struct lane *l)
{
    for (unsigned i = 0; i < l->n; i++)
        if (l->channels[i].owes && !l->channels[i].busy)
            return true;
    return false;
}

/* Wait for a channel until `until`; nobody signals that one has spoken, so those that owe are looked at. */
static void wait_for_change(struct keyholder *k, struct lane *l, int64_t until)
{
    int64_t look = clock_mono_ns() + LOOK_MS * MS_NS;
    struct timespec at;

    if (owes_any(l) && look < until)
        until = look;
    at = (struct timespec){ until / 1000000000, until % 1000000000 };
    (void)pthread_cond_timedwait(&l->changed, &k->lock, &at);
}

/* While it does not answer: may this question be put? A late reply says that it answers again; otherwise one in
 * KEY_PROBE_MS may be, with little patience. */
static bool is_let_through(struct keyholder *k, struct lane *l, struct patience *p)
{
    int64_t now = clock_mono_ns();

    for (unsigned i = 0; i < l->n; i++)
        if (l->channels[i].owes && is_free(&l->channels[i])) {
            set_silent(k, l, false);
            return true;
        }
    if (now < l->probe_ns)
        return false;
    l->probe_ns = now + k->probe_ms * MS_NS;
    if (p->until > now + KEY_SHORT_WAIT_MS * MS_NS)
        p->until = now + KEY_SHORT_WAIT_MS * MS_NS;
    return true;
}

/* A live channel nobody uses, now the caller's; NULL when there is none, or was none in time. */
static struct channel *claim(struct keyholder *k, struct lane *l, struct patience *p)
{
    struct channel *c = NULL;

    pthread_mutex_lock(&k->lock);
    if (!l->silent || p->insists || is_let_through(k, l, p)) {
        while (!(c = find_free(l)) && !l->silent && clock_mono_ns() < p->until)
            wait_for_change(k, l, p->until);
        if (!c && p->for_all)
            set_silent(k, l, true);
    }
    pthread_mutex_unlock(&k->lock);
    return c;
}

/* Give the channel back; `f` is how the question on it went. */
static void release(struct keyholder *k, struct lane *l, struct channel *c, enum fault f, const struct patience *p)
{
    pthread_mutex_lock(&k->lock);
    if (f == FAULT_RETRY)
        close_fd(&c->fd);
    c->owes = f == FAULT_SILENT;
    adopt(c);
    c->busy = false;
    if (f == FAULT_NONE)
        set_silent(k, l, false);
    if (f == FAULT_SILENT && p->for_all)
        set_silent(k, l, true);
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&k->lock);
}

/* What recv() says of the next frame, or -1 with EAGAIN when there is none by `until`. The socket's own time-out is
 * that of a question that had a channel at once; others, and those a signal has interrupted, have less left. */
static ssize_t try_receive(const struct keyholder *k, struct channel *c, int64_t until)
{
    struct pollfd p = { .fd = c->fd, .events = POLLIN };
    int64_t left_ms = (until - clock_mono_ns()) / MS_NS;

    if (left_ms < k->wait_ms - 1) {
        int ready = poll(&p, 1, left_ms > 0 ? (int)left_ms : 0);
        if (ready == 0)
            errno = EAGAIN;
        if (ready <= 0)
            return -1;
    }
    return recv(c->fd, c->frame, KEY_FRAME_MAX, MSG_TRUNC);
}

/* One frame's size; 0 when nothing came in time; -1 when the connection is dead or the frame is over-long. */
static ssize_t receive(const struct keyholder *k, struct channel *c, int64_t until)
{
    ssize_t n;

    do
        n = try_receive(k, c, until);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (n > KEY_FRAME_MAX)
        secret_wipe(c->frame, KEY_FRAME_MAX);
    return n <= 0 || n > KEY_FRAME_MAX ? -1 : n;
}

/* Wait for the reply to question c->number; earlier ones were given up on and are skipped.
 * RETRY when the connection is dead, SILENT when nobody spoke in time. */
static enum fault hear(const struct keyholder *k, struct channel *c, struct batch *b, int64_t until)
{
    for (int i = 0; i < STALE_MAX; i++) {
        uint32_t number = 0;
        ssize_t n = receive(k, c, until);
        struct span reply = { c->frame, n > 0 ? (size_t)n : 0 };
        enum fault f = n > 0 ? msg_reply_number(&number, reply) : FAULT_NONE;
        if (n == 0)
            return FAULT_SILENT;
        if (n < 0)
            return FAULT_RETRY;
        if (!f && number == c->number)
            f = msg_reply_unpack(b->asks, b->n, reply);
        secret_wipe(c->frame, reply.n);
        if (f)
            return FAULT_RETRY;
        if (number == c->number)
            return FAULT_NONE;
    }
    return FAULT_RETRY;
}

static enum fault exchange(const struct keyholder *k, struct channel *c, struct batch *b, int64_t until)
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
    return hear(k, c, b, until);
}

static void count(atomic_uint_fast64_t *counter)
{
    if (counter)
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Each reply says whether the keyholder waits for its custodians. That it does is no silence to the questions after
 * this one: they are put as ever, so that nobody has to be told when it is over. */
static enum fault heed_seal(struct keyholder *k, const struct batch *b)
{
    bool sealed = false;

    for (size_t i = 0; i < b->n; i++)
        sealed = sealed || b->asks[i]->fault == (enum fault)MSG_SEALED;
    if (atomic_exchange(&k->sealed, sealed) != sealed) {
        atomic_fetch_add(&k->times_unsealed, sealed ? 0 : 1);
        journal_event(k->journal, JOURNAL_WARNING,
                      sealed ? "the keyholder is sealed: it waits for its custodians (tijori unseal)"
                             : "the keyholder is unsealed", 0, NULL);
    }
    return sealed ? FAULT_SILENT : FAULT_NONE;
}

/* A change of the ring: whether a keyholder that died made it, nobody knows, and the next one would make another. */
static bool is_asked_once(const struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->asks[i]->op == KEY_ROTATE || b->asks[i]->op == KEY_DESTROY)
            return true;
    return false;
}

static enum fault put(struct keyholder *k, struct batch *b, struct patience p)
{
    const bool once = is_asked_once(b);
    enum fault f = FAULT_RETRY;

    count(k->calls);
    while (f == FAULT_RETRY) {
        struct channel *c = claim(k, b->lane, &p);
        f = c ? exchange(k, c, b, p.until) : FAULT_SILENT;
        if (c)
            release(k, b->lane, c, f, &p);
        if (f == FAULT_RETRY && (once || clock_mono_ns() >= p.until))
            f = FAULT_SILENT;
    }
    if (!f)
        f = heed_seal(k, b);
    if (f)
        count(k->failures);
    return f;
}

static enum fault ask_batch(struct keyholder *k, struct batch *b)
{
    return put(k, b, (struct patience){ clock_mono_ns() + k->wait_ms * MS_NS, true, false });
}

static struct lane *lane_of(struct keyholder *k, const struct key_ask *ask)
{
    return &k->lanes[msg_is_slow(ask->op) ? SLOW : QUICK];
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

/* Ask those of one lane. */
static enum fault ask_lane(struct keyholder *k, struct lane *l, struct key_ask *asks, size_t n)
{
    const struct batch empty = { .lane = l, .question = MSG_HEAD, .reply = MSG_HEAD };
    struct batch b = empty;
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < n && !f; i++) {
        size_t result;
        if (lane_of(k, &asks[i]) != l || !is_askable(&asks[i], &result))
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
    return f;
}

enum fault keyholder_ask(struct keyholder *k, struct key_ask *asks, size_t n)
{
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < LANES && !f; i++)
        f = ask_lane(k, &k->lanes[i], asks, n);
    for (size_t i = 0; i < n && f; i++)
        asks[i].fault = f;
    return f;
}

/* A cheap question. Its short patience is its own: others may find the keyholder slow and yet be answered. */
static enum fault ask_whether(struct keyholder *k, bool insists)
{
    int wait_ms = k->wait_ms < KEY_SHORT_WAIT_MS ? k->wait_ms : KEY_SHORT_WAIT_MS;
    uint8_t mac[KEY_MAC_SIZE];
    struct key_ask ask = { .op = KEY_MAC, .use = KEY_USE_CHECK, .about = SPAN("ready"), .in = SPAN("ready"),
                           .out = BUF(mac) };
    struct batch b = { .lane = &k->lanes[QUICK], .asks = { &ask }, .n = 1 };

    return put(k, &b, (struct patience){ clock_mono_ns() + wait_ms * MS_NS, false, insists });
}

enum fault keyholder_check(struct keyholder *k)
{
    return ask_whether(k, false);
}

enum fault keyholder_probe(struct keyholder *k)
{
    return ask_whether(k, true);
}

bool keyholder_is_sealed(const struct keyholder *k)
{
    return atomic_load_explicit(&k->sealed, memory_order_relaxed);
}

unsigned keyholder_times_unsealed(const struct keyholder *k)
{
    return atomic_load_explicit(&k->times_unsealed, memory_order_relaxed);
}

enum fault keyholder_ask_one(struct keyholder *k, struct key_ask *ask)
{
    enum fault f = keyholder_ask(k, ask, 1);

    return f ? f : ask->fault;
}
