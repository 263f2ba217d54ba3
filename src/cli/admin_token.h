/* admin_token.h: `tijori admin token`: make, list and revoke admin tokens of a running server. */
#pragma once

#include "cli/options.h"

/* Run the command in `o`; returns the exit status, as merchant_command() does. */
int admin_token_command(const struct options *o);
