/* control.c: one message is one datagram of WIRE bytes, big-endian, with at most one descriptor. */
#include "supervisor/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/span.h"

#include "base/banned.h"

enum { WIRE = 4 + 4 + 4 + 8 + 8 + 8, FDS_MAX = 8 };   /* room for more descriptors than one, so that all get closed */

/* The kernel wants its control area aligned as its header. */
union ancillary { struct cmsghdr align; uint8_t bytes[CMSG_SPACE(FDS_MAX * sizeof(int))]; };

static void put_be(struct buf *b, uint64_t n, unsigned bytes)
{
    while (bytes--)
        buf_byte(b, (uint8_t)(n >> (8 * bytes)));
}

static uint64_t take_be(const uint8_t **at, unsigned bytes)
{
    uint64_t n = 0;

    while (bytes--)
        n = n << 8 | *(*at)++;
    return n;
}

static void pack(struct buf *b, const struct control_message *m)
{
    put_be(b, m->word, 4);
    put_be(b, m->index, 4);
    put_be(b, m->rights, 4);
    put_be(b, m->restarts_keyholder, 8);
    put_be(b, m->restarts_gateway, 8);
    put_be(b, m->restarts_courier, 8);
}

static void unpack(struct control_message *m, const uint8_t *at)
{
    m->word = (enum control_word)take_be(&at, 4);
    m->index = (uint32_t)take_be(&at, 4);
    m->rights = (uint32_t)take_be(&at, 4);
    m->restarts_keyholder = take_be(&at, 8);
    m->restarts_gateway = take_be(&at, 8);
    m->restarts_courier = take_be(&at, 8);
}

enum fault control_send(int socket, const struct control_message *m, int fd)
{
    uint8_t wire[WIRE];
    union ancillary anc = { 0 };
    struct buf b = BUF(wire);
    struct iovec io = { wire, sizeof wire };
    struct msghdr msg = { .msg_iov = &io, .msg_iovlen = 1 };
    ssize_t n;

    pack(&b, m);
    if (fd >= 0) {
        struct cmsghdr *c;
        msg.msg_control = anc.bytes;
        msg.msg_controllen = CMSG_SPACE(sizeof fd);
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    do
        n = sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof wire ? FAULT_NONE : FAULT_SILENT;
}

/* The attached descriptors into `fds`; returns how many. */
static size_t attached(int fds[static FDS_MAX], struct msghdr *msg)
{
    size_t n = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t bytes = c->cmsg_len - CMSG_LEN(0);
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        if (bytes > (FDS_MAX - n) * sizeof(int))
            bytes = (FDS_MAX - n) * sizeof(int);
        memcpy(fds + n, CMSG_DATA(c), bytes);
        n += bytes / sizeof(int);
    }
    return n;
}

/* A connection comes with its descriptor, everything else without. */
static bool is_message(const struct control_message *m, size_t fds)
{
    switch (m->word) {
    case CONTROL_CHANNEL: case CONTROL_COURIER:
        return fds == 1;
    case CONTROL_READY: case CONTROL_STOP:
        return fds == 0;
    }
    return false;
}

enum fault control_receive(int socket, struct control_message *m, int *fd)
{
    uint8_t wire[WIRE];
    union ancillary anc = { 0 };
    struct iovec io = { wire, sizeof wire };
    struct msghdr msg = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = anc.bytes, .msg_controllen = sizeof anc };
    int fds[FDS_MAX];
    size_t count;
    ssize_t n;

    *fd = -1;
    do
        n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return FAULT_SILENT;
    count = attached(fds, &msg);
    if (n == (ssize_t)sizeof wire && !(msg.msg_flags & MSG_TRUNC)) {
        bool lost = msg.msg_flags & MSG_CTRUNC;

        unpack(m, wire);
        if (lost && count == 0 && is_message(m, 1))
            return FAULT_BUSY;
        if (!lost && is_message(m, count)) {
            *fd = count ? fds[0] : -1;
            return FAULT_NONE;
        }
    }
    for (size_t i = 0; i < count; i++)
        (void)close(fds[i]);
    return FAULT_BAD_INPUT;
}
