/* keep.h: what came of deliveries, in one write job for many. The sender's own. */
#pragma once

#include "webhook/places.h"

enum {
    KEEP_MAX = 128,                   /* in one job, so that a request's own job never waits long behind it */
    KEEP_BUSY_MS = 1000,              /* until what the courier had no place for is due again */
    KEEP_SHOWN_OK = 200,              /* success is this status and no other (reference 4.1) */
};

/* What came of it, into place->row: DONE, GIVEN_UP, or DUE again. False: there is nothing to keep, it is due as
 * before. */
bool keep_judge(struct place *place);

/* In a write job: keep the rows of places that were judged, `n` of them. What waits behind those that are over is
 * due. */
MUST_CHECK enum fault keep_rows(struct store_tx *tx, struct place *const *places, size_t n);
