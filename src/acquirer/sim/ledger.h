/* ledger.h: what the simulated acquirer remembers beside payments and refunds: what was done under which request, what
 * is still to be told, and its own secret. */
#pragma once

#include "acquirer/acquirer.h"
#include "base/arena.h"
#include "base/secret.h"
#include "store/store.h"

/* An effect on a payment that was asked for under `request`, and what was said. */
struct effect {
    int64_t merchant_id, payment_no, request;
    enum acquirer_op op;
    enum acquirer_verdict verdict;
    int tries_left;
    int64_t at_ms;
};

/* merchant_id, payment_no, request and op of *e say which. NOT_FOUND: nothing was asked for under it. */
MUST_CHECK enum fault effect_find(struct store_tx *tx, struct effect *e);
MUST_CHECK enum fault effect_put(struct store_tx *tx, const struct effect *e);

/* A notice to be told until the listener has it; refund_no 0: of the payment. What it says is read when it is told. */
struct acquirer_told { uint64_t id; int64_t merchant_id, payment_no, refund_no; };
/* n->id is not looked at: it is given one. */
MUST_CHECK enum fault acquirer_notice_put(struct store_tx *tx, const struct acquirer_told *n);
MUST_CHECK enum fault acquirer_notice_drop(struct store_tx *tx, uint64_t id);
/* Those above `after`, oldest first, at most `max`. */
MUST_CHECK enum fault acquirer_notices(struct store_tx *tx, struct acquirer_told *out, size_t *n, size_t max,
                                       uint64_t after);

/* The acquirer's own secret, which names its references (names.c): made when there is none. `out` has room for
 * PERMUTE_KEY bytes; the caller wipes it. */
MUST_CHECK enum fault acquirer_secret(struct store_tx *tx, struct arena *a, uint8_t *out);
