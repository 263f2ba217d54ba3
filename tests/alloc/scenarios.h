/* scenarios.h: what is asked while allocations fail, one table for each API. */
#pragma once

#include "bed.h"

/* Whose words a clear refusal is in. */
enum tongue { TONGUE_CASHFREE, TONGUE_JUSPAY, TONGUE_PAYTM, TONGUE_ADMIN, TONGUE_PAGES, TONGUES };

/* What a function of a scenario came to. */
enum came_to { DONE_WELL, DONE_REFUSED, DONE_BADLY };

struct scenario {
    const char *name;
    const char *before;               /* sent in each run, undisturbed; NULL: nothing */
    bool waits;                       /* and then a minute passes */
    const char *request;              /* sent with an allocation that fails, and once more without, if it failed */
    const char *good;                 /* what a good answer says: "this|or this" */
    const char *again;                /* the same, of asking again after an answer that told nothing; NULL: as `good` */
    const char *after;                /* sent when it has succeeded, perhaps only minutes later; NULL: nothing */
    const char *shows;                /* what the last answer to it says */
    const char *once;                 /* a number from the rows, of runs; it grows by `grows` in each; NULL: none */
    int64_t grows;
    bool varies;                      /* a good answer has one of several shapes */
    bool pending;                     /* its outcome may take minutes: they pass before it is asked again */
    enum came_to (*act)(struct bed *b);       /* in place of a request: opens the window itself */
};

/* Each ended by a NULL name. */
extern const struct scenario cashfree_scenarios[], pay_scenarios[], juspay_scenarios[], paytm_scenarios[],
    admin_scenarios[], page_scenarios[], own_scenarios[];

struct scenario_group { const struct scenario *scenarios; enum tongue tongue; };
extern const struct scenario_group scenario_groups[];         /* ended by a NULL */

/* Is the last answer a refusal in that tongue, which blames us and not the caller? */
bool scenario_refused(const struct bed *b, enum tongue t);
