/* orders.h: the orders of merchants, their extended data, and customers, as rows. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

enum { ORDER_SESSION = 16 };          /* random bytes that make a payment session id unguessable */

/* One order. Text and fragments are borrowed. `private_sealed` is a keyholder record (KEY_USE_PRIVATE). */
struct order_row {
    int64_t merchant_id, order_no;    /* order_no: in order of creation within a merchant; see orders_next_no() */
    struct span order_id;
    int64_t amount_minor;
    struct span currency;             /* three letters */
    int64_t state;                    /* enum order_state, domain/order.h */
    int64_t created_ms, expires_ms;
    struct span session;              /* ORDER_SESSION bytes */
    struct span customer_id;
    struct span private_sealed;       /* customer, cart and terminal details */
    struct span note;                 /* text; like those that follow, absent when not given */
    struct span meta, tags, splits, products;            /* JSON fragments */
    int64_t one_account;              /* its private part names the bank account that alone may pay it; of orders from
                                       * before this was kept always 0 */
};

/* Insert. EXISTS when the merchant has an order of that id. */
MUST_CHECK enum fault orders_insert(struct store_tx *tx, const struct order_row *o);

/* Find by the merchant's own id. NOT_FOUND. Spans live in `a`. */
MUST_CHECK enum fault orders_find(struct store_tx *tx, struct order_row *out, struct arena *a,
                                  int64_t merchant_id, struct span order_id);

/* The same by its number. */
MUST_CHECK enum fault orders_find_no(struct store_tx *tx, struct order_row *out, struct arena *a, int64_t merchant_id,
                                     int64_t order_no);

/* Move from state `from` to `to`. WRONG_STATE when the order is not (or no longer) in `from`. */
MUST_CHECK enum fault orders_move(struct store_tx *tx, int64_t merchant_id, int64_t order_no,
                                  int64_t from, int64_t to);

/* The next order number of a merchant at `now_ms`: greater than all before it, below 2^53: milliseconds since
 * 2020 in the high 41 bits and a counter in the low 12, so it keeps growing when the clock stands still or
 * goes back. Only inside a write job. */
MUST_CHECK enum fault orders_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id, int64_t now_ms);

/* Extended data: what PUT /orders/{id}/extended stores, as JSON fragments. */
struct order_extended_row {
    int64_t merchant_id, order_no;
    struct span shipment, delivery;   /* absent when not given yet */
};
MUST_CHECK enum fault order_extended_find(struct store_tx *tx, struct order_extended_row *out, struct arena *a,
                                          int64_t merchant_id, int64_t order_no);
/* Insert, or overwrite those of shipment and delivery that are given. */
MUST_CHECK enum fault order_extended_put(struct store_tx *tx, const struct order_extended_row *e);
