/* calls.c: system calls, counted on their way. The C library's own headers say what each is. */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/banned.h"

enum { FILES_MAX = 4096 };

static struct {
    const char *folder;
    const char *const *passed;
    atomic_int kinds[FILES_MAX];      /* by descriptor */
    _Atomic int64_t short_at[FILES_MAX];      /* where a read that came back short ended: asking on is no call more */
    atomic_uint_fast64_t count[CALL_KINDS][CALL_OPS];
    struct calls_fault fault;
    atomic_bool dirty[FILES_MAX], lost, renamed;      /* not synced: by descriptor, when closed, the folder */
    atomic_uint left;                 /* calls until the one that fails; 0: none */
    atomic_bool failed;
} seen;

static enum call_kind kind_of_path(const char *path)
{
    const char *name = path ? strrchr(path, '/') : NULL;

    if (seen.folder && path && strcmp(path, seen.folder) == 0)
        return CALL_FOLDER;
    if (!seen.folder || !name || strncmp(path, seen.folder, strlen(seen.folder)) != 0)
        return CALL_OTHER;
    for (const char *const *p = seen.passed; *p; p++)
        if (strstr(name, *p))
            return CALL_OTHER;
    return strncmp(name, "/db", 3) == 0 ? CALL_STORE : CALL_PLAIN;
}

static enum call_kind kind_of(int fd)
{
    return fd >= 0 && fd < FILES_MAX ? (enum call_kind)atomic_load(&seen.kinds[fd]) : CALL_OTHER;
}

/* Count it; is it the one to fail? */
static bool fails(enum call_kind kind, enum call_op op)
{
    unsigned left = atomic_load(&seen.left);

    atomic_fetch_add(&seen.count[kind][op], 1);
    if (kind != CALL_PLAIN || !left || seen.fault.op != op)
        return false;
    atomic_store(&seen.left, left - 1);
    if (left > 1)
        return false;
    atomic_store(&seen.failed, true);
    errno = seen.fault.error;
    return true;
}

void calls_watch(const char *folder, const char *const *passed)
{
    seen.passed = passed;
    seen.folder = folder;
}

uint64_t calls_count(enum call_kind kind, enum call_op op)
{
    return atomic_load(&seen.count[kind][op]);
}

void calls_reset(void)
{
    for (int k = 0; k < CALL_KINDS; k++)
        for (int op = 0; op < CALL_OPS; op++)
            atomic_store(&seen.count[k][op], 0);
    atomic_store(&seen.lost, false);
    atomic_store(&seen.renamed, false);
}

bool calls_unsynced(void)
{
    return atomic_load(&seen.lost) || atomic_load(&seen.renamed);
}

void calls_fail(struct calls_fault f)
{
    seen.fault = f;
    atomic_store(&seen.failed, false);
    atomic_store(&seen.left, f.n);
}

bool calls_failed(void)
{
    return atomic_load(&seen.failed);
}

static int open_it(int folder, const char *path, int flags, mode_t mode)
{
    enum call_kind kind = kind_of_path(path);
    int fd = fails(kind, CALL_OPEN) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);

    if (fd >= 0 && fd < FILES_MAX) {
        atomic_store(&seen.kinds[fd], (int)kind);
        atomic_store(&seen.short_at[fd], -1);
    }
    return fd;
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = mode_of(flags, args);
    va_end(args);
    return open_it(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = mode_of(flags, args);
    va_end(args);
    return open_it(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = mode_of(flags, args);
    va_end(args);
    return open_it(folder, path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open_it(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
    return open_it(AT_FDCWD, path, flags, 0);
}

/* A descriptor that is given anew says what it is anew. */
int close(int fd)
{
    if (fd >= 0 && fd < FILES_MAX) {
        if (atomic_exchange(&seen.dirty[fd], false))
            atomic_store(&seen.lost, true);
        atomic_store(&seen.kinds[fd], CALL_OTHER);
    }
    return (int)syscall(SYS_close, fd);
}

static ssize_t pread_it(int fd, void *p, size_t n, off64_t at)
{
    enum call_kind kind = kind_of(fd);
    ssize_t got;

    if (kind != CALL_OTHER && atomic_exchange(&seen.short_at[fd], -1) != at && fails(kind, CALL_READ))
        return -1;
    got = syscall(SYS_pread64, fd, p, n, at);
    if (kind != CALL_OTHER && got > 0 && (size_t)got < n)
        atomic_store(&seen.short_at[fd], at + got);
    return got;
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
    return pread_it(fd, p, n, at);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t at)
{
    return pread_it(fd, p, n, at);
}

ssize_t __pread64_chk(int fd, void *p, size_t n, off64_t at, size_t room);
ssize_t __pread64_chk(int fd, void *p, size_t n, off64_t at, size_t room)
{
    (void)room;
    return pread_it(fd, p, n, at);
}

static ssize_t write_it(int fd, const void *p, size_t n, bool placed, off64_t at)
{
    if (fails(kind_of(fd), CALL_WRITE)) {
        if (!seen.fault.torn)
            return -1;
        n /= 2;
    }
    if (kind_of(fd) == CALL_PLAIN)
        atomic_store(&seen.dirty[fd], true);
    return placed ? syscall(SYS_pwrite64, fd, p, n, at) : syscall(SYS_write, fd, p, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
    return write_it(fd, p, n, false, 0);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    return write_it(fd, p, n, true, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    return write_it(fd, p, n, true, at);
}

static int sync_it(int fd, long how)
{
    if (fails(kind_of(fd), CALL_SYNC))
        return -1;
    if (kind_of(fd) == CALL_PLAIN)
        atomic_store(&seen.dirty[fd], false);
    if (kind_of(fd) == CALL_FOLDER)
        atomic_store(&seen.renamed, false);
    return (int)syscall(how, fd);
}

int fsync(int fd)
{
    return sync_it(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return sync_it(fd, SYS_fdatasync);
}

int ftruncate(int fd, off_t n)
{
    return fails(kind_of(fd), CALL_TRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

int ftruncate64(int fd, off64_t n)
{
    return fails(kind_of(fd), CALL_TRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

static int name_it(long how, const char *from, const char *to)
{
    if (fails(kind_of_path(to), CALL_RENAME))
        return -1;
    if (kind_of_path(to) == CALL_PLAIN)
        atomic_store(&seen.renamed, true);
    return (int)syscall(how, from, to);
}

int rename(const char *from, const char *to)
{
    return name_it(SYS_rename, from, to);
}

int link(const char *from, const char *to)
{
    return name_it(SYS_link, from, to);
}
