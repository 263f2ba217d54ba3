/* ledger.c: the SQL of effects, spent cryptograms, notices and single numbers. */
#include "network/sim/ledger.h"

#include "store/db.h"

#include "base/banned.h"

struct effect_row { int64_t merchant_id, token_no, request, op, verdict, status, suspended_by, expired, expiry; };
static const struct db_field effect_fields[] = {
    { "merchant_id",  DB_I64, offsetof(struct effect_row, merchant_id) },
    { "token_no",     DB_I64, offsetof(struct effect_row, token_no) },
    { "request",      DB_I64, offsetof(struct effect_row, request) },
    { "op",           DB_I64, offsetof(struct effect_row, op) },
    { "verdict",      DB_I64, offsetof(struct effect_row, verdict) },
    { "status",       DB_I64, offsetof(struct effect_row, status) },
    { "suspended_by", DB_I64, offsetof(struct effect_row, suspended_by) },
    { "expired",      DB_I64, offsetof(struct effect_row, expired) },
    { "expiry",       DB_I64, offsetof(struct effect_row, expiry) },
    { 0 },
};
static const struct db_sql effect_find = {
    "SELECT verdict, status, suspended_by, expired, expiry FROM effects WHERE merchant_id = :merchant_id"
    " AND token_no = :token_no AND request = :request AND op = :op", effect_fields, effect_fields,
};
static const struct db_sql effect_put = {
    "INSERT INTO effects (merchant_id, token_no, request, op, verdict, status, suspended_by, expired, expiry)"
    " VALUES (:merchant_id, :token_no, :request, :op, :verdict, :status, :suspended_by, :expired, :expiry)",
    effect_fields, NULL,
};

struct spent_row { int64_t serial, merchant_id, token_no, request; };
static const struct db_field spent_fields[] = {
    { "serial",      DB_I64, offsetof(struct spent_row, serial) },
    { "merchant_id", DB_I64, offsetof(struct spent_row, merchant_id) },
    { "token_no",    DB_I64, offsetof(struct spent_row, token_no) },
    { "request",     DB_I64, offsetof(struct spent_row, request) },
    { 0 },
};
static const struct db_sql spent_find = {
    "SELECT serial, merchant_id, token_no, request FROM spent WHERE serial = :serial", spent_fields, spent_fields,
};
static const struct db_sql spent_put = {
    "INSERT INTO spent (serial, merchant_id, token_no, request) VALUES (:serial, :merchant_id, :token_no, :request)",
    spent_fields, NULL,
};
static const struct db_sql spent_drop = { "DELETE FROM spent WHERE serial < :serial", spent_fields, NULL };

struct notice_row { int64_t id, scheme, counter, max; };
static const struct db_field notice_fields[] = {
    { "id",      DB_I64, offsetof(struct notice_row, id) },
    { "scheme",  DB_I64, offsetof(struct notice_row, scheme) },
    { "counter", DB_I64, offsetof(struct notice_row, counter) },
    { "max",     DB_I64, offsetof(struct notice_row, max) },
    { 0 },
};
static const struct db_sql notice_put = {
    "INSERT INTO notices (id, scheme, counter) VALUES (:id, :scheme, :counter)", notice_fields, NULL,
};
static const struct db_sql notice_drop = { "DELETE FROM notices WHERE id = :id", notice_fields, NULL };
static const struct db_sql notice_each = {
    "SELECT id, scheme, counter FROM notices WHERE id > :id ORDER BY id LIMIT :max", notice_fields, notice_fields,
};

struct number_row { int64_t name, value; };
static const struct db_field number_fields[] = {
    { "name",  DB_I64, offsetof(struct number_row, name) },
    { "value", DB_I64, offsetof(struct number_row, value) },
    { 0 },
};
static const struct db_sql number_get = {
    "SELECT value FROM numbers WHERE name = :name", number_fields, number_fields,
};
static const struct db_sql number_put = {
    "INSERT INTO numbers (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    number_fields, NULL,
};

enum fault ledger_effect_find(struct store_tx *tx, struct ledger_effect *out, const struct network_ref *ref,
                              enum network_op op)
{
    struct effect_row row = {
        .merchant_id = ref->merchant_id, .token_no = ref->token_no, .request = ref->request, .op = op,
    };
    enum fault f = db_one(tx, &effect_find, &row, &row, NULL);

    if (f)
        return f;
    *out = (struct ledger_effect){
        .ref = *ref, .op = op, .verdict = (enum network_verdict)row.verdict,
        .life = { (enum token_status)row.status, (uint8_t)row.suspended_by, row.expired != 0 },
        .expiry = { (uint16_t)(row.expiry / 100), (uint8_t)(row.expiry % 100) },
    };
    if (row.verdict < 0 || row.verdict >= NETWORK_VERDICTS || !token_life_is_sound(&out->life))
        return FAULT_INTERNAL;
    return FAULT_NONE;
}

enum fault ledger_effect_put(struct store_tx *tx, const struct ledger_effect *e)
{
    const struct effect_row row = {
        .merchant_id = e->ref.merchant_id, .token_no = e->ref.token_no, .request = e->ref.request, .op = e->op,
        .verdict = e->verdict, .status = e->life.status, .suspended_by = e->life.suspended_by,
        .expired = e->life.expired, .expiry = e->expiry.year * 100 + e->expiry.month,
    };

    return db_run(tx, &effect_put, &row, NULL);
}

enum fault ledger_spent_find(struct store_tx *tx, struct network_ref *by, uint64_t serial)
{
    struct spent_row row = { .serial = (int64_t)serial };
    enum fault f = db_one(tx, &spent_find, &row, &row, NULL);

    if (!f)
        *by = (struct network_ref){ row.merchant_id, row.token_no, row.request };
    return f;
}

enum fault ledger_spend(struct store_tx *tx, uint64_t serial, const struct network_ref *by)
{
    const struct spent_row row = {
        .serial = (int64_t)serial, .merchant_id = by->merchant_id, .token_no = by->token_no, .request = by->request,
    };

    return db_run(tx, &spent_put, &row, NULL);
}

enum fault ledger_forget(struct store_tx *tx, uint64_t serial)
{
    enum fault f = db_run(tx, &spent_drop, &(struct spent_row){ .serial = (int64_t)serial }, NULL);

    return f ? f : ledger_put(tx, LEDGER_FORGOTTEN, serial);
}

/* Ids go on from the last one even when its notice is gone, so that a late word about an old one drops no new one. */
enum fault ledger_notice_put(struct store_tx *tx, enum scheme scheme, uint64_t counter)
{
    uint64_t last;
    enum fault f = ledger_get(tx, &last, LEDGER_NOTICE);

    if (!f)
        f = ledger_put(tx, LEDGER_NOTICE, last + 1);
    if (!f)
        f = db_run(tx, &notice_put, &(struct notice_row){ .id = (int64_t)last + 1, .scheme = scheme,
                                                          .counter = (int64_t)counter }, NULL);
    return f;
}

enum fault ledger_notice_drop(struct store_tx *tx, uint64_t id)
{
    return db_run(tx, &notice_drop, &(struct notice_row){ .id = (int64_t)id }, NULL);
}

struct list { struct ledger_notice *out; size_t n, max; };

static enum fault list_add(void *arg, void *row)
{
    struct list *l = arg;
    const struct notice_row *n = row;

    if (l->n == l->max)
        return FAULT_INTERNAL;
    l->out[l->n++] = (struct ledger_notice){ (uint64_t)n->id, (enum scheme)n->scheme, (uint64_t)n->counter };
    return FAULT_NONE;
}

enum fault ledger_notices(struct store_tx *tx, struct ledger_notice *out, size_t *n, size_t max, uint64_t after)
{
    struct list l = { .out = out, .max = max };
    struct notice_row row = { 0 };
    enum fault f = db_each(tx, &notice_each, &(struct notice_row){ .id = (int64_t)after, .max = (int64_t)max }, &row,
                           list_add, &l);

    *n = l.n;
    return f;
}

enum fault ledger_get(struct store_tx *tx, uint64_t *out, enum ledger_number which)
{
    struct number_row row = { .name = which };
    enum fault f = db_one(tx, &number_get, &row, &row, NULL);

    *out = f ? 0 : (uint64_t)row.value;
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault ledger_put(struct store_tx *tx, enum ledger_number which, uint64_t value)
{
    return db_run(tx, &number_put, &(struct number_row){ .name = which, .value = (int64_t)value }, NULL);
}
