/* test_lane.c: where work runs, and that everybody is told once. */
#include "store_bed.h"

#include "base/metrics.h"
#include "lane/lane.h"

#include "base/banned.h"

struct env {
    struct bed bed;
    struct store *store;
    struct store_reader *mine;
    struct lanes *lanes;
    struct metrics *metrics;
};

static int setup(void **state)
{
    struct env *e = calloc(1, sizeof *e);

    bed_init(&e->bed);
    e->metrics = calloc(1, sizeof *e->metrics);
    e->store = bed_open(&e->bed, NULL);
    assert_int_equal(store_reader_open(&e->mine, e->store), FAULT_NONE);
    const struct lanes_options o = { .store = e->store, .metrics = e->metrics, .workers = 2 };
    assert_int_equal(lanes_open(&e->lanes, &o), FAULT_NONE);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    struct env *e = *state;

    lanes_close(e->lanes);
    store_reader_close(e->mine);
    store_close(e->store);
    bed_fini(&e->bed);
    free(e->metrics);
    free(e);
    return 0;
}

/* A job that says where it ran and, when `gate` is given, waits there. */
struct probe {
    struct store_job job;
    struct bed_order order;
    bool insert;
    sem_t *in, *gate, told;
    pthread_t ran_on, told_on;
    enum fault outcome;
    unsigned tells;
};

static enum fault probe_work(struct store_tx *tx, void *arg)
{
    struct probe *p = arg;

    p->ran_on = pthread_self();
    if (p->gate) {
        sem_post(p->in);
        sem_wait(p->gate);
    }
    return p->insert ? bed_insert(tx, &p->order) : bed_find(tx, &p->order);
}

static void probe_done(void *arg, enum fault outcome)
{
    struct probe *p = arg;

    p->told_on = pthread_self();
    p->outcome = outcome;
    p->tells++;
    sem_post(&p->told);
}

static void probe_init(struct probe *p, int64_t n, bool insert)
{
    *p = (struct probe){ .order = { .merchant_id = 1, .n = n }, .insert = insert };
    p->job = (struct store_job){ .work = probe_work, .done = probe_done, .arg = p };
    sem_init(&p->told, 0, 0);
}

static void a_read_runs_at_once_on_the_callers_thread(void **state)
{
    struct env *e = *state;
    struct probe p;

    assert_int_equal(bed_add(e->store, 1), FAULT_NONE);
    probe_init(&p, 1, false);
    assert_int_equal(lane_run(e->lanes, LANE_READ, e->mine, &p.job), FAULT_NONE);
    assert_int_equal(p.tells, 1);
    assert_int_equal(p.outcome, FAULT_NONE);
    assert_true(pthread_equal(p.ran_on, pthread_self()) && pthread_equal(p.told_on, pthread_self()));
}

static void a_read_hands_on_the_works_own_fault(void **state)
{
    struct env *e = *state;
    struct probe p;

    probe_init(&p, 404, false);
    assert_int_equal(lane_run(e->lanes, LANE_READ, e->mine, &p.job), FAULT_NONE);
    assert_int_equal(p.outcome, FAULT_NOT_FOUND);
}

static void a_write_runs_elsewhere_and_is_committed_when_told(void **state)
{
    struct env *e = *state;
    struct probe p;

    probe_init(&p, 2, true);
    assert_int_equal(lane_run(e->lanes, LANE_WRITE, e->mine, &p.job), FAULT_NONE);
    sem_wait(&p.told);
    assert_int_equal(p.outcome, FAULT_NONE);
    assert_false(pthread_equal(p.ran_on, pthread_self()));
    assert_int_equal(bed_look(e->store, 2), FAULT_NONE);
}

static void workers_block_without_holding_each_other_or_the_writers(void **state)
{
    struct env *e = *state;
    struct probe a, b, w;
    sem_t in, gate;

    sem_init(&in, 0, 0);
    sem_init(&gate, 0, 0);
    probe_init(&a, 3, false);
    probe_init(&b, 3, false);
    a.in = b.in = &in;
    a.gate = b.gate = &gate;
    assert_int_equal(lane_run(e->lanes, LANE_WORKER, NULL, &a.job), FAULT_NONE);
    assert_int_equal(lane_run(e->lanes, LANE_WORKER, NULL, &b.job), FAULT_NONE);
    sem_wait(&in);
    sem_wait(&in);                                 /* both are in at the same time */
    probe_init(&w, 3, true);
    assert_int_equal(lane_run(e->lanes, LANE_WRITE, NULL, &w.job), FAULT_NONE);
    sem_wait(&w.told);
    sem_post(&gate);
    sem_post(&gate);
    sem_wait(&a.told);
    sem_wait(&b.told);
    assert_false(pthread_equal(a.ran_on, b.ran_on));
    assert_int_equal(a.outcome, FAULT_NONE);       /* a worker's snapshot begins with its first read */
    assert_true(pthread_equal(a.ran_on, a.told_on));
    sem_destroy(&in);
    sem_destroy(&gate);
}

static void a_worker_cannot_write(void **state)
{
    struct env *e = *state;
    struct probe p;

    probe_init(&p, 4, true);
    assert_int_equal(lane_run(e->lanes, LANE_WORKER, NULL, &p.job), FAULT_NONE);
    sem_wait(&p.told);
    assert_int_equal(p.outcome, FAULT_INTERNAL);
}

static void a_full_worker_queue_refuses_and_closing_finishes_it(void **state)
{
    struct env *e = *state;
    struct probe *p = calloc(LANE_WORKER_QUEUE + 3, sizeof *p), *held = p, *rest = p + 2;
    sem_t in, gate;

    sem_init(&in, 0, 0);
    sem_init(&gate, 0, 0);
    for (int i = 0; i < LANE_WORKER_QUEUE + 3; i++)
        probe_init(&p[i], 5, false);
    for (int i = 0; i < 2; i++) {                  /* both workers */
        held[i].in = &in;
        held[i].gate = &gate;
        assert_int_equal(lane_run(e->lanes, LANE_WORKER, NULL, &held[i].job), FAULT_NONE);
        sem_wait(&in);
    }
    for (int i = 0; i < LANE_WORKER_QUEUE; i++)
        assert_int_equal(lane_run(e->lanes, LANE_WORKER, NULL, &rest[i].job), FAULT_NONE);
    assert_int_equal(e->metrics->worker_queue, LANE_WORKER_QUEUE);
    assert_int_equal(lane_run(e->lanes, LANE_WORKER, NULL, &rest[LANE_WORKER_QUEUE].job), FAULT_BUSY);
    sem_post(&gate);
    sem_post(&gate);
    lanes_close(e->lanes);
    e->lanes = NULL;
    for (int i = 0; i < LANE_WORKER_QUEUE + 2; i++)
        assert_int_equal(p[i].tells, 1);
    assert_int_equal(rest[LANE_WORKER_QUEUE].tells, 0);
    assert_int_equal(e->metrics->worker_queue, 0);
    sem_destroy(&in);
    sem_destroy(&gate);
    free(p);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_read_runs_at_once_on_the_callers_thread),
        T(a_read_hands_on_the_works_own_fault),
        T(a_write_runs_elsewhere_and_is_committed_when_told),
        T(workers_block_without_holding_each_other_or_the_writers),
        T(a_worker_cannot_write),
        T(a_full_worker_queue_refuses_and_closing_finishes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
