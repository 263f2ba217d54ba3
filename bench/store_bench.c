/* store_bench.c: how many durable orders a second the store takes, and how long each waits.
 *
 * Two threads stand for the HTTP threads; together they keep CONNECTIONS jobs in flight, each of which makes
 * one order of a usual size. Not part of the tests. To build and run it (after `./dev build`):
 *
 *   gcc -O2 -std=gnu17 -Isrc bench/store_bench.c build/src/libtijori_core.a \
 *       -lsqlite3 -lcrypto -ljansson -pthread -o /tmp/store_bench
 *   /tmp/store_bench DATABASE PREFILL SECONDS [random] [readers]
 *
 * PREFILL orders are made first; "random" gives orders ids without order; "readers" adds a thread that reads. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/orders.h"

enum { CONNECTIONS = 64, THREADS = 2, PER_THREAD = CONNECTIONS / THREADS, PRIVATE = 420, SAMPLES_MAX = 4 << 20 };

#define META "{\"return_url\":\"https://shop.example/return/?order_id={order_id}\"," \
             "\"notify_url\":\"https://shop.example/notify\",\"payment_methods\":null}"

struct worker;
struct slot {
    struct store_job job;
    struct worker *worker;
    struct slot *next;
    uint64_t n;
    int64_t begun_ns;
};
struct worker {
    struct store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct slot *ready, slot[PER_THREAD];
    unsigned inflight;
    uint64_t from, n, limit, failed;
    int64_t until_ns;
    bool random_ids;
    uint32_t *us;
    size_t samples;
};
struct looker { struct store *store; pthread_t thread; bool stop; uint64_t n, below; };

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static struct span id_of(char out[static 40], uint64_t n, bool random_ids)
{
    int k;

    if (random_ids)
        k = snprintf(out, 40, "order_%016llx%08llx", (unsigned long long)mix(n), (unsigned long long)n & 0xffffffff);
    else
        k = snprintf(out, 40, "order_%024llu", (unsigned long long)n);
    return (struct span){ (uint8_t *)out, (size_t)k };
}

static enum fault work(struct store_tx *tx, void *arg)
{
    static const uint8_t filler[PRIVATE] = { 'x' };
    struct slot *s = arg;
    char id[40];
    struct order_row o = {
        .merchant_id = 1, .order_id = id_of(id, s->n, s->worker->random_ids), .amount_minor = 17000,
        .currency = SPAN("INR"), .state = 1, .created_ms = INT64_C(1790000000000) + (int64_t)s->n / 40,
        .expires_ms = INT64_C(1792592000000), .session = { filler, ORDER_SESSION }, .customer_id = SPAN("customer_1"),
        .private_sealed = { filler, PRIVATE }, .note = SPAN("a note"), .meta = SPAN(META),
    };
    enum fault f = orders_next_no(tx, &o.order_no, 1, o.created_ms);

    return f ? f : orders_insert(tx, &o);
}

static void done(void *arg, enum fault outcome)
{
    struct slot *s = arg;
    struct worker *w = s->worker;

    pthread_mutex_lock(&w->lock);
    w->failed += outcome != FAULT_NONE;
    s->next = w->ready;
    w->ready = s;
    if (!s->next)
        pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

static void *drive(void *arg)
{
    struct worker *w = arg;

    for (int i = 0; i < PER_THREAD; i++) {
        w->slot[i].worker = w;
        w->slot[i].next = w->ready;
        w->ready = &w->slot[i];
    }
    w->inflight = PER_THREAD;
    while (w->inflight) {
        pthread_mutex_lock(&w->lock);
        while (!w->ready)
            pthread_cond_wait(&w->wake, &w->lock);
        struct slot *list = w->ready;
        w->ready = NULL;
        pthread_mutex_unlock(&w->lock);
        int64_t now = clock_mono_ns();
        while (list) {
            struct slot *s = list;
            list = s->next;
            if (s->begun_ns && w->samples < SAMPLES_MAX)
                w->us[w->samples++] = (uint32_t)((now - s->begun_ns) / 1000);
            if (w->n >= w->limit || now > w->until_ns) {
                w->inflight--;
                continue;
            }
            s->n = w->from + THREADS * w->n++;
            s->begun_ns = clock_mono_ns();
            s->job = (struct store_job){ .work = work, .done = done, .arg = s };
            if (store_submit(w->store, &s->job))
                abort();
        }
    }
    return NULL;
}

static enum fault look_work(struct store_tx *tx, void *arg)
{
    struct looker *l = arg;
    struct arena *a;
    struct order_row o;
    char id[40];
    enum fault f = arena_new(&a);

    if (f)
        return f;
    f = orders_find(tx, &o, a, 1, id_of(id, mix(l->n++) % (l->below + 1), false));
    arena_free(a);
    return f;
}

static void *look(void *arg)
{
    struct looker *l = arg;
    struct store_reader *r;

    if (store_reader_open(&r, l->store))
        abort();
    while (!__atomic_load_n(&l->stop, __ATOMIC_RELAXED)) {
        if (store_read(r, look_work, l) == FAULT_DISK)
            abort();
        usleep(50);
    }
    store_reader_close(r);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint64_t run(struct store *s, const char *what, uint64_t from, uint64_t limit, double seconds, bool random_ids)
{
    static struct worker w[THREADS];
    uint64_t n = 0, failed = 0;
    size_t samples = 0;
    int64_t begun = clock_mono_ns();
    uint32_t *us = malloc(sizeof *us * 2 * SAMPLES_MAX);

    for (int i = 0; i < THREADS; i++) {
        w[i] = (struct worker){
            .store = s, .from = from + (uint64_t)i, .limit = limit / THREADS, .random_ids = random_ids,
            .until_ns = begun + (int64_t)(seconds * 1e9), .us = malloc(sizeof *us * SAMPLES_MAX),
        };
        pthread_mutex_init(&w[i].lock, NULL);
        pthread_cond_init(&w[i].wake, NULL);
        pthread_create(&w[i].thread, NULL, drive, &w[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(w[i].thread, NULL);
        n += w[i].n, failed += w[i].failed;
        memcpy(us + samples, w[i].us, w[i].samples * sizeof *us);
        samples += w[i].samples;
        free(w[i].us);
    }
    double took = (double)(clock_mono_ns() - begun) / 1e9;
    qsort(us, samples, sizeof *us, by_value);
    printf("%-8s %8llu jobs %8.0f/s  p50 %5u us  p99 %5u us  p99.9 %5u us  worst %6u us  failed %llu\n", what,
           (unsigned long long)n, (double)n / took, us[samples / 2], us[samples * 99 / 100], us[samples * 999 / 1000],
           us[samples - 1], (unsigned long long)failed);
    free(us);
    return n;
}

int main(int argc, char **argv)
{
    uint64_t prefill = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, n = 0;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 5;
    bool random_ids = false, readers = false;
    struct store *s;
    char line[128];

    for (int i = 4; i < argc; i++) {
        random_ids = random_ids || strcmp(argv[i], "random") == 0;
        readers = readers || strcmp(argv[i], "readers") == 0;
    }
    if (argc < 2 || store_open(&s, &(struct store_options){ .path = argv[1] }))
        return 1;
    struct looker l = { .store = s, .below = prefill };
    if (prefill)
        n = run(s, "prefill", 0, prefill, 1e6, random_ids);
    if (readers)
        pthread_create(&l.thread, NULL, look, &l);
    run(s, "measured", n + THREADS, UINT64_MAX, seconds, random_ids);
    if (readers) {
        __atomic_store_n(&l.stop, true, __ATOMIC_RELAXED);
        pthread_join(l.thread, NULL);
        printf("reads    %llu\n", (unsigned long long)l.n);
    }
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "RssAnon", 7) == 0)
            fputs(line, stdout);
    int64_t close_ns = clock_mono_ns();
    store_close(s);
    printf("close    %lld ms\n", (long long)(clock_mono_ns() - close_ns) / 1000000);
    return 0;
}
