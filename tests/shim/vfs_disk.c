/* vfs_disk.c: a drive's cache: what was written and not synced. */
#include "shim/vfs_own.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

void disk_forget(struct disk *d)
{
    while (d->first) {
        struct held *h = d->first;
        d->first = h->next;
        free(h);
    }
    d->last = &d->first;
}

struct disk *disk_of(struct shim *s, const char *path)
{
    struct disk *d = s->disks;

    while (d && strcmp(d->path, path) != 0)
        d = d->next;
    if (!d) {
        size_t n = strlen(path);
        d = calloc(1, sizeof *d);
        assert(d && n < PATH_LIMIT);
        memcpy(d->path, path, n + 1);
        d->last = &d->first;
        d->next = s->disks;
        s->disks = d;
    }
    return d;
}

int disk_hold(struct disk *d, const void *bytes, int64_t offset, int64_t n, bool truncate)
{
    struct held *h = calloc(1, sizeof *h + (size_t)n);

    if (!h)
        return SQLITE_NOMEM;
    h->offset = offset;
    h->n = n;
    h->truncate = truncate;
    if (n)
        memcpy(h->bytes, bytes, (size_t)n);
    *d->last = h;
    d->last = &h->next;
    return SQLITE_OK;
}

static int held_apply(sqlite3_file *real, const struct held *h, int64_t n)
{
    if (h->truncate)
        return real->pMethods->xTruncate(real, h->offset);
    return real->pMethods->xWrite(real, h->bytes, (int)n, h->offset);
}

/* Move everything held to the real file. */
int disk_flush(struct disk *d, sqlite3_file *real)
{
    int code = SQLITE_OK;

    for (const struct held *h = d->first; h && code == SQLITE_OK; h = h->next)
        code = held_apply(real, h, h->n);
    disk_forget(d);
    return code;
}

/* Open the real file of a disk whatever connections there are, and do something with it. */
static void settle(struct shim *s, struct disk *d, void (*how)(struct shim *s, struct disk *d, sqlite3_file *real))
{
    sqlite3_file *real = calloc(1, (size_t)s->real->szOsFile);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;      /* the plainest kind: no locks */

    assert(real);
    if (s->real->xOpen(s->real, d->path, real, flags, &flags) == SQLITE_OK) {
        how(s, d, real);
        real->pMethods->xClose(real);
    }
    free(real);
    disk_forget(d);
}

static void settle_all(struct shim *s, struct disk *d, sqlite3_file *real)
{
    (void)s;
    disk_flush(d, real);
}

static bool toss(struct shim *s)
{
    s->coin = s->coin * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return s->coin >> 63;
}

/* Keep some: each by the toss of a coin, the last one only up to a sector boundary inside it. */
static void settle_some(struct shim *s, struct disk *d, sqlite3_file *real)
{
    for (const struct held *h = d->first; h; h = h->next) {
        bool kept = toss(s);

        if (!h->next && !h->truncate) {
            if (h->n / 2 >= SECTOR)
                held_apply(real, h, h->n / 2 / SECTOR * SECTOR);
        } else if (kept) {
            held_apply(real, h, h->n);
        }
    }
}

/* What lies in one sector of the file stays or goes together. */
static void settle_sectors(struct shim *s, struct disk *d, sqlite3_file *real)
{
    for (const struct held *h = d->first; h; h = h->next) {
        if (h->truncate && toss(s))
            held_apply(real, h, 0);
        for (int64_t at = h->offset, end = h->offset + h->n; at < end && !h->truncate; ) {
            int64_t next = (at / SECTOR + 1) * SECTOR < end ? (at / SECTOR + 1) * SECTOR : end;

            if (toss(s))
                real->pMethods->xWrite(real, h->bytes + (at - h->offset), (int)(next - at), at);
            at = next;
        }
    }
}

void disk_settle(struct shim *s, struct disk *d)
{
    settle(s, d, settle_all);
}

void disk_lose(struct shim *s, struct disk *d, enum shim_loss loss)
{
    if (loss != SHIM_LOSE_ALL && d->first)
        settle(s, d, loss == SHIM_LOSE_SOME ? settle_some : settle_sectors);
    disk_forget(d);
}

int disk_length(struct file *f, int64_t *out)
{
    sqlite3_int64 n = 0;
    int code = f->real->pMethods->xFileSize(f->real, &n);

    for (const struct held *h = f->disk->first; h; h = h->next) {
        if (h->truncate)
            n = h->offset;
        else if (h->offset + h->n > n)
            n = h->offset + h->n;
    }
    *out = n;
    return code;
}

/* Lay one held write over `p`, the bytes of the file from `from` to `to`. */
static void overlay(uint8_t *p, int64_t from, int64_t to, const struct held *h)
{
    int64_t a = h->offset > from ? h->offset : from;
    int64_t b = h->truncate || h->offset + h->n > to ? to : h->offset + h->n;

    if (a >= b)
        return;
    if (h->truncate)
        memset(p + (a - from), 0, (size_t)(b - a));
    else
        memcpy(p + (a - from), h->bytes + (a - h->offset), (size_t)(b - a));
}

int disk_read(struct file *f, void *p, int n, int64_t offset)
{
    int64_t size;
    int code = f->real->pMethods->xRead(f->real, p, n, offset);

    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
        return code;
    for (const struct held *h = f->disk->first; h; h = h->next)
        overlay(p, offset, offset + n, h);
    code = disk_length(f, &size);
    if (code == SQLITE_OK && offset + n > size)
        code = SQLITE_IOERR_SHORT_READ;
    return code;
}
