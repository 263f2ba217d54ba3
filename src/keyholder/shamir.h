/* shamir.h: a secret in n shares, any k of which give it back, and k - 1 say nothing (Shamir 1979, over GF(2^8)).
 *
 * Each byte is the value at 0 of a polynomial of degree k - 1 with random coefficients; share i has the values at i.
 * The arithmetic takes the same time whatever the bytes are: no tables, no branches on them. */
#pragma once

#include "base/secret.h"

enum { SHAMIR_SHARES_MAX = 16, SHAMIR_THRESHOLD_MIN = 2, SHAMIR_SECRET_MAX = 64 };

struct shamir_share { uint8_t index; uint8_t bytes[SHAMIR_SECRET_MAX]; };     /* index: 1 to SHAMIR_SHARES_MAX */

/* Cut `secret` (1 to SHAMIR_SECRET_MAX bytes) into `n` shares, `k` of which suffice (SHAMIR_THRESHOLD_MIN <= k <= n <=
 * SHAMIR_SHARES_MAX, else BAD_INPUT). The caller wipes the shares. */
MUST_CHECK enum fault shamir_split(struct shamir_share *out, unsigned n, unsigned k, struct span secret);

/* The secret of `k` shares, `size` bytes into `out`. BAD_INPUT when two have one index, or an index is 0. Shares of
 * another secret give nonsense: whoever joins must be able to tell. */
MUST_CHECK enum fault shamir_join(uint8_t *out, size_t size, const struct shamir_share *shares, unsigned k);
