/* desk.h: what one thread needs to answer: keyed contexts of its own, a stock of salts, and sealing on them.
 *
 * A sealed record:  version (1) | key id (4) | salt (16) | ciphertext | tag (16)
 *
 * The record's key is HMAC-SHA-256(data key of the use, salt | use); the nonce is all zero, for that key seals
 * this record only. So the limit of 2^32 sealings under one key with random nonces (NIST SP 800-38D section
 * 8.3) is never near, however long a data key lives. Associated data: use (1) | length of about (2) | about.
 * The key id is derived from the master key, so a record of another key file is told from a damaged one. */
#pragma once

#include <pthread.h>

#include "base/arena.h"
#include "base/secret.h"
#include "keyholder/crypt.h"
#include "keyholder/ff1.h"
#include "keyholder/jwe.h"
#include "keyholder/keyholder.h"
#include "keyholder/paytm_checksum.h"

enum {
    DESK_SALT = 16,                   /* bytes */
    DESK_SALTS = 64,                  /* salts taken from the kernel at once: a call for each is half a sealing */
    DESK_KEY_ID = 4,                  /* bytes */
    DESK_RECORD = 1,                  /* the version of sealed records */
};

/* A data key that is not derived from the master key, with its own key id. */
struct desk_key { uint8_t id[DESK_KEY_ID], key[CRYPT_KEY]; };

struct desk {
    pthread_mutex_t lock;             /* held by whoever works at it */
    struct crypt_gcm *gcm;
    struct crypt_mac *keyed[KEY_USES];        /* under the key of each use; NULL: it has none */
    struct crypt_mac *hourly;
    struct crypt_mac *fingerprint, *owner;    /* what merchants' keys for digests of cards come from */
    struct crypt_mac *pan, *par, *cryptogram; /* the simulated network's */
    struct crypt_mac *acquirer_pan;           /* the acquirer's */
    struct crypt_mac *chain;                  /* the audit chain's */
    struct ff1 *numbers;                      /* the network's token numbers */
    struct crypt_mac *any;                    /* for crypt_mac_under() */
    struct paytm_checksum *checksum;
    struct jwe_bench *jwe;
    struct arena *arena;                      /* empty between two questions */
    uint8_t key_id[DESK_KEY_ID];
    uint8_t salts[DESK_SALTS][DESK_SALT];
    size_t salts_left;
    uint8_t scratch[KEY_IN_MAX];      /* for a plaintext that nobody is told */
};

/* Derive the `n` bytes at `out` from the master key for `label`, a constant. */
MUST_CHECK enum fault desk_derive(uint8_t *out, size_t n, const struct secret *master, const char *label);

/* A desk with all derived keys; the caller frees it with desk_free(), which wipes. */
MUST_CHECK enum fault desk_new(struct desk **out, const struct secret *master);
void desk_free(struct desk *d);

/* Seal ask->in for ask->use and ask->about: in.n + KEY_SEAL_EXTRA bytes into `out`. */
MUST_CHECK enum fault desk_seal(struct desk *d, uint8_t *out, const struct key_ask *ask);

/* Open the record ask->in, at least KEY_SEAL_EXTRA bytes, into `out`, that much shorter. DENIED when it is not
 * a record of this key, use and about, or was changed. */
MUST_CHECK enum fault desk_open(struct desk *d, uint8_t *out, const struct key_ask *ask);

/* The same under a data key of the caller's, whose id goes into the record's head. Nothing of either key stays on the
 * desk. */
MUST_CHECK enum fault desk_seal_under(struct desk *d, uint8_t *out, const struct desk_key *k,
                                      const struct key_ask *ask);
MUST_CHECK enum fault desk_open_under(struct desk *d, uint8_t *out, const struct desk_key *k,
                                      const struct key_ask *ask);
