/* transfer.h: one request on its way, with the libcurl handle that carries it. Handles are kept for later requests. */
#pragma once

#include <curl/curl.h>

#include "courier/frame.h"

struct host;

struct transfer {
    uint64_t id;
    int64_t started_ns, until_ns;     /* monotonic */
    struct host *host;                /* courier/hosts.h */
    bool running;                     /* it is with libcurl, and not in its host's queue */
    struct transfer *next_of_host;    /* in that queue */
    struct transfer *next, *previous; /* of all that are under way; `next` also of those kept for later */
    size_t held;                      /* bytes of `memory` */
    /* transfer.c's own */
    CURL *easy;
    struct curl_slist *headers;
    char *memory, *url;               /* URL with NUL, and the body behind it */
    struct span body;
    bool allow_private, forbidden, head_done, cut;
    size_t head, answered;            /* bytes of the answer's head and body so far */
    uint8_t shown[COURIER_SHOWN];
    size_t n_shown;
};

/* A transfer without a request, its handle set up with all that never changes. NULL: out of memory. */
struct transfer *transfer_new(void);
void transfer_free(struct transfer *t);

/* Give it a request, of which it keeps copies. INTERNAL: out of memory. */
MUST_CHECK enum fault transfer_fill(struct transfer *t, const struct frame_request *r);

/* Forget the request, keep the handle. */
void transfer_clear(struct transfer *t);

/* Before it goes to libcurl: what is left of its time. */
void transfer_arm(struct transfer *t, int64_t now_ns);

/* libcurl is done with it: what came of it. Its `shown` is the transfer's. */
void transfer_outcome(struct frame_outcome *out, const struct transfer *t, CURLcode how, int64_t now_ns);
