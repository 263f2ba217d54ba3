/* audit_links.c: the SQL of the audit chain. */
#include "store/audit_links.h"

#include <stdlib.h>
#include <unistd.h>

#include "store/schema.h"

#include "base/banned.h"

#define LINK_COLUMNS "link_no, first_row, row_count, at_ms, digests, life, cards, numbers, mac"
#define STUB_COLUMNS "only, link_no, last_row, at_ms, link_mac, tally, mac"

static const struct db_field link_fields[] = {
    { "link_no",   DB_I64,  offsetof(struct audit_link_row, link_no) },
    { "first_row", DB_I64,  offsetof(struct audit_link_row, first_row) },
    { "row_count", DB_I64,  offsetof(struct audit_link_row, row_count) },
    { "at_ms",     DB_I64,  offsetof(struct audit_link_row, at_ms) },
    { "digests",   DB_BLOB, offsetof(struct audit_link_row, digests) },
    { "life",      DB_BLOB, offsetof(struct audit_link_row, life) },
    { "cards",     DB_I64,  offsetof(struct audit_link_row, cards) },
    { "numbers",   DB_I64,  offsetof(struct audit_link_row, numbers) },
    { "mac",       DB_BLOB, offsetof(struct audit_link_row, mac) },
    { 0 },
};

static const struct db_field stub_fields[] = {
    { "only",     DB_I64,  offsetof(struct audit_stub_row, only) },
    { "link_no",  DB_I64,  offsetof(struct audit_stub_row, link_no) },
    { "last_row", DB_I64,  offsetof(struct audit_stub_row, last_row) },
    { "at_ms",    DB_I64,  offsetof(struct audit_stub_row, at_ms) },
    { "link_mac", DB_BLOB, offsetof(struct audit_stub_row, link_mac) },
    { "tally",    DB_BLOB, offsetof(struct audit_stub_row, tally) },
    { "mac",      DB_BLOB, offsetof(struct audit_stub_row, mac) },
    { 0 },
};

struct range { int64_t first, last; };
static const struct db_field range_fields[] = {
    { "first", DB_I64, offsetof(struct range, first) },
    { "last",  DB_I64, offsetof(struct range, last) },
    { 0 },
};
static const struct db_field extent_fields[] = {
    { "unchained", DB_I64, offsetof(struct audit_extent, unchained) },
    { "last_row",  DB_I64, offsetof(struct audit_extent, last_row) },
    { "last_link", DB_I64, offsetof(struct audit_extent, last_link) },
    { 0 },
};

static const struct db_field newest_fields[] = {
    { "at_ms", DB_I64, offsetof(struct audit_newest, at_ms) },
    { 0 },
};

static const struct db_sql link_add = {
    "INSERT INTO audit_links (" LINK_COLUMNS ") VALUES (:link_no, :first_row, :row_count, :at_ms, :digests, :life,"
    " :cards, :numbers, :mac)", link_fields, NULL,
};
static const struct db_sql link_last = {
    "SELECT " LINK_COLUMNS " FROM audit_links ORDER BY link_no DESC LIMIT 1", NULL, link_fields,
};
static const struct db_sql links_after = {
    "SELECT " LINK_COLUMNS " FROM audit_links WHERE link_no > :first ORDER BY link_no LIMIT :last", range_fields,
    link_fields,
};
static const struct db_sql rows_between = {
    "SELECT " AUDIT_COLUMNS " FROM audit WHERE row_no > 0 AND row_no BETWEEN :first AND :last ORDER BY row_no",
    range_fields, audit_fields,
};
static const struct db_sql row_restore = {
    "INSERT INTO audit (" AUDIT_COLUMNS ") VALUES (:merchant_id, :audit_no, :at_ms, :event, :channel, :token_no,"
    " :outcome, :request_id, :source, :actor, :object, :cards, :numbers, :row_no)", audit_fields, NULL,
};
static const struct db_sql stub_find = {
    "SELECT " STUB_COLUMNS " FROM audit_stubs WHERE only = :first", range_fields, stub_fields,
};
static const struct db_sql stub_put = {
    "INSERT OR REPLACE INTO audit_stubs (" STUB_COLUMNS ") VALUES (:only, :link_no, :last_row, :at_ms, :link_mac,"
    " :tally, :mac)", stub_fields, NULL,
};
static const struct db_sql links_delete = {
    "DELETE FROM audit_links WHERE link_no <= :last", range_fields, NULL,
};
static const struct db_sql rows_delete = {
    "DELETE FROM audit WHERE row_no > 0 AND row_no <= :last", range_fields, NULL,
};
static const struct db_sql extent_find = {
    "SELECT (SELECT count(*) FROM audit WHERE row_no <= 0) AS unchained,"
    " coalesce((SELECT max(row_no) FROM audit WHERE row_no > 0), 0) AS last_row,"
    " coalesce((SELECT max(link_no) FROM audit_links), 0) AS last_link", NULL, extent_fields,
};

static const struct db_sql newest_find = {
    "SELECT coalesce(max(at_ms), 0) AS at_ms FROM (SELECT max(created_ms) AS at_ms FROM orders"
    " UNION ALL SELECT max(created_ms) FROM payments) AS newest", NULL, newest_fields,
};

enum fault audit_link_insert(struct store_tx *tx, const struct audit_link_row *l)
{
    return db_run(tx, &link_add, l, NULL);
}

enum fault audit_link_last(struct store_tx *tx, struct audit_link_row *out, struct arena *a)
{
    return db_one(tx, &link_last, NULL, out, a);
}

struct each_link { enum fault (*each)(void *arg, const struct audit_link_row *l); void *arg; };
struct each_row { enum fault (*each)(void *arg, const struct audit_row *r); void *arg; };

static enum fault give_link(void *arg, void *row)
{
    const struct each_link *e = arg;

    return e->each(e->arg, row);
}

static enum fault give_row(void *arg, void *row)
{
    const struct each_row *e = arg;

    return e->each(e->arg, row);
}

enum fault audit_links_each(struct store_tx *tx, int64_t after, int64_t max,
                            enum fault (*each)(void *arg, const struct audit_link_row *l), void *arg)
{
    struct each_link e = { each, arg };
    struct range r = { after, max };
    struct audit_link_row row;

    return db_each(tx, &links_after, &r, &row, give_link, &e);
}

enum fault audit_rows_each(struct store_tx *tx, int64_t first, int64_t last,
                           enum fault (*each)(void *arg, const struct audit_row *r), void *arg)
{
    struct each_row e = { each, arg };
    struct range r = { first, last };
    struct audit_row row;

    return db_each(tx, &rows_between, &r, &row, give_row, &e);
}

enum fault audit_stub_find(struct store_tx *tx, struct audit_stub_row *out, struct arena *a)
{
    struct range r = { .first = 1 };

    return db_one(tx, &stub_find, &r, out, a);
}

enum fault audit_purge(struct store_tx *tx, const struct audit_stub_row *stub)
{
    struct audit_stub_row row = *stub;
    enum fault f;

    row.only = 1;
    f = db_run(tx, &stub_put, &row, NULL);
    if (!f)
        f = db_run(tx, &links_delete, &(struct range){ 0, row.link_no }, NULL);
    return f ? f : db_run(tx, &rows_delete, &(struct range){ 0, row.last_row }, NULL);
}

enum fault audit_extent(struct store_tx *tx, struct audit_extent *out)
{
    return db_one(tx, &extent_find, NULL, out, NULL);
}

enum fault audit_newest(struct store_tx *tx, struct audit_newest *out)
{
    return db_one(tx, &newest_find, NULL, out, NULL);
}

struct audit_trail { struct db *db; };

/* Are all steps of this program in the file, and no more? */
static enum fault is_of_this_program(struct db *db)
{
    int64_t version = 0, last = 0;
    enum fault f = schema_version(db, &version);

    while (schema_steps[last])
        last++;
    return f ? f : version == last ? FAULT_NONE : FAULT_WRONG_STATE;
}

enum fault audit_trail_open(struct audit_trail **out, const char *path)
{
    const struct db_options o = { .path = path, .cache_kib = DB_CACHE_READER };
    struct audit_trail *t;
    enum fault f;

    if (access(path, R_OK | W_OK) != 0)
        return FAULT_DISK;            /* opening would make it */
    t = calloc(1, sizeof *t);
    if (!t)
        return FAULT_INTERNAL;
    f = db_open(&t->db, &o);
    if (!f)
        f = is_of_this_program(t->db);
    if (f) {
        audit_trail_close(t);
        return f;
    }
    *out = t;
    return FAULT_NONE;
}

enum fault audit_trail_create(struct audit_trail **out, const char *path)
{
    const struct db_options o = { .path = path, .cache_kib = DB_CACHE_WRITER };
    struct audit_trail *t;
    enum fault f;

    if (access(path, F_OK) == 0)
        return FAULT_EXISTS;
    t = calloc(1, sizeof *t);
    if (!t)
        return FAULT_INTERNAL;
    f = db_open(&t->db, &o);
    if (!f)
        f = schema_migrate(t->db, schema_steps);
    if (f) {
        audit_trail_close(t);
        return f;
    }
    *out = t;
    return FAULT_NONE;
}

enum fault audit_row_restore(struct store_tx *tx, const struct audit_row *r)
{
    return db_run(tx, &row_restore, r, NULL);
}

enum fault audit_stub_insert(struct store_tx *tx, const struct audit_stub_row *stub)
{
    return db_run(tx, &stub_put, stub, NULL);
}

void audit_trail_close(struct audit_trail *t)
{
    if (t)
        db_close(t->db);
    free(t);
}

static enum fault transact(struct audit_trail *t, enum db_control how, store_work *work, void *arg)
{
    struct store_tx tx = { .db = t->db };
    enum fault f = db_control(t->db, how), undo;

    if (f)
        return f;
    f = work(&tx, arg);
    if (!f)
        f = db_control(t->db, DB_COMMIT);
    if (f && db_in_transaction(t->db)) {
        undo = db_control(t->db, DB_ROLLBACK);
        (void)undo;                   /* either way the transaction is gone */
    }
    return f;
}

enum fault audit_trail_read(struct audit_trail *t, store_work *work, void *arg)
{
    return transact(t, DB_BEGIN_READ, work, arg);
}

enum fault audit_trail_write(struct audit_trail *t, store_work *work, void *arg)
{
    return transact(t, DB_BEGIN_WRITE, work, arg);
}
