/* card_budget.h: how many distinct card numbers a merchant may try in an hour, so that nobody guesses them here.
 *
 * Counted are 64-bit keyed digests of fingerprints in memory alone; a restart begins anew. The same card again is
 * free. */
#pragma once

#include "keyholder/card.h"

enum {
    CARD_BUDGET_MERCHANTS = 256,      /* merchants counted at once; the one that was counted least lately goes first */
    CARD_BUDGET_MAX = 100000,         /* the highest limit */
};

struct card_budget;
struct journal;

/* `limit` distinct cards a merchant and hour, 1 to CARD_BUDGET_MAX: BAD_INPUT otherwise. `journal` may be NULL; it is
 * told of the first refusal of each merchant and hour. The caller frees it with card_budget_free(). */
MUST_CHECK enum fault card_budget_new(struct card_budget **out, unsigned limit, struct journal *journal);
void card_budget_free(struct card_budget *b);         /* NULL is fine */

/* Count this card. False: it would be one too many. Thread-safe. When memory is out the card passes. */
bool card_budget_take(struct card_budget *b, int64_t merchant_id, const uint8_t fingerprint[static CARD_FINGERPRINT],
                      int64_t now_ms);
