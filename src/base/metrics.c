/* metrics.c: counting, and the Prometheus text format. */
#include "base/metrics.h"

#include <assert.h>
#include <string.h>

#include "base/banned.h"

#define RELAXED memory_order_relaxed
#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Close together where a durable answer is expected (1 to 10 ms), wide apart elsewhere. */
static const struct { int64_t us; const char *seconds; } latency[METRICS_BUCKETS] = {
    { 250, "0.00025" }, { 500, "0.0005" }, { 1000, "0.001" }, { 2000, "0.002" }, { 3000, "0.003" },
    { 5000, "0.005" }, { 7500, "0.0075" }, { 10000, "0.01" }, { 20000, "0.02" }, { 50000, "0.05" },
    { 100000, "0.1" }, { 250000, "0.25" }, { 1000000, "1" }, { 5000000, "5" },
};

struct metrics_route *metrics_route(struct metrics *m, const char *name)
{
    for (size_t i = 0; i < METRICS_ROUTES; i++) {
        if (!m->route[i].name) {
            m->route[i].name = name;
            return &m->route[i];
        }
    }
    return NULL;
}

void metrics_count(struct metrics_route *r, unsigned status, int64_t took_us)
{
    unsigned class = status / 100;
    size_t b = 0;

    if (class < 1 || class >= METRICS_CLASSES)
        class = METRICS_CLASSES - 1;                    /* no such status exists, so whoever made it is broken */
    if (took_us < 0)
        took_us = 0;
    while (b < METRICS_BUCKETS && took_us > latency[b].us)
        b++;
    atomic_fetch_add_explicit(&r->by_class[class], 1, RELAXED);
    atomic_fetch_add_explicit(&r->bucket[b], 1, RELAXED);
    atomic_fetch_add_explicit(&r->sum_us, (uint64_t)took_us, RELAXED);
}

void metrics_batch(struct metrics *m, uint64_t jobs)
{
    uint64_t largest = atomic_load_explicit(&m->batch_largest, RELAXED);
    size_t b = 0;

    while (b + 1 < LENGTH(m->batch_bucket) && jobs > UINT64_C(1) << b)
        b++;
    atomic_fetch_add_explicit(&m->commits, 1, RELAXED);
    atomic_fetch_add_explicit(&m->batch_jobs, jobs, RELAXED);
    atomic_fetch_add_explicit(&m->batch_bucket[b], 1, RELAXED);
    while (jobs > largest
           && !atomic_compare_exchange_weak_explicit(&m->batch_largest, &largest, jobs, RELAXED, RELAXED))
        ;
}

static void put_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_text(out, "# HELP ");
    buf_text(out, name);
    buf_byte(out, ' ');
    buf_text(out, help);
    buf_text(out, "\n# TYPE ");
    buf_text(out, name);
    buf_byte(out, ' ');
    buf_text(out, type);
    buf_byte(out, '\n');
}

static void put_counter(struct buf *out, const char *name, const char *help, const atomic_uint_fast64_t *n)
{
    put_head(out, name, "counter", help);
    buf_text(out, name);
    buf_byte(out, ' ');
    buf_u64(out, atomic_load_explicit(n, RELAXED));
    buf_byte(out, '\n');
}

static void put_gauge(struct buf *out, const char *name, const char *help, int64_t n)
{
    put_head(out, name, "gauge", help);
    buf_text(out, name);
    buf_byte(out, ' ');
    buf_i64(out, n);
    buf_byte(out, '\n');
}

/* Seconds with six decimals, without going through a double. */
static void put_seconds(struct buf *out, uint64_t us)
{
    uint64_t part = us % 1000000;

    buf_u64(out, us / 1000000);
    buf_byte(out, '.');
    for (uint64_t unit = 100000; unit > 0; unit /= 10)
        buf_byte(out, (uint8_t)('0' + part / unit % 10));
}

static void put_requests(struct buf *out, const struct metrics_route *r)
{
    for (unsigned class = 1; class < METRICS_CLASSES; class++) {
        buf_text(out, "tijori_requests_total{route=\"");
        buf_text(out, r->name);
        buf_text(out, "\",class=\"");
        buf_u64(out, class);
        buf_text(out, "xx\"} ");
        buf_u64(out, atomic_load_explicit(&r->by_class[class], RELAXED));
        buf_byte(out, '\n');
    }
}

static void put_duration_name(struct buf *out, const char *suffix, const struct metrics_route *r)
{
    buf_text(out, "tijori_request_duration_seconds");
    buf_text(out, suffix);
    buf_text(out, "{route=\"");
    buf_text(out, r->name);
    buf_byte(out, '"');
}

/* The format wants each bucket to include the smaller ones, and the count to be the last bucket: so the count
 * is added up here, and agrees even while requests are being counted. */
static void put_durations(struct buf *out, const struct metrics_route *r)
{
    uint64_t total = 0;

    for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
        total += atomic_load_explicit(&r->bucket[b], RELAXED);
        put_duration_name(out, "_bucket", r);
        buf_text(out, ",le=\"");
        buf_text(out, b < METRICS_BUCKETS ? latency[b].seconds : "+Inf");
        buf_text(out, "\"} ");
        buf_u64(out, total);
        buf_byte(out, '\n');
    }
    put_duration_name(out, "_sum", r);
    buf_text(out, "} ");
    put_seconds(out, atomic_load_explicit(&r->sum_us, RELAXED));
    buf_byte(out, '\n');
    put_duration_name(out, "_count", r);
    buf_text(out, "} ");
    buf_u64(out, total);
    buf_byte(out, '\n');
}

static void put_batches(struct buf *out, const struct metrics *m)
{
    uint64_t total = 0;

    put_head(out, "tijori_batch_jobs", "histogram", "Jobs in one committed batch.");
    for (size_t b = 0; b < LENGTH(m->batch_bucket); b++) {
        total += atomic_load_explicit(&m->batch_bucket[b], RELAXED);
        buf_text(out, "tijori_batch_jobs_bucket{le=\"");
        if (b + 1 < LENGTH(m->batch_bucket))
            buf_u64(out, UINT64_C(1) << b);
        else
            buf_text(out, "+Inf");
        buf_text(out, "\"} ");
        buf_u64(out, total);
        buf_byte(out, '\n');
    }
    buf_text(out, "tijori_batch_jobs_sum ");
    buf_u64(out, atomic_load_explicit(&m->batch_jobs, RELAXED));
    buf_text(out, "\ntijori_batch_jobs_count ");
    buf_u64(out, total);
    buf_byte(out, '\n');
    put_gauge(out, "tijori_batch_jobs_largest", "Jobs in the largest batch since the start.",
              (int64_t)atomic_load_explicit(&m->batch_largest, RELAXED));
}

static void put_restarts(struct buf *out, const struct metrics *m)
{
    put_head(out, "tijori_process_restarts_total", "counter", "Times the supervisor started a process again.");
    buf_text(out, "tijori_process_restarts_total{process=\"keyholder\"} ");
    buf_u64(out, atomic_load_explicit(&m->restarts_keyholder, RELAXED));
    buf_text(out, "\ntijori_process_restarts_total{process=\"gateway\"} ");
    buf_u64(out, atomic_load_explicit(&m->restarts_gateway, RELAXED));
    buf_text(out, "\ntijori_process_restarts_total{process=\"courier\"} ");
    buf_u64(out, atomic_load_explicit(&m->restarts_courier, RELAXED));
    buf_byte(out, '\n');
}

void metrics_show(const struct metrics *m, struct buf *out)
{
    put_head(out, "tijori_requests_total", "counter", "Finished requests by route and status class.");
    for (size_t i = 0; i < METRICS_ROUTES && m->route[i].name; i++)
        put_requests(out, &m->route[i]);
    put_head(out, "tijori_request_duration_seconds", "histogram", "Time from a request's head to its answer.");
    for (size_t i = 0; i < METRICS_ROUTES && m->route[i].name; i++)
        put_durations(out, &m->route[i]);
    put_counter(out, "tijori_commits_total", "Batches committed to the store.", &m->commits);
    put_counter(out, "tijori_commit_failures_total", "Batches the store refused to commit.", &m->commit_failures);
    put_batches(out, m);
    put_gauge(out, "tijori_write_queue_depth", "Jobs waiting for the commit thread.",
              atomic_load_explicit(&m->write_queue, RELAXED));
    put_gauge(out, "tijori_worker_queue_depth", "Jobs waiting for a worker thread.",
              atomic_load_explicit(&m->worker_queue, RELAXED));
    put_gauge(out, "tijori_connections", "Open client connections.", atomic_load_explicit(&m->connections, RELAXED));
    put_restarts(out, m);
    put_counter(out, "tijori_keyholder_calls_total", "Questions asked of the keyholder.", &m->keyholder_calls);
    put_counter(out, "tijori_keyholder_failures_total", "Questions the keyholder did not answer.",
                &m->keyholder_failures);
    put_counter(out, "tijori_journal_dropped_lines_total", "Journal lines that were not written.", &m->journal_dropped);
}
