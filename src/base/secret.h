/* secret.h: bytes that must not leak: locked in memory, left out of core dumps, wiped when freed.
 *
 * There is no function that prints a secret, and the journal does not take one. What wiping cannot reach:
 * copies in registers and spilled stack, and pages the kernel copied before they were locked. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum {
    SECRET_MAX = 4096,                /* bytes: the longest secret; an RSA-4096 private key in DER fits */
    SECRET_FEW = 64,                  /* bytes: the most secret_random_few() gives at once */
};

struct secret { size_t n; uint8_t bytes[]; };

/* A secret of `n` zero bytes, 1 to SECRET_MAX. The caller frees it with secret_free(). INTERNAL when memory
 * or the lock limit is out, or `n` is out of range. */
MUST_CHECK enum fault secret_new(struct secret **out, size_t n);

/* A secret that holds a copy of `s`; the source is the caller's to wipe. Faults as secret_new(). */
MUST_CHECK enum fault secret_copy(struct secret **out, struct span s);

/* Wipe, unlock and free; NULL is fine. */
void secret_free(struct secret *s);

/* Same length and bytes, in time that depends on the lengths only. */
bool secret_equal(struct span a, struct span b);

/* Fill `out` with `n` random bytes from the kernel. It ends the process if the kernel cannot: going on
 * without randomness is worse than stopping. */
void secret_random(void *out, size_t n);

/* The same for a few bytes at a time on hot paths, up to SECRET_FEW: from what each thread drew ahead, so that not
 * every request costs a system call. Each byte is given once and wiped where it was. Not for keys: those are
 * drawn by secret_random(). */
void secret_random_few(void *out, size_t n);

/* Set `n` bytes to zero in a way the compiler keeps. */
void secret_wipe(void *p, size_t n);

static inline struct span secret_span(const struct secret *s) { return (struct span){ s->bytes, s->n }; }
static inline void secret_freep(struct secret **s) { secret_free(*s); }
#define AUTO_SECRET __attribute__((cleanup(secret_freep))) struct secret *
