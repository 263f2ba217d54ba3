/* key_counts.h: what the database says of keys: how many secrets there are, how far numbers go, what is old. */
#pragma once

#include "store/store.h"

/* What merchants and administrators hold. Of each: those that have not ended. */
enum key_secret {
    KEY_SECRET_CASHFREE,  /* client secrets */
    KEY_SECRET_JUSPAY,    /* API keys */
    KEY_SECRET_PAYTM,     /* merchant keys */
    KEY_SECRET_PUBLIC,    /* merchants' public keys */
    KEY_SECRET_ENDPOINT,  /* what an endpoint wants in Authorization */
    KEY_SECRET_ADMIN,     /* admin tokens */
    KEY_SECRETS
};
struct key_secrets { int64_t n, oldest_ms; };      /* oldest_ms: 0: there are none */
MUST_CHECK enum fault key_counts_secrets(struct store_tx *tx, struct key_secrets *out, enum key_secret kind,
                                         int64_t now_ms);

/* A number that no order and no token has reached: behind the last there is of any merchant, and behind those that are
 * given at `now_ms`. */
MUST_CHECK enum fault key_counts_next_number(struct store_tx *tx, int64_t *out, int64_t now_ms);

/* How far numbers go in so many milliseconds. */
int64_t key_counts_numbers_of(int64_t ms);

/* Live tokens that were made before `before_ms`. Reads every token. */
MUST_CHECK enum fault key_counts_tokens(struct store_tx *tx, int64_t *out, int64_t before_ms);
