/* reseal.c: the table of sealed columns. */
#include "store/reseal.h"

#include "store/db.h"

#include "base/banned.h"

#define PLACE_FIELDS(type) \
    { "merchant_id", DB_I64,  offsetof(type, merchant_id) }, \
    { "no",          DB_I64,  offsetof(type, no) }, \
    { "id",          DB_TEXT, offsetof(type, id) }, \
    { "mac",         DB_BLOB, offsetof(type, mac) }

struct next { int64_t merchant_id, no; struct span id, mac; int64_t max; };
static const struct db_field next_fields[] = {
    PLACE_FIELDS(struct next),
    { "max", DB_I64, offsetof(struct next, max) },
    { 0 },
};
static const struct db_field row_fields[] = {
    PLACE_FIELDS(struct reseal_row),
    { "client_id", DB_TEXT, offsetof(struct reseal_row, client_id) },
    { "version",   DB_TEXT, offsetof(struct reseal_row, version) },
    { "digest",    DB_BLOB, offsetof(struct reseal_row, digest) },
    { "sealed",    DB_BLOB, offsetof(struct reseal_row, sealed) },
    { 0 },
};
struct put { int64_t merchant_id, no; struct span id, mac, was, sealed; };
static const struct db_field put_fields[] = {
    PLACE_FIELDS(struct put),
    { "was",    DB_BLOB, offsetof(struct put, was) },
    { "sealed", DB_BLOB, offsetof(struct put, sealed) },
    { 0 },
};

struct column { const char *name; struct db_sql next, put; };

/* `key`: the primary key; `at`: the same as parameters; `more`: what else of a row is asked for. */
#define COLUMN(table, column, key, at, more) { \
        table "." column, \
        { "SELECT " more ", " column " AS sealed FROM " table " WHERE (" key ") > (" at ") ORDER BY " key \
          " LIMIT :max", next_fields, row_fields }, \
        { "UPDATE " table " SET " column " = :sealed WHERE (" key ") = (" at ") AND " column " = :was", \
          put_fields, NULL }, \
    }

static const struct column columns[RESEAL_COLUMNS] = {
    [RESEAL_CREDENTIALS] = COLUMN("credentials", "secret_sealed", "client_id, secret_no", ":id, :no",
        "merchant_id, client_id AS id, secret_no AS no"),
    [RESEAL_PAYTM_KEYS] = COLUMN("paytm_keys", "key_sealed", "merchant_id, key_no", ":merchant_id, :no",
        "merchant_id, key_no AS no, client_id, version,"
        " (SELECT m.mid FROM paytm_mids m WHERE m.merchant_id = paytm_keys.merchant_id) AS id"),
    [RESEAL_PUBLIC_KEYS] = COLUMN("public_keys", "key_sealed", "merchant_id, key_no", ":merchant_id, :no",
        "merchant_id, key_no AS no, key_id AS id"),
    [RESEAL_ENDPOINTS] = COLUMN("webhook_endpoints", "auth_sealed", "merchant_id, endpoint_no", ":merchant_id, :no",
        "merchant_id, endpoint_no AS no"),
    [RESEAL_CUSTOMERS] = COLUMN("customers", "private_sealed", "merchant_id, customer_uid", ":merchant_id, :id",
        "merchant_id, customer_uid AS id"),
    [RESEAL_ORDERS] = COLUMN("orders", "private_sealed", "merchant_id, order_no", ":merchant_id, :no",
        "merchant_id, order_no AS no, order_id AS id"),
    [RESEAL_PAYMENTS] = COLUMN("payments", "private_sealed", "merchant_id, payment_no", ":merchant_id, :no",
        "merchant_id, payment_no AS no, order_id AS id"),
    [RESEAL_ANSWERS] = COLUMN("idempotency", "body_sealed", "merchant_id, scope, key_mac", ":merchant_id, :id, :mac",
        "merchant_id, scope AS id, key_mac AS mac, digest, status AS no"),
};

struct reseal_place reseal_start(void)
{
    return (struct reseal_place){ -1, -1, SPAN(""), SPAN("") };
}

const char *reseal_name(enum reseal_column c)
{
    return columns[c].name;
}

struct each { enum fault (*each)(void *arg, const struct reseal_row *r); void *arg; };

static enum fault give(void *arg, void *row)
{
    const struct each *e = arg;

    return e->each(e->arg, row);
}

enum fault reseal_each(struct store_tx *tx, enum reseal_column c, const struct reseal_place *at, int64_t max,
                       enum fault (*each)(void *arg, const struct reseal_row *r), void *arg)
{
    const struct next next = { at->merchant_id, at->no, at->id, at->mac, max };
    struct each e = { each, arg };
    struct reseal_row row = { 0 };

    return db_each(tx, &columns[c].next, &next, &row, give, &e);
}

enum fault reseal_put(struct store_tx *tx, bool *changed, enum reseal_column c, const struct reseal_row *r,
                      struct span sealed)
{
    const struct put put = { r->merchant_id, r->no, r->id, r->mac, r->sealed, sealed };
    int64_t rows = 0;
    enum fault f = db_run(tx, &columns[c].put, &put, &rows);

    *changed = rows > 0;
    return f;
}
