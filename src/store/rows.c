/* rows.c: changing one row, and asking for those that are due. */
#include "store/rows.h"

#include "base/banned.h"

const struct db_field rows_due_fields[] = {
    { "now_ms",   DB_I64, offsetof(struct rows_due, now_ms) },
    { "ahead_ms", DB_I64, offsetof(struct rows_due, ahead_ms) },
    { "max",      DB_I64, offsetof(struct rows_due, max) },
    { 0 },
};

struct rows_due rows_due_at(int64_t now_ms, int64_t max)
{
    return (struct rows_due){ now_ms, store_ahead_ms(now_ms), max };
}

enum fault rows_change(struct store_tx *tx, const struct db_sql *sql, const void *in)
{
    int64_t changed = 0;
    enum fault f = db_run(tx, sql, in, &changed);

    return !f && changed == 0 ? FAULT_NOT_FOUND : f;
}
