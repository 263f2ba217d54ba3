/* backup.h: a consistent copy of a database that is in use, through the engine's own backup interface.
 *
 * The copy is of one moment: a snapshot is held while it is made, so commits go on beside it and none of them is in it.
 * Until it is done the log of commits is copied into the database only up to that moment, and grows. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/fault.h"

enum { STORE_COPY_PAGES = 256 };      /* pages copied at once, between two looks at `stop` */

/* How far it is, for another thread to look at; zeroed at first. */
struct store_copy_progress {
    atomic_int_fast64_t done, total;  /* bytes */
    atomic_bool stop;                 /* set by the other: end early, with BUSY */
};

/* Copy the database at `from` into the file `to`, which is made or overwritten (mode 0600) and belongs to no other
 * connection. *bytes is the length of the copy. DISK: it cannot be read or written; BUSY: it was stopped. */
MUST_CHECK enum fault store_copy(int64_t *bytes, const char *from, const char *to, struct store_copy_progress *p);

enum { STORE_FLOOR_A_SECOND = 64, STORE_FLOOR_ABOVE = 1 << 20 };

/* The vault's database at `path` was restored, and is now used by nobody: bring its schema up to this program's, and
 * have the numbers of payments and refunds go on above all that may have been given after the backup:
 * STORE_FLOOR_A_SECOND for each second from 2020 to `now_ms`, and STORE_FLOOR_ABOVE more than the highest. A
 * number given twice would name to the acquirer what it knows as something else. WRONG_STATE: it is a newer program's;
 * DISK. */
MUST_CHECK enum fault store_mark_restored(const char *path, int64_t now_ms);
