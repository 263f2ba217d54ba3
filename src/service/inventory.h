/* inventory.h: which algorithms and keys are in use, where, how old and for how long (PCI DSS v4.0.1 12.3.3, 3.7.4).
 *
 * The table says what there can be; the lines what there is. Who adds a use of a key adds it to the table: a test
 * compares the two. */
#pragma once

#include "service/keys.h"
#include "store/key_counts.h"

enum inventory_kind {
    INVENTORY_RING,       /* generations of `which`, an enum key_purpose: a line each */
    INVENTORY_KEK,        /* what the keyring is sealed under */
    INVENTORY_SECRETS,    /* what `which`, an enum key_secret, counts: one line */
    INVENTORY_CARDS,      /* the server's key for cards of the form `which`, an enum card_form */
    INVENTORY_TLS,        /* the listener's certificate; no line where there is none */
    INVENTORY_MEMORY,     /* random, in one process's memory, never stored */
    INVENTORY_OTHERS,     /* not ours: what other servers present to us */
};

struct inventory_row {
    const char *name;
    enum inventory_kind kind;
    unsigned which;
    unsigned uses;                    /* bits 1 << enum key_use */
    const char *algorithm;
    int64_t bits;                     /* of the key; 0: the line says, or it has none */
    const char *standard, *used, *remark;     /* remark may be NULL */
    int64_t days;                     /* how long a key is to be used (NIST SP 800-57 part 1, 5.3); 0: no limit */
};

/* Ended by a NULL name. */
extern const struct inventory_row inventory_rows[];

/* One key in use. */
enum { INVENTORY_TEXT = 64 };
struct inventory_line {
    const struct inventory_row *row;
    const struct key_generation *generation;  /* of INVENTORY_RING; NULL elsewhere */
    enum keys_state state;            /* of a generation */
    int64_t created_ms;               /* 0: not known to the gateway, or as old as the key file */
    int64_t expires_ms;               /* of a certificate; 0 elsewhere */
    int64_t count;                    /* of INVENTORY_SECRETS, the oldest of which `created_ms` is; -1 elsewhere */
    int64_t bits;
    char algorithm[INVENTORY_TEXT];   /* of a certificate's key; "": as the row says */
    bool over;                        /* longer in use than it is to be */
};

/* Every line, in the order of the table, until `each` returns a fault, which is then the result. Waits for keyholder
 * and disk: on a worker. SILENT, DISK. */
MUST_CHECK enum fault inventory_each(const struct services *s,
                                     enum fault (*each)(void *arg, const struct inventory_line *l), void *arg);

/* "key file", "custodians' shares", "HSM". */
const char *inventory_source(const struct key_ring *r);
