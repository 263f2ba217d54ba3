/* payments.c: the SQL of payments. */
#include "store/payments.h"

#include "store/numbers.h"
#include "store/rows.h"

#include "base/banned.h"

enum { NUMBER_BITS = 37 };

#define PAYMENT_COLUMNS \
    "merchant_id, payment_no, order_no, order_id, amount_minor, currency, state, method, channel, created_ms, " \
    "completed_ms, limit_ms, acquirer_ref, bank_ref, auth_id, verdict, handle, private_sealed, scheme, type, sub, " \
    "last4, issuer, issuer_code, country, token_no, saves, flight, international, emi_months, native, tries, " \
    "resends, sent_ms, authorise_only, captured_minor, capture_action, capture_ms, wanted, wanted_minor, request, " \
    "ask_ms, source, refunded_minor"

static const struct db_field payment_fields[] = {
    { "merchant_id",    DB_I64,  offsetof(struct payment_row, merchant_id) },
    { "payment_no",     DB_I64,  offsetof(struct payment_row, payment_no) },
    { "order_no",       DB_I64,  offsetof(struct payment_row, order_no) },
    { "order_id",       DB_TEXT, offsetof(struct payment_row, order_id) },
    { "amount_minor",   DB_I64,  offsetof(struct payment_row, amount_minor) },
    { "currency",       DB_TEXT, offsetof(struct payment_row, currency) },
    { "state",          DB_I64,  offsetof(struct payment_row, state) },
    { "method",         DB_I64,  offsetof(struct payment_row, method) },
    { "channel",        DB_I64,  offsetof(struct payment_row, channel) },
    { "created_ms",     DB_I64,  offsetof(struct payment_row, created_ms) },
    { "completed_ms",   DB_I64,  offsetof(struct payment_row, completed_ms) },
    { "limit_ms",       DB_I64,  offsetof(struct payment_row, limit_ms) },
    { "acquirer_ref",   DB_TEXT, offsetof(struct payment_row, acquirer_ref) },
    { "bank_ref",       DB_TEXT, offsetof(struct payment_row, bank_ref) },
    { "auth_id",        DB_TEXT, offsetof(struct payment_row, auth_id) },
    { "verdict",        DB_I64,  offsetof(struct payment_row, verdict) },
    { "handle",         DB_TEXT, offsetof(struct payment_row, handle) },
    { "private_sealed", DB_BLOB, offsetof(struct payment_row, private_sealed) },
    { "scheme",         DB_I64,  offsetof(struct payment_row, scheme) },
    { "type",           DB_I64,  offsetof(struct payment_row, type) },
    { "sub",            DB_I64,  offsetof(struct payment_row, sub) },
    { "last4",          DB_TEXT, offsetof(struct payment_row, last4) },
    { "issuer",         DB_TEXT, offsetof(struct payment_row, issuer) },
    { "issuer_code",    DB_TEXT, offsetof(struct payment_row, issuer_code) },
    { "country",        DB_TEXT, offsetof(struct payment_row, country) },
    { "token_no",       DB_I64,  offsetof(struct payment_row, token_no) },
    { "saves",          DB_I64,  offsetof(struct payment_row, saves) },
    { "flight",         DB_BLOB, offsetof(struct payment_row, flight) },
    { "international",  DB_I64,  offsetof(struct payment_row, international) },
    { "emi_months",     DB_I64,  offsetof(struct payment_row, emi_months) },
    { "native",         DB_I64,  offsetof(struct payment_row, native) },
    { "tries",          DB_I64,  offsetof(struct payment_row, tries) },
    { "resends",        DB_I64,  offsetof(struct payment_row, resends) },
    { "sent_ms",        DB_I64,  offsetof(struct payment_row, sent_ms) },
    { "authorise_only", DB_I64,  offsetof(struct payment_row, authorise_only) },
    { "captured_minor", DB_I64,  offsetof(struct payment_row, captured_minor) },
    { "capture_action", DB_I64,  offsetof(struct payment_row, capture_action) },
    { "capture_ms",     DB_I64,  offsetof(struct payment_row, capture_ms) },
    { "wanted",         DB_I64,  offsetof(struct payment_row, wanted) },
    { "wanted_minor",   DB_I64,  offsetof(struct payment_row, wanted_minor) },
    { "request",        DB_I64,  offsetof(struct payment_row, request) },
    { "ask_ms",         DB_I64,  offsetof(struct payment_row, ask_ms) },
    { "source",         DB_TEXT, offsetof(struct payment_row, source) },
    { "refunded_minor", DB_I64,  offsetof(struct payment_row, refunded_minor) },
    { 0 },
};

/* The question and its answer in one. */
struct tally { int64_t merchant_id, order_no, but, otp; struct payments_tally found; };
static const struct db_field tally_fields[] = {
    { "merchant_id", DB_I64, offsetof(struct tally, merchant_id) },
    { "order_no",    DB_I64, offsetof(struct tally, order_no) },
    { "but",         DB_I64, offsetof(struct tally, but) },
    { "otp",         DB_I64, offsetof(struct tally, otp) },
    { "attempts",    DB_I64, offsetof(struct tally, found.attempts) },
    { "waiting",     DB_I64, offsetof(struct tally, found.waiting) },
    { "charging",    DB_I64, offsetof(struct tally, found.charging) },
    { 0 },
};

static const struct db_sql payment_insert = {
    "INSERT INTO payments (" PAYMENT_COLUMNS ") VALUES ("
    ":merchant_id, :payment_no, :order_no, :order_id, :amount_minor, :currency, :state, :method, :channel, "
    ":created_ms, :completed_ms, :limit_ms, :acquirer_ref, :bank_ref, :auth_id, :verdict, :handle, :private_sealed, "
    ":scheme, :type, :sub, :last4, :issuer, :issuer_code, :country, :token_no, :saves, :flight, :international, "
    ":emi_months, :native, :tries, :resends, :sent_ms, :authorise_only, :captured_minor, :capture_action, "
    ":capture_ms, :wanted, :wanted_minor, :request, :ask_ms, :source, :refunded_minor)",
    payment_fields, NULL,
};
static const struct db_sql payment_find = {
    "SELECT " PAYMENT_COLUMNS " FROM payments WHERE merchant_id = :merchant_id AND payment_no = :payment_no",
    payment_fields, payment_fields,
};
static const struct db_sql payment_update = {
    "UPDATE payments SET state = :state, completed_ms = :completed_ms, limit_ms = :limit_ms,"
    " acquirer_ref = :acquirer_ref, bank_ref = :bank_ref, auth_id = :auth_id, verdict = :verdict, handle = :handle,"
    " token_no = :token_no, saves = :saves, flight = :flight, native = :native, tries = :tries, resends = :resends,"
    " sent_ms = :sent_ms, captured_minor = :captured_minor, capture_action = :capture_action,"
    " capture_ms = :capture_ms, wanted = :wanted, wanted_minor = :wanted_minor, request = :request,"
    " ask_ms = :ask_ms, refunded_minor = :refunded_minor"
    " WHERE merchant_id = :merchant_id AND payment_no = :payment_no", payment_fields, NULL,
};
static const struct db_sql payment_of_order = {
    "SELECT " PAYMENT_COLUMNS " FROM payments WHERE merchant_id = :merchant_id AND order_no = :order_no"
    " ORDER BY payment_no DESC", payment_fields, payment_fields,
};
static const struct db_sql payment_due = {
    "SELECT " PAYMENT_COLUMNS " FROM payments WHERE ask_ms > 0 AND (ask_ms <= :now_ms OR ask_ms > :ahead_ms)"
    " ORDER BY ask_ms LIMIT :max",
    rows_due_fields, payment_fields,
};
static const struct db_sql payment_last = {
    "SELECT max(no) AS no FROM (SELECT max(payment_no) AS no FROM payments WHERE merchant_id = :merchant_id"
    " UNION ALL SELECT no FROM number_floors WHERE kind = 'payment') AS known",
    last_number_fields, last_number_fields,
};
/* state 0: PAYMENT_BEGUN, 3: PAYMENT_FLAGGED, < 4: not over. */
static const struct db_sql order_tally = {
    "SELECT count(*) AS attempts, count(CASE WHEN state < 4 THEN 1 END) AS waiting,"
    " count(CASE WHEN payment_no <> :but AND (state = 0 OR state = 3"
    " OR (state < 4 AND ask_ms > 0 AND wanted = :otp)) THEN 1 END) AS charging"
    " FROM payments WHERE merchant_id = :merchant_id AND order_no = :order_no", tally_fields, tally_fields,
};

enum fault payments_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id)
{
    return numbers_count(tx, out, NUMBER_OF_PAYMENT, &payment_last, merchant_id, INT64_C(1) << NUMBER_BITS);
}

enum fault payments_insert(struct store_tx *tx, const struct payment_row *p)
{
    return db_run(tx, &payment_insert, p, NULL);
}

enum fault payments_find(struct store_tx *tx, struct payment_row *out, struct arena *a, int64_t merchant_id,
                         int64_t payment_no)
{
    struct payment_row key = { .merchant_id = merchant_id, .payment_no = payment_no };

    return db_one(tx, &payment_find, &key, out, a);
}

enum fault payments_update(struct store_tx *tx, const struct payment_row *p)
{
    return rows_change(tx, &payment_update, p);
}

/* The typed face of db_each()'s row. */
struct payment_each { enum fault (*each)(void *arg, const struct payment_row *p); void *arg; };

static enum fault give_payment(void *arg, void *row)
{
    const struct payment_each *e = arg;

    return e->each(e->arg, row);
}

enum fault payments_of_order(struct store_tx *tx, int64_t merchant_id, int64_t order_no,
                             enum fault (*each)(void *arg, const struct payment_row *p), void *arg)
{
    struct payment_each e = { each, arg };
    struct payment_row key = { .merchant_id = merchant_id, .order_no = order_no }, row;

    return db_each(tx, &payment_of_order, &key, &row, give_payment, &e);
}

enum fault payments_due(struct store_tx *tx, int64_t now_ms, int64_t max,
                        enum fault (*each)(void *arg, const struct payment_row *p), void *arg)
{
    struct payment_each e = { each, arg };
    struct rows_due due = rows_due_at(now_ms, max);
    struct payment_row row;

    return db_each(tx, &payment_due, &due, &row, give_payment, &e);
}

enum fault payments_count(struct store_tx *tx, struct payments_tally *out, const struct payments_question *q)
{
    struct tally t = { q->merchant_id, q->order_no, q->but, q->otp, { 0 } };
    enum fault f = db_one(tx, &order_tally, &t, &t, NULL);

    if (!f)
        *out = t.found;
    return f;
}
