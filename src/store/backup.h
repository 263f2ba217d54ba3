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
