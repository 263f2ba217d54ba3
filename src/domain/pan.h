/* pan.h: a card number, in a type of its own.
 *
 * Only pan.c looks inside. There is no function that prints one, and none that writes one to the store: what may be
 * kept and shown are the last four digits (RBI CO.DPSS.POLC.No.S-516, PCI DSS 3.4.1), and the first six or eight
 * serve to look the issuer up. Whoever holds a card number wipes it with pan_fini(), or declares it AUTO_PAN; copies
 * in registers and spilled stack are beyond reach. A token number has the same form and is read the same way. */
#pragma once

#include "domain/scheme.h"

enum { PAN_DIGITS_MAX = 19 };         /* ISO/IEC 7812-1 */

struct pan { uint8_t digits[PAN_DIGITS_MAX], n; };

/* Why a text is no card number we serve; the first that applies, in this order. */
enum pan_flaw {
    PAN_FINE,
    PAN_MISSING,                      /* absent or empty */
    PAN_NOT_DIGITS,                   /* anything but ASCII digits; spaces and hyphens, too, are refused */
    PAN_SCHEME,                       /* no scheme we serve begins so; also when there are fewer digits than tell */
    PAN_LENGTH,                       /* not a length of its scheme */
    PAN_LUHN,                         /* the check digit (ISO/IEC 7812-1 annex B) is wrong */
    PAN_FLAWS,
};

/* What remains of a card number. Each has one use, so that none passes for another. */
struct pan_last4 { char text[5]; };               /* NUL-terminated */
struct pan_bin6  { uint32_t number; };            /* 0 to 999999 */
struct pan_bin8  { uint32_t number; };            /* 0 to 99999999 */

/* Read a card number. PAN_FINE, and the caller wipes *out; or why not, and *out is all zeros. */
MUST_CHECK enum pan_flaw pan_read(struct pan *out, struct span digits);

/* Wipe; an all-zero one is fine. */
void pan_fini(struct pan *p);
#define AUTO_PAN __attribute__((cleanup(pan_fini))) struct pan

/* Of a card number that was read: its scheme (never SCHEME_UNKNOWN), its last four digits, its first six or eight. Of a
 * number shorter than 16 digits no more than the first six may be told beside the last four (PCI SSC FAQ 1091), so the
 * seventh and eighth are given as 0. */
enum scheme pan_scheme(const struct pan *p);
struct pan_last4 pan_last4(const struct pan *p);
struct pan_bin6 pan_bin6(const struct pan *p);
struct pan_bin8 pan_bin8(const struct pan *p);

/* The one door to the digits, as ASCII, borrowed from *p: for a question to the keyholder (fingerprint, sealing while
 * a payment waits) or to a card network or acquirer, and for nothing else. Such a span must not outlive *p. */
struct span pan_digits(const struct pan *p);

/* Why, for a person: "the check digit is wrong"; a constant string without anything of the number, never NULL. */
const char *pan_flaw_text(enum pan_flaw f);
