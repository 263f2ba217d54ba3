/* pending.c: pending-keys: made, found, and destroyed in time. */
#include "keyholder/pending.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#include "base/banned.h"

struct slot {
    bool live;
    uint64_t number;                  /* of the told time: since 1970 */
    uint64_t made_ms, made_no;        /* by the real clock; and as which of all */
    uint8_t id[DESK_KEY_ID];
};

struct pending {
    pthread_mutex_t lock;             /* over everything below */
    uint64_t real_ms, made;
    struct slot slots[PENDING_SLOTS];
    struct secret *keys;              /* of each slot one a kind, in locked memory */
};

_Static_assert((int)PENDING_SLOTS * (int)PENDING_KINDS * (int)CRYPT_KEY <= (int)SECRET_MAX, "one secret holds them");

enum fault pending_new(struct pending **out)
{
    struct pending *p = calloc(1, sizeof *p);
    enum fault f;

    if (!p)
        return FAULT_INTERNAL;
    f = secret_new(&p->keys, (size_t)PENDING_SLOTS * PENDING_KINDS * CRYPT_KEY);
    if (f) {
        free(p);
        return f;
    }
    pthread_mutex_init(&p->lock, NULL);
    *out = p;
    return FAULT_NONE;
}

void pending_free(struct pending *p)
{
    if (!p)
        return;
    secret_free(p->keys);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static uint8_t *key_of(struct pending *p, const struct slot *s, enum pending_kind kind)
{
    return p->keys->bytes + ((size_t)(s - p->slots) * PENDING_KINDS + kind) * CRYPT_KEY;
}

static void destroy(struct pending *p, struct slot *s)
{
    secret_wipe(key_of(p, s, 0), (size_t)PENDING_KINDS * CRYPT_KEY);
    *s = (struct slot){ .live = false };
}

static uint64_t since_1970(int64_t now_ms)
{
    return now_ms < 0 ? 0 : (uint64_t)now_ms;
}

/* Under the lock. */
static void tell(struct pending *p, uint64_t now_ms)
{
    for (size_t i = 0; i < PENDING_SLOTS; i++) {
        struct slot *s = &p->slots[i];
        if (s->live && now_ms >= (s->number + 1) * CARD_PENDING_SLOT_MS + CARD_PENDING_MS)
            destroy(p, s);
    }
}

void pending_tell(struct pending *p, int64_t now_ms)
{
    pthread_mutex_lock(&p->lock);
    tell(p, since_1970(now_ms));
    pthread_mutex_unlock(&p->lock);
}

void pending_pass(struct pending *p, uint64_t ms)
{
    pthread_mutex_lock(&p->lock);
    p->real_ms += ms;
    for (size_t i = 0; i < PENDING_SLOTS; i++) {
        struct slot *s = &p->slots[i];
        if (s->live && p->real_ms - s->made_ms >= CARD_PENDING_SLOT_MS + CARD_PENDING_MS)
            destroy(p, s);
    }
    pthread_mutex_unlock(&p->lock);
}

static struct slot *find_id(struct pending *p, const uint8_t id[static DESK_KEY_ID])
{
    for (size_t i = 0; i < PENDING_SLOTS; i++)
        if (p->slots[i].live && memcmp(p->slots[i].id, id, DESK_KEY_ID) == 0)
            return &p->slots[i];
    return NULL;
}

/* The slot of that number that still seals. */
static struct slot *find_open(struct pending *p, uint64_t number)
{
    for (size_t i = 0; i < PENDING_SLOTS; i++) {
        struct slot *s = &p->slots[i];
        if (s->live && s->number == number && p->real_ms - s->made_ms < CARD_PENDING_SLOT_MS)
            return s;
    }
    return NULL;
}

/* A free place; when there is none, that of the key that was made first, destroyed. */
static struct slot *find_place(struct pending *p)
{
    struct slot *first = p->slots;

    for (size_t i = 0; i < PENDING_SLOTS; i++) {
        if (!p->slots[i].live)
            return &p->slots[i];
        if (p->slots[i].made_no < first->made_no)
            first = &p->slots[i];
    }
    destroy(p, first);
    return first;
}

static struct slot *make(struct pending *p, uint64_t number)
{
    struct slot *s = find_place(p);
    uint8_t id[DESK_KEY_ID];

    do
        secret_random(id, sizeof id);
    while (find_id(p, id));           /* of 2^32, while PENDING_SLOTS at most are taken */
    *s = (struct slot){ .live = true, .number = number, .made_ms = p->real_ms, .made_no = p->made++ };
    memcpy(s->id, id, sizeof id);
    secret_random(key_of(p, s, 0), (size_t)PENDING_KINDS * CRYPT_KEY);
    return s;
}

static void give(struct pending *p, struct pending_key *out, enum pending_kind kind, const struct slot *s)
{
    out->kind = kind;
    memcpy(out->key.id, s->id, DESK_KEY_ID);
    memcpy(out->key.key, key_of(p, s, kind), CRYPT_KEY);
}

void pending_current(struct pending *p, struct pending_key *out, enum pending_kind kind, int64_t now_ms)
{
    uint64_t now = since_1970(now_ms), number = now / CARD_PENDING_SLOT_MS;
    struct slot *s;

    pthread_mutex_lock(&p->lock);
    tell(p, now);
    s = find_open(p, number);
    give(p, out, kind, s ? s : make(p, number));
    pthread_mutex_unlock(&p->lock);
}

enum fault pending_find(struct pending *p, struct pending_key *out, enum pending_kind kind, struct span record)
{
    const struct slot *s;

    *out = (struct pending_key){ .kind = kind };
    if (record.n < KEY_SEAL_EXTRA)
        return FAULT_DENIED;
    pthread_mutex_lock(&p->lock);
    s = find_id(p, record.p + 1);     /* behind the version */
    if (s)
        give(p, out, kind, s);
    pthread_mutex_unlock(&p->lock);
    return s ? FAULT_NONE : FAULT_DENIED;
}

size_t pending_count(struct pending *p)
{
    size_t n = 0;

    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < PENDING_SLOTS; i++)
        n += p->slots[i].live;
    pthread_mutex_unlock(&p->lock);
    return n;
}

uint64_t pending_passed_ms(struct pending *p)
{
    uint64_t ms;

    pthread_mutex_lock(&p->lock);
    ms = p->real_ms;
    pthread_mutex_unlock(&p->lock);
    return ms;
}
