/* recent.h: the private parts of orders that were just made or shown, for the next who asks.
 *
 * Merchants ask for an order again and again in the minutes after they made it, and each time its private parts
 * would cost a question to the keyholder (8-13 us here, half of a whole GET). So the gateway, which has just had them
 * in its hands, keeps them for a short while: in memory that is left out of core dumps, a bounded number, each
 * wiped when it is replaced, when it is too old (a thread looks every RECENT_SWEEP_MS), and on closing. Nothing here
 * outlives the process, and no key is kept. */
#pragma once

#include "base/arena.h"
#include "base/clock.h"

enum {
    RECENT_ORDERS = 4096,             /* kept at once; a power of two */
    RECENT_RECORD = 1024 - 32,        /* bytes of the longest record kept; a longer one is asked for each time */
    RECENT_MS = 5 * 60 * 1000,        /* how long one is kept */
    RECENT_SWEEP_MS = 15 * 1000,      /* how often all are looked through */
};

struct recent;

/* Empty, with its thread. The caller frees it with recent_free(), which wipes everything. `clock` outlives it.
 * INTERNAL when memory is out. */
MUST_CHECK enum fault recent_new(struct recent **out, const struct clock *clock);
void recent_free(struct recent *r);

/* Keep a copy of `record` for the order; another order may lose its place. Call it only for what is committed.
 * Thread-safe. */
void recent_keep(struct recent *r, int64_t merchant_id, int64_t order_no, struct span record, int64_t now_ms);

/* Wipe what is too old at `now_ms`. The thread's own step, here for tests. */
void recent_sweep(struct recent *r, int64_t now_ms);

/* A copy of the record in `a`, or the absent span. Thread-safe. */
struct span recent_find(struct recent *r, struct arena *a, int64_t merchant_id, int64_t order_no, int64_t now_ms);
