/* backup.h: `tijori backup FILE`: fetches a backup from the admin listener of a running server into a new file. */
#pragma once

struct options;

/* Progress goes to standard error. Returns the exit status: 0 done; 1 the server refused; 2 it cannot be reached, or
 * the file cannot be written. */
int backup_command(const struct options *o);
