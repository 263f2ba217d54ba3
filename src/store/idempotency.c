/* idempotency.c: the SQL of remembered answers. */
#include "store/idempotency.h"

#include "store/db.h"

#include "base/banned.h"

static const struct db_field fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct idempotency_row, merchant_id) },
    { "scope",       DB_TEXT, offsetof(struct idempotency_row, scope) },
    { "key_mac",     DB_BLOB, offsetof(struct idempotency_row, key_mac) },
    { "digest",      DB_BLOB, offsetof(struct idempotency_row, digest) },
    { "status",      DB_I64,  offsetof(struct idempotency_row, status) },
    { "body_sealed", DB_BLOB, offsetof(struct idempotency_row, body_sealed) },
    { "expires_ms",  DB_I64,  offsetof(struct idempotency_row, expires_ms) },
    { 0 },
};

struct sweep { int64_t now_ms, limit; };
static const struct db_field sweep_fields[] = {
    { "now_ms", DB_I64, offsetof(struct sweep, now_ms) },
    { "limit",  DB_I64, offsetof(struct sweep, limit) },
    { 0 },
};

static const struct db_sql find = {
    "SELECT merchant_id, scope, key_mac, digest, status, body_sealed, expires_ms FROM idempotency"
    " WHERE merchant_id = :merchant_id AND scope = :scope AND key_mac = :key_mac AND expires_ms > :expires_ms",
    fields, fields,
};
static const struct db_sql put = {
    "INSERT INTO idempotency (merchant_id, scope, key_mac, digest, status, body_sealed, expires_ms)"
    " VALUES (:merchant_id, :scope, :key_mac, :digest, :status, :body_sealed, :expires_ms)"
    " ON CONFLICT (merchant_id, scope, key_mac) DO UPDATE SET digest = excluded.digest,"
    " status = excluded.status, body_sealed = excluded.body_sealed, expires_ms = excluded.expires_ms",
    fields, NULL,
};
/* The one statement that goes over all merchants: housekeeping, which each shard can do for itself. */
static const struct db_sql sweep = {
    "DELETE FROM idempotency WHERE (merchant_id, scope, key_mac) IN (SELECT merchant_id, scope, key_mac"
    " FROM idempotency WHERE expires_ms <= :now_ms ORDER BY expires_ms LIMIT :limit)", sweep_fields, NULL,
};

enum fault idempotency_find(struct store_tx *tx, struct idempotency_row *out, struct arena *a,
                            int64_t merchant_id, struct span scope, struct span key_mac, int64_t now_ms)
{
    struct idempotency_row k = { .merchant_id = merchant_id, .scope = scope, .key_mac = key_mac, .expires_ms = now_ms };

    return db_one(tx, &find, &k, out, a);
}

enum fault idempotency_put(struct store_tx *tx, const struct idempotency_row *row)
{
    return db_run(tx, &put, row, NULL);
}

enum fault idempotency_sweep(struct store_tx *tx, int64_t now_ms, int64_t limit, int64_t *deleted)
{
    struct sweep s = { .now_ms = now_ms, .limit = limit };

    return db_run(tx, &sweep, &s, deleted);
}
