/* deadline.h: connections that may not take for ever, however steadily they trickle.
 *
 * The HTTP library's timeouts are for silence only. So every connection has a moment by which something must
 * have happened; a small thread looks often and shuts the reading side of those that are late, which
 * the library then sees as the end of their input. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/fault.h"

enum { DEADLINE_LOOK_MS = 500 };      /* how often the list is looked through */

#define DEADLINE_NEVER INT64_MAX

struct deadlines;

/* One connection's; embedded in whatever stands for it. */
struct deadline {
    struct deadline *next, *previous;     /* deadline.c's own */
    int fd;                               /* the same */
    atomic_int_fast64_t due_ns;           /* on clock_mono_ns(); set by deadline_set() */
    atomic_bool ends;                     /* what is late is cut off in both directions; set before due_ns */
};

/* An empty list and its thread. The caller closes it after every member was removed. */
MUST_CHECK enum fault deadlines_open(struct deadlines **out);
void deadlines_close(struct deadlines *d);

/* Watch `fd`, which must stay open until deadline_remove() returned. Nothing is due yet. */
void deadline_add(struct deadlines *d, struct deadline *e, int fd);
void deadline_remove(struct deadlines *d, struct deadline *e);

/* Something must happen by `due_ns`, or DEADLINE_NEVER. Any thread, no lock. */
static inline void deadline_set(struct deadline *e, int64_t due_ns)
{
    atomic_store_explicit(&e->ends, false, memory_order_relaxed);
    atomic_store_explicit(&e->due_ns, due_ns, memory_order_release);
}

/* The same for an answer that somebody is to have read by then: no more of it is sent. No hurry makes it late. */
static inline void deadline_set_end(struct deadline *e, int64_t due_ns)
{
    atomic_store_explicit(&e->ends, true, memory_order_relaxed);
    atomic_store_explicit(&e->due_ns, due_ns, memory_order_release);
}

/* From `latest_ns` on everything is late, whatever was or will be set, unless it is DEADLINE_NEVER then. */
void deadlines_hurry(struct deadlines *d, int64_t latest_ns);

/* Shut whatever is late at `now_ns`; returns how many. The thread's own step, here for tests. */
unsigned deadlines_look(struct deadlines *d, int64_t now_ns);
