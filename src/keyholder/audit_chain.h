/* audit_chain.h: one link of the audit chain: what the keyholder is asked, and what it adds (docs/AUDIT.md).
 *
 *     link = link number (8) | first row (8) | count of rows (4) | time in ms (8) | MAC of the link before (32) |
 *            SHA-256 of each row (32 each)
 *     MAC  = HMAC-SHA-256(audit chain, "link" | link | life (16) | cards (8) | numbers (8))
 *
 * `life` is random bytes of one run of the keyholder; cards and numbers are what it opened in that run so far. The
 * keyholder continues only what it made itself: within one run a link follows the last one it made, or takes its place
 * (a commit that failed), so nobody rewrites the chain behind its back. */
#pragma once

#include "base/arena.h"
#include "keyholder/keyholder.h"

enum {
    CHAIN_MAC = 32, CHAIN_DIGEST = 32, CHAIN_LIFE = 16,                       /* bytes */
    CHAIN_HEAD = 8 + 8 + 4 + 8 + CHAIN_MAC,                                   /* bytes of a link before its digests */
    CHAIN_ROWS_MAX = 2000,                                                    /* rows in one link */
    CHAIN_RESULT = CHAIN_MAC + CHAIN_LIFE + 8 + 8,                            /* bytes of the answer */
};

_Static_assert(CHAIN_HEAD + CHAIN_ROWS_MAX * CHAIN_DIGEST <= KEY_IN_MAX, "a whole link is one question");

/* What is linked. `digests` has rows * CHAIN_DIGEST bytes. */
struct chain_link {
    int64_t link_no, first_row, rows, at_ms;
    uint8_t before[CHAIN_MAC];        /* zeros: the first link of all */
    struct span digests;
};

/* What the keyholder adds. */
struct chain_seal { uint8_t mac[CHAIN_MAC], life[CHAIN_LIFE]; int64_t cards, numbers; };

/* Append the link's bytes as above. */
void chain_put(struct buf *out, const struct chain_link *l);

/* Make the question; its memory comes from `a`. BAD_INPUT: too many rows; INTERNAL. */
MUST_CHECK enum fault chain_ask(struct key_ask *out, struct arena *a, const struct chain_link *l);

/* Read the answer. DENIED: this does not continue what the keyholder has linked. SILENT, INTERNAL. */
MUST_CHECK enum fault chain_read(struct chain_seal *out, const struct key_ask *answered);
