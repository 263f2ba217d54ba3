/* sqlite.c: the driver port over SQLite. */
#include "store/driver.h"

#include <assert.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/journal.h"

#include "base/banned.h"

enum { DB_SLOTS = 2 * DB_STATEMENTS_MAX, DB_PRAGMAS_MAX = 512 };     /* hash slots, a power of two; bytes of text */

/* A statement as one connection knows it: which field feeds parameter i + 1, which takes column i. */
struct prepared {
    const struct db_sql *sql;
    sqlite3_stmt *stmt;
    int params, columns;
    bool running;
    const struct db_field *param[DB_FIELDS_MAX], *column[DB_FIELDS_MAX];
};

struct db {
    sqlite3 *handle;
    struct journal *journal;
    bool reads_only;
    bool failing, copy_failing;       /* the disk's trouble with requests, with the log, is in the journal already */
    unsigned prepared;
    struct prepared *slot[DB_SLOTS];
    void (*hook)(void *arg, int64_t frames);
    void *hook_arg;
};

static const struct db_sql controls[DB_CONTROLS] = {
    [DB_BEGIN_READ]  = { .text = "BEGIN" },
    [DB_BEGIN_WRITE] = { .text = "BEGIN IMMEDIATE" },
    [DB_COMMIT]      = { .text = "COMMIT" },
    [DB_ROLLBACK]    = { .text = "ROLLBACK" },
    [DB_SAVE]        = { .text = "SAVEPOINT job" },
    [DB_KEEP]        = { .text = "RELEASE job" },
    [DB_UNDO]        = { .text = "ROLLBACK TO job" },
};

static enum fault fault_of(const struct db *db, int code);
static void complain(struct db *db, const char *what, int code);
static enum fault settle(struct db *db, int code);
static enum fault settings(struct db *db, const struct db_options *o);
static enum fault prepare(struct prepared **out, struct db *db, const struct db_sql *sql);
static enum fault start(struct prepared **out, struct db *db, const struct db_sql *sql, const void *in);
static void finish(struct prepared *p);
static void row_read(void *row, const struct prepared *p);
static enum fault row_keep(void *row, const struct prepared *p, struct arena *a);

enum fault db_open(struct db **out, const struct db_options *o)
{
    struct db *db = calloc(1, sizeof *db);
    enum fault f;

    if (!db)
        return FAULT_INTERNAL;
    db->journal = o->journal;
    f = settle(db, sqlite3_open_v2(o->path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                   SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, o->vfs));
    if (!f)
        f = settings(db, o);
    if (f) {
        db_close(db);
        return f;
    }
    db->reads_only = o->reads_only;
    *out = db;
    return FAULT_NONE;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < DB_SLOTS; i++)
        if (db->slot[i]) {
            sqlite3_finalize(db->slot[i]->stmt);
            free(db->slot[i]);
        }
    int code = sqlite3_close(db->handle);
    assert(code == SQLITE_OK);        /* it is refused only while statements are left */
    (void)code;
    free(db);
}

enum fault db_script(struct db *db, const char *text)
{
    return settle(db, sqlite3_exec(db->handle, text, NULL, NULL, NULL));
}

enum fault db_control(struct db *db, enum db_control what)
{
    struct store_tx tx = { .db = db };
    enum fault f = db_run(&tx, &controls[what], NULL, NULL);

    if (!f && what == DB_UNDO)        /* going back leaves the savepoint open */
        f = db_run(&tx, &controls[DB_KEEP], NULL, NULL);
    if (!f && what == DB_COMMIT && db->failing) {
        db->failing = false;
        if (db->journal)
            journal_event(db->journal, JOURNAL_INFO, "the database can be used again", 0, NULL);
    }
    return f;
}

bool db_in_transaction(const struct db *db)
{
    return !sqlite3_get_autocommit(db->handle);
}

static int on_commit(void *arg, sqlite3 *handle, const char *name, int frames)
{
    struct db *db = arg;

    (void)handle, (void)name;
    db->hook(db->hook_arg, frames);
    return SQLITE_OK;
}

void db_on_commit(struct db *db, void (*hook)(void *arg, int64_t frames), void *arg)
{
    db->hook = hook;
    db->hook_arg = arg;
    sqlite3_wal_hook(db->handle, on_commit, db);
}

enum fault db_checkpoint(struct db *db, enum db_copy how, int64_t *frames, int64_t *copied)
{
    int log = 0, done = 0, mode = how == DB_COPY ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_RESTART;

    /* A restart would wait for readers, which the commit thread must not. */
    sqlite3_busy_timeout(db->handle, 0);
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, &log, &done);
    sqlite3_busy_timeout(db->handle, DB_BUSY_MS);

    *frames = log > 0 ? log : 0;
    *copied = done > 0 ? done : 0;
    enum fault f = fault_of(db, code);
    if (f == FAULT_DISK && !db->copy_failing)
        complain(db, "the disk is full or failing: the log of commits cannot be copied and grows", code);
    db->copy_failing = f == FAULT_DISK;
    return f;
}

enum fault db_run(struct store_tx *tx, const struct db_sql *sql, const void *in, int64_t *changed)
{
    struct prepared *p;
    enum fault f = start(&p, tx->db, sql, in);

    if (f)
        return f;
    f = settle(tx->db, sqlite3_step(p->stmt));
    if (changed)
        *changed = f ? 0 : sqlite3_changes64(tx->db->handle);
    finish(p);
    return f;
}

enum fault db_one(struct store_tx *tx, const struct db_sql *sql, const void *in, void *out, struct arena *a)
{
    struct prepared *p;
    enum fault f = start(&p, tx->db, sql, in);

    if (f)
        return f;
    int code = sqlite3_step(p->stmt);
    if (code == SQLITE_ROW)
        f = row_keep(out, p, a);
    else
        f = code == SQLITE_DONE ? FAULT_NOT_FOUND : settle(tx->db, code);
    finish(p);
    return f;
}

enum fault db_each(struct store_tx *tx, const struct db_sql *sql, const void *in, void *row,
                   enum fault (*each)(void *arg, void *row), void *arg)
{
    struct prepared *p;
    enum fault f = start(&p, tx->db, sql, in);
    int code = SQLITE_DONE;

    if (f)
        return f;
    while (!f && (code = sqlite3_step(p->stmt)) == SQLITE_ROW) {
        row_read(row, p);
        f = each(arg, row);
    }
    if (!f)
        f = settle(tx->db, code);
    finish(p);
    return f;
}

/* What a result code means to us. */
static enum fault fault_of(const struct db *db, int code)
{
    if (code == SQLITE_IOERR_NOMEM)
        return FAULT_INTERNAL;
    switch (code & 0xff) {
    case SQLITE_OK: case SQLITE_ROW: case SQLITE_DONE:
        return FAULT_NONE;
    case SQLITE_BUSY: case SQLITE_LOCKED:
        return FAULT_RETRY;
    case SQLITE_READONLY:
        return db->reads_only ? FAULT_INTERNAL : FAULT_DISK;
    case SQLITE_FULL: case SQLITE_IOERR: case SQLITE_CANTOPEN: case SQLITE_CORRUPT: case SQLITE_NOTADB:
        return FAULT_DISK;
    case SQLITE_CONSTRAINT:
        return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ? FAULT_EXISTS
                                                                                        : FAULT_INTERNAL;
    default:
        return FAULT_INTERNAL;
    }
}

static void complain(struct db *db, const char *what, int code)
{
    if (!db->journal)
        return;
    const char *message = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code);
    struct journal_text text = journal_text(span_of(message));
    journal_event(db->journal, JOURNAL_ERROR, what, code, &text);
}

/* The fault of a result code, with its line in the journal: one for a stretch of disk trouble, since every
 * request of that stretch would say the same. */
static enum fault settle(struct db *db, int code)
{
    enum fault f = fault_of(db, code);

    if (f != FAULT_DISK && f != FAULT_INTERNAL)
        return f;
    if (f == FAULT_INTERNAL)
        complain(db, "the database refused a statement", code);
    else if (!db->failing)
        complain(db, "the disk is full or failing: requests are refused and nothing of them is kept", code);
    db->failing = db->failing || f == FAULT_DISK;
    return f;
}

static enum fault settings(struct db *db, const struct db_options *o)
{
    char text[DB_PRAGMAS_MAX];

    sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
    sqlite3_wal_autocheckpoint(db->handle, 0);
    /* The page size counts only while the file is new, and must come before the journal mode. */
    int n = snprintf(text, sizeof text,
                     "PRAGMA page_size = %d; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
                     "PRAGMA cache_size = -%d; PRAGMA query_only = %d;",
                     DB_PAGE, o->cache_kib, o->reads_only);
    assert(n > 0 && (size_t)n < sizeof text);
    (void)n;
    return db_script(db, text);
}

static const struct db_field *field_of(const struct db_field *fields, const char *name)
{
    for (; fields && fields->name; fields++)
        if (strcmp(fields->name, name) == 0)
            return fields;
    return NULL;
}

/* Tie parameters and columns to fields. A name the table does not have is our own bug. */
static void resolve(struct prepared *p)
{
    p->params = sqlite3_bind_parameter_count(p->stmt);
    p->columns = sqlite3_column_count(p->stmt);
    assert(p->params <= DB_FIELDS_MAX && p->columns <= DB_FIELDS_MAX);
    for (int i = 0; i < p->params; i++) {
        const char *name = sqlite3_bind_parameter_name(p->stmt, i + 1);
        assert(name && name[0] == ':');
        p->param[i] = field_of(p->sql->in, name + 1);
        assert(p->param[i]);
    }
    for (int i = 0; i < p->columns; i++) {
        p->column[i] = field_of(p->sql->out, sqlite3_column_name(p->stmt, i));
        assert(p->column[i]);
    }
}

/* The slot where `sql` is or belongs. */
static struct prepared **slot_of(struct db *db, const struct db_sql *sql)
{
    uint64_t h = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = (size_t)(h >> 32) & (DB_SLOTS - 1);

    while (db->slot[i] && db->slot[i]->sql != sql)
        i = (i + 1) & (DB_SLOTS - 1);
    return &db->slot[i];
}

static enum fault prepare(struct prepared **out, struct db *db, const struct db_sql *sql)
{
    struct prepared **slot = slot_of(db, sql), *p = *slot;

    if (!p) {
        assert(db->prepared < DB_STATEMENTS_MAX);
        p = calloc(1, sizeof *p);
        if (!p)
            return FAULT_INTERNAL;
        p->sql = sql;
        int code = sqlite3_prepare_v3(db->handle, sql->text, -1, SQLITE_PREPARE_PERSISTENT, &p->stmt, NULL);
        enum fault f = settle(db, code);
        if (f) {
            free(p);
            return f;
        }
        resolve(p);
        *slot = p;
        db->prepared++;
    }
    *out = p;
    return FAULT_NONE;
}

/* Bind without copying: the caller's memory outlives the step, and every start binds everything anew. */
static int bind(sqlite3_stmt *stmt, int i, const struct db_field *field, const void *in)
{
    const void *at = (const char *)in + field->at;
    const struct span *s = at;

    if (field->type == DB_I64)
        return sqlite3_bind_int64(stmt, i, *(const int64_t *)at);
    if (span_absent(*s))
        return sqlite3_bind_null(stmt, i);
    if (field->type == DB_TEXT)
        return sqlite3_bind_text64(stmt, i, (const char *)s->p, s->n, SQLITE_STATIC, SQLITE_UTF8);
    return sqlite3_bind_blob64(stmt, i, s->p, s->n, SQLITE_STATIC);
}

static enum fault start(struct prepared **out, struct db *db, const struct db_sql *sql, const void *in)
{
    struct prepared *p;
    enum fault f = prepare(&p, db, sql);
    int code = SQLITE_OK;

    if (f)
        return f;
    *out = p;
    assert(!p->running);              /* one statement cannot walk two results at once */
    for (int i = 0; i < p->params && code == SQLITE_OK; i++)
        code = bind(p->stmt, i + 1, p->param[i], in);
    if (code != SQLITE_OK)
        return settle(db, code);
    p->running = true;
    return FAULT_NONE;
}

static void finish(struct prepared *p)
{
    p->running = false;
    sqlite3_reset(p->stmt);           /* it repeats the step's result, which was dealt with */
}

/* Column `i`, borrowed until the next step. The engine gives NULL for empty bytes, which are not absent. */
static struct span column_read(sqlite3_stmt *stmt, int i, enum db_type type)
{
    if (sqlite3_column_type(stmt, i) == SQLITE_NULL)
        return (struct span){ 0 };
    const uint8_t *p = type == DB_TEXT ? sqlite3_column_text(stmt, i) : sqlite3_column_blob(stmt, i);
    size_t n = (size_t)sqlite3_column_bytes(stmt, i);
    return n ? (struct span){ p, n } : SPAN("");
}

static void row_read(void *row, const struct prepared *p)
{
    for (int i = 0; i < p->columns; i++) {
        void *at = (char *)row + p->column[i]->at;

        if (p->column[i]->type == DB_I64)
            *(int64_t *)at = sqlite3_column_int64(p->stmt, i);
        else
            *(struct span *)at = column_read(p->stmt, i, p->column[i]->type);
    }
}

static enum fault row_keep(void *row, const struct prepared *p, struct arena *a)
{
    row_read(row, p);
    for (int i = 0; i < p->columns; i++) {
        struct span *s = (struct span *)(void *)((char *)row + p->column[i]->at);

        if (p->column[i]->type == DB_I64 || span_absent(*s))
            continue;
        assert(a);                    /* only a row without text can do without an arena */
        *s = arena_copy(a, *s);
        if (span_absent(*s))
            return FAULT_INTERNAL;
    }
    return FAULT_NONE;
}
