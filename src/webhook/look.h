/* look.h: which deliveries are sent next. The sender's own. */
#pragma once

#include "webhook/places.h"

enum {
    LOOK_SCAN_MAX = 4096,             /* deliveries looked at in the order they are due */
    LOOK_TURNS_MAX = 256,             /* endpoints looked at in turn, when those that were found are mostly of a few */
};

/* Where the last look's turn ended. */
struct look_cursor { int64_t merchant_id, endpoint_no; };

/* In a snapshot: take places for deliveries that are due at `now_ms`, as many as there is room for and at most `max`,
 * into `out`. First those that are due longest; when these are so many of endpoints without room that the scan ends
 * before the places do, each endpoint in turn. *more: another look may find more at once. */
MUST_CHECK enum fault look_choose(struct places *p, struct look_cursor *cursor, struct store_tx *tx, int64_t now_ms,
                                  struct place **out, size_t max, size_t *n, bool *more);
