/* inflight.c: places with generations, in the order of their deadlines, and the thread that watches the first. */
#include "base/inflight.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/journal.h"

#include "base/banned.h"

enum {
    EXPIRED_AT_ONCE = 64,             /* questions whose time is up, told before the lock is taken again */
    INDEX_BITS = 32,                  /* of a handle; the generation lies above */
};
#define SECOND_NS INT64_C(1000000000)

/* All wait equally long, so those in flight in the order they were asked are also in the order of their deadlines. */
struct place {
    void *call;                       /* NULL: free */
    uint32_t generation;              /* grows each time it is taken, so that an old handle opens nothing */
    uint32_t before, next;            /* in flight; or `next` among the free ones */
    int64_t deadline_ns;
};

struct inflight {
    struct inflight_options options;
    uint32_t nowhere;                 /* the place that is none: the end of a list */
    int64_t wait_ns;
    pthread_t thread;
    pthread_mutex_t lock;             /* what follows */
    pthread_cond_t wake, left;
    uint32_t free, first, last;
    unsigned inside;                  /* who has entered and not left; inflight_stop() waits for them */
    bool asleep, stopping, ending;
    bool crowded;                     /* the journal knows that no place is free */
    atomic_uint_fast64_t late;
    struct place places[];
};

static void *watch(void *arg);

static void make_condition(pthread_cond_t *c)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(c, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void chain_places(struct inflight *f)
{
    for (uint32_t i = 0; i < f->nowhere; i++)
        f->places[i].next = i + 1;
    f->free = 0;
    f->first = f->last = f->nowhere;
}

enum fault inflight_new(struct inflight **out, const struct inflight_options *o)
{
    struct inflight *f = calloc(1, sizeof *f + o->places * sizeof *f->places);

    assert(o->places > 0 && o->wait_ms > 0 && o->silent);
    if (!f)
        return FAULT_INTERNAL;
    f->options = *o;
    f->nowhere = o->places;
    f->wait_ns = o->wait_ms * MS_NS;
    chain_places(f);
    pthread_mutex_init(&f->lock, NULL);
    make_condition(&f->wake);
    make_condition(&f->left);
    if (pthread_create(&f->thread, NULL, watch, f) != 0) {
        free(f);
        return FAULT_INTERNAL;
    }
    *out = f;
    return FAULT_NONE;
}

/* The lock is held. */
static uint32_t place_take(struct inflight *f, void *call)
{
    uint32_t i = f->free;
    struct place *p = &f->places[i];

    assert(i != f->nowhere && !p->call);
    f->free = p->next;
    *p = (struct place){ .call = call, .generation = p->generation + 1, .before = f->last, .next = f->nowhere,
                         .deadline_ns = clock_mono_ns() + f->wait_ns };
    if (f->last == f->nowhere)
        f->first = i;
    else
        f->places[f->last].next = i;
    f->last = i;
    return i;
}

/* The lock is held. The place is free afterwards; whose it was is the result. */
static void *place_leave(struct inflight *f, uint32_t i)
{
    struct place *p = &f->places[i];
    void *call = p->call;

    assert(call);
    if (p->before == f->nowhere)
        f->first = p->next;
    else
        f->places[p->before].next = p->next;
    if (p->next == f->nowhere)
        f->last = p->before;
    else
        f->places[p->next].before = p->before;
    p->call = NULL;
    p->next = f->free;
    f->free = i;
    if (f->first == f->nowhere)
        f->crowded = false;
    return call;
}

bool inflight_begin(struct inflight *f, uint64_t *handle, void *call)
{
    bool wake = false, taken = false, crowd = false;

    assert(call);
    pthread_mutex_lock(&f->lock);
    if (!f->stopping && f->free != f->nowhere) {
        uint32_t i = place_take(f, call);

        *handle = (uint64_t)f->places[i].generation << INDEX_BITS | i;
        wake = f->asleep;
        f->asleep = false;
        f->inside++;
        taken = true;
    } else if (!f->stopping) {
        crowd = !f->crowded;
        f->crowded = true;
    }
    pthread_mutex_unlock(&f->lock);
    if (crowd)
        journal_event(f->options.journal, JOURNAL_WARNING, f->options.crowded, f->nowhere, NULL);
    if (wake)
        pthread_cond_signal(&f->wake);
    return taken;
}

void *inflight_end(struct inflight *f, uint64_t handle)
{
    uint32_t i = (uint32_t)handle, generation = (uint32_t)(handle >> INDEX_BITS);
    void *call = NULL;

    pthread_mutex_lock(&f->lock);
    if (i < f->nowhere && f->places[i].call && f->places[i].generation == generation)
        call = place_leave(f, i);
    pthread_mutex_unlock(&f->lock);
    if (!call)
        atomic_fetch_add_explicit(&f->late, 1, memory_order_relaxed);
    return call;
}

bool inflight_enter(struct inflight *f)
{
    bool may;

    pthread_mutex_lock(&f->lock);
    may = !f->stopping;
    if (may)
        f->inside++;
    pthread_mutex_unlock(&f->lock);
    return may;
}

void inflight_leave(struct inflight *f)
{
    pthread_mutex_lock(&f->lock);
    assert(f->inside > 0);
    if (--f->inside == 0 && f->stopping)
        pthread_cond_broadcast(&f->left);
    pthread_mutex_unlock(&f->lock);
}

int inflight_wait_ms(const struct inflight *f)
{
    return f->options.wait_ms;
}

uint64_t inflight_late(const struct inflight *f)
{
    return atomic_load_explicit(&f->late, memory_order_relaxed);
}

/* Take out of flight, oldest first, whose time is up at `now_ns`, at most EXPIRED_AT_ONCE. The lock is held. */
static size_t expired(struct inflight *f, void *out[static EXPIRED_AT_ONCE], int64_t now_ns)
{
    size_t count = 0;

    while (count < EXPIRED_AT_ONCE && f->first != f->nowhere && f->places[f->first].deadline_ns <= now_ns)
        out[count++] = place_leave(f, f->first);
    return count;
}

/* The lock is held. Without questions the thread sleeps until one wakes it; with some, until the first one's deadline,
 * however many are answered and asked meanwhile: so it wakes rarely at any load. */
static void wait_for_deadline(struct inflight *f)
{
    struct timespec until;
    int64_t ns;

    if (f->first == f->nowhere) {
        f->asleep = true;
        pthread_cond_wait(&f->wake, &f->lock);
        f->asleep = false;
        return;
    }
    ns = f->places[f->first].deadline_ns;
    until = (struct timespec){ .tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS };
    (void)pthread_cond_timedwait(&f->wake, &f->lock, &until);
}

static void *watch(void *arg)
{
    void *due[EXPIRED_AT_ONCE];
    struct inflight *f = arg;

    pthread_mutex_lock(&f->lock);
    while (!f->ending) {
        size_t count = expired(f, due, clock_mono_ns());

        if (count == 0) {
            wait_for_deadline(f);
            continue;
        }
        f->inside++;
        pthread_mutex_unlock(&f->lock);
        for (size_t i = 0; i < count; i++)
            f->options.silent(due[i]);
        inflight_leave(f);
        pthread_mutex_lock(&f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

void inflight_stop(struct inflight *f)
{
    void *due[EXPIRED_AT_ONCE];
    size_t count;

    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    do {
        count = expired(f, due, INT64_MAX);
        pthread_mutex_unlock(&f->lock);
        for (size_t i = 0; i < count; i++)
            f->options.silent(due[i]);
        pthread_mutex_lock(&f->lock);
    } while (count > 0);
    while (f->inside > 0)
        pthread_cond_wait(&f->left, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

void inflight_free(struct inflight *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->ending = true;
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    assert(f->first == f->nowhere && f->inside == 0);
    pthread_cond_destroy(&f->left);
    pthread_cond_destroy(&f->wake);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void inflight_waiter_init(struct inflight_waiter *w)
{
    w->done = false;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->told, NULL);
}

void inflight_waiter_say(struct inflight_waiter *w)
{
    pthread_mutex_lock(&w->lock);
    w->done = true;
    pthread_cond_signal(&w->told);
    pthread_mutex_unlock(&w->lock);
}

void inflight_waiter_wait(struct inflight_waiter *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->done)
        pthread_cond_wait(&w->told, &w->lock);
    pthread_mutex_unlock(&w->lock);
    pthread_cond_destroy(&w->told);
    pthread_mutex_destroy(&w->lock);
}
