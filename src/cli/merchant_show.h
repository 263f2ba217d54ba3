/* merchant_show.h: the admin listener's answers, for people. Private to this folder. */
#pragma once

#include "cli/options.h"

/* Append what the `answer` of command `c` says, as a table or a few lines. BAD_INPUT when it is not an answer
 * of that kind. The caller wipes both, for they may hold a secret. */
MUST_CHECK enum fault merchant_show(struct buf *out, enum command c, struct span answer);

/* Append the message of an error answer, or its status when it has none. */
void merchant_show_error(struct buf *out, long status, struct span answer);
