/* scheme.h: the card schemes, and what their numbers look like.
 *
 * Numbers are told apart by their first six digits (ISO/IEC 7812-1: the issuer identification number). The ranges
 * are those the schemes publish: Visa 4; Mastercard 51-55 and 2221-2720; RuPay (NPCI) 60, 65, 81, 82, 508 and, for
 * cards issued together with JCB, 353 and 356; American Express 34 and 37; Diners Club 300-305, 3095, 36, 38, 39.
 * 6011 lies among RuPay's but is Discover's own, so it is nobody's here. */
#pragma once

#include "base/span.h"

enum scheme { SCHEME_UNKNOWN, SCHEME_VISA, SCHEME_MASTERCARD, SCHEME_RUPAY, SCHEME_AMEX, SCHEME_DINERS, SCHEMES };

/* Whose words a name is in. */
enum scheme_words {
    SCHEME_WORDS_OWN,                 /* VISA MASTERCARD RUPAY AMEX DINERS: what we store */
    SCHEME_WORDS_JUSPAY,              /* ... DINERSCLUB, since a client knows no DINERS (reference A.4) */
    SCHEME_WORDS_PAYTM,               /* ... MASTER (reference B.4) */
    SCHEME_WORDS_CASHFREE,            /* visa mastercard rupay amex diners (reference 2.13) */
    SCHEME_WORDS_CASHFREE_UPPER,      /* VISA MASTERCARD ...: the older samples of the same field */
    SCHEME_WORDS,
};

enum { SCHEME_IINS = 1000000 };       /* six digits make so many */

/* Whose cards begin with these six digits, as a number below SCHEME_IINS. SCHEME_UNKNOWN: nobody's we serve. */
enum scheme scheme_of_iin(uint32_t six);

/* May a card number of the scheme have so many digits? Mastercard and RuPay 16; Visa 16 and 19 (13 are no longer
 * issued); American Express 15; Diners Club 14 to 19 (Discover's list of ranges). Never of SCHEME_UNKNOWN. */
bool scheme_has_length(enum scheme s, size_t digits);

/* Digits of a token number: 16, American Express 15, Diners Club 14; 0 of SCHEME_UNKNOWN. */
size_t scheme_token_length(enum scheme s);

/* Digits of the code on the card: 3, American Express 4; 0 of SCHEME_UNKNOWN. */
size_t scheme_cvv_length(enum scheme s);

/* The scheme's name; a constant string, NULL of SCHEME_UNKNOWN. */
const char *scheme_name(enum scheme s, enum scheme_words words);

/* The scheme of a name in anybody's words, any case, "AMERICANEXPRESS" and "AmericanExpress" among them (the names
 * of reference A.4). NOT_FOUND for every other; then *out is untouched. */
MUST_CHECK enum fault scheme_read(enum scheme *out, struct span name);
