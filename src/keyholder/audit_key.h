/* audit_key.h: the audit key outside the keyholder, for who verifies a trail and has the keys. */
#pragma once

#include "keyholder/audit_chain.h"

struct audit_key;

/* Derive it from a ring, or from the master key that stands for one; both stay the caller's. He frees it with
 * audit_key_free(), which wipes it. */
struct keyring;
struct secret;
MUST_CHECK enum fault audit_key_of_ring(struct audit_key **out, const struct keyring *ring);
MUST_CHECK enum fault audit_key_of(struct audit_key **out, const struct secret *master);
void audit_key_free(struct audit_key *k);

/* Is seal->mac the link's, under any generation of the key? NONE; DENIED when it is not; INTERNAL. *age says which: 0
 * for the newest generation, more for older ones. In a sound chain it never goes up from one link to the next: what an
 * old key signs behind a new one is a forgery, by whoever has that old key. */
MUST_CHECK enum fault audit_key_link(struct audit_key *k, unsigned *age, const struct chain_link *l,
                                     const struct chain_seal *seal);

/* The MAC of a stub, which stands for links that were purged, under the newest generation: HMAC-SHA-256(audit chain,
 * "stub" | stub). And is `mac` (CHAIN_MAC bytes) that of a stub, under any generation? NONE; DENIED; INTERNAL. */
MUST_CHECK enum fault audit_key_stub(struct audit_key *k, uint8_t out[static CHAIN_MAC], struct span stub);
MUST_CHECK enum fault audit_key_stub_is(struct audit_key *k, struct span mac, struct span stub);
