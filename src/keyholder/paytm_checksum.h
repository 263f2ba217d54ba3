/* paytm_checksum.h: the signature of Paytm's official libraries: a salted SHA-256, enciphered under the merchant's key.
 *
 *     hash = hex(SHA-256(body | "|" | salt))             64 lower-case digits
 *     signature = base64(AES-CBC(key, hash | salt))      IV "@@@@&&&&####$$$$", PKCS#7 padding: always 108 characters
 *
 * as paytmchecksum 1.5.1 and pg-node-sdk make it. The salt is the base64 of three random bytes. The body is the bytes
 * that were sent: clients differ in how they write JSON, and each signs its own text. */
#pragma once

#include "base/span.h"

enum { PAYTM_CHECKSUM = 108, PAYTM_SALT = 4, PAYTM_RANDOM = 3 };      /* characters, characters, bytes */

/* The algorithms, fetched once. A context is one thread's at a time; the caller frees it with paytm_checksum_free(). */
struct paytm_checksum;
MUST_CHECK enum fault paytm_checksum_new(struct paytm_checksum **out);
void paytm_checksum_free(struct paytm_checksum *c);

/* `key`: 16, 24 or 32 bytes choose AES-128, -192 or -256, as pg-node-sdk does; merchants mostly have 16. */
struct paytm_checksum_job { struct span key, body; };

/* Write the signature of job->body, PAYTM_CHECKSUM characters without a NUL, with a salt made of `random`. BAD_INPUT:
 * the key has another length. */
MUST_CHECK enum fault paytm_checksum_sign(struct paytm_checksum *c, char out[PAYTM_CHECKSUM],
                                          const struct paytm_checksum_job *job, const uint8_t random[PAYTM_RANDOM]);

/* Is `signature` one of job->body? DENIED whatever is wrong with it: length, base64, padding and hash are not told
 * apart, neither by the answer nor by the time it takes. BAD_INPUT as above. */
MUST_CHECK enum fault paytm_checksum_verify(struct paytm_checksum *c, const struct paytm_checksum_job *job,
                                            struct span signature);
