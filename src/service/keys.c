/* keys.c: the thread that seals old records anew. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/journal.h"
#include "service/ids.h"
#include "service/keys_turn.h"

#include "base/banned.h"

struct keys {
    const struct services *services;
    struct keys_sweep *sweep;         /* the thread's own */
    pthread_t thread;
    pthread_mutex_t turn;             /* held by who changes the ring */
    pthread_mutex_t lock;             /* of what follows */
    pthread_cond_t wake;
    bool stopping, woken;
    atomic_bool paused;
};

void keys_turn_begin(struct keys *k)
{
    if (k)
        pthread_mutex_lock(&k->turn);
}

void keys_turn_end(struct keys *k)
{
    if (k)
        pthread_mutex_unlock(&k->turn);
}

void keys_wake(struct keys *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->woken = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
}

bool keys_is_paused(const struct keys *k)
{
    return k && atomic_load(&k->paused);
}

/* Wait for so long, or until there is news; true: it is to stop. */
static bool rest(struct keys *k, int64_t ms)
{
    int64_t until = clock_mono_ns() + ms * MS_NS;
    struct timespec t = { .tv_sec = until / (1000 * MS_NS), .tv_nsec = until % (1000 * MS_NS) };
    bool stopping, woken;

    pthread_mutex_lock(&k->lock);
    while (!k->stopping && !k->woken && pthread_cond_timedwait(&k->wake, &k->lock, &t) == 0)
        ;
    stopping = k->stopping;
    woken = k->woken;
    k->woken = false;
    pthread_mutex_unlock(&k->lock);
    if (woken)
        keys_sweep_look(k->sweep);
    return stopping;
}

static int64_t rest_of(enum keys_next next)
{
    switch (next) {
    case KEYS_ON:
        return KEYS_GLANCE_MS;
    case KEYS_NOW:
        return KEYS_PAUSE_MS;
    case KEYS_SOON:
        return KEYS_SILENT_MS;
    case KEYS_LATER:
        break;
    }
    return KEYS_LOOK_MS;
}

static void *run(void *arg)
{
    struct keys *k = arg;
    const struct services *s = k->services;
    struct store_reader *r = NULL;
    enum keys_next next;
    enum fault f;

    do {
        f = r ? FAULT_NONE : store_reader_open(&r, s->store);
        if (!f)
            f = keys_sweep_step(k->sweep, &next, r);
        if (f && !atomic_exchange(&k->paused, true))
            journal_event(s->journal, JOURNAL_WARNING, "the keys' work waits until it can go on", f, NULL);
        if (!f)
            atomic_store(&k->paused, false);
    } while (!rest(k, f ? KEYS_SILENT_MS : rest_of(next)));
    if (r)
        store_reader_close(r);
    return NULL;
}

/* What is there, if it is not older than what was worked with before; and the id keys of it. */
static enum fault take_ring(const struct services *s)
{
    struct key_ring ring;
    enum fault f = keys_ring(s, &ring);

    if (!f)
        f = keys_notice(s, &ring);
    return f ? f : ids_take(s->ids, &ring, s->keyholder);
}

static void free_keys(struct keys *k)
{
    keys_sweep_free(k->sweep);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
    pthread_mutex_destroy(&k->turn);
    free(k);
}

enum fault keys_start(struct keys **out, const struct services *s)
{
    struct keys *k = calloc(1, sizeof *k);
    pthread_condattr_t monotonic;
    enum fault f;

    if (!k)
        return FAULT_INTERNAL;
    k->services = s;
    pthread_mutex_init(&k->turn, NULL);
    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&k->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    f = take_ring(s);
    if (!f)
        f = keys_sweep_new(&k->sweep, s, KEYS_SETTLE_MS);
    if (!f && pthread_create(&k->thread, NULL, run, k) != 0)
        f = FAULT_INTERNAL;
    if (f) {
        free_keys(k);
        return f;
    }
    *out = k;
    return FAULT_NONE;
}

void keys_stop(struct keys *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->stopping = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    free_keys(k);
}
