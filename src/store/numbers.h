/* numbers.h: numbers of rows in order of time within a merchant. Only store/ includes it. */
#pragma once

#include "store/driver.h"

/* Asks for the last number of a merchant: from last_number_fields, into a column "no". */
struct last_number { int64_t merchant_id, no; };
extern const struct db_field last_number_fields[];

/* The next one: from the time, or one more than the last where that is later. On the commit thread only; INTERNAL
 * elsewhere. If the job is undone the number is lost, which leaves a gap and nothing worse. */
MUST_CHECK enum fault numbers_next(struct store_tx *tx, int64_t *out, enum number_of of, const struct db_sql *last,
                                   int64_t merchant_id, int64_t now_ms);

/* The first number of the millisecond `now_ms`: those that are given later are no smaller. */
int64_t numbers_first(int64_t now_ms);

/* How far they go in `ms`. */
int64_t numbers_in(int64_t ms);

/* The next one by plain counting: 1, 2, 3, ... below `end`. The same otherwise. */
MUST_CHECK enum fault numbers_count(struct store_tx *tx, int64_t *out, enum number_of of, const struct db_sql *last,
                                    int64_t merchant_id, int64_t end);
