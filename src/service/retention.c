/* retention.c: the walk and its thread. */
#include "service/retention.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/journal.h"
#include "store/idempotency.h"
#include "store/retention.h"

#include "base/banned.h"

struct retention {
    const struct services *services;
    struct retention_options options;
    pthread_t thread;
    pthread_mutex_t lock;             /* of what follows */
    pthread_cond_t wake;
    bool stopping;
};

/* Of what a batch is made. */
struct kind {
    enum fault (*find)(struct store_tx *tx, struct retention_place *found, size_t *n, size_t max,
                       struct retention_place *at, int64_t before_ms);
    enum fault (*remove)(struct store_tx *tx, const struct retention_place *which, int64_t before_ms, bool *deleted);
};
static const struct kind orders = { retention_orders, retention_order };
static const struct kind deliveries = { retention_deliveries, retention_delivery };

struct batch {
    const struct kind *kind;
    int64_t before_ms, deleted;
    struct retention_place at, found[RETENTION_BATCH];
    size_t n;
};

static enum fault find(struct store_tx *tx, void *arg)
{
    struct batch *b = arg;

    return b->kind->find(tx, b->found, &b->n, RETENTION_BATCH, &b->at, b->before_ms);
}

/* It may run again, so it counts anew. */
static enum fault remove_all(struct store_tx *tx, void *arg)
{
    struct batch *b = arg;
    enum fault f = FAULT_NONE;

    b->deleted = 0;
    for (size_t i = 0; i < b->n && !f; i++) {
        bool deleted = false;

        f = b->kind->remove(tx, &b->found[i], b->before_ms, &deleted);
        b->deleted += deleted;
    }
    return f;
}

/* Wait for so long, or until it is to stop; true: it is. */
static bool rest(struct retention *r, int64_t ms)
{
    int64_t until = clock_mono_ns() + ms * MS_NS;
    struct timespec t = { .tv_sec = until / (1000 * MS_NS), .tv_nsec = until % (1000 * MS_NS) };
    bool stopping;

    if (!r)
        return false;
    pthread_mutex_lock(&r->lock);
    while (!r->stopping && pthread_cond_timedwait(&r->wake, &r->lock, &t) == 0)
        ;
    stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    return stopping;
}

static enum fault walk(int64_t *deleted, const struct services *s, struct store_reader *reader,
                       const struct kind *kind, int64_t before_ms, struct retention *r)
{
    struct batch b = { .kind = kind, .before_ms = before_ms };
    enum fault f;

    do {
        f = store_read(reader, find, &b);
        if (!f && b.n)
            f = store_write(s->store, remove_all, &b);
        if (!f)
            *deleted += b.deleted;
        b.deleted = 0;
    } while (!f && b.n && !rest(r, RETENTION_PAUSE_MS));
    return f;
}

struct sweep { int64_t now_ms, before_ms, answers, simulations; };

static enum fault sweep(struct store_tx *tx, void *arg)
{
    struct sweep *s = arg;
    enum fault f = idempotency_sweep(tx, s->now_ms, RETENTION_BATCH, &s->answers);

    s->simulations = 0;
    if (!f && s->before_ms > 0)
        f = retention_simulations(tx, s->before_ms, RETENTION_BATCH, &s->simulations);
    return f;
}

static enum fault sweep_all(struct retention_tally *out, const struct services *s, int64_t now_ms, int64_t before_ms,
                            struct retention *r)
{
    struct sweep w = { .now_ms = now_ms, .before_ms = before_ms };
    enum fault f;

    do {
        f = store_write(s->store, sweep, &w);
        if (!f)
            out->answers += w.answers, out->simulations += w.simulations;
    } while (!f && (w.answers || w.simulations) && !rest(r, RETENTION_PAUSE_MS));
    return f;
}

enum fault retention_walk(struct retention_tally *out, const struct services *s, const struct retention_options *o,
                          int64_t now_ms, struct retention *r)
{
    struct store_reader *reader;
    enum fault f = store_reader_open(&reader, s->store);

    *out = (struct retention_tally){ 0 };
    if (f)
        return f;
    if (o->orders_ms > 0)
        f = walk(&out->orders, s, reader, &orders, now_ms - o->orders_ms, r);
    if (!f && o->deliveries_ms > 0)
        f = walk(&out->deliveries, s, reader, &deliveries, now_ms - o->deliveries_ms, r);
    store_reader_close(reader);
    return f ? f : sweep_all(out, s, now_ms, o->orders_ms > 0 ? now_ms - o->orders_ms : 0, r);
}

static void *run(void *arg)
{
    struct retention *r = arg;
    const struct services *s = r->services;

    do {
        struct retention_tally tally;
        enum fault f = retention_walk(&tally, s, &r->options, clock_now_ms(s->clock), r);

        if (f)
            journal_event(s->journal, JOURNAL_WARNING, "what is too old could not be deleted; it is tried again later",
                          f, NULL);
        if (tally.orders)
            journal_event(s->journal, JOURNAL_INFO, "ended orders were deleted by age", tally.orders, NULL);
        if (tally.deliveries)
            journal_event(s->journal, JOURNAL_INFO, "delivered webhooks were forgotten by age", tally.deliveries, NULL);
    } while (!rest(r, RETENTION_EVERY_MS));
    return NULL;
}

enum fault retention_start(struct retention **out, const struct services *s, const struct retention_options *o)
{
    struct retention *r = calloc(1, sizeof *r);
    pthread_condattr_t monotonic;

    if (!r)
        return FAULT_INTERNAL;
    r->services = s;
    r->options = *o;
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&r->thread, NULL, run, r) != 0) {
        free(r);
        return FAULT_INTERNAL;
    }
    *out = r;
    return FAULT_NONE;
}

void retention_stop(struct retention *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
