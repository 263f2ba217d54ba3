/* admin_tokens.c: the SQL of admin tokens. */
#include "store/admin_tokens.h"

#include "store/db.h"

#include "base/banned.h"

static const struct db_field fields[] = {
    { "name",       DB_TEXT, offsetof(struct admin_token_row, name) },
    { "token_mac",  DB_BLOB, offsetof(struct admin_token_row, token_mac) },
    { "scopes",     DB_TEXT, offsetof(struct admin_token_row, scopes) },
    { "created_by", DB_TEXT, offsetof(struct admin_token_row, created_by) },
    { "created_ms", DB_I64,  offsetof(struct admin_token_row, created_ms) },
    { "expires_ms", DB_I64,  offsetof(struct admin_token_row, expires_ms) },
    { "used_ms",    DB_I64,  offsetof(struct admin_token_row, used_ms) },
    { "revoked_ms", DB_I64,  offsetof(struct admin_token_row, revoked_ms) },
    { 0 },
};

struct tally { int64_t n; };
static const struct db_field tally_fields[] = { { "n", DB_I64, offsetof(struct tally, n) }, { 0 } };

#define COLUMNS "name, token_mac, scopes, created_by, created_ms, expires_ms, used_ms, revoked_ms"

static const struct db_sql insert = {
    "INSERT INTO admin_tokens (" COLUMNS ") VALUES (:name, :token_mac, :scopes, :created_by, :created_ms,"
    " :expires_ms, :used_ms, :revoked_ms)", fields, NULL,
};
static const struct db_sql find = {
    "SELECT " COLUMNS " FROM admin_tokens WHERE token_mac = :token_mac", fields, fields,
};
static const struct db_sql put_used = {
    "UPDATE admin_tokens SET used_ms = :used_ms WHERE name = :name", fields, NULL,
};
static const struct db_sql revoke = {
    "UPDATE admin_tokens SET revoked_ms = CASE WHEN revoked_ms = 0 THEN :revoked_ms ELSE revoked_ms END"
    " WHERE name = :name", fields, NULL,
};
static const struct db_sql all = { "SELECT " COLUMNS " FROM admin_tokens ORDER BY name", NULL, fields };
static const struct db_sql count = { "SELECT count(*) AS n FROM admin_tokens", NULL, tally_fields };

enum fault admin_tokens_insert(struct store_tx *tx, const struct admin_token_row *t)
{
    return db_run(tx, &insert, t, NULL);
}

enum fault admin_tokens_find(struct store_tx *tx, struct admin_token_row *out, struct arena *a, struct span token_mac)
{
    struct admin_token_row key = { .token_mac = token_mac };

    return db_one(tx, &find, &key, out, a);
}

/* Run `sql` for the row in `key`. NOT_FOUND: there is none of that name. */
static enum fault change(struct store_tx *tx, const struct db_sql *sql, const struct admin_token_row *key)
{
    int64_t changed = 0;
    enum fault f = db_run(tx, sql, key, &changed);

    return f ? f : changed ? FAULT_NONE : FAULT_NOT_FOUND;
}

enum fault admin_tokens_put_used(struct store_tx *tx, struct span name, int64_t now_ms)
{
    return change(tx, &put_used, &(struct admin_token_row){ .name = name, .used_ms = now_ms });
}

enum fault admin_tokens_revoke(struct store_tx *tx, struct span name, int64_t now_ms)
{
    return change(tx, &revoke, &(struct admin_token_row){ .name = name, .revoked_ms = now_ms });
}

struct giving { enum fault (*each)(void *arg, const struct admin_token_row *t); void *arg; };

static enum fault give(void *arg, void *row)
{
    const struct giving *g = arg;

    return g->each(g->arg, row);
}

enum fault admin_tokens_each(struct store_tx *tx, enum fault (*each)(void *arg, const struct admin_token_row *t),
                             void *arg)
{
    struct giving g = { each, arg };
    struct admin_token_row row = { 0 };

    return db_each(tx, &all, NULL, &row, give, &g);
}

enum fault admin_tokens_count(struct store_tx *tx, int64_t *out)
{
    struct tally t = { 0 };
    enum fault f = db_one(tx, &count, NULL, &t, NULL);

    *out = t.n;
    return f;
}
