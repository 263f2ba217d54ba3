/* test_shim.c: the disk that fails on command does what its header says. */
#include "store_bed.h"

#include <sqlite3.h>

#include "shim/vfs_shim.h"

#include "base/banned.h"

struct env { struct bed bed; struct shim *shim; sqlite3 *db; unsigned watched[SHIM_OPS]; };

static void open_db(struct env *e)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

    assert_int_equal(sqlite3_open_v2(e->bed.path, &e->db, flags, "shim"), SQLITE_OK);
    sqlite3_exec(e->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
}

static int run(struct env *e, const char *sql)
{
    return sqlite3_exec(e->db, sql, NULL, NULL, NULL);
}

static int count_row(void *arg, int n, char **values, char **names)
{
    (void)n, (void)values, (void)names;
    ++*(int *)arg;
    return 0;
}

static int rows(struct env *e)
{
    int n = 0;
    return sqlite3_exec(e->db, "SELECT * FROM t", count_row, &n, NULL) == SQLITE_OK ? n : -1;
}

/* A rollback-journal database of one table, for a change from the log that the store's tests use. */
static int setup(void **state)
{
    struct env *e = calloc(1, sizeof *e);

    bed_init(&e->bed);
    e->shim = shim_open();
    open_db(e);
    assert_int_equal(run(e, "CREATE TABLE t (a)"), SQLITE_OK);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    struct env *e = *state;

    sqlite3_close(e->db);
    shim_close(e->shim);
    bed_fini(&e->bed);
    free(e);
    return 0;
}

static void watch(void *arg, const struct shim_event *event)
{
    struct env *e = arg;

    assert_true(event->begun_ns <= event->ended_ns);
    e->watched[event->op]++;
}

static void operations_are_counted_timed_and_watched(void **state)
{
    struct env *e = *state;
    uint64_t writes = shim_count(e->shim, SHIM_WRITE, SHIM_ANY), syncs = shim_count(e->shim, SHIM_SYNC, SHIM_ANY);
    uint64_t to_db = shim_count(e->shim, SHIM_WRITE, SHIM_DB);

    shim_watch(e->shim, watch, e);
    assert_int_equal(run(e, "INSERT INTO t VALUES (1)"), SQLITE_OK);
    shim_watch(e->shim, NULL, NULL);
    assert_int_equal(shim_count(e->shim, SHIM_WRITE, SHIM_ANY) - writes, e->watched[SHIM_WRITE]);
    assert_int_equal(shim_count(e->shim, SHIM_SYNC, SHIM_ANY) - syncs, e->watched[SHIM_SYNC]);
    assert_true(e->watched[SHIM_SYNC] >= 2);       /* the journal, then the database */
    assert_true(shim_count(e->shim, SHIM_WRITE, SHIM_DB) > to_db);
    assert_true(shim_last(e->shim, SHIM_WRITE, SHIM_DB).ended_ns <= shim_last(e->shim, SHIM_SYNC, SHIM_DB).begun_ns);
}

static void what_is_held_is_read_but_not_on_the_disk(void **state)
{
    struct env *e = *state;

    shim_hold(e->shim, true);
    run(e, "PRAGMA synchronous = OFF");
    assert_int_equal(run(e, "INSERT INTO t VALUES (1)"), SQLITE_OK);
    assert_int_equal(rows(e), 1);
    shim_power_cut(e->shim, SHIM_LOSE_ALL);
    assert_int_equal(run(e, "INSERT INTO t VALUES (2)"), SQLITE_IOERR);
    sqlite3_close(e->db);
    shim_power_on(e->shim);
    open_db(e);
    assert_int_equal(rows(e), 0);
}

static void what_was_synced_survives_a_power_cut(void **state)
{
    struct env *e = *state;

    shim_hold(e->shim, true);
    assert_int_equal(run(e, "INSERT INTO t VALUES (1)"), SQLITE_OK);
    shim_power_cut(e->shim, SHIM_LOSE_ALL);
    sqlite3_close(e->db);
    shim_power_on(e->shim);
    open_db(e);
    assert_int_equal(rows(e), 1);
}

static void letting_go_moves_what_was_held_to_the_files(void **state)
{
    struct env *e = *state;

    shim_hold(e->shim, true);
    run(e, "PRAGMA synchronous = OFF");
    assert_int_equal(run(e, "INSERT INTO t VALUES (1)"), SQLITE_OK);
    shim_hold(e->shim, false);
    shim_power_cut(e->shim, SHIM_LOSE_ALL);
    sqlite3_close(e->db);
    shim_power_on(e->shim);
    open_db(e);
    assert_int_equal(rows(e), 1);
}

static void a_full_disk_refuses_growth_until_there_is_space(void **state)
{
    struct env *e = *state;

    shim_disk_full(e->shim, true);
    assert_int_equal(run(e, "INSERT INTO t VALUES (zeroblob(100000))"), SQLITE_FULL);
    assert_int_equal(rows(e), 0);
    shim_disk_full(e->shim, false);
    assert_int_equal(run(e, "INSERT INTO t VALUES (zeroblob(100000))"), SQLITE_OK);
}

static void the_nth_operation_fails_once_or_from_then_on(void **state)
{
    struct env *e = *state;

    shim_fail(e->shim, SHIM_SYNC, SHIM_DB, 1, SQLITE_IOERR_FSYNC, false);
    assert_int_equal(run(e, "INSERT INTO t VALUES (1)"), SQLITE_IOERR);
    assert_true(shim_triggered(e->shim));
    assert_int_equal(run(e, "INSERT INTO t VALUES (1)"), SQLITE_OK);
    shim_fail(e->shim, SHIM_WRITE, SHIM_ANY, 2, SQLITE_IOERR_WRITE, true);
    assert_false(shim_triggered(e->shim));
    assert_int_equal(run(e, "INSERT INTO t VALUES (2)"), SQLITE_IOERR);
    assert_int_equal(run(e, "INSERT INTO t VALUES (2)"), SQLITE_IOERR);
    shim_fail(e->shim, SHIM_WRITE, SHIM_ANY, 0, 0, false);
    assert_int_equal(run(e, "INSERT INTO t VALUES (2)"), SQLITE_OK);
    assert_int_equal(rows(e), 2);
}

/* A file of its own behind the shim, without an engine. */
static sqlite3_file *open_file(struct env *e, char path[static 300])
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("shim");
    sqlite3_file *f = calloc(1, (size_t)vfs->szOsFile);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;

    snprintf(path, 300, "%s.file", e->bed.path);
    assert_non_null(f);
    assert_int_equal(vfs->xOpen(vfs, path, f, flags, &flags), SQLITE_OK);
    return f;
}

static int64_t length_of(const char *path)
{
    FILE *f = fopen(path, "rbe");
    int64_t n;

    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    n = ftell(f);
    fclose(f);
    return n;
}

static void a_torn_write_puts_down_its_first_half_and_fails(void **state)
{
    struct env *e = *state;
    char path[300], bytes[1000] = "x";
    sqlite3_file *f = open_file(e, path);

    shim_tear(e->shim, 2);
    assert_int_equal(f->pMethods->xWrite(f, bytes, 100, 0), SQLITE_OK);
    assert_int_equal(f->pMethods->xWrite(f, bytes, 1000, 100), SQLITE_IOERR_WRITE);
    assert_true(shim_triggered(e->shim));
    assert_int_equal(length_of(path), 600);
    assert_int_equal(f->pMethods->xWrite(f, bytes, 1000, 100), SQLITE_OK);
    assert_int_equal(length_of(path), 1100);
    f->pMethods->xClose(f);
    free(f);
}

static void of_a_lost_write_some_sectors_may_be_kept(void **state)
{
    enum { SECTORS = 64, SECTOR = 512 };
    struct env *e = *state;
    char path[300], bytes[SECTORS * SECTOR], *got = calloc(1, sizeof bytes + 1);
    sqlite3_file *f = open_file(e, path);
    FILE *file;
    size_t kept = 0, n;

    assert_non_null(got);
    memset(bytes, 'x', sizeof bytes);
    shim_hold(e->shim, true);
    shim_seed(e->shim, 7);
    assert_int_equal(f->pMethods->xWrite(f, bytes, sizeof bytes, 0), SQLITE_OK);
    shim_power_cut(e->shim, SHIM_LOSE_SECTORS);
    f->pMethods->xClose(f);
    free(f);
    file = fopen(path, "rbe");
    assert_non_null(file);
    n = fread(got, 1, sizeof bytes, file);
    fclose(file);
    for (size_t i = 0; i + SECTOR <= n; i += SECTOR) {
        assert_true(got[i] == 'x' || got[i] == 0);
        assert_memory_equal(got + i, got + i + 1, SECTOR - 1);       /* all of it, or nothing */
        kept += got[i] == 'x';
    }
    assert_in_range(kept, 1, SECTORS - 1);
    free(got);
}

static void opening_locking_and_truncating_fail_too(void **state)
{
    struct env *e = *state;
    sqlite3 *other = NULL;

    shim_fail(e->shim, SHIM_OPEN, SHIM_ANY, 1, SQLITE_CANTOPEN, false);
    assert_int_equal(sqlite3_open_v2(e->bed.path, &other, SQLITE_OPEN_READWRITE, "shim"), SQLITE_CANTOPEN);
    sqlite3_close(other);
    shim_fail(e->shim, SHIM_LOCK, SHIM_DB, 1, SQLITE_IOERR_LOCK, false);
    assert_int_equal(run(e, "INSERT INTO t VALUES (1)"), SQLITE_IOERR);
    assert_int_equal(run(e, "INSERT INTO t VALUES (1)"), SQLITE_OK);
    assert_int_equal(run(e, "INSERT INTO t VALUES (zeroblob(100000))"), SQLITE_OK);
    assert_int_equal(run(e, "DELETE FROM t"), SQLITE_OK);
    shim_fail(e->shim, SHIM_TRUNCATE, SHIM_DB, 1, SQLITE_IOERR_TRUNCATE, false);
    (void)run(e, "VACUUM");
    assert_true(shim_triggered(e->shim));
    assert_int_equal(rows(e), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(operations_are_counted_timed_and_watched),
        T(what_is_held_is_read_but_not_on_the_disk),
        T(what_was_synced_survives_a_power_cut),
        T(letting_go_moves_what_was_held_to_the_files),
        T(a_full_disk_refuses_growth_until_there_is_space),
        T(the_nth_operation_fails_once_or_from_then_on),
        T(a_torn_write_puts_down_its_first_half_and_fails),
        T(of_a_lost_write_some_sectors_may_be_kept),
        T(opening_locking_and_truncating_fail_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
