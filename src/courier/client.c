/* client.c: the gateway's side of the courier: a place for each request until its outcome comes.
 *
 * One thread does it all: it packs what was handed in, reads outcomes, watches the time, and calls back. */
#include "courier/courier.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bells.h"
#include "base/clock.h"
#include "base/journal.h"
#include "courier/frame.h"

#include "base/banned.h"

enum {
    MARGIN_MS = 400,                  /* beyond a request's own time: then the courier is not heard of any more */
    LOOK_MS = 100,                    /* how often the time is looked at while something is under way */
    OUT_BYTES = 4 * (FRAME_LENGTH + FRAME_REQUEST_MAX), IN_BYTES = 64 * 1024,
    NONE = COURIER_PENDING_MAX,       /* no place */
};

enum place_state { PLACE_FREE, PLACE_QUEUED, PLACE_SENT };

struct place {
    struct courier_call *call;
    enum place_state state;
    uint32_t turn;                    /* how often it was given; with its number it makes the id of a request */
    unsigned next;                    /* in the list of free ones, or of those that are queued */
    int64_t started_ns, until_ns;     /* monotonic */
};

/* A list of calls that are to be told, linked by their `next`. */
struct calls { struct courier_call *first, **end; };

struct courier {
    struct journal *journal;
    pthread_t thread;
    int bell;                         /* eventfd */
    pthread_mutex_t lock;
    pthread_cond_t idle;              /* nothing is in a place */
    /* under the lock */
    struct place places[COURIER_PENDING_MAX];
    unsigned free, queue_first, queue_last, taken;
    struct calls refused;
    int fresh;                        /* a connection to be taken over; -1: none */
    bool asleep, stopping, ended, up;
    uint64_t counts[COURIER_OUTCOMES];
    /* the thread's own */
    int fd;
    struct buf out, in;
};

static void *run(void *arg);

static void calls_add(struct calls *l, struct courier_call *call)
{
    if (!l->first)
        l->end = &l->first;
    call->next = NULL;
    *l->end = call;
    l->end = &call->next;
}

static enum fault open_parts(struct courier *c)
{
    c->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->out = (struct buf){ malloc(OUT_BYTES), 0, OUT_BYTES, false };
    c->in = (struct buf){ malloc(IN_BYTES), 0, IN_BYTES, false };
    if (c->bell < 0 || !c->out.p || !c->in.p || pthread_create(&c->thread, NULL, run, c) != 0)
        return FAULT_INTERNAL;
    return FAULT_NONE;
}

static void free_parts(struct courier *c)
{
    if (c->bell >= 0)
        (void)close(c->bell);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->idle);
    free(c->out.p);
    free(c->in.p);
    free(c);
}

enum fault courier_new(struct courier **out, struct journal *j)
{
    struct courier *c = calloc(1, sizeof *c);

    if (!c)
        return FAULT_INTERNAL;
    c->journal = j;
    c->fd = c->fresh = -1;
    c->queue_first = c->queue_last = NONE;
    for (unsigned i = 0; i < COURIER_PENDING_MAX; i++)
        c->places[i].next = i + 1;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->idle, NULL);
    if (open_parts(c)) {
        free_parts(c);
        return FAULT_INTERNAL;
    }
    *out = c;
    return FAULT_NONE;
}

static void ring(void *arg)
{
    const struct courier *c = arg;
    const uint64_t one = 1;

    (void)!write(c->bell, &one, sizeof one);          /* when it is full, it rings already */
}

/* Called with the lock held: does the thread need to be woken? */
static bool wakes(struct courier *c)
{
    bool asleep = c->asleep;

    c->asleep = false;
    return asleep;
}

void courier_stop(struct courier *c)
{
    bool wake;

    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    wake = wakes(c);
    pthread_mutex_unlock(&c->lock);
    if (wake)
        ring(c);
    pthread_mutex_lock(&c->lock);
    while (c->taken)
        pthread_cond_wait(&c->idle, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

void courier_free(struct courier *c)
{
    if (!c)
        return;
    courier_stop(c);
    pthread_mutex_lock(&c->lock);
    c->ended = true;
    pthread_mutex_unlock(&c->lock);
    ring(c);
    pthread_join(c->thread, NULL);
    if (c->fresh >= 0)
        (void)close(c->fresh);
    free_parts(c);
}

void courier_channel(struct courier *c, int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        (void)close(fd);
        return;
    }
    pthread_mutex_lock(&c->lock);
    if (c->fresh >= 0)
        (void)close(c->fresh);
    c->fresh = fd;
    c->up = true;
    pthread_mutex_unlock(&c->lock);
    ring(c);
}

bool courier_is_up(struct courier *c)
{
    bool up;

    pthread_mutex_lock(&c->lock);
    up = c->up && !c->stopping;
    pthread_mutex_unlock(&c->lock);
    return up;
}

uint64_t courier_count(struct courier *c, enum courier_outcome o)
{
    uint64_t n;

    pthread_mutex_lock(&c->lock);
    n = c->counts[o];
    pthread_mutex_unlock(&c->lock);
    return n;
}

static int timeout_of(const struct courier_call *call)
{
    if (call->timeout_ms <= 0)
        return COURIER_TIMEOUT_MS;
    return call->timeout_ms < FRAME_TIMEOUT_MAX_MS ? call->timeout_ms : FRAME_TIMEOUT_MAX_MS;
}

static void fill(struct frame_request *r, const struct courier_call *call, uint64_t id)
{
    *r = (struct frame_request){ .id = id, .url = call->url, .body = call->body, .n_headers = call->n_headers,
                                 .allow_private = call->allow_private, .timeout_ms = timeout_of(call) };
    for (size_t i = 0; i < call->n_headers && i < COURIER_HEADERS_MAX; i++)
        r->headers[i] = call->headers[i];
}

/* Called with the lock held, when there is a free place. */
static void take_place(struct courier *c, struct courier_call *call)
{
    unsigned at = c->free;
    struct place *p = &c->places[at];
    int64_t now = clock_mono_ns();

    c->free = p->next;
    c->taken++;
    p->call = call;
    p->state = PLACE_QUEUED;
    p->turn++;
    p->next = NONE;
    p->started_ns = now;
    p->until_ns = now + (timeout_of(call) + MARGIN_MS) * MS_NS;
    if (c->queue_last == NONE)
        c->queue_first = at;
    else
        c->places[c->queue_last].next = at;
    c->queue_last = at;
}

void courier_send(struct courier *c, struct courier_call *call)
{
    struct frame_request r;
    bool wake, fits;

    call->status = 0;
    call->ms = 0;
    call->shown[0] = '\0';
    fill(&r, call, 0);
    fits = frame_request_check(&r) == FAULT_NONE;
    call->outcome = fits ? COURIER_BUSY : COURIER_BAD_URL;
    pthread_mutex_lock(&c->lock);
    if (fits && !c->stopping && c->free != NONE) {
        take_place(c, call);
    } else {
        c->counts[call->outcome]++;
        calls_add(&c->refused, call);
    }
    wake = wakes(c);
    pthread_mutex_unlock(&c->lock);
    if (wake)
        bells_ring(ring, c);
}

/* ---- the thread ---- */

/* Called with the lock held: its outcome is known, its place free. */
static void leave_place(struct courier *c, unsigned at, enum courier_outcome outcome, struct calls *told)
{
    struct place *p = &c->places[at];

    c->counts[outcome]++;
    p->call->outcome = outcome;
    calls_add(told, p->call);
    p->call = NULL;
    p->state = PLACE_FREE;
    p->next = c->free;
    c->free = at;
}

/* `taken` counts those that are being told, so that whoever waits for the end knows that they have been. */
static void tell(struct courier *c, struct calls *told)
{
    struct courier_call *next;
    unsigned n = 0;

    bells_hold();
    for (struct courier_call *call = told->first; call; call = next) {
        next = call->next;
        n++;
        call->done(call);
    }
    bells_release();
    told->first = NULL;
    pthread_mutex_lock(&c->lock);
    c->taken -= n;
    if (c->taken == 0)
        pthread_cond_broadcast(&c->idle);
    pthread_mutex_unlock(&c->lock);
}

static void tell_refused(struct courier *c)
{
    struct calls refused;
    struct courier_call *next;

    pthread_mutex_lock(&c->lock);
    refused = c->refused;
    c->refused.first = NULL;
    pthread_mutex_unlock(&c->lock);
    bells_hold();
    for (struct courier_call *call = refused.first; call; call = next) {
        next = call->next;
        call->done(call);
    }
    bells_release();
}

/* Those in `which` state whose time is up, or all of them. */
static void give_up(struct courier *c, bool all, enum place_state which, enum courier_outcome outcome)
{
    struct calls told = { 0 };
    int64_t now = clock_mono_ns();

    pthread_mutex_lock(&c->lock);
    for (unsigned i = 0; i < COURIER_PENDING_MAX && c->taken; i++) {
        struct place *p = &c->places[i];
        if (p->state != which || (!all && p->until_ns > now))
            continue;
        p->call->ms = (int)((now - p->started_ns) / MS_NS);
        leave_place(c, i, outcome, &told);
    }
    pthread_mutex_unlock(&c->lock);
    tell(c, &told);
}

/* The queue is in the order of arrival; those that end before their turn are taken out of it here. */
static void give_up_queued(struct courier *c, bool all)
{
    struct calls told = { 0 };
    int64_t now = clock_mono_ns();
    unsigned at, next, last = NONE;

    pthread_mutex_lock(&c->lock);
    for (at = c->queue_first; at != NONE; at = next) {
        struct place *p = &c->places[at];
        next = p->next;
        if (!all && p->until_ns > now) {
            last = at;
            continue;
        }
        if (last == NONE)
            c->queue_first = next;
        else
            c->places[last].next = next;
        p->call->ms = (int)((now - p->started_ns) / MS_NS);
        leave_place(c, at, all ? COURIER_LOST : COURIER_BUSY, &told);
    }
    c->queue_last = last;
    pthread_mutex_unlock(&c->lock);
    tell(c, &told);
}

static void hang_up(struct courier *c)
{
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
    c->out.n = c->in.n = 0;
    pthread_mutex_lock(&c->lock);
    c->up = c->fresh >= 0;
    pthread_mutex_unlock(&c->lock);
    give_up(c, true, PLACE_SENT, COURIER_LOST);
}

static void adopt(struct courier *c)
{
    int fresh;

    pthread_mutex_lock(&c->lock);
    fresh = c->fresh;
    c->fresh = -1;
    pthread_mutex_unlock(&c->lock);
    if (fresh < 0)
        return;
    hang_up(c);
    c->fd = fresh;
    pthread_mutex_lock(&c->lock);
    c->up = true;
    pthread_mutex_unlock(&c->lock);
}

/* Into `out`, as many of the queue as surely fit. */
static void pack(struct courier *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->queue_first != NONE && c->out.cap - c->out.n >= FRAME_LENGTH + FRAME_REQUEST_MAX) {
        unsigned at = c->queue_first;
        struct place *p = &c->places[at];
        struct frame_request r;

        c->queue_first = p->next;
        if (c->queue_first == NONE)
            c->queue_last = NONE;
        p->state = PLACE_SENT;
        fill(&r, p->call, (uint64_t)p->turn << 32 | at);
        frame_request_pack(&c->out, &r);
    }
    pthread_mutex_unlock(&c->lock);
}

/* False: the connection is dead. */
static bool flush(struct courier *c)
{
    ssize_t n;

    if (c->out.n == 0)
        return true;
    do
        n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK;
    memmove(c->out.p, c->out.p + n, c->out.n - (size_t)n);
    c->out.n -= (size_t)n;
    return true;
}

static void show(char out[static COURIER_SHOWN + 1], struct span body)
{
    size_t n = 0;

    for (size_t i = 0; i < body.n && n < COURIER_SHOWN; i++)
        if (body.p[i] >= ' ' && body.p[i] < 0x7f)
            out[n++] = (char)body.p[i];
    out[n] = '\0';
}

/* Called with the lock held. An id that is not waited for any more is none of our concern. */
static void hear(struct courier *c, const struct frame_outcome *o, struct calls *told)
{
    uint32_t at = (uint32_t)o->id;
    struct place *p = &c->places[at % COURIER_PENDING_MAX];

    if (at >= COURIER_PENDING_MAX || p->state != PLACE_SENT || p->turn != o->id >> 32)
        return;
    p->call->status = o->status;
    p->call->ms = o->ms;
    show(p->call->shown, o->shown);
    leave_place(c, at, o->outcome, told);
}

/* False: they make no sense. */
static bool hear_all(struct courier *c)
{
    struct span frame, rest = buf_view(&c->in);
    struct calls told = { 0 };
    struct frame_outcome o;
    enum fault f;

    pthread_mutex_lock(&c->lock);
    while (!(f = frame_next(&frame, &rest, FRAME_OUTCOME_MAX)) && !(f = frame_outcome_unpack(&o, frame)))
        hear(c, &o, &told);
    pthread_mutex_unlock(&c->lock);
    memmove(c->in.p, rest.p, rest.n);
    c->in.n = rest.n;
    tell(c, &told);
    return f == FAULT_RETRY;
}

/* False: the connection is dead. */
static bool receive(struct courier *c)
{
    ssize_t n;

    do
        n = recv(c->fd, c->in.p + c->in.n, c->in.cap - c->in.n, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK;
    if (n == 0)
        return false;
    c->in.n += (size_t)n;
    if (hear_all(c))
        return true;
    journal_event(c->journal, JOURNAL_ERROR, "the courier said what makes no sense; its connection is closed", 0, NULL);
    return false;
}

/* May the thread sleep, and for how long? Called before each poll. */
static int patience(struct courier *c)
{
    bool work;
    int ms;

    pthread_mutex_lock(&c->lock);
    work = c->fresh >= 0 || c->refused.first || c->ended || (c->stopping && c->taken) ||
           (c->fd >= 0 && c->queue_first != NONE && c->out.n == 0);
    c->asleep = !work;
    ms = work ? 0 : c->taken ? LOOK_MS : -1;
    pthread_mutex_unlock(&c->lock);
    return ms;
}

static void wait_and_act(struct courier *c)
{
    struct pollfd p[2] = { { .fd = c->bell, .events = POLLIN },
                           { .fd = c->fd, .events = (short)(c->out.n ? POLLIN | POLLOUT : POLLIN) } };
    uint64_t rung;

    if (poll(p, 2, patience(c)) < 0)
        p[0].revents = p[1].revents = 0;
    pthread_mutex_lock(&c->lock);
    c->asleep = false;
    pthread_mutex_unlock(&c->lock);
    if (p[0].revents)
        (void)!read(c->bell, &rung, sizeof rung);
    if (p[1].revents & (POLLIN | POLLHUP | POLLERR) && !receive(c))
        hang_up(c);
    adopt(c);
    if (c->fd < 0)
        return;
    pack(c);
    if (!flush(c))
        hang_up(c);
}

static void *run(void *arg)
{
    struct courier *c = arg;
    int64_t looked_ns = 0;
    bool ended = false, stopping = false;

    while (!ended) {
        wait_and_act(c);
        pthread_mutex_lock(&c->lock);
        stopping = c->stopping;
        ended = c->ended;
        pthread_mutex_unlock(&c->lock);
        if (stopping) {
            hang_up(c);
            give_up_queued(c, true);
        } else if (clock_mono_ns() - looked_ns >= LOOK_MS * MS_NS) {
            looked_ns = clock_mono_ns();
            give_up(c, false, PLACE_SENT, COURIER_LOST);
            give_up_queued(c, false);
        }
        tell_refused(c);
    }
    return NULL;
}
