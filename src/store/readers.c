/* readers.c: read connections and their snapshots. */
#include "store/readers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/banned.h"

struct store_reader {
    struct db *db;
    struct readers *all;
    struct store_reader *next;
    pthread_mutex_t lock;             /* held while reading: `db` and what follows */
    bool open;                        /* a snapshot is kept ... */
    uint64_t since;                   /* ... that was begun after this many commits */
};

struct readers {
    const struct store_options *options;
    atomic_uint_fast64_t commits;
    pthread_mutex_t lock;             /* the list */
    struct store_reader *first;
};

static enum fault snapshot_end(struct store_reader *r);
static enum fault snapshot_fresh(struct store_reader *r);

enum fault readers_new(struct readers **out, const struct store_options *o)
{
    struct readers *rs = calloc(1, sizeof *rs);

    if (!rs)
        return FAULT_INTERNAL;
    rs->options = o;
    pthread_mutex_init(&rs->lock, NULL);
    *out = rs;
    return FAULT_NONE;
}

void readers_free(struct readers *rs)
{
    if (!rs)
        return;
    pthread_mutex_destroy(&rs->lock);
    free(rs);
}

void readers_changed(struct readers *rs)
{
    atomic_fetch_add(&rs->commits, 1);
}

void readers_rest(struct readers *rs)
{
    pthread_mutex_lock(&rs->lock);
    for (struct store_reader *r = rs->first; r; r = r->next)
        if (pthread_mutex_trylock(&r->lock) == 0) {
            enum fault f = snapshot_end(r);
            (void)f;                  /* a reader whose connection is in trouble finds out when it reads */
            pthread_mutex_unlock(&r->lock);
        }
    pthread_mutex_unlock(&rs->lock);
}

bool readers_hold(struct readers *rs)
{
    struct store_reader *r;

    pthread_mutex_lock(&rs->lock);    /* the list stays as it is until readers_let_go() */
    for (r = rs->first; r; r = r->next) {
        if (pthread_mutex_trylock(&r->lock) != 0)
            break;
        enum fault f = snapshot_end(r);
        (void)f;
    }
    if (!r)
        return true;
    for (struct store_reader *held = rs->first; held != r; held = held->next)
        pthread_mutex_unlock(&held->lock);
    pthread_mutex_unlock(&rs->lock);
    return false;
}

void readers_let_go(struct readers *rs)
{
    for (struct store_reader *r = rs->first; r; r = r->next)
        pthread_mutex_unlock(&r->lock);
    pthread_mutex_unlock(&rs->lock);
}

enum fault readers_open(struct store_reader **out, struct readers *rs)
{
    const struct db_options o = {
        .path = rs->options->path, .vfs = rs->options->vfs, .journal = rs->options->journal,
        .cache_kib = DB_CACHE_READER, .reads_only = true,
    };
    struct store_reader *r = calloc(1, sizeof *r);
    enum fault f;

    if (!r)
        return FAULT_INTERNAL;
    f = db_open(&r->db, &o);
    if (f) {
        free(r);
        return f;
    }
    pthread_mutex_init(&r->lock, NULL);
    r->all = rs;
    pthread_mutex_lock(&rs->lock);
    r->next = rs->first;
    rs->first = r;
    pthread_mutex_unlock(&rs->lock);
    *out = r;
    return FAULT_NONE;
}

void readers_close(struct store_reader *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->all->lock);
    for (struct store_reader **at = &r->all->first; *at; at = &(*at)->next)
        if (*at == r) {
            *at = r->next;
            break;
        }
    pthread_mutex_unlock(&r->all->lock);
    db_close(r->db);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

enum fault readers_read(struct store_reader *r, store_work *work, void *arg)
{
    struct store_tx tx = { .db = r->db };
    enum fault f = FAULT_RETRY;

    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < STORE_TRIES_MAX && f == FAULT_RETRY; i++) {
        f = snapshot_fresh(r);
        if (!f)
            f = work(&tx, arg);
        if (f == FAULT_RETRY || f == FAULT_DISK || f == FAULT_INTERNAL) {
            enum fault end = snapshot_end(r);
            (void)end;                /* the work's own fault says more */
        }
    }
    pthread_mutex_unlock(&r->lock);
    return f == FAULT_RETRY ? FAULT_INTERNAL : f;
}

/* The lock of `r` is held. */
static enum fault snapshot_end(struct store_reader *r)
{
    r->open = false;
    return db_in_transaction(r->db) ? db_control(r->db, DB_COMMIT) : FAULT_NONE;
}

/* The count is read before the snapshot is begun: it may show more than counted, never less. */
static enum fault snapshot_fresh(struct store_reader *r)
{
    uint64_t commits = atomic_load(&r->all->commits);
    enum fault f;

    if (r->open && r->since == commits)
        return FAULT_NONE;
    f = snapshot_end(r);
    if (!f)
        f = db_control(r->db, DB_BEGIN_READ);
    r->open = !f;
    r->since = commits;
    return f;
}
