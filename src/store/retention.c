/* retention.c: the SQL of deleting by age. The numbers of states are those of domain/ and store/outbox.h. */
#include "store/retention.h"

#include "store/db.h"

#include "base/banned.h"

struct key { int64_t merchant_id, no, before_ms, max; };
static const struct db_field key_fields[] = {
    { "merchant_id", DB_I64, offsetof(struct key, merchant_id) },
    { "no",          DB_I64, offsetof(struct key, no) },
    { "before_ms",   DB_I64, offsetof(struct key, before_ms) },
    { "max",         DB_I64, offsetof(struct key, max) },
    { 0 },
};

struct row { int64_t merchant_id, no, at_ms; };
static const struct db_field row_fields[] = {
    { "merchant_id", DB_I64, offsetof(struct row, merchant_id) },
    { "no",          DB_I64, offsetof(struct row, no) },
    { "at_ms",       DB_I64, offsetof(struct row, at_ms) },
    { 0 },
};

static const struct db_sql next_orders = {
    "SELECT merchant_id, order_no AS no, created_ms AS at_ms FROM orders"
    " WHERE (merchant_id, order_no) > (:merchant_id, :no) ORDER BY merchant_id, order_no LIMIT :max",
    key_fields, row_fields,
};
static const struct db_sql next_deliveries = {
    "SELECT merchant_id, delivery_no AS no, at_ms FROM outbox"
    " WHERE (merchant_id, delivery_no) > (:merchant_id, :no) ORDER BY merchant_id, delivery_no LIMIT :max",
    key_fields, row_fields,
};

/* Paid, terminated, or expired; and all that hangs on it ended too, long enough ago. */
static const struct db_sql order_is_over = {
    "SELECT o.merchant_id, o.order_no AS no, o.created_ms AS at_ms FROM orders o"
    " WHERE o.merchant_id = :merchant_id AND o.order_no = :no AND o.state IN (0, 1, 3)"
    " AND o.created_ms <= :before_ms AND o.expires_ms <= :before_ms"
    " AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.merchant_id = :merchant_id AND p.order_no = :no"
    "  AND (p.ask_ms > 0 OR p.state < 4 OR p.completed_ms > :before_ms OR p.payment_no ="
    "   (SELECT max(q.payment_no) FROM payments q WHERE q.merchant_id = :merchant_id)))"
    " AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.merchant_id = :merchant_id AND r.order_no = :no"
    "  AND (r.ask_ms > 0 OR r.status IN (0, 3) OR r.created_ms > :before_ms OR r.processed_ms > :before_ms"
    "   OR r.refund_no = (SELECT max(q.refund_no) FROM refunds q WHERE q.merchant_id = :merchant_id)))"
    " AND NOT EXISTS (SELECT 1 FROM outbox d WHERE d.merchant_id = :merchant_id AND d.line = :no"
    "  AND (d.state < 2 OR d.ended_ms > :before_ms OR d.delivery_no ="
    "   (SELECT max(q.delivery_no) FROM outbox q WHERE q.merchant_id = :merchant_id)))",
    key_fields, row_fields,
};

#define DELETE_OF(table, column) \
    { "DELETE FROM " table " WHERE merchant_id = :merchant_id AND " column " = :no", key_fields, NULL }
static const struct db_sql order_parts[] = {
    DELETE_OF("refunds", "order_no"), DELETE_OF("payments", "order_no"), DELETE_OF("outbox", "line"),
    DELETE_OF("order_extended", "order_no"), DELETE_OF("checkouts", "order_no"), DELETE_OF("orders", "order_no"),
};

static const struct db_sql delivery_delete = {
    "DELETE FROM outbox WHERE merchant_id = :merchant_id AND delivery_no = :no AND state IN (2, 3)"
    " AND ended_ms <= :before_ms AND delivery_no <>"
    " (SELECT max(q.delivery_no) FROM outbox q WHERE q.merchant_id = :merchant_id)", key_fields, NULL,
};
static const struct db_sql simulations_delete = {
    "DELETE FROM simulations WHERE (merchant_id, simulation_id) IN (SELECT s.merchant_id, s.simulation_id"
    " FROM simulations s WHERE s.created_ms <= :before_ms AND NOT EXISTS (SELECT 1 FROM payments p"
    " WHERE p.merchant_id = s.merchant_id AND p.payment_no = s.payment_no) LIMIT :max)", key_fields, NULL,
};

struct walk { struct retention_place *found, *at; size_t n, seen; int64_t before_ms, passed_over; };

static enum fault step(void *arg, void *row)
{
    struct walk *w = arg;
    const struct row *r = row;

    w->seen++;
    if (r->merchant_id == w->passed_over)
        return FAULT_NONE;
    *w->at = (struct retention_place){ r->merchant_id, r->no };
    if (r->at_ms <= w->before_ms) {
        w->found[w->n++] = *w->at;
    } else {
        w->passed_over = r->merchant_id;
        w->at->no = INT64_MAX;
    }
    return FAULT_NONE;
}

/* Where only young ones were met, go on: the next question begins behind them. */
static enum fault walk(struct store_tx *tx, const struct db_sql *sql, struct walk *w, size_t max)
{
    enum fault f = FAULT_NONE;

    do {
        struct key k = { w->at->merchant_id, w->at->no, w->before_ms, (int64_t)max };
        struct row row;

        w->seen = 0;
        f = db_each(tx, sql, &k, &row, step, w);
    } while (!f && w->n == 0 && w->seen > 0);
    return f;
}

enum fault retention_orders(struct store_tx *tx, struct retention_place *found, size_t *n, size_t max,
                            struct retention_place *at, int64_t before_ms)
{
    struct walk w = { .found = found, .at = at, .before_ms = before_ms, .passed_over = -1 };
    enum fault f = walk(tx, &next_orders, &w, max);

    *n = w.n;
    return f;
}

enum fault retention_deliveries(struct store_tx *tx, struct retention_place *found, size_t *n, size_t max,
                                struct retention_place *at, int64_t before_ms)
{
    struct walk w = { .found = found, .at = at, .before_ms = before_ms, .passed_over = -1 };
    enum fault f = walk(tx, &next_deliveries, &w, max);

    *n = w.n;
    return f;
}

enum fault retention_order(struct store_tx *tx, const struct retention_place *which, int64_t before_ms, bool *deleted)
{
    struct key k = { which->merchant_id, which->no, before_ms, 1 };
    struct row row;
    enum fault f = db_one(tx, &order_is_over, &k, &row, NULL);

    *deleted = !f;
    for (size_t i = 0; i < sizeof order_parts / sizeof *order_parts && !f; i++)
        f = db_run(tx, &order_parts[i], &k, NULL);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault retention_delivery(struct store_tx *tx, const struct retention_place *which, int64_t before_ms,
                              bool *deleted)
{
    struct key k = { which->merchant_id, which->no, before_ms, 1 };
    int64_t changed = 0;
    enum fault f = db_run(tx, &delivery_delete, &k, &changed);

    *deleted = changed > 0;
    return f;
}

enum fault retention_simulations(struct store_tx *tx, int64_t before_ms, int64_t max, int64_t *deleted)
{
    struct key k = { .before_ms = before_ms, .max = max };

    return db_run(tx, &simulations_delete, &k, deleted);
}
