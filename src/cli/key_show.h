/* key_show.h: what the admin listener says of keys, for a terminal. Private to this folder. */
#pragma once

#include "cli/options.h"

/* Append what the answer to the command `c` (COMMAND_KEY_...) says. BAD_INPUT when it cannot be understood. */
MUST_CHECK enum fault key_show(struct buf *out, enum command c, struct span answer);

/* How far the re-encryption is, of the answer to COMMAND_KEY_STATUS: a line without its end is appended, and *over says
 * whether it has ended, or there is none. BAD_INPUT. */
MUST_CHECK enum fault key_show_progress(struct buf *out, bool *over, struct span answer);
