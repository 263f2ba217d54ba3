/* book.c: the SQL of payments and refunds. */
#include "acquirer/sim/book.h"

#include <stddef.h>
#include <string.h>

#include "store/db.h"

#include "base/banned.h"

/* Payments come in the order of their numbers, so their tree grows at its end. Only what is open has a place in the
 * index of due times. Verdicts are stored: the simulated acquirer's book is not carried over a renumbering. */
const char *const book_schema_acquirer[] = {
    "CREATE TABLE payments ("
    "  merchant_id $int NOT NULL,"
    "  payment_no $int NOT NULL,"
    "  verdict $int NOT NULL,"
    "  due_verdict $int NOT NULL,"
    "  source $int NOT NULL,"
    "  amount_minor $int NOT NULL,"
    "  currency $text NOT NULL,"
    "  flags $int NOT NULL,"
    "  captured_minor $int NOT NULL,"
    "  refunded_minor $int NOT NULL,"
    "  created_ms $int NOT NULL,"
    "  at_ms $int NOT NULL,"
    "  due_ms $int NOT NULL,"
    "  sent_ms $int NOT NULL,"
    "  request $int NOT NULL,"
    "  tries $int NOT NULL,"
    "  resends $int NOT NULL,"
    "  last4 $text NOT NULL,"
    "  handle $text NOT NULL,"
    "  PRIMARY KEY (merchant_id, payment_no)"
    ") $ordered;"
    "CREATE INDEX payments_due ON payments (due_ms) WHERE due_ms > 0;"
    "CREATE TABLE refunds ("
    "  merchant_id $int NOT NULL,"
    "  refund_no $int NOT NULL,"
    "  payment_no $int NOT NULL,"
    "  verdict $int NOT NULL,"
    "  due_verdict $int NOT NULL,"
    "  amount_minor $int NOT NULL,"
    "  created_ms $int NOT NULL,"
    "  at_ms $int NOT NULL,"
    "  due_ms $int NOT NULL,"
    "  PRIMARY KEY (merchant_id, refund_no)"
    ") $ordered;"
    "CREATE INDEX refunds_due ON refunds (due_ms) WHERE due_ms > 0;"
    "CREATE TABLE effects ("
    "  merchant_id $int NOT NULL,"
    "  payment_no $int NOT NULL,"
    "  request $int NOT NULL,"
    "  op $int NOT NULL,"
    "  verdict $int NOT NULL,"
    "  tries_left $int NOT NULL,"
    "  at_ms $int NOT NULL,"
    "  PRIMARY KEY (merchant_id, payment_no, request, op)"
    ") $ordered;"
    "CREATE TABLE notices ("
    "  id $int NOT NULL PRIMARY KEY,"
    "  merchant_id $int NOT NULL,"
    "  payment_no $int NOT NULL,"
    "  refund_no $int NOT NULL"
    ") $ordered;"
    "CREATE TABLE numbers ("
    "  name $int NOT NULL PRIMARY KEY,"
    "  value $int NOT NULL"
    ") $ordered;"
    "CREATE TABLE secrets ("
    "  name $int NOT NULL PRIMARY KEY,"
    "  value $bytes NOT NULL"
    ") $ordered;",

    NULL,
};

enum { FLAG_AUTHORISE_ONLY = 1, FLAG_CAPTURED = 2, FLAG_NATIVE = 4, FLAG_ONE_ACCOUNT = 8 };

struct payment_row {
    int64_t merchant_id, payment_no, verdict, due_verdict, source, amount_minor, flags, captured_minor, refunded_minor,
            created_ms, at_ms, due_ms, sent_ms, request, tries, resends, max, n;
    struct span currency, last4, handle;
};
static const struct db_field payment_fields[] = {
    { "merchant_id",    DB_I64,  offsetof(struct payment_row, merchant_id) },
    { "payment_no",     DB_I64,  offsetof(struct payment_row, payment_no) },
    { "verdict",        DB_I64,  offsetof(struct payment_row, verdict) },
    { "due_verdict",    DB_I64,  offsetof(struct payment_row, due_verdict) },
    { "source",         DB_I64,  offsetof(struct payment_row, source) },
    { "amount_minor",   DB_I64,  offsetof(struct payment_row, amount_minor) },
    { "currency",       DB_TEXT, offsetof(struct payment_row, currency) },
    { "flags",          DB_I64,  offsetof(struct payment_row, flags) },
    { "captured_minor", DB_I64,  offsetof(struct payment_row, captured_minor) },
    { "refunded_minor", DB_I64,  offsetof(struct payment_row, refunded_minor) },
    { "created_ms",     DB_I64,  offsetof(struct payment_row, created_ms) },
    { "at_ms",          DB_I64,  offsetof(struct payment_row, at_ms) },
    { "due_ms",         DB_I64,  offsetof(struct payment_row, due_ms) },
    { "sent_ms",        DB_I64,  offsetof(struct payment_row, sent_ms) },
    { "request",        DB_I64,  offsetof(struct payment_row, request) },
    { "tries",          DB_I64,  offsetof(struct payment_row, tries) },
    { "resends",        DB_I64,  offsetof(struct payment_row, resends) },
    { "last4",          DB_TEXT, offsetof(struct payment_row, last4) },
    { "handle",         DB_TEXT, offsetof(struct payment_row, handle) },
    { "max",            DB_I64,  offsetof(struct payment_row, max) },
    { "n",              DB_I64,  offsetof(struct payment_row, n) },
    { 0 },
};
#define PAYMENT_COLUMNS                                                                                             \
    "merchant_id, payment_no, verdict, due_verdict, source, amount_minor, currency, flags, captured_minor,"         \
    " refunded_minor, created_ms, at_ms, due_ms, sent_ms, request, tries, resends, last4, handle"
static const struct db_sql payment_find = {
    "SELECT " PAYMENT_COLUMNS " FROM payments WHERE merchant_id = :merchant_id AND payment_no = :payment_no",
    payment_fields, payment_fields,
};
static const struct db_sql payment_insert = {
    "INSERT INTO payments (" PAYMENT_COLUMNS ")"
    " VALUES (:merchant_id, :payment_no, :verdict, :due_verdict, :source, :amount_minor, :currency, :flags,"
    " :captured_minor, :refunded_minor, :created_ms, :at_ms, :due_ms, :sent_ms, :request, :tries, :resends, :last4,"
    " :handle)", payment_fields, NULL,
};
static const struct db_sql payment_update = {
    "UPDATE payments SET verdict = :verdict, due_verdict = :due_verdict, flags = :flags,"
    " captured_minor = :captured_minor, refunded_minor = :refunded_minor, at_ms = :at_ms, due_ms = :due_ms,"
    " sent_ms = :sent_ms, request = :request, tries = :tries, resends = :resends, handle = :handle"
    " WHERE merchant_id = :merchant_id AND payment_no = :payment_no", payment_fields, NULL,
};
static const struct db_sql payments_due = {
    "SELECT " PAYMENT_COLUMNS " FROM payments WHERE due_ms > 0 AND due_ms <= :due_ms ORDER BY due_ms LIMIT :max",
    payment_fields, payment_fields,
};
static const struct db_sql payments_newest = {
    "SELECT " PAYMENT_COLUMNS " FROM payments ORDER BY created_ms DESC, merchant_id DESC, payment_no DESC LIMIT :max",
    payment_fields, payment_fields,
};
static const struct db_sql payments_count = {
    "SELECT count(*) AS n FROM payments WHERE verdict = :verdict", payment_fields, payment_fields,
};

struct refund_row {
    int64_t merchant_id, refund_no, payment_no, verdict, due_verdict, amount_minor, created_ms, at_ms, due_ms, max, n;
};
static const struct db_field refund_fields[] = {
    { "merchant_id",  DB_I64, offsetof(struct refund_row, merchant_id) },
    { "refund_no",    DB_I64, offsetof(struct refund_row, refund_no) },
    { "payment_no",   DB_I64, offsetof(struct refund_row, payment_no) },
    { "verdict",      DB_I64, offsetof(struct refund_row, verdict) },
    { "due_verdict",  DB_I64, offsetof(struct refund_row, due_verdict) },
    { "amount_minor", DB_I64, offsetof(struct refund_row, amount_minor) },
    { "created_ms",   DB_I64, offsetof(struct refund_row, created_ms) },
    { "at_ms",        DB_I64, offsetof(struct refund_row, at_ms) },
    { "due_ms",       DB_I64, offsetof(struct refund_row, due_ms) },
    { "max",          DB_I64, offsetof(struct refund_row, max) },
    { "n",            DB_I64, offsetof(struct refund_row, n) },
    { 0 },
};
#define REFUND_COLUMNS                                                                                              \
    "merchant_id, refund_no, payment_no, verdict, due_verdict, amount_minor, created_ms, at_ms, due_ms"
static const struct db_sql refund_find = {
    "SELECT " REFUND_COLUMNS " FROM refunds WHERE merchant_id = :merchant_id AND refund_no = :refund_no",
    refund_fields, refund_fields,
};
static const struct db_sql refund_insert = {
    "INSERT INTO refunds (" REFUND_COLUMNS ") VALUES (:merchant_id, :refund_no, :payment_no, :verdict, :due_verdict,"
    " :amount_minor, :created_ms, :at_ms, :due_ms)", refund_fields, NULL,
};
static const struct db_sql refund_update = {
    "UPDATE refunds SET verdict = :verdict, due_verdict = :due_verdict, at_ms = :at_ms, due_ms = :due_ms"
    " WHERE merchant_id = :merchant_id AND refund_no = :refund_no", refund_fields, NULL,
};
static const struct db_sql refunds_due = {
    "SELECT " REFUND_COLUMNS " FROM refunds WHERE due_ms > 0 AND due_ms <= :due_ms ORDER BY due_ms LIMIT :max",
    refund_fields, refund_fields,
};
static const struct db_sql refunds_count = {
    "SELECT count(*) AS n FROM refunds WHERE verdict = :verdict", refund_fields, refund_fields,
};

static bool is_verdict(int64_t n)
{
    return n >= 0 && n < ACQUIRER_VERDICTS;
}

/* A row as a payment; INTERNAL when it is none that payment_row_of() makes. */
static enum fault payment_of(struct book_payment *out, const struct payment_row *row)
{
    *out = (struct book_payment){
        .merchant_id = row->merchant_id, .payment_no = row->payment_no,
        .verdict = (enum acquirer_verdict)row->verdict, .due_verdict = (enum acquirer_verdict)row->due_verdict,
        .source = (enum acquirer_source)row->source, .amount = { .minor = row->amount_minor },
        .authorise_only = (row->flags & FLAG_AUTHORISE_ONLY) != 0, .captured = (row->flags & FLAG_CAPTURED) != 0,
        .native = (row->flags & FLAG_NATIVE) != 0, .one_account = (row->flags & FLAG_ONE_ACCOUNT) != 0,
        .captured_minor = row->captured_minor,
        .refunded_minor = row->refunded_minor, .created_ms = row->created_ms, .at_ms = row->at_ms,
        .due_ms = row->due_ms, .sent_ms = row->sent_ms, .request = row->request, .tries = (int)row->tries,
        .resends = (int)row->resends,
    };
    if (!is_verdict(row->verdict) || !is_verdict(row->due_verdict) || row->source < 0 ||
        row->source >= ACQUIRER_SOURCES || row->captured_minor < 0 || row->captured_minor > row->amount_minor ||
        row->refunded_minor < 0 || row->refunded_minor > row->captured_minor)
        return FAULT_INTERNAL;
    if (span_text(out->amount.currency, sizeof out->amount.currency, row->currency) ||
        span_text(out->last4, sizeof out->last4, row->last4) || span_text(out->handle, sizeof out->handle, row->handle))
        return FAULT_INTERNAL;
    return FAULT_NONE;
}

static struct payment_row payment_row_of(const struct book_payment *p)
{
    return (struct payment_row){
        .merchant_id = p->merchant_id, .payment_no = p->payment_no, .verdict = p->verdict,
        .due_verdict = p->due_verdict, .source = p->source, .amount_minor = p->amount.minor,
        .flags = (p->authorise_only ? FLAG_AUTHORISE_ONLY : 0) | (p->captured ? FLAG_CAPTURED : 0) |
                 (p->native ? FLAG_NATIVE : 0) | (p->one_account ? FLAG_ONE_ACCOUNT : 0),
        .captured_minor = p->captured_minor, .refunded_minor = p->refunded_minor, .created_ms = p->created_ms,
        .at_ms = p->at_ms, .due_ms = p->due_ms, .sent_ms = p->sent_ms, .request = p->request, .tries = p->tries,
        .resends = p->resends, .currency = span_of(p->amount.currency), .last4 = span_of(p->last4),
        .handle = span_of(p->handle),
    };
}

enum fault book_payment_find(struct store_tx *tx, struct book_payment *out, struct arena *a, int64_t merchant_id,
                             int64_t payment_no)
{
    struct payment_row row = { .merchant_id = merchant_id, .payment_no = payment_no };
    enum fault f = db_one(tx, &payment_find, &row, &row, a);

    return f ? f : payment_of(out, &row);
}

enum fault book_payment_insert(struct store_tx *tx, const struct book_payment *p)
{
    struct payment_row row = payment_row_of(p);

    return db_run(tx, &payment_insert, &row, NULL);
}

/* A statement that must touch a row. */
static enum fault change(struct store_tx *tx, const struct db_sql *sql, const void *row)
{
    int64_t changed = 0;
    enum fault f = db_run(tx, sql, row, &changed);

    return !f && changed == 0 ? FAULT_NOT_FOUND : f;
}

enum fault book_payment_update(struct store_tx *tx, const struct book_payment *p)
{
    struct payment_row row = payment_row_of(p);

    return change(tx, &payment_update, &row);
}

static enum fault refund_of(struct book_refund *out, const struct refund_row *row)
{
    *out = (struct book_refund){
        .merchant_id = row->merchant_id, .refund_no = row->refund_no, .payment_no = row->payment_no,
        .verdict = (enum acquirer_verdict)row->verdict, .due_verdict = (enum acquirer_verdict)row->due_verdict,
        .amount_minor = row->amount_minor, .created_ms = row->created_ms, .at_ms = row->at_ms, .due_ms = row->due_ms,
    };
    return is_verdict(row->verdict) && is_verdict(row->due_verdict) ? FAULT_NONE : FAULT_INTERNAL;
}

static struct refund_row refund_row_of(const struct book_refund *r)
{
    return (struct refund_row){
        .merchant_id = r->merchant_id, .refund_no = r->refund_no, .payment_no = r->payment_no, .verdict = r->verdict,
        .due_verdict = r->due_verdict, .amount_minor = r->amount_minor, .created_ms = r->created_ms,
        .at_ms = r->at_ms, .due_ms = r->due_ms,
    };
}

enum fault book_refund_find(struct store_tx *tx, struct book_refund *out, int64_t merchant_id, int64_t refund_no)
{
    struct refund_row row = { .merchant_id = merchant_id, .refund_no = refund_no };
    enum fault f = db_one(tx, &refund_find, &row, &row, NULL);

    return f ? f : refund_of(out, &row);
}

enum fault book_refund_insert(struct store_tx *tx, const struct book_refund *r)
{
    struct refund_row row = refund_row_of(r);

    return db_run(tx, &refund_insert, &row, NULL);
}

enum fault book_refund_update(struct store_tx *tx, const struct book_refund *r)
{
    struct refund_row row = refund_row_of(r);

    return change(tx, &refund_update, &row);
}

struct payment_list { struct book_payment *out; size_t n, max; };

static enum fault payment_add(void *arg, void *row)
{
    struct payment_list *l = arg;

    if (l->n == l->max)
        return FAULT_INTERNAL;
    return payment_of(&l->out[l->n++], row);
}

static enum fault payments(struct store_tx *tx, struct payment_list *l, size_t *n, const struct db_sql *sql,
                           int64_t now_ms)
{
    const struct payment_row key = { .due_ms = now_ms, .max = (int64_t)l->max };
    struct payment_row row = { 0 };
    enum fault f = db_each(tx, sql, &key, &row, payment_add, l);

    *n = l->n;
    return f;
}

enum fault book_payments_due(struct store_tx *tx, struct book_payment *out, size_t *n, size_t max, int64_t now_ms)
{
    return payments(tx, &(struct payment_list){ .out = out, .max = max }, n, &payments_due, now_ms);
}

enum fault book_payments_newest(struct store_tx *tx, struct book_payment *out, size_t *n, size_t max)
{
    return payments(tx, &(struct payment_list){ .out = out, .max = max }, n, &payments_newest, 0);
}

struct refund_list { struct book_refund *out; size_t n, max; };

static enum fault refund_add(void *arg, void *row)
{
    struct refund_list *l = arg;

    if (l->n == l->max)
        return FAULT_INTERNAL;
    return refund_of(&l->out[l->n++], row);
}

enum fault book_refunds_due(struct store_tx *tx, struct book_refund *out, size_t *n, size_t max, int64_t now_ms)
{
    struct refund_list l = { .out = out, .max = max };
    struct refund_row row = { 0 };
    enum fault f = db_each(tx, &refunds_due, &(struct refund_row){ .due_ms = now_ms, .max = (int64_t)max }, &row,
                           refund_add, &l);

    *n = l.n;
    return f;
}

enum fault book_payments_count(struct store_tx *tx, uint64_t *out, enum acquirer_verdict v)
{
    struct payment_row row = { .verdict = v };
    enum fault f = db_one(tx, &payments_count, &row, &row, NULL);

    *out = f ? 0 : (uint64_t)row.n;
    return f;
}

enum fault book_refunds_count(struct store_tx *tx, uint64_t *out, enum acquirer_verdict v)
{
    struct refund_row row = { .verdict = v };
    enum fault f = db_one(tx, &refunds_count, &row, &row, NULL);

    *out = f ? 0 : (uint64_t)row.n;
    return f;
}
