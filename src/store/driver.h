/* driver.h: what store.c and its neighbours need of a connection beyond db.h. Only store/ includes it.
 *
 * A connection belongs to one thread at a time. Statements are prepared once per connection, under the
 * address of their `struct db_sql`, and stay prepared until it closes. */
#pragma once

#include "store/db.h"

enum {
    DB_CACHE_WRITER = 12 * 1024,      /* KiB of page cache: the commit connection */
    DB_CACHE_READER = 2 * 1024,       /* KiB: one reader */
    DB_CACHE_NONE = 64,               /* KiB: the checkpoint connection, which reads no rows */
    DB_PAGE = 4096,                   /* bytes of a database page */
    DB_WAL_FRAME = DB_PAGE + 24,      /* bytes: a page and its header in the log (sqlite.org/walformat.html) */
    DB_BUSY_MS = 1000,                /* how long the engine waits for another process's lock */
    NUMBER_SLOTS = 1024,              /* merchants whose last numbers are remembered; a power of two */
};

/* The last number handed out of each kind, by merchant. A slot is shared by all merchants of one remainder, and a
 * merchant that is not in its slot is looked up again: forgetting is always safe. */
enum number_of { NUMBER_OF_ORDER, NUMBER_OF_TOKEN, NUMBER_OF_AUDIT, NUMBER_OF_DELIVERY, NUMBER_OF_PAYMENT, NUMBERS };
struct number_slot { int64_t merchant_id, last_no; };
struct numbers { struct number_slot slot[NUMBERS][NUMBER_SLOTS]; };

struct db;
struct audit_batch;
struct store_tx {
    struct db *db;
    struct numbers *numbers;          /* NULL in a reader */
    struct audit_batch *audit;        /* store/audit_batch.h; the same */
};

struct db_options {
    const char *path, *vfs;           /* as in struct store_options */
    struct journal *journal;          /* may be NULL */
    int cache_kib;
    bool reads_only;
};

/* Open or create the database at `path`. DISK. The caller closes it with db_close(). */
MUST_CHECK enum fault db_open(struct db **out, const struct db_options *o);
/* Finish all statements and close; an open transaction is rolled back. NULL is fine. */
void db_close(struct db *db);

/* Run SQL text of one or more statements, none of which has parameters or rows. Faults as db_run(). */
MUST_CHECK enum fault db_script(struct db *db, const char *text);

/* Transaction control. DB_SAVE opens the one savepoint of a job; DB_KEEP ends it and keeps its work,
 * DB_UNDO ends it and forgets its work. RETRY when another process holds the lock; DISK. */
enum db_control { DB_BEGIN_READ, DB_BEGIN_WRITE, DB_COMMIT, DB_ROLLBACK, DB_SAVE, DB_KEEP, DB_UNDO, DB_CONTROLS };
MUST_CHECK enum fault db_control(struct db *db, enum db_control what);

/* Is a transaction open? After a full disk or an I/O error the engine may have ended it by itself. */
bool db_in_transaction(const struct db *db);

/* Call `hook` after each commit with the number of frames in the write-ahead log. */
void db_on_commit(struct db *db, void (*hook)(void *arg, int64_t frames), void *arg);

/* Copy what can be copied from the log into the database without waiting for anybody; with DB_COPY_AND_RESTART
 * the next commit also begins at the front of the log, if all was copied and nobody reads from it. *frames is the
 * length of the log, *copied how much of it is in the database (both 0 once it restarts). RETRY when another
 * checkpoint runs or somebody reads; DISK. */
enum db_copy { DB_COPY, DB_COPY_AND_RESTART };
MUST_CHECK enum fault db_checkpoint(struct db *db, enum db_copy how, int64_t *frames, int64_t *copied);
