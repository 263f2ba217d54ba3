/* site.h: one gateway on a disk that fails on command, everything around it, what it promised, and what must hold of
 * its files afterwards. What is looked at afterwards is looked at with SQL of this folder's own. */
#pragma once

#include <semaphore.h>

#include "calls.h"
#include "torture/world.h"

enum { SITE_CLAIMS = 64, SITE_SQL = 320, SITE_FILES = 12, SITE_WRONG_SHOWN = 3 };

/* A statement whose number was promised: at least `min`, since so much was told as done, and at most `max`, since more
 * was never asked for. */
struct claim { char sql[SITE_SQL]; int64_t min, max; };

/* A file of the folder as every run finds it. */
struct kept_file { char name[24]; uint8_t *bytes; size_t n; };

struct site {
    struct world w;
    bool is_open;
    bool cut;                         /* the power was, in this run */
    bool keeps_keys;                  /* the keyholder's own file outlives that; here it is its memory */
    bool copied, before_copy;         /* of a backup: it was told as made, an order before it was told */
    sem_t asked;
    int64_t wal_soft, wal_hard;       /* of the store; 0: its own */
    struct claim claims[SITE_CLAIMS];
    size_t n_claims;
    struct kept_file files[SITE_FILES];
    size_t n_files;
    char anchor[64], copy[64], where[160];        /* where: scenario, operation and number, for what is told */
    uint64_t wrong;                   /* what did not hold, of this run and of all */
    uint64_t wrong_in_all;
    int64_t anchored;                 /* the link that was told as anchored; 0: none */
    int64_t order_no[8], payment_no[8], token_no[8];         /* what acts have made, for later ones */
    uint8_t session[8][ORDER_SESSION];
};

/* Something does not hold. */
void site_wrong(struct site *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Everything but the gateway, once for all runs of a scenario. */
void site_around_open(struct site *g);
void site_around_close(struct site *g);

/* Count and fail the system calls on the folder's files, or let them be. */
void site_watch(const struct site *g, bool watched);

/* The gateway, with its audit chain, over the shim. A fault leaves it closed. */
MUST_CHECK enum fault site_open(struct site *g);
void site_close(struct site *g);

/* Remember the files as they are, with everything closed; put them back, with a new run of the keyholder, to begin
 * anew; and the keyholder alone anew, as when the whole machine went. */
void site_keep(struct site *g);
void site_begin(struct site *g);
void site_renew_keyholder(struct site *g);

/* An act asked for one more of what the statement counts, and was answered `f`: see struct claim. An answer that says
 * neither "done" nor clearly that it is not done is wrong. */
void site_claim(struct site *g, enum fault f, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A number of the rows as they are on the disk now. */
int64_t site_number(struct site *g, const char *sql);
int64_t site_number_of(struct site *g, const char *path, const char *sql);

/* What must hold of the files, with everything closed: whole pages, rules, the audit chain with its anchors, claims. */
void site_check(struct site *g);

/* Let everything that is open come to an end, and see that our books are the acquirer's and the network's. */
void site_settle(struct site *g);
