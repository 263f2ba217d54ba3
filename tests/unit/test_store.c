/* test_store.c: what store.h promises. */
#include "store_bed.h"

#include "base/metrics.h"
#include "store/schema.h"
#include "store/settings.h"

#include "base/banned.h"

struct env { struct bed bed; struct store *store; };

static int setup(void **state)
{
    struct env *e = calloc(1, sizeof *e);

    bed_init(&e->bed);
    e->store = bed_open(&e->bed, NULL);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    struct env *e = *state;

    store_close(e->store);
    bed_fini(&e->bed);
    free(e);
    return 0;
}

static void reopen(struct env *e, const struct store_options *more)
{
    struct store_options o = *more;

    store_close(e->store);
    e->store = NULL;
    o.path = e->bed.path;
    assert_int_equal(store_open(&e->store, &o), FAULT_NONE);
}

static void what_was_written_is_read_by_all_and_after_reopening(void **state)
{
    struct env *e = *state;

    assert_int_equal(bed_look(e->store, 1), FAULT_NOT_FOUND);
    assert_int_equal(bed_add(e->store, 1), FAULT_NONE);
    assert_int_equal(bed_look(e->store, 1), FAULT_NONE);
    reopen(e, &(struct store_options){ 0 });
    assert_int_equal(bed_look(e->store, 1), FAULT_NONE);
    assert_int_equal(bed_add(e->store, 1), FAULT_EXISTS);
}

static void a_store_may_have_tables_of_its_own(void **state)
{
    static const char *const steps[] = { "CREATE TABLE settings (name $text NOT NULL PRIMARY KEY) $ordered;", NULL };
    struct env *e = *state;
    char path[sizeof e->bed.path + 8];

    reopen(e, &(struct store_options){ .schema = schema_steps });
    store_close(e->store);
    e->store = NULL;
    (void)snprintf(path, sizeof path, "%s.own", e->bed.path);
    assert_int_equal(store_open(&e->store, &(struct store_options){ .path = path, .schema = steps }), FAULT_NONE);
    assert_int_equal(bed_look(e->store, 1), FAULT_INTERNAL);       /* the vault's statements find no such column */
    store_close(e->store);
    e->store = NULL;
    assert_int_equal(store_open(&e->store, &(struct store_options){ .path = path, .schema = steps }), FAULT_NONE);
    store_close(e->store);
    e->store = NULL;
    assert_int_equal(store_open(&e->store, &(struct store_options){ .path = e->bed.path, .schema = steps }),
                     FAULT_WRONG_STATE);          /* a file that has seen more steps than there are */
}

static void jobs_that_wait_share_one_commit(void **state)
{
    struct env *e = *state;
    struct metrics *m = calloc(1, sizeof *m);
    struct crowd *c = crowd_new(100, 1);

    reopen(e, &(struct store_options){ .metrics = m });
    crowd_run(c, e->store);
    assert_int_equal(m->commits, 2);               /* the plug's own and theirs */
    assert_int_equal(m->batch_largest, 100);
    for (size_t i = 0; i < c->n; i++) {
        assert_int_equal(c->job[i].outcome, FAULT_NONE);
        assert_int_equal(c->job[i].told, 1);
    }
    store_close(e->store);
    e->store = NULL;
    free(c);
    free(m);
}

static void a_job_that_faults_leaves_no_trace_and_its_neighbours_stay(void **state)
{
    struct env *e = *state;
    struct crowd *c = crowd_new(500, 1);

    for (size_t i = 0; i < c->n; i += 7)
        c->job[i].order.fault = FAULT_DENIED;
    crowd_run(c, e->store);
    for (size_t i = 0; i < c->n; i++) {
        bool faulted = i % 7 == 0;
        assert_int_equal(c->job[i].outcome, faulted ? FAULT_DENIED : FAULT_NONE);
        if (i < 50)
            assert_int_equal(bed_look(e->store, 1 + (int64_t)i), faulted ? FAULT_NOT_FOUND : FAULT_NONE);
    }
    free(c);
}

static void a_batch_of_faults_only_ends_and_the_next_one_works(void **state)
{
    struct env *e = *state;
    struct crowd *c = crowd_new(10, 1);

    for (size_t i = 0; i < c->n; i++)
        c->job[i].order.fault = FAULT_DENIED;
    crowd_run(c, e->store);
    assert_int_equal(bed_add(e->store, 1), FAULT_NONE);
    free(c);
}

static void of_two_orders_with_one_id_in_a_batch_the_first_wins(void **state)
{
    struct env *e = *state;
    struct crowd *c = crowd_new(3, 1);

    c->job[1].order.n = 1;
    crowd_run(c, e->store);
    assert_int_equal(c->job[0].outcome, FAULT_NONE);
    assert_int_equal(c->job[1].outcome, FAULT_EXISTS);
    assert_int_equal(c->job[2].outcome, FAULT_NONE);
    free(c);
}

static void jobs_run_in_the_order_they_came(void **state)
{
    struct env *e = *state;
    struct crowd *c = crowd_new(600, 1);           /* more than one batch */

    crowd_run(c, e->store);
    for (size_t i = 1; i < c->n; i++)
        assert_true(c->job[i].order.order_no > c->job[i - 1].order.order_no);
    free(c);
}

struct stubborn { unsigned runs, until; };

static enum fault stubborn_work(struct store_tx *tx, void *arg)
{
    struct stubborn *s = arg;
    enum fault f = settings_put(tx, SPAN("stubborn"), (struct span){ (uint8_t *)&s->runs, 1 });

    return f ? f : ++s->runs < s->until ? FAULT_RETRY : FAULT_NONE;
}

static enum fault stubborn_find(struct store_tx *tx, void *arg)
{
    struct arena *a;
    struct span value;
    enum fault f = arena_new(&a);

    if (!f) {
        f = settings_get(tx, &value, a, SPAN("stubborn"));
        if (!f)
            *(uint8_t *)arg = value.p[0];
        arena_free(a);
    }
    return f;
}

static void a_job_that_lost_a_race_runs_again(void **state)
{
    struct env *e = *state;
    struct stubborn s = { .until = STORE_TRIES_MAX };
    uint8_t kept = 0;

    assert_int_equal(store_write(e->store, stubborn_work, &s), FAULT_NONE);
    assert_int_equal(s.runs, STORE_TRIES_MAX);
    assert_int_equal(store_write(e->store, stubborn_find, &kept), FAULT_NONE);
    assert_int_equal(kept, STORE_TRIES_MAX - 1);   /* what the last run put, of the earlier ones nothing */
}

static void a_job_that_always_loses_is_given_up_and_undone(void **state)
{
    struct env *e = *state;
    struct stubborn s = { .until = 1000 };
    uint8_t kept = 0;

    assert_int_equal(store_write(e->store, stubborn_work, &s), FAULT_INTERNAL);
    assert_int_equal(s.runs, STORE_TRIES_MAX);
    assert_int_equal(store_write(e->store, stubborn_find, &kept), FAULT_NOT_FOUND);
}

static void a_full_queue_refuses(void **state)
{
    struct env *e = *state;
    struct crowd *c = crowd_new(STORE_QUEUE_MAX, 1);
    struct store_job one_more = { .work = crowd_work, .done = crowd_done };
    struct plug p;

    plug_in(&p, e->store);
    crowd_submit(c, e->store);
    assert_int_equal(store_waiting(e->store), STORE_QUEUE_MAX);
    assert_int_equal(store_submit(e->store, &one_more), FAULT_BUSY);
    plug_pull(&p);
    crowd_wait(c);
    assert_int_equal(store_waiting(e->store), 0);
    assert_int_equal(bed_look(e->store, STORE_QUEUE_MAX), FAULT_NONE);
    free(c);
}

static void closing_finishes_what_waits(void **state)
{
    struct env *e = *state;
    struct crowd *c = crowd_new(300, 1);

    crowd_submit(c, e->store);
    store_close(e->store);
    for (size_t i = 0; i < c->n; i++)
        assert_int_equal(c->job[i].told, 1);
    e->store = bed_open(&e->bed, NULL);
    assert_int_equal(bed_look(e->store, 300), FAULT_NONE);
    free(c);
}

struct two_looks { struct store *store; enum fault before, after; };

static enum fault two_looks(struct store_tx *tx, void *arg)
{
    struct two_looks *l = arg;
    struct bed_order b = { .merchant_id = 1, .n = 2 };

    l->before = bed_find(tx, &b);
    assert_int_equal(bed_add(l->store, 2), FAULT_NONE);
    l->after = bed_find(tx, &b);
    return FAULT_NONE;
}

static void a_reader_keeps_its_snapshot(void **state)
{
    struct env *e = *state;
    struct two_looks l = { .store = e->store };
    struct bed_order b = { .merchant_id = 1, .n = 2 };
    struct store_reader *r;

    assert_int_equal(store_reader_open(&r, e->store), FAULT_NONE);
    assert_int_equal(store_read(r, two_looks, &l), FAULT_NONE);
    assert_int_equal(l.before, FAULT_NOT_FOUND);
    assert_int_equal(l.after, FAULT_NOT_FOUND);
    assert_int_equal(store_read(r, bed_find, &b), FAULT_NONE);
    store_reader_close(r);
}

static void the_next_read_sees_every_commit_that_was_told(void **state)
{
    struct env *e = *state;
    struct store_reader *r;

    assert_int_equal(store_reader_open(&r, e->store), FAULT_NONE);
    for (int i = 1; i <= 50; i++) {
        struct bed_order b = { .merchant_id = 1, .n = i };

        assert_int_equal(store_read(r, bed_find, &b), FAULT_NOT_FOUND);
        assert_int_equal(store_read(r, bed_find, &b), FAULT_NOT_FOUND);
        assert_int_equal(bed_add(e->store, i), FAULT_NONE);
        assert_int_equal(store_read(r, bed_find, &b), FAULT_NONE);
    }
    store_reader_close(r);
}

static void a_reader_does_not_see_what_is_not_committed(void **state)
{
    struct env *e = *state;
    struct crowd *c = crowd_new(1, 1);
    struct plug p;

    plug_in(&p, e->store);
    crowd_submit(c, e->store);
    assert_int_equal(bed_look(e->store, 1), FAULT_NOT_FOUND);
    plug_pull(&p);
    crowd_wait(c);
    assert_int_equal(bed_look(e->store, 1), FAULT_NONE);
    free(c);
}

static enum fault write_setting(struct store_tx *tx, void *arg)
{
    (void)arg;
    return settings_put(tx, SPAN("a"), SPAN("b"));
}

static void a_reader_cannot_write(void **state)
{
    struct env *e = *state;
    struct store_reader *r;
    struct bed_order b = { .merchant_id = 1, .n = 1 };

    assert_int_equal(store_reader_open(&r, e->store), FAULT_NONE);
    assert_int_equal(store_read(r, write_setting, NULL), FAULT_INTERNAL);
    assert_int_equal(store_read(r, bed_find, &b), FAULT_NOT_FOUND);      /* and still reads */
    store_reader_close(r);
}

struct hook { unsigned calls, jobs; };

/* Refuses every job that wants something. */
static void hook_refuse(void *arg, struct store_job *first)
{
    struct hook *h = arg;

    h->calls++;
    for (struct store_job *j = first; j; j = j->next) {
        h->jobs++;
        if (j->wants)
            j->outcome = FAULT_SILENT;
    }
}

static void the_batch_hook_sees_every_job_and_can_refuse_it(void **state)
{
    struct env *e = *state;
    struct hook h = { 0 };
    struct crowd *c = crowd_new(6, 1);

    reopen(e, &(struct store_options){ .before_batch = hook_refuse, .before_batch_arg = &h });
    c->job[0].job.wants = c->job[3].job.wants = c->job[5].job.wants = c;
    crowd_run(c, e->store);
    assert_int_equal(h.calls, 2);
    assert_int_equal(h.jobs, 7);
    for (size_t i = 0; i < c->n; i++) {
        bool refused = i == 0 || i == 3 || i == 5;
        assert_int_equal(c->job[i].outcome, refused ? FAULT_SILENT : FAULT_NONE);
        assert_int_equal(bed_look(e->store, 1 + (int64_t)i), refused ? FAULT_NOT_FOUND : FAULT_NONE);
    }
    free(c);
}

static void a_file_that_cannot_be_opened_is_the_disks_fault(void **state)
{
    struct store *s = NULL;

    (void)state;
    assert_int_equal(store_open(&s, &(struct store_options){ .path = "/nowhere/at/all.db" }), FAULT_DISK);
    assert_null(s);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct env *e = *state;
    struct store *s = NULL;
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/letter.txt", e->bed.folder);
    f = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("Dear customer, ", f);
    fclose(f);
    assert_int_equal(store_open(&s, &(struct store_options){ .path = path }), FAULT_DISK);
    assert_null(s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_was_written_is_read_by_all_and_after_reopening),
        T(a_store_may_have_tables_of_its_own),
        T(jobs_that_wait_share_one_commit),
        T(a_job_that_faults_leaves_no_trace_and_its_neighbours_stay),
        T(a_batch_of_faults_only_ends_and_the_next_one_works),
        T(of_two_orders_with_one_id_in_a_batch_the_first_wins),
        T(jobs_run_in_the_order_they_came),
        T(a_job_that_lost_a_race_runs_again),
        T(a_job_that_always_loses_is_given_up_and_undone),
        T(a_full_queue_refuses),
        T(closing_finishes_what_waits),
        T(a_reader_keeps_its_snapshot),
        T(the_next_read_sees_every_commit_that_was_told),
        T(a_reader_does_not_see_what_is_not_committed),
        T(a_reader_cannot_write),
        T(the_batch_hook_sees_every_job_and_can_refuse_it),
        T(a_file_that_cannot_be_opened_is_the_disks_fault),
        T(a_file_that_is_no_database_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
