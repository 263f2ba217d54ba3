/* arena.h: memory that lives as long as one request and is wiped when it goes.
 *
 * Allocation is a pointer bump; there is no free of a single piece. Everything taken is zeroed on take and
 * wiped on reset, so whatever a caller sent us does not outlive its answer. Not thread-safe: one request,
 * one arena, one thread at a time. */
#pragma once

#include <stddef.h>

#include "base/span.h"

enum {
    ARENA_FIRST = 16 * 1024,          /* bytes: the first chunk; a usual order needs no second */
    ARENA_MAX = 1024 * 1024,          /* bytes: the most one request may take */
};

struct arena;

/* A new, empty arena, which the caller frees with arena_free(). INTERNAL when memory is out. */
MUST_CHECK enum fault arena_new(struct arena **out);

/* `n` zeroed bytes, aligned for any type, or NULL when ARENA_MAX is reached or memory is out. */
void *arena_take(struct arena *a, size_t n);

/* Was memory out for something since the last reset? What ARENA_MAX refused is no such thing. */
bool arena_is_starved(const struct arena *a);

/* A copy of `s` with a NUL behind it, or the absent span when arena_take() gives NULL. */
struct span arena_copy(struct arena *a, struct span s);

/* An empty buffer of `cap` bytes taken from `a`; when memory is out it is full from birth. */
struct buf arena_buf(struct arena *a, size_t cap);

/* Wipe everything taken, keep the first chunk for the next request. */
void arena_reset(struct arena *a);

/* Reset and free; NULL is fine. */
void arena_free(struct arena *a);
