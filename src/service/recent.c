/* recent.c: a table with one place for each hash value, under a few locks. */
#include "service/recent.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/secret.h"

#include "base/banned.h"

enum { LOCKS = 64 };                  /* a power of two: threads rarely meet at one */

struct place {
    int64_t merchant_id, order_no;    /* merchant_id 0: empty */
    int64_t until_ms;
    uint32_t n;
    uint8_t bytes[RECENT_RECORD];
};

struct recent {
    pthread_mutex_t lock[LOCKS];
    struct place *place;              /* RECENT_ORDERS of them, in a mapping of their own */
    const struct clock *clock;
    pthread_t sweeper;
    pthread_mutex_t rest;             /* `leave` */
    pthread_cond_t wake;
    bool leave;
};

static size_t place_of(int64_t merchant_id, int64_t order_no);
static bool is_old(const struct place *p, int64_t now_ms);
static void empty(struct place *p);
static void *sweep_now_and_then(void *arg);

enum fault recent_new(struct recent **out, const struct clock *clock)
{
    struct recent *r = calloc(1, sizeof *r);

    if (!r)
        return FAULT_INTERNAL;
    r->place = mmap(NULL, RECENT_ORDERS * sizeof *r->place, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (r->place == MAP_FAILED) {
        free(r);
        return FAULT_INTERNAL;
    }
    (void)madvise(r->place, RECENT_ORDERS * sizeof *r->place, MADV_DONTDUMP);
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_init(&r->lock[i], NULL);
    r->clock = clock;
    pthread_mutex_init(&r->rest, NULL);
    pthread_cond_init(&r->wake, NULL);
    if (pthread_create(&r->sweeper, NULL, sweep_now_and_then, r) != 0) {
        (void)munmap(r->place, RECENT_ORDERS * sizeof *r->place);
        free(r);
        return FAULT_INTERNAL;
    }
    *out = r;
    return FAULT_NONE;
}

void recent_free(struct recent *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->rest);
    r->leave = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->rest);
    pthread_join(r->sweeper, NULL);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->rest);
    for (size_t i = 0; i < RECENT_ORDERS; i++)
        if (r->place[i].merchant_id)
            empty(&r->place[i]);
    (void)munmap(r->place, RECENT_ORDERS * sizeof *r->place);
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&r->lock[i]);
    free(r);
}

void recent_keep(struct recent *r, int64_t merchant_id, int64_t order_no, struct span record, int64_t now_ms)
{
    size_t i = place_of(merchant_id, order_no);
    struct place *p = &r->place[i];

    if (record.n > RECENT_RECORD)
        return;
    pthread_mutex_lock(&r->lock[i % LOCKS]);
    if (p->merchant_id)
        empty(p);
    p->merchant_id = merchant_id;
    p->order_no = order_no;
    p->until_ms = now_ms + RECENT_MS;
    p->n = (uint32_t)record.n;
    memcpy(p->bytes, record.p, record.n);
    pthread_mutex_unlock(&r->lock[i % LOCKS]);
}

struct span recent_find(struct recent *r, struct arena *a, int64_t merchant_id, int64_t order_no, int64_t now_ms)
{
    size_t i = place_of(merchant_id, order_no);
    struct place *p = &r->place[i];
    struct span found = { 0 };

    pthread_mutex_lock(&r->lock[i % LOCKS]);
    if (is_old(p, now_ms))
        empty(p);
    if (p->merchant_id == merchant_id && p->order_no == order_no)
        found = arena_copy(a, (struct span){ p->bytes, p->n });
    pthread_mutex_unlock(&r->lock[i % LOCKS]);
    return found;
}

void recent_sweep(struct recent *r, int64_t now_ms)
{
    for (size_t i = 0; i < RECENT_ORDERS; i++) {
        pthread_mutex_lock(&r->lock[i % LOCKS]);
        if (is_old(&r->place[i], now_ms))
            empty(&r->place[i]);
        pthread_mutex_unlock(&r->lock[i % LOCKS]);
    }
}

static void *sweep_now_and_then(void *arg)
{
    struct recent *r = arg;

    pthread_mutex_lock(&r->rest);
    while (!r->leave) {
        struct timespec until;

        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += RECENT_SWEEP_MS / 1000;
        if (pthread_cond_timedwait(&r->wake, &r->rest, &until) == ETIMEDOUT && !r->leave)
            recent_sweep(r, clock_now_ms(r->clock));
    }
    pthread_mutex_unlock(&r->rest);
    return NULL;
}

/* A clock that was set back must not lengthen a stay. */
static bool is_old(const struct place *p, int64_t now_ms)
{
    return p->merchant_id && (now_ms >= p->until_ms || now_ms < p->until_ms - RECENT_MS);
}

/* Order numbers are time-ordered: their low bits count up, so neighbours spread by themselves; the multiplication
 * (by 2^64 over the golden ratio) spreads the rest. */
static size_t place_of(int64_t merchant_id, int64_t order_no)
{
    uint64_t h = ((uint64_t)order_no ^ (uint64_t)merchant_id << 53) * UINT64_C(0x9e3779b97f4a7c15);

    static_assert((RECENT_ORDERS & (RECENT_ORDERS - 1)) == 0, "a power of two");
    return (size_t)(h >> 40) & (RECENT_ORDERS - 1);
}

static void empty(struct place *p)
{
    secret_wipe(p->bytes, p->n);
    p->merchant_id = p->order_no = p->until_ms = p->n = 0;
}
