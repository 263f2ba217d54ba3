/* sim_acquirer.h: the simulated acquirer: a bank with a database of its own, an OTP, a page and published test data.
 *
 * Another party, as the simulated network is: its own file (DATA/acquirer.db), its own connection to the keyholder, no
 * shared transaction. It has a presented token cryptogram verified by the card network (NETWORK_VERIFY), as a real one
 * would. What a test card, address or bank comes to is in domain/test_payments.h. What is below is for who runs the
 * simulation, and for the bank's page. */
#pragma once

#include "acquirer/acquirer.h"

struct network;
struct store_options;
struct sim_acquirer;

struct sim_acquirer_options {
    const char *path, *vfs;
    const struct clock *clock;
    struct keyholder *keyholder;      /* its own client, with the acquirer's rights only; it may be NULL, and then no
                                       * card with its number can pay */
    struct acquirer *acquirer;        /* it attaches itself */
    struct network *network;          /* NULL: tokens cannot pay */
    struct journal *journal;          /* may be NULL */
};

MUST_CHECK enum fault sim_acquirer_open(struct sim_acquirer **out, const struct sim_acquirer_options *o);
void sim_acquirer_close(struct sim_acquirer *s);      /* NULL is fine; after acquirer_stop() */

/* How it behaves. */
enum acquirer_manner {
    ACQUIRER_WELL, ACQUIRER_SLOW, ACQUIRER_MUTE, ACQUIRER_DEAF, ACQUIRER_DOWN, ACQUIRER_TWICE, ACQUIRER_MANNERS
};
void sim_acquirer_behave(struct sim_acquirer *s, enum acquirer_manner m, int ms);
enum acquirer_manner sim_acquirer_behaviour(struct sim_acquirer *s, int *ms);
const char *acquirer_manner_name(enum acquirer_manner m);

/* The bank's page: what it shows of a payment, by the acquirer's own reference. NOT_FOUND. */
struct acquirer_page {
    struct acquirer_ref ref;
    enum acquirer_source source;
    struct money amount;
    enum acquirer_verdict state;      /* FACTOR, WAITS, or what it came to */
    char last4[5];                    /* of a card; of a token and of everything else "" */
    char bank[PAYMENT_HANDLE_MAX + 1];        /* the bank, provider or UPI address; of a card "" */
    bool wants_otp;                   /* a card, pay later, cardless EMI; else the payer chooses an outcome */
    bool one_account;                 /* only one account may pay, so that the payer may try another */
    int tries_left;
};
MUST_CHECK enum fault sim_acquirer_look(struct sim_acquirer *s, struct acquirer_page *out, struct span acquirer_ref);

/* What the payer, or whoever runs the simulation, decides there. Each waits for its commit: not on an HTTP thread. The
 * outcome comes as a notice. NOT_FOUND; WRONG_STATE when it is decided already. */
enum acquirer_decision {
    ACQUIRER_DECIDE_OTP,              /* otp: *said is CHARGED, WRONG_OTP, TOO_MANY_OTPS, ... */
    ACQUIRER_DECIDE_SUCCESS, ACQUIRER_DECIDE_FAIL, ACQUIRER_DECIDE_DROP, ACQUIRER_DECIDE_HOLD,
    ACQUIRER_DECIDE_PENDING,          /* it goes on waiting */
    ACQUIRER_DECIDE_RELEASE, ACQUIRER_DECIDE_REJECT,  /* of what is held: charged after all, or not */
    ACQUIRER_DECIDE_OTHER_ACCOUNT,    /* paid from another account than the only one that may: TPV. Where any may pay:
                                       * WRONG_STATE */
    ACQUIRER_DECISIONS
};
MUST_CHECK enum fault sim_acquirer_decide(struct sim_acquirer *s, enum acquirer_verdict *said, struct span acquirer_ref,
                                          enum acquirer_decision d, struct span otp, int64_t now_ms);
/* The same of a payment by our reference, with the verdict a failure shall have (POST /pg/simulate). */
MUST_CHECK enum fault sim_acquirer_simulate(struct sim_acquirer *s, struct acquirer_ref ref, enum acquirer_decision d,
                                            enum acquirer_verdict failure, int64_t now_ms);

/* Both of what follows read the book from end to end, which nobody but whoever runs the simulation asks for.
 *
 * What happened, for who looks whether anything else did: questions heard, payments it has; of these, those whose money
 * was taken or held at some time, went back whole, or were voided; refunds paid out. */
struct acquirer_counts {
    uint64_t asked[ACQUIRER_OPS], payments, charged, reversed, voided, refunded;
};
MUST_CHECK enum fault sim_acquirer_counts(struct sim_acquirer *s, struct acquirer_counts *out);
struct acquirer_entry {
    struct acquirer_ref ref;
    char acquirer_ref[ACQUIRER_REF_MAX + 1];
    enum acquirer_verdict state;
    int64_t amount_minor, captured_minor, refunded_minor, created_ms;
};
enum { ACQUIRER_LIST_MAX = 100 };
MUST_CHECK enum fault sim_acquirer_list(struct sim_acquirer *s, struct acquirer_entry out[static ACQUIRER_LIST_MAX],
                                        size_t *n);           /* newest first */
