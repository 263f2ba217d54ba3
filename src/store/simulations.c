/* simulations.c: the SQL of simulated outcomes. */
#include "store/simulations.h"

#include "store/db.h"

#include "base/banned.h"

static const struct db_field fields[] = {
    { "merchant_id",   DB_I64,  offsetof(struct simulation_row, merchant_id) },
    { "simulation_id", DB_TEXT, offsetof(struct simulation_row, simulation_id) },
    { "payment_no",    DB_I64,  offsetof(struct simulation_row, payment_no) },
    { "status",        DB_TEXT, offsetof(struct simulation_row, status) },
    { "error_code",    DB_TEXT, offsetof(struct simulation_row, error_code) },
    { "created_ms",    DB_I64,  offsetof(struct simulation_row, created_ms) },
    { 0 },
};

static const struct db_sql insert = {
    "INSERT INTO simulations (merchant_id, simulation_id, payment_no, status, error_code, created_ms)"
    " VALUES (:merchant_id, :simulation_id, :payment_no, :status, :error_code, :created_ms)", fields, NULL,
};
static const struct db_sql find = {
    "SELECT merchant_id, simulation_id, payment_no, status, error_code, created_ms FROM simulations"
    " WHERE merchant_id = :merchant_id AND simulation_id = :simulation_id", fields, fields,
};

enum fault simulations_insert(struct store_tx *tx, const struct simulation_row *s)
{
    return db_run(tx, &insert, s, NULL);
}

enum fault simulations_find(struct store_tx *tx, struct simulation_row *out, struct arena *a, int64_t merchant_id,
                            struct span simulation_id)
{
    struct simulation_row key = { .merchant_id = merchant_id, .simulation_id = simulation_id };

    return db_one(tx, &find, &key, out, a);
}
