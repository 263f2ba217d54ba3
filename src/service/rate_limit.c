/* rate_limit.c: calls counted by the second, over a window that slides. */
#include "service/rate_limit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* Calls of this second and the WINDOW - 1 before it count. One less than a minute, so that a caller who used
 * everything up at once is told to come back in 1 to 59 seconds, as the API documents, and that is true. */
enum { WINDOW = 59, SHARDS = 16, PER_SHARD_MAX = RATE_SOURCES_MAX / SHARDS };

struct window { uint32_t total, calls[WINDOW]; };      /* calls[t % WINDOW] is second t */

struct counted { uint64_t who, used; int64_t second; struct window *window; };

/* A caller is always in the same shard, and each has its lock, so that threads seldom meet. */
struct shard { _Alignas(64) pthread_mutex_t lock; uint64_t uses; size_t n; struct counted callers[PER_SHARD_MAX]; };

/* Merchants apart from sources: whoever has many addresses must not push merchants out. */
struct rate_limits { unsigned per_minute[RATE_CLASSES]; struct shard merchants[SHARDS], sources[SHARDS]; };

static void shards_init(struct shard *shards, size_t callers)
{
    for (size_t i = 0; i < SHARDS; i++) {
        shards[i].n = callers / SHARDS;
        pthread_mutex_init(&shards[i].lock, NULL);
    }
}

static void shards_fini(struct shard *shards)
{
    for (size_t i = 0; i < SHARDS; i++) {
        for (size_t k = 0; k < shards[i].n; k++)
            free(shards[i].callers[k].window);
        pthread_mutex_destroy(&shards[i].lock);
    }
}

enum fault rate_limits_new(struct rate_limits **out, const unsigned per_minute[static RATE_CLASSES])
{
    struct rate_limits *r = aligned_alloc(_Alignof(struct rate_limits), sizeof *r);

    if (!r)
        return FAULT_INTERNAL;
    memset(r, 0, sizeof *r);
    for (size_t c = 0; c < RATE_CLASSES; c++)
        r->per_minute[c] = per_minute[c];
    shards_init(r->merchants, RATE_MERCHANTS_MAX);
    shards_init(r->sources, RATE_SOURCES_MAX);
    *out = r;
    return FAULT_NONE;
}

void rate_limits_free(struct rate_limits *r)
{
    if (!r)
        return;
    shards_fini(r->merchants);
    shards_fini(r->sources);
    free(r);
}

/* The counters of a caller: its own, or those of the least recent one, emptied. NULL when memory is out. */
static struct counted *find(struct shard *s, uint64_t who, int64_t second)
{
    struct counted *least = &s->callers[0];

    s->uses++;
    for (size_t i = 0; i < s->n; i++) {
        struct counted *c = &s->callers[i];
        if (c->window && c->who == who) {
            c->used = s->uses;
            return c;
        }
        if (c->used < least->used)
            least = c;
    }
    if (!least->window)
        least->window = malloc(RATE_CLASSES * sizeof *least->window);
    if (!least->window)
        return NULL;
    memset(least->window, 0, RATE_CLASSES * sizeof *least->window);
    least->who = who;
    least->used = s->uses;
    least->second = second;
    return least;
}

/* Empty the seconds that left the window. A clock that went back starts it anew. */
static void slide(struct counted *c, int64_t second)
{
    int64_t gone = second - c->second;

    if (gone == 0)
        return;
    if (gone < 0 || gone >= WINDOW) {
        memset(c->window, 0, RATE_CLASSES * sizeof *c->window);
    } else {
        for (int64_t t = c->second + 1; t <= second; t++)
            for (size_t k = 0; k < RATE_CLASSES; k++) {
                struct window *w = &c->window[k];
                w->total -= w->calls[t % WINDOW];
                w->calls[t % WINDOW] = 0;
            }
    }
    c->second = second;
}

/* Seconds until the oldest call of a full window leaves it. */
static unsigned seconds_to_wait(const struct window *w, int64_t second)
{
    for (unsigned wait = 1; wait < WINDOW; wait++)
        if (w->calls[(second + wait) % WINDOW])      /* the second that is WINDOW - wait old */
            return wait;
    return WINDOW;
}

static struct rate_verdict judge(struct counted *c, enum rate_class class, unsigned limit, int64_t second)
{
    struct rate_verdict v = { .limited = true, .limit = limit };
    struct window *w = &c->window[class];

    slide(c, second);
    if (w->total >= limit) {
        v.refused = true;
        v.retry_s = seconds_to_wait(w, second);
        return v;
    }
    w->calls[second % WINDOW]++;
    w->total++;
    v.remaining = limit - w->total;
    return v;
}

/* When memory is out the call passes: refusing everybody would be the worse failure. */
static struct rate_verdict take(struct shard shards[static SHARDS], uint64_t who, unsigned limit, enum rate_class c,
                                int64_t now_ms)
{
    struct rate_verdict v = { .limited = limit > 0, .limit = limit, .remaining = limit };
    int64_t second = now_ms > 0 ? now_ms / 1000 : 0;
    struct counted *counted;
    struct shard *s;

    if (limit == 0)
        return v;
    s = &shards[who % SHARDS];
    pthread_mutex_lock(&s->lock);
    counted = find(s, who, second);
    if (counted)
        v = judge(counted, c, limit, second);
    pthread_mutex_unlock(&s->lock);
    return v;
}

struct rate_verdict rate_limit_take(struct rate_limits *r, int64_t merchant_id, enum rate_class c, int64_t now_ms)
{
    return take(r->merchants, (uint64_t)merchant_id, r->per_minute[c], c, now_ms);
}

/* An IPv4 address stands as itself, also when it came as an IPv6 one. No network of 64 bits that is routed has so small
 * a number. */
static uint64_t source_of(const char *peer)
{
    struct in6_addr six;
    struct in_addr four;
    uint64_t n = 0;

    if (inet_pton(AF_INET, peer, &four) == 1)
        return ntohl(four.s_addr);
    if (inet_pton(AF_INET6, peer, &six) != 1)
        return 0;
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
        memcpy(&four, six.s6_addr + 12, sizeof four);
        return ntohl(four.s_addr);
    }
    for (size_t i = 0; i < sizeof n; i++)
        n = n << 8 | six.s6_addr[i];
    return n;
}

struct rate_verdict rate_limit_take_source(struct rate_limits *r, const char *peer, enum rate_class c, int64_t now_ms)
{
    return take(r->sources, source_of(peer), r->per_minute[c], c, now_ms);
}
