/* http.h: bytes to exchange and answer to bytes. The only folder that knows the HTTP library.
 *
 * A server listens on one socket with a few epoll threads, each with its own read connection. For each request it
 * finds dialect and route, refuses by method, path, content type and declared length before any body is read,
 * collects the body up to the route's limit, then runs the route's steps (dialect/dialect.h; while one of them is not
 * on the HTTP thread the connection is set aside), journals one line and counts. An idle connection is closed after
 * HTTP_IDLE_S; a request has HTTP_DEADLINE_S from its first line to its last byte, however it trickles, and a
 * request line must be there HTTP_IDLE_S + HTTP_DEADLINE_S after the answer before it.
 *
 * The route names that a server registers in `metrics` ("GET /pg/orders/{order_id}") go with it: with two
 * servers on one `metrics`, stop the one that shows them first. */
#pragma once

#include "dialect/dialect.h"

struct metrics;

enum {
    HTTP_IDLE_S = 75, HTTP_DEADLINE_S = 30,
    HTTP_SEND_S = 60,                 /* within which a caller has read its answer, however slowly */
    HTTP_STOP_MS = 2000,              /* what http_stop() grants a request that is still being received */
    HTTP_STOP_GRACE_MS = 500,         /* and then an answer that is still being sent */
    HTTP_HAND_OVER_MS = 500,          /* for requests of connections that were accepted before */
    HTTP_CONNECTIONS_MAX = 4096, HTTP_THREADS_MAX = 16,
    HTTP_HEADERS_MAX = 16 * 1024,     /* bytes of a request's head */
};

struct http_server;

struct http_options {
    int listen_fd;                    /* bound and listening; the server uses it but does not close it. At a Unix socket
                                       * it serves nobody but its own user and root (SO_PEERCRED) */
    unsigned threads;                 /* 1 to HTTP_THREADS_MAX */
    unsigned connections;             /* at most so many at once, each a descriptor; 0: HTTP_CONNECTIONS_MAX */
    unsigned per_address;             /* of them from one address; 0: no limit of its own */
    const struct dialect *const *dialects;    /* NULL-terminated */
    const struct services *services;
    struct lanes *lanes;
    struct metrics *metrics;
    bool sealed;                      /* there is no store yet: all but routes that are `sealed_too` are refused */
    const char *hosts;                /* names of ours in Host (http/host.h); NULL: any is */
    const char *tls_certificate, *tls_key;    /* PEM text; NULL: plain HTTP */
    const char *tls_client_ca;        /* PEM text: callers must show a certificate for clients that one of these signed;
                                       * NULL: none is asked for */
};

/* Start serving. BAD_INPUT when TLS material cannot be used. */
MUST_CHECK enum fault http_start(struct http_server **out, const struct http_options *o);

/* Another process is to serve in our stead: accept no more connections, and ask those there are to close after their
 * next answer. Returns at once; http_quiesce() comes HTTP_HAND_OVER_MS later. NULL is fine. */
void http_hand_over(struct http_server *s);

/* Soon accept no more connections and let go of the listening socket. Requests that are complete from now on are
 * refused with REFUSE_STOPPING; what is not complete in `within_ms` is cut off. Returns at once. NULL is fine. */
void http_quiesce(struct http_server *s, int within_ms);

/* After http_quiesce(): wait until no request is with a lane or with whom it called, at most `within_ms`. Then whoever
 * is called may be stopped without cutting off those who were about to be answered. NULL is fine. */
void http_linger(const struct http_server *s, int within_ms);

/* http_quiesce(), if it was not called before, with HTTP_STOP_MS; then let what is in flight finish, and close. Takes
 * until HTTP_STOP_GRACE_MS after the time that http_quiesce() gave, longer only while a lane still has a request, or
 * whoever it called (exchange.resume()): who calls out must be able to stop waiting.
 * Several servers that are quiesced first share that time. NULL is fine. */
void http_stop(struct http_server *s);
