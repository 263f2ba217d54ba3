/* scenarios.h: what is done while the disk fails. */
#pragma once

#include "site.h"

struct scenario {
    const char *name, *what;
    /* Once, on a disk that works, with everything closed before and after; then the files are what each run begins
     * with. */
    void (*prepare)(struct site *g);
    /* Begins and ends with everything closed, whatever fails in between. */
    void (*run)(struct site *g);
    /* Afterwards, with the gateway open on a disk that works again: ask again for what may not have been done. May be
     * NULL. */
    void (*again)(struct site *g);
};

/* What many begin with: a merchant, onboarded everywhere. */
void scenario_prepare_merchant(struct site *g);

/* What is asked for, and what is kept; each ended by a NULL name. */
extern const struct scenario scenarios[], scenarios_kept[];
