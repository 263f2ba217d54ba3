/* card_wire.h: the bytes of a question about a card and of its answer; card.c has both sides of each.
 *
 * A question: `number`: form; `about`: merchant (8) | now in ms (8); `in`: the card as it came; `presented`: owner.
 * An answer:  flaw (1) | pan flaw (1) | enc (1) | scheme (1) | has code (1) | first eight (4) | last four (4) |
 *             fingerprint (32) | owner (16) | flight (85) | charge (85) | kid (129) | why (128) | has before (1) |
 *             fingerprint before (32) | owner before (16), the texts filled up with zeros. */
#pragma once

#include "keyholder/card.h"

enum {
    CARD_ABOUT = 16,
    CARD_RESULT = 5 + 4 + 4 + CARD_FINGERPRINT + CARD_OWNER + CARD_FLIGHT + CARD_CHARGE + CARD_KID_MAX + 1 +
                  CARD_WHY_MAX + 1 + CARD_FINGERPRINT + CARD_OWNER,
};

/* Are the sizes and the form of a KEY_CARD question in range? */
bool card_is_askable(const struct key_ask *ask);

/* The question of an ask that is in range; the spans are borrowed. */
void card_unpack(struct card_ask *out, const struct key_ask *ask);

/* Append the answer, CARD_RESULT bytes. */
void card_pack(struct buf *out, const struct card_facts *c);
