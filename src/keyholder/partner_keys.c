/* partner_keys.c: public keys by name, counted by who holds them, the least recently used given up first. */
#include "keyholder/partner_keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

struct partner_key { struct rsa_public *key; size_t holders; };

struct row { uint8_t name[PARTNER_KEY_NAME]; uint64_t used; struct partner_key *key; };

struct partner_keys {
    pthread_mutex_t lock;
    uint64_t clock;                   /* counts the uses */
    size_t n;
    struct row rows[PARTNER_KEYS_MAX];
};

enum fault partner_keys_new(struct partner_keys **out)
{
    struct partner_keys *k = calloc(1, sizeof *k);

    if (!k)
        return FAULT_INTERNAL;
    pthread_mutex_init(&k->lock, NULL);
    *out = k;
    return FAULT_NONE;
}

/* One holder less; the last one frees it. With the lock held. */
static void let_go(struct partner_key *p)
{
    if (--p->holders > 0)
        return;
    rsa_public_free(p->key);
    free(p);
}

void partner_keys_free(struct partner_keys *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < k->n; i++)
        let_go(k->rows[i].key);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

static struct row *row_of(struct partner_keys *k, const uint8_t *name)
{
    for (size_t i = 0; i < k->n; i++)
        if (memcmp(k->rows[i].name, name, PARTNER_KEY_NAME) == 0)
            return &k->rows[i];
    return NULL;
}

static struct partner_key *hold(struct partner_keys *k, struct row *r)
{
    r->used = ++k->clock;
    r->key->holders++;
    return r->key;
}

struct partner_key *partner_keys_find(struct partner_keys *k, const uint8_t name[static PARTNER_KEY_NAME])
{
    struct partner_key *found = NULL;
    struct row *r;

    pthread_mutex_lock(&k->lock);
    r = row_of(k, name);
    if (r)
        found = hold(k, r);
    pthread_mutex_unlock(&k->lock);
    return found;
}

/* A row for a new key: a free one, or that of the key not used for longest, which goes. */
static struct row *make_room(struct partner_keys *k)
{
    struct row *oldest = k->rows;

    if (k->n < PARTNER_KEYS_MAX)
        return &k->rows[k->n++];
    for (size_t i = 1; i < k->n; i++)
        if (k->rows[i].used < oldest->used)
            oldest = &k->rows[i];
    let_go(oldest->key);
    return oldest;
}

enum fault partner_keys_add(struct partner_keys *k, struct partner_key **out,
                            const uint8_t name[static PARTNER_KEY_NAME], struct rsa_public *key)
{
    struct partner_key *p = malloc(sizeof *p);
    struct row *r;

    if (!p) {
        rsa_public_free(key);
        return FAULT_INTERNAL;
    }
    *p = (struct partner_key){ key, 1 };
    pthread_mutex_lock(&k->lock);
    r = row_of(k, name);
    if (r) {                          /* another thread read the same record at the same time */
        let_go(p);
    } else {
        r = make_room(k);
        memcpy(r->name, name, PARTNER_KEY_NAME);
        r->key = p;
    }
    *out = hold(k, r);
    pthread_mutex_unlock(&k->lock);
    return FAULT_NONE;
}

const struct rsa_public *partner_key_of(const struct partner_key *p)
{
    return p->key;
}

void partner_key_release(struct partner_keys *k, struct partner_key *p)
{
    pthread_mutex_lock(&k->lock);
    let_go(p);
    pthread_mutex_unlock(&k->lock);
}
