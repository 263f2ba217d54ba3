/* arena.c: a list of chunks, the first kept from request to request. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#include "base/banned.h"

/* Bytes beyond `used` are always zero: fresh from calloc() or wiped by arena_reset(). So nothing has to be
 * zeroed when it is taken, and only what was taken has to be wiped. */
struct chunk {
    struct chunk *older;
    size_t used, cap;
    alignas(max_align_t) uint8_t bytes[];
};

struct arena {
    struct chunk *newest;
    size_t taken;                     /* bytes in all chunks, at most ARENA_MAX */
    bool starved;                     /* the system gave none */
};

static struct chunk *chunk_new(size_t cap, struct chunk *older)
{
    struct chunk *c = calloc(1, sizeof *c + cap);

    if (c) {
        c->cap = cap;
        c->older = older;
    }
    return c;
}

enum fault arena_new(struct arena **out)
{
    struct arena *a = calloc(1, sizeof *a);

    if (!a)
        return FAULT_INTERNAL;
    a->newest = chunk_new(ARENA_FIRST, NULL);
    if (!a->newest) {
        free(a);
        return FAULT_INTERNAL;
    }
    *out = a;
    return FAULT_NONE;
}

void *arena_take(struct arena *a, size_t n)
{
    struct chunk *c = a->newest;
    void *p;

    if (n > ARENA_MAX)
        return NULL;
    n = n ? (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1) : alignof(max_align_t);
    if (n > ARENA_MAX - a->taken)
        return NULL;
    if (n > c->cap - c->used) {
        c = chunk_new(n > 2 * c->cap ? n : 2 * c->cap, c);
        if (!c) {
            a->starved = true;
            return NULL;
        }
        a->newest = c;
    }
    p = c->bytes + c->used;
    c->used += n;
    a->taken += n;
    return p;
}

bool arena_is_starved(const struct arena *a)
{
    return a->starved;
}

struct span arena_copy(struct arena *a, struct span s)
{
    uint8_t *p;

    if (span_absent(s) || s.n >= ARENA_MAX)
        return (struct span){ 0 };
    p = arena_take(a, s.n + 1);
    if (!p)
        return (struct span){ 0 };
    memcpy(p, s.p, s.n);
    return (struct span){ p, s.n };
}

struct buf arena_buf(struct arena *a, size_t cap)
{
    uint8_t *p = arena_take(a, cap);

    return p ? (struct buf){ p, 0, cap, false } : (struct buf){ .full = true };
}

void arena_reset(struct arena *a)
{
    while (a->newest->older) {
        struct chunk *c = a->newest;
        a->newest = c->older;
        secret_wipe(c->bytes, c->used);
        free(c);
    }
    secret_wipe(a->newest->bytes, a->newest->used);
    a->newest->used = 0;
    a->taken = 0;
    a->starved = false;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    arena_reset(a);
    free(a->newest);
    free(a);
}
