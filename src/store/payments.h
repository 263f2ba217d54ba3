/* payments.h: attempts to pay orders, as rows. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

/* One attempt. Text is borrowed. What a row holds of a card is what may be kept of it; `flight` is the card under its
 * pending-key, while the payment waits (and its token is asked for), and then empty. */
struct payment_row {
    int64_t merchant_id, payment_no;  /* payment_no: 1, 2, 3, ... within the merchant, below 2^37 */
    int64_t order_no;
    struct span order_id;
    int64_t amount_minor;
    struct span currency;
    int64_t state;                    /* enum payment_state */
    int64_t method, channel;          /* enum payment_method, payment_channel */
    int64_t created_ms, completed_ms, limit_ms;       /* completed: 0 until it is over; limit: when it is given up */
    struct span acquirer_ref, bank_ref, auth_id;      /* absent until the acquirer said */
    int64_t verdict;                  /* enum acquirer_verdict of the last answer that counted */
    struct span handle;               /* UPI address, bank code, provider; absent: none */
    struct span private_sealed;       /* phone, holder's name; absent: none */
    /* of a card */
    int64_t scheme, type, sub;
    struct span last4, issuer, issuer_code, country;
    int64_t token_no;                 /* paid with, or made by it; 0: none */
    int64_t saves;                    /* 0 no; 1 when it succeeds; 2 its token is being made; 3 that is settled */
    struct span flight;
    int64_t international, emi_months;
    /* the second factor */
    int64_t native, tries, resends, sent_ms;          /* native: the OTP may be given to us */
    /* authorise only */
    int64_t authorise_only, captured_minor, capture_action, capture_ms;       /* action: 0 none, 1 capture, 2 void */
    /* what is open with the acquirer */
    int64_t wanted;                   /* enum acquirer_op; meaningful while ask_ms > 0 */
    int64_t wanted_minor;             /* of an open capture: how much */
    int64_t request, ask_ms;          /* request: tells this question from others; ask_ms: when it is asked again */
    struct span source;               /* the payer's numeric address */
    int64_t refunded_minor;           /* of refunds that are not cancelled or failed */
};

/* Insert; insert_no first. On the commit thread only. */
MUST_CHECK enum fault payments_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id);
MUST_CHECK enum fault payments_insert(struct store_tx *tx, const struct payment_row *p);
MUST_CHECK enum fault payments_find(struct store_tx *tx, struct payment_row *out, struct arena *a, int64_t merchant_id,
                                    int64_t payment_no);
/* Write all that can change after the insert. NOT_FOUND. */
MUST_CHECK enum fault payments_update(struct store_tx *tx, const struct payment_row *p);
/* Of one order, newest first, until `each` returns a fault, which is then the result. */
MUST_CHECK enum fault payments_of_order(struct store_tx *tx, int64_t merchant_id, int64_t order_no,
                                        enum fault (*each)(void *arg, const struct payment_row *p), void *arg);
/* With 0 < ask_ms <= now_ms, or put off by a clock that has gone back (store_ahead_ms()), oldest first, at most
 * `max`. */
MUST_CHECK enum fault payments_due(struct store_tx *tx, int64_t now_ms, int64_t max,
                                   enum fault (*each)(void *arg, const struct payment_row *p), void *arg);

/* What an order's attempts are: how many, how many are not over, and how many but number `but` may be charged right
 * now: begun, flagged, or asked for the OTP (`otp`: which `wanted` that is). One look-up. */
struct payments_question { int64_t merchant_id, order_no, but, otp; };
struct payments_tally { int64_t attempts, waiting, charging; };
MUST_CHECK enum fault payments_count(struct store_tx *tx, struct payments_tally *out,
                                     const struct payments_question *q);
