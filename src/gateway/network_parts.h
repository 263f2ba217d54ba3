/* network_parts.h: the card network and the vault behind it, opened and closed between the other parts. */
#pragma once

#include "gateway/wire.h"

/* What the options want: the network with its simulated body, the card budget, then the vault. The parts before them in
 * wire.h are open. `why` gets a sentence for people when it fails. */
MUST_CHECK enum fault network_parts_open(struct parts *p, struct buf *why);

/* Whoever waits for the network is answered now, and nobody waits any more. */
void network_parts_stop(struct parts *p);

/* After network_parts_stop(), with no request in flight: close them, in reverse. */
void network_parts_close(struct parts *p);
