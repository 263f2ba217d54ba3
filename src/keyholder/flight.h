/* flight.h: a card that waits: number and expiry, and of a charge the code, sealed under a pending-key.
 *
 *     flight   digits' count (1) | digits, filled up with zeros (19) | year (2) | month (1) | zeros, up to 48 bytes
 *     charge   the same | code's count (1) | code, filled up with zeros (4) | zeros, up to 48 bytes
 *
 * A charge may be of a code alone; then the card's bytes are zeros. */
#pragma once

#include "domain/expiry.h"
#include "domain/pan.h"
#include "keyholder/pending.h"

enum { FLIGHT_CODE_MIN = 3, FLIGHT_CODE_MAX = 4 };    /* digits of a code */

/* An expiry of zeros: there is none. Of a code alone there is no number to look at. Whoever has one wipes it with
 * flight_fini(), or declares it AUTO_FLIGHT. */
struct flight {
    struct pan pan;
    struct expiry expiry;
    bool code_alone;
    uint8_t code[FLIGHT_CODE_MAX], code_n;
};

/* Wipe. */
void flight_fini(struct flight *c);
#define AUTO_FLIGHT __attribute__((cleanup(flight_fini))) struct flight

/* Write CARD_FLIGHT bytes, or as many of a charge. A key of PENDING_FLIGHT leaves the code out. */
MUST_CHECK enum fault flight_seal(struct desk *d, uint8_t *out, const struct pending_key *key, const struct flight *c);

/* The card of the record ask->in, which the caller wipes, whatever comes. DENIED when it does not open under `key`. */
MUST_CHECK enum fault flight_open(struct desk *d, struct flight *out, const struct pending_key *key,
                                  const struct key_ask *ask);
