/* ring_answer.c: the keys of all threads, changed at one moment; and what is asked about their generations. */
#include <stdlib.h>

#include "base/isotime.h"
#include "base/secret.h"
#include "keyholder/parts.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum { PLACES = HEART_DESKS + HEART_SLOW_DESKS };

/* A generation's time is kept for good and shown to people: it has a year of four digits wherever they live. */
#define LAST_MS (ISOTIME_LAST_MS - INT64_C(86400000))

static void free_desks(struct desk *desks[static PLACES])
{
    for (size_t i = 0; i < PLACES; i++)
        desk_free(desks[i]);
}

/* All desks that a ring makes, or none. */
static enum fault make_desks(struct desk *desks[static PLACES], const struct keyring *ring)
{
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < PLACES; i++)
        desks[i] = NULL;
    for (size_t i = 0; i < PLACES && !f; i++)
        f = desk_new(&desks[i], ring);
    if (f)
        free_desks(desks);
    return f;
}

enum fault heart_ring_new(struct heart_ring **out, const struct keyring *ring, const struct heart_ring_port *port)
{
    struct desk *desks[PLACES];
    struct heart_ring *r = calloc(1, sizeof *r);
    enum fault f = r ? keyring_copy(&r->ring, ring) : FAULT_INTERNAL;

    if (!f)
        f = make_desks(desks, ring);
    if (f) {
        if (r)
            keyring_free(r->ring);
        free(r);
        return f;
    }
    if (port)
        r->port = *port;
    atomic_init(&r->told_ms, -1);
    pthread_mutex_init(&r->change, NULL);
    pthread_mutex_init(&r->gate, NULL);
    for (size_t i = 0; i < PLACES; i++) {
        pthread_mutex_init(&r->places[i].lock, NULL);
        r->places[i].desk = desks[i];
    }
    *out = r;
    return FAULT_NONE;
}

void heart_ring_free(struct heart_ring *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < PLACES; i++) {
        desk_free(r->places[i].desk);
        pthread_mutex_destroy(&r->places[i].lock);
    }
    pthread_mutex_destroy(&r->gate);
    pthread_mutex_destroy(&r->change);
    keyring_free(r->ring);
    free(r);
}

struct heart_place *heart_ring_sit(struct heart_ring *r, bool slow)
{
    struct heart_place *places = slow ? r->places + HEART_DESKS : r->places;
    size_t n = slow ? HEART_SLOW_DESKS : HEART_DESKS;

    if (atomic_load_explicit(&r->waiting, memory_order_relaxed)) {
        pthread_mutex_lock(&r->gate);
        pthread_mutex_unlock(&r->gate);
    }
    for (size_t i = 0; i < n; i++)
        if (pthread_mutex_trylock(&places[i].lock) == 0)
            return &places[i];
    pthread_mutex_lock(&places->lock);
    return places;
}

void heart_ring_leave(struct heart_place *place)
{
    if (place)
        pthread_mutex_unlock(&place->lock);
}

bool heart_ring_changes(enum key_op op)
{
    return op == KEY_ROTATE || op == KEY_DESTROY;
}

/* Put `ring` and `desks` in the place of those that are there, which then are in these. */
static void swap(struct heart_ring *r, struct keyring **ring, struct desk *desks[static PLACES])
{
    struct keyring *before = r->ring;

    pthread_mutex_lock(&r->gate);
    atomic_store_explicit(&r->waiting, true, memory_order_relaxed);
    for (size_t i = 0; i < PLACES; i++)
        pthread_mutex_lock(&r->places[i].lock);
    r->ring = *ring;
    *ring = before;
    for (size_t i = 0; i < PLACES; i++) {
        struct desk *old = r->places[i].desk;
        r->places[i].desk = desks[i];
        desks[i] = old;
    }
    for (size_t i = 0; i < PLACES; i++)
        pthread_mutex_unlock(&r->places[i].lock);
    atomic_store_explicit(&r->waiting, false, memory_order_relaxed);
    pthread_mutex_unlock(&r->gate);
}

/* Go over to `next`, which becomes the heart's: first the desks, which may fail for want of memory; then the disk; then
 * nothing can fail any more. So no record is sealed under a key that is not kept. */
static enum fault go_over(struct heart_ring *r, struct keyring *next)
{
    struct desk *desks[PLACES];
    enum fault f = make_desks(desks, next);

    if (!f && r->port.save) {
        f = r->port.save(r->port.arg, next);
        if (f)
            free_desks(desks);
    }
    if (!f) {
        swap(r, &next, desks);
        free_desks(desks);
    }
    keyring_free(next);
    return f ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault ring_rotate(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct heart_ring *r = h->ring;
    struct wire from = { ask->in, false };
    int64_t now_ms = atomic_load_explicit(&r->told_ms, memory_order_relaxed);
    struct keyring *next = NULL;
    enum fault f;

    (void)d;
    if (now_ms < 0)
        return FAULT_INTERNAL;        /* nobody told the time yet, by which hours are told apart */
    if (now_ms > LAST_MS)
        return FAULT_DENIED;
    pthread_mutex_lock(&r->change);
    f = keyring_copy(&next, r->ring);
    if (!f)
        f = keyring_rotate(next, (enum key_purpose)ask->number, now_ms, wire_number(&from, (unsigned)ask->in.n));
    if (!f)
        f = go_over(r, next);
    else
        keyring_free(next);
    pthread_mutex_unlock(&r->change);
    return f == FAULT_WRONG_STATE || f == FAULT_BAD_INPUT ? FAULT_DENIED : f;
}

enum fault ring_destroy(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct heart_ring *r = h->ring;
    struct keyring *next = NULL;
    enum fault f;

    (void)d;
    pthread_mutex_lock(&r->change);
    f = keyring_copy(&next, r->ring);
    if (!f)
        f = keyring_destroy(next, (enum key_purpose)ask->number, ask->in.p);
    if (!f)
        f = go_over(r, next);
    else
        keyring_free(next);
    pthread_mutex_unlock(&r->change);
    return f == FAULT_WRONG_STATE || f == FAULT_NOT_FOUND ? FAULT_DENIED : f;
}

enum fault ring_id(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    const struct keyring *ring = h->ring->ring;
    const struct keyring_entry *e = NULL;

    (void)d;
    if (ask->number == KEY_ID_BASE)
        e = keyring_find(ring, KEY_PURPOSE_BASE, 0);
    else if (ask->number < KEY_GENERATIONS)
        e = keyring_find(ring, KEY_PURPOSE_ID, (size_t)ask->number);
    if (!e)
        return FAULT_DENIED;
    ask->out.n = ask->out.cap;
    return desk_derive(ask->out.p, KEY_ID_SIZE, (struct span){ e->root, KEYRING_ROOT }, "id");
}

enum fault ring_tell(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    const struct keyring *ring = h->ring->ring;
    const struct keyring_head *head = keyring_head_of(ring);
    struct buf *out = &ask->out;

    (void)d;
    wire_put(out, head->source, 1);
    wire_put(out, head->threshold, 1);
    wire_put(out, head->shares, 1);
    wire_put(out, keyring_count(ring), 1);
    buf_put(out, head->set, KEYRING_SET);
    wire_put(out, head->version, 8);
    for (size_t i = 0; i < keyring_count(ring); i++) {
        const struct keyring_entry *e = keyring_at(ring, i);
        wire_put(out, e->purpose, 1);
        buf_put(out, e->id, KEYRING_ID);
        wire_put(out, (uint64_t)e->created_ms, 8);
        wire_put(out, e->from, 8);
    }
    while (out->n < KEY_RING_SIZE)
        buf_byte(out, 0);
    return FAULT_NONE;
}
