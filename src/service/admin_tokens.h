/* admin_tokens.h: who may use the admin listener, and for what.
 *
 * The token of the first run (DATA/credentials.json, DATA/admin.json) may do everything, for ever: settings keep its
 * digest, which needs no keyholder. All others are rows: a name, scopes, an end. Of their text only a digest is kept,
 * under a key of the keyholder's, so that a copy of the database gives nobody one to try. */
#pragma once

#include "service/audit.h"

/* What a token may be for: name and meaning. Each route of the admin listener needs one of them. */
#define ADMIN_SCOPES(X)                                                                                        \
    X(READ,      "read",      "look at merchants, their endpoints, and the list of what they were told")       \
    X(MERCHANTS, "merchants", "add and disable merchants; their credentials, keys and origins")                \
    X(WEBHOOKS,  "webhooks",  "add and remove endpoints; see a delivery's body, send it again")                \
    X(CUSTOMERS, "customers", "erase a customer")                                                              \
    X(BACKUP,    "backup",    "take a backup")                                                                 \
    X(KEYS,      "keys",      "rotate and destroy the server's keys, and see how far that is")                 \
    X(TOKENS,    "tokens",    "make, list and revoke admin tokens")                                            \
    X(SANDBOX,   "sandbox",   "clock, card network, acquirer and receivers of a sandbox")

enum admin_scope_number {
#define X(name, word, text) ADMIN_NUMBER_##name,
    ADMIN_SCOPES(X)
#undef X
    ADMIN_SCOPE_COUNT
};

/* Bits, so that a token has several. ADMIN_OPEN is no scope: a route that anybody may ask. */
enum admin_scope {
#define X(name, word, text) ADMIN_##name = 1 << ADMIN_NUMBER_##name,
    ADMIN_SCOPES(X)
#undef X
    ADMIN_EVERYTHING = (1 << ADMIN_SCOPE_COUNT) - 1,
    ADMIN_OPEN = 1 << ADMIN_SCOPE_COUNT,
};

enum {
    ADMIN_NAME_MAX = 64, ADMIN_TOKEN_TEXT = 80,       /* bytes of a name; of a token with its NUL */
    ADMIN_SCOPES_TEXT = 96,           /* bytes of the words of all scopes, with commas between */
    ADMIN_TOKENS_MAX = 500,           /* there ever were; names are not given twice */
    ADMIN_DAYS_MAX = 3650,
};

/* Append the words of `scopes`, with commas between. */
void admin_scopes_put(struct buf *out, unsigned scopes);
/* The scopes in a list of words. BAD_INPUT: one of them is none, or there are none. */
MUST_CHECK enum fault admin_scopes_read(unsigned *out, struct span text);

/* Stored in the audit log as the outcome of the call: never renumber. */
enum admin_verdict { ADMIN_MAY, ADMIN_EXPIRED, ADMIN_REVOKED, ADMIN_LACKS_SCOPE };

/* Whoever holds `token` asks for what needs `scope`. */
struct admin_use {
    struct span token;
    unsigned scope;                   /* one of enum admin_scope; 0, of a route that names none, is nobody's */
    struct audit_call call;           /* actor and outcome are set here */
    const char *known;                /* NULL, or the name of whose call this is one of many: his first has the row */
    /* out */
    enum admin_verdict verdict;
    char name[ADMIN_NAME_MAX + 1];
    unsigned scopes;
    int64_t ended_ms;                 /* when it expired or was revoked; of one that may, when it will, or 0 */
};

/* Whose is it, and may it? With its row in the audit log and the time of its last use committed when this returns,
 * whatever the verdict, but for one that is `known` and may. `r` is this thread's reader. UNKNOWN_CALLER: nobody's;
 * SILENT: the keyholder does not answer; faults of store_write(): then do nothing. It waits: on the admin listener
 * only. */
MUST_CHECK enum fault admin_token_use(const struct services *s, struct admin_use *use, struct store_reader *r,
                                      struct arena *a);

/* Make one. `scopes` must be among those of the asker, `by`, whom it does not outlive: where he ends (by_ends_ms; 0:
 * never) before so many days are over, it ends with him. Its text goes to `out`, once; the caller wipes it.
 * BAD_INPUT: name, scopes or days; DENIED: the asker has not all of these scopes; EXISTS: the name was given before;
 * TOO_MANY; SILENT; faults of store_write(). */
struct admin_token_new { struct span name; unsigned scopes; int64_t days; struct span by; unsigned by_scopes;
                         int64_t by_ends_ms; };
MUST_CHECK enum fault admin_token_make(const struct services *s, char out[static ADMIN_TOKEN_TEXT], int64_t *expires_ms,
                                       const struct admin_token_new *n);

/* From now on it is refused. Doing it again changes nothing. NOT_FOUND, also of the first run's, which goes by deleting
 * the file that has it and starting anew; faults of store_write(). */
MUST_CHECK enum fault admin_token_revoke(const struct services *s, struct span name);

/* Every one there was but the first run's, by name. */
struct admin_token_shown {
    struct span name, scopes, created_by;
    int64_t created_ms, expires_ms, used_ms, revoked_ms;      /* used_ms, revoked_ms: 0: never */
    const char *state;                /* "live", "expired", "revoked" */
};
MUST_CHECK enum fault admin_tokens_list(const struct services *s, struct store_reader *r,
                                        enum fault (*each)(void *arg, const struct admin_token_shown *t), void *arg);
