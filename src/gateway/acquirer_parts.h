/* acquirer_parts.h: the acquirer, the thread that looks after payments, and the webhook sender, opened and closed
 * between the other parts. */
#pragma once

#include "gateway/wire.h"

/* What the options want: the acquirer with its simulated body, then what looks after payments. The network's parts are
 * open, and outlive these. `why` gets a sentence for people when it fails. */
MUST_CHECK enum fault acquirer_parts_open(struct parts *p, struct buf *why);

/* Once links can be made: the sender of webhooks, where there is a courier. */
MUST_CHECK enum fault acquirer_parts_send(struct parts *p);

/* No webhook is begun any more, nobody waits for the acquirer any more, and whoever did is answered now. Before
 * network_parts_stop(). */
void acquirer_parts_stop(struct parts *p);

/* After both, with no request in flight: close them, in reverse. What the courier still has is lost, and sent again
 * after the next start. */
void acquirer_parts_close(struct parts *p);
