/* server.c: starting and stopping the HTTP library's daemon. */
#include "http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics.h"
#include "http/request.h"

#include "base/banned.h"

enum {
    CONNECTION_MEMORY = HTTP_HEADERS_MAX + 8 * 1024,     /* bytes: the head, the library's notes on it, our head */
    STOP_LOOK_MS = 5,                 /* how often http_stop() looks whether all is finished */
};

/* Paths are split before they are decoded, so the library must leave them as they came. */
static size_t leave_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return strlen(text);
}

static void peer_text(char out[static PEER_TEXT], const struct sockaddr *a)
{
    const char *text = NULL;

    if (a && a->sa_family == AF_INET)
        text = inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, out, PEER_TEXT);
    else if (a && a->sa_family == AF_INET6)
        text = inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, out, PEER_TEXT);
    if (!text)
        out[0] = '\0';
}

/* A connection came or goes; its socket is open in both calls. Without memory it is served unwatched, since
 * the library does not let us refuse it here; its requests are still late when their body is. */
static void connection_changed(void *server, struct MHD_Connection *c, void **context,
                               enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = server;
    struct peer *peer = *context;

    atomic_fetch_add(&s->o.metrics->connections, what == MHD_CONNECTION_NOTIFY_STARTED ? 1 : -1);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (peer)
            deadline_remove(s->deadlines, &peer->deadline);
        free(peer);
        *context = NULL;
        return;
    }
    peer = calloc(1, sizeof *peer);
    *context = peer;
    if (!peer)
        return;
    peer_text(peer->text, MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    deadline_add(s->deadlines, &peer->deadline,
                 MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
    deadline_set(&peer->deadline, clock_mono_ns() + (HTTP_IDLE_S + HTTP_DEADLINE_S) * INT64_C(1000000000));
}

/* The counter of that name, made when no other server has it yet. */
static struct metrics_route *counter_named(struct metrics *m, const char *name)
{
    for (size_t i = 0; i < METRICS_ROUTES && m->route[i].name; i++) {
        if (strcmp(m->route[i].name, name) == 0)
            return &m->route[i];
    }
    return metrics_route(m, name);
}

static enum fault start_daemon(struct http_server *s)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
    bool tls = s->o.tls_certificate && s->o.tls_key;
    int fd = fcntl(s->o.listen_fd, F_DUPFD_CLOEXEC, 0);
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->o.threads, NULL },
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)s->o.tls_certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)s->o.tls_key },
        { MHD_OPTION_END, 0, NULL },
    };
    size_t first = s->o.threads >= 2 ? 0 : 1;

    if (fd < 0)
        return FAULT_INTERNAL;
    if (!tls)
        options[1].option = MHD_OPTION_END;
    s->daemon = MHD_start_daemon(flags | (tls ? MHD_USE_TLS : 0u), 0, NULL, NULL, request_step, s,
        MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, request_line, s,
        MHD_OPTION_NOTIFY_COMPLETED, request_ended, s,
        MHD_OPTION_NOTIFY_CONNECTION, connection_changed, s,
        MHD_OPTION_ARRAY, options + first,
        MHD_OPTION_END);
    if (s->daemon)
        return FAULT_NONE;
    close(fd);
    return tls ? FAULT_BAD_INPUT : FAULT_INTERNAL;
}

/* Everything but the daemon. NULL is fine. */
static void server_free(struct http_server *s)
{
    if (!s)
        return;
    deadlines_close(s->deadlines);
    router_free(s->router);
    pthread_key_delete(s->thread_key);
    free(s);
}

enum fault http_start(struct http_server **out, const struct http_options *o)
{
    struct http_server *s = calloc(1, sizeof *s);
    enum fault fault;

    if (!s || pthread_key_create(&s->thread_key, http_thread_end) != 0) {
        free(s);
        return FAULT_INTERNAL;
    }
    s->o = *o;
    fault = o->threads >= 1 && o->threads <= HTTP_THREADS_MAX ? router_new(&s->router, o->dialects) : FAULT_BAD_INPUT;
    if (fault == FAULT_NONE)
        fault = deadlines_open(&s->deadlines);
    if (fault == FAULT_NONE) {
        for (size_t i = 0; i < router_rows(s->router); i++)
            s->counters[i] = counter_named(o->metrics, router_row(s->router, i)->name);
        s->unmatched = counter_named(o->metrics, "unmatched");
        fault = start_daemon(s);
    }
    if (fault != FAULT_NONE) {
        server_free(s);
        return fault;
    }
    *out = s;
    return FAULT_NONE;
}

/* Wait until no request is in flight, for at most HTTP_DEADLINE_S; one that a lane still has is waited for
 * without limit, because the library aborts when it is stopped with a suspended connection. */
static void drain(const struct http_server *s)
{
    const struct timespec look = { 0, STOP_LOOK_MS * 1000000L };
    int64_t until = clock_mono_ns() + HTTP_DEADLINE_S * INT64_C(1000000000);

    while (atomic_load(&s->away) || (atomic_load(&s->in_flight) && clock_mono_ns() < until))
        nanosleep(&look, NULL);
}

void http_stop(struct http_server *s)
{
    int fd;

    if (!s)
        return;
    fd = MHD_quiesce_daemon(s->daemon);
    atomic_store(&s->stopping, true);
    drain(s);
    MHD_stop_daemon(s->daemon);
    if (fd >= 0)
        close(fd);
    server_free(s);
}
