/* partners.c: the SQL of public keys, Paytm MIDs and keys, and the Paytm requests seen. */
#include "store/partners.h"

#include "store/db.h"
#include "store/rows.h"

#include "base/banned.h"

#define PUBLIC_COLUMNS "merchant_id, key_no, key_id, key_sealed, created_ms"
#define MID_COLUMNS "mid, merchant_id, created_ms"
#define PAYTM_COLUMNS "merchant_id, key_no, client_id, version, key_sealed, created_ms, ends_ms"
#define REQUEST_COLUMNS "merchant_id, request_id, signature, at_ms"

static const struct db_field public_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct public_key_row, merchant_id) },
    { "key_no",      DB_I64,  offsetof(struct public_key_row, key_no) },
    { "key_id",      DB_TEXT, offsetof(struct public_key_row, key_id) },
    { "key_sealed",  DB_BLOB, offsetof(struct public_key_row, key_sealed) },
    { "created_ms",  DB_I64,  offsetof(struct public_key_row, created_ms) },
    { 0 },
};
static const struct db_field mid_fields[] = {
    { "mid",         DB_TEXT, offsetof(struct mid_row, mid) },
    { "merchant_id", DB_I64,  offsetof(struct mid_row, merchant_id) },
    { "created_ms",  DB_I64,  offsetof(struct mid_row, created_ms) },
    { 0 },
};
static const struct db_field paytm_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct paytm_key_row, merchant_id) },
    { "key_no",      DB_I64,  offsetof(struct paytm_key_row, key_no) },
    { "client_id",   DB_TEXT, offsetof(struct paytm_key_row, client_id) },
    { "version",     DB_TEXT, offsetof(struct paytm_key_row, version) },
    { "key_sealed",  DB_BLOB, offsetof(struct paytm_key_row, key_sealed) },
    { "created_ms",  DB_I64,  offsetof(struct paytm_key_row, created_ms) },
    { "ends_ms",     DB_I64,  offsetof(struct paytm_key_row, ends_ms) },
    { 0 },
};
static const struct db_field request_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct paytm_request_row, merchant_id) },
    { "request_id",  DB_TEXT, offsetof(struct paytm_request_row, request_id) },
    { "signature",   DB_BLOB, offsetof(struct paytm_request_row, signature) },
    { "at_ms",       DB_I64,  offsetof(struct paytm_request_row, at_ms) },
    { "token_no",    DB_I64,  offsetof(struct paytm_request_row, token_no) },
    { 0 },
};

struct sweep { int64_t before_ms, limit; };
static const struct db_field sweep_fields[] = {
    { "before_ms", DB_I64, offsetof(struct sweep, before_ms) },
    { "limit",     DB_I64, offsetof(struct sweep, limit) },
    { 0 },
};

static const struct db_sql public_next = {
    "SELECT coalesce(max(key_no), 0) + 1 AS key_no FROM public_keys WHERE merchant_id = :merchant_id",
    public_fields, public_fields,
};
static const struct db_sql public_insert = {
    "INSERT INTO public_keys (" PUBLIC_COLUMNS ") VALUES (:merchant_id, :key_no, :key_id, :key_sealed, :created_ms)",
    public_fields, NULL,
};
static const struct db_sql public_find = {
    "SELECT " PUBLIC_COLUMNS " FROM public_keys WHERE merchant_id = :merchant_id AND key_id = :key_id",
    public_fields, public_fields,
};
static const struct db_sql public_each = {
    "SELECT " PUBLIC_COLUMNS " FROM public_keys WHERE merchant_id = :merchant_id ORDER BY key_no DESC",
    public_fields, public_fields,
};
static const struct db_sql mid_insert = {
    "INSERT INTO paytm_mids (" MID_COLUMNS ") VALUES (:mid, :merchant_id, :created_ms)", mid_fields, NULL,
};
static const struct db_sql mid_find = {
    "SELECT " MID_COLUMNS " FROM paytm_mids WHERE mid = :mid", mid_fields, mid_fields,
};
static const struct db_sql mid_of = {
    "SELECT " MID_COLUMNS " FROM paytm_mids WHERE merchant_id = :merchant_id", mid_fields, mid_fields,
};
static const struct db_sql paytm_next = {
    "SELECT coalesce(max(key_no), 0) + 1 AS key_no FROM paytm_keys WHERE merchant_id = :merchant_id",
    paytm_fields, paytm_fields,
};
static const struct db_sql paytm_insert = {
    "INSERT INTO paytm_keys (" PAYTM_COLUMNS ")"
    " VALUES (:merchant_id, :key_no, :client_id, :version, :key_sealed, :created_ms, :ends_ms)", paytm_fields, NULL,
};
/* What is not named matches everything. */
static const struct db_sql paytm_find = {
    "SELECT " PAYTM_COLUMNS " FROM paytm_keys WHERE merchant_id = :merchant_id"
    " AND (ends_ms = 0 OR ends_ms > :ends_ms) AND (:client_id = '' OR client_id = :client_id)"
    " AND (:version = '' OR version = :version) ORDER BY key_no", paytm_fields, paytm_fields,
};
static const struct db_sql paytm_end = {
    "UPDATE paytm_keys SET ends_ms = :ends_ms WHERE merchant_id = :merchant_id AND client_id = :client_id"
    " AND version = :version AND (ends_ms = 0 OR ends_ms > :ends_ms)", paytm_fields, NULL,
};
static const struct db_sql request_insert = {
    "INSERT INTO paytm_requests (" REQUEST_COLUMNS ") VALUES (:merchant_id, :request_id, :signature, :at_ms)"
    " ON CONFLICT DO NOTHING", request_fields, NULL,
};
static const struct db_sql request_find_id = {
    "SELECT " REQUEST_COLUMNS " FROM paytm_requests"
    " WHERE merchant_id = :merchant_id AND request_id = :request_id AND at_ms > :at_ms", request_fields, request_fields,
};
static const struct db_sql request_find_signature = {
    "SELECT " REQUEST_COLUMNS " FROM paytm_requests"
    " WHERE merchant_id = :merchant_id AND signature = :signature AND at_ms > :at_ms", request_fields, request_fields,
};
static const struct db_sql request_put_token = {
    "UPDATE paytm_requests SET token_no = :token_no WHERE merchant_id = :merchant_id AND request_id = :request_id",
    request_fields, NULL,
};
static const struct db_sql request_find_token = {
    "SELECT token_no FROM paytm_requests WHERE merchant_id = :merchant_id AND request_id = :request_id"
    " AND at_ms > :at_ms AND token_no IS NOT NULL", request_fields, request_fields,
};
static const struct db_sql request_drop = {
    "DELETE FROM paytm_requests WHERE merchant_id = :merchant_id AND at_ms <= :at_ms"
    " AND (request_id = :request_id OR signature = :signature)", request_fields, NULL,
};
/* Over all merchants: housekeeping, which each shard can do for itself. */
static const struct db_sql request_sweep = {
    "DELETE FROM paytm_requests WHERE (merchant_id, request_id) IN (SELECT merchant_id, request_id"
    " FROM paytm_requests WHERE at_ms <= :before_ms ORDER BY at_ms LIMIT :limit)", sweep_fields, NULL,
};

/* The typed callback behind db_each()'s untyped one. */
struct walk { enum fault (*each)(void *arg, const struct public_key_row *k); void *arg; };

static enum fault walk_step(void *arg, void *row)
{
    struct walk *w = arg;
    return w->each(w->arg, row);
}

enum fault public_keys_insert(struct store_tx *tx, int64_t *key_no, const struct public_key_row *k)
{
    struct public_key_row row = *k;
    struct public_key_row next = { 0 };
    enum fault f = db_one(tx, &public_next, &row, &next, NULL);

    row.key_no = next.key_no;
    if (!f)
        f = db_run(tx, &public_insert, &row, NULL);
    if (!f)
        *key_no = row.key_no;
    return f;
}

enum fault public_keys_find(struct store_tx *tx, struct public_key_row *out, struct arena *a, int64_t merchant_id,
                            struct span key_id)
{
    struct public_key_row key = { .merchant_id = merchant_id, .key_id = key_id };

    return db_one(tx, &public_find, &key, out, a);
}

enum fault public_keys_newest(struct store_tx *tx, struct public_key_row *out, struct arena *a, int64_t merchant_id)
{
    struct public_key_row key = { .merchant_id = merchant_id };

    return db_one(tx, &public_each, &key, out, a);
}

enum fault public_keys_each(struct store_tx *tx, int64_t merchant_id,
                            enum fault (*each)(void *arg, const struct public_key_row *k), void *arg)
{
    struct public_key_row key = { .merchant_id = merchant_id }, row = { 0 };
    struct walk w = { each, arg };

    return db_each(tx, &public_each, &key, &row, walk_step, &w);
}

enum fault mids_insert(struct store_tx *tx, const struct mid_row *m)
{
    return db_run(tx, &mid_insert, m, NULL);
}

enum fault mids_find(struct store_tx *tx, struct mid_row *out, struct arena *a, struct span mid)
{
    struct mid_row key = { .mid = mid };

    return db_one(tx, &mid_find, &key, out, a);
}

enum fault mids_of(struct store_tx *tx, struct mid_row *out, struct arena *a, int64_t merchant_id)
{
    struct mid_row key = { .merchant_id = merchant_id };

    return db_one(tx, &mid_of, &key, out, a);
}

enum fault paytm_keys_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id)
{
    struct paytm_key_row key = { .merchant_id = merchant_id }, next = { 0 };
    enum fault f = db_one(tx, &paytm_next, &key, &next, NULL);

    if (!f)
        *out = next.key_no;
    return f;
}

enum fault paytm_keys_insert(struct store_tx *tx, const struct paytm_key_row *k)
{
    return db_run(tx, &paytm_insert, k, NULL);
}

enum fault paytm_keys_find(struct store_tx *tx, struct paytm_key_row *out, struct arena *a,
                           const struct paytm_key_row *wanted, int64_t now_ms)
{
    struct paytm_key_row key = { .merchant_id = wanted->merchant_id, .client_id = wanted->client_id,
                                 .version = wanted->version, .ends_ms = now_ms };

    if (span_absent(key.client_id))
        key.client_id = SPAN("");
    if (span_absent(key.version))
        key.version = SPAN("");
    return db_one(tx, &paytm_find, &key, out, a);
}

enum fault paytm_keys_end(struct store_tx *tx, const struct paytm_key_row *which, int64_t ends_ms)
{
    struct paytm_key_row key = *which;

    key.ends_ms = ends_ms;
    return db_run(tx, &paytm_end, &key, NULL);
}

enum fault paytm_requests_insert(struct store_tx *tx, bool *taken, const struct paytm_request_row *r)
{
    int64_t changed = 0;
    enum fault f = db_run(tx, &request_insert, r, &changed);

    *taken = !f && changed == 1;
    return f;
}

enum fault paytm_requests_find(struct store_tx *tx, struct paytm_request_row *out, struct arena *a,
                               const struct paytm_request_row *r)
{
    enum fault f = db_one(tx, &request_find_id, r, out, a);

    return f == FAULT_NOT_FOUND && !span_absent(r->signature) ? db_one(tx, &request_find_signature, r, out, a) : f;
}

enum fault paytm_requests_put_token(struct store_tx *tx, const struct paytm_request_row *r)
{
    return rows_change(tx, &request_put_token, r);
}

enum fault paytm_requests_find_token(struct store_tx *tx, struct paytm_request_row *r)
{
    struct paytm_request_row found = { 0 };
    enum fault f = db_one(tx, &request_find_token, r, &found, NULL);

    if (!f)
        r->token_no = found.token_no;
    return f;
}

enum fault paytm_requests_drop(struct store_tx *tx, const struct paytm_request_row *r)
{
    return db_run(tx, &request_drop, r, NULL);
}

enum fault paytm_requests_sweep(struct store_tx *tx, int64_t before_ms, int64_t limit)
{
    struct sweep s = { .before_ms = before_ms, .limit = limit };

    return db_run(tx, &request_sweep, &s, NULL);
}
