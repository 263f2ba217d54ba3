/* network.c: questions in flight, and the time each of them has. */
#include "network/network.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/bells.h"
#include "base/journal.h"

#include "base/banned.h"

enum {
    NOWHERE = NETWORK_PENDING_MAX,    /* the place that is none: the end of a list */
    EXPIRED_AT_ONCE = 64,             /* questions whose time is up, told before the lock is taken again */
    INDEX_BITS = 32,                  /* of a handle; the generation lies above */
};
#define MS_NS INT64_C(1000000)
#define SECOND_NS INT64_C(1000000000)

/* All wait equally long, so those in flight in the order they were asked are also in the order of their deadlines. */
struct place {
    struct network_call *call;        /* NULL: free */
    uint32_t generation;              /* grows each time it is taken, so that an old handle opens nothing */
    uint32_t before, next;            /* in flight; or `next` among the free ones */
    int64_t deadline_ns;
};

struct network {
    struct network_options options;
    struct network_body body;
    int64_t wait_ns;
    pthread_t thread;
    pthread_mutex_t lock;             /* what follows */
    pthread_cond_t wake, left;
    struct place places[NETWORK_PENDING_MAX];
    uint32_t free, first, last;
    unsigned inside;                  /* calls into the body or the listener; network_stop() waits for them */
    bool asleep, stopping, ending;
    bool crowded;                     /* the journal knows that no place is free */
    atomic_uint_fast64_t late;
};

static void *watch(void *arg);

static void chain_places(struct network *n)
{
    for (uint32_t i = 0; i < NETWORK_PENDING_MAX; i++)
        n->places[i].next = i + 1;
    n->free = 0;
    n->first = n->last = NOWHERE;
}

static void make_condition(pthread_cond_t *c)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(c, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

enum fault network_new(struct network **out, const struct network_options *o)
{
    struct network *n = calloc(1, sizeof *n);

    if (!n)
        return FAULT_INTERNAL;
    n->options = *o;
    n->wait_ns = (o->wait_ms ? o->wait_ms : NETWORK_WAIT_MS) * MS_NS;
    chain_places(n);
    pthread_mutex_init(&n->lock, NULL);
    make_condition(&n->wake);
    make_condition(&n->left);
    if (pthread_create(&n->thread, NULL, watch, n) != 0) {
        free(n);
        return FAULT_INTERNAL;
    }
    *out = n;
    return FAULT_NONE;
}

void network_attach(struct network *n, const struct network_body *body)
{
    pthread_mutex_lock(&n->lock);
    n->body = *body;
    pthread_mutex_unlock(&n->lock);
}

/* The lock is held. */
static uint32_t place_take(struct network *n, struct network_call *call)
{
    uint32_t i = n->free;
    struct place *p = &n->places[i];

    assert(i != NOWHERE && !p->call);
    n->free = p->next;
    *p = (struct place){ .call = call, .generation = p->generation + 1, .before = n->last, .next = NOWHERE,
                         .deadline_ns = clock_mono_ns() + n->wait_ns };
    if (n->last == NOWHERE)
        n->first = i;
    else
        n->places[n->last].next = i;
    n->last = i;
    return i;
}

/* The lock is held. The place is free afterwards; whose it was is the result. */
static struct network_call *place_leave(struct network *n, uint32_t i)
{
    struct place *p = &n->places[i];
    struct network_call *call = p->call;

    assert(call);
    if (p->before == NOWHERE)
        n->first = p->next;
    else
        n->places[p->before].next = p->next;
    if (p->next == NOWHERE)
        n->last = p->before;
    else
        n->places[p->next].before = p->before;
    p->call = NULL;
    p->next = n->free;
    n->free = i;
    if (n->first == NOWHERE)
        n->crowded = false;
    return call;
}

/* Answer with a verdict of our own. No lock is held. */
static void tell(struct network_call *call, enum network_verdict v)
{
    call->answer = (struct network_answer){ .verdict = v, .ref = call->ask.ref };
    call->done(call);
}

/* May the body or the listener be called? Then leave() follows. */
static bool enter(struct network *n)
{
    bool may;

    pthread_mutex_lock(&n->lock);
    may = !n->stopping;
    if (may)
        n->inside++;
    pthread_mutex_unlock(&n->lock);
    return may;
}

static void leave(struct network *n)
{
    pthread_mutex_lock(&n->lock);
    assert(n->inside > 0);
    if (--n->inside == 0 && n->stopping)
        pthread_cond_broadcast(&n->left);
    pthread_mutex_unlock(&n->lock);
}

static void wake_body(void *network)
{
    struct network *n = network;

    n->body.wake(n->body.body);
    leave(n);
}

void network_ask(struct network *n, struct network_call *call)
{
    enum network_verdict refused = NETWORK_BUSY;
    uint64_t handle = 0;
    struct network_ask ask;
    bool wake = false, sent = false, crowd = false;

    assert(call->ask.op < NETWORK_OPS && call->done);
    pthread_mutex_lock(&n->lock);
    if (!n->body.ask) {
        refused = NETWORK_NO_ROUTE;
    } else if (!n->stopping && n->free != NOWHERE) {
        uint32_t i = place_take(n, call);

        handle = (uint64_t)n->places[i].generation << INDEX_BITS | i;
        ask = call->ask;              /* once the lock is given back the call may end and be gone at any time */
        wake = n->asleep;
        n->asleep = false;
        n->inside++;
        sent = true;
    } else if (!n->stopping) {
        crowd = !n->crowded;
        n->crowded = true;
    }
    pthread_mutex_unlock(&n->lock);
    if (crowd)
        journal_event(n->options.journal, JOURNAL_WARNING, "too many questions to the card network are under way",
                      NETWORK_PENDING_MAX, NULL);
    if (!sent) {
        tell(call, refused);
        return;
    }
    if (wake)
        pthread_cond_signal(&n->wake);
    n->body.ask(n->body.body, handle, &ask);
    if (!n->body.wake || !bells_ring(wake_body, n))
        leave(n);                     /* otherwise when it was woken: network_stop() waits for that */
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool done;
};

static void waiter_done(struct network_call *call)
{
    struct waiter *w = call->arg;

    pthread_mutex_lock(&w->lock);
    w->done = true;
    pthread_cond_signal(&w->told);
    pthread_mutex_unlock(&w->lock);
}

void network_ask_wait(struct network *n, struct network_call *call)
{
    struct waiter w = { .done = false };
    struct network_call own = { .ask = call->ask, .done = waiter_done, .arg = &w };

    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.told, NULL);
    network_ask(n, &own);
    pthread_mutex_lock(&w.lock);
    while (!w.done)
        pthread_cond_wait(&w.told, &w.lock);
    pthread_mutex_unlock(&w.lock);
    pthread_cond_destroy(&w.told);
    pthread_mutex_destroy(&w.lock);
    call->answer = own.answer;
}

void network_answered(struct network *n, uint64_t handle, const struct network_answer *answer)
{
    uint32_t i = (uint32_t)handle, generation = (uint32_t)(handle >> INDEX_BITS);
    struct network_call *call = NULL;

    pthread_mutex_lock(&n->lock);
    if (i < NETWORK_PENDING_MAX && n->places[i].call && n->places[i].generation == generation) {
        call = place_leave(n, i);
        call->answer = *answer;
    }
    pthread_mutex_unlock(&n->lock);
    if (call)
        call->done(call);
    else
        atomic_fetch_add_explicit(&n->late, 1, memory_order_relaxed);
}

void network_notice(struct network *n, const struct network_notice *notice)
{
    if (!n->options.notice || !enter(n))
        return;
    n->options.notice(n->options.arg, notice);
    leave(n);
}

void network_noticed(struct network *n, uint64_t id)
{
    if (!enter(n))
        return;
    if (n->body.noticed)
        n->body.noticed(n->body.body, id);
    leave(n);
}

int network_wait_ms(const struct network *n)
{
    return (int)(n->wait_ns / MS_NS);
}

uint64_t network_late(const struct network *n)
{
    return atomic_load_explicit(&n->late, memory_order_relaxed);
}

/* Take out of flight, oldest first, whose time is up at `now_ns`, at most EXPIRED_AT_ONCE. The lock is held. */
static size_t expired(struct network *n, struct network_call *out[static EXPIRED_AT_ONCE], int64_t now_ns)
{
    size_t count = 0;

    while (count < EXPIRED_AT_ONCE && n->first != NOWHERE && n->places[n->first].deadline_ns <= now_ns)
        out[count++] = place_leave(n, n->first);
    return count;
}

/* The lock is held. Without questions the thread sleeps until one wakes it; with some, until the first one's deadline,
 * however many are answered and asked meanwhile: so it wakes rarely at any load. */
static void wait_for_deadline(struct network *n)
{
    struct timespec until;
    int64_t ns;

    if (n->first == NOWHERE) {
        n->asleep = true;
        pthread_cond_wait(&n->wake, &n->lock);
        n->asleep = false;
        return;
    }
    ns = n->places[n->first].deadline_ns;
    until = (struct timespec){ .tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS };
    (void)pthread_cond_timedwait(&n->wake, &n->lock, &until);
}

static void *watch(void *arg)
{
    struct network_call *due[EXPIRED_AT_ONCE];
    struct network *n = arg;

    pthread_mutex_lock(&n->lock);
    while (!n->ending) {
        size_t count = expired(n, due, clock_mono_ns());

        if (count == 0) {
            wait_for_deadline(n);
            continue;
        }
        n->inside++;
        pthread_mutex_unlock(&n->lock);
        for (size_t i = 0; i < count; i++)
            tell(due[i], NETWORK_SILENT);
        leave(n);
        pthread_mutex_lock(&n->lock);
    }
    pthread_mutex_unlock(&n->lock);
    return NULL;
}

void network_stop(struct network *n)
{
    struct network_call *due[EXPIRED_AT_ONCE];
    size_t count;

    pthread_mutex_lock(&n->lock);
    n->stopping = true;
    do {
        count = expired(n, due, INT64_MAX);
        pthread_mutex_unlock(&n->lock);
        for (size_t i = 0; i < count; i++)
            tell(due[i], NETWORK_SILENT);
        pthread_mutex_lock(&n->lock);
    } while (count > 0);
    while (n->inside > 0)
        pthread_cond_wait(&n->left, &n->lock);
    pthread_mutex_unlock(&n->lock);
}

void network_free(struct network *n)
{
    if (!n)
        return;
    pthread_mutex_lock(&n->lock);
    n->ending = true;
    pthread_cond_signal(&n->wake);
    pthread_mutex_unlock(&n->lock);
    pthread_join(n->thread, NULL);
    assert(n->first == NOWHERE && n->inside == 0);
    pthread_cond_destroy(&n->left);
    pthread_cond_destroy(&n->wake);
    pthread_mutex_destroy(&n->lock);
    free(n);
}
