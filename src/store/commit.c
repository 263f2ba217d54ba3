/* commit.c: one thread that writes for everybody, many jobs to a transaction. */
#include "store/commit.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/bells.h"
#include "base/journal.h"
#include "base/metrics.h"
#include "store/audit_batch.h"

#include "base/banned.h"

struct commit {
    struct db *db;
    struct numbers numbers;
    struct audit_batch audit;
    struct checkpointer *checkpointer;
    struct readers *readers;
    struct store_options options;
    pthread_t thread;
    pthread_mutex_t lock;             /* what follows */
    pthread_cond_t wake;
    struct store_job *first, **last;  /* waiting jobs, oldest first; where the next one is tied on */
    atomic_size_t waiting;
    bool asleep, stopping;
};

static void *run(void *arg);

static void grew(void *arg, int64_t frames)
{
    struct commit *c = arg;
    checkpoint_grew(c->checkpointer, frames);
}

enum fault commit_start(struct commit **out, struct db *db, const struct store_options *o, struct checkpointer *k,
                       struct readers *r)
{
    struct commit *c = calloc(1, sizeof *c);

    if (!c)
        return FAULT_INTERNAL;
    c->db = db;
    c->checkpointer = k;
    c->readers = r;
    c->options = *o;
    c->last = &c->first;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    db_on_commit(db, grew, c);
    if (pthread_create(&c->thread, NULL, run, c) != 0) {
        free(c);
        return FAULT_INTERNAL;
    }
    *out = c;
    return FAULT_NONE;
}

void commit_stop(struct commit *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    assert(!c->first);
    audit_batch_fini(&c->audit);
    db_close(c->db);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

enum fault commit_submit(struct commit *c, struct store_job *job)
{
    bool wake = false, taken = false;

    job->next = NULL;
    job->audited = false;
    job->outcome = FAULT_NONE;
    pthread_mutex_lock(&c->lock);
    if (!c->stopping && c->waiting < STORE_QUEUE_MAX) {
        *c->last = job;
        c->last = &job->next;
        c->waiting++;
        wake = c->asleep;
        c->asleep = false;            /* whoever comes next need not wake it again */
        taken = true;
    }
    pthread_mutex_unlock(&c->lock);
    if (wake)
        pthread_cond_signal(&c->wake);
    return taken ? FAULT_NONE : FAULT_BUSY;
}

size_t commit_waiting(const struct commit *c)
{
    return atomic_load_explicit(&c->waiting, memory_order_relaxed);
}

/* Wait for jobs and take the oldest, at most STORE_BATCH_MAX; NULL when there are none and the store closes. */
static struct store_job *take(struct commit *c)
{
    struct store_job *first, *last = NULL;
    size_t n = 0;

    pthread_mutex_lock(&c->lock);
    while (!c->first && !c->stopping) {
        c->asleep = true;
        pthread_cond_wait(&c->wake, &c->lock);
    }
    c->asleep = false;
    first = c->first;
    for (struct store_job *j = first; j && n < STORE_BATCH_MAX; j = j->next, n++)
        last = j;
    if (last) {
        c->first = last->next;
        if (!c->first)
            c->last = &c->first;
        last->next = NULL;
        c->waiting -= n;
    }
    if (c->options.metrics)
        c->options.metrics->write_queue = (int_fast64_t)c->waiting;
    pthread_mutex_unlock(&c->lock);
    return first;
}

/* Take the jobs that the hook refused out of `*first`; they are the result. */
static struct store_job *split_refused(struct store_job **first)
{
    struct store_job *refused = NULL, **end = &refused;

    while (*first) {
        struct store_job *j = *first;

        if (!j->outcome) {
            first = &j->next;
            continue;
        }
        *first = j->next;
        j->next = NULL;
        *end = j;
        end = &j->next;
    }
    return refused;
}

/* Run one job in its savepoint; its fault is in `outcome`. What is returned is a fault of the whole batch. */
static enum fault run_job(struct commit *c, struct store_job *j)
{
    struct store_tx tx = { .db = c->db, .numbers = &c->numbers, .audit = &c->audit };
    const struct audit_mark before = audit_batch_mark(&c->audit);

    for (int i = 0; i < STORE_TRIES_MAX; i++) {
        enum fault f = db_control(c->db, DB_SAVE);
        if (f)
            return f;
        j->outcome = j->work(&tx, j->arg);
        if (j->outcome)
            audit_batch_undo(&c->audit, before);
        j->audited = c->audit.rows > before.rows;
        if (!db_in_transaction(c->db) || j->outcome == FAULT_DISK)
            return FAULT_DISK;        /* the engine may have given up the batch: it gets no more of it */
        f = db_control(c->db, j->outcome ? DB_UNDO : DB_KEEP);
        if (f)
            return f;
        if (j->outcome != FAULT_RETRY)
            return FAULT_NONE;
    }
    j->outcome = FAULT_INTERNAL;
    return FAULT_NONE;
}

/* Another process (a backup, say) may hold the lock for a moment. */
static enum fault begin(struct commit *c)
{
    enum fault f = FAULT_RETRY;

    for (int i = 0; i < STORE_TRIES_MAX && f == FAULT_RETRY; i++)
        f = db_control(c->db, DB_BEGIN_WRITE);
    return f;
}

/* Audited jobs come to nothing without their link; then that is the batch's `unlinked`. */
static enum fault link_rows(struct commit *c, enum fault *unlinked)
{
    const struct store_audit *a = c->options.audit;
    struct store_tx tx = { .db = c->db, .numbers = &c->numbers, .audit = &c->audit };
    enum fault f = FAULT_NONE;

    if (a && (c->audit.rows || c->audit.wanted))
        f = a->link(a->arg, &tx, &c->audit);
    *unlinked = f == FAULT_DISK ? FAULT_NONE : f;
    return f;
}

/* Run the jobs in one transaction. On a fault nothing of any of them was kept. */
static enum fault transact_once(struct commit *c, struct store_job *first, uint64_t *kept, enum fault *unlinked)
{
    enum fault f = begin(c);

    *kept = 0;
    for (struct store_job *j = first; j && !f; j = j->next) {
        if (c->audit.closed && j->audited)
            continue;
        f = run_job(c, j);
        if (!f && !j->outcome)
            ++*kept;
    }
    if (!f)
        f = link_rows(c, unlinked);
    if (!f)
        f = db_control(c->db, *kept ? DB_COMMIT : DB_ROLLBACK);
    if (f && db_in_transaction(c->db)) {
        enum fault undo = db_control(c->db, DB_ROLLBACK);
        (void)undo;                   /* either way the transaction is gone */
    }
    if (c->options.audit && (c->audit.rows || c->audit.wanted))
        c->options.audit->kept(c->options.audit->arg, !f);
    audit_batch_end(&c->audit, !f);
    return f;
}

/* The same; where the audit chain cannot be continued, once more without the jobs that it holds up. */
static enum fault transact(struct commit *c, struct store_job *first, uint64_t *kept)
{
    enum fault unlinked = FAULT_NONE, f = transact_once(c, first, kept, &unlinked);

    if (!unlinked)
        return f;
    for (struct store_job *j = first; j; j = j->next)
        if (j->audited)
            j->outcome = unlinked;
    c->audit.closed = unlinked;
    f = transact_once(c, first, kept, &unlinked);
    c->audit.closed = FAULT_NONE;
    return f;
}

static void tell(struct store_job *j)
{
    while (j) {
        struct store_job *next = j->next;      /* `done` gives the job back to its owner */

        j->done(j->arg, j->outcome);
        j = next;
    }
}

static void batch(struct commit *c, struct store_job *first)
{
    struct metrics *m = c->options.metrics;
    struct store_job *refused;
    uint64_t kept;

    if (c->options.before_batch)
        c->options.before_batch(c->options.before_batch_arg, first);
    refused = split_refused(&first);
    if (first) {
        enum fault f = transact(c, first, &kept);

        /* An outcome may rest on a neighbour's row that is gone now, so nobody keeps theirs. */
        for (struct store_job *j = first; f && j; j = j->next)
            j->outcome = f == FAULT_RETRY ? FAULT_INTERNAL : FAULT_DISK;
        if (!f)
            readers_changed(c->readers);
        if (m && f)
            atomic_fetch_add_explicit(&m->commit_failures, 1, memory_order_relaxed);
        if (m && !f && kept)
            metrics_batch(m, kept);
    }
    bells_hold();
    tell(first);
    tell(refused);
    bells_release();
}

static void *run(void *arg)
{
    struct commit *c = arg;
    struct store_job *first;

    while ((first = take(c)) != NULL) {
        batch(c, first);
        checkpoint_finish(c->checkpointer, c->db);
    }
    return NULL;
}
