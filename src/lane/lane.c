/* lane.c: the worker pool, and the choice of a lane. */
#include "lane/lane.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/metrics.h"

#include "base/banned.h"

struct worker { struct lanes *lanes; struct store_reader *reader; pthread_t thread; };

struct lanes {
    struct store *store;
    struct metrics *metrics;
    unsigned workers;                 /* threads that run */
    struct worker worker[LANE_WORKERS_MAX];
    pthread_mutex_t lock;             /* what follows */
    pthread_cond_t wake;
    struct store_job *first, **last;  /* waiting jobs, oldest first; where the next one is tied on */
    size_t waiting;
    bool closing;
};

/* Show the length of the queue. The lock is held. */
static void show(struct lanes *l)
{
    if (l->metrics)
        l->metrics->worker_queue = (int_fast64_t)l->waiting;
}

/* Wait for a job; NULL when none is left and the lanes close. */
static struct store_job *take(struct lanes *l)
{
    struct store_job *j;

    pthread_mutex_lock(&l->lock);
    while (!l->first && !l->closing)
        pthread_cond_wait(&l->wake, &l->lock);
    j = l->first;
    if (j) {
        l->first = j->next;
        if (!l->first)
            l->last = &l->first;
        l->waiting--;
        show(l);
    }
    pthread_mutex_unlock(&l->lock);
    return j;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct store_job *j;

    while ((j = take(w->lanes)) != NULL)
        j->done(j->arg, store_read(w->reader, j->work, j->arg));
    return NULL;
}

static enum fault worker_open(struct lanes *l, struct worker *w)
{
    enum fault f = store_reader_open(&w->reader, l->store);

    if (f)
        return f;
    w->lanes = l;
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        store_reader_close(w->reader);
        return FAULT_INTERNAL;
    }
    l->workers++;
    return FAULT_NONE;
}

enum fault lanes_open(struct lanes **out, const struct lanes_options *o)
{
    struct lanes *l = calloc(1, sizeof *l);
    enum fault f = FAULT_NONE;

    assert(o->workers >= 1 && o->workers <= LANE_WORKERS_MAX);
    if (!l)
        return FAULT_INTERNAL;
    l->store = o->store;
    l->metrics = o->metrics;
    l->last = &l->first;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->wake, NULL);
    for (unsigned i = 0; i < o->workers && !f; i++)
        f = worker_open(l, &l->worker[i]);
    if (f) {
        lanes_close(l);
        return f;
    }
    *out = l;
    return FAULT_NONE;
}

void lanes_close(struct lanes *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    pthread_cond_broadcast(&l->wake);
    pthread_mutex_unlock(&l->lock);
    for (unsigned i = 0; i < l->workers; i++) {
        pthread_join(l->worker[i].thread, NULL);
        store_reader_close(l->worker[i].reader);
    }
    assert(!l->first);
    pthread_cond_destroy(&l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* Queue a job for the workers. BUSY. */
static enum fault hand_over(struct lanes *l, struct store_job *job)
{
    bool taken = false;

    job->next = NULL;
    pthread_mutex_lock(&l->lock);
    if (!l->closing && l->waiting < LANE_WORKER_QUEUE) {
        *l->last = job;
        l->last = &job->next;
        l->waiting++;
        show(l);
        pthread_cond_signal(&l->wake);
        taken = true;
    }
    pthread_mutex_unlock(&l->lock);
    return taken ? FAULT_NONE : FAULT_BUSY;
}

enum fault lane_run(struct lanes *l, enum lane lane, struct store_reader *mine, struct store_job *job)
{
    switch (lane) {
    case LANE_READ:
        assert(mine);
        job->done(job->arg, store_read(mine, job->work, job->arg));
        return FAULT_NONE;
    case LANE_WRITE:
        return store_submit(l->store, job);
    case LANE_WORKER:
        return hand_over(l, job);
    }
    return FAULT_INTERNAL;
}
