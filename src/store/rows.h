/* rows.h: what the statements of several aggregates share. Only store/ includes it. */
#pragma once

#include "store/db.h"

/* db_run() of a statement that is about one row: NOT_FOUND when it touched none. */
MUST_CHECK enum fault rows_change(struct store_tx *tx, const struct db_sql *sql, const void *in);

/* The question for rows that are due, "ask_ms > 0 AND (ask_ms <= :now_ms OR ask_ms > :ahead_ms) ... LIMIT :max": those
 * that a clock which has gone back since would leave waiting are due as well (store_ahead_ms()). */
struct rows_due { int64_t now_ms, ahead_ms, max; };
extern const struct db_field rows_due_fields[];
struct rows_due rows_due_at(int64_t now_ms, int64_t max);
