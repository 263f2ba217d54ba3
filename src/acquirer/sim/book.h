/* book.h: what the simulated acquirer keeps: payments and refunds, each under our reference.
 *
 * The book is the acquirer's own database. It holds no card number, no code and no OTP. Rows are plain values; arenas
 * passed in serve while a row is read and may be reset afterwards. */
#pragma once

#include "acquirer/acquirer.h"
#include "base/arena.h"
#include "store/store.h"

/* The steps of its schema, for store_options.schema. */
extern const char *const book_schema_acquirer[];

/* A payment. `verdict` is what STATUS says of it: FACTOR and WAITS are open; GONE is a tombstone: nothing is to be
 * under this reference. `due_ms`: when an open one becomes `due_verdict` by itself; 0: never. `request`: the OTP that
 * decided it; 0: none has. An open one with a request has had its OTP, and only the bank's word is missing. */
struct book_payment {
    int64_t merchant_id, payment_no;
    enum acquirer_verdict verdict, due_verdict;
    enum acquirer_source source;
    struct money amount;
    bool authorise_only, captured, native;
    bool one_account;                 /* only one account may pay it; which, is not kept */
    int64_t captured_minor, refunded_minor, created_ms, at_ms, due_ms, sent_ms, request;
    int tries, resends;
    char last4[5], handle[PAYMENT_HANDLE_MAX + 1];
};

struct book_refund {
    int64_t merchant_id, refund_no, payment_no;
    enum acquirer_verdict verdict, due_verdict;
    int64_t amount_minor, created_ms, at_ms, due_ms;
};

/* NOT_FOUND; INTERNAL when a row is none that this program writes. */
MUST_CHECK enum fault book_payment_find(struct store_tx *tx, struct book_payment *out, struct arena *a,
                                        int64_t merchant_id, int64_t payment_no);
/* EXISTS. */
MUST_CHECK enum fault book_payment_insert(struct store_tx *tx, const struct book_payment *p);
/* All that can change: verdicts, sums, times, tries, request, handle. NOT_FOUND. */
MUST_CHECK enum fault book_payment_update(struct store_tx *tx, const struct book_payment *p);

/* The same of refunds. */
MUST_CHECK enum fault book_refund_find(struct store_tx *tx, struct book_refund *out, int64_t merchant_id,
                                       int64_t refund_no);
MUST_CHECK enum fault book_refund_insert(struct store_tx *tx, const struct book_refund *r);
MUST_CHECK enum fault book_refund_update(struct store_tx *tx, const struct book_refund *r);

/* Into `out`, at most `max`: those due at `now_ms`, the first due first; the newest, newest first. */
MUST_CHECK enum fault book_payments_due(struct store_tx *tx, struct book_payment *out, size_t *n, size_t max,
                                        int64_t now_ms);
MUST_CHECK enum fault book_payments_newest(struct store_tx *tx, struct book_payment *out, size_t *n, size_t max);
MUST_CHECK enum fault book_refunds_due(struct store_tx *tx, struct book_refund *out, size_t *n, size_t max,
                                       int64_t now_ms);

/* How many payments say `v`, and how many refunds. */
MUST_CHECK enum fault book_payments_count(struct store_tx *tx, uint64_t *out, enum acquirer_verdict v);
MUST_CHECK enum fault book_refunds_count(struct store_tx *tx, uint64_t *out, enum acquirer_verdict v);
