/* endpoints.h: where a merchant is told of what happens, and what he was told: the admin's use cases.
 *
 * These wait for a commit: never call them on an HTTP thread (use LANE_WORKER). */
#pragma once

#include "service/webhooks.h"

enum { ENDPOINT_AUTH_MAX = 256, ENDPOINT_VERSION_MAX = 10, DELIVERIES_LIST_MAX = 200 };     /* bytes; rows of a list */

/* A wish for an endpoint. Who asks has checked that `url` is one (courier_url_check()). */
struct endpoint_new {
    int64_t merchant_id;
    enum endpoint_kind kind;          /* CASHFREE, PAYTM or JUSPAY */
    struct span url;
    struct span version;              /* CASHFREE: absent: "2025-01-01" */
    unsigned events;                  /* 0: all that its kind has */
    enum endpoint_policy policy;
    int64_t tries, interval_ms;       /* FIXED and EXPONENTIAL: retries, 1 to ENDPOINT_TRIES_MAX */
    struct span intervals;            /* CUSTOM: schedule.h */
    struct span authorization;        /* JUSPAY: what its requests carry as Authorization; absent: nothing */
};

/* *endpoint_no is its number. BAD_INPUT, and *why says for what, a constant sentence; NOT_FOUND: no such merchant;
 * TOO_MANY: it has ENDPOINTS_MAX. */
MUST_CHECK enum fault endpoint_add(const struct services *s, int64_t *endpoint_no, const struct endpoint_new *n,
                                   const char **why);

/* It is told nothing more; what was queued for it is given up. NOT_FOUND. */
MUST_CHECK enum fault endpoint_remove(const struct services *s, int64_t merchant_id, int64_t endpoint_no);

/* In any job: what Authorization is, as a question; memory from `a`. *out->in is absent where there is none. */
MUST_CHECK enum fault endpoint_ask_auth(struct key_ask *out, struct arena *a, const struct endpoint_row *e);

/* One more try at once, whatever became of those before. WRONG_STATE: it waits behind another of its order.
 * NOT_FOUND. */
MUST_CHECK enum fault delivery_resend(const struct services *s, int64_t merchant_id, int64_t delivery_no);
