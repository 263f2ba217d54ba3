/* receiver.c: one thread for each connection, which is enough for tests. */
#include "receiver.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

struct work { struct receiver *r; int fd; };

static void send_text(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void hang(struct receiver *r, int fd)
{
    char byte;

    atomic_fetch_add(&r->hanging, 1);
    while (recv(fd, &byte, 1, 0) > 0)
        continue;
    atomic_fetch_sub(&r->hanging, 1);
}

static void send_long(struct receiver *r, int fd)
{
    static const char piece[64 * 1024] = { [0 ... 64 * 1024 - 1] = 'x' };

    send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n");
    for (int i = 0; i < 1024 && send(fd, piece, sizeof piece, MSG_NOSIGNAL) > 0; i++)
        atomic_fetch_add(&r->poured, sizeof piece);
}

static void send_head(int fd)
{
    send_text(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 2000; i++)
        send_text(fd, "X-More: and more\r\n");
    send_text(fd, "Content-Length: 0\r\n\r\n");
}

/* False: the connection is over. */
static bool answer(struct receiver *r, int fd, const char *path)
{
    char text[128];

    if (strncmp(path, "/ok", 3) == 0)
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
    else if (strncmp(path, "/redirect", 9) == 0)
        send_text(fd, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    else if (path[1] >= '1' && path[1] <= '9') {
        snprintf(text, sizeof text, "HTTP/1.1 %.3s Said\r\nContent-Length: 0\r\n\r\n", path + 1);
        send_text(fd, text);
    } else {
        if (strncmp(path, "/hang", 5) == 0)
            hang(r, fd);
        else if (strncmp(path, "/nonsense", 9) == 0)
            send_text(fd, "\001\002 nothing of HTTP\r\n\r\n");
        else if (strncmp(path, "/long", 5) == 0)
            send_long(r, fd);
        else if (strncmp(path, "/head", 5) == 0)
            send_head(fd);
        else if (strncmp(path, "/unending", 9) == 0) {
            send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
            hang(r, fd);
        }
        return false;
    }
    return true;
}

/* One request into `text`; its length, or 0 at the end. */
static size_t read_request(int fd, char text[static RECEIVER_TEXT])
{
    size_t n = 0, whole = 0;

    while (n < RECEIVER_TEXT - 1 && (whole == 0 || n < whole)) {
        ssize_t got = recv(fd, text + n, (whole ? whole : RECEIVER_TEXT - 1) - n, 0);
        const char *end, *length;
        if (got <= 0)
            return 0;
        n += (size_t)got;
        text[n] = '\0';
        end = strstr(text, "\r\n\r\n");
        length = strcasestr(text, "\r\nContent-Length: ");
        if (!whole && end)
            whole = (size_t)(end + 4 - text) + (length && length < end ? strtoul(length + 18, NULL, 10) : 0);
    }
    return n;
}

static void *serve_connection(void *arg)
{
    struct work w = *(struct work *)arg;
    char *text = malloc(RECEIVER_TEXT), *path;
    bool more = text != NULL;

    free(arg);
    while (more && read_request(w.fd, text)) {
        atomic_fetch_add(&w.r->requests, 1);
        pthread_mutex_lock(&w.r->lock);
        memcpy(w.r->last, text, strlen(text) + 1);
        pthread_mutex_unlock(&w.r->lock);
        path = strchr(text, ' ');
        more = path && answer(w.r, w.fd, path + 1);
    }
    shutdown(w.fd, SHUT_RDWR);
    free(text);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct receiver *r = arg;

    while (!atomic_load(&r->ended)) {
        unsigned n = atomic_load(&r->connections);
        struct work *w;
        int fd = accept(r->fd, NULL, NULL);
        if (fd < 0 || n == RECEIVER_CONNECTIONS)
            break;
        w = malloc(sizeof *w);
        *w = (struct work){ r, fd };
        r->fds[n] = fd;
        if (pthread_create(&r->workers[n], NULL, serve_connection, w) != 0)
            abort();
        atomic_store(&r->connections, n + 1);
    }
    return NULL;
}

void receiver_open(struct receiver *r)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;

    memset(r, 0, sizeof *r);
    pthread_mutex_init(&r->lock, NULL);
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(r->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(r->fd, RECEIVER_CONNECTIONS) != 0 ||
        getsockname(r->fd, (struct sockaddr *)&at, &n) != 0 ||
        pthread_create(&r->thread, NULL, accept_all, r) != 0)
        abort();
    r->port = ntohs(at.sin_port);
}

void receiver_close(struct receiver *r)
{
    atomic_store(&r->ended, true);
    shutdown(r->fd, SHUT_RDWR);
    pthread_join(r->thread, NULL);
    for (unsigned i = 0; i < atomic_load(&r->connections); i++) {
        shutdown(r->fds[i], SHUT_RDWR);
        pthread_join(r->workers[i], NULL);
        close(r->fds[i]);
    }
    close(r->fd);
    pthread_mutex_destroy(&r->lock);
}
