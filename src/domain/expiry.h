/* expiry.h: the month until whose end a card or a token is good.
 *
 * A card's expiry is card data: it is never written to the store, and whoever holds one wipes it with expiry_fini()
 * (RBI CO.DPSS.POLC.No.S-516; PCI DSS 3.2.1). A token's own expiry is kept and shown. Months end in India (IST). */
#pragma once

#include "base/span.h"

enum {
    EXPIRY_YEAR_MIN = 2000, EXPIRY_YEAR_MAX = 2099,       /* so that two digits always tell the year */
    EXPIRY_MONTHS_MAX = 600,                              /* the most expiry_in_months() goes ahead: 50 years */
};

struct expiry { uint16_t year; uint8_t month; };          /* 2028, 3: good until the end of March 2028 */

/* Why two texts are no expiry; the month is looked at first. */
enum expiry_flaw { EXPIRY_FINE, EXPIRY_MONTH, EXPIRY_YEAR };

/* Read a month "01" to "12" and a year "28" or "2028" (reference A.2 decision 3, B.7, cashfree 2.7); then *out is
 * untouched when either is wrong. */
MUST_CHECK enum expiry_flaw expiry_read(struct expiry *out, struct span month, struct span year);

/* Wipe. */
void expiry_fini(struct expiry *e);

/* A month, and a year in range? The functions below want such ones only. */
bool expiry_is_valid(struct expiry e);

/* The first millisecond of the month after, in IST: from then on it is past. */
int64_t expiry_end_ms(struct expiry e);

/* Is it past at `now_ms`? */
bool expiry_is_past(struct expiry e, int64_t now_ms);

/* Earlier, the same, later: -1, 0, 1. */
int expiry_compare(struct expiry a, struct expiry b);

/* The month `months` (at most EXPIRY_MONTHS_MAX) after the one of `now_ms` in IST, but none after December of
 * EXPIRY_YEAR_MAX: a token's expiry when it is made or renewed. Times before EXPIRY_YEAR_MIN count as its January. */
struct expiry expiry_in_months(int64_t now_ms, unsigned months);

/* An expiry in all the forms that are printed, NUL-terminated. */
struct expiry_text { char mm[3], yy[3], yyyy[5], mmyyyy[7]; };
struct expiry_text expiry_text(struct expiry e);
