/* rsa.h: RSA keys and what is encrypted to them: OAEP with SHA-256 (RFC 8017), and PKCS#1 v1.5 without an oracle.
 *
 * Keys have 2048 to 4096 bits, in whole bytes, and an odd public exponent from 65537 up to 32 bits. Keys do not change,
 * so several threads may use one at once. The private key's numbers lie in libcrypto's heap, where it wipes but does
 * not lock them.
 *
 * What libcrypto 3.0 does and does not hide: the private operation is blinded and in constant time (3.0.9 and later),
 * and so is its OAEP check, up to the one result that says whether it held. It frees, without wiping, the block of OAEP
 * before its mask is off, which is as good as the message; and decoding and encoding a private key leave copies in the
 * heap that are not wiped either. */
#pragma once

#include "base/secret.h"

enum {
    RSA_BITS_MIN = 2048, RSA_BITS_MAX = 4096,
    RSA_BYTES_MAX = RSA_BITS_MAX / 8,
    RSA_OAEP_EXTRA = 2 * 32 + 2,      /* bytes by which a message is shorter than the key at least (SHA-256) */
    RSA_PKCS1_EXTRA = 11,             /* the same for PKCS#1 v1.5 */
    RSA_PUBLIC_DER_MAX = RSA_BYTES_MAX + 64,
    RSA_PUBLIC_PEM_MAX = 1024,
};

struct rsa_private;
struct rsa_public;

/* A new key of `bits` (BAD_INPUT when out of range), which the caller frees. It may take seconds. */
MUST_CHECK enum fault rsa_private_generate(struct rsa_private **out, unsigned bits);

/* Read PKCS#8 (RFC 5208), DER or PEM ("PRIVATE KEY"), which stays the caller's, to wipe too. BAD_INPUT: it is no such
 * key, is out of range, has bytes behind it, or its two halves do not belong together. */
MUST_CHECK enum fault rsa_private_read(struct rsa_private **out, struct span text);
void rsa_private_free(struct rsa_private *k);

/* The key as PKCS#8, in DER or in PEM; the caller frees it. */
MUST_CHECK enum fault rsa_private_der(const struct rsa_private *k, struct secret **out);
MUST_CHECK enum fault rsa_private_pem(const struct rsa_private *k, struct secret **out);

/* The public half, which outlives `k`; the caller frees it. */
MUST_CHECK enum fault rsa_private_public(const struct rsa_private *k, struct rsa_public **out);

/* Read SubjectPublicKeyInfo (RFC 5280), DER or PEM ("PUBLIC KEY"). BAD_INPUT: it is no such key, is out of range, has
 * bytes behind it, or could not be anybody's modulus. */
MUST_CHECK enum fault rsa_public_read(struct rsa_public **out, struct span text);

/* The same of a key that rsa_public_read() took before: nobody looks at the modulus a second time, which takes 10 ms of
 * 2048 bits and 60 ms of 4096. */
MUST_CHECK enum fault rsa_public_read_again(struct rsa_public **out, struct span text);
void rsa_public_free(struct rsa_public *k);

/* Append the key as SubjectPublicKeyInfo, in DER or in PEM. */
MUST_CHECK enum fault rsa_public_der(const struct rsa_public *k, struct buf *out);
MUST_CHECK enum fault rsa_public_pem(const struct rsa_public *k, struct buf *out);

/* Bytes of the modulus, and so of every ciphertext. */
size_t rsa_private_size(const struct rsa_private *k);
size_t rsa_public_size(const struct rsa_public *k);

/* Append the ciphertext of `in`, which may be RSA_OAEP_EXTRA bytes shorter than the key at most (BAD_INPUT). */
MUST_CHECK enum fault rsa_oaep_encrypt(const struct rsa_public *k, struct buf *out, struct span in);

/* `key` holds `n` random bytes, up to 64. If `in` is the ciphertext of n bytes, without label, they are replaced by
 * those; if it is not, they stay, and nothing tells (RFC 7516 section 11.5): the work is the same, and nothing
 * branches on it. INTERNAL when libcrypto failed. */
MUST_CHECK enum fault rsa_oaep_unwrap(const struct rsa_private *k, uint8_t *key, size_t n, struct span in);

/* The message of a PKCS#1 v1.5 ciphertext into `out`, which has room for the key's size less RSA_PKCS1_EXTRA, and zeros
 * behind it; *n: its length. An invalid padding is no fault but gives a pseudo-random message, the same each time
 * (keyholder/rsa_pkcs1.h); whoever reads it must refuse it as he refuses any other nonsense. BAD_INPUT: the ciphertext
 * has not the key's size or is not below its modulus, which anybody can see. */
MUST_CHECK enum fault rsa_pkcs1_decrypt(const struct rsa_private *k, uint8_t *out, size_t *n, struct span in);

/* Append the ciphertext of `in` under PKCS#1 v1.5: for tools and tests that act an integrator's part. BAD_INPUT when it
 * is too long. */
MUST_CHECK enum fault rsa_pkcs1_encrypt(const struct rsa_public *k, struct buf *out, struct span in);
