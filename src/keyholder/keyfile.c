/* keyfile.c: reading and making the key file. */
#include "keyholder/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "keyholder/heart.h"

#include "base/banned.h"

#define FIRST_LINE "tijori-key-1\n"

enum {
    FIRST = sizeof FIRST_LINE - 1,
    TEXT = FIRST + 2 * HEART_MASTER + 1,      /* bytes of the file, with the last line end */
};

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

static ssize_t read_text(int fd, uint8_t *text, size_t cap)
{
    size_t n = 0;

    while (n < cap) {
        ssize_t got = read(fd, text + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

static enum fault parse(struct secret **out, struct span text)
{
    AUTO_SECRET key = NULL;
    enum fault f;
    struct buf b;

    if (text.n == TEXT && text.p[TEXT - 1] == '\n')
        text.n--;                     /* an editor may have left the last line end out */
    if (text.n != TEXT - 1 || !span_starts(text, SPAN(FIRST_LINE)))
        return FAULT_BAD_INPUT;
    f = secret_new(&key, HEART_MASTER);
    if (f)
        return f;
    b = (struct buf){ key->bytes, 0, key->n, false };
    f = hex_read(&b, (struct span){ text.p + FIRST, 2 * HEART_MASTER });
    if (f)
        return f;
    *out = key;
    key = NULL;
    return FAULT_NONE;
}

enum fault keyfile_read(struct secret **out, const char *path)
{
    uint8_t text[TEXT + 1];           /* one more, so that a longer file is seen to be longer */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    enum fault f;
    ssize_t n;

    if (fd < 0)
        return fault_of(errno);
    if (is_private(fd)) {
        n = read_text(fd, text, sizeof text);
        f = n < 0 ? FAULT_DISK : parse(out, (struct span){ text, (size_t)n });
        secret_wipe(text, sizeof text);
    } else {
        f = FAULT_DENIED;
    }
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

    (void)unlink(path);               /* a crash may have left one; it never was anybody's key */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fault_of(errno);
    if (write(fd, text.p, text.n) != (ssize_t)text.n || fsync(fd) != 0)
        f = FAULT_DISK;
    if (close(fd) != 0)
        f = FAULT_DISK;
    return f;
}

enum fault keyfile_create(const char *path)
{
    char dir[PATH_MAX], beside[PATH_MAX];
    uint8_t key[HEART_MASTER], text[TEXT];
    struct buf b = BUF(text);
    enum fault f = paths_of(dir, beside, path);

    if (f)
        return f;
    secret_random(key, sizeof key);
    buf_text(&b, FIRST_LINE);
    hex_put(&b, (struct span){ key, sizeof key });
    buf_byte(&b, '\n');
    f = write_new(beside, buf_view(&b));
    /* link() and not rename(): it never replaces a key that is there. */
    if (!f && link(beside, path) != 0)
        f = fault_of(errno);
    (void)unlink(beside);
    if (!f)
        f = sync_directory(dir);
    secret_wipe(key, sizeof key);
    secret_wipe(text, sizeof text);
    return f;
}
