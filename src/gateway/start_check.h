/* start_check.h: may a server start like this? */
#pragma once

#include "cli/options.h"

/* What options_check() tells, and once that is fine what their files and the data folder tell, before any process is
 * started and without changing anything. BAD_INPUT, WRONG_STATE: sentences for people in `why`. */
MUST_CHECK enum fault start_check(const struct options *o, struct buf *why);
