/* pending.h: the random keys under which cards wait (keyholder/card.h), each destroyed when its life is over.
 *
 * A key is that of a slot of the time we are told, CARD_PENDING_SLOT_MS wide, and seals while that slot lasts. Two
 * clocks end it, whichever is first: the told one, CARD_PENDING_MS after the slot's end; and the real one, so that
 * nobody keeps a card by not telling the time, or an old one: CARD_PENDING_SLOT_MS after a key was made it seals no
 * more, even while the told clock stands still, and CARD_PENDING_MS later it is gone. When the told clock goes back,
 * keys of slots to come stay, for as long as the real one lets them. Thread-safe. */
#pragma once

#include "keyholder/card.h"
#include "keyholder/desk.h"

enum {
    PENDING_SLOTS = 64,               /* keys that live at once; one more destroys the one that was made first. A clock
                                       * that only goes on needs 32 */
};

/* What is sealed; each has a key of its own in a slot, so that neither opens as the other. */
enum pending_kind { PENDING_FLIGHT, PENDING_CHARGE, PENDING_KINDS };
struct pending_key { enum pending_kind kind; struct desk_key key; };

struct pending;

/* No key yet. INTERNAL when memory is out. The caller frees it with pending_free(), which destroys every key. */
MUST_CHECK enum fault pending_new(struct pending **out);
void pending_free(struct pending *p);

/* The told clock shows `now_ms`: destroy the keys whose life is over by it. Times before 1970 count as its begin. */
void pending_tell(struct pending *p, int64_t now_ms);

/* So much real time has passed since the last call: destroy the keys whose life is over by that. */
void pending_pass(struct pending *p, uint64_t ms);

/* The key to seal with at `now_ms`, which need not be the latest time told: several threads tell it. A new one when
 * the slot has none. The caller wipes *out. */
void pending_current(struct pending *p, struct pending_key *out, enum pending_kind kind, int64_t now_ms);

/* The key of a record, at least KEY_SEAL_EXTRA bytes; the caller wipes *out. DENIED: it lives no more, or never did. */
MUST_CHECK enum fault pending_find(struct pending *p, struct pending_key *out, enum pending_kind kind,
                                   struct span record);

/* How many slots have a key, and how much real time passed so far. */
size_t pending_count(struct pending *p);
uint64_t pending_passed_ms(struct pending *p);
