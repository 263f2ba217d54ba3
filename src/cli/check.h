/* check.h: `tijori check`: are the databases of a folder, or of a backup, whole, and do they agree with themselves? */
#pragma once

#include "cli/options.h"

/* Findings go to standard output. Returns the exit status: 0 all is well; 1 something is not; 2 it could not be
 * looked at. */
int check_command(const struct options *o);

/* Check the database at `path`, which is called `name`: of tijori.db all rules, of others the pages. What is found is
 * printed and added to *findings. DISK, WRONG_STATE, INTERNAL with a sentence in `why`. */
MUST_CHECK enum fault check_file(size_t *findings, const char *path, const char *name, struct buf *why);
