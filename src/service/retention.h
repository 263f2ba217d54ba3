/* retention.h: what is kept no longer than its operator wants: ended orders, webhooks that were delivered, remembered
 * answers. A thread of its own, in small batches, so that no request waits for it. */
#pragma once

#include "service/services.h"

enum {
    RETENTION_BATCH = 50,             /* orders or deliveries in one transaction */
    RETENTION_EVERY_MS = 3600 * 1000, /* between two walks over everything */
    RETENTION_PAUSE_MS = 20,          /* between two batches */
};

struct retention_options { int64_t orders_ms, deliveries_ms; };      /* how long they are kept; 0: for good */
struct retention_tally { int64_t orders, deliveries, simulations, answers; };

struct retention;

/* Start the thread. `s` and its store outlive it. The caller stops it with retention_stop() before the store closes;
 * NULL is fine there. */
MUST_CHECK enum fault retention_start(struct retention **out, const struct services *s,
                                      const struct retention_options *o);
void retention_stop(struct retention *r);

/* One walk over everything, as of `now_ms`, for tests and the thread; `r` may be NULL: nothing stops it early. Waits
 * for commits. */
MUST_CHECK enum fault retention_walk(struct retention_tally *out, const struct services *s,
                                     const struct retention_options *o, int64_t now_ms, struct retention *r);
