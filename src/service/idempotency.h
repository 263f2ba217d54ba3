/* idempotency.h: the same key and body give the same answer and one effect (reference 3.1).
 *
 * The remembered answer is committed in the same transaction as the effect, so a crash leaves both or
 * neither. Writes run one after another on the commit thread, so of thirty requests at once the first has the
 * effect and the others find its answer. */
#pragma once

#include "service/services.h"

enum { IDEMPOTENCY_KEY_MAX = 128, IDEMPOTENCY_BODY_MAX = 60 * 1024, IDEMPOTENCY_SWEEP = 100 };

struct idempotency {
    int64_t merchant_id;
    struct span scope, key, digest;   /* digest: KEY_MAC_SIZE bytes, the answered ask of idempotency_prepare() */
};

struct remembered { unsigned status; struct span body; };

/* Fill `ask`: the keyed digest of scope and body. BAD_INPUT when the key is empty, longer than
 * IDEMPOTENCY_KEY_MAX or not printable ASCII. */
MUST_CHECK enum fault idempotency_prepare(struct idempotency *out, struct key_ask *ask, struct arena *a,
                                          int64_t merchant_id, struct span scope, struct span key, struct span body);

/* In a write job, before the effect. NONE: answered before, *out is that answer. NOT_FOUND: go on. MISMATCH: the
 * key was used with another request. */
MUST_CHECK enum fault idempotency_recall(const struct services *s, struct store_tx *tx, struct remembered *out,
                                         struct arena *a, const struct idempotency *i, int64_t now_ms);

/* In the same job, after the effect: remember the answer, and sweep a few expired rows. */
MUST_CHECK enum fault idempotency_remember(const struct services *s, struct store_tx *tx, const struct idempotency *i,
                                           const struct remembered *answer, struct arena *a, int64_t now_ms);
