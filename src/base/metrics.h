/* metrics.h: counters and histograms that cost a relaxed atomic add, shown in Prometheus text format 0.0.4. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/span.h"

enum {
    METRICS_ROUTES = 160,             /* route rows across all dialects */
    METRICS_BUCKETS = 14,             /* latency buckets, see metrics.c */
    METRICS_CLASSES = 6,              /* status classes 1xx..5xx, [0] unused */
    METRICS_TEXT = 640 * 1024,        /* bytes: room for metrics_show() with every row taken (names up to 48 bytes) */
};

struct metrics_route {
    const char *name;                                    /* "POST /pg/orders"; NULL ends the list */
    atomic_uint_fast64_t by_class[METRICS_CLASSES];
    atomic_uint_fast64_t bucket[METRICS_BUCKETS + 1];    /* last: +Inf */
    atomic_uint_fast64_t sum_us;
};

struct metrics {
    struct metrics_route route[METRICS_ROUTES];
    atomic_uint_fast64_t commits, commit_failures, batch_jobs, batch_largest;
    atomic_uint_fast64_t batch_bucket[11];               /* jobs per batch: <= 1, 2, 4, ... 512, more */
    atomic_int_fast64_t write_queue, worker_queue, connections;
    atomic_uint_fast64_t restarts_keyholder, restarts_gateway, restarts_courier, keyholder_calls, keyholder_failures;
    atomic_uint_fast64_t journal_dropped;
};

/* Register a route under a constant name and get its row, or NULL when METRICS_ROUTES is reached. Only at start-up. */
struct metrics_route *metrics_route(struct metrics *m, const char *name);

/* Count one finished request. */
void metrics_count(struct metrics_route *r, unsigned status, int64_t took_us);

/* Count one committed batch of `jobs`. */
void metrics_batch(struct metrics *m, uint64_t jobs);

/* Write everything in Prometheus text format. */
void metrics_show(const struct metrics *m, struct buf *out);
