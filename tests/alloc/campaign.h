/* campaign.h: one scenario with its first allocation failing, then its second, and so on until none is left to fail. */
#pragma once

#include "scenarios.h"

enum { CAMPAIGN_WRONG_MAX = 8 };      /* failures of a pass that are told; then it is given up */

/* One way through a scenario. */
struct pass {
    const struct scenario *scenario;
    enum tongue tongue;
    unsigned who;                     /* as of an inject_plan */
    bool on;
    uint64_t from, stride;            /* the first n, and how far to the next */
};

/* Where a pass is and what it came to; it outlives the process that runs it. */
struct progress {
    uint64_t n;                       /* the one that fails now */
    uint64_t points, wrong;           /* tried; gone wrong */
    uint64_t counted, counted_twice;  /* of the last run, in which nothing failed: heap allocations as the injector saw
                                       * them, and as the allocator did (0: it cannot) */
    uint64_t steps;                   /* grows as long as it moves */
    bool over;
};

/* Run it in a gateway of its own. Tells what goes wrong on standard error. */
void campaign_run(const struct pass *p, struct progress *out);
