/* checkpoint.c: the thread that copies the log, and the commit thread's help with it. */
#include "store/checkpoint.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/banned.h"

enum { RETRY_PART = 32 };             /* after a copy that could not finish, wait for 1/32 of the limit */

struct checkpointer {
    struct db *db;
    struct readers *readers;
    pthread_t thread;
    pthread_mutex_t copying;          /* held during a copy: a second one would only be refused */
    pthread_mutex_t lock;             /* what follows */
    pthread_cond_t wake;
    int64_t frames, next;             /* length of the log; the length at which the thread copies again */
    bool stopping;
    int64_t soft, hard;               /* the limits, in frames */
    int64_t finish;                   /* the length at which the commit thread helps; only it uses this */
};

/* Note the end of a copy. The lock is held. */
static void copied(struct checkpointer *c, enum fault f, int64_t done)
{
    int64_t next = f ? c->frames + c->soft : done + c->soft;

    if (done > c->frames)             /* the log began again meanwhile */
        next = c->soft;
    /* When a reader held the copy back, trying again at every commit would gain nothing. */
    if (next <= c->frames)
        next = c->frames + c->soft / RETRY_PART + 1;
    c->next = next;
}

static void *run(void *arg)
{
    struct checkpointer *c = arg;

    pthread_mutex_lock(&c->lock);
    for (;;) {
        int64_t frames, done;

        while (!c->stopping && c->frames < c->next)
            pthread_cond_wait(&c->wake, &c->lock);
        if (c->stopping)
            break;
        pthread_mutex_unlock(&c->lock);
        pthread_mutex_lock(&c->copying);
        readers_rest(c->readers);
        enum fault f = db_checkpoint(c->db, DB_COPY, &frames, &done);     /* after a fault the log just grows */
        pthread_mutex_unlock(&c->copying);
        pthread_mutex_lock(&c->lock);
        copied(c, f, done);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static int64_t frames_of(int64_t bytes, int64_t usual)
{
    int64_t frames = (bytes ? bytes : usual) / DB_WAL_FRAME;
    return frames > 1 ? frames : 1;
}

enum fault checkpoint_start(struct checkpointer **out, const struct store_options *o, struct readers *r)
{
    const struct db_options options = {
        .path = o->path, .vfs = o->vfs, .journal = o->journal, .cache_kib = DB_CACHE_NONE,
    };
    struct checkpointer *c = calloc(1, sizeof *c);
    enum fault f;

    if (!c)
        return FAULT_INTERNAL;
    c->readers = r;
    c->soft = c->next = frames_of(o->wal_soft, STORE_WAL_SOFT);
    c->hard = c->finish = frames_of(o->wal_hard, STORE_WAL_HARD);
    f = db_open(&c->db, &options);
    if (f) {
        free(c);
        return f;
    }
    pthread_mutex_init(&c->copying, NULL);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    if (pthread_create(&c->thread, NULL, run, c) != 0) {
        db_close(c->db);
        free(c);
        return FAULT_INTERNAL;
    }
    *out = c;
    return FAULT_NONE;
}

void checkpoint_stop(struct checkpointer *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    db_close(c->db);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    pthread_mutex_destroy(&c->copying);
    free(c);
}

void checkpoint_grew(struct checkpointer *c, int64_t frames)
{
    pthread_mutex_lock(&c->lock);
    if (frames < c->frames) {         /* the log began again */
        c->next = c->soft;
        c->finish = c->hard;
    }
    c->frames = frames;
    if (frames >= c->next)
        pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
}

void checkpoint_finish(struct checkpointer *c, struct db *db)
{
    int64_t length = c->frames, frames, done;      /* only this thread changes it */

    if (length < c->finish)
        return;
    /* While the other thread copies there is nothing to do but wait, which can be put off for a while. */
    if (pthread_mutex_trylock(&c->copying) != 0) {
        if (length < 2 * c->hard)
            return;
        pthread_mutex_lock(&c->copying);
    }
    bool held = readers_hold(c->readers);
    enum fault f = db_checkpoint(db, held ? DB_COPY_AND_RESTART : DB_COPY, &frames, &done);
    if (held)
        readers_let_go(c->readers);
    pthread_mutex_unlock(&c->copying);
    pthread_mutex_lock(&c->lock);
    copied(c, f, done);
    pthread_mutex_unlock(&c->lock);
    c->finish = length + c->hard / RETRY_PART + 1;
}
