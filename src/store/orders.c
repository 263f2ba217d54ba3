/* orders.c: the SQL of orders. */
#include "store/orders.h"

#include "store/numbers.h"
#include "store/rows.h"

#include "base/banned.h"

#define ORDER_COLUMNS                                                                    \
    "merchant_id, order_no, order_id, amount_minor, currency, state, created_ms, expires_ms, session," \
    " customer_id, private_sealed, note, meta, tags, splits, products, one_account"

static const struct db_field order_fields[] = {
    { "merchant_id",    DB_I64,  offsetof(struct order_row, merchant_id) },
    { "order_no",       DB_I64,  offsetof(struct order_row, order_no) },
    { "order_id",       DB_TEXT, offsetof(struct order_row, order_id) },
    { "amount_minor",   DB_I64,  offsetof(struct order_row, amount_minor) },
    { "currency",       DB_TEXT, offsetof(struct order_row, currency) },
    { "state",          DB_I64,  offsetof(struct order_row, state) },
    { "created_ms",     DB_I64,  offsetof(struct order_row, created_ms) },
    { "expires_ms",     DB_I64,  offsetof(struct order_row, expires_ms) },
    { "session",        DB_BLOB, offsetof(struct order_row, session) },
    { "customer_id",    DB_TEXT, offsetof(struct order_row, customer_id) },
    { "private_sealed", DB_BLOB, offsetof(struct order_row, private_sealed) },
    { "note",           DB_TEXT, offsetof(struct order_row, note) },
    { "meta",           DB_TEXT, offsetof(struct order_row, meta) },
    { "tags",           DB_TEXT, offsetof(struct order_row, tags) },
    { "splits",         DB_TEXT, offsetof(struct order_row, splits) },
    { "products",       DB_TEXT, offsetof(struct order_row, products) },
    { "one_account",    DB_I64,  offsetof(struct order_row, one_account) },
    { 0 },
};

struct order_step { int64_t merchant_id, order_no, from, to; };
static const struct db_field step_fields[] = {
    { "merchant_id", DB_I64, offsetof(struct order_step, merchant_id) },
    { "order_no",    DB_I64, offsetof(struct order_step, order_no) },
    { "from",        DB_I64, offsetof(struct order_step, from) },
    { "to",          DB_I64, offsetof(struct order_step, to) },
    { 0 },
};

static const struct db_field extended_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct order_extended_row, merchant_id) },
    { "order_no",    DB_I64,  offsetof(struct order_extended_row, order_no) },
    { "shipment",    DB_TEXT, offsetof(struct order_extended_row, shipment) },
    { "delivery",    DB_TEXT, offsetof(struct order_extended_row, delivery) },
    { 0 },
};

static const struct db_sql order_insert = {
    "INSERT INTO orders (" ORDER_COLUMNS ") VALUES (:merchant_id, :order_no, :order_id, :amount_minor,"
    " :currency, :state, :created_ms, :expires_ms, :session, :customer_id, :private_sealed, :note, :meta,"
    " :tags, :splits, :products, :one_account)", order_fields, NULL,
};
static const struct db_sql order_find = {
    "SELECT " ORDER_COLUMNS " FROM orders WHERE merchant_id = :merchant_id AND order_id = :order_id",
    order_fields, order_fields,
};
static const struct db_sql order_find_no = {
    "SELECT " ORDER_COLUMNS " FROM orders WHERE merchant_id = :merchant_id AND order_no = :order_no",
    order_fields, order_fields,
};
static const struct db_sql order_move = {
    "UPDATE orders SET state = :to WHERE merchant_id = :merchant_id AND order_no = :order_no AND state = :from",
    step_fields, NULL,
};
static const struct db_sql order_last = {
    "SELECT order_no AS no FROM orders WHERE merchant_id = :merchant_id ORDER BY order_no DESC LIMIT 1",
    last_number_fields, last_number_fields,
};
static const struct db_sql extended_find = {
    "SELECT merchant_id, order_no, shipment, delivery FROM order_extended"
    " WHERE merchant_id = :merchant_id AND order_no = :order_no", extended_fields, extended_fields,
};
static const struct db_sql extended_put = {
    "INSERT INTO order_extended (merchant_id, order_no, shipment, delivery)"
    " VALUES (:merchant_id, :order_no, :shipment, :delivery)"
    " ON CONFLICT (merchant_id, order_no) DO UPDATE SET"
    " shipment = coalesce(excluded.shipment, order_extended.shipment),"
    " delivery = coalesce(excluded.delivery, order_extended.delivery)", extended_fields, NULL,
};

enum fault orders_insert(struct store_tx *tx, const struct order_row *o)
{
    return db_run(tx, &order_insert, o, NULL);
}

enum fault orders_find(struct store_tx *tx, struct order_row *out, struct arena *a, int64_t merchant_id,
                       struct span order_id)
{
    struct order_row key = { .merchant_id = merchant_id, .order_id = order_id };

    return db_one(tx, &order_find, &key, out, a);
}

enum fault orders_find_no(struct store_tx *tx, struct order_row *out, struct arena *a, int64_t merchant_id,
                          int64_t order_no)
{
    struct order_row key = { .merchant_id = merchant_id, .order_no = order_no };

    return db_one(tx, &order_find_no, &key, out, a);
}

enum fault orders_move(struct store_tx *tx, int64_t merchant_id, int64_t order_no, int64_t from, int64_t to)
{
    struct order_step s = { .merchant_id = merchant_id, .order_no = order_no, .from = from, .to = to };
    enum fault f = rows_change(tx, &order_move, &s);

    return f == FAULT_NOT_FOUND ? FAULT_WRONG_STATE : f;
}

enum fault orders_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id, int64_t now_ms)
{
    return numbers_next(tx, out, NUMBER_OF_ORDER, &order_last, merchant_id, now_ms);
}

enum fault order_extended_find(struct store_tx *tx, struct order_extended_row *out, struct arena *a,
                               int64_t merchant_id, int64_t order_no)
{
    struct order_extended_row key = { .merchant_id = merchant_id, .order_no = order_no };

    return db_one(tx, &extended_find, &key, out, a);
}

enum fault order_extended_put(struct store_tx *tx, const struct order_extended_row *e)
{
    return db_run(tx, &extended_put, e, NULL);
}
