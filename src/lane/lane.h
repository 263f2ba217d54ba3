/* lane.h: where a request's work runs.
 *
 *   READ    inline on the caller's thread, on that thread's own read connection;
 *   WRITE   on the store's commit thread, many in one transaction;
 *   WORKER  on a pool of threads that may block, each with its own read connection.
 * `done` is called exactly once for every job that was accepted: inline for READ, elsewhere for the others. */
#pragma once

#include "store/store.h"

enum lane { LANE_READ, LANE_WRITE, LANE_WORKER };

enum { LANE_WORKERS_MAX = 16, LANE_WORKER_QUEUE = 1024 };     /* threads of the pool; jobs waiting for it */

struct lanes;

struct lanes_options { struct store *store; struct metrics *metrics; unsigned workers; /* 1 to LANE_WORKERS_MAX */ };

/* Start the worker pool. The caller closes with lanes_close(), which finishes what waits; the store stays
 * the caller's. A worker's snapshot begins with its first read: block before it, not after. */
MUST_CHECK enum fault lanes_open(struct lanes **out, const struct lanes_options *o);
void lanes_close(struct lanes *l);

/* Run `job` in `lane`; `mine` is the calling thread's read connection (used by READ only). BUSY when the
 * lane's queue is full or closing; then `done` is not called. */
MUST_CHECK enum fault lane_run(struct lanes *l, enum lane lane, struct store_reader *mine, struct store_job *job);
