/* permute.h: unguessable public ids that need no second index.
 *
 * A number made in order inside (time-ordered, so that inserts stay cheap) is shown outside as its image
 * under a keyed permutation: nobody without the id key can tell neighbours or counts, and the way back is
 * one computation. This is a balanced Feistel network of PERMUTE_ROUNDS rounds whose round function is
 * AES-256; numbers outside the domain are walked back into it (cycle walking). It hides order; it is no
 * authentication: whoever looks an id up still checks whose it is. */
#pragma once

#include <stdint.h>

#include "base/secret.h"

enum { PERMUTE_KEY = 32, PERMUTE_ROUNDS = 10 };

struct permute;

/* A permutation of 0 .. 2^bits - 1 (bits even, 16 to 120) under a key of PERMUTE_KEY bytes; `label` (a
 * constant) separates uses of one key. The caller frees it with permute_free(). Safe to share among threads. */
MUST_CHECK enum fault permute_new(struct permute **out, const struct secret *key, const char *label, unsigned bits);
void permute_free(struct permute *p);

/* The image and its inverse. `n` must be inside the domain. */
unsigned __int128 permute_out(const struct permute *p, unsigned __int128 n);
unsigned __int128 permute_in(const struct permute *p, unsigned __int128 n);

/* The same within 0 .. limit - 1 by cycle walking, for a limit of at least a quarter of the domain. */
uint64_t permute_out_below(const struct permute *p, uint64_t n, uint64_t limit);
uint64_t permute_in_below(const struct permute *p, uint64_t n, uint64_t limit);
