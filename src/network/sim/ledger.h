/* ledger.h: what the simulated network remembers beside its tokens: what was done, spent, and is still to be told. */
#pragma once

#include "network/network.h"
#include "store/store.h"

/* An effect that was asked for under a reference, and how it ended. */
struct ledger_effect {
    struct network_ref ref;
    enum network_op op;
    enum network_verdict verdict;
    struct token_life life;
    struct expiry expiry;
};

/* NOT_FOUND: nothing was asked for under it. */
MUST_CHECK enum fault ledger_effect_find(struct store_tx *tx, struct ledger_effect *out, const struct network_ref *ref,
                                         enum network_op op);
MUST_CHECK enum fault ledger_effect_put(struct store_tx *tx, const struct ledger_effect *e);

/* A spent cryptogram by its serial, and under whose reference it was spent. NOT_FOUND: it is unspent. */
MUST_CHECK enum fault ledger_spent_find(struct store_tx *tx, struct network_ref *by, uint64_t serial);
MUST_CHECK enum fault ledger_spend(struct store_tx *tx, uint64_t serial, const struct network_ref *by);
/* Forget the spent ones below `serial`, which are refused by their age from now on, whatever the clock will say. */
MUST_CHECK enum fault ledger_forget(struct store_tx *tx, uint64_t serial);

/* A notice to be told until the listener has it. What it says is read when it is told. */
struct ledger_notice { uint64_t id; enum scheme scheme; uint64_t counter; };
MUST_CHECK enum fault ledger_notice_put(struct store_tx *tx, enum scheme scheme, uint64_t counter);
MUST_CHECK enum fault ledger_notice_drop(struct store_tx *tx, uint64_t id);
/* Those above `after`, oldest first, at most `max`. */
MUST_CHECK enum fault ledger_notices(struct store_tx *tx, struct ledger_notice *out, size_t *n, size_t max,
                                     uint64_t after);

/* Single numbers that only grow; 0 when never put. */
enum ledger_number {
    LEDGER_NOTICE,                    /* the last notice's id */
    LEDGER_SERIAL,                    /* serials below this may have been given out */
    LEDGER_FORGOTTEN,                 /* what ledger_forget() was told last */
    LEDGER_NUMBERS
};
MUST_CHECK enum fault ledger_get(struct store_tx *tx, uint64_t *out, enum ledger_number which);
MUST_CHECK enum fault ledger_put(struct store_tx *tx, enum ledger_number which, uint64_t value);
