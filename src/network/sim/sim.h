/* sim.h: the simulated card network: five schemes, their tokens, requestors and cryptograms, in a database of its own.
 *
 * It is another party. It has its own database file and its own connection to the keyholder, with keys of its own; it
 * shares no transaction with the vault, and nothing of it is reachable but through network/network.h. What is below is
 * for who runs the simulation: behaving badly on command, the issuer's side of things, and looking at what happened. */
#pragma once

#include "network/network.h"

enum { SIM_SLOW_MAX_MS = 60000, SIM_LIST_MAX = 100 };

struct sim;
struct store_options;

struct sim_options {
    const char *path;                 /* of its database file; made when needed */
    const char *vfs;                  /* SQLite VFS by name; NULL: the default one */
    const struct clock *clock;
    struct keyholder *keyholder;      /* its own client, whose connections have the network's rights only */
    struct network *network;          /* it attaches itself */
    struct journal *journal;          /* may be NULL */
};

/* Open its store and start its thread, which takes all waiting questions at once: one look into the database, one frame
 * to the keyholder, one commit for each lot. DISK, SILENT (no keyholder), INTERNAL. */
MUST_CHECK enum fault sim_open(struct sim **out, const struct sim_options *o);
void sim_close(struct sim *s);                /* NULL is fine; after network_stop() */

/* How it behaves, for one scheme or, with SCHEME_UNKNOWN, for all. */
enum sim_manner {
    SIM_WELL,
    SIM_SLOW,                         /* answers after `ms` */
    SIM_MUTE,                         /* does it and never answers */
    SIM_DEAF,                         /* hears nothing: neither effect nor answer */
    SIM_DOWN,                         /* NETWORK_UNREACHABLE at once */
    SIM_NO_ROUTE, SIM_BROKEN, SIM_ERROR, SIM_FAULT,      /* that verdict at once, without effect */
    SIM_TWICE,                        /* answers twice */
    SIM_MANNERS
};
void sim_behave(struct sim *s, enum scheme scheme, enum sim_manner m, int ms);
const char *sim_manner_name(enum sim_manner m);       /* "slow"; a constant */
/* How it behaves now for one scheme; *ms is its delay. */
enum sim_manner sim_behaviour(struct sim *s, enum scheme scheme, int *ms);

/* Issuer and network events on a token, by the network's reference; each gives a notice. */
enum sim_event {
    SIM_SUSPEND, SIM_RESUME, SIM_RENEW, SIM_REPLACE, SIM_DELETE, SIM_BLOCK_CARD, SIM_UNBLOCK_CARD, SIM_EVENTS
};
/* NOT_FOUND; WRONG_STATE when the token does not allow it. Waits for its commit: not on an HTTP thread. */
MUST_CHECK enum fault sim_happen(struct sim *s, struct span token_ref, enum sim_event e, int64_t now_ms);
const char *sim_event_name(enum sim_event e);         /* "suspend"; a constant */

/* Put a requestor's onboarding into force or out of it. NOT_FOUND. Waits as above. */
MUST_CHECK enum fault sim_requestor(struct sim *s, struct span trid, bool active);

/* What happened: counts of what it heard and answered since it was opened (a manner that keeps the question from it
 * counts nowhere), and all its tokens, newest first, at most SIM_LIST_MAX. */
struct sim_counts { uint64_t asked[NETWORK_OPS], answered[NETWORK_OPS]; uint64_t tokens; };
void sim_counts(const struct sim *s, struct sim_counts *out);
struct sim_token {
    char token_ref[NETWORK_TOKEN_REF_MAX + 1], trid[NETWORK_TRID + 1], par[NETWORK_PAR_MAX + 1], last4[5];
    struct network_ref ref;
    enum scheme scheme;
    struct token_life life;
    int64_t created_ms;
};
MUST_CHECK enum fault sim_tokens(struct sim *s, struct sim_token out[static SIM_LIST_MAX], size_t *n);
