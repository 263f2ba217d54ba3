/* dialect.h: what a dialect is, and what passes between it and the HTTP layer. No HTTP library in it.
 *
 * A dialect is a table of routes and a way to refuse. Each route has a few short functions, most of them only three:
 *   parse    on the HTTP thread: authenticate, read every field by a table; the first bad field is the answer;
 *   prepare  on a worker, which may wait: the keyholder's slow questions;
 *   work     in a store transaction, in the route's lane: the use case; no outside effects, may run again;
 *   call     after its commit, where nothing may wait: ask a party that answers later;
 *   settle   in a second write transaction: keep what it said; may run again;
 *   compose  on the HTTP thread: put questions to the keyholder about the answer (sign it, encrypt it);
 *   show     on the HTTP thread, after the last commit: render the outcome in the dialect's words.
 * An exchange is one request on its way through them. Everything in it lives in its arena. */
#pragma once

#include "base/arena.h"
#include "keyholder/keyholder.h"
#include "lane/lane.h"
#include "service/services.h"

enum {
    ROUTE_PARAMS_MAX = 4,             /* "{...}" parts of a path */
    ROUTE_SEGMENTS_MAX = 12,
    EXCHANGE_HEADERS_MAX = 24,        /* headers of an answer */
    EXCHANGE_ASKS_MAX = 5,            /* questions to the keyholder before work */
    REQUEST_ID_TEXT = 65,             /* bytes of x-request-id kept, with NUL; longer ones are cut */
    PEER_TEXT = 46,                   /* bytes of a numeric address with NUL */
};

struct exchange;
struct metrics_route;

/* parse, prepare: go on; or the answer is there already; or go to compose and show, with fault NONE. */
enum step { STEP_GO, STEP_ANSWERED, STEP_COMPOSE };

/* call: it was asked, and exchange.resume() will be called, perhaps before call returns, so nothing of the exchange is
 * looked at after the asking; or nothing was: go on to settle, or to compose. */
enum next { NEXT_WAIT, NEXT_SETTLE, NEXT_SHOW };

struct route {
    const char *method, *path;        /* "GET", "/pg/orders/{order_id}" */
    enum lane lane;
    size_t body_max;                  /* bytes; 0: a body is ignored */
    enum step (*parse)(struct exchange *x);                             /* never NULL */
    enum fault (*work)(struct exchange *x, struct store_tx *tx);        /* NULL: show follows parse, with NONE */
    void (*show)(struct exchange *x, enum fault outcome);               /* NULL only when parse always answers */
    unsigned rate_class;              /* the dialect's own use (service/rate_limit.h) */
    unsigned scope;                   /* the admin listener's (service/admin_tokens.h); 0 elsewhere */
    bool sealed_too;                  /* served while the keyholder waits for its custodians */
    /* NULL where a route has no such step */
    enum step (*prepare)(struct exchange *x);
    enum next (*call)(struct exchange *x);                              /* only after work gave NONE */
    enum fault (*settle)(struct exchange *x, struct store_tx *tx);
    void (*compose)(struct exchange *x, enum fault outcome);            /* sets x->asks anew; it answers nothing. When
                                       * nobody answers them, an outcome that was NONE is SILENT */
};

/* A route of parse, work and show. */
#define SHORT_ROUTE(method_, path_, lane_, body_max_, parse_, work_, show_, rate_) \
    { .method = (method_), .path = (path_), .lane = (lane_), .body_max = (body_max_), .parse = (parse_), \
      .work = (work_), .show = (show_), .rate_class = (rate_) }

/* Why the HTTP layer refuses a request before any route's parse, or in its stead. */
enum refusal {
    REFUSE_NO_ROUTE, REFUSE_METHOD, REFUSE_PATH, REFUSE_BODY_TOO_LARGE, REFUSE_BODY_TRUNCATED,
    REFUSE_CONTENT_TYPE,
    REFUSE_FRAMING,                   /* a malformed head, or one that leaves in doubt where the request ends */
    REFUSE_HEADERS,                   /* too large a head */
    REFUSE_HOST,                      /* the request is for a host that we are not */
    REFUSE_BUSY, REFUSE_STOPPING, REFUSE_TIMEOUT, REFUSE_MEMORY,
    REFUSE_SEALED,                    /* the keyholder waits for its custodians (keyholder/keyholder.h) */
};

struct dialect {
    const char *name;                 /* "cashfree" */
    const char *const *prefixes;      /* paths it owns, NULL-terminated: "/pg", "/api/v2"; "" owns whatever is left */
    const struct route *routes;       /* ended by a NULL method */
    void (*refuse)(struct exchange *x, enum refusal why);     /* must answer */
    const char *further_type;         /* a content type beside application/json that a JSON body may have, and then it
                                       * may name none at all; NULL: application/json it must be */
    void (*done)(struct exchange *x);         /* NULL, or: the answer is made, and leaves after this */
};

struct answer_header { const char *name; struct span value; };

struct answer {
    unsigned status;                  /* 0: none yet */
    const char *content_type;
    struct buf body;
    struct answer_header headers[EXCHANGE_HEADERS_MAX];
    size_t n_headers;
};

struct exchange {
    /* the request, set by the HTTP layer; spans live as long as the arena */
    const struct services *services;
    const struct dialect *dialect;
    const struct route *route;        /* NULL while refusing an unknown one */
    struct arena *arena;
    struct store_reader *reader;      /* this thread's; for parse and show, never for work */
    const char *method;
    struct span path, query, body;    /* path: as received, not decoded */
    struct span params[ROUTE_PARAMS_MAX];     /* decoded after splitting, in the path's order */
    int64_t now_ms;                   /* one moment for the whole request */
    char peer[PEER_TEXT];
    struct span (*header)(const struct exchange *x, const char *name);       /* first value, absent when not sent */
    void (*resume)(struct exchange *x, bool settle);         /* after NEXT_WAIT, once, from any thread */
    void *transport;                  /* the HTTP layer's own */

    /* set by parse */
    char request_id[REQUEST_ID_TEXT]; /* for the answer and the journal */
    char routing_id[REQUEST_ID_TEXT]; /* the caller's x-routing-id, for the journal; "": none */
    int64_t merchant_id;              /* for the journal; 0 until authenticated */
    const char *actor;                /* the admin token's name, in the arena; NULL until it is let in, and elsewhere */
    struct key_ask asks[EXCHANGE_ASKS_MAX];   /* set by parse: put before work, in WRITE for a whole batch at once;
                                       * set by the work of a READ route: put before show, for all requests that
                                       * the HTTP thread has in hand at once; set by compose: the same */
    size_t n_asks;
    bool no_prepare;                  /* set by parse: this request needs none, and no worker */
    void *state;                      /* the dialect's own */

    struct answer answer;
};

/* Start the answer with a body buffer of `cap` bytes from the arena. The one way to make an answer; calling it
 * again starts over. `content_type` is a constant. */
struct buf *answer_start(struct exchange *x, unsigned status, const char *content_type, size_t cap);

/* Add a header; `name` is a constant, `value` is copied to the arena, cut at the first byte that is not
 * printable ASCII. More than EXCHANGE_HEADERS_MAX are dropped.
 * When memory is out the answer is full, and so refused. */
void answer_header(struct exchange *x, const char *name, struct span value);
void answer_header_u64(struct exchange *x, const char *name, uint64_t value);

/* Whoever asks as `who` (a client id, the name of a key) showed credentials, and `f` says what they were worth: wrong
 * ones are counted (service/lockout.h). Before they are looked at, lockout_holds() says whether they are at all. */
void exchange_tried(struct exchange *x, struct span who, enum fault f);

/* The same where failures are counted for themselves; NULL: they are not. */
void exchange_tried_at(struct exchange *x, struct lockouts *l, struct span who, enum fault f);

/* The route's work and settle, as they are run in a transaction. INTERNAL where memory was out for a piece of the
 * request, so that nothing is kept of one that has holes; of settling only where it was out meanwhile, since what is
 * settled has happened. */
MUST_CHECK enum fault exchange_work(struct exchange *x, struct store_tx *tx);
MUST_CHECK enum fault exchange_settle(struct exchange *x, struct store_tx *tx);

/* Was memory out for a piece of the request or of its answer? Then what the answer says is not to be relied on, nor
 * whose fault it finds, and it is refused: REFUSE_MEMORY. Before work, and before the answer leaves. */
bool exchange_starved(struct exchange *x);

/* Fill x->request_id from `sent`, keeping printable ASCII, or make 32 hex digits when it is absent, empty, or holds a
 * card number, which must not be stored. */
void exchange_request_id(struct exchange *x, struct span sent);

/* Take the next "name=value" off the front of `rest`, a query or a form's body; both are as they came, not decoded, and
 * the value is absent where there is no '='. False behind the last. */
bool query_next(struct span *rest, struct span *name, struct span *value);
