/* private_file.c: reading and making private files. */
#include "keyholder/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

static enum fault fault_of(int error)
{
    switch (error) {
    case ENOENT: case ENOTDIR:
        return FAULT_NOT_FOUND;
    case EACCES: case EPERM: case ELOOP: case EROFS:
        return FAULT_DENIED;
    case EEXIST:
        return FAULT_EXISTS;
    default:
        return FAULT_DISK;
    }
}

/* Is the open file ours alone? */
static bool is_private(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0077) == 0 &&
           (st.st_uid == geteuid() || st.st_uid == 0);
}

/* Up to `n` bytes, fewer only at the end of the file; -1 when it cannot be read. */
static ssize_t read_some(int fd, void *out, size_t n)
{
    ssize_t got;

    do
        got = read(fd, out, n);
    while (got < 0 && errno == EINTR);
    return got;
}

static enum fault read_whole(struct buf *out, int fd)
{
    uint8_t more;
    ssize_t got = 1;

    while (out->n < out->cap && got > 0) {
        got = read_some(fd, out->p + out->n, out->cap - out->n);
        if (got > 0)
            out->n += (size_t)got;
    }
    if (got > 0)
        got = read_some(fd, &more, 1);
    return got < 0 ? FAULT_DISK : got > 0 ? FAULT_BAD_INPUT : FAULT_NONE;
}

enum fault private_file_read(struct buf *out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    enum fault f;

    if (fd < 0)
        return fault_of(errno);
    f = is_private(fd) ? read_whole(out, fd) : FAULT_DENIED;
    (void)close(fd);
    return f;
}

/* The directory of `path` into `dir`, and a name beside it to write under into `beside`, PATH_MAX bytes each. */
static enum fault paths_of(char *dir, char *beside, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct span whole = span_of(path), parent = slash ? (struct span){ whole.p, (size_t)(slash - path) } : SPAN(".");
    struct buf b = { (uint8_t *)beside, 0, PATH_MAX, false };

    if (slash == path)
        parent = SPAN("/");
    buf_span(&b, whole);
    buf_put(&b, ".new", sizeof ".new");       /* with its NUL */
    return b.full ? FAULT_BAD_INPUT : span_text(dir, PATH_MAX, parent);
}

static enum fault sync_directory(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        (void)close(fd);
    return rc == 0 ? FAULT_NONE : FAULT_DISK;
}

static enum fault write_new(const char *path, struct span text)
{
    int fd;
    enum fault f = FAULT_NONE;

    (void)unlink(path);               /* a crash may have left one; it never was anybody's */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fault_of(errno);
    if (write(fd, text.p, text.n) != (ssize_t)text.n || fsync(fd) != 0)
        f = FAULT_DISK;
    if (close(fd) != 0)
        f = FAULT_DISK;
    return f;
}

enum fault private_file_create(const char *path, struct span text)
{
    char dir[PATH_MAX], beside[PATH_MAX];
    enum fault f = paths_of(dir, beside, path);

    if (f)
        return f;
    f = write_new(beside, text);
    /* link() and not rename(): it never replaces what is there. */
    if (!f && link(beside, path) != 0)
        f = fault_of(errno);
    (void)unlink(beside);
    return f ? f : sync_directory(dir);
}

enum fault private_file_replace(const char *path, struct span text)
{
    char dir[PATH_MAX], beside[PATH_MAX];
    enum fault f = paths_of(dir, beside, path);

    if (f)
        return f;
    f = write_new(beside, text);
    if (!f && rename(beside, path) != 0)
        f = fault_of(errno);
    if (f)
        (void)unlink(beside);
    return f ? f : sync_directory(dir);
}

enum fault private_file_beside(char *out, size_t cap, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    struct buf b = { (uint8_t *)out, 0, cap, false };

    if (slash)
        buf_put(&b, path, (size_t)(slash - path) + 1);
    buf_put(&b, name, strlen(name) + 1);
    return b.full ? FAULT_BAD_INPUT : FAULT_NONE;
}
