/* audit.c: the SQL of the audit log. There is none that changes or deletes a row. */
#include "store/audit.h"

#include "store/numbers.h"

#include "base/banned.h"

#define AUDIT_COLUMNS "merchant_id, audit_no, at_ms, event, channel, token_no, outcome, request_id, source"

static const struct db_field audit_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct audit_row, merchant_id) },
    { "audit_no",    DB_I64,  offsetof(struct audit_row, audit_no) },
    { "at_ms",       DB_I64,  offsetof(struct audit_row, at_ms) },
    { "event",       DB_I64,  offsetof(struct audit_row, event) },
    { "channel",     DB_I64,  offsetof(struct audit_row, channel) },
    { "token_no",    DB_I64,  offsetof(struct audit_row, token_no) },
    { "outcome",     DB_I64,  offsetof(struct audit_row, outcome) },
    { "request_id",  DB_TEXT, offsetof(struct audit_row, request_id) },
    { "source",      DB_TEXT, offsetof(struct audit_row, source) },
    { 0 },
};

struct newest { int64_t merchant_id, max; };
static const struct db_field newest_fields[] = {
    { "merchant_id", DB_I64, offsetof(struct newest, merchant_id) },
    { "max",         DB_I64, offsetof(struct newest, max) },
    { 0 },
};

static const struct db_sql audit_add = {
    "INSERT INTO audit (" AUDIT_COLUMNS ") VALUES (:merchant_id, :audit_no, :at_ms, :event, :channel, :token_no,"
    " :outcome, :request_id, :source)", audit_fields, NULL,
};
static const struct db_sql audit_newest = {
    "SELECT " AUDIT_COLUMNS " FROM audit WHERE merchant_id = :merchant_id ORDER BY audit_no DESC LIMIT :max",
    newest_fields, audit_fields,
};
static const struct db_sql audit_last = {
    "SELECT audit_no AS no FROM audit WHERE merchant_id = :merchant_id ORDER BY audit_no DESC LIMIT 1",
    last_number_fields, last_number_fields,
};

enum fault audit_insert(struct store_tx *tx, const struct audit_row *r)
{
    struct audit_row row = *r;
    enum fault f = numbers_next(tx, &row.audit_no, NUMBER_OF_AUDIT, &audit_last, r->merchant_id, r->at_ms);

    return f ? f : db_run(tx, &audit_add, &row, NULL);
}

struct audit_each { enum fault (*each)(void *arg, const struct audit_row *r); void *arg; };

static enum fault give(void *arg, void *row)
{
    const struct audit_each *e = arg;

    return e->each(e->arg, row);
}

enum fault audit_each(struct store_tx *tx, int64_t merchant_id, int64_t max,
                      enum fault (*each)(void *arg, const struct audit_row *r), void *arg)
{
    struct audit_each e = { each, arg };
    struct newest newest = { merchant_id, max };
    struct audit_row row;

    return db_each(tx, &audit_newest, &newest, &row, give, &e);
}
