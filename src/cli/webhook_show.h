/* webhook_show.h: what the admin listener says of endpoints and deliveries, for people. Private to this folder. */
#pragma once

#include "cli/options.h"

/* Append the answer of command `c` to `out`. BAD_INPUT when it cannot be understood. */
MUST_CHECK enum fault webhook_show(struct buf *out, enum command c, struct span answer);
