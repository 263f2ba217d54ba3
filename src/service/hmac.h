/* hmac.h: HMAC (RFC 2104) under a key that is scheduled once and used often. */
#pragma once

#include "base/span.h"

enum { HMAC_SHA256_SIZE = 32, HMAC_SHA384_SIZE = 48 };

struct hmac;                          /* one thread's at a time */

/* `size` chooses the hash. No key yet. INTERNAL when memory is out. The caller frees it with hmac_free(),
 * which wipes the key. */
MUST_CHECK enum fault hmac_new(struct hmac **out, size_t size);
void hmac_free(struct hmac *h);

/* Use `key` from now on; the bytes stay the caller's. */
MUST_CHECK enum fault hmac_key(struct hmac *h, struct span key);

/* Write the MAC of the `n` parts, one behind the other, into `out` (`size` bytes as at its making). */
MUST_CHECK enum fault hmac_parts(struct hmac *h, uint8_t *out, const struct span *parts, size_t n);
