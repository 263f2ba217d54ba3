/* partners.h: what merchants hold of each provider, as rows: public keys, Paytm MIDs and keys, Paytm requests seen. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

/* A merchant's public key, to which answers are encrypted. */
struct public_key_row {
    int64_t merchant_id, key_no;      /* key_no: 1 for the merchant's first, 2 for the next, ... */
    struct span key_id;               /* what the merchant calls it; unique within the merchant */
    struct span key_sealed;           /* KEY_USE_RECIPIENT */
    int64_t created_ms;
};

/* Insert under the next number, which goes to *key_no. EXISTS when the id is taken. */
MUST_CHECK enum fault public_keys_insert(struct store_tx *tx, int64_t *key_no, const struct public_key_row *k);
MUST_CHECK enum fault public_keys_find(struct store_tx *tx, struct public_key_row *out, struct arena *a,
                                       int64_t merchant_id, struct span key_id);
MUST_CHECK enum fault public_keys_newest(struct store_tx *tx, struct public_key_row *out, struct arena *a,
                                         int64_t merchant_id);
/* All of a merchant's, newest first, until `each` returns a fault, which is then the result. */
MUST_CHECK enum fault public_keys_each(struct store_tx *tx, int64_t merchant_id,
                                       enum fault (*each)(void *arg, const struct public_key_row *k), void *arg);

/* Whose a Paytm MID is. Global and small, as credentials are: a call names nothing else. */
struct mid_row { struct span mid; int64_t merchant_id, created_ms; };

/* EXISTS when the MID is another's, or the merchant has one. */
MUST_CHECK enum fault mids_insert(struct store_tx *tx, const struct mid_row *m);
MUST_CHECK enum fault mids_find(struct store_tx *tx, struct mid_row *out, struct arena *a, struct span mid);
MUST_CHECK enum fault mids_of(struct store_tx *tx, struct mid_row *out, struct arena *a, int64_t merchant_id);

/* A Paytm merchant key. */
struct paytm_key_row {
    int64_t merchant_id, key_no;      /* key_no: 1 for the merchant's first, 2 for the next, ... */
    struct span client_id, version;   /* at most one live key each */
    struct span key_sealed;           /* KEY_USE_PAYTM */
    int64_t created_ms, ends_ms;      /* ends_ms: 0 for no end; otherwise refused from then on */
};

/* The number the merchant's next key will have. */
MUST_CHECK enum fault paytm_keys_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id);
MUST_CHECK enum fault paytm_keys_insert(struct store_tx *tx, const struct paytm_key_row *k);
/* The first one made that has not ended at `now_ms` and is of this client id and version, where they are given. */
MUST_CHECK enum fault paytm_keys_find(struct store_tx *tx, struct paytm_key_row *out, struct arena *a,
                                      const struct paytm_key_row *wanted, int64_t now_ms);
/* End the live keys of this merchant, client id and version at `ends_ms`. No row is no fault. */
MUST_CHECK enum fault paytm_keys_end(struct store_tx *tx, const struct paytm_key_row *which, int64_t ends_ms);

/* A Paytm request that was taken. */
struct paytm_request_row {
    int64_t merchant_id;
    struct span request_id, signature;        /* signature: a digest of it; absent: it had none. Each unique */
    int64_t at_ms;
    int64_t token_no;                         /* the token it made, or was given; 0: none */
};

/* Insert, without a token, unless its id or its signature is there: then *taken is false. */
MUST_CHECK enum fault paytm_requests_insert(struct store_tx *tx, bool *taken, const struct paytm_request_row *r);
/* Is there one with this id, or this signature, from after `r->at_ms`? Its id is copied into `a`. NOT_FOUND. */
MUST_CHECK enum fault paytm_requests_find(struct store_tx *tx, struct paytm_request_row *out, struct arena *a,
                                          const struct paytm_request_row *r);
/* Write the token of the one with this id. NOT_FOUND. */
MUST_CHECK enum fault paytm_requests_put_token(struct store_tx *tx, const struct paytm_request_row *r);
/* The token of the one with this id, from after `r->at_ms`, into r->token_no. NOT_FOUND: there is none, or it has
 * none. */
MUST_CHECK enum fault paytm_requests_find_token(struct store_tx *tx, struct paytm_request_row *r);
/* Delete those with this id or signature up to r->at_ms. */
MUST_CHECK enum fault paytm_requests_drop(struct store_tx *tx, const struct paytm_request_row *r);
/* Delete at most `limit` from up to `before_ms`, of all merchants, oldest first. */
MUST_CHECK enum fault paytm_requests_sweep(struct store_tx *tx, int64_t before_ms, int64_t limit);
