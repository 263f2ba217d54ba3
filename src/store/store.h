/* store.h: durable state. The front door: opening, reading, and the commit thread that many writers share.
 *
 * Writing is a job: a function that runs on the commit thread inside a transaction. The thread takes every
 * job that waits, runs each in a savepoint, commits once, and only then tells them all: one fsync serves
 * many requests, and "done" never leaves before its commit is on disk. A job that returns a fault leaves no
 * trace; its neighbours in the batch are untouched. If the commit itself fails (disk full, I/O error), every
 * job of the batch gets DISK and nothing of it was kept. (Should the process die on a failing disk before the
 * next commit, such a batch may turn out to have reached the disk whole; never a part of one.)
 *
 * Reading runs on the caller's own connection, one per thread, and sees the last committed state. */
#pragma once

#include <stdatomic.h>

#include "base/arena.h"
#include "base/clock.h"

enum {
    STORE_QUEUE_MAX = 4096,           /* jobs waiting; more are refused with BUSY */
    STORE_BATCH_MAX = 512,            /* jobs in one transaction */
    STORE_TRIES_MAX = 5,              /* how often a job runs again after RETRY */
    STORE_AHEAD_MS = 2 * 3600 * 1000, /* nothing open is put off for longer. A row whose time is further ahead was put
                                       * off by a clock that has gone back since, and is due now */
    STORE_WAL_SOFT = 16 << 20,        /* bytes of the write-ahead log that may wait for the background copy */
    STORE_WAL_HARD = 64 << 20,        /* bytes after which the commit thread makes the log start over */
};

struct store;
struct store_reader;
struct store_tx;                      /* a transaction or snapshot; aggregates (store/orders.h, ...) take it */
struct metrics;
struct journal;

/* Work runs in a transaction: no outside effects, and it may run more than once. */
typedef enum fault store_work(struct store_tx *tx, void *arg);

struct store_job {
    store_work *work;
    void (*done)(void *arg, enum fault outcome);     /* on the commit thread, after the commit; must not block */
    void *arg;                        /* passed to both */
    void *wants;                      /* for the batch hook; the store does not look inside */
    struct store_job *next;           /* the store's own, while the job is with it */
    enum fault outcome;               /* the same */
    bool audited;                     /* the same: it wrote rows of the audit log */
};

/* Who makes audit rows into a chain. `link` runs in the transaction of a batch that wrote such rows, after the works
 * and before the commit; a fault other than DISK is the outcome of the jobs that wrote them, and the others run anew
 * without those. `kept` comes after it: was the transaction committed? */
struct audit_batch;
struct store_audit {
    enum fault (*link)(void *arg, struct store_tx *tx, struct audit_batch *batch);
    void (*kept)(void *arg, bool kept);
    void *arg;
};

struct store_options {
    const char *path;                 /* of the database file; it is made and migrated when needed */
    const char *vfs;                  /* SQLite VFS by name; NULL: the default one */
    struct metrics *metrics;          /* may be NULL */
    struct journal *journal;          /* may be NULL */
    void (*before_batch)(void *arg, struct store_job *first);    /* called with the chain of jobs (by `next`)
                                       * before their transaction begins: one question to the keyholder for
                                       * all of them. A job whose `outcome` it sets to a fault is not run. */
    void *before_batch_arg;
    const struct store_audit *audit;  /* outlives the store; NULL: audit rows are kept without a chain */
    int64_t wal_soft, wal_hard;       /* other limits in bytes; 0: STORE_WAL_SOFT and STORE_WAL_HARD */
    const char *const *schema;        /* other tables: steps ended by NULL (store/schema.h); NULL: the vault's own */
};

/* Open or create the store and start its commit thread. DISK when the file cannot be opened or written;
 * WRONG_STATE when its schema is newer than this program. The caller closes it with store_close(). */
MUST_CHECK enum fault store_open(struct store **out, const struct store_options *o);

/* Finish the jobs that wait, checkpoint, close. No reader may be open. NULL is fine. */
void store_close(struct store *s);

/* Hand over `job`, which stays the caller's memory and must live until `done` was called. BUSY when
 * STORE_QUEUE_MAX jobs wait or the store is closing: then `done` is not called. */
MUST_CHECK enum fault store_submit(struct store *s, struct store_job *job);

/* Run one job and wait for its commit: for start-up, the admin listener and workers, never on an HTTP thread. */
MUST_CHECK enum fault store_write(struct store *s, store_work *work, void *arg);

/* A connection for one thread's reads. The caller closes it on the same thread. */
MUST_CHECK enum fault store_reader_open(struct store_reader **out, struct store *s);
void store_reader_close(struct store_reader *r);

/* Run `work` on a snapshot; its fault is the result. It must not write. */
MUST_CHECK enum fault store_read(struct store_reader *r, store_work *work, void *arg);

/* What is put off until after this moment is due at `now_ms` too: see STORE_AHEAD_MS. */
static inline int64_t store_ahead_ms(int64_t now_ms)
{
    return now_ms < INT64_MAX - STORE_AHEAD_MS ? now_ms + STORE_AHEAD_MS : INT64_MAX;
}

/* Jobs waiting now. */
size_t store_waiting(const struct store *s);
