/* hold.h: keeps the files of a database in place.
 *
 * The engine makes the log and its index (PATH-wal, PATH-shm) when the first connection reads, and removes them with
 * the last. A process that may open only files that are there holds each database for as long as it lives. */
#pragma once

#include "base/fault.h"

struct store_hold;

/* Make what is missing of the database at `path` and its log. DISK. The caller lets go with store_let_go(), after
 * every other connection of the process was closed. */
MUST_CHECK enum fault store_hold(struct store_hold **out, const char *path);
/* NULL is fine. */
void store_let_go(struct store_hold *h);
