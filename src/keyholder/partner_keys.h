/* partner_keys.h: recipients' public keys that were read lately, since reading one takes a hundred times an encryption.
 *
 * Thread-safe. A key that somebody works with is not freed under him. */
#pragma once

#include "keyholder/rsa.h"

enum {
    PARTNER_KEYS_MAX = 256,           /* keys kept; the one least recently used makes room */
    PARTNER_KEY_NAME = 32,            /* bytes that stand for the record a key came from */
};

struct partner_keys;
struct partner_key;

/* None kept. The caller frees it with partner_keys_free(), when nobody holds a key of it. */
MUST_CHECK enum fault partner_keys_new(struct partner_keys **out);
void partner_keys_free(struct partner_keys *k);

/* The key of `name`, held for the caller until partner_key_release(); NULL when it is not kept. */
struct partner_key *partner_keys_find(struct partner_keys *k, const uint8_t name[static PARTNER_KEY_NAME]);

/* Keep `key`, which is now ours whatever comes of it, and hold it for the caller, as above. INTERNAL. */
MUST_CHECK enum fault partner_keys_add(struct partner_keys *k, struct partner_key **out,
                                       const uint8_t name[static PARTNER_KEY_NAME], struct rsa_public *key);

/* The key itself, borrowed while it is held. */
const struct rsa_public *partner_key_of(const struct partner_key *p);

/* End the hold; the key goes when it is not kept any more and nobody else holds it. */
void partner_key_release(struct partner_keys *k, struct partner_key *p);
