/* refunds.h: giving money back (reference 2.11), and what was settled to the merchant (2.14). Led like a pay job. */
#pragma once

#include "acquirer/acquirer.h"
#include "domain/refund.h"
#include "service/orders.h"
#include "service/services.h"
#include "store/payments.h"
#include "store/refunds.h"

enum refund_op { REFUND_CREATE, REFUND_CANCEL };

enum refund_why {
    REFUND_FINE,
    REFUND_NO_ORDER, REFUND_NO_REFUND,        /* NOT_FOUND */
    REFUND_NOT_PAID,                  /* WRONG_STATE: the order is not paid, or its payment not captured */
    REFUND_AMOUNT,                    /* BAD_INPUT: nothing, or more than is left of what was paid */
    REFUND_TAKEN,                     /* EXISTS: another refund of this order has that id */
    REFUND_TOO_MANY,                  /* TOO_MANY */
    REFUND_OVER,                      /* WRONG_STATE: it cannot be cancelled any more */
    REFUND_NO_ACQUIRER,
};

struct refund_wish {
    enum refund_op op;
    int64_t merchant_id;
    struct span order_id, refund_id;  /* refund_id absent: one is made */
    struct money amount;
    enum refund_speed speed;
    struct span note, splits, remarks;        /* absent: none */
};

struct refund_job {
    struct refund_wish wish;
    int64_t now_ms;
    struct arena *arena;
    enum refund_why why;
    bool existed;                     /* the same refund was asked for before */
    struct order_row order;
    struct payment_row payment;
    struct refund_row row;
    struct acquirer_answer answer;
    bool asks, settles;
    int64_t lease;
    struct acquirer_call call;
    void (*asked)(struct refund_job *job);
    void *arg;
};

MUST_CHECK enum fault refund_begin(const struct services *s, struct store_tx *tx, struct refund_job *job);
bool refund_asks(const struct refund_job *job);
void refund_ask(const struct services *s, struct refund_job *job, void (*asked)(struct refund_job *job), void *arg);
bool refund_settles(const struct refund_job *job);
MUST_CHECK enum fault refund_settle(const struct services *s, struct store_tx *tx, struct refund_job *job);

/* In a write job: an acquirer's answer about a refund, heard: row, payment's refunded sum, outbox. */
MUST_CHECK enum fault refunds_hear(const struct services *s, struct store_tx *tx, struct arena *a, struct refund_row *r,
                                   const struct acquirer_answer *said, int64_t now_ms, bool *changed);

/* One look of the payments' sweeper at refunds that are open: asks the acquirer, waits, keeps. */
MUST_CHECK enum fault refunds_sweep(const struct services *s, int64_t now_ms, bool *more);

/* In any job: the paid, captured payment of an order. NOT_FOUND: it has none. */
MUST_CHECK enum fault refund_paid_by(struct store_tx *tx, struct payment_row *out, struct arena *a,
                                     const struct order_row *o);

/* What the acquirer settles of a captured payment: T+1 bank days by our calendar, 09:00 IST; charges 2 % (of UPI none)
 * and 18 % tax on them, rounded half up. NOT_FOUND before that moment. */
struct settlement {
    int64_t settlement_no, at_ms;
    struct money amount, charge, tax, settled;
    char utr[ACQUIRER_UTR_MAX + 1];
};
MUST_CHECK enum fault settlement_of(struct settlement *out, const struct payment_row *p, int64_t now_ms);
