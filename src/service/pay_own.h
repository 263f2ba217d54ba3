/* pay_own.h: what the files of paying share. Only service/pay*.c and service/payments*.c include it. */
#pragma once

#include "service/payments.h"

/* Kept in a row while its payment waits, and its card is to be saved: the card in flight, and the two digests that its
 * token will have. */
enum {
    PAY_FLIGHT = CARD_FLIGHT + CARD_FINGERPRINT + CARD_OWNER,
    PAY_FLIGHT_BEFORE = PAY_FLIGHT + CARD_FINGERPRINT + CARD_OWNER,   /* while two fingerprint keys are worked with */
};

enum {
    PAY_LEASE_MS = 2 * ACQUIRER_WAIT_MS,      /* the shortest lease */
    PAY_ASK_LATEST_MS = 60 * 1000,            /* the longest pause between two questions about one open row */
    PAY_SAVES_NOT = 0, PAY_SAVES_LATER = 1, PAY_SAVES_ASKED = 2, PAY_SAVES_SETTLED = 3,   /* payment_row.saves */
    PAY_CAPTURES = 1, PAY_VOIDS = 2,          /* payment_row.capture_action */
};

/* Refuse the job: `fault`, with `why` in it. */
enum fault pay_refuse(struct pay_job *job, enum pay_why why, enum fault fault);

/* What pay_begin() does for each kind of wish. */
MUST_CHECK enum fault pay_begin_attempt(const struct services *s, struct store_tx *tx, struct pay_job *job);
MUST_CHECK enum fault pay_begin_otp(const struct services *s, struct store_tx *tx, struct pay_job *job);
MUST_CHECK enum fault pay_begin_resend(const struct services *s, struct store_tx *tx, struct pay_job *job);
MUST_CHECK enum fault pay_begin_capture(const struct services *s, struct store_tx *tx, struct pay_job *job);
MUST_CHECK enum fault pay_begin_abandon(const struct services *s, struct store_tx *tx, struct pay_job *job);

/* What of the question names the card, bank or address: of a new attempt. Texts that are too long: BAD_INPUT. */
MUST_CHECK enum fault pay_source(struct pay_job *job);

/* Open a question about job->row: `op` is wanted from now on, and is asked for by this job. */
void pay_open_question(const struct services *s, struct pay_job *job, enum acquirer_op op, int64_t request);

/* Until when whoever asks now is left alone; another value than `before`, so that it also tells who asked last.
 * `network`: it is asked first. */
int64_t pay_lease(const struct services *s, int64_t before, int64_t now_ms, bool network);

/* A `request` that no other question has. */
int64_t pay_request(void);

/* The order's attempts are counted: may one more of them be charged? Refuses. */
MUST_CHECK enum fault pay_check_busy(struct store_tx *tx, struct pay_job *job, bool begins);

/* The question about a row, by its number, amount and references. */
struct acquirer_ask pay_ask_about(const struct payment_row *p, enum acquirer_op op, int64_t request, int64_t now_ms);

/* An answer and what it answers: STATUS where it is a notice. `lease`: the row's ask_ms when it was asked; -1: nobody
 * asked. */
struct pay_heard {
    enum acquirer_op op;
    const struct acquirer_answer *answer;
    bool sweeping;
    int64_t lease, now_ms;
};

/* Let a row hear an answer. Pure. `takes`: its order takes a charge now. Did it change? Spans of the row then point
 * into the answer. */
bool pay_hear_row(struct payment_row *p, const struct pay_heard *h, bool takes);

/* May it be that this answer makes the row a success? */
bool pay_may_charge(const struct payment_row *p, const struct pay_heard *h);

/* What follows from an answer that was heard, for after the commit. */
struct pay_after {
    struct order_row order;           /* as it is now; order_no 0: it was not looked at */
    bool changed;
    bool makes;                       /* `make` is to be asked */
    bool unsaved;                     /* the card was to be saved and is not */
    struct vault_job *make;           /* the caller's memory for it */
};

/* payments_hear() with all that is known of the question. */
MUST_CHECK enum fault pay_hear(const struct services *s, struct store_tx *tx, struct arena *a, struct payment_row *p,
                               const struct pay_heard *h, struct pay_after *after);

/* Of a payment that has succeeded just now and saves its card: its token is begun. A refusal is no fault. */
MUST_CHECK enum fault pay_save(const struct services *s, struct store_tx *tx, struct arena *a, struct payment_row *p,
                               struct pay_after *after, int64_t now_ms);

/* A C string of its own; NULL of an absent span, or when memory is out. */
const char *pay_text(struct arena *a, struct span s);

/* The card's flight with its digests, for a row: in `a`; absent when memory is out. */
struct span pay_flight(struct arena *a, const struct card_facts *facts);

/* Of a row whose token is being made: how is that? Settled: the row forgets the flight. If it is time, `make` is begun
 * once more under the same reference. */
MUST_CHECK enum fault pay_save_look(const struct services *s, struct store_tx *tx, struct arena *a,
                                    struct payment_row *p, struct vault_job *make, int64_t now_ms);
/* After it was asked: keep what came of it. */
MUST_CHECK enum fault pay_save_keep(const struct services *s, struct store_tx *tx, struct arena *a,
                                    struct payment_row *p, struct vault_job *make, int64_t now_ms);

/* A card that was to be saved and is not: a line in the journal. Nothing else. */
void pay_journal_unsaved(const struct services *s, const struct payment_row *p);

/* When a row that waits is looked at again; 0: never. */
int64_t pay_next_look(const struct payment_row *p, int64_t now_ms);

/* The payments' thread looks at once. */
void payments_nudge(struct payments *p);

/* What looks for open rows, asks the acquirer about them and keeps the answers. *more: it was full. */
struct pay_sweeper;
MUST_CHECK enum fault pay_sweeper_new(struct pay_sweeper **out, const struct services *s);
void pay_sweeper_free(struct pay_sweeper *w);         /* NULL is fine */
MUST_CHECK enum fault pay_sweeper_look(struct pay_sweeper *w, int64_t now_ms, bool *more);
