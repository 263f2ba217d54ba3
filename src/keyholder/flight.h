/* flight.h: a card in flight: number and expiry, sealed under a key that no other process of ours has or will have.
 *
 *     digits' count (1) | digits, filled up with zeros (19) | year (2) | month (1) | zeros, up to 48 bytes */
#pragma once

#include "domain/expiry.h"
#include "domain/pan.h"
#include "keyholder/desk.h"

/* Write CARD_FLIGHT bytes. An expiry of zeros: there is none. */
MUST_CHECK enum fault flight_seal(struct desk *d, uint8_t *out, const struct pan *pan, struct expiry e);

/* The card number of the flight ask->in, which the caller wipes. DENIED when it does not open. */
MUST_CHECK enum fault flight_open(struct desk *d, struct pan *out, const struct key_ask *ask);
