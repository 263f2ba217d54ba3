/* charge.h: the acquirer's question: who a card with its code is. Both sides of it; it links no crypto.
 *
 * Only the acquirer's connection may put it (MAY_ACQUIRE), and that one no other. */
#pragma once

#include "base/arena.h"
#include "keyholder/card.h"
#include "keyholder/net_card.h"

/* `pan_mac` stands for the card at the acquirer, under a key of its own. `test_card` as in net_card.h. `has_code` and
 * `code_is_right`: a code was given, and it is not the published wrong one ("999", of four digits "9999"). A charge may
 * hold a code alone, without a number (a saved card's): then scheme is UNKNOWN and the rest empty. */
struct charge_card {
    uint8_t pan_mac[NET_PAN_MAC];
    enum scheme scheme;
    struct pan_bin8 bin8;
    struct pan_last4 last4;
    struct expiry expiry;
    uint8_t test_card;
    bool has_code, code_is_right;
};

/* BAD_INPUT when it asks: not CARD_CHARGE bytes. DENIED when it reads: it does not open any more. */
MUST_CHECK enum fault charge_ask(struct key_ask *out, struct arena *a, struct span charge);
MUST_CHECK enum fault charge_read(struct charge_card *out, const struct key_ask *answered);
