/* ff1.h: format-preserving encryption of decimal numbers: FF1 with AES (NIST SP 800-38G), radix 10.
 *
 * A number of n digits becomes another of n digits, one to one, under a key and a tweak. Not constant in time:
 * the division by a power of ten takes as long as the processor takes for the numbers at hand. What is left in
 * memory is not: every intermediate value is wiped. */
#pragma once

#include "base/span.h"

enum {
    FF1_DIGITS_MIN = 6,               /* a domain of 10^6: SP 800-38G revision 1 (draft of 2019) allows no less */
    FF1_DIGITS_MAX = 56,              /* so half of them, as a number, and its round function fit in one AES block */
    FF1_TWEAK_MAX = 32,               /* bytes: our own limit */
};

/* One key, scheduled once. It is one thread's at a time. */
struct ff1;

/* `key` has 16, 24 or 32 bytes (BAD_INPUT otherwise) and stays the caller's, who frees the context with
 * ff1_free(), which wipes the scheduled key; NULL is fine there. */
MUST_CHECK enum fault ff1_new(struct ff1 **out, struct span key);
void ff1_free(struct ff1 *f);

struct ff1_job { struct span tweak, digits; };        /* digits: '0' to '9' */

/* Write as many digits as job->digits has, which may be the same place. BAD_INPUT, and then `out` is untouched:
 * fewer than FF1_DIGITS_MIN or more than FF1_DIGITS_MAX of them, one that is no digit, or too long a tweak. */
MUST_CHECK enum fault ff1_encrypt(struct ff1 *f, uint8_t *out, const struct ff1_job *job);

/* The inverse of ff1_encrypt() under the same tweak, with the same faults. */
MUST_CHECK enum fault ff1_decrypt(struct ff1 *f, uint8_t *out, const struct ff1_job *job);
