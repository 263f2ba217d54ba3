/* checkouts.h: orders that came by the order-token flow, the origins that may frame a merchant's checkout, and in the
 * sandbox what its own receiver was sent, as rows. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

/* Where the result of an order goes, once there is one. */
struct checkout_row {
    int64_t merchant_id, order_no, created_ms;
    struct span return_url, notify_url;           /* absent: none */
};

/* EXISTS. */
MUST_CHECK enum fault checkouts_insert(struct store_tx *tx, const struct checkout_row *c);
MUST_CHECK enum fault checkouts_find(struct store_tx *tx, struct checkout_row *out, struct arena *a,
                                     int64_t merchant_id, int64_t order_no);

/* "https://shop.example": scheme, host and port, in lower case. */
struct origin_row { int64_t merchant_id; struct span origin; int64_t created_ms; };

/* EXISTS. */
MUST_CHECK enum fault origins_insert(struct store_tx *tx, const struct origin_row *o);
MUST_CHECK enum fault origins_find(struct store_tx *tx, struct origin_row *out, struct arena *a, int64_t merchant_id,
                                   struct span origin);
/* NOT_FOUND. */
MUST_CHECK enum fault origins_delete(struct store_tx *tx, int64_t merchant_id, struct span origin);
MUST_CHECK enum fault origins_each(struct store_tx *tx, int64_t merchant_id,
                                   enum fault (*each)(void *arg, const struct origin_row *o), void *arg);

/* A webhook that the sandbox's receiver got. */
struct received_row {
    int64_t merchant_id, received_no, at_ms, status;          /* status: what it answered */
    struct span headers, body;
};

/* Insert under the next number of the merchant, and delete those of more than `keep` numbers before. */
MUST_CHECK enum fault received_insert(struct store_tx *tx, const struct received_row *r, int64_t keep);
/* Newest first. */
MUST_CHECK enum fault received_each(struct store_tx *tx, int64_t merchant_id,
                                    enum fault (*each)(void *arg, const struct received_row *r), void *arg);
