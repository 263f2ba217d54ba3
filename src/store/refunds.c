/* refunds.c: the SQL of refunds. */
#include "store/refunds.h"

#include "store/db.h"
#include "store/rows.h"

#include "base/banned.h"

static const int64_t no_end = INT64_C(1) << 37;       /* numbers stay below it: what cf_refund_id has room for */

#define COLUMNS \
    "merchant_id, refund_no, refund_id, order_no, payment_no, order_id, amount_minor, currency, note, splits, " \
    "status, type, speed, arn, remarks, created_ms, processed_ms, wanted, request, ask_ms"

static const struct db_field fields[] = {
    { "merchant_id",  DB_I64,  offsetof(struct refund_row, merchant_id) },
    { "refund_no",    DB_I64,  offsetof(struct refund_row, refund_no) },
    { "refund_id",    DB_TEXT, offsetof(struct refund_row, refund_id) },
    { "order_no",     DB_I64,  offsetof(struct refund_row, order_no) },
    { "payment_no",   DB_I64,  offsetof(struct refund_row, payment_no) },
    { "order_id",     DB_TEXT, offsetof(struct refund_row, order_id) },
    { "amount_minor", DB_I64,  offsetof(struct refund_row, amount_minor) },
    { "currency",     DB_TEXT, offsetof(struct refund_row, currency) },
    { "note",         DB_TEXT, offsetof(struct refund_row, note) },
    { "splits",       DB_TEXT, offsetof(struct refund_row, splits) },
    { "status",       DB_I64,  offsetof(struct refund_row, status) },
    { "type",         DB_I64,  offsetof(struct refund_row, type) },
    { "speed",        DB_I64,  offsetof(struct refund_row, speed) },
    { "arn",          DB_TEXT, offsetof(struct refund_row, arn) },
    { "remarks",      DB_TEXT, offsetof(struct refund_row, remarks) },
    { "created_ms",   DB_I64,  offsetof(struct refund_row, created_ms) },
    { "processed_ms", DB_I64,  offsetof(struct refund_row, processed_ms) },
    { "wanted",       DB_I64,  offsetof(struct refund_row, wanted) },
    { "request",      DB_I64,  offsetof(struct refund_row, request) },
    { "ask_ms",       DB_I64,  offsetof(struct refund_row, ask_ms) },
    { 0 },
};

static const struct db_sql last = {
    "SELECT max(no) AS refund_no FROM (SELECT max(refund_no) AS no FROM refunds WHERE merchant_id = :merchant_id"
    " UNION ALL SELECT no FROM number_floors WHERE kind = 'refund') AS known", fields, fields,
};
static const struct db_sql insert = {
    "INSERT INTO refunds (" COLUMNS ") VALUES (:merchant_id, :refund_no, :refund_id, :order_no, :payment_no,"
    " :order_id, :amount_minor, :currency, :note, :splits, :status, :type, :speed, :arn, :remarks, :created_ms,"
    " :processed_ms, :wanted, :request, :ask_ms)", fields, NULL,
};
static const struct db_sql find = {
    "SELECT " COLUMNS " FROM refunds WHERE merchant_id = :merchant_id AND order_no = :order_no"
    " AND refund_id = :refund_id", fields, fields,
};
static const struct db_sql find_no = {
    "SELECT " COLUMNS " FROM refunds WHERE merchant_id = :merchant_id AND refund_no = :refund_no", fields, fields,
};
static const struct db_sql update = {
    "UPDATE refunds SET status = :status, arn = :arn, remarks = :remarks, processed_ms = :processed_ms,"
    " wanted = :wanted, request = :request, ask_ms = :ask_ms"
    " WHERE merchant_id = :merchant_id AND refund_no = :refund_no", fields, NULL,
};
static const struct db_sql of_order = {
    "SELECT " COLUMNS " FROM refunds WHERE merchant_id = :merchant_id AND order_no = :order_no"
    " ORDER BY refund_no DESC", fields, fields,
};
static const struct db_sql due = {
    "SELECT " COLUMNS " FROM refunds WHERE ask_ms > 0 AND (ask_ms <= :now_ms OR ask_ms > :ahead_ms)"
    " ORDER BY ask_ms LIMIT :max",
    rows_due_fields, fields,
};

enum fault refunds_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id)
{
    struct refund_row row = { .merchant_id = merchant_id };
    enum fault f = db_one(tx, &last, &row, &row, NULL);

    if (f && f != FAULT_NOT_FOUND)
        return f;
    if (row.refund_no < 0 || row.refund_no >= no_end - 1)
        return FAULT_INTERNAL;
    *out = row.refund_no + 1;
    return FAULT_NONE;
}

enum fault refunds_insert(struct store_tx *tx, const struct refund_row *r)
{
    return db_run(tx, &insert, r, NULL);
}

enum fault refunds_find(struct store_tx *tx, struct refund_row *out, struct arena *a, int64_t merchant_id,
                        int64_t order_no, struct span refund_id)
{
    struct refund_row key = { .merchant_id = merchant_id, .order_no = order_no, .refund_id = refund_id };

    return db_one(tx, &find, &key, out, a);
}

enum fault refunds_find_no(struct store_tx *tx, struct refund_row *out, struct arena *a, int64_t merchant_id,
                           int64_t refund_no)
{
    struct refund_row key = { .merchant_id = merchant_id, .refund_no = refund_no };

    return db_one(tx, &find_no, &key, out, a);
}

enum fault refunds_update(struct store_tx *tx, const struct refund_row *r)
{
    return rows_change(tx, &update, r);
}

/* The typed face of db_each()'s row. */
struct each { enum fault (*each)(void *arg, const struct refund_row *r); void *arg; };

static enum fault give(void *arg, void *row)
{
    const struct each *e = arg;

    return e->each(e->arg, row);
}

enum fault refunds_of_order(struct store_tx *tx, int64_t merchant_id, int64_t order_no,
                            enum fault (*each)(void *arg, const struct refund_row *r), void *arg)
{
    struct refund_row key = { .merchant_id = merchant_id, .order_no = order_no }, row;
    struct each e = { each, arg };

    return db_each(tx, &of_order, &key, &row, give, &e);
}

enum fault refunds_due(struct store_tx *tx, int64_t now_ms, int64_t max,
                       enum fault (*each)(void *arg, const struct refund_row *r), void *arg)
{
    struct rows_due key = rows_due_at(now_ms, max);
    struct each e = { each, arg };
    struct refund_row row;

    return db_each(tx, &due, &key, &row, give, &e);
}
