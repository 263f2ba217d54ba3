/* files.h: how many files a process may have open, and how many connections that leaves room for. */
#pragma once

#include "base/fault.h"

enum {
    FILES_RESERVE = 112,              /* for what a gateway has once: channels, journal, store, the simulated network's
                                       * and acquirer's databases with their readers, readers of threads that look
                                       * after things, what libraries open */
    FILES_A_THREAD = 6,               /* a reader's files, an event loop's descriptors */
    ADMIN_CONNECTIONS = 32,           /* of the admin listener, which is to be reached when the public one is full */
    CONNECTIONS_MIN = 32,             /* of the public listener; with room for less nothing starts */
};

/* Where standard input, output or error is closed, take its number, so that no file of ours gets it and what is meant
 * for people (shares of custodians among it) is not written there. Call it before any file is opened. INTERNAL. */
MUST_CHECK enum fault files_keep_standard(void);

/* Allow this process and those it starts all that the system lets them have ("ulimit -Hn"). */
void files_raise(void);

/* How many open files a gateway with so many threads needs to be let have, so that it has CONNECTIONS_MIN. */
unsigned files_needed(unsigned threads);

/* How many connections the public listener of a gateway with so many threads may have, at most `most`; less than
 * CONNECTIONS_MIN when that is all there is room for. */
unsigned files_connections(unsigned threads, unsigned most);
