/* url.h: an http or https URL taken apart, strictly: what two readers could read differently is refused. */
#pragma once

#include "base/span.h"

struct url {
    bool secure;                      /* https */
    struct span host;                 /* as it came; an IPv6 address without its brackets */
    struct span origin;               /* "https://host:port" as it came */
    unsigned port;
    bool literal;                     /* the host is an address, in whatever spelling ... */
    bool is_public;                   /* ... that is somebody's on the internet (courier/address.h) */
};

/* Take `text` apart; its spans are of `text`. BAD_INPUT with a sentence in *why: not http or https, credentials, no
 * host or an odd one, a port that is none, bytes that do not belong in a URL. */
MUST_CHECK enum fault url_read(struct url *out, struct span text, const char **why);

/* May a stranger have us connect to this port? */
bool url_port_is_open(const struct url *u);
