/* test_store_power.c: what was acknowledged is on the disk, and stays there when the power goes. */
#include "store_bed.h"

#include "base/clock.h"
#include "shim/vfs_shim.h"

#include "base/banned.h"

enum { BATCHES = 3, BATCH = 4, CUTS_MAX = 400 };

struct env { struct bed bed; struct shim *shim; struct store *store; };

static int setup(void **state)
{
    struct env *e = calloc(1, sizeof *e);

    bed_init(&e->bed);
    e->shim = shim_open();
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

/* What the disk had done when a job was told. */
struct told { struct env *env; struct bed_order order; sem_t told; int64_t at_ns; struct shim_event write, sync; };

static enum fault told_work(struct store_tx *tx, void *arg)
{
    struct told *t = arg;
    return bed_insert(tx, &t->order);
}

static void told_done(void *arg, enum fault outcome)
{
    struct told *t = arg;

    assert_int_equal(outcome, FAULT_NONE);
    t->at_ns = clock_mono_ns();
    t->write = shim_last(t->env->shim, SHIM_WRITE, SHIM_WAL);
    t->sync = shim_last(t->env->shim, SHIM_SYNC, SHIM_WAL);
    sem_post(&t->told);
}

static void fdatasync_returns_before_done_is_called(void **state)
{
    struct env *e = *state;

    e->store = bed_open(&e->bed, "shim");
    for (int i = 1; i <= 10; i++) {
        struct told t = { .env = e, .order = { .merchant_id = 1, .n = i } };
        struct store_job job = { .work = told_work, .done = told_done, .arg = &t };
        uint64_t writes = shim_count(e->shim, SHIM_WRITE, SHIM_WAL);
        uint64_t syncs = shim_count(e->shim, SHIM_SYNC, SHIM_WAL);

        sem_init(&t.told, 0, 0);
        assert_int_equal(store_submit(e->store, &job), FAULT_NONE);
        sem_wait(&t.told);
        assert_true(shim_count(e->shim, SHIM_WRITE, SHIM_WAL) > writes);
        assert_true(shim_count(e->shim, SHIM_SYNC, SHIM_WAL) > syncs);
        assert_true(t.write.ended_ns <= t.sync.begun_ns);      /* all of it was written before the sync began */
        assert_true(t.sync.ended_ns <= t.at_ns);
        assert_int_equal(t.sync.code, 0);
    }
}

/* Open the store, add orders in batches and close. *acked gets a bit for each order that was acknowledged. */
static void scenario(struct env *e, bool acked[BATCHES * BATCH])
{
    const struct store_options o = { .path = e->bed.path, .vfs = "shim" };
    struct store *s = NULL;

    if (store_open(&s, &o) != FAULT_NONE)
        return;
    for (int b = 0; b < BATCHES; b++) {
        struct crowd *c = crowd_new(BATCH, b * BATCH);

        crowd_run(c, s);
        for (int i = 0; i < BATCH; i++) {
            acked[b * BATCH + i] = c->job[i].outcome == FAULT_NONE;
            assert_true(acked[b * BATCH + i] || c->job[i].outcome == FAULT_DISK);
        }
        free(c);
    }
    store_close(s);
}

/* Look for every acknowledged order with power back, and see that the store goes on. */
static void check(struct env *e, const bool acked[BATCHES * BATCH])
{
    struct store *s = bed_open(&e->bed, "shim");
    struct bed_order last = { .merchant_id = 1, .n = 1000 };
    int64_t before = 0;

    for (int i = 0; i < BATCHES * BATCH; i++) {
        struct bed_order o = { .merchant_id = 1, .n = i };
        enum fault f = store_write(s, bed_find, &o);

        if (acked[i])
            assert_int_equal(f, FAULT_NONE);
        else
            assert_true(f == FAULT_NONE || f == FAULT_NOT_FOUND);
        before = !f && o.order_no > before ? o.order_no : before;
    }
    assert_int_equal(store_write(s, bed_insert, &last), FAULT_NONE);
    assert_true(last.order_no > before);
    store_close(s);
}

/* Cut the power at the first `op` of the scenario, then at the second, and so on until it ends unharmed. */
static void cut_everywhere(struct env *e, enum shim_op op, enum shim_loss loss, unsigned *cuts)
{
    bool triggered = true;

    for (*cuts = 0; triggered && *cuts < CUTS_MAX; ++*cuts) {
        bool acked[BATCHES * BATCH] = { false };

        bed_empty(&e->bed);
        shim_hold(e->shim, true);
        shim_power_cut_at(e->shim, op, *cuts + 1, loss);
        scenario(e, acked);
        triggered = shim_triggered(e->shim);
        if (!triggered)
            assert_true(acked[0] && acked[BATCHES * BATCH - 1]);
        shim_power_on(e->shim);
        check(e, acked);
    }
    assert_false(triggered);
}

static void power_lost_at_any_write_loses_no_acknowledged_order(void **state)
{
    unsigned cuts;

    cut_everywhere(*state, SHIM_WRITE, SHIM_LOSE_ALL, &cuts);
    assert_true(cuts > 20);
}

static void power_lost_at_any_sync_loses_no_acknowledged_order(void **state)
{
    unsigned cuts;

    cut_everywhere(*state, SHIM_SYNC, SHIM_LOSE_ALL, &cuts);
    assert_true(cuts > BATCHES);
}

static void a_torn_write_loses_no_acknowledged_order(void **state)
{
    unsigned cuts;

    cut_everywhere(*state, SHIM_WRITE, SHIM_LOSE_SOME, &cuts);
    assert_true(cuts > 20);
}

static void writes_kept_out_of_order_lose_no_acknowledged_order(void **state)
{
    unsigned cuts;

    cut_everywhere(*state, SHIM_SYNC, SHIM_LOSE_SOME, &cuts);
    assert_true(cuts > BATCHES);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(fdatasync_returns_before_done_is_called),
        T(power_lost_at_any_write_loses_no_acknowledged_order),
        T(power_lost_at_any_sync_loses_no_acknowledged_order),
        T(a_torn_write_loses_no_acknowledged_order),
        T(writes_kept_out_of_order_lose_no_acknowledged_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
