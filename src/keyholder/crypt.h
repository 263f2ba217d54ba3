/* crypt.h: the primitives the heart is made of. OpenSSL is used behind this header and nowhere else here.
 *
 * Algorithms are fetched and contexts made once, since that costs more than using them. A context is one
 * thread's at a time. INTERNAL means that OpenSSL failed where it cannot with good arguments. */
#pragma once

#include "base/span.h"

enum { CRYPT_KEY = 32, CRYPT_NONCE = 12, CRYPT_TAG = 16, CRYPT_SHA256 = 32, CRYPT_SHA384 = 48 };

/* AES-256-GCM (NIST SP 800-38D). */
struct crypt_gcm;

/* A context for it, which the caller frees with crypt_gcm_free(); NULL is fine there, as with free(). */
MUST_CHECK enum fault crypt_gcm_new(struct crypt_gcm **out);
void crypt_gcm_free(struct crypt_gcm *g);

struct crypt_gcm_job {
    const uint8_t *key;               /* CRYPT_KEY bytes */
    const uint8_t *nonce;             /* CRYPT_NONCE bytes */
    struct span aad, in;
};

/* Write the ciphertext of job->in (as long as the plaintext) and behind it the tag (CRYPT_TAG bytes). */
MUST_CHECK enum fault crypt_gcm_seal(struct crypt_gcm *g, uint8_t *out, const struct crypt_gcm_job *job);

/* job->in is ciphertext and tag; write the plaintext, CRYPT_TAG bytes shorter. DENIED when the tag is not
 * right, and then `out` is wiped. */
MUST_CHECK enum fault crypt_gcm_open(struct crypt_gcm *g, uint8_t *out, const struct crypt_gcm_job *job);

/* Put a key of zeros in the place of the last job's. */
MUST_CHECK enum fault crypt_gcm_forget(struct crypt_gcm *g);

/* HMAC (RFC 2104) under one key, which is scheduled once. */
struct crypt_mac;

/* `size` chooses the hash: CRYPT_SHA256 or CRYPT_SHA384. The key stays the caller's, who frees the context with
 * crypt_mac_free(), which wipes the scheduled key. */
MUST_CHECK enum fault crypt_mac_new(struct crypt_mac **out, size_t size, struct span key);
void crypt_mac_free(struct crypt_mac *m);

/* Write the MAC of the `n` parts, one behind the other, into `out` (`size` bytes as at its making). */
MUST_CHECK enum fault crypt_mac(struct crypt_mac *m, uint8_t *out, const struct span *parts, size_t n);

/* The same under `key`, which takes the place of the one from before, and then under none: the context holds zeros. */
MUST_CHECK enum fault crypt_mac_under(struct crypt_mac *m, struct span key, uint8_t *out, const struct span *parts,
                                      size_t n);

struct crypt_hkdf { struct span key, salt, info; };

/* HKDF-SHA-256, extract and expand (RFC 5869): `n` bytes into `out`. */
MUST_CHECK enum fault crypt_hkdf(uint8_t *out, size_t n, const struct crypt_hkdf *from);
