/* card_keys.h: the server's private keys for cards at rest, beside the key file: card-jwe.key and card-rsa.key.
 *
 *     "tijori-card-key-1\n" | nonce (12) | PKCS#8 in DER, AES-256-GCM under a key of this file's own | tag (16)
 *
 * The key is derived from the root of KEY_PURPOSE_BASE (keyholder/keyring.h), which of a key file without a keyring is
 * the master key, for the file's name: neither file opens as the other, both are lost with that root, and no rotation
 * touches them. The first line is authenticated too. */
#pragma once

#include "keyholder/heart.h"

enum { CARD_KEY_BITS = 2048 };        /* of a key that is made: what clients of both kinds expect */

/* Both keys of a ring, read from the directory of `key_file`, or made there when missing (*made is then set). They
 * become the caller's. NOT_FOUND never; DENIED when a file is not private to us or does not open under the ring;
 * BAD_INPUT when it holds no such key; DISK; EXISTS when another process made one at the same moment; INTERNAL. */
MUST_CHECK enum fault card_keys_of_ring(struct heart_keys *out, bool *made, const struct keyring *ring,
                                        const char *key_file);

/* Write `key` as the file of that name in the directory of `key_file`. Faults as private_file_create(). */
enum card_key { CARD_KEY_JWE, CARD_KEY_RSA, CARD_KEYS };
MUST_CHECK enum fault card_keys_save(enum card_key which, const struct rsa_private *key, const struct secret *master,
                                     const char *key_file);
