/* courier.h: the process that alone connects out. It gets a finished request and returns what came of it.
 *
 * It has no keys and no data folder. Its client, here, keeps a place for each request until its outcome comes or its
 * time is up; when the courier dies, what it had is COURIER_LOST, and whoever asked tries again later. */
#pragma once

#include "base/span.h"

enum {
    COURIER_PENDING_MAX = 1024,       /* requests with it; more are BUSY at once */
    COURIER_URL_MAX = 512, COURIER_HEADERS_MAX = 12, COURIER_HEADER_MAX = 512,
    COURIER_BODY_MAX = 64 * 1024,
    COURIER_TIMEOUT_MS = 10000,       /* for connecting, sending and the answer's head together */
    COURIER_ANSWER_MAX = 4096,        /* bytes of an answer's body that are read; the first COURIER_SHOWN are told */
    COURIER_SHOWN = 256, COURIER_PER_HOST = 64,       /* connections to one host at once */
};

/* Why no answer came; the first that applies. */
enum courier_outcome {
    COURIER_ANSWERED,                 /* status says what */
    COURIER_BAD_URL,                  /* not http or https, credentials in it, no host, a port that is refused */
    COURIER_NO_NAME,                  /* the name does not resolve */
    COURIER_FORBIDDEN,                /* it resolves to an address on a private network, of this machine, or reserved:
                                       * refused in live mode after the resolving, and that address is the one used */
    COURIER_NO_CONNECTION, COURIER_TLS, COURIER_TIMEOUT, COURIER_BROKEN,
    COURIER_LOST,                     /* the courier died with it; it may have arrived */
    COURIER_BUSY,                     /* nothing was sent */
    COURIER_OUTCOMES
};
const char *courier_outcome_name(enum courier_outcome o);

struct courier_call {
    struct span url, body;            /* the caller's until `done` */
    struct span headers[COURIER_HEADERS_MAX];         /* "name: value" */
    size_t n_headers;
    bool allow_private;               /* the sandbox */
    int timeout_ms;                   /* 0: COURIER_TIMEOUT_MS */

    enum courier_outcome outcome;
    unsigned status;
    int ms;                           /* it took */
    char shown[COURIER_SHOWN + 1];    /* of the answer's body, what is printable */
    void (*done)(struct courier_call *call);  /* once, on the client's thread; must not block. May send again */
    void *arg;
    struct courier_call *next;        /* the client's own */
};

struct courier;
struct journal;

/* The client, without a connection yet. The caller frees it with courier_free(): calls under way are LOST. */
MUST_CHECK enum fault courier_new(struct courier **out, struct journal *j);
void courier_stop(struct courier *c);         /* everything in flight is LOST, and what comes is BUSY */
void courier_free(struct courier *c);
/* Take over our end of a fresh connection (from the supervisor); the one it replaces is closed. */
void courier_channel(struct courier *c, int fd);
bool courier_is_up(struct courier *c);
/* How many requests have come to `o` since the start. */
uint64_t courier_count(struct courier *c, enum courier_outcome o);
/* Never blocks. No redirect is ever followed. */
void courier_send(struct courier *c, struct courier_call *call);

/* The process: serve `fd` until its end. Returns the exit status. */
int courier_serve(int fd, struct journal *j);

/* Could this be an endpoint's URL? By its text alone: scheme, no credentials, host, port 1 to 65535 and, in live mode,
 * https and port 443 or 8443 or above 1023; no literal private address in live mode. BAD_INPUT with a sentence. */
MUST_CHECK enum fault courier_url_check(struct span url, bool live, const char **why);
