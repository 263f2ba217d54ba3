/* vfs_shim.c: the VFS named "shim". */
#include "shim/vfs_own.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#include "base/banned.h"

static const sqlite3_io_methods file_methods;

/* Where the real file's own data begins: behind ours, aligned. */
static size_t file_size_ours(void)
{
    return (sizeof(struct file) + 15) & ~(size_t)15;
}

static void power_off(struct shim *s, enum shim_loss loss)
{
    for (struct disk *d = s->disks; d; d = d->next)
        disk_lose(s, d, loss);
    s->off = true;
}

/* Count an operation that begins, and find whether it fails. *cut: the power goes with it. The lock is held. */
static int gate(struct shim *s, enum shim_op op, enum shim_file kind, bool *cut)
{
    *cut = false;
    if (s->off)
        return SQLITE_IOERR;
    s->count[op][kind]++;
    s->count[op][SHIM_ANY]++;
    if (s->cut.n && s->cut.op == op && --s->cut.n == 0) {
        s->triggered = *cut = true;
        return SQLITE_IOERR;
    }
    if (s->fail.op != op || (s->fail.file != SHIM_ANY && s->fail.file != kind))
        return SQLITE_OK;
    if (s->fail.n && --s->fail.n == 0) {
        s->triggered = true;
        s->fail.stuck = s->fail.sticky;
        return s->fail.code;
    }
    return s->fail.stuck ? s->fail.code : SQLITE_OK;
}

/* Remember an operation that ended. The lock is held. */
static void note(struct shim *s, const struct shim_event *e)
{
    s->last[e->op][e->file] = *e;
    s->last[e->op][SHIM_ANY] = *e;
    if (s->watch)
        s->watch(s->watch_arg, e);
}

static struct shim_event event_of(const struct file *f, enum shim_op op, int64_t offset, int64_t n)
{
    return (struct shim_event){ .op = op, .file = f->kind, .offset = offset, .n = n, .begun_ns = clock_mono_ns() };
}

static int file_read(sqlite3_file *file, void *p, int n, sqlite3_int64 offset)
{
    struct file *f = (struct file *)file;
    struct shim_event e = event_of(f, SHIM_READ, offset, n);
    bool cut;

    pthread_mutex_lock(&f->shim->lock);
    e.code = gate(f->shim, SHIM_READ, f->kind, &cut);
    if (cut)
        power_off(f->shim, f->shim->cut.loss);
    if (e.code == SQLITE_OK)
        e.code = disk_read(f, p, n, offset);
    e.ended_ns = clock_mono_ns();
    note(f->shim, &e);
    pthread_mutex_unlock(&f->shim->lock);
    return e.code;
}

/* What a write that fails here has put down, half of it where it is to be torn. The lock is held. */
static void tear(struct file *f, const void *p, int n, int64_t offset)
{
    if (!f->shim->fail.torn || n < 2)
        return;
    if (f->shim->hold)
        (void)disk_hold(f->disk, p, offset, n / 2, false);
    else
        (void)f->real->pMethods->xWrite(f->real, p, n / 2, offset);
    f->shim->fail.torn = false;
}

/* A write, or a truncation to `offset` when `p` is NULL. */
static int file_change(struct file *f, const void *p, int n, int64_t offset)
{
    struct shim *s = f->shim;
    struct shim_event e = event_of(f, SHIM_WRITE, offset, n);
    int64_t size = 0;
    bool cut;

    pthread_mutex_lock(&s->lock);
    e.code = gate(s, p ? SHIM_WRITE : SHIM_TRUNCATE, f->kind, &cut);
    if (e.code != SQLITE_OK && !cut && !s->off && p)
        tear(f, p, n, offset);
    if (e.code == SQLITE_OK && s->full)
        e.code = disk_length(f, &size);
    if (e.code == SQLITE_OK && s->full && offset + n > size)
        e.code = SQLITE_FULL;
    if ((e.code == SQLITE_OK && s->hold) || cut) {
        int held = disk_hold(f->disk, p, offset, n, !p);
        e.code = cut ? e.code : held;
    } else if (e.code == SQLITE_OK) {
        e.code = p ? f->real->pMethods->xWrite(f->real, p, n, offset) : f->real->pMethods->xTruncate(f->real, offset);
    }
    if (cut)
        power_off(s, s->cut.loss);
    e.ended_ns = clock_mono_ns();
    note(s, &e);
    pthread_mutex_unlock(&s->lock);
    return e.code;
}

static int file_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 offset)
{
    return file_change((struct file *)file, p, n, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return file_change((struct file *)file, NULL, 0, size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct file *f = (struct file *)file;
    struct shim *s = f->shim;
    struct shim_event e = event_of(f, SHIM_SYNC, 0, 0);
    bool cut, real;

    pthread_mutex_lock(&s->lock);
    e.code = gate(s, SHIM_SYNC, f->kind, &cut);
    if (cut)
        power_off(s, s->cut.loss);
    real = e.code == SQLITE_OK && !s->hold;
    if (e.code == SQLITE_OK)
        e.code = disk_flush(f->disk, f->real);
    pthread_mutex_unlock(&s->lock);
    if (real && e.code == SQLITE_OK)          /* slow: not under the lock */
        e.code = f->real->pMethods->xSync(f->real, flags);
    e.ended_ns = clock_mono_ns();
    pthread_mutex_lock(&s->lock);
    note(s, &e);
    pthread_mutex_unlock(&s->lock);
    return e.code;
}

static int file_length(sqlite3_file *file, sqlite3_int64 *size)
{
    struct file *f = (struct file *)file;
    int64_t n = 0;

    pthread_mutex_lock(&f->shim->lock);
    int code = f->shim->off ? SQLITE_IOERR_FSTAT : disk_length(f, &n);
    pthread_mutex_unlock(&f->shim->lock);
    *size = n;
    return code;
}

/* The rest goes straight through. */
static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct file *)file)->real;
}

static int file_close(sqlite3_file *f) { return real_of(f)->pMethods->xClose(real_of(f)); }
static int file_unlock(sqlite3_file *f, int how) { return real_of(f)->pMethods->xUnlock(real_of(f), how); }
static int file_sector(sqlite3_file *f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); }
static int file_traits(sqlite3_file *f) { return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)); }
static void file_barrier(sqlite3_file *f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); }
static int file_unmap(sqlite3_file *f, int delete) { return real_of(f)->pMethods->xShmUnmap(real_of(f), delete); }

static int file_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

/* May an operation that moves no bytes go on? While the power is off it may: the file is only to be closed. */
static int may_go(struct file *f, enum shim_op op)
{
    bool cut = false;
    int code = SQLITE_OK;

    pthread_mutex_lock(&f->shim->lock);
    if (!f->shim->off)
        code = gate(f->shim, op, f->kind, &cut);
    if (cut)
        power_off(f->shim, f->shim->cut.loss);
    pthread_mutex_unlock(&f->shim->lock);
    return code;
}

static int file_lock(sqlite3_file *f, int how)
{
    int code = may_go((struct file *)f, SHIM_LOCK);

    return code ? code : real_of(f)->pMethods->xLock(real_of(f), how);
}

static int file_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    int code = may_go((struct file *)f, SHIM_LOCK);

    *out = NULL;
    return code ? code : real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    int code = flags & SQLITE_SHM_LOCK ? may_go((struct file *)f, SHIM_LOCK) : SQLITE_OK;

    return code ? code : real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

/* Version 2: with shared memory, without mapped reads. */
static const sqlite3_io_methods file_methods = {
    .iVersion = 2, .xClose = file_close, .xRead = file_read, .xWrite = file_write, .xTruncate = file_truncate,
    .xSync = file_sync, .xFileSize = file_length, .xLock = file_lock, .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved, .xFileControl = file_control, .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits, .xShmMap = file_map, .xShmLock = file_shm_lock,
    .xShmBarrier = file_barrier, .xShmUnmap = file_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    struct shim *s = vfs->pAppData;
    struct file *f = (struct file *)file;
    bool off;
    int code;

    memset(f, 0, sizeof *f);
    pthread_mutex_lock(&s->lock);
    off = s->off;
    f->disk = disk_of(s, path ? path : "");
    pthread_mutex_unlock(&s->lock);
    f->shim = s;
    f->kind = flags & SQLITE_OPEN_MAIN_DB ? SHIM_DB : flags & SQLITE_OPEN_WAL ? SHIM_WAL : path ? SHIM_OTHER
              : SHIM_TEMP;
    code = off ? SQLITE_CANTOPEN : may_go(f, SHIM_OPEN);
    if (code)
        return code;
    f->real = (sqlite3_file *)(void *)((char *)f + file_size_ours());
    code = s->real->xOpen(s->real, path, f->real, flags, out);
    if (code == SQLITE_OK)
        f->base.pMethods = &file_methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    struct shim *s = vfs->pAppData;
    bool off;

    pthread_mutex_lock(&s->lock);
    off = s->off;
    if (!off)
        disk_forget(disk_of(s, path));
    pthread_mutex_unlock(&s->lock);
    return off ? SQLITE_IOERR_DELETE : s->real->xDelete(s->real, path, sync_folder);
}

struct shim *shim_open(void)
{
    struct shim *s = calloc(1, sizeof *s);

    assert(s);
    pthread_mutex_init(&s->lock, NULL);
    s->real = sqlite3_vfs_find(NULL);
    assert(s->real);
    s->vfs = *s->real;                /* what is not replaced goes straight through: it asks only its own pAppData */
    s->vfs.zName = "shim";
    s->vfs.pNext = NULL;
    s->vfs.szOsFile = (int)file_size_ours() + s->real->szOsFile;
    s->vfs.xOpen = vfs_open;
    s->vfs.xDelete = vfs_delete;
    s->vfs.pAppData = s;
    sqlite3_vfs_register(&s->vfs, 0);
    return s;
}

void shim_close(struct shim *s)
{
    sqlite3_vfs_unregister(&s->vfs);
    while (s->disks) {
        struct disk *d = s->disks;
        s->disks = d->next;
        disk_forget(d);
        free(d);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

uint64_t shim_count(struct shim *s, enum shim_op op, enum shim_file file)
{
    pthread_mutex_lock(&s->lock);
    uint64_t n = s->count[op][file];
    pthread_mutex_unlock(&s->lock);
    return n;
}

struct shim_event shim_last(struct shim *s, enum shim_op op, enum shim_file file)
{
    pthread_mutex_lock(&s->lock);
    struct shim_event e = s->last[op][file];
    pthread_mutex_unlock(&s->lock);
    return e;
}

void shim_watch(struct shim *s, void (*watch)(void *arg, const struct shim_event *e), void *arg)
{
    pthread_mutex_lock(&s->lock);
    s->watch = watch;
    s->watch_arg = arg;
    pthread_mutex_unlock(&s->lock);
}

void shim_fail(struct shim *s, enum shim_op op, enum shim_file file, unsigned n, int code, bool sticky)
{
    pthread_mutex_lock(&s->lock);
    s->fail.op = op;
    s->fail.file = file;
    s->fail.n = n;
    s->fail.code = code;
    s->fail.sticky = sticky;
    s->fail.stuck = s->fail.torn = s->triggered = false;
    pthread_mutex_unlock(&s->lock);
}

void shim_tear(struct shim *s, unsigned n)
{
    shim_fail(s, SHIM_WRITE, SHIM_ANY, n, SQLITE_IOERR_WRITE, false);
    pthread_mutex_lock(&s->lock);
    s->fail.torn = true;
    pthread_mutex_unlock(&s->lock);
}

void shim_seed(struct shim *s, uint64_t seed)
{
    pthread_mutex_lock(&s->lock);
    s->coin = seed;
    pthread_mutex_unlock(&s->lock);
}

bool shim_triggered(struct shim *s)
{
    pthread_mutex_lock(&s->lock);
    bool triggered = s->triggered;
    pthread_mutex_unlock(&s->lock);
    return triggered;
}

void shim_disk_full(struct shim *s, bool full)
{
    pthread_mutex_lock(&s->lock);
    s->full = full;
    pthread_mutex_unlock(&s->lock);
}

void shim_hold(struct shim *s, bool hold)
{
    pthread_mutex_lock(&s->lock);
    s->hold = hold;
    for (struct disk *d = s->disks; d && !hold; d = d->next)
        if (d->first)
            disk_settle(s, d);
    pthread_mutex_unlock(&s->lock);
}

void shim_power_cut_at(struct shim *s, enum shim_op op, unsigned n, enum shim_loss loss)
{
    pthread_mutex_lock(&s->lock);
    s->cut.op = op;
    s->cut.n = n;
    s->cut.loss = loss;
    s->triggered = false;
    pthread_mutex_unlock(&s->lock);
}

void shim_power_cut(struct shim *s, enum shim_loss loss)
{
    pthread_mutex_lock(&s->lock);
    power_off(s, loss);
    pthread_mutex_unlock(&s->lock);
}

bool shim_is_off(struct shim *s)
{
    pthread_mutex_lock(&s->lock);
    bool off = s->off;
    pthread_mutex_unlock(&s->lock);
    return off;
}

void shim_power_on(struct shim *s)
{
    pthread_mutex_lock(&s->lock);
    for (struct disk *d = s->disks; d; d = d->next)
        disk_forget(d);
    s->off = false;
    s->cut.n = 0;
    s->triggered = false;
    pthread_mutex_unlock(&s->lock);
}
