/* known.c: two tables with one place for each hash value, under one lock. */
#include "service/known.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#include "base/banned.h"

enum {
    PARTS = 4,                        /* texts of a key: id, sealed form, what that is bound to, client id. It is asked
                                       * for with three, and an empty one */
    NAMES_MAX = PARTNER_MID_MAX + PARTNER_CLIENT_MAX + PARTNER_VERSION_MAX,
    TEXTS_MAX = PARTNER_VERSION_MAX + PARTNER_PAYTM_KEY + KEY_SEAL_EXTRA + PARTNER_ABOUT
              + PARTNER_CLIENT_MAX,
};
#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* A few spans, one behind the other. */
struct packed { size_t n[PARTS]; };

struct key_place {
    int64_t merchant_id;              /* 0: empty */
    int64_t found_ms, ends_ms;        /* good from the moment it was found; ends_ms 0: for ever */
    struct packed names, texts;
    uint8_t name_bytes[NAMES_MAX], text_bytes[TEXTS_MAX];
};

struct requestor_place { int64_t merchant_id, scheme; char trid[KNOWN_TRID]; };

struct known {
    pthread_rwlock_t lock;            /* what follows */
    uint64_t generation;              /* known_forget() begins a new one */
    struct key_place keys[KNOWN_KEYS];
    struct requestor_place requestors[KNOWN_REQUESTORS];
};

enum fault known_new(struct known **out)
{
    struct known *k = calloc(1, sizeof *k);
    pthread_rwlockattr_t attr;

    if (!k)
        return FAULT_INTERNAL;
    /* Writers go first, so that known_forget() is not kept waiting by a stream of requests. */
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&k->lock, &attr);
    pthread_rwlockattr_destroy(&attr);
    *out = k;
    return FAULT_NONE;
}

static void empty(struct known *k)
{
    secret_wipe(k->keys, sizeof k->keys);
    secret_wipe(k->requestors, sizeof k->requestors);
}

void known_free(struct known *k)
{
    if (!k)
        return;
    pthread_rwlock_destroy(&k->lock);
    empty(k);
    free(k);
}

void known_forget(struct known *k)
{
    if (!k)
        return;
    pthread_rwlock_wrlock(&k->lock);
    k->generation++;
    empty(k);
    pthread_rwlock_unlock(&k->lock);
}

/* False: it has no room, and `bytes` is as it was. */
static bool pack(struct packed *p, uint8_t *bytes, size_t max, const struct span parts[static PARTS])
{
    size_t at = 0;

    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].n > max - at)
            return false;
        at += parts[i].n;
    }
    at = 0;
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].n)
            memcpy(bytes + at, parts[i].p, parts[i].n);
        p->n[i] = parts[i].n;
        at += parts[i].n;
    }
    return true;
}

static bool is_packed(const struct packed *p, const uint8_t *bytes, const struct span parts[static PARTS])
{
    for (size_t i = 0; i < PARTS; i++) {
        if (p->n[i] != parts[i].n || (parts[i].n && memcmp(bytes, parts[i].p, parts[i].n) != 0))
            return false;
        bytes += parts[i].n;
    }
    return true;
}

static size_t place_of(const struct span parts[static PARTS])
{
    uint64_t h = FNV_START;

    for (size_t i = 0; i < PARTS; i++) {
        for (size_t j = 0; j < parts[i].n; j++)
            h = (h ^ parts[i].p[j]) * FNV_PRIME;
        h = (h ^ parts[i].n) * FNV_PRIME;
    }
    return (size_t)(h >> 32) % KNOWN_KEYS;
}

/* With the lock held: what is kept, in memory of the caller's. */
static bool give_key(struct partner_key *out, struct arena *a, const struct key_place *p)
{
    struct span *const parts[PARTS] = { &out->id, &out->sealed, &out->about, &out->client_id };
    const uint8_t *at = p->text_bytes;

    out->merchant_id = p->merchant_id;
    for (size_t i = 0; i < PARTS; i++) {
        *parts[i] = arena_copy(a, (struct span){ at, p->texts.n[i] });
        if (span_absent(*parts[i]))
            return false;
        at += p->texts.n[i];
    }
    return true;
}

bool known_key(struct known *k, struct partner_key *out, struct arena *a, const struct known_names *names,
               int64_t now_ms, uint64_t *ticket)
{
    const struct span parts[PARTS] = { names->mid, names->client_id, names->version, { 0 } };
    const struct key_place *p;
    bool known;

    *ticket = 0;
    if (!k)
        return false;
    pthread_rwlock_rdlock(&k->lock);
    *ticket = k->generation;
    p = &k->keys[place_of(parts)];
    known = p->merchant_id && is_packed(&p->names, p->name_bytes, parts) && now_ms >= p->found_ms
            && (p->ends_ms == 0 || now_ms < p->ends_ms) && give_key(out, a, p);
    pthread_rwlock_unlock(&k->lock);
    return known;
}

void known_keep_key(struct known *k, const struct known_names *names, const struct partner_key *key, int64_t now_ms,
                    int64_t ends_ms, uint64_t ticket)
{
    const struct span parts[PARTS] = { names->mid, names->client_id, names->version, { 0 } };
    const struct span texts[PARTS] = { key->id, key->sealed, key->about, key->client_id };
    struct key_place *p;

    if (!k)
        return;
    pthread_rwlock_wrlock(&k->lock);
    p = &k->keys[place_of(parts)];
    if (k->generation == ticket) {
        p->merchant_id = 0;
        if (pack(&p->names, p->name_bytes, sizeof p->name_bytes, parts)
            && pack(&p->texts, p->text_bytes, sizeof p->text_bytes, texts)) {
            p->found_ms = now_ms;
            p->ends_ms = ends_ms;
            p->merchant_id = key->merchant_id;
        }
    }
    pthread_rwlock_unlock(&k->lock);
}

static struct requestor_place *requestor_of(struct known *k, int64_t merchant_id, int64_t scheme)
{
    return &k->requestors[((uint64_t)merchant_id * SCHEMES + (uint64_t)scheme) % KNOWN_REQUESTORS];
}

bool known_requestor(struct known *k, char trid[static KNOWN_TRID], int64_t merchant_id, int64_t scheme,
                     uint64_t *ticket)
{
    const struct requestor_place *p;
    bool known;

    *ticket = 0;
    if (!k || !merchant_id)
        return false;
    pthread_rwlock_rdlock(&k->lock);
    *ticket = k->generation;
    p = requestor_of(k, merchant_id, scheme);
    known = p->merchant_id == merchant_id && p->scheme == scheme;
    if (known)
        memcpy(trid, p->trid, KNOWN_TRID);
    pthread_rwlock_unlock(&k->lock);
    return known;
}

void known_keep_requestor(struct known *k, const char trid[static KNOWN_TRID], int64_t merchant_id, int64_t scheme,
                          uint64_t ticket)
{
    struct requestor_place *p;

    if (!k)
        return;
    pthread_rwlock_wrlock(&k->lock);
    if (k->generation == ticket) {
        p = requestor_of(k, merchant_id, scheme);
        *p = (struct requestor_place){ .merchant_id = merchant_id, .scheme = scheme };
        memcpy(p->trid, trid, KNOWN_TRID);
    }
    pthread_rwlock_unlock(&k->lock);
}
