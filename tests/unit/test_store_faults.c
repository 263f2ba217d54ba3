/* test_store_faults.c: a full or failing disk: everybody is told, nothing is half kept, and service returns. */
#include "store_bed.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/journal.h"
#include "base/metrics.h"
#include "shim/vfs_shim.h"

#include "base/banned.h"

enum { LOG_MAX = 64 * 1024, BATCHES = 3, BATCH = 4, FAULTS_MAX = 400 };

struct env { struct bed bed; struct shim *shim; struct store *store; };

static int setup(void **state)
{
    struct env *e = calloc(1, sizeof *e);

    bed_init(&e->bed);
    e->shim = shim_open();
    shim_hold(e->shim, true);         /* no real fsync: these tests lose no power */
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    struct env *e = *state;

    store_close(e->store);
    shim_close(e->shim);
    bed_fini(&e->bed);
    free(e);
    return 0;
}

static void open_with(struct env *e, const struct store_options *more)
{
    struct store_options o = *more;

    o.path = e->bed.path;
    o.vfs = "shim";
    assert_int_equal(store_open(&e->store, &o), FAULT_NONE);
}

static void everybody_gets(const struct crowd *c, enum fault f)
{
    for (size_t i = 0; i < c->n; i++) {
        assert_int_equal(c->job[i].outcome, f);
        assert_int_equal(c->job[i].told, 1);
    }
}

static void a_full_disk_fails_every_member_and_service_returns_with_space(void **state)
{
    struct env *e = *state;
    struct crowd *before = crowd_new(20, 1), *during = crowd_new(20, 101), *after = crowd_new(20, 101);

    e->store = bed_open(&e->bed, "shim");
    crowd_run(before, e->store);
    everybody_gets(before, FAULT_NONE);

    shim_disk_full(e->shim, true);
    during->job[7].order.fault = FAULT_DENIED;     /* even who would have been refused: nobody's work was kept */
    crowd_run(during, e->store);
    everybody_gets(during, FAULT_DISK);
    assert_int_equal(bed_look(e->store, 20), FAULT_NONE);      /* reading goes on */
    assert_int_equal(bed_look(e->store, 101), FAULT_NOT_FOUND);

    shim_disk_full(e->shim, false);
    crowd_run(after, e->store);
    everybody_gets(after, FAULT_NONE);
    assert_int_equal(bed_look(e->store, 120), FAULT_NONE);
    free(before);
    free(during);
    free(after);
}

static size_t times_in(const char *text, const char *what)
{
    size_t n = 0;

    while ((text = strstr(text, what)) != NULL) {
        text += strlen(what);
        n++;
    }
    return n;
}

static void the_journal_says_once_that_the_disk_is_full_and_once_that_it_is_back(void **state)
{
    struct env *e = *state;
    char path[512], log[LOG_MAX] = "";
    struct journal *j;
    int fd;

    snprintf(path, sizeof path, "%s/journal", e->bed.folder);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(journal_open(&j, fd, "test", clock_system()), FAULT_NONE);
    open_with(e, &(struct store_options){ .journal = j });
    assert_int_equal(bed_add(e->store, 1), FAULT_NONE);
    shim_disk_full(e->shim, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(bed_add(e->store, 2), FAULT_DISK);
    shim_disk_full(e->shim, false);
    assert_int_equal(bed_add(e->store, 2), FAULT_NONE);
    store_close(e->store);
    e->store = NULL;
    journal_close(j);
    assert_true(pread(fd, log, sizeof log - 1, 0) > 0);
    close(fd);
    assert_int_equal(times_in(log, "\n"), 2);
    assert_int_equal(times_in(log, "the disk is full or failing"), 1);
    assert_int_equal(times_in(log, "the database can be used again"), 1);
}

static void a_failed_commit_is_counted(void **state)
{
    struct env *e = *state;
    struct metrics *m = calloc(1, sizeof *m);

    open_with(e, &(struct store_options){ .metrics = m });
    shim_disk_full(e->shim, true);
    assert_int_equal(bed_add(e->store, 1), FAULT_DISK);
    shim_disk_full(e->shim, false);
    assert_int_equal(bed_add(e->store, 1), FAULT_NONE);
    assert_int_equal(m->commit_failures, 1);
    assert_int_equal(m->commits, 1);
    store_close(e->store);
    e->store = NULL;
    free(m);
}

/* Batches of orders while one operation fails. Every outcome of a batch is the same, and says the truth.
 * Did the failure come? */
static bool batches_tell_the_truth(struct env *e)
{
    const struct store_options o = { .path = e->bed.path, .vfs = "shim" };
    enum fault outcome[BATCHES] = { FAULT_NONE };
    struct store *s = NULL;
    bool triggered;

    if (store_open(&s, &o) != FAULT_NONE) {
        assert_true(shim_triggered(e->shim));
        return true;
    }
    for (int b = 0; b < BATCHES; b++) {
        struct crowd *c = crowd_new(BATCH, b * BATCH);

        crowd_run(c, s);
        outcome[b] = c->job[0].outcome;
        assert_true(outcome[b] == FAULT_NONE || outcome[b] == FAULT_DISK);
        everybody_gets(c, outcome[b]);
        free(c);
    }
    triggered = shim_triggered(e->shim);
    shim_fail(e->shim, SHIM_WRITE, SHIM_ANY, 0, 0, false);
    for (int i = 0; i < BATCHES * BATCH; i += BATCH - 1)
        assert_int_equal(bed_look(s, i), outcome[i / BATCH] ? FAULT_NOT_FOUND : FAULT_NONE);
    assert_int_equal(bed_add(s, 1000), FAULT_NONE);            /* and it works again, without reopening */
    store_close(s);
    return triggered;
}

/* Let the first `op` fail, then the second, and so on until the scenario has no more of them. */
static void fail_everywhere(struct env *e, enum shim_op op, int code, bool sticky)
{
    bool triggered = true;
    unsigned n;

    for (n = 1; triggered && n < FAULTS_MAX; n++) {
        bed_empty(&e->bed);
        shim_fail(e->shim, op, SHIM_ANY, n, code, sticky);
        triggered = batches_tell_the_truth(e);
        shim_fail(e->shim, op, SHIM_ANY, 0, 0, false);
    }
    assert_false(triggered);
    assert_true(n > BATCHES);
}

static void an_io_error_in_any_write_keeps_batches_whole(void **state)
{
    fail_everywhere(*state, SHIM_WRITE, SQLITE_IOERR_WRITE, false);
}

static void writes_that_fail_from_any_point_on_keep_batches_whole(void **state)
{
    fail_everywhere(*state, SHIM_WRITE, SQLITE_FULL, true);
}

static void an_io_error_in_any_sync_keeps_batches_whole(void **state)
{
    fail_everywhere(*state, SHIM_SYNC, SQLITE_IOERR_FSYNC, false);
}

/* Write several times LIMIT to the log and see how long the file became. */
enum { LIMIT = 256 * 1024, ROUNDS = 60, CROWD = 64 };
static void load_constantly(struct env *e, int64_t soft, int64_t hard)
{
    char path[512];
    struct stat wal;

    open_with(e, &(struct store_options){ .wal_soft = soft, .wal_hard = hard });
    for (int i = 0; i < ROUNDS; i++) {
        struct crowd *c = crowd_new(CROWD, i * CROWD);

        crowd_run(c, e->store);
        everybody_gets(c, FAULT_NONE);
        free(c);
    }
    snprintf(path, sizeof path, "%s-wal", e->bed.path);
    assert_int_equal(stat(path, &wal), 0);
    assert_true(wal.st_size < 2 * LIMIT);
    /* Each frame is written as its header and its page. */
    assert_true(shim_count(e->shim, SHIM_WRITE, SHIM_WAL) / 2 * 4096 > 4 * LIMIT);
}

static void the_log_stays_bounded_under_constant_load(void **state)
{
    load_constantly(*state, LIMIT / 4, LIMIT);
}

static void the_log_stays_bounded_when_the_background_copy_never_comes(void **state)
{
    load_constantly(*state, INT64_C(1) << 40, LIMIT);
}

static void a_copy_that_fails_stops_nobody_and_is_made_up_for(void **state)
{
    enum { SMALL = 64 * 1024 };
    struct env *e = *state;

    open_with(e, &(struct store_options){ .wal_soft = SMALL / 2, .wal_hard = SMALL });
    shim_fail(e->shim, SHIM_WRITE, SHIM_DB, 1, SQLITE_FULL, true);
    for (int i = 0; i < 100; i++)
        assert_int_equal(bed_add(e->store, i), FAULT_NONE);
    assert_true(shim_triggered(e->shim));
    assert_true(shim_last(e->shim, SHIM_WRITE, SHIM_WAL).offset > 2 * SMALL);
    shim_fail(e->shim, SHIM_WRITE, SHIM_DB, 0, 0, false);
    for (int i = 100; i < 150; i++)
        assert_int_equal(bed_add(e->store, i), FAULT_NONE);
    assert_true(shim_last(e->shim, SHIM_WRITE, SHIM_WAL).offset < 2 * SMALL);
    assert_int_equal(bed_look(e->store, 0), FAULT_NONE);
}

static void the_lock_of_another_process_is_waited_for(void **state)
{
    struct env *e = *state;
    struct crowd *c = crowd_new(5, 1);
    sqlite3 *other;

    open_with(e, &(struct store_options){ 0 });
    assert_int_equal(sqlite3_open_v2(e->bed.path, &other, SQLITE_OPEN_READWRITE, "shim"), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    crowd_submit(c, e->store);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    crowd_wait(c);
    everybody_gets(c, FAULT_NONE);
    sqlite3_close(other);
    free(c);
}

struct holder { struct env *env; int64_t from; };

/* Read, then write a lot while the snapshot is held. */
static enum fault hold_and_write(struct store_tx *tx, void *arg)
{
    struct holder *h = arg;
    struct bed_order o = { .merchant_id = 1, .n = -1 };
    enum fault f = bed_find(tx, &o);

    for (int i = 0; i < 200; i++)
        assert_int_equal(bed_add(h->env->store, h->from + i), FAULT_NONE);
    return f;
}

static void a_reader_that_holds_the_log_lets_it_shrink_when_it_ends(void **state)
{
    enum { SMALL = 64 * 1024 };
    struct env *e = *state;
    struct holder h = { .env = e };
    struct store_reader *r;
    struct shim_event last;

    open_with(e, &(struct store_options){ .wal_soft = SMALL / 2, .wal_hard = SMALL });
    assert_int_equal(store_reader_open(&r, e->store), FAULT_NONE);
    assert_int_equal(store_read(r, hold_and_write, &h), FAULT_NOT_FOUND);
    last = shim_last(e->shim, SHIM_WRITE, SHIM_WAL);
    assert_true(last.offset > 2 * SMALL);          /* it had to grow */
    for (int i = 0; i < 50; i++)
        assert_int_equal(bed_add(e->store, 1000 + i), FAULT_NONE);
    last = shim_last(e->shim, SHIM_WRITE, SHIM_WAL);
    assert_true(last.offset < 2 * SMALL);          /* and begins again */
    store_reader_close(r);
}

/* Readers keep their snapshots from one read to the next; the log must begin again all the same. */
static void reads_between_all_commits_do_not_let_the_log_grow(void **state)
{
    enum { SMALL = 64 * 1024, AFTER_SCHEMA = 10 };     /* making the tables has filled the log */
    struct env *e = *state;
    struct store_reader *r;

    open_with(e, &(struct store_options){ .wal_soft = SMALL / 2, .wal_hard = SMALL });
    assert_int_equal(store_reader_open(&r, e->store), FAULT_NONE);
    for (int i = 0; i < 300; i++) {
        struct bed_order o = { .merchant_id = 1, .n = i };

        assert_int_equal(bed_add(e->store, i), FAULT_NONE);
        assert_int_equal(store_read(r, bed_find, &o), FAULT_NONE);
        if (i >= AFTER_SCHEMA)
            assert_true(shim_last(e->shim, SHIM_WRITE, SHIM_WAL).offset < 4 * SMALL);
    }
    assert_true(shim_count(e->shim, SHIM_WRITE, SHIM_WAL) / 2 * 4096 > 8 * SMALL);
    store_reader_close(r);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_full_disk_fails_every_member_and_service_returns_with_space),
        T(the_journal_says_once_that_the_disk_is_full_and_once_that_it_is_back),
        T(a_failed_commit_is_counted),
        T(an_io_error_in_any_write_keeps_batches_whole),
        T(writes_that_fail_from_any_point_on_keep_batches_whole),
        T(an_io_error_in_any_sync_keeps_batches_whole),
        T(the_log_stays_bounded_under_constant_load),
        T(the_log_stays_bounded_when_the_background_copy_never_comes),
        T(a_copy_that_fails_stops_nobody_and_is_made_up_for),
        T(the_lock_of_another_process_is_waited_for),
        T(a_reader_that_holds_the_log_lets_it_shrink_when_it_ends),
        T(reads_between_all_commits_do_not_let_the_log_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
