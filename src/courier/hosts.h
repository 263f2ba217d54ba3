/* hosts.h: how many requests are under way to each host, and a queue for each of those that wait for their turn, so
 * that one that hangs holds up none but its own. */
#pragma once

#include "courier/transfer.h"

enum { HOSTS_BUCKETS = 256 };

struct host {
    struct span origin;               /* "https://host:port"; the host's own copy */
    unsigned running;                 /* at most COURIER_PER_HOST */
    struct transfer *first, *last;    /* that wait */
    struct host *next;
};

struct hosts { struct host *buckets[HOSTS_BUCKETS]; };

/* `t` goes to `origin`: t->host is set, and t->running when it may start at once; otherwise it waits. INTERNAL: out of
 * memory. */
MUST_CHECK enum fault hosts_enter(struct hosts *h, struct transfer *t, struct span origin);

/* It has ended, wherever it was. Returns the one whose turn has come, running now, or NULL. */
struct transfer *hosts_leave(struct hosts *h, struct transfer *t);

/* Forget all hosts; their transfers are the caller's. */
void hosts_free(struct hosts *h);
