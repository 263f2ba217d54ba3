/* order.h: what an order may be and become. Pure rules; the table prints as documentation and drives a test.
 *
 *   from                    event                                         to
 *   ACTIVE                  one payment succeeds                          PAID
 *   ACTIVE                  its expiry time passes                        EXPIRED (derived, never stored)
 *   ACTIVE                  termination asked, nothing in flight          TERMINATED
 *   ACTIVE                  termination asked, an attempt in flight       TERMINATION_REQUESTED
 *   EXPIRED                 an attempt begun before the expiry succeeds   PAID
 *   TERMINATION_REQUESTED   the attempt fails / succeeds                  TERMINATED / PAID
 * Source: Cashfree order life cycle (reference 2.4, 2.5). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum order_state { ORDER_ACTIVE, ORDER_PAID, ORDER_EXPIRED, ORDER_TERMINATED,
                   ORDER_TERMINATION_REQUESTED, ORDER_STATES };

enum {
    ORDER_ID_MIN = 3, ORDER_ID_MAX = 45,
    ORDER_AMOUNT_MAX_MAJOR = 1000000,        /* reference 5.5 */
    ORDER_EXPIRY_MIN_MS = 15 * 60 * 1000,    /* an expiry must be more than this ahead ... */
};
#define ORDER_EXPIRY_MAX_MS (30LL * 24 * 60 * 60 * 1000)   /* ... and less than this; also the default, less a second */

/* "ACTIVE", "PAID", ...; a constant string. */
const char *order_state_name(enum order_state s);

/* Is the move legal? */
bool order_may_move(enum order_state from, enum order_state to);

/* The state as seen at `now_ms`: a stored ACTIVE order past its expiry is EXPIRED, everywhere at once. */
enum order_state order_state_at(enum order_state stored, int64_t expires_ms, int64_t now_ms);

/* Letters, digits, '_' and '-' only, ORDER_ID_MIN to ORDER_ID_MAX of them. */
bool order_id_is_valid(struct span id);

/* The same alphabet and ORDER_ID_MAX, but one character will do: order tokens are also asked for by callers that
 * send their database's row number (reference 1.1). */
bool order_id_is_token_id(struct span id);

/* Is the expiry more than 15 minutes and less than 30 days ahead of `now_ms`? */
bool order_expiry_is_valid(int64_t expires_ms, int64_t now_ms);
