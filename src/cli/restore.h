/* restore.h: `tijori restore FILE`: the databases of a backup, unsealed, checked, and only then put in place. */
#pragma once

#include "cli/options.h"

/* Returns the exit status: 0 done; 1 the backup is damaged, of another key, or does not pass the check; 2 it cannot be
 * read, or the folder not be written. */
int restore_command(const struct options *o);

/* Unseal the backup `file` with the keys of `ring` into the folder `to`, as files NAME.restoring. BAD_INPUT or DENIED
 * with a sentence in `why`, and then none of them is left. Names and times go into *out. */
struct keyring;
struct restore_from { const char *file; const struct keyring *ring; };
struct restored { size_t n; char names[4][40]; int64_t begun_ms, bytes; };
MUST_CHECK enum fault restore_files(struct restored *out, const struct restore_from *from, const char *to,
                                    struct buf *why);

/* Put such files in place, or remove them. */
MUST_CHECK enum fault restore_keep(const struct restored *r, const char *to, struct buf *why);
void restore_forget(const struct restored *r, const char *to);
