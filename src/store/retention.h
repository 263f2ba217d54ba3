/* retention.h: deleting what is older than somebody wants it kept, a few rows at a time.
 *
 * Looking runs on a reader; deleting, in a write job, looks again at what it deletes. Nothing with an open effect goes,
 * and never a merchant's newest payment, refund or delivery: their numbers go on from it, and a number given twice
 * would name two things to the acquirer. */
#pragma once

#include "store/store.h"

/* Where a walk over all merchants stands; zeros: at the beginning. */
struct retention_place { int64_t merchant_id, no; };

/* The next orders, or deliveries, behind *at that may be old, at most `max` of them into `found`; *n of 0 is the end of
 * the walk. *at moves on. Numbers grow with time, so the rest of a merchant's is passed over at his first young one. */
MUST_CHECK enum fault retention_orders(struct store_tx *tx, struct retention_place *found, size_t *n, size_t max,
                                       struct retention_place *at, int64_t before_ms);
MUST_CHECK enum fault retention_deliveries(struct store_tx *tx, struct retention_place *found, size_t *n, size_t max,
                                           struct retention_place *at, int64_t before_ms);

/* Delete the order with its payments, refunds, deliveries and further fields, if it ended before `before_ms` and
 * nothing of it is open. *deleted says whether. On the commit thread only. */
MUST_CHECK enum fault retention_order(struct store_tx *tx, const struct retention_place *which, int64_t before_ms,
                                      bool *deleted);
/* The same of a delivery that arrived or was given up. */
MUST_CHECK enum fault retention_delivery(struct store_tx *tx, const struct retention_place *which, int64_t before_ms,
                                         bool *deleted);
/* Simulated outcomes of payments that are gone, at most `max`. */
MUST_CHECK enum fault retention_simulations(struct store_tx *tx, int64_t before_ms, int64_t max, int64_t *deleted);
