/* acquirer.h: the bank behind the merchant, another party: it moves money. Asked under our reference, it answers,
 * perhaps late, twice or never.
 *
 * As with network/network.h, the front keeps a place for each question until its answer or its time is up, and behind
 * it stands a body: the simulated acquirer (acquirer/sim/sim_acquirer.h) or, one day, a real one. It shares no
 * transaction with us and keeps its own record. So an effect is asked for only after our intent is on disk, and when
 * no answer came the sweeper asks ACQUIRER_STATUS under the same reference: every effect under one reference happens
 * once, however often it is asked for. */
#pragma once

#include "base/clock.h"
#include "domain/expiry.h"
#include "domain/money.h"
#include "domain/pan.h"
#include "domain/payment.h"
#include "keyholder/card.h"

enum {
    ACQUIRER_PENDING_MAX = 8192, ACQUIRER_WAIT_MS = 3000,     /* as of the network */
    ACQUIRER_REF_MAX = 32,            /* hex digits of the acquirer's own reference: not to be guessed, so that its page
                                       * may be opened by it */
    ACQUIRER_BANK_REF_MAX = 24, ACQUIRER_AUTH_ID_MAX = 12, ACQUIRER_ARN_MAX = 24, ACQUIRER_UTR_MAX = 24,
    ACQUIRER_TAVV_MAX = 40, ACQUIRER_PHONE_MAX = 16, ACQUIRER_ACCOUNT_MAX = 20,
};

enum acquirer_op {
    ACQUIRER_PAY,                     /* begin a payment: source and amount -> asks for a factor, waits, or is done */
    ACQUIRER_OTP,                     /* otp -> CHARGED, WRONG_OTP, ... `request` names this submission. A payment that
                                       * has failed or was dropped says so; one that needs no OTP any more: BAD_STATE */
    ACQUIRER_RESEND,                  /* send the OTP again -> FACTOR; `request` names it. Too often or too soon:
                                       * BAD_STATE */
    ACQUIRER_STATUS,                  /* how the payment under our reference is; NO_PAYMENT: it never heard of it.
                                       * Then a PAY that comes later under that reference is refused (GONE), so that a
                                       * question on its way cannot become a charge nobody expects */
    ACQUIRER_ABANDON,                 /* nobody waits for it any more: DROPPED, or what it has become meanwhile; also of
                                       * one it never heard of */
    ACQUIRER_CAPTURE, ACQUIRER_VOID,  /* of an authorised payment: `amount` of it; all of it. Once each */
    ACQUIRER_REVERSE,                 /* a charge that came too late: all of it goes back. What has gone back already
                                       * says VOIDED or REVERSED; what was refunded in part: BAD_STATE */
    ACQUIRER_REFUND,                  /* `amount` of it, under refund_no */
    ACQUIRER_REFUND_STATUS,           /* of refund_no; NO_PAYMENT: it never heard of it */
    ACQUIRER_REFUND_CANCEL,           /* of one that has not been paid out */
    ACQUIRER_OPS
};

/* What the acquirer said. The words for the payer and the codes for dialects are the table of acquirer_says(). */
enum acquirer_verdict {
    ACQUIRER_CHARGED,                 /* also of an authorisation, a capture, a void, a reversal: it is done */
    ACQUIRER_FACTOR,                  /* an OTP was sent; answer.native says whether it may be given here */
    ACQUIRER_WAITS,                   /* for the payer, elsewhere */
    ACQUIRER_HELD,                    /* charged, and held for review */
    ACQUIRER_WRONG_OTP,               /* and there are tries left */
    ACQUIRER_DROPPED,                 /* the payer went away, or we abandoned it */
    ACQUIRER_VOIDED, ACQUIRER_REVERSED,               /* of STATUS */
    ACQUIRER_REFUND_PENDING, ACQUIRER_REFUND_DONE, ACQUIRER_REFUND_FAILED, ACQUIRER_REFUND_ONHOLD,
    ACQUIRER_REFUND_CANCELLED,
    /* Declined: FAILED, with a reason. */
    ACQUIRER_DECLINED, ACQUIRER_WRONG_CODE, ACQUIRER_OTP_EXPIRED, ACQUIRER_TOO_MANY_OTPS, ACQUIRER_NO_FUNDS,
    ACQUIRER_CARD_EXPIRED, ACQUIRER_CARD_BLOCKED, ACQUIRER_BAD_CRYPTOGRAM, ACQUIRER_CRYPTOGRAM_USED,
    ACQUIRER_CRYPTOGRAM_OLD, ACQUIRER_TOKEN_STATE, ACQUIRER_VPA_INVALID, ACQUIRER_PAYER_DECLINED,
    ACQUIRER_REQUEST_EXPIRED, ACQUIRER_BANK_DOWN, ACQUIRER_BANK_TIMEOUT, ACQUIRER_RISK, ACQUIRER_WRONG_PIN,
    ACQUIRER_TPV, ACQUIRER_NOT_REGISTERED, ACQUIRER_INVALID,  /* of data: a bank or provider it does not know */
    /* Nothing was done, definitely. */
    ACQUIRER_NO_PAYMENT, ACQUIRER_GONE, ACQUIRER_BAD_STATE, ACQUIRER_BAD_AMOUNT, ACQUIRER_UNREACHABLE,
    /* Ours. */
    ACQUIRER_SILENT,                  /* no answer in time: what became of it is not known */
    ACQUIRER_BUSY, ACQUIRER_CARD_GONE,        /* nothing was sent; the card in flight can no longer be opened */
    ACQUIRER_VERDICTS
};

/* Where the money comes from. */
enum acquirer_source {
    ACQUIRER_BY_CARD,                 /* charge: a card with its code, for the acquirer alone (keyholder/card.h) */
    ACQUIRER_BY_TOKEN,                /* number, expiry, cryptogram; perhaps a code in `charge` without a number */
    ACQUIRER_BY_UPI,                  /* handle: the payer's address, or "" for link and QR */
    ACQUIRER_BY_BANK,                 /* handle: the bank's code, four digits, or five letters */
    ACQUIRER_BY_APP, ACQUIRER_BY_PAYLATER, ACQUIRER_BY_CARDLESS_EMI,          /* handle: provider; phone */
    ACQUIRER_SOURCES
};

struct acquirer_ref { int64_t merchant_id, payment_no, refund_no, request; };

/* A question, all of it by value. Whoever asked wipes it after `done`. */
struct acquirer_ask {
    enum acquirer_op op;
    struct acquirer_ref ref;
    struct money amount;
    enum acquirer_source source;
    enum payment_channel channel;
    enum scheme scheme;
    bool has_charge, authorise_only;  /* authorise_only: captured later */
    uint8_t charge[CARD_CHARGE];
    char number[PAN_DIGITS_MAX + 1], tavv[ACQUIRER_TAVV_MAX + 1], trid[12];
    struct expiry expiry;
    char handle[PAYMENT_HANDLE_MAX + 1], phone[ACQUIRER_PHONE_MAX + 1];
    char account[ACQUIRER_ACCOUNT_MAX + 1];   /* TPV: the only bank account that may pay; "": any */
    int limit_minutes;                /* UPI: of the collect request; 0: PAYMENT_LIMIT_MS */
    char otp[PAYMENT_OTP_MAX + 1];
    bool instant;                     /* REFUND: paid out at once, where the acquirer can */
    char wish[16];                    /* REFUND in the sandbox: the state asked for by its note: SUCCESS, FAILED,
                                       * PENDING, ACTIVE, ONHOLD; "": none */
    int64_t now_ms;
};

struct acquirer_answer {
    enum acquirer_verdict verdict;
    struct acquirer_ref ref;
    char acquirer_ref[ACQUIRER_REF_MAX + 1];
    char bank_ref[ACQUIRER_BANK_REF_MAX + 1], auth_id[ACQUIRER_AUTH_ID_MAX + 1], arn[ACQUIRER_ARN_MAX + 1];
    char payer[PAYMENT_HANDLE_MAX + 1];       /* UPI by link or QR: who paid */
    bool native;                      /* FACTOR: the OTP may be given here, not only on the bank's page */
    bool captured;
    struct money captured_amount;
    int otp_tries_left;
    int64_t at_ms;                    /* when it happened, by the acquirer's record */
};

struct acquirer_call {
    struct acquirer_ask ask;
    struct acquirer_answer answer;
    void (*done)(struct acquirer_call *call); /* once, on a thread that must not be held up, or from within */
    void *arg;
};

/* Something happened to a payment or refund without our asking: approved, declined, reviewed, paid out. The answer says
 * what STATUS would. Until acquirer_noticed() it comes again, also after a restart. */
struct acquirer_notice { uint64_t id; struct acquirer_answer now; };

struct acquirer;
struct journal;

struct acquirer_body {
    void (*ask)(void *body, uint64_t handle, const struct acquirer_ask *ask);         /* must not block */
    void (*noticed)(void *body, uint64_t id);
    void *body;
    void (*wake)(void *body);         /* as in network.h; may be NULL */
};

struct acquirer_options {
    int wait_ms;                      /* 0: ACQUIRER_WAIT_MS */
    struct journal *journal;          /* may be NULL */
    void (*notice)(void *arg, const struct acquirer_notice *n);
    void *arg;
};

/* These are what their namesakes in network.h are. */
MUST_CHECK enum fault acquirer_new(struct acquirer **out, const struct acquirer_options *o);
void acquirer_attach(struct acquirer *a, const struct acquirer_body *body);
void acquirer_stop(struct acquirer *a);
void acquirer_free(struct acquirer *a);
void acquirer_ask(struct acquirer *a, struct acquirer_call *call);
void acquirer_ask_wait(struct acquirer *a, struct acquirer_call *call);
void acquirer_answered(struct acquirer *a, uint64_t handle, const struct acquirer_answer *answer);
void acquirer_notice(struct acquirer *a, const struct acquirer_notice *notice);
void acquirer_noticed(struct acquirer *a, uint64_t id);
int acquirer_wait_ms(const struct acquirer *a);
uint64_t acquirer_late(const struct acquirer *a);

/* What a verdict means: the payment event it brings about, if any; and its words: for the payer, and the codes of
 * reference 2.10. Constants. */
struct acquirer_saying {
    const char *name;                 /* "DECLINED" */
    bool definite;                    /* nothing open remains of the question */
    bool declines;                    /* the payment has failed with it */
    const char *message;              /* payment_message */
    const char *code, *description, *reason, *source;         /* error_details; NULL: no error */
};
const struct acquirer_saying *acquirer_says(enum acquirer_verdict v);
