/* peer.c: what a connection keeps from request to request. */
#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/journal.h"
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

/* The library asks for a certificate where it was given authorities, but goes on without one. So GnuTLS is told, before
 * the handshake begins, to insist, and to end the handshake of one that has expired, is another authority's, or is not
 * for clients (gnutls.org/manual, Client Authentication; RFC 5280 section 4.2.1.12). */
static void demand_certificate(struct MHD_Connection *c)
{
    static const char client[] = GNUTLS_KP_TLS_WWW_CLIENT;
    static const gnutls_typed_vdata_st purpose = { GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)client, 0 };
    gnutls_session_t session = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;

    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    /* It is kept, and not changed. */
    gnutls_session_set_verify_cert2(session, (gnutls_typed_vdata_st *)(uintptr_t)&purpose, 1, 0);
}

/* Who connected to a Unix socket, as the kernel says: its own user and root are welcome. The socket's mode keeps others
 * away already; this holds too where somebody changed that. */
static bool is_of_this_house(struct peer *peer, const struct http_server *s, int fd)
{
    struct ucred who = { 0 };
    socklen_t n = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0)
        return false;
    snprintf(peer->text, sizeof peer->text, "unix:%u", who.uid);
    if (who.uid == geteuid() || who.uid == 0)
        return true;
    journal_event(s->o.services->journal, JOURNAL_WARNING, "another user's connection to a Unix socket was refused",
                  who.uid, NULL);
    return false;
}

/* A connection came or goes; its socket is open in both calls. Without memory it is served unwatched, since
 * the library does not let us refuse it here; its requests are still late when their body is. */
void request_peer_changed(void *server, struct MHD_Connection *c, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = server;
    struct peer *peer = *context;
    int fd;

    atomic_fetch_add(&s->o.metrics->connections, what == MHD_CONNECTION_NOTIFY_STARTED ? 1 : -1);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (peer)
            deadline_remove(s->deadlines, &peer->deadline);
        free(peer);
        *context = NULL;
        return;
    }
    if (s->o.tls_client_ca)
        demand_certificate(c);
    peer = calloc(1, sizeof *peer);
    *context = peer;
    if (!peer)
        return;
    fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (!s->local)
        peer_text(peer->text, MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    peer->welcome = !s->local || is_of_this_house(peer, s, fd);
    deadline_add(s->deadlines, &peer->deadline, fd);
    deadline_set(&peer->deadline, clock_mono_ns() + (HTTP_IDLE_S + HTTP_DEADLINE_S) * INT64_C(1000000000));
}
