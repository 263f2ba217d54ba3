/* ids_own.h: the keys behind public ids, by generation. Only ids*.c include it. */
#pragma once

#include <openssl/evp.h>
#include <pthread.h>

#include "base/permute.h"
#include "service/ids.h"
#include "service/stripes.h"

enum { IDS_ORDER_BITS = 53, IDS_ORDER_TOKEN_BITS = 120 };     /* 53: what JavaScript reads exactly */

/* Contexts with their keys in place; one thread's at a time. */
struct ids_ciphers { EVP_CIPHER_CTX *session_out, *session_in, *merchant, *token_out, *token_in; };

/* One generation, for numbers from `from` on, until the next one's. */
struct ids_key {
    uint8_t id[KEY_RING_ID];
    uint64_t from;
    struct ids_ciphers ciphers[STRIPES];
    struct permute *number, *token;
    struct ids_key *made_before;      /* all that were ever made, to be freed */
};

/* The generations there are, the newest first. Never changed once it is shown: whoever looks at one while it is
 * replaced goes on with it. */
struct ids_shelf { size_t n; const struct ids_key *keys[KEY_GENERATIONS]; struct ids_shelf *made_before; };

struct ids {
    struct stripe *stripes;           /* STRIPES of them, apart, because they change in a constant struct ids */
    _Atomic(struct ids_shelf *) shelf;
    struct permute *digits[IDS_OFS];  /* of the one key that is never another */
    pthread_mutex_t lock;             /* of who makes a shelf */
    struct ids_key *last_made;
};

/* What is there now; at least one. */
const struct ids_shelf *ids_shelf(const struct ids *i);

/* The key that shows this number. */
const struct ids_key *ids_key_of(const struct ids *i, int64_t number);
