/* audit.h: `tijori audit`: is the audit log whole? Its rows; its old part. Reads the data folder and asks no server. */
#pragma once

#include <stddef.h>

#include "base/fault.h"

struct keyring;
struct options;

/* Run the sub-command in `o`. Returns the exit status: 0 done; 1 something is wrong with the log; 2 it cannot be
 * read. */
int audit_command(const struct options *o);

/* Verify the chain in the database at `path`, called `name`, against the anchors of a file (NULL: none are meant; one
 * that is not there counts for nothing). Says what it found on standard output, and adds it to *findings. WRONG_STATE:
 * it was made by an older or a newer program. DISK, INTERNAL. */
struct audit_checked { const struct keyring *ring; const char *path, *name, *anchors; };
MUST_CHECK enum fault audit_check(size_t *findings, const struct audit_checked *c);
