/* rate_limit.h: sliding-window limits per merchant and kind of call, and per source address of calls that bring no
 * credentials (reference 3.2). Off unless configured. */
#pragma once

#include "service/services.h"

enum rate_class {
    RATE_ORDER_TOKEN, RATE_CREATE_ORDER, RATE_GET_ORDER, RATE_PAYMENTS, RATE_OTHER, RATE_TOKENS,
    RATE_PAY, RATE_OTP,               /* per source */
    RATE_REFUND, RATE_GET_REFUND, RATE_SETTLEMENTS,
    RATE_CLASSES
};

enum {
    RATE_MERCHANTS_MAX = 1024,        /* merchants counted at once; the least recent goes first */
    RATE_SOURCES_MAX = 4096,          /* sources, the same */
};

/* per_minute[c] calls a minute in class c; 0: no limit. */
MUST_CHECK enum fault rate_limits_new(struct rate_limits **out, const unsigned per_minute[static RATE_CLASSES]);
void rate_limits_free(struct rate_limits *r);

/* limited: a limit is set; retry_s: 0, or 1 to 59 when refused (reference 3.2). The window is 59 seconds long, so
 * that waiting retry_s always suffices. */
struct rate_verdict { bool limited, refused; unsigned limit, remaining, retry_s; };

/* Count one call. Thread-safe. */
struct rate_verdict rate_limit_take(struct rate_limits *r, int64_t merchant_id, enum rate_class c, int64_t now_ms);

/* The same for a source: a numeric address. Of IPv6 the first 64 bits count, since one household has so many. What is
 * no address is one source. */
struct rate_verdict rate_limit_take_source(struct rate_limits *r, const char *peer, enum rate_class c, int64_t now_ms);
