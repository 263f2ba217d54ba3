/* readers.h: the read connections, and the snapshots they keep from one read to the next.
 *
 * Beginning and ending a read transaction takes and drops file locks, two system calls under a lock that all
 * connections of the process share; a look-up itself costs less than that. So a reader keeps its snapshot and begins a
 * new one only when something was committed since. A snapshot that nobody reads from would hold the checkpoint
 * back, so whoever copies the log first ends those of idle readers. */
#pragma once

#include "store/driver.h"

struct readers;

/* No reader yet. `path` and `vfs` as in `o`, which outlives them. The caller frees with readers_free() after the
 * last reader was closed. */
MUST_CHECK enum fault readers_new(struct readers **out, const struct store_options *o);
void readers_free(struct readers *rs);

/* Something was committed: snapshots begun before this are stale. Before anybody is told of the commit. */
void readers_changed(struct readers *rs);

/* End the snapshots of readers that are not reading. */
void readers_rest(struct readers *rs);

/* The same, and let nobody read until readers_let_go(); false, and nothing held, when somebody is reading now. */
bool readers_hold(struct readers *rs);
void readers_let_go(struct readers *rs);

/* As store_reader_open(), store_reader_close() and store_read(). */
MUST_CHECK enum fault readers_open(struct store_reader **out, struct readers *rs);
void readers_close(struct store_reader *r);
MUST_CHECK enum fault readers_read(struct store_reader *r, store_work *work, void *arg);
