/* backup_key.h: the backup key outside the keyholder, for who restores or checks a backup and has the keys.
 *
 * A running server only seals with it: whoever takes over the gateway opens no old backup. */
#pragma once

#include "base/span.h"

struct backup_key;
struct keyring;

/* Derive it from a ring, which stays the caller's. He frees it with backup_key_free(), which wipes it; NULL is fine
 * there. */
MUST_CHECK enum fault backup_key_of_ring(struct backup_key **out, const struct keyring *ring);
void backup_key_free(struct backup_key *k);

/* Open the sealed record (KEY_USE_BACKUP) that is bound to `about`; the plaintext is appended to `out`. DENIED: it is
 * not a record of a generation in the ring and of this place, or was changed. INTERNAL: `out` has no room for it. */
MUST_CHECK enum fault backup_key_open(struct backup_key *k, struct buf *out, struct span sealed, struct span about);
