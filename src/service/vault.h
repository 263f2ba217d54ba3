/* vault.h: cards as network tokens: made, disclosed, changed, listed. One vault behind every dialect.
 *
 * A use of the vault is a job that a dialect fills and leads through
 *   vault_begin()   in a write transaction: rules, rows, the intent and its audit row;
 *   vault_ask()     after that commit, no transaction open: the question to the card network, when there is one;
 *   vault_settle()  in a second write transaction, when vault_settles() says so: what the network made of it.
 * A disclosure's audit row is committed before the network is asked, so no number leaves without it. What a crash
 * leaves open the sweeper settles by asking the network (vault_sweep()), the same question under the same reference
 * again. begin and settle may run more than once.
 *
 * A token belongs to (card, merchant, sub-merchant, customer); the same four give the same live token, through
 * whichever dialect. One whose own expiry is past, suspended or not, ends when its holder consents again, and another
 * takes its place; the sweeper has the network delete the first. Another merchant's, sub-merchant's or customer's token
 * is not there for the caller: NOT_FOUND, but VAULT_OTHER_CUSTOMER tells a merchant's own token of another customer,
 * which Paytm has a code for (408). */
#pragma once

#include "domain/bin.h"
#include "domain/consent.h"
#include "network/network.h"
#include "service/services.h"
#include "store/tokens.h"

enum {
    VAULT_ID = 16,                    /* bytes of a token's public id, which each dialect prints in its way */
    VAULT_ID_HEX = 33,                /* 32 lower-case digits and NUL */
    VAULT_CUSTOMER_MAX = 128, VAULT_SUB_MERCHANT_MAX = 64, VAULT_CONSENT_MAX = 128,     /* bytes */
    VAULT_LIST_MAX = 200,             /* tokens of one customer that are listed, newest first */
    VAULT_SWEEP_MS = 1000,            /* how often the sweeper looks */
    VAULT_SWEEP_MAX = 100,            /* open tokens it settles in one look */
    VAULT_NOTICES_MAX = 256,          /* notices that wait to be kept; of more, each comes again */
    VAULT_ALONE_MAX = 1024,           /* jobs that it leads alone; more are the sweeper's */
    VAULT_LATER_MS = 1000,            /* when a token that becomes active later is asked for again */
};

enum vault_op {
    VAULT_MAKE,                       /* card -> token; with `wants_number` its number too */
    VAULT_DISCLOSE,                   /* token -> number and cryptogram */
    VAULT_REFRESH,                    /* token -> its status as the network has it now */
    VAULT_SUSPEND, VAULT_RESUME, VAULT_DELETE,
    VAULT_GUEST,                      /* card -> a number for one payment and its cryptogram; nothing is saved */
    VAULT_PAR,                        /* card or token -> PAR */
};

/* Why a job was refused; its fault comes with it. */
enum vault_why {
    VAULT_FINE,
    VAULT_NO_TOKEN,                   /* NOT_FOUND: no such token of this merchant and sub-merchant */
    VAULT_OTHER_CUSTOMER,             /* NOT_FOUND: this merchant's, but another customer's */
    VAULT_CONSENT,                    /* DENIED: job.consent names the rule */
    VAULT_RULE,                       /* WRONG_STATE or DENIED: job.rule names the rule */
    VAULT_NO_REQUESTOR,               /* WRONG_STATE: the merchant is not onboarded at the card's scheme */
    VAULT_NO_NETWORK,                 /* WRONG_STATE: this server has no card network */
    VAULT_CARD_BUDGET,                /* TOO_MANY: more distinct card numbers than a merchant may try in an hour */
    VAULT_NETWORK,                    /* NONE: the network was asked and job.answer.verdict is not NETWORK_DONE */
};

/* What is wanted. Spans live as long as the exchange. */
struct vault_wish {
    enum vault_op op;
    int64_t merchant_id;
    struct span sub_merchant, customer_id;        /* absent: none; customer_id absent: any of this merchant's (admin,
                                                   * PAR) */
    bool has_token;
    uint8_t token[VAULT_ID];
    const struct card_facts *card;                /* MAKE, GUEST, PAR: without flaw */
    struct consent_facts consent;                 /* channel always; MAKE, GUEST: id, given, given_ms, auth_ref */
    bool wants_number;
    enum network_payment payment;
    struct money amount;                          /* minor 0: none */
    struct span request_id, source;               /* for the audit row: the caller's id and numeric address */
    bool later;                                   /* SUSPEND, RESUME, DELETE: commit the intent; the sweeper asks */
    const struct bin *bin;                        /* MAKE: what is known of the card; NULL: by its first digits */
    int64_t held_ms;                              /* MAKE: for so long the caller asks again himself, and the sweeper
                                                   * leaves the token alone; 0: only while the answer may come */
};

struct vault_job {
    struct vault_wish wish;
    int64_t now_ms;
    struct arena *arena;                          /* of the exchange */

    enum vault_why why;
    enum consent_rule consent;
    enum token_rule rule;
    bool existed;                                 /* MAKE: a live token of this card and owner was there */
    struct token_row row;                         /* the token as it is now; spans in the arena */
    struct network_answer answer;                 /* what the network said, when it was asked */

    bool asks, settles;                           /* the vault's own from here on */
    bool asked_before;                            /* an earlier request may have put the same question */
    int64_t lease, seen;                          /* the row's ask_ms and updated_ms when this one was put */
    struct network_call call;
    struct network_call number;                   /* of a token that was made just now, where the network tells it only
                                                   * when it is asked */
    struct network *network;
    void (*asked)(struct vault_job *job);
    void *arg;                                    /* the dialect's own, for `asked` */
};

struct vault;

/* The vault's own thread: the sweeper and the network's notices. `s` and its store, clock and network outlive it. The
 * network may be put in place after the vault, before the first use; while it is NULL, every use is VAULT_NO_NETWORK.
 * The caller frees it with vault_free(), which waits for questions under way: after network_stop() that is at once. */
MUST_CHECK enum fault vault_new(struct vault **out, const struct services *s);
void vault_free(struct vault *v);

/* The notice handler for network_options; `arg` is the struct vault *, or NULL: then the notice comes again. */
void vault_notice(void *vault, const struct network_notice *n);

/* Owner bytes for card_ask.owner, in `a`; absent when memory is out. */
struct span vault_owner(struct arena *a, struct span sub_merchant, struct span customer_id);

/* See above. A fault leaves no trace, and job->why says more. */
MUST_CHECK enum fault vault_begin(const struct services *s, struct store_tx *tx, struct vault_job *job);

/* Does the network have to be asked? If so, job->asked is called once, from another thread or from within. */
bool vault_asks(const struct vault_job *job);
void vault_ask(const struct services *s, struct vault_job *job, void (*asked)(struct vault_job *job), void *arg);

/* The same when nobody waits for the outcome: the vault leads a copy of the job to its end by itself. */
void vault_ask_alone(const struct services *s, const struct vault_job *job);

/* After `asked`: does the answer change anything we keep? A disclosure that came to nothing has its outcome audited. */
bool vault_settles(const struct vault_job *job);
MUST_CHECK enum fault vault_settle(const struct services *s, struct store_tx *tx, struct vault_job *job);

/* The outcome for the dialect once all steps are done: VAULT_FINE, or why not. */
enum vault_why vault_outcome(const struct vault_job *job);

/* In any job: one token by its public id, as seen at `now_ms` (expired or not). NOT_FOUND as above, with *why. */
MUST_CHECK enum fault vault_find(const struct services *s, struct store_tx *tx, struct token_row *out, struct arena *a,
                                 const struct vault_wish *wish, int64_t now_ms, enum vault_why *why);

/* In any job: the tokens of a customer, newest first, live ones only unless `all`. */
MUST_CHECK enum fault vault_list(struct store_tx *tx, struct arena *a, const struct vault_wish *wish, bool all,
                                 enum fault (*each)(void *arg, const struct token_row *t), void *arg);

/* The same as a chain in `a`, in that order, for whoever must know how many there are before the first is shown. */
struct vault_listed { struct token_row row; struct vault_listed *next; };
struct vault_chain { struct vault_listed *first; size_t n; };
MUST_CHECK enum fault vault_chain(struct store_tx *tx, struct vault_chain *out, struct arena *a,
                                  const struct vault_wish *wish);

/* A token's life as it is at `now_ms`, and its expiry. */
struct token_life vault_life(const struct token_row *t, int64_t now_ms);
struct expiry vault_expiry(const struct token_row *t);

/* Public ids. vault_id_read() takes 32 hex digits (any case), a UUID, or either behind "token_" or "cref_".
 * BAD_INPUT. */
void vault_id(const struct services *s, uint8_t out[static VAULT_ID], const struct token_row *t);
void vault_id_hex(char out[static VAULT_ID_HEX], const uint8_t id[static VAULT_ID]);
MUST_CHECK enum fault vault_id_read(uint8_t out[static VAULT_ID], struct span text);

/* The fingerprint as Juspay prints it: 26 lower-case base-32 characters and NUL. */
enum { VAULT_FINGERPRINT_TEXT = 27 };
void vault_fingerprint(char out[static VAULT_FINGERPRINT_TEXT], const uint8_t fingerprint[static CARD_FINGERPRINT]);

/* May the merchant put one more distinct card at `now_ms` (service/card_budget.h)? For questions about a fingerprint
 * that make no job. Always true where the server has no budget. */
bool vault_fingerprint_allowed(const struct services *s, int64_t merchant_id,
                               const uint8_t fingerprint[static CARD_FINGERPRINT], int64_t now_ms);

/* One step of the sweeper, for tests: settle what is open and due at `now_ms`. Waits for commits. */
MUST_CHECK enum fault vault_sweep(struct vault *v, int64_t now_ms);
