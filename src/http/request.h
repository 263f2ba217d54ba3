/* request.h: one request from its first line to the end of its answer. Private to http/.
 *
 * The library calls back several times for a request, always on the thread that owns its connection:
 *   request_line    the request line is there; a struct request begins and becomes the library's "con_cls";
 *   request_step    first with the head, then with pieces of the body, then without, when all of it is there,
 *                   and once more when a lane, or whoever was called, has finished;
 *   request_ended   the answer left or the connection broke; the only place where a request is released. */
#pragma once

#include <microhttpd.h>
#include <stdatomic.h>

#include "http/deadline.h"
#include "http/http.h"
#include "http/loop.h"
#include "http/router.h"
#include "service/sealing.h"

enum {
    HTTP_SPARE_REQUESTS = 128,        /* finished requests a thread keeps for the next ones */
    HTTP_DISCARD_MAX = 2048 * 1024,   /* bytes of an unwanted body read so that its sender sees the refusal */
    HTTP_BODY_FIRST = 4096,           /* bytes of the first buffer for a body of unknown length */
};

struct metrics_route;

struct http_server {
    struct http_options o;
    struct http_loop loops[HTTP_THREADS_MAX];
    unsigned n_loops;
    struct router *router;
    struct deadlines *deadlines;
    bool local;                       /* it listens at a Unix socket */
    struct metrics_route *counters[ROUTER_ROWS_MAX], *unmatched;     /* by router row */
    atomic_bool stopping, handing_over;
    int64_t stop_ns;                  /* once stopping: when what is not complete is cut off, monotonic */
    atomic_uint in_flight;            /* requests between request_line and request_ended */
    atomic_uint away;                 /* of them: with a lane, so that their connection is suspended */
};

/* What a connection keeps from request to request. */
struct peer { struct deadline deadline; char text[PEER_TEXT]; bool welcome; };

enum phase {
    PHASE_HEAD,                       /* the line is known, the head is not */
    PHASE_BODY,                       /* taking or discarding the body */
    PHASE_AWAY,                       /* suspended: a lane has it */
    PHASE_ASKING,                     /* waits, in this turn of its loop, for the keyholder's answers */
    PHASE_PREPARED,                   /* back from its preparation: its work is next */
    PHASE_BACK,                       /* from wherever it was: to be shown */
    PHASE_ANSWERED,
};

struct request {
    struct exchange x;                /* x.arena is this request's, kept while it is spare */
    struct http_server *server;
    struct http_loop *loop;           /* the one its connection belongs to */
    struct MHD_Connection *connection;
    struct peer *peer;
    struct request *next;             /* among the spare ones, or those on their way back */
    const struct router_row *row;     /* NULL: unmatched */
    enum phase phase;
    bool refused, asked, composed;
    enum step prepared;               /* what its preparation said */
    enum refusal refusal;             /* when refused */
    bool has_body, declared_known;
    bool ambiguous;                   /* where it ends is in doubt: its connection is of no further use */
    uint64_t declared, received;      /* bytes of the body */
    int64_t began_ns, answered_ns;    /* 0: not yet */
    struct buf body;
    struct sealing sealing;
    struct store_job job;
    enum fault outcome;               /* the first fault of preparing, asking, work and settling */
};

/* The library's callbacks; `loop` is a struct http_loop. */
void *request_line(void *loop, const char *uri, struct MHD_Connection *connection);
enum MHD_Result request_step(void *loop, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *upload, size_t *upload_size, void **con_cls);
void request_ended(void *loop, struct MHD_Connection *connection, void **con_cls,
                   enum MHD_RequestTerminationCode how);

/* Refuse it when the time has come; the first reason stays. */
void request_refuse(struct request *r, enum refusal why);

/* steps.c: the request is complete: run its route's steps, from parse on. */
enum MHD_Result steps_begin(struct request *r);

/* The same, on the HTTP thread again, for one that is PHASE_PREPARED or PHASE_BACK and was not refused. */
enum MHD_Result steps_go_on(struct request *r);

/* exchange.resume() */
void steps_resume(struct exchange *x, bool settle);

/* head.c: with the whole head there, refuse one that is malformed or leaves its end in doubt (then `ambiguous` is set),
 * or that is larger than HTTP_HEADERS_MAX; sets has_body when the body is chunked. */
void request_check_head(struct request *r, const char *method, const char *version);

/* peer.c: the same for a connection that came or goes; `server` is a struct http_server, `context` a struct peer. */
void request_peer_changed(void *server, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what);

/* answer.c: hand x->answer to the library, journal and count it. */
enum MHD_Result request_answer(struct request *r);

/* The same for a request that ends without an answer of ours: journal and count what the library said in our stead,
 * if it said something. */
void request_answered_for_us(struct request *r, struct MHD_Connection *connection);
