/* audit_key.h: the audit key outside the keyholder, for who verifies a trail and may read the key file. */
#pragma once

#include "keyholder/audit_chain.h"

struct audit_key;

/* Derive it from the master key in the file at `path`. Faults of keyfile_read(). The caller frees it with
 * audit_key_free(), which wipes it. */
MUST_CHECK enum fault audit_key_read(struct audit_key **out, const char *path);
void audit_key_free(struct audit_key *k);

/* The same from the master key itself. */
struct secret;
MUST_CHECK enum fault audit_key_of(struct audit_key **out, const struct secret *master);

/* Is seal->mac the link's? NONE; DENIED when it is not; INTERNAL. */
MUST_CHECK enum fault audit_key_link(struct audit_key *k, const struct chain_link *l, const struct chain_seal *seal);

/* The MAC of a stub, which stands for links that were purged: HMAC-SHA-256(audit chain, "stub" | stub). */
MUST_CHECK enum fault audit_key_stub(struct audit_key *k, uint8_t out[static CHAIN_MAC], struct span stub);
