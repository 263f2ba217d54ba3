/* lockout.h: who tried wrong credentials too often waits.
 *
 * Counted are the failures of one source (an address; of IPv6 its first 64 bits) with one name (a client id, a key's
 * name, a merchant's): so a stranger who guesses at a merchant's secret locks out himself and not the merchant, who
 * asks from elsewhere. A source that fails with LOCKOUT_WIDER times as many, whatever the names, is locked out for all
 * names. PCI DSS v4 8.3.4: after not more than 10 attempts, for at least 30 minutes. */
#pragma once

#include "base/fault.h"
#include "base/span.h"

enum {
    LOCKOUT_MS = 30 * 60 * 1000,      /* failures are counted together for so long, and so long nobody is let in */
    LOCKOUT_WIDER = 10,
    LOCKOUT_ENTRIES = 4096,           /* counted at once; of eight that share a place the oldest goes first */
};

struct lockouts;

/* So many failures lock out; 0: NULL in *out, which the functions below take as nobody being locked out. */
MUST_CHECK enum fault lockouts_new(struct lockouts **out, unsigned failures);
void lockouts_free(struct lockouts *l);

/* Is `peer` (a numeric address) to be refused as `who`, without a look at the secret? Thread-safe, and almost free
 * while nobody has failed. */
bool lockout_holds(struct lockouts *l, const char *peer, struct span who, int64_t now_ms);

/* The credentials were wrong: says whether that locked somebody out. */
bool lockout_failed(struct lockouts *l, const char *peer, struct span who, int64_t now_ms);

/* They were right: the failures with this name are forgotten. */
void lockout_passed(struct lockouts *l, const char *peer, struct span who);
