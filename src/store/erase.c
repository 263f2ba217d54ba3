/* erase.c: the SQL of erasing a customer. */
#include "store/erase.h"

#include "store/db.h"

#include "base/banned.h"

struct key { int64_t merchant_id, order_no, max, n; struct span customer_id; };
static const struct db_field fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct key, merchant_id) },
    { "order_no",    DB_I64,  offsetof(struct key, order_no) },
    { "max",         DB_I64,  offsetof(struct key, max) },
    { "n",           DB_I64,  offsetof(struct key, n) },
    { "customer_id", DB_TEXT, offsetof(struct key, customer_id) },
    { 0 },
};

static const struct db_sql orders_of = {
    "SELECT order_no FROM orders WHERE merchant_id = :merchant_id AND order_no > :order_no"
    " AND customer_id = :customer_id ORDER BY order_no LIMIT :max", fields, fields,
};
static const struct db_sql open_payments = {
    "SELECT count(*) AS n FROM payments WHERE merchant_id = :merchant_id AND order_no = :order_no"
    " AND (state < 4 OR ask_ms > 0)", fields, fields,
};
static const struct db_sql parts[] = {
    { "UPDATE orders SET private_sealed = NULL, note = NULL, tags = NULL WHERE merchant_id = :merchant_id"
      " AND order_no = :order_no", fields, NULL },
    { "UPDATE payments SET private_sealed = NULL, handle = NULL, source = NULL WHERE merchant_id = :merchant_id"
      " AND order_no = :order_no", fields, NULL },
    { "DELETE FROM order_extended WHERE merchant_id = :merchant_id AND order_no = :order_no", fields, NULL },
};
static const struct db_sql customer_delete = {
    "DELETE FROM customers WHERE merchant_id = :merchant_id AND customer_uid = :customer_id", fields, NULL,
};

struct finding { int64_t *found; size_t n; };

static enum fault keep(void *arg, void *row)
{
    struct finding *f = arg;

    f->found[f->n++] = ((const struct key *)row)->order_no;
    return FAULT_NONE;
}

enum fault erase_find_orders(struct store_tx *tx, int64_t *found, size_t *n, size_t max, int64_t merchant_id,
                             struct span customer_id, int64_t after)
{
    struct key k = { .merchant_id = merchant_id, .order_no = after, .max = (int64_t)max, .customer_id = customer_id };
    struct finding finding = { .found = found };
    struct key row = { 0 };
    enum fault f = db_each(tx, &orders_of, &k, &row, keep, &finding);

    *n = finding.n;
    return f;
}

enum fault erase_is_open(struct store_tx *tx, bool *open, int64_t merchant_id, int64_t order_no)
{
    struct key k = { .merchant_id = merchant_id, .order_no = order_no }, row = { 0 };
    enum fault f = db_one(tx, &open_payments, &k, &row, NULL);

    *open = row.n > 0;
    return f;
}

enum fault erase_order(struct store_tx *tx, int64_t merchant_id, int64_t order_no)
{
    struct key k = { .merchant_id = merchant_id, .order_no = order_no };
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < sizeof parts / sizeof *parts && !f; i++)
        f = db_run(tx, &parts[i], &k, NULL);
    return f;
}

enum fault erase_customer(struct store_tx *tx, int64_t merchant_id, struct span customer_id)
{
    struct key k = { .merchant_id = merchant_id, .customer_id = customer_id };

    return db_run(tx, &customer_delete, &k, NULL);
}
