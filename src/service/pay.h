/* pay.h: paying an order: one attempt from its first request to its end, whoever asks: Order Pay or the checkout page.
 *
 * A pay job is led like a job of the vault (service/vault.h):
 *   pay_prepare()  on a worker, only of a typed card: the keyholder reads it;
 *   pay_begin()    in a write transaction: rules, the attempt's row with its intent, of a saved card the disclosure's
 *                  audit row;
 *   pay_ask()      after that commit: of a saved card the network's cryptogram, then the acquirer;
 *   pay_settle()   in a second write transaction: what came of it, with order, events and outbox.
 * begin and settle may run more than once. What a crash leaves open the sweeper of service/payments.h settles by asking
 * the acquirer under the same reference.
 *
 * The rule of the vault: the card of an attempt with `saves` becomes a token only after this attempt has succeeded, its
 * second factor among it: vault_begin(VAULT_MAKE) runs in the transaction that makes it SUCCESS. */
#pragma once

#include "acquirer/acquirer.h"
#include "service/offer.h"
#include "service/orders.h"
#include "service/vault.h"
#include "store/payments.h"

enum pay_op { PAY_BEGIN, PAY_OTP, PAY_RESEND, PAY_CAPTURE, PAY_VOID, PAY_ABANDON };

/* Why it was refused; its fault comes with it. */
enum pay_why {
    PAY_FINE,
    PAY_NO_SESSION,                   /* NOT_FOUND: no order of this session or token */
    PAY_NO_PAYMENT,                   /* NOT_FOUND: no such payment */
    PAY_ORDER_PAID, PAY_ORDER_EXPIRED, PAY_ORDER_TERMINATED,          /* WRONG_STATE */
    PAY_ORDER_BUSY,                   /* WRONG_STATE: an attempt of this order is being charged right now */
    PAY_TOO_MANY,                     /* TOO_MANY: PAYMENT_OPEN_MAX or PAYMENT_ORDER_MAX */
    PAY_METHOD,                       /* DENIED: the order, or this server, does not offer that; BAD_INPUT: a text of it
                                       * is too long */
    PAY_ACCOUNT,                      /* DENIED: the order may be paid from one bank account alone, and paid that way
                                       * nobody could tell from which it came */
    PAY_CARD,                         /* BAD_INPUT: job.facts.flaw says what */
    PAY_FILTER,                       /* DENIED: the order's filters do not let this card pay */
    PAY_CURRENCY,                     /* DENIED: the order is in another currency than INR, the card from India */
    PAY_CODE,                         /* BAD_INPUT: security code, OTP or cryptogram is missing, or of a wrong length */
    PAY_TOKEN,                        /* of a saved card: job.vault.why says why not */
    PAY_CUSTOMER,                     /* WRONG_STATE: to save or use a card the order must name its customer */
    PAY_AUTHORISE_ONLY,               /* BAD_INPUT: its order does not say that it is to be authorised only */
    PAY_NO_ACQUIRER,                  /* WRONG_STATE: this server has none, or the merchant was disabled */
    PAY_OVER,                         /* WRONG_STATE: it is over, or held: "Transaction is already processed" */
    PAY_NO_FACTOR,                    /* WRONG_STATE: it waits for no OTP here */
    PAY_OTP_TRIES, PAY_OTP_LATE, PAY_RESENDS, PAY_RESEND_SOON,        /* WRONG_STATE */
    PAY_NOT_AUTHORISED,               /* WRONG_STATE: nothing is there to be captured or voided */
    PAY_AMOUNT,                       /* BAD_INPUT: more than was authorised, or less than nothing */
    PAY_ACQUIRER,                     /* NONE: it was asked; job.answer.verdict says what came of it */
};

/* What is wanted. Spans live as long as the exchange. */
struct pay_wish {
    enum pay_op op;
    /* BEGIN: the order, by what the caller has. */
    int64_t merchant_id;
    struct span order_id;
    uint8_t session[ORDER_SESSION];   /* compared with the order's in constant time, unless `trusted` */
    bool trusted;                     /* the caller has shown otherwise that it may pay this order */
    enum payment_method method;
    enum payment_channel channel;
    struct card_typed card;           /* BY_CARD, BY_EMI: typed; number absent: another card below */
    bool has_instrument;
    uint8_t instrument[VAULT_ID];     /* a saved card */
    bool by_uid;                      /* ... named by `uid` instead: CARD_FINGERPRINT bytes (brief 002) */
    uint8_t uid[CARD_FINGERPRINT];
    struct span token_number, cryptogram, trid;       /* a token of another vault, or a guest's; absent: none */
    struct expiry token_expiry;
    struct span display;              /* its last four digits; absent: unknown */
    struct span handle, phone, holder;                /* see payment_row; absent: none */
    struct span account;              /* the order's, of payment_tells_account(); absent: any may pay */
    int upi_minutes, emi_months;
    bool save, consent;               /* consent: the payer said so; with `save` always true here */
    bool authorise_only;              /* BY_UPI; refused unless the order itself asks for a preauthorisation */
    /* the others */
    int64_t payment_no;               /* with merchant_id */
    struct span otp;
    struct money amount;              /* CAPTURE; minor 0: all of it */
    struct span source, request_id;
};

struct pay_job {
    struct pay_wish wish;
    int64_t now_ms;
    struct arena *arena;

    enum pay_why why;
    struct order_row order;
    struct payment_row row;           /* as it is now */
    struct card_facts facts;          /* of a typed card, after pay_prepare() */
    struct vault_job vault;           /* of a saved card */
    struct acquirer_answer answer;

    bool asks, settles, asks_vault;   /* the job's own from here on */
    bool makes, unsaved;              /* for pay_follow() */
    int64_t lease;
    struct acquirer_call call;
    const struct services *services;
    void (*asked)(struct pay_job *job);
    void *arg;
};

/* Is there something for pay_prepare() to do? Not of a saved card without a code, which so needs no worker. */
bool pay_prepares(const struct pay_job *job);

/* Have what was typed read: card, or code of a saved one; and phone and name sealed. It waits: on a worker. Before
 * pay_begin(), which needs what it leaves. PAY_CARD, PAY_CODE with BAD_INPUT; SILENT. */
MUST_CHECK enum fault pay_prepare(const struct services *s, struct pay_job *job);
MUST_CHECK enum fault pay_begin(const struct services *s, struct store_tx *tx, struct pay_job *job);
bool pay_asks(const struct pay_job *job);
void pay_ask(const struct services *s, struct pay_job *job, void (*asked)(struct pay_job *job), void *arg);
bool pay_settles(const struct pay_job *job);
MUST_CHECK enum fault pay_settle(const struct services *s, struct store_tx *tx, struct pay_job *job);

/* After the last commit: what needs asking now that nobody waits for (a token to be made, a charge to be reversed) goes
 * on by itself. Call it once, in show; calling it never is as a crash here would be. */
void pay_follow(const struct services *s, const struct pay_job *job);

/* The outcome for a dialect once all steps are done. PAY_FINE: the acquirer was asked and said CHARGED, FACTOR, WAITS,
 * HELD or VOIDED, or DROPPED where that was wanted; how the payment is now, job->row says. */
enum pay_why pay_outcome(const struct pay_job *job);

/* Outside a job: what is kept sealed of the payer; spans in `a`, absent where there is none. It waits. SILENT;
 * DENIED. */
struct pay_private { struct span phone, holder; };
MUST_CHECK enum fault pay_open_private(const struct services *s, struct pay_private *out, struct arena *a,
                                       const struct payment_row *p);

/* Wipe what the job holds of cards and codes. Call it last. */
void pay_wipe(struct pay_job *job);

/* In any job: an order by session (text) or order_token; *out and the merchant. NOT_FOUND: PAY_NO_SESSION. Sessions of
 * orders that ended are found too. */
MUST_CHECK enum fault pay_order_of_session(const struct services *s, struct store_tx *tx, struct order_row *out,
                                           struct arena *a, struct span session);
MUST_CHECK enum fault pay_order_of_token(const struct services *s, struct store_tx *tx, struct order_row *out,
                                         struct arena *a, struct span order_token);

/* cf_payment_id, cf_refund_id and cf_settlement_id: merchant (16 bits) and number (37 bits) under a keyed permutation,
 * below 2^53. A settlement is of one payment and has its number. */
uint64_t pay_id(const struct services *s, int64_t merchant_id, int64_t payment_no);
MUST_CHECK enum fault pay_id_open(const struct services *s, int64_t *merchant_id, int64_t *payment_no, uint64_t id);
uint64_t pay_refund_id(const struct services *s, int64_t merchant_id, int64_t refund_no);
uint64_t pay_settlement_id(const struct services *s, int64_t merchant_id, int64_t payment_no);

/* The bank's page for a payment that waits: base_url "/pg/view/gateway/" and the acquirer's reference. In `a`. */
struct span pay_bank_url(const struct services *s, struct arena *a, const struct payment_row *p);
