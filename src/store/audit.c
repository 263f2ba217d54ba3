/* audit.c: the SQL of the audit log. There is none that changes or deletes a row. */
#include "store/audit.h"

#include "store/audit_batch.h"
#include "store/numbers.h"

#include "base/banned.h"

const struct db_field audit_fields[] = {
    { "merchant_id", DB_I64,  offsetof(struct audit_row, merchant_id) },
    { "audit_no",    DB_I64,  offsetof(struct audit_row, audit_no) },
    { "at_ms",       DB_I64,  offsetof(struct audit_row, at_ms) },
    { "event",       DB_I64,  offsetof(struct audit_row, event) },
    { "channel",     DB_I64,  offsetof(struct audit_row, channel) },
    { "token_no",    DB_I64,  offsetof(struct audit_row, token_no) },
    { "outcome",     DB_I64,  offsetof(struct audit_row, outcome) },
    { "request_id",  DB_TEXT, offsetof(struct audit_row, request_id) },
    { "source",      DB_TEXT, offsetof(struct audit_row, source) },
    { "actor",       DB_TEXT, offsetof(struct audit_row, actor) },
    { "object",      DB_TEXT, offsetof(struct audit_row, object) },
    { "cards",       DB_I64,  offsetof(struct audit_row, cards) },
    { "numbers",     DB_I64,  offsetof(struct audit_row, numbers) },
    { "row_no",      DB_I64,  offsetof(struct audit_row, row_no) },
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
    " :outcome, :request_id, :source, :actor, :object, :cards, :numbers, :row_no)", audit_fields, NULL,
};
static const struct db_sql audit_newest = {
    "SELECT " AUDIT_COLUMNS " FROM audit WHERE merchant_id = :merchant_id ORDER BY audit_no DESC LIMIT :max",
    newest_fields, audit_fields,
};
static const struct db_sql audit_last = {
    "SELECT audit_no AS no FROM audit WHERE merchant_id = :merchant_id ORDER BY audit_no DESC LIMIT 1",
    last_number_fields, last_number_fields,
};

/* No longer than a row may hold, and never in the middle of a character. */
static void cut(struct span *text)
{
    if (text->n <= AUDIT_TEXT_MAX)
        return;
    text->n = AUDIT_TEXT_MAX;
    while (text->n && (text->p[text->n] & 0xc0) == 0x80)
        text->n--;
}

enum fault audit_insert(struct store_tx *tx, const struct audit_row *r)
{
    struct audit_row row = *r;
    enum fault f;

    if (!tx->audit)
        return FAULT_INTERNAL;
    cut(&row.request_id);
    cut(&row.source);
    cut(&row.actor);
    cut(&row.object);
    f = audit_batch_next(tx, &row.row_no);
    if (!f)
        f = numbers_next(tx, &row.audit_no, NUMBER_OF_AUDIT, &audit_last, r->merchant_id, r->at_ms);
    if (!f)
        f = db_run(tx, &audit_add, &row, NULL);
    return f ? f : audit_batch_add(tx->audit, &row);
}

static const char *const names[AUDIT_EVENTS] = {
    [AUDIT_TOKEN_MAKE] = "token.make", [AUDIT_TOKEN_SETTLE] = "token.settle", [AUDIT_TOKEN_NUMBER] = "token.number",
    [AUDIT_TOKEN_CRYPTOGRAM] = "token.cryptogram", [AUDIT_TOKEN_SUSPEND] = "token.suspend",
    [AUDIT_TOKEN_RESUME] = "token.resume", [AUDIT_TOKEN_DELETE] = "token.delete",
    [AUDIT_TOKEN_NOTICE] = "token.notice", [AUDIT_GUEST_NUMBER] = "guest.number", [AUDIT_PAR] = "par",
    [AUDIT_FINGERPRINT] = "fingerprint", [AUDIT_TOKEN_MAKE_NUMBER] = "token.make_number",
    [AUDIT_CARD] = "card.open", [AUDIT_PAYMENT] = "payment.pay",
    [AUDIT_CAPTURE] = "payment.capture", [AUDIT_VOID] = "payment.void", [AUDIT_REFUND] = "payment.refund",
    [AUDIT_ADMIN] = "admin", [AUDIT_REFUSED] = "access.refused", [AUDIT_START] = "log.start",
    [AUDIT_STOP] = "log.stop", [AUDIT_PAYMENT_STATE] = "payment.state", [AUDIT_REFUND_STATE] = "refund.state",
    [AUDIT_KEY] = "key", [AUDIT_ADMIN_END] = "admin.end",
};

const char *audit_event_name(int64_t event)
{
    return event > 0 && event < AUDIT_EVENTS ? names[event] : "unknown";
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
