/* checkpoint.h: moves committed pages from the write-ahead log into the database, off the hot path.
 *
 * A thread with its own connection copies whenever STORE_WAL_SOFT bytes wait in the log. Under constant load
 * the log would still never start over, since something was always added during the copy; so beyond
 * STORE_WAL_HARD the commit thread copies the little that is left itself, between two batches, and its next
 * commit begins at the front of the log again. Nobody may read from the log at that moment: readers that are idle
 * give up their snapshots, and while one is reading the commit thread tries again a little later. */
#pragma once

#include "store/readers.h"

struct checkpointer;

/* Start the thread. `o` as given to store_open(); `r` outlives it. DISK when the file cannot be opened. */
MUST_CHECK enum fault checkpoint_start(struct checkpointer **out, const struct store_options *o, struct readers *r);

/* Stop the thread and free; NULL is fine. */
void checkpoint_stop(struct checkpointer *c);

/* The log has `frames` frames now. On the commit thread. */
void checkpoint_grew(struct checkpointer *c, int64_t frames);

/* Copy what is left if the log is too long. On the commit thread, with its connection, between batches. */
void checkpoint_finish(struct checkpointer *c, struct db *db);
