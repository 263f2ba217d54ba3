/* unseal.h: `tijori unseal`: a custodian's share for a server that waits for it. */
#pragma once

struct options;

/* Read one share and hand it over the socket beside the keys, or (--status) ask how many are there; returns the exit
 * status: 0 the share was taken or the status told, 1 it was not. */
int unseal_command(const struct options *o);
