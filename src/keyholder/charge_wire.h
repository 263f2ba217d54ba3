/* charge_wire.h: the bytes of the acquirer's question and of its answer; charge.c has both sides of each.
 *
 * A question: `in`: a card with its code, sealed.
 * An answer:  pan mac (16) | scheme (1) | first eight (4) | last four (4) | year (2) | month (1) | test card (1) |
 *             has code (1) | code is right (1); of a code alone, zeros but for test card and the last two. */
#pragma once

#include "keyholder/charge.h"

enum { CHARGE_RESULT = NET_PAN_MAC + 1 + 4 + 4 + 2 + 1 + 1 + 1 + 1 };

/* Append the answer, CHARGE_RESULT bytes. */
void charge_pack(struct buf *out, const struct charge_card *c);
