/* host.h: is the Host of a request one of ours?
 *
 * A page of a stranger may have its own name resolve to our address (DNS rebinding), and its browser then takes us for
 * that stranger's server. So a name has to be one we know; an address cannot be resolved to another, and is fine. */
#pragma once

#include <stdbool.h>

#include "base/span.h"

/* `host` is the header's value: a name or an address, with or without a port. Ours are addresses, localhost and what
 * ends with .localhost, and the names in `names`, with commas between; "*" among them is any. */
bool host_is_ours(struct span host, struct span names);
