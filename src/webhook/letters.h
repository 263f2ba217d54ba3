/* letters.h: from a delivery that was chosen to a finished request: rows read, questions put for many at once, written,
 * signed. The sender's own. */
#pragma once

#include "webhook/places.h"

enum {
    LETTERS_MAX = 64,                 /* for which questions are put together */
    LETTERS_KEYS = 64,                /* merchants whose secret is remembered during one look; a power of two */
};

/* The newest secrets of merchants, found once a look; rows and spans in an arena that lives as long. */
struct letters_keys {
    struct arena *arena;
    struct { int64_t merchant_id; struct signing_keys *found; } at[LETTERS_KEYS];
};

/* In a snapshot: the rows of one place, and what its writer gathers; place->fate and place->fault say what came. A
 * fault of the store itself is returned. */
MUST_CHECK enum fault letters_gather(const struct webhooks_options *o, struct store_tx *tx, struct letters_keys *keys,
                                     struct place *place, int64_t now_ms);

/* Put the questions, write, sign: `n` gathered places, at most LETTERS_MAX. Those whose fault is NONE have a call. */
void letters_write(const struct webhooks_options *o, struct place *const *places, size_t n);
