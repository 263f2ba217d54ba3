/* check.c: the engine's own check, then our rules. */
#include "store/check.h"

#include <sqlite3.h>
#include <stdio.h>

#include "store/schema.h"

#include "base/banned.h"

struct check {
    sqlite3 *db;
    struct check_report *report;
    void (*each)(void *arg, const struct check_finding *f);
    void *arg;
};

static enum fault open_for_reading(sqlite3 **db, const char *path)
{
    int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_exec(*db, "PRAGMA query_only = 1; PRAGMA trusted_schema = 0;", NULL, NULL, NULL);
    return code == SQLITE_OK ? FAULT_NONE : FAULT_DISK;
}

static void tell(struct check *c, const char *rule, int64_t n, const char *example)
{
    struct check_finding f = { .rule = rule, .n = n };

    if (example)
        snprintf(f.example, sizeof f.example, "%s", example);
    c->report->findings++;
    c->each(c->arg, &f);
}

/* A damaged file fails in any statement: that is found, not a fault of ours. */
static enum fault broken(struct check *c, const char *rule)
{
    int code = sqlite3_errcode(c->db) & 0xff;

    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        tell(c, rule, 1, sqlite3_errmsg(c->db));
        return FAULT_NONE;
    }
    return code == SQLITE_ERROR ? FAULT_INTERNAL : FAULT_DISK;
}

static enum fault look(struct check *c, const struct check_rule *r)
{
    sqlite3_stmt *stmt = NULL;
    enum fault f = FAULT_NONE;
    int code = sqlite3_prepare_v2(c->db, r->sql, -1, &stmt, NULL);

    c->report->rules++;
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code != SQLITE_ROW)
        f = broken(c, r->says);
    else if (sqlite3_column_int64(stmt, 0) > 0)
        tell(c, r->says, sqlite3_column_int64(stmt, 0), (const char *)sqlite3_column_text(stmt, 1));
    sqlite3_finalize(stmt);
    return f;
}

/* The engine's complaints, one a row; a sound file gives the one row "ok". */
static enum fault pages(struct check *c)
{
    static const char says[] = "the file is damaged";
    sqlite3_stmt *stmt = NULL;
    enum fault f = FAULT_NONE;
    int code = sqlite3_prepare_v2(c->db, "PRAGMA integrity_check(100)", -1, &stmt, NULL);

    c->report->rules++;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(stmt);
        if (code == SQLITE_ROW && sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0)
            tell(c, says, 1, (const char *)sqlite3_column_text(stmt, 0));
    }
    if (code != SQLITE_DONE)
        f = broken(c, says);
    sqlite3_finalize(stmt);
    return f;
}

/* 0 where there is no such table. */
static int64_t read_version(struct check *c)
{
    sqlite3_stmt *stmt = NULL;
    int64_t version = 0;

    if (sqlite3_prepare_v2(c->db, "SELECT version FROM schema_version", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        version = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return version;
}

static enum fault rules(struct check *c)
{
    enum fault f = FAULT_NONE;
    int64_t last = 0;

    c->report->version = read_version(c);
    while (schema_steps[last])
        last++;
    if (c->report->version > last)
        return FAULT_WRONG_STATE;
    if (c->report->version == 0)
        tell(c, "this is no database of the vault's", 1, NULL);
    for (const struct check_rule *r = check_rules; r->says && !f; r++)
        if (r->since <= c->report->version)
            f = look(c, r);
    return f;
}

static enum fault run(struct check_report *report, const char *path, bool all,
                      void (*each)(void *arg, const struct check_finding *f), void *arg)
{
    struct check c = { .report = report, .each = each, .arg = arg };
    enum fault f = open_for_reading(&c.db, path);

    *report = (struct check_report){ 0 };
    if (f == FAULT_DISK && c.db && (sqlite3_errcode(c.db) & 0xff) == SQLITE_NOTADB)
        f = broken(&c, "the file is damaged");
    else if (!f)
        f = pages(&c);
    /* What is read from a damaged file says little. */
    if (!f && all && report->findings == 0)
        f = rules(&c);
    return sqlite3_close(c.db) == SQLITE_OK ? f : FAULT_INTERNAL;
}

enum fault store_check(struct check_report *report, const char *path,
                       void (*each)(void *arg, const struct check_finding *f), void *arg)
{
    return run(report, path, true, each, arg);
}

enum fault store_check_pages(struct check_report *report, const char *path,
                             void (*each)(void *arg, const struct check_finding *f), void *arg)
{
    return run(report, path, false, each, arg);
}
