/* money.h: amounts of money, exact, in minor units. Nobody else does arithmetic on them. */
#pragma once

#include <stdint.h>

#include "base/span.h"

struct money { int64_t minor; char currency[4]; };       /* 10.15 INR is {1015, "INR"}; never floating point */

/* The largest amount read, in major units; bytes of its text with NUL. */
enum { MONEY_MAX_MAJOR = 1000000000, MONEY_TEXT = 24 };

/* Decimals of a currency's minor unit: 2 for INR, 0 for JPY, 3 for BHD (ISO 4217; reference 5.4). NOT_FOUND
 * for a code that is no currency. `code` must be three capital letters. */
MUST_CHECK enum fault money_exponent(unsigned *exponent, struct span code);

/* Read a plain decimal such as "10.15", "10", "10.1500" in `currency`: digits, at most one point, no sign, no
 * exponent; decimals beyond the minor unit must be zeros. BAD_INPUT otherwise, NOT_FOUND for an unknown
 * currency; *out is then untouched. */
MUST_CHECK enum fault money_read(struct money *out, struct span decimal, struct span currency);

/* Write the shortest decimal: 170 -> "170", 10.5 -> "10.5", 10.15 -> "10.15". */
void money_short(struct buf *out, struct money m);

/* Write all decimals of the currency: "170.00", "10.50"; "170" for JPY. */
void money_full(struct buf *out, struct money m);

/* -1, 0, 1. BAD_INPUT when the currencies differ (then *order is untouched). */
MUST_CHECK enum fault money_compare(int *order, struct money a, struct money b);

/* *sum = a + b. BAD_INPUT when the currencies differ or the sum does not fit. */
MUST_CHECK enum fault money_add(struct money *sum, struct money a, struct money b);

/* The three letters, borrowed from *m. */
static inline struct span money_currency(const struct money *m)
{
    return (struct span){ (const uint8_t *)m->currency, 3 };
}
