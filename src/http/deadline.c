/* deadline.c: a list under a lock, looked through now and then. */
#include "http/deadline.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/banned.h"

struct deadlines {
    pthread_t thread;
    pthread_mutex_t lock;             /* guards what follows */
    pthread_cond_t wake;              /* the thread: it shall end, or hurry */
    struct deadline *first;
    int64_t latest_ns;
    bool ending;
};

unsigned deadlines_look(struct deadlines *d, int64_t now_ns)
{
    unsigned late = 0;

    pthread_mutex_lock(&d->lock);
    for (struct deadline *e = d->first; e; e = e->next) {
        int64_t due_ns = atomic_load_explicit(&e->due_ns, memory_order_acquire);
        bool ends = atomic_load_explicit(&e->ends, memory_order_relaxed);

        if (due_ns == DEADLINE_NEVER || (due_ns > now_ns && (ends || d->latest_ns > now_ns)))
            continue;
        /* Shutting twice does no harm, but counting twice would. */
        deadline_set(e, DEADLINE_NEVER);
        (void)shutdown(e->fd, ends ? SHUT_RDWR : SHUT_RD);
        late++;
    }
    pthread_mutex_unlock(&d->lock);
    return late;
}

/* When to look next: sooner when everything becomes late before. */
static struct timespec next_look(const struct deadlines *d)
{
    int64_t now_ns = clock_mono_ns(), at_ns = now_ns + DEADLINE_LOOK_MS * MS_NS;

    if (d->latest_ns > now_ns && d->latest_ns < at_ns)
        at_ns = d->latest_ns;
    return (struct timespec){ at_ns / 1000000000, at_ns % 1000000000 };
}

static void *look_on(void *arg)
{
    struct deadlines *d = arg;

    pthread_mutex_lock(&d->lock);
    while (!d->ending) {
        struct timespec until = next_look(d);

        pthread_cond_timedwait(&d->wake, &d->lock, &until);
        pthread_mutex_unlock(&d->lock);
        (void)deadlines_look(d, clock_mono_ns());
        pthread_mutex_lock(&d->lock);
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

enum fault deadlines_open(struct deadlines **out)
{
    struct deadlines *d = calloc(1, sizeof *d);
    pthread_condattr_t monotonic;

    if (!d)
        return FAULT_INTERNAL;
    pthread_mutex_init(&d->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->wake, &monotonic);
    d->latest_ns = DEADLINE_NEVER;
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&d->thread, NULL, look_on, d) != 0) {
        pthread_cond_destroy(&d->wake);
        pthread_mutex_destroy(&d->lock);
        free(d);
        return FAULT_INTERNAL;
    }
    *out = d;
    return FAULT_NONE;
}

void deadlines_close(struct deadlines *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->ending = true;
    pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

void deadlines_hurry(struct deadlines *d, int64_t latest_ns)
{
    pthread_mutex_lock(&d->lock);
    d->latest_ns = latest_ns;
    pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
}

void deadline_add(struct deadlines *d, struct deadline *e, int fd)
{
    e->fd = fd;
    e->previous = NULL;
    deadline_set(e, DEADLINE_NEVER);
    pthread_mutex_lock(&d->lock);
    e->next = d->first;
    if (e->next)
        e->next->previous = e;
    d->first = e;
    pthread_mutex_unlock(&d->lock);
}

void deadline_remove(struct deadlines *d, struct deadline *e)
{
    pthread_mutex_lock(&d->lock);
    if (e->next)
        e->next->previous = e->previous;
    if (e->previous)
        e->previous->next = e->next;
    else
        d->first = e->next;
    pthread_mutex_unlock(&d->lock);
}
