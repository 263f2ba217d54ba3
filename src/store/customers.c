/* customers.c: the SQL of customers. */
#include "store/customers.h"

#include "store/db.h"

#include "base/banned.h"

static const struct db_field fields[] = {
    { "merchant_id",    DB_I64,  offsetof(struct customer_row, merchant_id) },
    { "customer_uid",   DB_TEXT, offsetof(struct customer_row, customer_uid) },
    { "phone_mac",      DB_BLOB, offsetof(struct customer_row, phone_mac) },
    { "private_sealed", DB_BLOB, offsetof(struct customer_row, private_sealed) },
    { "created_ms",     DB_I64,  offsetof(struct customer_row, created_ms) },
    { 0 },
};

static const struct db_sql insert = {
    "INSERT INTO customers (merchant_id, customer_uid, phone_mac, private_sealed, created_ms)"
    " VALUES (:merchant_id, :customer_uid, :phone_mac, :private_sealed, :created_ms)", fields, NULL,
};
static const struct db_sql find = {
    "SELECT merchant_id, customer_uid, phone_mac, private_sealed, created_ms FROM customers"
    " WHERE merchant_id = :merchant_id AND phone_mac = :phone_mac", fields, fields,
};

enum fault customers_insert(struct store_tx *tx, const struct customer_row *c)
{
    return db_run(tx, &insert, c, NULL);
}

enum fault customers_find(struct store_tx *tx, struct customer_row *out, struct arena *a, int64_t merchant_id,
                          struct span phone_mac)
{
    struct customer_row key = { .merchant_id = merchant_id, .phone_mac = phone_mac };

    return db_one(tx, &find, &key, out, a);
}
