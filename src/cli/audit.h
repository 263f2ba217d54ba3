/* audit.h: `tijori audit`: is the audit log whole? Its rows; its old part. Reads the data folder and asks no server. */
#pragma once

struct options;

/* Run the sub-command in `o`. Returns the exit status: 0 done; 1 something is wrong with the log; 2 it cannot be
 * read. */
int audit_command(const struct options *o);
