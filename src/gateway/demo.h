/* demo.h: the sandbox's demo merchant. */
#pragma once

#include "gateway/wire.h"

/* Make the demo merchant and what it holds of each provider, as far as *c does not say it: its secrets are in the
 * credentials file only, so that without them it gets new ones. Its RSA pair is made here, and only the public half is
 * registered. With a card network it is onboarded. A fault has a sentence in `why`. */
MUST_CHECK enum fault demo_merchant(const struct parts *p, struct credentials *c, struct buf *why);
