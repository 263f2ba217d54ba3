/* rsa_pkcs1.h: taking RSAES-PKCS1-v1_5 padding off a decrypted block so that nobody learns whether it was valid.
 *
 * Telling a valid padding from an invalid one, by an error or by time, lets an attacker decrypt what he recorded
 * (Bleichenbacher 1998; "Marvin", Kario 2023). So an invalid one gives a message too: pseudo-random, of pseudo-random
 * length, and the same each time for one key and ciphertext ("implicit rejection": draft-irtf-cfrg-rsa-guidance
 * section 7, done the way OpenSSL does it since 3.2, so that the messages are the same as there). */
#pragma once

#include "base/span.h"

enum {
    RSA_PKCS1_LENGTHS = 256,          /* bytes of pseudo-random candidates for a length, two bytes each */
    RSA_PKCS1_PADDING_MIN = 8,        /* bytes of padding between 00 02 and 00 (RFC 8017 section 7.2.2) */
};

/* What the rejected block of one key and ciphertext is replaced by. */
struct rsa_pkcs1_decoy { uint8_t lengths[RSA_PKCS1_LENGTHS]; uint8_t message[512]; };

/* Fill the decoy for a block of `size` bytes, at most 512, from the key's SHA-256(d) and the ciphertext, which has
 * `size` bytes. The caller wipes it. */
MUST_CHECK enum fault rsa_pkcs1_decoy(struct rsa_pkcs1_decoy *out, struct span key, struct span ciphertext);

/* Write the message of the padded `block`, or the decoy's, and zeros behind it up to size - 11 bytes; *n: its length.
 * Neither branches nor addresses depend on block, decoy or result. `block` is used up. */
void rsa_pkcs1_unpad(uint8_t *out, size_t *n, struct buf *block, const struct rsa_pkcs1_decoy *decoy);
