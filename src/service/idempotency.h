/* idempotency.h: the same key and body give the same answer and one effect (reference 3.1).
 *
 * The remembered answer is committed in the same transaction as the effect, so a crash leaves both or
 * neither. Writes run one after another on the commit thread, so of thirty requests at once the first has the
 * effect and the others find its answer. */
#pragma once

#include "service/services.h"

enum { IDEMPOTENCY_KEY_MAX = 128, IDEMPOTENCY_BODY_MAX = 60 * 1024, IDEMPOTENCY_SWEEP = 100 };

/* One request as it is remembered. `scope`: method and route. `version`: what the caller asked to be answered in;
 * the same body under another version is another request. */
struct idempotent { int64_t merchant_id; struct span scope, version, key, body; };

/* The answers of idempotency_prepare()'s asks, KEY_MAC_SIZE bytes each: all that is kept of key and request. */
struct idempotency {
    int64_t merchant_id;
    struct span scope, key_mac, digest;
};

enum { IDEMPOTENCY_ASKS = 2 };

struct remembered { unsigned status; struct span body; };

/* Fill `asks`: the keyed digests of the key, and of scope, version and body. BAD_INPUT when the key is empty, longer
 * than IDEMPOTENCY_KEY_MAX or not printable ASCII. */
MUST_CHECK enum fault idempotency_prepare(struct idempotency *out, struct key_ask asks[static IDEMPOTENCY_ASKS],
                                          struct arena *a, const struct idempotent *r);

/* In a write job, before the effect. NONE: answered before, *out is that answer. NOT_FOUND: go on. MISMATCH: the
 * key was used with another request. SILENT when one of the asks or a further one was not answered; INTERNAL when
 * the row was tampered with: its body opens only beside the key, the digest and the status it was stored with. */
MUST_CHECK enum fault idempotency_recall(const struct services *s, struct store_tx *tx, struct remembered *out,
                                         struct arena *a, const struct idempotency *i, int64_t now_ms);

/* In the same job, after the effect: remember the answer, and sweep a few expired rows. */
MUST_CHECK enum fault idempotency_remember(const struct services *s, struct store_tx *tx, const struct idempotency *i,
                                           const struct remembered *answer, struct arena *a, int64_t now_ms);
