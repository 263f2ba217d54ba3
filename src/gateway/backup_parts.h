/* backup_parts.h: what is backed up: the store, and the databases of a simulated network and acquirer;
 * and the thread that deletes what is kept no longer. */
#pragma once

#include "gateway/wire.h"

#define BACKUP_COPY_END ".copy"       /* behind a database's path: its copy while a backup is fetched */

/* After everything that has a database; closed before any of it. */
MUST_CHECK enum fault backup_parts_open(struct parts *p);
void backup_parts_close(struct parts *p);
