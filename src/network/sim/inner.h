/* inner.h: the simulated network from the inside: its parts, and a question on its way through them.
 *
 * A question enters as a task on the network's own thread (sim.c). What only reads is answered there, many tasks to
 * one look into the book and one frame to the keyholder (reading.c). What writes becomes a job of the book's commit
 * thread, whose batches ask the keyholder once for all their jobs (writing.c), and is answered after the commit. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/permute.h"
#include "network/sim/book.h"
#include "network/sim/sim.h"

enum {
    SIM_TASKS_MAX = 2 * NETWORK_PENDING_MAX,      /* questions with it, held answers among them; more are dropped */
    SIM_TICK_MS = 250,                /* how often it looks what is due by the clock */
    SIM_NOTICE_EVERY_MS = 3000,       /* how often a notice is told until the listener has it */
    SIM_NOTICES_AT_ONCE = 64, SIM_DUE_AT_ONCE = 64,
    SIM_SPARE_MAX = 256,              /* counters of each scheme that wait for another token */
    SIM_EXPIRY_MONTHS = 48,           /* a token's life, from when it is made or renewed */
    SIM_SERIAL_BLOCK_MS = 60000,      /* so much of the serials is set aside with one commit */
    SIM_SEQUENCE_BITS = 15,           /* of a serial; the milliseconds since 2020 lie above */
    SIM_FORGET_EVERY_MS = 3600000,    /* how often spent cryptograms are forgotten that are too old to be good */
};
#define SIM_TAVV_LIFE_MS INT64_C(86400000)        /* how long a cryptogram is good */
#define SIM_EPOCH_MS INT64_C(1577836800000)       /* 2020-01-01 UTC */

/* What the keyholder is to say of a task before or after the look into the book. */
enum task_want { TASK_WANTS_NOTHING, TASK_WANTS_NUMBER, TASK_WANTS_TAVV };

struct task {
    struct task *next;
    struct sim *sim;
    uint64_t handle;
    struct network_ask ask;
    struct network_answer answer;
    enum sim_manner manner;
    int hold_ms;                      /* of SIM_SLOW */
    int64_t due_ns;                   /* when a held answer is given */
    bool mute;                        /* the card keeps the answer back */
    bool decided;                     /* the answer stands, but for what `want` says */
    enum task_want want;
    struct net_cover cover;           /* of which token, and what its cryptogram covers */

    struct store_job job;
    struct net_card card;             /* writing: of the card in flight */
    enum fault card_fault;            /* NONE; DENIED: it does not open */
    uint64_t counter;                 /* for a token that may be made; 0: none is left */
    char number[NET_NUMBER];          /* of that counter */
    uint64_t serial;                  /* of an alt's cryptogram */
    struct net_checked checked;       /* of NETWORK_VERIFY */
    bool made, news;                  /* once committed there is one token more; a notice to be told */
};

struct sim {
    struct sim_options options;
    struct store *store;
    struct store_reader *reader;      /* the thread's */
    struct permute *refs, *trids;
    pthread_t thread;
    bool running;

    pthread_mutex_t lock;             /* up to the blank line */
    pthread_cond_t wake;
    struct task *first, **last;       /* waiting, oldest first */
    struct task *held;                /* answers kept back, in the order they are due */
    size_t tasks;                     /* all that exist */
    struct { enum sim_manner manner; int ms; } manners[SCHEMES];
    bool asleep, stopping, news;      /* news: there are new notices */

    struct arena *arena;              /* the thread's own from here on */
    uint64_t serial_last, serial_end; /* the last one given; those below serial_end are set aside */
    int64_t tick_ns, notices_ns, forget_ns;       /* when to look again */
    uint64_t notice_after;            /* those up to this id have been told in this round */

    struct arena *commit_arena;       /* the commit thread's own from here on */
    uint64_t counters[SCHEMES];       /* the last one taken */
    uint64_t spare[SCHEMES][SIM_SPARE_MAX];       /* taken, and not used */
    size_t n_spare[SCHEMES];

    atomic_uint_fast64_t asked[NETWORK_OPS], answered[NETWORK_OPS], tokens;
};

/* names.c: references of tokens, and requestor ids: images of running numbers under the network's id key. */
MUST_CHECK enum fault names_open(struct sim *s);
void names_close(struct sim *s);
void name_of_token(const struct sim *s, char out[static NETWORK_TOKEN_REF_MAX + 1], struct net_token t);
/* NOT_FOUND: no text that name_of_token() makes. */
MUST_CHECK enum fault name_read_token(const struct sim *s, struct net_token *out, struct span text);
/* INTERNAL: there are no more. */
MUST_CHECK enum fault name_of_requestor(const struct sim *s, char out[static BOOK_TRID], enum scheme scheme,
                                        int64_t no);

/* serials.c: of cryptograms. Never the same one twice, whatever the clock does; each holds when it was given. */
MUST_CHECK enum fault serials_open(struct sim *s);
MUST_CHECK enum fault serial_next(struct sim *s, uint64_t *out, int64_t now_ms);      /* on the thread; may wait */
int64_t serial_ms(uint64_t serial);

/* sim.c: into the thread's list again, for what the keyholder has yet to say; the answer goes out; a task is over;
 * there are new notices. From any thread. */
void sim_again(struct task *t);
void sim_answer(struct task *t);
void sim_forget(struct task *t);
void sim_news(struct sim *s);

/* reading.c: does the operation only read? Serve up to KEY_ASKS_MAX tasks that do. On the thread. */
bool reading_is_enough(const struct network_ask *ask);
void reading_serve(struct sim *s, struct task **tasks, size_t n);

/* What is common to all operations on a token. */
/* Its life at `now_ms`: an INIT token that is due is decided, an expired one is expired. */
struct token_life sim_token_life(const struct book_token *t, int64_t now_ms);
bool sim_token_is_blocked(const struct book_token *t);
/* Fill in what an answer says of a token, all but verdict, number and tavv. */
void sim_token_tell(const struct sim *s, struct network_answer *out, const struct book_token *t, int64_t now_ms);
/* Find the token that is asked about: by the network's reference or, without one, by ours. NETWORK_DONE, or why it is
 * not to be had for this requestor; of CARD_BLOCKED *out is filled in, too. NETWORK_ERROR: the book is unreadable. */
enum network_verdict sim_token_asked(struct store_tx *tx, struct book_token *out, struct task *t, struct arena *a);

/* writing.c: the book's before_batch hook, and handing a task over to the commit thread. */
void writing_before_batch(void *sim, struct store_job *first);
void writing_submit(struct task *t);

/* The work of each writing operation, on the commit thread. They set t->answer; a fault leaves no trace. */
MUST_CHECK enum fault sim_work_provision(struct store_tx *tx, struct task *t);        /* PROVISION, ALT_ID */
MUST_CHECK enum fault sim_work_change(struct store_tx *tx, struct task *t);           /* SUSPEND, RESUME, DELETE */
MUST_CHECK enum fault sim_work_status(struct store_tx *tx, struct task *t);       /* by our reference alone */
MUST_CHECK enum fault sim_work_verify(struct store_tx *tx, struct task *t);
MUST_CHECK enum fault sim_onboard_work(struct store_tx *tx, struct task *t);

/* What a test card stands for; the verdict of one that gets no token, NETWORK_DONE of every other; and does the
 * network keep its answer back? */
enum test_outcome outcome_of(const struct net_card *card);
enum network_verdict outcome_verdict(enum test_outcome o);
bool outcome_is_mute(enum test_outcome o);

/* happen.c: decide an INIT token that is due, in the caller's transaction, with its notice; *news says whether. */
MUST_CHECK enum fault happen_due(struct store_tx *tx, bool *news, struct book_token *t, int64_t now_ms);
/* On the thread: decide all that are due; tell notices; forget old spent cryptograms. */
void happen_tick(struct sim *s);
