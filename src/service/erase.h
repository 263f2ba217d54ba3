/* erase.h: a customer asks to be forgotten. His tokens are deleted at the network, what identifies him is taken out of
 * his orders and payments, his record goes. What law wants kept stays: amounts, ids, states, times. */
#pragma once

#include "service/services.h"

enum { ERASE_BATCH = 50 };            /* orders in one transaction */

struct erase_tally {
    int64_t tokens, orders;           /* tokens whose deletion is under way; orders without private parts now */
    int64_t open;                     /* orders with a payment that is not over, and tokens that the network is being
                                       * asked about: nothing of them was touched, and it must be done again */
};

/* Erase. Waits for commits: on a worker. NOT_FOUND: no such merchant. Doing it again does no harm. An audit row is
 * committed before anything is erased, and one for each token. */
MUST_CHECK enum fault customer_erase(const struct services *s, struct erase_tally *out, struct arena *a,
                                     int64_t merchant_id, struct span customer_id);
