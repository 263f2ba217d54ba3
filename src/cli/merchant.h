/* merchant.h: `tijori merchant ...`: a client of the admin listener of a running server. */
#pragma once

struct options;

/* Run the merchant sub-command in `o`: prints to standard output (a table, or JSON with --json), complaints to
 * standard error. Returns the exit status: 0 done, 1 refused by the server, 2 no server reachable. */
int merchant_command(const struct options *o);
