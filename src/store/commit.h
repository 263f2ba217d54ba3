/* commit.h: the commit thread. store.h says what it promises. */
#pragma once

#include "store/checkpoint.h"
#include "store/readers.h"

struct commit;

/* Start the thread on `db`, which it closes when it stops. `o` as given to store_open(); `c` and `r`
 * outlive the thread. */
MUST_CHECK enum fault commit_start(struct commit **out, struct db *db, const struct store_options *o,
                                   struct checkpointer *c, struct readers *r);

/* Refuse new jobs, finish those that wait, stop and free; NULL is fine. */
void commit_stop(struct commit *c);

/* As store_submit() and store_waiting(). */
MUST_CHECK enum fault commit_submit(struct commit *c, struct store_job *job);
size_t commit_waiting(const struct commit *c);
