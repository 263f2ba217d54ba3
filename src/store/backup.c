/* backup.c: the engine's backup interface, under a snapshot. */
#include "store/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/driver.h"
#include "store/schema.h"

#include "base/banned.h"

static const int64_t epoch_2020_s = INT64_C(1577836800);          /* 2020-01-01 UTC */

/* Whatever an earlier copy left is cut off, and nobody else reads this one. */
static enum fault make_empty(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);

    if (fd < 0)
        return FAULT_DISK;
    (void)close(fd);
    return FAULT_NONE;
}

static int open_from(sqlite3 **db, const char *path)
{
    int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(*db, DB_BUSY_MS);
    /* With a snapshot held, what others commit does not make the copy begin anew. */
    return code == SQLITE_OK ? sqlite3_exec(*db, "BEGIN; SELECT count(*) FROM sqlite_schema;", NULL, NULL, NULL) : code;
}

/* A copy that a crash cuts off is worth nothing anyway, so it needs no journal and no waiting for the disk. */
static int open_to(sqlite3 **db, const char *path)
{
    int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);

    return code == SQLITE_OK ? sqlite3_exec(*db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                                            "PRAGMA cache_size = -2048;", NULL, NULL, NULL) : code;
}

static int copy_pages(sqlite3 *to, sqlite3 *from, struct store_copy_progress *p)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    int code = b ? SQLITE_OK : SQLITE_ERROR, finished;

    while (code == SQLITE_OK && !atomic_load(&p->stop)) {
        code = sqlite3_backup_step(b, STORE_COPY_PAGES);
        atomic_store(&p->total, (int_fast64_t)sqlite3_backup_pagecount(b) * DB_PAGE);
        atomic_store(&p->done, (int_fast64_t)(sqlite3_backup_pagecount(b) - sqlite3_backup_remaining(b)) * DB_PAGE);
    }
    finished = b ? sqlite3_backup_finish(b) : SQLITE_OK;
    return code == SQLITE_DONE ? finished : code == SQLITE_OK ? SQLITE_INTERRUPT : code;
}

enum fault store_copy(int64_t *bytes, const char *from, const char *to, struct store_copy_progress *p)
{
    sqlite3 *source = NULL, *copy = NULL;
    struct stat st;
    enum fault f = make_empty(to);
    int code;

    if (f)
        return f;
    code = open_from(&source, from);
    if (code == SQLITE_OK)
        code = open_to(&copy, to);
    if (code == SQLITE_OK)
        code = copy_pages(copy, source, p);
    if (sqlite3_close(copy) != SQLITE_OK || sqlite3_close(source) != SQLITE_OK)
        return FAULT_INTERNAL;
    if (code == SQLITE_INTERRUPT)
        return FAULT_BUSY;
    if (code != SQLITE_OK || stat(to, &st) != 0)
        return FAULT_DISK;
    *bytes = st.st_size;
    return FAULT_NONE;
}

struct floor { int64_t by_time, above; };
static const struct db_field floor_fields[] = {
    { "by_time", DB_I64, offsetof(struct floor, by_time) },
    { "above",   DB_I64, offsetof(struct floor, above) },
    { 0 },
};
#define RAISE(kind, table, column) \
    { "INSERT INTO number_floors (kind, no) SELECT '" kind "', CASE WHEN highest + :above > :by_time" \
      " THEN highest + :above ELSE :by_time END FROM (SELECT coalesce(max(no), 0) AS highest FROM" \
      " (SELECT max(" column ") AS no FROM " table " UNION ALL" \
      " SELECT no FROM number_floors WHERE kind = '" kind "') AS known) AS one WHERE true" \
      " ON CONFLICT (kind) DO UPDATE SET no = excluded.no", floor_fields, NULL }
static const struct db_sql raise_floor[] = {
    RAISE("payment", "payments", "payment_no"), RAISE("refund", "refunds", "refund_no"),
};

enum fault store_mark_restored(const char *path, int64_t now_ms)
{
    const struct db_options o = { .path = path, .cache_kib = DB_CACHE_READER };
    struct floor f = { (now_ms / 1000 - epoch_2020_s) * STORE_FLOOR_A_SECOND, STORE_FLOOR_ABOVE };
    struct db *db;
    enum fault fault = db_open(&db, &o);

    if (fault)
        return fault;
    struct store_tx tx = { .db = db };
    fault = schema_migrate(db, schema_steps);
    for (size_t i = 0; i < sizeof raise_floor / sizeof *raise_floor && !fault; i++)
        fault = db_run(&tx, &raise_floor[i], &f, NULL);
    db_close(db);
    return fault;
}
