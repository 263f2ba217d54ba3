/* peer.c: what a connection keeps from request to request. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "http/request.h"

#include "base/banned.h"

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
void request_peer_changed(void *server, struct MHD_Connection *c, void **context,
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
