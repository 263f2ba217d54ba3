/* listen.c: a listening socket for "HOST:PORT" or "unix:PATH". */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/span.h"

#include "base/banned.h"

enum { WHERE_MAX = 128, BACKLOG = 4096 };     /* bytes with NUL; connections that wait while a gateway restarts */

#define UNIX "unix:"

/* "127.0.0.1:8080" or "[::1]:8080" into host and port, WHERE_MAX bytes each. */
static enum fault split(char *host, char *port, const char *where)
{
    const char *colon = strrchr(where, ':');
    struct span h;
    uint64_t number;

    if (!colon || strlen(where) >= WHERE_MAX)
        return FAULT_BAD_INPUT;
    h = (struct span){ (const uint8_t *)where, (size_t)(colon - where) };
    if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
        h = (struct span){ h.p + 1, h.n - 2 };
    else if (memchr(h.p, ':', h.n))
        return FAULT_BAD_INPUT;       /* an IPv6 address without brackets: its port would be a guess */
    if (h.n == 0 || span_u64(&number, span_of(colon + 1), UINT16_MAX) != FAULT_NONE)
        return FAULT_BAD_INPUT;
    if (span_text(host, WHERE_MAX, h) != FAULT_NONE)
        return FAULT_BAD_INPUT;
    return span_text(port, WHERE_MAX, span_of(colon + 1));
}

static enum fault fault_of(int error)
{
    switch (error) {
    case EADDRINUSE:
        return FAULT_BUSY;
    case EACCES: case EPERM:
        return FAULT_DENIED;
    case EADDRNOTAVAIL: case EAFNOSUPPORT: case EINVAL:
        return FAULT_BAD_INPUT;
    default:
        return FAULT_INTERNAL;
    }
}

static enum fault bind_and_listen(int *out, const struct addrinfo *a)
{
    int one = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    enum fault f;

    if (fd < 0)
        return fault_of(errno);
    /* Connections of a run before this one that still fade away do not hold the address. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 && bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0) {
        *out = fd;
        return FAULT_NONE;
    }
    f = fault_of(errno);
    (void)close(fd);
    return f;
}

/* A socket file that nobody listens at is what a server left that was killed, and goes. One that is in use, or is
 * another's, stays, and so does whatever else has the name. */
static enum fault clear_stale(const struct sockaddr_un *at)
{
    struct stat st;
    int fd, error;

    if (lstat(at->sun_path, &st) != 0)
        return errno == ENOENT ? FAULT_NONE : fault_of(errno);
    if (!S_ISSOCK(st.st_mode))
        return FAULT_BUSY;
    if (st.st_uid != geteuid())
        return FAULT_DENIED;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fault_of(errno);
    error = connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 ? EADDRINUSE : errno;
    (void)close(fd);
    if (error != ECONNREFUSED)
        return FAULT_BUSY;
    return unlink(at->sun_path) == 0 ? FAULT_NONE : fault_of(errno);
}

/* Its user's alone from the first moment on: the mode comes from the mask, not from a later chmod. */
static enum fault listen_unix(int *out, const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    enum fault f;
    mode_t mask;
    int fd;

    if (path[0] != '/' || span_text(at.sun_path, sizeof at.sun_path, span_of(path)))
        return FAULT_BAD_INPUT;
    f = clear_stale(&at);
    fd = f ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (f || fd < 0)
        return f ? f : fault_of(errno);
    mask = umask(S_IXUSR | S_IRWXG | S_IRWXO);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, BACKLOG) != 0)
        f = errno == ENOENT || errno == ENOTDIR ? FAULT_BAD_INPUT : fault_of(errno);
    (void)umask(mask);
    if (f)
        (void)close(fd);
    else
        *out = fd;
    return f;
}

enum fault supervisor_listen(int *fd, const char *where)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM,
    };
    char host[WHERE_MAX], port[WHERE_MAX];
    struct addrinfo *found = NULL;
    enum fault f;

    if (strncmp(where, UNIX, sizeof UNIX - 1) == 0)
        return listen_unix(fd, where + sizeof UNIX - 1);
    f = split(host, port, where);
    if (f)
        return f;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return FAULT_BAD_INPUT;
    f = bind_and_listen(fd, found);
    freeaddrinfo(found);
    return f;
}
