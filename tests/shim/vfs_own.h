/* vfs_own.h: what the files of the shim share: its state, and what a drive holds that was not synced. */
#pragma once

#include <pthread.h>
#include <sqlite3.h>

#include "shim/vfs_shim.h"

enum { SECTOR = 512, PATH_LIMIT = 1024 };

/* One held write, or a truncation to `offset` when `truncate`. */
struct held {
    struct held *next;
    int64_t offset, n;
    bool truncate;
    uint8_t bytes[];
};

/* A file as all its connections see it. It outlives them, as the drive's cache does. */
struct disk {
    struct disk *next;
    char path[PATH_LIMIT];
    struct held *first, **last;
};

struct file {
    sqlite3_file base;                /* first: SQLite sees only this */
    struct shim *shim;
    struct disk *disk;
    enum shim_file kind;
    sqlite3_file *real;               /* lies right behind this struct */
};

struct shim {
    sqlite3_vfs vfs, *real;
    pthread_mutex_t lock;             /* what follows */
    struct disk *disks;
    uint64_t count[SHIM_OPS][SHIM_FILES];
    struct shim_event last[SHIM_OPS][SHIM_FILES];
    void (*watch)(void *arg, const struct shim_event *e);
    void *watch_arg;
    struct { enum shim_op op; enum shim_file file; unsigned n; int code; bool sticky, stuck, torn; } fail;
    struct { enum shim_op op; unsigned n; enum shim_loss loss; } cut;
    bool triggered, full, hold, off;
    uint64_t coin;
};

/* The lock is held for all of these. What is held is forgotten; the disk of a path, which is made when needed; one more
 * write, or truncation to `offset`, is held; everything held goes to the real file. */
void disk_forget(struct disk *d);
struct disk *disk_of(struct shim *s, const char *path);
int disk_hold(struct disk *d, const void *bytes, int64_t offset, int64_t n, bool truncate);
int disk_flush(struct disk *d, sqlite3_file *real);

/* Everything held goes to the real file, whatever connections there are; or, of a power loss, what it leaves. */
void disk_settle(struct shim *s, struct disk *d);
void disk_lose(struct shim *s, struct disk *d, enum shim_loss loss);

/* Length of the file, and bytes of it, with what is held. */
int disk_length(struct file *f, int64_t *out);
int disk_read(struct file *f, void *p, int n, int64_t offset);
