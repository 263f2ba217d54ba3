/* lockout.c: a table of failures, hashed, of a fixed size. */
#include "service/lockout.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/secret.h"

#include "base/banned.h"

enum { SEED = 16, KEY = 16, WAYS = 8, SETS = LOCKOUT_ENTRIES / WAYS, IPV6_HOUSE = 8 };

/* `key` names source and name; `failures` since `first_ms`; from `failures` being the limit on: locked at `last_ms`. */
struct entry { uint8_t key[KEY]; unsigned failures; int64_t first_ms, last_ms; };

struct lockouts {
    unsigned limit;
    uint8_t seed[SEED];               /* so that nobody chooses whose place to share */
    atomic_uint used;                 /* 0: nobody has failed since the start */
    pthread_mutex_t lock;             /* guards what follows */
    struct entry entries[SETS][WAYS];
};

enum fault lockouts_new(struct lockouts **out, unsigned failures)
{
    struct lockouts *l = NULL;

    *out = NULL;
    if (!failures)
        return FAULT_NONE;
    l = calloc(1, sizeof *l);
    if (!l)
        return FAULT_INTERNAL;
    l->limit = failures;
    secret_random(l->seed, sizeof l->seed);
    pthread_mutex_init(&l->lock, NULL);
    *out = l;
    return FAULT_NONE;
}

void lockouts_free(struct lockouts *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* Behind the seed: the source, a byte that no address has, the name. */
/* False: memory is out, and nothing is known or counted of them. */
static bool key_of(uint8_t out[static KEY], const struct lockouts *l, const char *peer, struct span who)
{
    uint8_t text[SEED + sizeof(struct in6_addr) + 1], digest[SHA256_DIGEST_LENGTH], both[2 * SHA256_DIGEST_LENGTH];
    struct in6_addr six = { 0 };
    bool house = inet_pton(AF_INET6, peer, &six) == 1 && !IN6_IS_ADDR_V4MAPPED(&six);

    if (house)
        memset(six.s6_addr + IPV6_HOUSE, 0, sizeof six.s6_addr - IPV6_HOUSE);
    else if (inet_pton(AF_INET6, peer, &six) != 1)
        (void)inet_pton(AF_INET, peer, &six);
    memcpy(text, l->seed, SEED);
    memcpy(text + SEED, &six, sizeof six);
    text[sizeof text - 1] = house;
    if (!SHA256(text, sizeof text, both) ||
        !SHA256(who.p ? who.p : (const uint8_t *)"", who.n, both + SHA256_DIGEST_LENGTH) ||
        !SHA256(both, sizeof both, digest))
        return false;
    memcpy(out, digest, KEY);
    return true;
}

static struct entry *set_of(struct lockouts *l, const uint8_t key[static KEY])
{
    return l->entries[(key[0] | (unsigned)key[1] << 8) % SETS];
}

/* With the lock held. NULL: no failures are known. */
static struct entry *find(struct lockouts *l, const uint8_t key[static KEY])
{
    struct entry *set = set_of(l, key);

    for (size_t i = 0; i < WAYS; i++)
        if (set[i].failures && memcmp(set[i].key, key, KEY) == 0)
            return &set[i];
    return NULL;
}

/* With the lock held: one for this key, empty if it had none. */
static struct entry *take(struct lockouts *l, const uint8_t key[static KEY])
{
    struct entry *set = set_of(l, key), *oldest = set, *found = find(l, key);

    if (found)
        return found;
    for (size_t i = 0; i < WAYS; i++)
        if (!set[i].failures || (oldest->failures && set[i].last_ms < oldest->last_ms))
            oldest = &set[i];
    *oldest = (struct entry){ 0 };
    memcpy(oldest->key, key, KEY);
    return oldest;
}

static bool is_locked(const struct entry *e, unsigned limit, int64_t now_ms)
{
    return e && e->failures >= limit && now_ms < e->last_ms + LOCKOUT_MS;
}

bool lockout_holds(struct lockouts *l, const char *peer, struct span who, int64_t now_ms)
{
    uint8_t one[KEY], all[KEY];
    bool held;

    if (!l || atomic_load_explicit(&l->used, memory_order_relaxed) == 0)
        return false;
    if (!key_of(one, l, peer, who) || !key_of(all, l, peer, SPAN("")))
        return false;
    pthread_mutex_lock(&l->lock);
    held = is_locked(find(l, one), l->limit, now_ms) || is_locked(find(l, all), LOCKOUT_WIDER * l->limit, now_ms);
    pthread_mutex_unlock(&l->lock);
    return held;
}

/* With the lock held: is that one too many? */
static bool count(struct lockouts *l, const uint8_t key[static KEY], unsigned limit, int64_t now_ms)
{
    struct entry *e = take(l, key);

    if (e->failures && now_ms >= e->first_ms + LOCKOUT_MS && !is_locked(e, limit, now_ms))
        e->failures = 0;
    if (!e->failures)
        e->first_ms = now_ms;
    e->last_ms = now_ms;
    return ++e->failures == limit;
}

bool lockout_failed(struct lockouts *l, const char *peer, struct span who, int64_t now_ms)
{
    uint8_t one[KEY], all[KEY];
    bool locked;

    if (!l)
        return false;
    if (!key_of(one, l, peer, who) || !key_of(all, l, peer, SPAN("")))
        return false;
    pthread_mutex_lock(&l->lock);
    locked = count(l, all, LOCKOUT_WIDER * l->limit, now_ms);
    if (who.n && count(l, one, l->limit, now_ms))
        locked = true;
    pthread_mutex_unlock(&l->lock);
    atomic_store_explicit(&l->used, 1, memory_order_relaxed);
    return locked;
}

void lockout_passed(struct lockouts *l, const char *peer, struct span who)
{
    uint8_t one[KEY];
    struct entry *e;

    if (!l || atomic_load_explicit(&l->used, memory_order_relaxed) == 0)
        return;
    if (!key_of(one, l, peer, who))
        return;
    pthread_mutex_lock(&l->lock);
    e = find(l, one);
    if (e)
        e->failures = 0;
    pthread_mutex_unlock(&l->lock);
}
