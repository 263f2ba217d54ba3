/* merchants.c: the SQL of merchants and their credentials. */
#include "store/merchants.h"

#include "store/db.h"
#include "store/rows.h"

#include "base/banned.h"

#define MERCHANT_COLUMNS "merchant_id, name, currencies, disabled, created_ms"
#define CREDENTIAL_COLUMNS "client_id, secret_no, merchant_id, secret_sealed, created_ms, ends_ms"

static const struct db_field merchant_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct merchant_row, merchant_id) },
    { "name",        DB_TEXT, offsetof(struct merchant_row, name) },
    { "currencies",  DB_TEXT, offsetof(struct merchant_row, currencies) },
    { "disabled",    DB_I64,  offsetof(struct merchant_row, disabled) },
    { "created_ms",  DB_I64,  offsetof(struct merchant_row, created_ms) },
    { 0 },
};
static const struct db_field credential_fields[] = {
    { "client_id",     DB_TEXT, offsetof(struct credential_row, client_id) },
    { "secret_no",     DB_I64,  offsetof(struct credential_row, secret_no) },
    { "merchant_id",   DB_I64,  offsetof(struct credential_row, merchant_id) },
    { "secret_sealed", DB_BLOB, offsetof(struct credential_row, secret_sealed) },
    { "created_ms",    DB_I64,  offsetof(struct credential_row, created_ms) },
    { "ends_ms",       DB_I64,  offsetof(struct credential_row, ends_ms) },
    { 0 },
};

static const struct db_sql merchant_next = {
    "SELECT coalesce(max(merchant_id), 0) + 1 AS merchant_id FROM merchants", NULL, merchant_fields,
};
static const struct db_sql merchant_insert = {
    "INSERT INTO merchants (" MERCHANT_COLUMNS ")"
    " VALUES (:merchant_id, :name, :currencies, :disabled, :created_ms)", merchant_fields, NULL,
};
static const struct db_sql merchant_find = {
    "SELECT " MERCHANT_COLUMNS " FROM merchants WHERE merchant_id = :merchant_id", merchant_fields, merchant_fields,
};
static const struct db_sql merchant_find_name = {
    "SELECT " MERCHANT_COLUMNS " FROM merchants WHERE name = :name", merchant_fields, merchant_fields,
};
static const struct db_sql merchant_disable = {
    "UPDATE merchants SET disabled = 1 WHERE merchant_id = :merchant_id", merchant_fields, NULL,
};
static const struct db_sql merchant_each = {
    "SELECT " MERCHANT_COLUMNS " FROM merchants ORDER BY merchant_id", NULL, merchant_fields,
};
static const struct db_sql credential_insert = {
    "INSERT INTO credentials (" CREDENTIAL_COLUMNS ")"
    " VALUES (:client_id, :secret_no, :merchant_id, :secret_sealed, :created_ms, :ends_ms)", credential_fields, NULL,
};
static const struct db_sql credential_each = {
    "SELECT " CREDENTIAL_COLUMNS " FROM credentials"
    " WHERE client_id = :client_id AND (ends_ms = 0 OR ends_ms > :ends_ms) ORDER BY secret_no DESC",
    credential_fields, credential_fields,
};
static const struct db_sql credential_of = {
    "SELECT " CREDENTIAL_COLUMNS " FROM credentials"
    " WHERE merchant_id = :merchant_id AND (ends_ms = 0 OR ends_ms > :ends_ms)"
    " ORDER BY created_ms DESC, client_id, secret_no DESC", credential_fields, credential_fields,
};
static const struct db_sql credential_end_older = {
    "UPDATE credentials SET ends_ms = :ends_ms WHERE client_id = :client_id AND secret_no < :secret_no"
    " AND (ends_ms = 0 OR ends_ms > :ends_ms)", credential_fields, NULL,
};

/* The typed callback behind db_each()'s untyped one. */
struct merchant_walk { enum fault (*each)(void *arg, const struct merchant_row *m); void *arg; };
struct credential_walk { enum fault (*each)(void *arg, const struct credential_row *c); void *arg; };

static enum fault merchant_step(void *arg, void *row)
{
    struct merchant_walk *w = arg;
    return w->each(w->arg, row);
}

static enum fault credential_step(void *arg, void *row)
{
    struct credential_walk *w = arg;
    return w->each(w->arg, row);
}

enum fault merchants_insert(struct store_tx *tx, int64_t *merchant_id, const struct merchant_row *m)
{
    struct merchant_row row = *m;
    enum fault f = db_one(tx, &merchant_next, NULL, &row, NULL);

    if (!f)
        f = db_run(tx, &merchant_insert, &row, NULL);
    if (!f)
        *merchant_id = row.merchant_id;
    return f;
}

enum fault merchants_find(struct store_tx *tx, struct merchant_row *out, struct arena *a, int64_t merchant_id)
{
    struct merchant_row key = { .merchant_id = merchant_id };

    return db_one(tx, &merchant_find, &key, out, a);
}

enum fault merchants_find_name(struct store_tx *tx, struct merchant_row *out, struct arena *a, struct span name)
{
    struct merchant_row key = { .name = name };

    return db_one(tx, &merchant_find_name, &key, out, a);
}

enum fault merchants_disable(struct store_tx *tx, int64_t merchant_id)
{
    struct merchant_row key = { .merchant_id = merchant_id };
    return rows_change(tx, &merchant_disable, &key);
}

enum fault merchants_each(struct store_tx *tx, enum fault (*each)(void *arg, const struct merchant_row *m), void *arg)
{
    struct merchant_walk w = { each, arg };
    struct merchant_row row = { 0 };

    return db_each(tx, &merchant_each, NULL, &row, merchant_step, &w);
}

enum fault credentials_insert(struct store_tx *tx, const struct credential_row *c)
{
    return db_run(tx, &credential_insert, c, NULL);
}

enum fault credentials_each(struct store_tx *tx, struct span client_id, int64_t now_ms,
                            enum fault (*each)(void *arg, const struct credential_row *c), void *arg)
{
    struct credential_walk w = { each, arg };
    struct credential_row key = { .client_id = client_id, .ends_ms = now_ms }, row = { 0 };

    return db_each(tx, &credential_each, &key, &row, credential_step, &w);
}

enum fault credentials_of(struct store_tx *tx, int64_t merchant_id, int64_t now_ms,
                          enum fault (*each)(void *arg, const struct credential_row *c), void *arg)
{
    struct credential_walk w = { each, arg };
    struct credential_row key = { .merchant_id = merchant_id, .ends_ms = now_ms }, row = { 0 };

    return db_each(tx, &credential_of, &key, &row, credential_step, &w);
}

enum fault credentials_end_older(struct store_tx *tx, struct span client_id, int64_t secret_no, int64_t ends_ms)
{
    struct credential_row key = { .client_id = client_id, .secret_no = secret_no, .ends_ms = ends_ms };

    return db_run(tx, &credential_end_older, &key, NULL);
}
