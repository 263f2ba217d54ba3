/* outbox.c: the SQL of endpoints and deliveries. */
#include "store/outbox.h"

#include "store/numbers.h"
#include "store/rows.h"

#include "base/banned.h"

#define ENDPOINT_COLUMNS \
    "merchant_id, endpoint_no, kind, url, version, events, policy, tries, interval_ms, intervals, auth_sealed, " \
    "disabled, created_ms"
#define OUTBOX_COLUMNS \
    "merchant_id, delivery_no, endpoint_no, kind, url, event, order_no, subject_no, subject_state, at_ms, state, " \
    "attempts, due_ms, outcome, status, ended_ms"

/* What the partial indexes cover (store/schema.c). */
#define IS_DUE "state = 1"
#define OF_THE_LINE \
    "merchant_id = :merchant_id AND line = :line AND endpoint_no = :endpoint_no AND kind = :kind AND state < 2"

static const struct db_field endpoint_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct endpoint_row, merchant_id) },
    { "endpoint_no", DB_I64,  offsetof(struct endpoint_row, endpoint_no) },
    { "kind",        DB_I64,  offsetof(struct endpoint_row, kind) },
    { "url",         DB_TEXT, offsetof(struct endpoint_row, url) },
    { "version",     DB_TEXT, offsetof(struct endpoint_row, version) },
    { "events",      DB_I64,  offsetof(struct endpoint_row, events) },
    { "policy",      DB_I64,  offsetof(struct endpoint_row, policy) },
    { "tries",       DB_I64,  offsetof(struct endpoint_row, tries) },
    { "interval_ms", DB_I64,  offsetof(struct endpoint_row, interval_ms) },
    { "intervals",   DB_TEXT, offsetof(struct endpoint_row, intervals) },
    { "auth_sealed", DB_BLOB, offsetof(struct endpoint_row, auth_sealed) },
    { "disabled",    DB_I64,  offsetof(struct endpoint_row, disabled) },
    { "created_ms",  DB_I64,  offsetof(struct endpoint_row, created_ms) },
    { 0 },
};

/* A delivery with its line, and what statements about it need besides. */
struct delivery { struct outbox_row row; int64_t line, now_ms; };
#define AT(member) offsetof(struct delivery, row.member)

static const struct db_field outbox_fields[] = {
    { "merchant_id",   DB_I64,  AT(merchant_id) },
    { "delivery_no",   DB_I64,  AT(delivery_no) },
    { "endpoint_no",   DB_I64,  AT(endpoint_no) },
    { "kind",          DB_I64,  AT(kind) },
    { "url",           DB_TEXT, AT(url) },
    { "event",         DB_I64,  AT(event) },
    { "order_no",      DB_I64,  AT(order_no) },
    { "subject_no",    DB_I64,  AT(subject_no) },
    { "subject_state", DB_I64,  AT(subject_state) },
    { "at_ms",         DB_I64,  AT(at_ms) },
    { "state",         DB_I64,  AT(state) },
    { "attempts",      DB_I64,  AT(attempts) },
    { "due_ms",        DB_I64,  AT(due_ms) },
    { "outcome",       DB_I64,  AT(outcome) },
    { "status",        DB_I64,  AT(status) },
    { "ended_ms",      DB_I64,  AT(ended_ms) },
    { "line",          DB_I64,  offsetof(struct delivery, line) },
    { "now_ms",        DB_I64,  offsetof(struct delivery, now_ms) },
    { 0 },
};

static const struct db_field filter_fields[] = {
    { "merchant_id", DB_I64, offsetof(struct outbox_filter, merchant_id) },
    { "before",      DB_I64, offsetof(struct outbox_filter, before) },
    { "state",       DB_I64, offsetof(struct outbox_filter, state) },
    { "line",        DB_I64, offsetof(struct outbox_filter, order_no) },
    { "max",         DB_I64, offsetof(struct outbox_filter, max) },
    { 0 },
};

struct look { struct outbox_due at; int64_t ahead_ms, max; };
static const struct db_field look_fields[] = {
    { "due_ms",      DB_I64, offsetof(struct look, at.due_ms) },
    { "merchant_id", DB_I64, offsetof(struct look, at.merchant_id) },
    { "endpoint_no", DB_I64, offsetof(struct look, at.endpoint_no) },
    { "delivery_no", DB_I64, offsetof(struct look, at.delivery_no) },
    { "ahead_ms",    DB_I64, offsetof(struct look, ahead_ms) },
    { "max",         DB_I64, offsetof(struct look, max) },
    { 0 },
};

struct any { int64_t merchant_id, no; };
static const struct db_field any_fields[] = {
    { "merchant_id", DB_I64, offsetof(struct any, merchant_id) },
    { "no",          DB_I64, offsetof(struct any, no) },
    { 0 },
};

static const struct db_sql endpoint_insert = {
    "INSERT INTO webhook_endpoints (" ENDPOINT_COLUMNS ") VALUES (:merchant_id, :endpoint_no, :kind, :url, :version, "
    ":events, :policy, :tries, :interval_ms, :intervals, :auth_sealed, :disabled, :created_ms)",
    endpoint_fields, NULL,
};
static const struct db_sql endpoint_last = {
    "SELECT coalesce(max(endpoint_no), 0) AS no FROM webhook_endpoints WHERE merchant_id = :merchant_id",
    any_fields, any_fields,
};
static const struct db_sql endpoint_find = {
    "SELECT " ENDPOINT_COLUMNS " FROM webhook_endpoints WHERE merchant_id = :merchant_id"
    " AND endpoint_no = :endpoint_no", endpoint_fields, endpoint_fields,
};
static const struct db_sql endpoint_each = {
    "SELECT " ENDPOINT_COLUMNS " FROM webhook_endpoints WHERE merchant_id = :merchant_id AND disabled = 0"
    " ORDER BY endpoint_no", endpoint_fields, endpoint_fields,
};
static const struct db_sql endpoint_disable = {
    "UPDATE webhook_endpoints SET disabled = 1 WHERE merchant_id = :merchant_id AND endpoint_no = :endpoint_no"
    " AND disabled = 0", endpoint_fields, NULL,
};

static const struct db_sql delivery_last = {
    "SELECT delivery_no AS no FROM outbox WHERE merchant_id = :merchant_id ORDER BY delivery_no DESC LIMIT 1",
    last_number_fields, last_number_fields,
};
static const struct db_sql delivery_insert = {
    "INSERT INTO outbox (" OUTBOX_COLUMNS ", line) VALUES (:merchant_id, :delivery_no, :endpoint_no, :kind, :url, "
    ":event, :order_no, :subject_no, :subject_state, :at_ms, :state, :attempts, :due_ms, :outcome, :status, "
    ":ended_ms, :line)", outbox_fields, NULL,
};
static const struct db_sql delivery_before = {
    "SELECT delivery_no FROM outbox WHERE " OF_THE_LINE " ORDER BY delivery_no LIMIT 1", outbox_fields, outbox_fields,
};
static const struct db_sql delivery_find = {
    "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE merchant_id = :merchant_id AND delivery_no = :delivery_no",
    outbox_fields, outbox_fields,
};
static const struct db_sql delivery_keep = {
    "UPDATE outbox SET state = :state, attempts = :attempts, due_ms = :due_ms, outcome = :outcome, status = :status,"
    " ended_ms = :ended_ms WHERE merchant_id = :merchant_id AND delivery_no = :delivery_no AND " IS_DUE,
    outbox_fields, NULL,
};
/* The first of the line, if it waits: one that is due already stays as it is. */
static const struct db_sql delivery_release = {
    "UPDATE outbox SET state = 1, due_ms = :now_ms WHERE merchant_id = :merchant_id AND state = 0"
    " AND delivery_no = (SELECT delivery_no FROM outbox WHERE " OF_THE_LINE " ORDER BY delivery_no LIMIT 1)",
    outbox_fields, NULL,
};
static const struct db_sql delivery_resend = {
    "UPDATE outbox SET state = 1, due_ms = :now_ms WHERE merchant_id = :merchant_id AND delivery_no = :delivery_no"
    " AND state > 0", outbox_fields, NULL,
};
/* Each is two ranges of its index, merged. */
#define DUE "SELECT due_ms, merchant_id, endpoint_no, delivery_no FROM outbox WHERE " IS_DUE
#define OF_ONE " AND merchant_id = :merchant_id AND endpoint_no = :endpoint_no"
static const struct db_sql due_each = {
    DUE " AND due_ms <= :due_ms UNION ALL " DUE " AND due_ms > :ahead_ms"
    " ORDER BY due_ms, merchant_id, endpoint_no, delivery_no LIMIT :max", look_fields, look_fields,
};
static const struct db_sql due_of = {
    DUE OF_ONE " AND due_ms <= :due_ms UNION ALL " DUE OF_ONE " AND due_ms > :ahead_ms"
    " ORDER BY due_ms, delivery_no LIMIT :max", look_fields, look_fields,
};
static const struct db_sql due_after = {
    "SELECT due_ms, merchant_id, endpoint_no, delivery_no FROM outbox WHERE " IS_DUE
    " AND (merchant_id, endpoint_no) > (:merchant_id, :endpoint_no)"
    " ORDER BY merchant_id, endpoint_no, due_ms, delivery_no LIMIT 1", look_fields, look_fields,
};
static const struct db_sql list_all = {
    "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE merchant_id = :merchant_id AND delivery_no < :before"
    " AND (:state < 0 OR state = :state) ORDER BY delivery_no DESC LIMIT :max", filter_fields, outbox_fields,
};
static const struct db_sql list_order = {
    "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE merchant_id = :merchant_id AND line = :line AND delivery_no < :before"
    " AND (:state < 0 OR state = :state) ORDER BY delivery_no DESC LIMIT :max", filter_fields, outbox_fields,
};

enum fault endpoints_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id)
{
    struct any last = { .merchant_id = merchant_id };
    enum fault f = db_one(tx, &endpoint_last, &last, &last, NULL);

    *out = last.no + 1;
    return f;
}

enum fault endpoints_insert(struct store_tx *tx, const struct endpoint_row *e)
{
    return db_run(tx, &endpoint_insert, e, NULL);
}

enum fault endpoints_find(struct store_tx *tx, struct endpoint_row *out, struct arena *a, int64_t merchant_id,
                          int64_t endpoint_no)
{
    struct endpoint_row key = { .merchant_id = merchant_id, .endpoint_no = endpoint_no };

    return db_one(tx, &endpoint_find, &key, out, a);
}

/* The typed faces of db_each()'s rows. */
struct endpoint_walk { enum fault (*each)(void *arg, const struct endpoint_row *e); void *arg; };
struct delivery_walk { enum fault (*each)(void *arg, const struct outbox_row *d); void *arg; };
struct due_walk { enum fault (*each)(void *arg, const struct outbox_due *d); void *arg; };

static enum fault give_endpoint(void *arg, void *row)
{
    const struct endpoint_walk *w = arg;

    return w->each(w->arg, row);
}

static enum fault give_delivery(void *arg, void *row)
{
    const struct delivery_walk *w = arg;
    const struct delivery *d = row;

    return w->each(w->arg, &d->row);
}

static enum fault give_due(void *arg, void *row)
{
    const struct due_walk *w = arg;
    const struct look *l = row;

    return w->each(w->arg, &l->at);
}

enum fault endpoints_each(struct store_tx *tx, int64_t merchant_id,
                          enum fault (*each)(void *arg, const struct endpoint_row *e), void *arg)
{
    struct endpoint_walk w = { each, arg };
    struct endpoint_row key = { .merchant_id = merchant_id }, row = { 0 };

    return db_each(tx, &endpoint_each, &key, &row, give_endpoint, &w);
}

enum fault endpoints_disable(struct store_tx *tx, int64_t merchant_id, int64_t endpoint_no)
{
    struct endpoint_row key = { .merchant_id = merchant_id, .endpoint_no = endpoint_no };

    return rows_change(tx, &endpoint_disable, &key);
}

int64_t outbox_line(const struct outbox_row *d)
{
    return d->order_no ? d->order_no : -d->subject_no;
}

enum fault outbox_insert(struct store_tx *tx, struct outbox_row *d, int64_t now_ms)
{
    struct delivery in = { .row = *d, .line = outbox_line(d) }, before = { 0 };
    enum fault f = numbers_next(tx, &in.row.delivery_no, NUMBER_OF_DELIVERY, &delivery_last, d->merchant_id, now_ms);

    if (f)
        return f;
    f = db_one(tx, &delivery_before, &in, &before, NULL);
    if (f && f != FAULT_NOT_FOUND)
        return f;
    in.row.state = f ? DELIVERY_DUE : DELIVERY_WAITS;
    if (!f)
        in.row.due_ms = 0;
    *d = in.row;
    return db_run(tx, &delivery_insert, &in, NULL);
}

enum fault outbox_find(struct store_tx *tx, struct outbox_row *out, struct arena *a, int64_t merchant_id,
                       int64_t delivery_no)
{
    struct delivery row = { .row = { .merchant_id = merchant_id, .delivery_no = delivery_no } };
    enum fault f = db_one(tx, &delivery_find, &row, &row, a);

    if (!f)
        *out = row.row;
    return f;
}

enum fault outbox_keep(struct store_tx *tx, const struct outbox_row *d)
{
    struct delivery in = { .row = *d };

    return rows_change(tx, &delivery_keep, &in);
}

enum fault outbox_release(struct store_tx *tx, const struct outbox_row *over, int64_t now_ms)
{
    struct delivery in = { .row = *over, .line = outbox_line(over), .now_ms = now_ms };

    return db_run(tx, &delivery_release, &in, NULL);
}

enum fault outbox_resend(struct store_tx *tx, int64_t merchant_id, int64_t delivery_no, int64_t now_ms)
{
    struct delivery in = { .row = { .merchant_id = merchant_id, .delivery_no = delivery_no }, .now_ms = now_ms };
    enum fault f = rows_change(tx, &delivery_resend, &in);

    if (f == FAULT_NOT_FOUND)
        f = db_one(tx, &delivery_find, &in, &in, NULL) ? FAULT_NOT_FOUND : FAULT_WRONG_STATE;
    return f;
}

enum fault outbox_due(struct store_tx *tx, int64_t now_ms, int64_t max,
                      enum fault (*each)(void *arg, const struct outbox_due *d), void *arg)
{
    struct due_walk w = { each, arg };
    struct look in = { .at = { .due_ms = now_ms }, .ahead_ms = now_ms + OUTBOX_AHEAD_MS, .max = max }, row = { 0 };

    return db_each(tx, &due_each, &in, &row, give_due, &w);
}

enum fault outbox_due_of(struct store_tx *tx, int64_t merchant_id, int64_t endpoint_no, int64_t now_ms, int64_t max,
                         enum fault (*each)(void *arg, const struct outbox_due *d), void *arg)
{
    struct due_walk w = { each, arg };
    struct look in = { { now_ms, merchant_id, endpoint_no, 0 }, now_ms + OUTBOX_AHEAD_MS, max }, row = { 0 };

    return db_each(tx, &due_of, &in, &row, give_due, &w);
}

enum fault outbox_endpoint_after(struct store_tx *tx, struct outbox_due *out, int64_t merchant_id,
                                 int64_t endpoint_no)
{
    struct look row = { .at = { .merchant_id = merchant_id, .endpoint_no = endpoint_no } };
    enum fault f = db_one(tx, &due_after, &row, &row, NULL);

    if (!f)
        *out = row.at;
    return f;
}

enum fault outbox_list(struct store_tx *tx, const struct outbox_filter *which,
                       enum fault (*each)(void *arg, const struct outbox_row *d), void *arg)
{
    struct delivery_walk w = { each, arg };
    struct outbox_filter in = *which;
    struct delivery row = { 0 };

    if (in.before == 0)
        in.before = INT64_MAX;
    return db_each(tx, in.order_no ? &list_order : &list_all, &in, &row, give_delivery, &w);
}
