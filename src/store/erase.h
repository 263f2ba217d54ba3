/* erase.h: what identifies a customer, taken out of the rows that must stay. */
#pragma once

#include "base/span.h"
#include "store/store.h"

/* The customer's orders behind number `after`, at most `max` of their numbers; *n of 0: there are no more. */
MUST_CHECK enum fault erase_find_orders(struct store_tx *tx, int64_t *found, size_t *n, size_t max, int64_t merchant_id,
                                        struct span customer_id, int64_t after);

/* Is a payment of the order still open? Then its private parts may be needed to end it. */
MUST_CHECK enum fault erase_is_open(struct store_tx *tx, bool *open, int64_t merchant_id, int64_t order_no);

/* Take out the private parts, note, tags, addresses of the order and the private parts, handles and payers' addresses
 * of its payments. Amounts, ids, states and times stay. */
MUST_CHECK enum fault erase_order(struct store_tx *tx, int64_t merchant_id, int64_t order_no);

/* Delete the customer's own record. Doing it again does no harm. */
MUST_CHECK enum fault erase_customer(struct store_tx *tx, int64_t merchant_id, struct span customer_id);
