/* store.c: the front door: opening and closing, readers, and the waiting form of a write. */
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "store/commit.h"
#include "store/readers.h"
#include "store/schema.h"

#include "base/banned.h"

struct store {
    struct store_options options;     /* with our own copies of the texts */
    char *path, *vfs;
    struct readers *readers;
    struct checkpointer *checkpointer;
    struct commit *commit;
};

static enum fault open_parts(struct store *s)
{
    const struct store_options *o = &s->options;
    const struct db_options writer = {
        .path = o->path, .vfs = o->vfs, .journal = o->journal, .cache_kib = DB_CACHE_WRITER,
    };
    struct db *db;
    enum fault f = db_open(&db, &writer);

    if (f)
        return f;
    f = schema_migrate(db, o->schema ? o->schema : schema_steps);
    if (!f)
        f = readers_new(&s->readers, o);
    if (!f)
        f = checkpoint_start(&s->checkpointer, o, s->readers);
    if (!f)
        f = commit_start(&s->commit, db, o, s->checkpointer, s->readers);
    if (f)
        db_close(db);
    return f;
}

enum fault store_open(struct store **out, const struct store_options *o)
{
    struct store *s = calloc(1, sizeof *s);
    enum fault f = FAULT_INTERNAL;

    /* Without its memory statistics the engine's threads do not meet at one lock. Refused, and not missed,
     * when the engine is in use already. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (!s)
        return FAULT_INTERNAL;
    s->options = *o;
    s->options.path = s->path = strdup(o->path);
    s->options.vfs = s->vfs = o->vfs ? strdup(o->vfs) : NULL;
    if (s->path && (s->vfs || !o->vfs))
        f = open_parts(s);
    if (f) {
        store_close(s);
        return f;
    }
    *out = s;
    return FAULT_NONE;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    commit_stop(s->commit);           /* it uses the checkpointer */
    checkpoint_stop(s->checkpointer);
    readers_free(s->readers);
    free(s->path);
    free(s->vfs);
    free(s);
}

enum fault store_submit(struct store *s, struct store_job *job)
{
    return commit_submit(s->commit, job);
}

size_t store_waiting(const struct store *s)
{
    return commit_waiting(s->commit);
}

/* A thread that waits for its job. */
struct waiter {
    store_work *work;
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool done;
    enum fault outcome;
};

static enum fault waiter_work(struct store_tx *tx, void *arg)
{
    struct waiter *w = arg;
    return w->work(tx, w->arg);
}

static void waiter_done(void *arg, enum fault outcome)
{
    struct waiter *w = arg;

    pthread_mutex_lock(&w->lock);
    w->outcome = outcome;
    w->done = true;
    pthread_cond_signal(&w->told);
    pthread_mutex_unlock(&w->lock);
}

enum fault store_write(struct store *s, store_work *work, void *arg)
{
    struct waiter w = { .work = work, .arg = arg };
    struct store_job job = { .work = waiter_work, .done = waiter_done, .arg = &w };

    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.told, NULL);
    enum fault f = store_submit(s, &job);
    if (!f) {
        pthread_mutex_lock(&w.lock);
        while (!w.done)
            pthread_cond_wait(&w.told, &w.lock);
        pthread_mutex_unlock(&w.lock);
        f = w.outcome;
    }
    pthread_cond_destroy(&w.told);
    pthread_mutex_destroy(&w.lock);
    return f;
}

enum fault store_reader_open(struct store_reader **out, struct store *s)
{
    return readers_open(out, s->readers);
}

void store_reader_close(struct store_reader *r)
{
    readers_close(r);
}

enum fault store_read(struct store_reader *r, store_work *work, void *arg)
{
    return readers_read(r, work, arg);
}
