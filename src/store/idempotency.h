/* idempotency.h: remembered answers, as rows. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

struct idempotency_row {
    int64_t merchant_id;
    struct span scope;                /* method and route, e.g. "POST /pg/orders" */
    struct span key_mac;              /* keyed digest of the caller's key (KEY_USE_DIGEST); that is not kept */
    struct span digest;               /* the same of the request */
    int64_t status;                   /* HTTP status of the remembered answer */
    struct span body_sealed;          /* KEY_USE_ANSWER */
    int64_t expires_ms;
};

/* Find one that has not expired at `now_ms`. NOT_FOUND. */
MUST_CHECK enum fault idempotency_find(struct store_tx *tx, struct idempotency_row *out, struct arena *a,
                                       int64_t merchant_id, struct span scope, struct span key_mac, int64_t now_ms);
/* Insert, replacing an expired row of the same key. */
MUST_CHECK enum fault idempotency_put(struct store_tx *tx, const struct idempotency_row *row);
/* Delete at most `limit` rows that expired before `now_ms`; *deleted says how many. */
MUST_CHECK enum fault idempotency_sweep(struct store_tx *tx, int64_t now_ms, int64_t limit, int64_t *deleted);
