/* refunds.h: giving money back (reference 2.11), and what was settled to the merchant (2.14).
 *
 * A refund is led like a pay job (service/pay.h): refund_begin() in a write transaction: the rules, the row with its
 * intent, the payment's sum; refund_ask() after that commit; refund_settle() in a second write transaction. begin and
 * settle may run more than once. Its amount counts from the first commit on, so that no two refunds, however they
 * cross, give back more than was captured. What a crash or silence leaves open refunds_sweep() settles. */
#pragma once

#include "acquirer/acquirer.h"
#include "domain/refund.h"
#include "service/orders.h"
#include "service/services.h"
#include "store/payments.h"
#include "store/refunds.h"

enum {
    REFUND_LEASE_MS = 10 * 1000,      /* at least so long nobody else asks about a refund that is asked for */
    REFUND_POLL_MS = 3600 * 1000,     /* how often the acquirer is asked about one that it has: its notice is only sped
                                       * up by nobody losing it */
    REFUNDS_SWEEP_MAX = 32,           /* refunds of one look */
};

enum refund_op { REFUND_CREATE, REFUND_CANCEL };

enum refund_why {
    REFUND_FINE,
    REFUND_NO_ORDER, REFUND_NO_REFUND,        /* NOT_FOUND */
    REFUND_NOT_PAID,                  /* WRONG_STATE: the order is not paid, or its payment not captured */
    REFUND_AMOUNT,                    /* BAD_INPUT: nothing, or more than is left of what was paid */
    REFUND_TAKEN,                     /* EXISTS: another refund of this order has that id */
    REFUND_TOO_MANY,                  /* TOO_MANY: REFUNDS_MAX */
    REFUND_OVER,                      /* WRONG_STATE: it cannot be cancelled any more */
    REFUND_NO_ACQUIRER,               /* WRONG_STATE: this server has none */
    REFUND_OPEN,                      /* WRONG_STATE: not to be cancelled before the acquirer has said that it has it */
};

/* What is wanted. Spans live as long as the exchange. */
struct refund_wish {
    enum refund_op op;
    int64_t merchant_id;
    struct span order_id, refund_id;  /* refund_id absent: one is made */
    struct money amount;              /* currency "": the order's */
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
    struct refund_row row;            /* as it is now */
    struct acquirer_answer answer;
    bool asks, settles;               /* the job's own from here on */
    struct acquirer_call call;
    void (*asked)(struct refund_job *job);
    void *arg;
};

/* A fault leaves no trace, and job->why says more. */
MUST_CHECK enum fault refund_begin(const struct services *s, struct store_tx *tx, struct refund_job *job);

/* Does the acquirer have to be asked? If so, job->asked is called once, from another thread or from within. */
bool refund_asks(const struct refund_job *job);
void refund_ask(const struct services *s, struct refund_job *job, void (*asked)(struct refund_job *job), void *arg);

/* After `asked`: is there an answer to keep? Otherwise the sweeper asks on. A cancellation that was refused has
 * job->why REFUND_OVER after refund_settle(), whose fault is NONE. */
bool refund_settles(const struct refund_job *job);
MUST_CHECK enum fault refund_settle(const struct services *s, struct store_tx *tx, struct refund_job *job);

/* In a write job: an acquirer's answer about a refund, heard: row, payment's refunded sum, outbox. The one place where
 * what an acquirer says changes a refund. *changed: it did. */
MUST_CHECK enum fault refunds_hear(const struct services *s, struct store_tx *tx, struct arena *a, struct refund_row *r,
                                   const struct acquirer_answer *said, int64_t now_ms, bool *changed);

/* In a write job: a charge that came too late has gone back: it is shown as an automatic refund, and told. NONE when it
 * was kept before. The payment's row is not touched. */
MUST_CHECK enum fault refunds_reversed(const struct services *s, struct store_tx *tx, struct arena *a,
                                       const struct payment_row *p, const struct acquirer_answer *said, int64_t now_ms);

/* One look of the payments' sweeper at refunds that are open: asks the acquirer, waits, keeps. *more: it was full. */
MUST_CHECK enum fault refunds_sweep(const struct services *s, int64_t now_ms, bool *more);

/* In any job: the paid, captured payment of an order. NOT_FOUND: it has none. */
MUST_CHECK enum fault refund_paid_by(struct store_tx *tx, struct payment_row *out, struct arena *a,
                                     const struct order_row *o);

/* What of a payment was captured, in minor units: 0 unless it succeeded. */
int64_t refund_captured(const struct payment_row *p);

/* What the acquirer settles of a captured payment: T+1 bank days by our calendar (every day but Sundays and the second
 * and fourth Saturdays of a month), 09:00 IST; charges 2 % (of UPI none) and 18 % tax on them, each rounded half up to
 * the minor unit. NOT_FOUND before that moment, and of what was not captured. */
struct settlement {
    int64_t settlement_no, at_ms;     /* settlement_no: the payment's number */
    struct money amount, charge, tax, settled;
    char utr[ACQUIRER_UTR_MAX + 1];
};
MUST_CHECK enum fault settlement_of(struct settlement *out, const struct payment_row *p, int64_t now_ms);
