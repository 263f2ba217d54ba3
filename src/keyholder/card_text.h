/* card_text.h: a card as clients write it before they encrypt it.
 *
 * Juspay's (reference A.3): a JSON object, or a JSON string that holds one, up to CARD_TEXT_LEVELS strings deep, with
 * cardNumber, expMonth, expYear, cardSecurityCode in any case. Paytm's (B.7): a JSON object with cardNumber,
 * expiryMonth, expiryYear, securityCode; or the number alone. In the clear there is the number and
 * nothing else, or what card_clear() joined.
 * All members are strings; null and "" count as not given, and other members are ignored. */
#pragma once

#include "base/arena.h"
#include "keyholder/card.h"

enum {
    CARD_TEXT_LEVELS = 2,
    CARD_TEXT_DIGITS_MIN = 12,        /* of a number alone, to be taken for one at all */
    CARD_TEXT_DIGITS_MAX = PAN_DIGITS_MAX,
};

/* Absent where not given; all borrowed from the arena or the text. */
struct card_text { struct span number, month, year, code; };

/* Take `plain` apart. BAD_INPUT: it is not of its form, or has a member of the card twice. */
MUST_CHECK enum fault card_text_read(struct card_text *out, struct arena *a, enum card_form form, struct span plain);
