/* checkouts.c: the SQL of checkouts, origins and what the sandbox's receiver got. */
#include "store/checkouts.h"

#include "store/db.h"
#include "store/rows.h"

#include "base/banned.h"

static const struct db_field checkout_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct checkout_row, merchant_id) },
    { "order_no",    DB_I64,  offsetof(struct checkout_row, order_no) },
    { "created_ms",  DB_I64,  offsetof(struct checkout_row, created_ms) },
    { "return_url",  DB_TEXT, offsetof(struct checkout_row, return_url) },
    { "notify_url",  DB_TEXT, offsetof(struct checkout_row, notify_url) },
    { 0 },
};
static const struct db_sql checkout_insert = {
    "INSERT INTO checkouts (merchant_id, order_no, created_ms, return_url, notify_url)"
    " VALUES (:merchant_id, :order_no, :created_ms, :return_url, :notify_url)", checkout_fields, NULL,
};
static const struct db_sql checkout_find = {
    "SELECT merchant_id, order_no, created_ms, return_url, notify_url FROM checkouts"
    " WHERE merchant_id = :merchant_id AND order_no = :order_no", checkout_fields, checkout_fields,
};

static const struct db_field origin_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct origin_row, merchant_id) },
    { "origin",      DB_TEXT, offsetof(struct origin_row, origin) },
    { "created_ms",  DB_I64,  offsetof(struct origin_row, created_ms) },
    { 0 },
};
static const struct db_sql origin_insert = {
    "INSERT INTO merchant_origins (merchant_id, origin, created_ms) VALUES (:merchant_id, :origin, :created_ms)",
    origin_fields, NULL,
};
static const struct db_sql origin_find = {
    "SELECT merchant_id, origin, created_ms FROM merchant_origins"
    " WHERE merchant_id = :merchant_id AND origin = :origin", origin_fields, origin_fields,
};
static const struct db_sql origin_delete = {
    "DELETE FROM merchant_origins WHERE merchant_id = :merchant_id AND origin = :origin", origin_fields, NULL,
};
static const struct db_sql origin_all = {
    "SELECT merchant_id, origin, created_ms FROM merchant_origins WHERE merchant_id = :merchant_id ORDER BY origin",
    origin_fields, origin_fields,
};

struct received_key { struct received_row row; int64_t before; };
static const struct db_field received_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct received_key, row.merchant_id) },
    { "received_no", DB_I64,  offsetof(struct received_key, row.received_no) },
    { "at_ms",       DB_I64,  offsetof(struct received_key, row.at_ms) },
    { "status",      DB_I64,  offsetof(struct received_key, row.status) },
    { "headers",     DB_BLOB, offsetof(struct received_key, row.headers) },
    { "body",        DB_BLOB, offsetof(struct received_key, row.body) },
    { "before",      DB_I64,  offsetof(struct received_key, before) },
    { 0 },
};
static const struct db_sql received_next = {
    "SELECT COALESCE(MAX(received_no), 0) + 1 AS received_no FROM received WHERE merchant_id = :merchant_id",
    received_fields, received_fields,
};
static const struct db_sql received_put = {
    "INSERT INTO received (merchant_id, received_no, at_ms, status, headers, body)"
    " VALUES (:merchant_id, :received_no, :at_ms, :status, :headers, :body)", received_fields, NULL,
};
static const struct db_sql received_trim = {
    "DELETE FROM received WHERE merchant_id = :merchant_id AND received_no <= :before", received_fields, NULL,
};
static const struct db_sql received_all = {
    "SELECT merchant_id, received_no, at_ms, status, headers, body FROM received"
    " WHERE merchant_id = :merchant_id ORDER BY received_no DESC", received_fields, received_fields,
};

enum fault checkouts_insert(struct store_tx *tx, const struct checkout_row *c)
{
    return db_run(tx, &checkout_insert, c, NULL);
}

enum fault checkouts_find(struct store_tx *tx, struct checkout_row *out, struct arena *a, int64_t merchant_id,
                          int64_t order_no)
{
    struct checkout_row key = { .merchant_id = merchant_id, .order_no = order_no };

    return db_one(tx, &checkout_find, &key, out, a);
}

enum fault origins_insert(struct store_tx *tx, const struct origin_row *o)
{
    return db_run(tx, &origin_insert, o, NULL);
}

enum fault origins_find(struct store_tx *tx, struct origin_row *out, struct arena *a, int64_t merchant_id,
                        struct span origin)
{
    struct origin_row key = { .merchant_id = merchant_id, .origin = origin };

    return db_one(tx, &origin_find, &key, out, a);
}

enum fault origins_delete(struct store_tx *tx, int64_t merchant_id, struct span origin)
{
    struct origin_row key = { .merchant_id = merchant_id, .origin = origin };
    return rows_change(tx, &origin_delete, &key);
}

struct origin_walk { enum fault (*each)(void *arg, const struct origin_row *o); void *arg; };

static enum fault each_origin(void *arg, void *row)
{
    const struct origin_walk *w = arg;

    return w->each(w->arg, row);
}

enum fault origins_each(struct store_tx *tx, int64_t merchant_id,
                        enum fault (*each)(void *arg, const struct origin_row *o), void *arg)
{
    struct origin_row key = { .merchant_id = merchant_id }, row = { 0 };
    struct origin_walk w = { each, arg };

    return db_each(tx, &origin_all, &key, &row, each_origin, &w);
}

enum fault received_insert(struct store_tx *tx, const struct received_row *r, int64_t keep)
{
    struct received_key key = { .row = *r }, next = { 0 };
    enum fault f = db_one(tx, &received_next, &key, &next, NULL);

    if (f)
        return f;
    key.row.received_no = next.row.received_no;
    key.before = key.row.received_no - keep;
    f = db_run(tx, &received_put, &key, NULL);
    return f ? f : db_run(tx, &received_trim, &key, NULL);
}

struct received_walk { enum fault (*each)(void *arg, const struct received_row *r); void *arg; };

static enum fault each_received(void *arg, void *row)
{
    const struct received_walk *w = arg;
    const struct received_key *key = row;

    return w->each(w->arg, &key->row);
}

enum fault received_each(struct store_tx *tx, int64_t merchant_id,
                         enum fault (*each)(void *arg, const struct received_row *r), void *arg)
{
    struct received_key key = { .row.merchant_id = merchant_id }, row = { 0 };
    struct received_walk w = { each, arg };

    return db_each(tx, &received_all, &key, &row, each_received, &w);
}
