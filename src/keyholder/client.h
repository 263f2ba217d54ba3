/* client.h: what only tests of the client may set. */
#pragma once

#include "keyholder/keyholder.h"

/* How long a question waits before it is SILENT, in place of KEY_WAIT_MS. Call it while nobody asks. */
void keyholder_set_wait(struct keyholder *k, int wait_ms);

/* How often a question is put to a keyholder that does not answer, in place of KEY_PROBE_MS. The same. */
void keyholder_set_probe(struct keyholder *k, int probe_ms);
