/* network.h: a card network, another party: asked under our reference, it answers, perhaps late, twice or never.
 *
 * The front keeps a place for each question until its answer or its time is up; what comes later or again is counted
 * and dropped. Behind it stands a body: the simulated network (network/sim/sim.h) or, one day, a real one. A body
 * shares no transaction with us. So an effect is asked for only after our intent is committed, and when no answer came
 * the sweeper asks with NETWORK_STATUS under the same reference what became of it: every effect under one reference
 * happens once, however often it is asked for. */
#pragma once

#include "base/clock.h"
#include "domain/expiry.h"
#include "domain/money.h"
#include "domain/token.h"
#include "keyholder/card.h"

enum {
    NETWORK_PENDING_MAX = 8192,       /* questions in flight; more are answered BUSY at once */
    NETWORK_WAIT_MS = 3000,           /* how long an answer is waited for, unless the options say otherwise */
    NETWORK_AUTH_REF_MAX = 64,        /* characters of an authentication reference */
    NETWORK_TOKEN_REF_MAX = 48,       /* characters of the network's own reference of a token (reference C.1) */
    NETWORK_TRID = 11,                /* digits of a token requestor id */
    NETWORK_PAR_MAX = 29, NETWORK_TAVV_MAX = 40,
    NETWORK_REASON_MAX = 64,
};

enum network_op {
    NETWORK_PROVISION,                /* flight, scheme, trid, auth_ref -> a token, or LATER; with wants_number its
                                       * number too, where the network tells it at once: then a disclosure */
    NETWORK_NUMBER,                   /* token_ref -> its number: a disclosure */
    NETWORK_CRYPTOGRAM,               /* token_ref, payment, amount or none -> its number, a cryptogram: a disclosure */
    NETWORK_STATUS,                   /* token_ref, or "" and our reference alone -> how it is; NO_TOKEN: it was not
                                       * made */
    NETWORK_SUSPEND, NETWORK_RESUME, NETWORK_DELETE,
    NETWORK_ALT_ID,                   /* flight, scheme, trid, auth_ref, amount -> a number and a cryptogram for one
                                       * payment */
    NETWORK_PAR,                      /* flight or token_ref -> the PAR */
    NETWORK_FIND,                     /* number -> our reference of the token that has it, if trid is its requestor's */
    NETWORK_VERIFY,                   /* number, tavv, amount: a presented cryptogram, which is spent by it when DONE */
    NETWORK_ONBOARD,                  /* scheme, merchant's name in auth_ref, trid "" -> a trid; with trid -> whether it
                                       * is active */
    NETWORK_OPS
};

/* What the network said. What a dialect makes of each is reference B.5. */
enum network_verdict {
    NETWORK_DONE,
    NETWORK_LATER,                    /* taken; the token becomes active later */
    NETWORK_DECLINED,                 /* 701 by the issuer or network */
    NETWORK_INELIGIBLE,               /* 730 this card cannot have a token */
    NETWORK_AUTHENTICATE,             /* 750 it wants additional authentication */
    NETWORK_BAD_REQUEST,              /* 700 */
    NETWORK_BAD_AUTH_REF,             /* 727 */
    NETWORK_CARD_BLOCKED,             /* 714 no further operations for this card */
    NETWORK_BAD_STATE,                /* the token is not ACTIVE for it: answer.life says how it is */
    NETWORK_NOT_ALLOWED,              /* 715 an illegal transition */
    NETWORK_UNSUPPORTED,              /* 440 the scheme has no such operation */
    NETWORK_NO_TOKEN,                 /* 724 it knows no such token */
    NETWORK_NO_REQUESTOR,             /* 442 it knows no such trid */
    NETWORK_REQUESTOR_STATE,          /* 443 the trid is not active */
    NETWORK_ERROR,                    /* 702 its own failure, definite */
    NETWORK_FAULT,                    /* 721 an answer that makes no sense */
    NETWORK_UNREACHABLE,              /* 708 no connection; nothing was sent */
    NETWORK_NO_ROUTE,                 /* 723 no way there; nothing was sent */
    NETWORK_BROKEN,                   /* 709 the connection broke, and the network is known not to have done it */
    NETWORK_SILENT,                   /* 801 no answer in time: what became of it is not known */
    NETWORK_BUSY,                     /* ours: too many questions, or we are stopping; nothing was sent */
    NETWORK_FLIGHT_GONE,              /* ours: the card in flight can no longer be opened; nothing happened */
    /* Of NETWORK_VERIFY alone. */
    NETWORK_WRONG_TOKEN, NETWORK_WRONG_CRYPTOGRAM, NETWORK_REPLAYED, NETWORK_STALE, NETWORK_WRONG_AMOUNT,
    NETWORK_VERDICTS
};

enum network_payment { NETWORK_ECOM, NETWORK_SUBS };

/* Our reference: it comes back in answers and notices, and names an effect once and for all. `request` tells several
 * effects on one token apart (the moment of the intent); it is 0 for NETWORK_PROVISION. */
struct network_ref { int64_t merchant_id, token_no, request; };

/* A question, all of it by value: the asker's memory may be gone before the answer. */
struct network_ask {
    enum network_op op;
    struct network_ref ref;
    enum scheme scheme;
    char trid[NETWORK_TRID + 1];
    char token_ref[NETWORK_TOKEN_REF_MAX + 1];
    char auth_ref[NETWORK_AUTH_REF_MAX + 1];
    char number[PAN_DIGITS_MAX + 1], tavv[NETWORK_TAVV_MAX + 1];
    bool has_flight, wants_number;
    uint8_t flight[CARD_FLIGHT];
    enum network_payment payment;
    struct money amount;              /* minor 0: none was given */
    int64_t now_ms;                   /* the asker's moment, by the injected clock */
};

struct network_answer {
    enum network_verdict verdict;
    struct network_ref ref;           /* ours, of the token; also of NETWORK_FIND */
    struct token_life life;
    struct expiry expiry;             /* the token's own */
    char token_ref[NETWORK_TOKEN_REF_MAX + 1];
    char par[NETWORK_PAR_MAX + 1];
    char number[PAN_DIGITS_MAX + 1];  /* only where the operation discloses it */
    char tavv[NETWORK_TAVV_MAX + 1], eci[3];
    char trid[NETWORK_TRID + 1];
    char bin9[10], last4[5];          /* of the token number; told even where the number is not */
    bool trid_active;
};

/* A question under way, in the asker's memory until `done`, which is called exactly once, on a thread of the network's
 * that must not be held up, or before network_ask() returns when nothing could be sent. */
struct network_call {
    struct network_ask ask;
    struct network_answer answer;
    void (*done)(struct network_call *call);
    void *arg;                        /* the asker's own */
};

/* Something happened to a token without our asking: suspended, resumed, renewed, replaced, deleted or now active. The
 * answer has ref, life, expiry, bin9, last4 and token_ref. The listener must not block; when what it says is on disk it
 * calls network_noticed(), and until then the notice comes again, also after a restart. */
struct network_notice { uint64_t id; struct network_answer now; };

struct network;
struct metrics;
struct journal;

/* A body. `ask` must not block; the body calls network_answered() with `handle` once, or twice, or never. `wake` comes
 * after one or more questions, when no more follow at once; NULL where each is begun when it is asked. */
struct network_body {
    void (*ask)(void *body, uint64_t handle, const struct network_ask *ask);
    void (*noticed)(void *body, uint64_t id);
    void *body;
    void (*wake)(void *body);
};

struct network_options {
    int wait_ms;                      /* 0: NETWORK_WAIT_MS */
    struct journal *journal;          /* may be NULL */
    void (*notice)(void *arg, const struct network_notice *n);
    void *arg;                        /* of `notice` */
};

/* The front with its thread that watches the time. The caller frees it with network_free(), after network_stop(). */
MUST_CHECK enum fault network_new(struct network **out, const struct network_options *o);
void network_attach(struct network *n, const struct network_body *body);      /* before the first question */

/* Everything in flight is answered SILENT, and whatever is asked from now on BUSY. When it returns neither body nor
 * listener is called any more, so that both can go. */
void network_stop(struct network *n);
void network_free(struct network *n);         /* NULL is fine */

/* Ask. Thread-safe; never blocks for the answer. NETWORK_NO_ROUTE when no body is attached. */
void network_ask(struct network *n, struct network_call *call);

/* Ask and wait: for workers, tools and tests, never on an HTTP or commit thread. `done` and `arg` are not looked at. */
void network_ask_wait(struct network *n, struct network_call *call);

/* From a body: the answer to `handle`; a notice; from the listener: it is on disk. */
void network_answered(struct network *n, uint64_t handle, const struct network_answer *answer);
void network_notice(struct network *n, const struct network_notice *notice);
void network_noticed(struct network *n, uint64_t id);

/* How long an answer is waited for, in milliseconds. */
int network_wait_ms(const struct network *n);

/* What came too late or twice so far. */
uint64_t network_late(const struct network *n);

/* A verdict's name, "NETWORK_DECLINED" without its prefix, and its words for a person; constants, never NULL. */
const char *network_verdict_name(enum network_verdict v);
const char *network_verdict_text(enum network_verdict v);
