/* inner.h: the simulated acquirer from the inside: its parts, and a question on its way through them.
 *
 * A question enters as a task (sim_acquirer.c). Of a token the card network is asked first (verify.c). Then the tasks
 * wait in a list until nobody has more to add, and go to the book's commit thread together: one question to the
 * keyholder and one commit serve many of them (working.c). They are answered after that commit. The acquirer's own
 * thread sees to what the clock brings: limits, notices, answers that are held back (happen.c). */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "acquirer/sim/book.h"
#include "acquirer/sim/ledger.h"
#include "acquirer/sim/sim_acquirer.h"
#include "base/permute.h"
#include "keyholder/charge.h"
#include "network/network.h"

enum {
    TELLER_TASKS_MAX = 2 * ACQUIRER_PENDING_MAX,  /* questions with it, held answers among them; more are dropped */
    TELLER_TICK_MS = 250,             /* how often it looks what is due by the clock */
    TELLER_NOTICE_EVERY_MS = 3000,    /* how often a notice is told until the listener has it */
    TELLER_NOTICES_AT_ONCE = 64, TELLER_DUE_AT_ONCE = 64,
    TELLER_SLOW_MAX_MS = 60000,
};

struct teller_task {
    struct teller_task *next;
    struct sim_acquirer *sim;
    uint64_t handle;
    struct acquirer_ask ask;
    struct acquirer_answer answer;
    enum acquirer_manner manner;
    int hold_ms;                      /* of ACQUIRER_SLOW */
    int64_t due_ns;                   /* when a held answer is given */
    bool mute;                        /* the test data keep the answer back */

    struct network_call verify;       /* of a token */
    enum acquirer_verdict verified;   /* CHARGED: the card network lets it pay; else why not */
    struct store_job job;
    struct charge_card card;          /* of a charge */
    enum fault card_fault;            /* NONE; DENIED: it does not open */
    bool news;                        /* once committed there is a notice to be told */
};

struct sim_acquirer {
    struct sim_acquirer_options options;
    struct store *store;
    struct store_reader *reader;      /* the thread's */
    struct permute *names;
    pthread_t thread;
    bool running;

    pthread_mutex_t lock;             /* up to the blank line */
    pthread_cond_t wake, left;
    struct teller_task *first, **last;            /* to be handed to the commit thread, oldest first */
    struct teller_task *held;         /* answers kept back, in the order they are due */
    size_t tasks;                     /* all that exist */
    unsigned verifying;               /* questions to the card network, until their bell has rung */
    enum acquirer_manner manner;
    int manner_ms;
    bool asleep, stopping, news;      /* news: there are new notices */

    struct arena *arena;              /* the thread's own from here on */
    int64_t tick_ns, notices_ns;      /* when to look again */
    uint64_t notice_after;            /* those up to this id have been told in this round */

    struct arena *commit_arena;       /* the commit thread's own */

    pthread_mutex_t looking;          /* of those who look from outside: the reader and the arena */
    struct store_reader *looker;
    struct arena *look_arena;

    atomic_uint_fast64_t asked[ACQUIRER_OPS];
};

/* names.c: references of payments are images of (merchant_id, payment_no) under a key of the acquirer's own: found
 * without an index, and not to be guessed. Bank references and the like come from the same image. */
MUST_CHECK enum fault teller_names_open(struct sim_acquirer *s);
void teller_names_close(struct sim_acquirer *s);
void teller_name(const struct sim_acquirer *s, char out[static ACQUIRER_REF_MAX + 1], int64_t merchant_id,
                 int64_t payment_no);
/* NOT_FOUND: no text that teller_name() makes. */
MUST_CHECK enum fault teller_name_read(const struct sim_acquirer *s, int64_t *merchant_id, int64_t *payment_no,
                                       struct span text);
/* Into *out: acquirer_ref and, once money has moved, bank_ref and auth_id; of a refund, its ARN. */
void teller_references(const struct sim_acquirer *s, struct acquirer_answer *out, const struct book_payment *p);
void teller_arn(const struct sim_acquirer *s, struct acquirer_answer *out, const struct book_refund *r);

/* sim_acquirer.c: into the list of the commit thread; the answer goes out; a task is over; there are new notices. */
void teller_enqueue(struct teller_task *t);
void teller_flush(void *sim);
void teller_answer(struct teller_task *t);
void teller_forget(struct teller_task *t);
void teller_news(struct sim_acquirer *s);

/* verify.c: ask the card network about the task's token; it is enqueued when the answer is there. */
void teller_verify(struct teller_task *t);

/* working.c: the book's before_batch hook, and handing a task over to the commit thread. */
void teller_before_batch(void *sim, struct store_job *first);
void teller_submit(struct teller_task *t);

/* What may be said of a payment: verdict, references, sums. *out's ref is left. */
void teller_tell(const struct sim_acquirer *s, struct acquirer_answer *out, const struct book_payment *p);

/* The payment a task is about, after what was due by then has happened to it (its notice is put, *news set). */
MUST_CHECK enum fault teller_load(struct store_tx *tx, struct arena *a, struct book_payment *out, bool *news,
                                  int64_t merchant_id, int64_t payment_no, int64_t now_ms);
/* Has it become what it becomes by itself at `now_ms`? Then *p says so; nothing is written. */
bool teller_is_due(struct book_payment *p, int64_t now_ms);
bool teller_is_open(const struct book_payment *p);
/* It ends with `v`; of CHARGED and HELD the money is taken, unless only authorised. Nothing is written. */
void teller_end(struct book_payment *p, enum acquirer_verdict v, int64_t now_ms);

/* The verdict that the published tables name. */
enum acquirer_verdict teller_verdict(const char *name);

/* begin.c: a payment begins. */
MUST_CHECK enum fault teller_work_pay(struct store_tx *tx, struct teller_task *t, int64_t now_ms);

/* factor.c: the second factor. What an OTP brings about; *mute: the test data keep the answer back. Nothing is
 * written. */
enum acquirer_verdict teller_try_otp(struct book_payment *p, bool *mute, struct span otp, int64_t request,
                                     int64_t now_ms);
bool teller_wants_otp(const struct book_payment *p);
MUST_CHECK enum fault teller_work_otp(struct store_tx *tx, struct teller_task *t, int64_t now_ms);
MUST_CHECK enum fault teller_work_resend(struct store_tx *tx, struct teller_task *t, int64_t now_ms);

/* change.c: how a payment is, and what else is done to it. */
MUST_CHECK enum fault teller_work_status(struct store_tx *tx, struct teller_task *t, int64_t now_ms);
MUST_CHECK enum fault teller_work_abandon(struct store_tx *tx, struct teller_task *t, int64_t now_ms);
MUST_CHECK enum fault teller_work_change(struct store_tx *tx, struct teller_task *t, int64_t now_ms);

/* giving.c: refunds. */
MUST_CHECK enum fault teller_work_refund(struct store_tx *tx, struct teller_task *t, int64_t now_ms);
MUST_CHECK enum fault teller_work_refund_status(struct store_tx *tx, struct teller_task *t, int64_t now_ms);
MUST_CHECK enum fault teller_work_refund_cancel(struct store_tx *tx, struct teller_task *t, int64_t now_ms);
void teller_tell_refund(const struct sim_acquirer *s, struct acquirer_answer *out, const struct book_refund *r);
/* A refund that is due becomes what it is to be, in the caller's transaction; *news: with its notice. */
MUST_CHECK enum fault teller_refund_due(struct store_tx *tx, struct book_refund *r, bool *news, int64_t now_ms);

/* page.c: who decided it was no OTP submitted to us, but the payer at the bank: the `request` of such a payment. */
#define TELLER_BY_PAGE INT64_C(-1)

/* happen.c: on the thread: what is due; notices that are not acknowledged. */
void teller_tick(struct sim_acquirer *s);
