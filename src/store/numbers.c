/* numbers.c: a time in the high bits, a counter in the low ones. */
#include "store/numbers.h"

#include "base/banned.h"

enum { TIME_BITS = 41, COUNTER_BITS = 12 };
static const int64_t epoch_2020_ms = INT64_C(1577836800000);      /* 2020-01-01 UTC */

const struct db_field last_number_fields[] = {
    { "merchant_id", DB_I64, offsetof(struct last_number, merchant_id) },
    { "no",          DB_I64, offsetof(struct last_number, no) },
    { 0 },
};

/* The last number of a merchant, from memory or else from the table; 0 when there is none. */
static enum fault last_no(struct store_tx *tx, int64_t *out, const struct number_slot *slot, const struct db_sql *sql,
                          int64_t merchant_id)
{
    struct last_number last = { .merchant_id = merchant_id };
    enum fault f;

    *out = 0;
    if (slot->merchant_id == merchant_id) {
        *out = slot->last_no;
        return FAULT_NONE;
    }
    f = db_one(tx, sql, &last, &last, NULL);
    if (f == FAULT_NOT_FOUND)
        return FAULT_NONE;
    if (!f)
        *out = last.no;
    return f;
}

int64_t numbers_first(int64_t now_ms)
{
    return numbers_in(now_ms > epoch_2020_ms ? now_ms - epoch_2020_ms : 0);
}

int64_t numbers_in(int64_t ms)
{
    return ms << COUNTER_BITS;
}

enum fault numbers_next(struct store_tx *tx, int64_t *out, enum number_of of, const struct db_sql *last,
                        int64_t merchant_id, int64_t now_ms)
{
    const int64_t end = INT64_C(1) << (TIME_BITS + COUNTER_BITS);
    int64_t since = now_ms > epoch_2020_ms ? now_ms - epoch_2020_ms : 0, before, no;
    struct number_slot *slot;
    enum fault f;

    if (!tx->numbers || since >= INT64_C(1) << TIME_BITS)
        return FAULT_INTERNAL;
    slot = &tx->numbers->slot[of][(size_t)merchant_id & (NUMBER_SLOTS - 1)];
    f = last_no(tx, &before, slot, last, merchant_id);
    if (f)
        return f;
    no = numbers_in(since);
    if (no <= before)
        no = before + 1;
    if (no >= end)
        return FAULT_INTERNAL;
    *slot = (struct number_slot){ merchant_id, no };
    *out = no;
    return FAULT_NONE;
}

enum fault numbers_count(struct store_tx *tx, int64_t *out, enum number_of of, const struct db_sql *last,
                         int64_t merchant_id, int64_t end)
{
    struct number_slot *slot;
    int64_t before;
    enum fault f;

    if (!tx->numbers)
        return FAULT_INTERNAL;
    slot = &tx->numbers->slot[of][(size_t)merchant_id & (NUMBER_SLOTS - 1)];
    f = last_no(tx, &before, slot, last, merchant_id);
    if (f)
        return f;
    if (before < 0 || before >= end - 1)
        return FAULT_INTERNAL;
    *slot = (struct number_slot){ merchant_id, before + 1 };
    *out = before + 1;
    return FAULT_NONE;
}
