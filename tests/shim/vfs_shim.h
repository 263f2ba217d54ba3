/* vfs_shim.h: a disk that can be watched, can fail and can lose its power, between SQLite and the real one.
 *
 * It is an SQLite VFS named "shim" around the default VFS. Give its name to store_open() and
 *   - count and time every read, write and sync (shim_count, shim_last, shim_watch);
 *   - let an operation fail, once or from then on (shim_fail), or fill the disk (shim_disk_full);
 *   - hold what was not synced in memory (shim_hold), as a drive's cache would, and cut the power
 *     (shim_power_cut_at): what was held is gone, or some of it is, and every operation fails until
 *     shim_power_on().
 *
 * While the shim holds, reads see what was written and a sync moves it to the real file (without the real
 * fsync, since it is our power that fails and not the machine's). What it does not model: the names of files,
 * which are made and deleted at once, and shared memory, which goes straight through and which SQLite builds
 * anew when the first connection opens a database.
 *
 * All functions are safe on any thread. One shim at a time. For tests only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct shim;

/* LOCK: a lock of the file or of its shared memory is asked for, or that is mapped. */
enum shim_op { SHIM_READ, SHIM_WRITE, SHIM_SYNC, SHIM_TRUNCATE, SHIM_OPEN, SHIM_LOCK, SHIM_OPS };
/* TEMP: one without a name. */
enum shim_file { SHIM_ANY, SHIM_DB, SHIM_WAL, SHIM_OTHER, SHIM_TEMP, SHIM_FILES };

/* One finished reading, writing (truncating is told as writing) or sync; times as clock_mono_ns(). `code` is SQLite's
 * result. */
struct shim_event { enum shim_op op; enum shim_file file; int64_t offset, n, begun_ns, ended_ns; int code; };

/* What of the held writes survives a power cut. */
enum shim_loss {
    SHIM_LOSE_ALL,                    /* nothing */
    SHIM_LOSE_SOME,                   /* every write by the toss of a (repeatable) coin, the last one torn inside */
    SHIM_LOSE_SECTORS,                /* the same for every sector of every write */
};

/* Register the VFS and switch everything off. The caller closes it with shim_close() after all databases. */
struct shim *shim_open(void);
void shim_close(struct shim *s);

/* Operations begun since shim_open(), on one kind of file or SHIM_ANY. */
uint64_t shim_count(struct shim *s, enum shim_op op, enum shim_file file);

/* The last one that ended; all zero when there was none. */
struct shim_event shim_last(struct shim *s, enum shim_op op, enum shim_file file);

/* Call `watch` after every operation, on the thread that made it; NULL to stop. It must not call the shim. */
void shim_watch(struct shim *s, void (*watch)(void *arg, const struct shim_event *e), void *arg);

/* Let the n-th operation `op` from now (1: the next one) on `file` fail with the SQLite result `code`, and
 * all later ones too if `sticky`. n = 0 ends it. */
void shim_fail(struct shim *s, enum shim_op op, enum shim_file file, unsigned n, int code, bool sticky);

/* Let the n-th write from now put down its first half and then fail. */
void shim_tear(struct shim *s, unsigned n);

/* Did the operation of shim_fail() or shim_power_cut_at() come? */
bool shim_triggered(struct shim *s);

/* From now on a write that would make a file longer fails with SQLITE_FULL; false: there is space again. */
void shim_disk_full(struct shim *s, bool full);

/* Hold unsynced writes from now on; false: they reach the real files and later ones go straight through. */
void shim_hold(struct shim *s, bool hold);

/* Cut the power in the n-th operation `op` from now (1: the next one): a write is among those held then, a
 * sync has moved nothing. n = 0 ends it. Wants shim_hold(). */
void shim_power_cut_at(struct shim *s, enum shim_op op, unsigned n, enum shim_loss loss);

/* Which losses come of a cut: the same for the same seed. */
void shim_seed(struct shim *s, uint64_t seed);

/* Cut it now. */
void shim_power_cut(struct shim *s, enum shim_loss loss);

/* Is the power off? */
bool shim_is_off(struct shim *s);

/* Power is back. All databases must have been closed meanwhile. */
void shim_power_on(struct shim *s);
