/* serve.h: a thread for each connection that asks, which ends when its peer closes; and one that tells the heart how
 * much real time has passed. */
#pragma once

#include "keyholder/heart.h"

struct journal;
struct serve;

enum {
    SERVE_CONNECTIONS = 24,           /* at once: the channels of the gateway, its network and its acquirer, twice while
                                       * one replaces another, and spare */
    SERVE_TELL_MS = 250,              /* how often the heart is told: a pending-key outlives its end by no more */
};

/* No connection yet, but the heart is told the time from now on. `heart` NULL: there are no keys yet, and every
 * question is answered with that (MSG_SEALED) until serve_unseal(). INTERNAL: no memory or thread can be had. The
 * caller frees it with serve_free() before the heart. */
MUST_CHECK enum fault serve_new(struct serve **out, const struct heart *heart, struct journal *journal);

/* There are keys: from now on `heart` answers, on all connections. Called once, when serve_new() had none. */
void serve_unseal(struct serve *s, const struct heart *heart);

/* Answer what comes in on `fd`, which is now ours, with rights `may`. BUSY when SERVE_CONNECTIONS are served
 * already or no thread can be had; then `fd` is closed. */
MUST_CHECK enum fault serve_connection(struct serve *s, int fd, unsigned may);

/* Close every connection, wait for all threads, free; NULL is fine. */
void serve_free(struct serve *s);
