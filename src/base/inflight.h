/* inflight.h: questions to another party that are under way, and the time each of them has.
 *
 * What the fronts of the card network and of the acquirer have in common. A question has a place until its answer or
 * its time is up; the place's handle goes along with the question and comes back with the answer. A handle opens its
 * place once: what comes later or again is counted and dropped. What a question is this piece does not know: to it a
 * call is an address. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct inflight;
struct journal;

struct inflight_options {
    uint32_t places;                  /* questions under way at the same time */
    int wait_ms;                      /* how long each is waited for */
    struct journal *journal;          /* may be NULL */
    const char *crowded;              /* the journal's sentence when no place is free; a constant */
    void (*silent)(void *call);       /* its time is up, or inflight_stop(): called with no lock held */
};

/* With its thread that watches the time. The caller frees it with inflight_free(), after inflight_stop(). INTERNAL. */
MUST_CHECK enum fault inflight_new(struct inflight **out, const struct inflight_options *o);
void inflight_free(struct inflight *f);       /* NULL is fine */

/* A place for `call`. False: none is free, or it is stopping. When true, *handle names it; from now on `call` may end
 * at any moment, on any thread; and the caller, who now may use the other party, says inflight_leave() after that. */
MUST_CHECK bool inflight_begin(struct inflight *f, uint64_t *handle, void *call);

/* The call that `handle` names, whose place is free afterwards. NULL: it has ended, and it is counted as late. */
void *inflight_end(struct inflight *f, uint64_t handle);

/* May the other party or a listener be called? False: it is stopping. When true, inflight_leave() follows. */
bool inflight_enter(struct inflight *f);
void inflight_leave(struct inflight *f);

/* Every call under way is ended by `silent`, and none begins any more. When it returns, everybody who entered has
 * left. */
void inflight_stop(struct inflight *f);

/* How long is waited, in milliseconds; and what came too late or twice so far. */
int inflight_wait_ms(const struct inflight *f);
uint64_t inflight_late(const struct inflight *f);

/* One thread that waits until another says so: ready, say (by the other), wait (which ends it). */
struct inflight_waiter { pthread_mutex_t lock; pthread_cond_t told; bool done; };
void inflight_waiter_init(struct inflight_waiter *w);
void inflight_waiter_say(struct inflight_waiter *w);
void inflight_waiter_wait(struct inflight_waiter *w);
