/* tokens.c: the SQL of tokens, consents and requestors. */
#include "store/tokens.h"

#include "store/numbers.h"
#include "store/rows.h"

#include "base/banned.h"

#define TOKEN_COLUMNS \
    "merchant_id, token_no, owner, fingerprint, customer_id, sub_merchant, channel, scheme, status, " \
    "suspended_by, expired, expiry, last4, issuer, issuer_code, country, type, sub, par, network_ref, bin9, " \
    "token_last4, verdict, created_ms, updated_ms, ask_ms, wanted, request"

/* What the partial index on owners covers (store/schema.c): TOKEN_INIT, TOKEN_ACTIVE and TOKEN_SUSPENDED. */
#define LIVES "status < 3"

static const struct db_field token_fields[] = {
    { "merchant_id",  DB_I64,  offsetof(struct token_row, merchant_id) },
    { "token_no",     DB_I64,  offsetof(struct token_row, token_no) },
    { "owner",        DB_BLOB, offsetof(struct token_row, owner) },
    { "fingerprint",  DB_BLOB, offsetof(struct token_row, fingerprint) },
    { "customer_id",  DB_TEXT, offsetof(struct token_row, customer_id) },
    { "sub_merchant", DB_TEXT, offsetof(struct token_row, sub_merchant) },
    { "channel",      DB_I64,  offsetof(struct token_row, channel) },
    { "scheme",       DB_I64,  offsetof(struct token_row, scheme) },
    { "status",       DB_I64,  offsetof(struct token_row, status) },
    { "suspended_by", DB_I64,  offsetof(struct token_row, suspended_by) },
    { "expired",      DB_I64,  offsetof(struct token_row, expired) },
    { "expiry",       DB_I64,  offsetof(struct token_row, expiry) },
    { "last4",        DB_TEXT, offsetof(struct token_row, last4) },
    { "issuer",       DB_TEXT, offsetof(struct token_row, issuer) },
    { "issuer_code",  DB_TEXT, offsetof(struct token_row, issuer_code) },
    { "country",      DB_TEXT, offsetof(struct token_row, country) },
    { "type",         DB_I64,  offsetof(struct token_row, type) },
    { "sub",          DB_I64,  offsetof(struct token_row, sub) },
    { "par",          DB_TEXT, offsetof(struct token_row, par) },
    { "network_ref",  DB_TEXT, offsetof(struct token_row, network_ref) },
    { "bin9",         DB_TEXT, offsetof(struct token_row, bin9) },
    { "token_last4",  DB_TEXT, offsetof(struct token_row, token_last4) },
    { "verdict",      DB_I64,  offsetof(struct token_row, verdict) },
    { "created_ms",   DB_I64,  offsetof(struct token_row, created_ms) },
    { "updated_ms",   DB_I64,  offsetof(struct token_row, updated_ms) },
    { "ask_ms",       DB_I64,  offsetof(struct token_row, ask_ms) },
    { "wanted",       DB_I64,  offsetof(struct token_row, wanted) },
    { "request",      DB_I64,  offsetof(struct token_row, request) },
    { 0 },
};

static const struct db_field consent_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct consent_row, merchant_id) },
    { "token_no",    DB_I64,  offsetof(struct consent_row, token_no) },
    { "given_ms",    DB_I64,  offsetof(struct consent_row, given_ms) },
    { "channel",     DB_I64,  offsetof(struct consent_row, channel) },
    { "consent_id",  DB_TEXT, offsetof(struct consent_row, consent_id) },
    { "auth_ref",    DB_TEXT, offsetof(struct consent_row, auth_ref) },
    { 0 },
};

static const struct db_field requestor_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct requestor_row, merchant_id) },
    { "scheme",      DB_I64,  offsetof(struct requestor_row, scheme) },
    { "trid",        DB_TEXT, offsetof(struct requestor_row, trid) },
    { "active",      DB_I64,  offsetof(struct requestor_row, active) },
    { "created_ms",  DB_I64,  offsetof(struct requestor_row, created_ms) },
    { 0 },
};

static const struct db_sql token_insert = {
    "INSERT INTO tokens (" TOKEN_COLUMNS ") VALUES ("
    ":merchant_id, :token_no, :owner, :fingerprint, :customer_id, :sub_merchant, :channel, :scheme, "
    ":status, :suspended_by, :expired, :expiry, :last4, :issuer, :issuer_code, :country, :type, :sub, "
    ":par, :network_ref, :bin9, :token_last4, :verdict, :created_ms, :updated_ms, :ask_ms, :wanted, "
    ":request)",
    token_fields, NULL,
};
static const struct db_sql token_find = {
    "SELECT " TOKEN_COLUMNS " FROM tokens WHERE merchant_id = :merchant_id AND token_no = :token_no",
    token_fields, token_fields,
};
static const struct db_sql token_find_owner = {
    "SELECT " TOKEN_COLUMNS " FROM tokens WHERE merchant_id = :merchant_id AND owner = :owner AND " LIVES,
    token_fields, token_fields,
};
static const struct db_sql token_update = {
    "UPDATE tokens SET status = :status, suspended_by = :suspended_by, expired = :expired, expiry = :expiry,"
    " par = :par, network_ref = :network_ref, bin9 = :bin9, token_last4 = :token_last4, verdict = :verdict,"
    " updated_ms = :updated_ms, ask_ms = :ask_ms, wanted = :wanted, request = :request"
    " WHERE merchant_id = :merchant_id AND token_no = :token_no", token_fields, NULL,
};
static const struct db_sql token_any = {
    "SELECT token_no FROM tokens LIMIT 1", token_fields, token_fields,
};
/* In the order of the index that ends with the number, so that whoever wants the newest few stops there. */
static const struct db_sql token_each = {
    "SELECT " TOKEN_COLUMNS " FROM tokens WHERE merchant_id = :merchant_id AND customer_id = :customer_id"
    " ORDER BY token_no DESC", token_fields, token_fields,
};
static const struct db_sql token_due = {
    "SELECT " TOKEN_COLUMNS " FROM tokens WHERE ask_ms > 0 AND (ask_ms <= :now_ms OR ask_ms > :ahead_ms)"
    " ORDER BY ask_ms LIMIT :max",
    rows_due_fields, token_fields,
};
static const struct db_sql token_last = {
    "SELECT token_no AS no FROM tokens WHERE merchant_id = :merchant_id ORDER BY token_no DESC LIMIT 1",
    last_number_fields, last_number_fields,
};
/* The id is part of the key, and no part of a key may be NULL: there, none is "". */
static const struct db_sql consent_insert = {
    "INSERT INTO consents (merchant_id, token_no, given_ms, channel, consent_id, auth_ref)"
    " VALUES (:merchant_id, :token_no, :given_ms, :channel, coalesce(:consent_id, ''), :auth_ref)"
    " ON CONFLICT (merchant_id, token_no, given_ms, channel, consent_id) DO NOTHING", consent_fields, NULL,
};
static const struct db_sql consent_each = {
    "SELECT merchant_id, token_no, given_ms, channel, nullif(consent_id, '') AS consent_id, auth_ref FROM consents"
    " WHERE merchant_id = :merchant_id AND token_no = :token_no ORDER BY given_ms", consent_fields, consent_fields,
};
static const struct db_sql requestor_put = {
    "INSERT INTO requestors (merchant_id, scheme, trid, active, created_ms)"
    " VALUES (:merchant_id, :scheme, :trid, :active, :created_ms)"
    " ON CONFLICT (merchant_id, scheme) DO UPDATE SET trid = excluded.trid, active = excluded.active",
    requestor_fields, NULL,
};
static const struct db_sql requestor_find = {
    "SELECT merchant_id, scheme, trid, active, created_ms FROM requestors"
    " WHERE merchant_id = :merchant_id AND scheme = :scheme", requestor_fields, requestor_fields,
};

enum fault tokens_insert(struct store_tx *tx, const struct token_row *t)
{
    return db_run(tx, &token_insert, t, NULL);
}

enum fault tokens_find(struct store_tx *tx, struct token_row *out, struct arena *a, int64_t merchant_id,
                       int64_t token_no)
{
    struct token_row key = { .merchant_id = merchant_id, .token_no = token_no };

    return db_one(tx, &token_find, &key, out, a);
}

enum fault tokens_find_owner(struct store_tx *tx, struct token_row *out, struct arena *a, int64_t merchant_id,
                             struct span owner)
{
    struct token_row key = { .merchant_id = merchant_id, .owner = owner };

    return db_one(tx, &token_find_owner, &key, out, a);
}

enum fault tokens_update(struct store_tx *tx, const struct token_row *t)
{
    return rows_change(tx, &token_update, t);
}

/* The typed face of db_each()'s row. */
struct token_each { enum fault (*each)(void *arg, const struct token_row *t); void *arg; };

static enum fault give_token(void *arg, void *row)
{
    const struct token_each *e = arg;

    return e->each(e->arg, row);
}

enum fault tokens_each(struct store_tx *tx, int64_t merchant_id, struct span customer_id,
                       enum fault (*each)(void *arg, const struct token_row *t), void *arg)
{
    struct token_each e = { each, arg };
    struct token_row key = { .merchant_id = merchant_id, .customer_id = customer_id }, row;

    return db_each(tx, &token_each, &key, &row, give_token, &e);
}

enum fault tokens_due(struct store_tx *tx, int64_t now_ms, int64_t max,
                      enum fault (*each)(void *arg, const struct token_row *t), void *arg)
{
    struct token_each e = { each, arg };
    struct rows_due due = rows_due_at(now_ms, max);
    struct token_row row;

    return db_each(tx, &token_due, &due, &row, give_token, &e);
}

enum fault tokens_any(struct store_tx *tx, bool *out)
{
    struct token_row row = { 0 };
    enum fault f = db_one(tx, &token_any, &row, &row, NULL);

    *out = !f;
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault tokens_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id, int64_t now_ms)
{
    return numbers_next(tx, out, NUMBER_OF_TOKEN, &token_last, merchant_id, now_ms);
}

enum fault consents_insert(struct store_tx *tx, const struct consent_row *c)
{
    return db_run(tx, &consent_insert, c, NULL);
}

struct consent_each { enum fault (*each)(void *arg, const struct consent_row *c); void *arg; };

static enum fault give_consent(void *arg, void *row)
{
    const struct consent_each *e = arg;

    return e->each(e->arg, row);
}

enum fault consents_each(struct store_tx *tx, int64_t merchant_id, int64_t token_no,
                         enum fault (*each)(void *arg, const struct consent_row *c), void *arg)
{
    struct consent_each e = { each, arg };
    struct consent_row key = { .merchant_id = merchant_id, .token_no = token_no }, row;

    return db_each(tx, &consent_each, &key, &row, give_consent, &e);
}

enum fault requestors_put(struct store_tx *tx, const struct requestor_row *r)
{
    return db_run(tx, &requestor_put, r, NULL);
}

enum fault requestors_find(struct store_tx *tx, struct requestor_row *out, struct arena *a, int64_t merchant_id,
                           int64_t scheme)
{
    struct requestor_row key = { .merchant_id = merchant_id, .scheme = scheme };

    return db_one(tx, &requestor_find, &key, out, a);
}
