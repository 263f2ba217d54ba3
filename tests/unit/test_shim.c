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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
