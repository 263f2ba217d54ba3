/* ledger.c: the SQL of effects, notices and the acquirer's secret. */
#include "acquirer/sim/ledger.h"

#include <stddef.h>
#include <string.h>

#include "base/permute.h"
#include "store/db.h"

#include "base/banned.h"

struct effect_row { int64_t merchant_id, payment_no, request, op, verdict, tries_left, at_ms; };
static const struct db_field effect_fields[] = {
    { "merchant_id", DB_I64, offsetof(struct effect_row, merchant_id) },
    { "payment_no",  DB_I64, offsetof(struct effect_row, payment_no) },
    { "request",     DB_I64, offsetof(struct effect_row, request) },
    { "op",          DB_I64, offsetof(struct effect_row, op) },
    { "verdict",     DB_I64, offsetof(struct effect_row, verdict) },
    { "tries_left",  DB_I64, offsetof(struct effect_row, tries_left) },
    { "at_ms",       DB_I64, offsetof(struct effect_row, at_ms) },
    { 0 },
};
static const struct db_sql effect_select = {
    "SELECT verdict, tries_left, at_ms FROM effects WHERE merchant_id = :merchant_id AND payment_no = :payment_no"
    " AND request = :request AND op = :op", effect_fields, effect_fields,
};
static const struct db_sql effect_insert = {
    "INSERT INTO effects (merchant_id, payment_no, request, op, verdict, tries_left, at_ms)"
    " VALUES (:merchant_id, :payment_no, :request, :op, :verdict, :tries_left, :at_ms)", effect_fields, NULL,
};

struct notice_row { int64_t id, merchant_id, payment_no, refund_no, max; };
static const struct db_field notice_fields[] = {
    { "id",          DB_I64, offsetof(struct notice_row, id) },
    { "merchant_id", DB_I64, offsetof(struct notice_row, merchant_id) },
    { "payment_no",  DB_I64, offsetof(struct notice_row, payment_no) },
    { "refund_no",   DB_I64, offsetof(struct notice_row, refund_no) },
    { "max",         DB_I64, offsetof(struct notice_row, max) },
    { 0 },
};
static const struct db_sql notice_insert = {
    "INSERT INTO notices (id, merchant_id, payment_no, refund_no) VALUES (:id, :merchant_id, :payment_no, :refund_no)",
    notice_fields, NULL,
};
static const struct db_sql notice_delete = { "DELETE FROM notices WHERE id = :id", notice_fields, NULL };
static const struct db_sql notice_each = {
    "SELECT id, merchant_id, payment_no, refund_no FROM notices WHERE id > :id ORDER BY id LIMIT :max", notice_fields,
    notice_fields,
};

struct number_row { int64_t name, value; };
static const struct db_field number_fields[] = {
    { "name",  DB_I64, offsetof(struct number_row, name) },
    { "value", DB_I64, offsetof(struct number_row, value) },
    { 0 },
};
enum { NUMBER_NOTICE = 1 };           /* the last notice's id */
static const struct db_sql number_get = {
    "SELECT value FROM numbers WHERE name = :name", number_fields, number_fields,
};
static const struct db_sql number_put = {
    "INSERT INTO numbers (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    number_fields, NULL,
};

struct secret_row { int64_t name; struct span value; };
static const struct db_field secret_fields[] = {
    { "name",  DB_I64,  offsetof(struct secret_row, name) },
    { "value", DB_BLOB, offsetof(struct secret_row, value) },
    { 0 },
};
enum { SECRET_NAMES = 1 };            /* the key of the references */
static const struct db_sql secret_get = {
    "SELECT value FROM secrets WHERE name = :name", secret_fields, secret_fields,
};
static const struct db_sql secret_put = {
    "INSERT INTO secrets (name, value) VALUES (:name, :value)", secret_fields, NULL,
};

enum fault effect_find(struct store_tx *tx, struct effect *e)
{
    struct effect_row row = {
        .merchant_id = e->merchant_id, .payment_no = e->payment_no, .request = e->request, .op = e->op,
    };
    enum fault f = db_one(tx, &effect_select, &row, &row, NULL);

    if (f)
        return f;
    if (row.verdict < 0 || row.verdict >= ACQUIRER_VERDICTS)
        return FAULT_INTERNAL;
    e->verdict = (enum acquirer_verdict)row.verdict;
    e->tries_left = (int)row.tries_left;
    e->at_ms = row.at_ms;
    return FAULT_NONE;
}

enum fault effect_put(struct store_tx *tx, const struct effect *e)
{
    const struct effect_row row = {
        .merchant_id = e->merchant_id, .payment_no = e->payment_no, .request = e->request, .op = e->op,
        .verdict = e->verdict, .tries_left = e->tries_left, .at_ms = e->at_ms,
    };

    return db_run(tx, &effect_insert, &row, NULL);
}

/* Ids go on from the last one even when its notice is gone, so that a late word about an old one drops no new one. */
enum fault acquirer_notice_put(struct store_tx *tx, const struct acquirer_told *n)
{
    struct notice_row row = { 0, n->merchant_id, n->payment_no, n->refund_no, 0 };
    struct number_row last = { .name = NUMBER_NOTICE };
    enum fault f = db_one(tx, &number_get, &last, &last, NULL);

    if (f && f != FAULT_NOT_FOUND)
        return f;
    row.id = ++last.value;
    f = db_run(tx, &number_put, &last, NULL);
    return f ? f : db_run(tx, &notice_insert, &row, NULL);
}

enum fault acquirer_notice_drop(struct store_tx *tx, uint64_t id)
{
    return db_run(tx, &notice_delete, &(struct notice_row){ .id = (int64_t)id }, NULL);
}

struct list { struct acquirer_told *out; size_t n, max; };

static enum fault list_add(void *arg, void *row)
{
    struct list *l = arg;
    const struct notice_row *n = row;

    if (l->n == l->max)
        return FAULT_INTERNAL;
    l->out[l->n++] = (struct acquirer_told){ (uint64_t)n->id, n->merchant_id, n->payment_no, n->refund_no };
    return FAULT_NONE;
}

enum fault acquirer_notices(struct store_tx *tx, struct acquirer_told *out, size_t *n, size_t max, uint64_t after)
{
    struct list l = { .out = out, .max = max };
    struct notice_row row = { 0 };
    enum fault f = db_each(tx, &notice_each, &(struct notice_row){ .id = (int64_t)after, .max = (int64_t)max }, &row,
                           list_add, &l);

    *n = l.n;
    return f;
}

enum fault acquirer_secret(struct store_tx *tx, struct arena *a, uint8_t *out)
{
    struct secret_row row = { .name = SECRET_NAMES };
    enum fault f = db_one(tx, &secret_get, &row, &row, a);

    if (f == FAULT_NOT_FOUND) {
        secret_random(out, PERMUTE_KEY);
        return db_run(tx, &secret_put, &(struct secret_row){ SECRET_NAMES, { out, PERMUTE_KEY } }, NULL);
    }
    if (!f && row.value.n != PERMUTE_KEY)
        f = FAULT_INTERNAL;
    if (!f)
        memcpy(out, row.value.p, PERMUTE_KEY);
    return f;
}
