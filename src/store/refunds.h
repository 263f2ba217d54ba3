/* refunds.h: refunds as rows, and the settlement of what was paid. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

struct refund_row {
    int64_t merchant_id, refund_no;   /* refund_no: 1, 2, 3, ... within the merchant, below 2^37 */
    struct span refund_id;            /* the merchant's own, unique within an order; absent: an automatic one */
    int64_t order_no, payment_no;
    struct span order_id;
    int64_t amount_minor;
    struct span currency, note, splits;       /* absent: none */
    int64_t status;                   /* enum refund_status, domain/refund.h */
    int64_t type, speed;              /* enum refund_type, refund_speed */
    struct span arn, remarks;
    int64_t created_ms, processed_ms; /* processed: 0 until it is */
    int64_t wanted, request, ask_ms;  /* as of payments */
};

MUST_CHECK enum fault refunds_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id);
MUST_CHECK enum fault refunds_insert(struct store_tx *tx, const struct refund_row *r);      /* EXISTS */
MUST_CHECK enum fault refunds_find(struct store_tx *tx, struct refund_row *out, struct arena *a, int64_t merchant_id,
                                   int64_t order_no, struct span refund_id);
MUST_CHECK enum fault refunds_find_no(struct store_tx *tx, struct refund_row *out, struct arena *a,
                                      int64_t merchant_id, int64_t refund_no);
MUST_CHECK enum fault refunds_update(struct store_tx *tx, const struct refund_row *r);
MUST_CHECK enum fault refunds_of_order(struct store_tx *tx, int64_t merchant_id, int64_t order_no,
                                       enum fault (*each)(void *arg, const struct refund_row *r), void *arg);
MUST_CHECK enum fault refunds_due(struct store_tx *tx, int64_t now_ms, int64_t max,
                                  enum fault (*each)(void *arg, const struct refund_row *r), void *arg);
