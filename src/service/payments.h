/* payments.h: the thread that looks after attempts nobody waits for: the acquirer's notices, and the sweeper, which
 * settles what is open by asking the acquirer, gives up what is past its limit, has tokens made that were promised,
 * reverses charges that came too late, and ends orders whose termination was asked for. */
#pragma once

#include "service/pay.h"

enum {
    PAYMENTS_SWEEP_MS = 1000, PAYMENTS_SWEEP_MAX = 100,
    PAYMENTS_NOTICES_MAX = 1024,      /* that wait to be kept; of more, each comes again */
};

/* As vault_new() and vault_free(). */
MUST_CHECK enum fault payments_new(struct payments **out, const struct services *s);
void payments_free(struct payments *p);

/* The notice handler for acquirer_options; `arg` is the struct payments *, or NULL: then the notice comes again. */
void payments_notice(void *payments, const struct acquirer_notice *n);

/* One step of the sweeper, for tests. Waits for commits. */
MUST_CHECK enum fault payments_sweep(struct payments *p, int64_t now_ms);

/* In a write job: an acquirer's answer about a payment, heard. The one place where what an acquirer says changes a
 * payment, its order, and what follows from both (outbox, token, reversal). *changed: it did. */
MUST_CHECK enum fault payments_hear(const struct services *s, struct store_tx *tx, struct arena *a,
                                    struct payment_row *p, const struct acquirer_answer *said, int64_t now_ms,
                                    bool *changed);

/* In a write job: of an order whose termination is asked for: does an attempt of it wait? */
MUST_CHECK enum fault payments_in_flight(struct store_tx *tx, bool *out, int64_t merchant_id, int64_t order_no);
