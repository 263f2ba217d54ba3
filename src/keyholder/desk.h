/* desk.h: what one thread needs to answer: keyed contexts of its own, a stock of salts, and sealing on them.
 *
 * A sealed record:  version (1) | key id (4) | salt (16) | ciphertext | tag (16)
 *
 * The record's key is HMAC-SHA-256(data key of the use, salt | use); the nonce is all zero, for that key seals
 * this record only. So the limit of 2^32 sealings under one key with random nonces (NIST SP 800-38D section
 * 8.3) is never near, however long a data key lives. Associated data: use (1) | length of about (2) | about.
 * The key id is derived from the root of the data key's generation (keyholder/keyring.h): it says which one opens the
 * record, and tells a record of another ring, or of a generation that was destroyed, from a damaged one. */
#pragma once

#include "base/arena.h"
#include "base/secret.h"
#include "keyholder/crypt.h"
#include "keyholder/ff1.h"
#include "keyholder/jwe.h"
#include "keyholder/keyring.h"
#include "keyholder/paytm_checksum.h"

enum {
    DESK_SALT = 16,                   /* bytes */
    DESK_SALTS = 64,                  /* salts taken from the kernel at once: a call for each is half a sealing */
    DESK_KEY_ID = 4,                  /* bytes */
    DESK_RECORD = 1,                  /* the version of sealed records */
    DESK_DIGESTS = 2,                 /* generations that a card is matched under: the newest ones */
};

/* A data key that is not derived from a root, with its own key id. */
struct desk_key { uint8_t id[DESK_KEY_ID], key[CRYPT_KEY]; };

/* One generation of data keys, of what digests of cards are made with, and of what signs. */
struct desk_data { uint8_t id[DESK_KEY_ID]; struct crypt_mac *keyed[KEY_USES]; };     /* NULL: the use seals nothing */
struct desk_digests { struct crypt_mac *fingerprint, *owner; };       /* merchants' own keys come from them */
struct desk_signing { int64_t created_ms; struct crypt_mac *hourly; };

/* The newest generation of each kind is the first. */
struct desk {
    struct crypt_gcm *gcm;
    struct desk_data data[KEY_GENERATIONS];
    struct desk_digests digests[DESK_DIGESTS];        /* NULL where there are fewer */
    struct desk_signing signing[KEY_GENERATIONS];
    size_t datas, signings;
    struct crypt_mac *keyed[KEY_USES];        /* under the key of each use that only authenticates */
    struct crypt_mac *pan, *par, *cryptogram; /* the simulated network's */
    struct crypt_mac *acquirer_pan;           /* the acquirer's */
    struct crypt_mac *chain;                  /* the audit chain's, of the newest generation */
    struct ff1 *numbers;                      /* the network's token numbers */
    struct crypt_mac *any;                    /* for crypt_mac_under() */
    struct paytm_checksum *checksum;
    struct jwe_bench *jwe;
    struct arena *arena;                      /* empty between two questions */
    uint8_t salts[DESK_SALTS][DESK_SALT];
    size_t salts_left;
    uint8_t scratch[KEY_IN_MAX];      /* for a plaintext that nobody is told */
};

/* Derive the `n` bytes at `out` from a root for `label`, a constant. */
MUST_CHECK enum fault desk_derive(uint8_t *out, size_t n, struct span root, const char *label);

/* A desk with all keys that the ring's roots give; the ring stays the caller's. He frees the desk with desk_free(),
 * which wipes. A desk is one thread's at a time. */
MUST_CHECK enum fault desk_new(struct desk **out, const struct keyring *ring);
void desk_free(struct desk *d);

/* Seal ask->in for ask->use and ask->about under the newest data key: in.n + KEY_SEAL_EXTRA bytes into `out`. */
MUST_CHECK enum fault desk_seal(struct desk *d, uint8_t *out, const struct key_ask *ask);

/* Open the record ask->in, at least KEY_SEAL_EXTRA bytes, into `out`, that much shorter, whichever generation it is
 * of. DENIED when it is not a record of a generation that is there, of this use and about, or was changed. */
MUST_CHECK enum fault desk_open(struct desk *d, uint8_t *out, const struct key_ask *ask);

/* The MAC context of the data key that the record `record`, at least KEY_SEAL_EXTRA bytes, is sealed under for `use`;
 * NULL when there is none. It is the desk's. */
struct crypt_mac *desk_keyed(const struct desk *d, struct span record, enum key_use use);

/* The MAC context of the order-token keys of `hour`, hours since 1970: that of the newest generation which was there
 * when it began, or of the oldest. So the answer for an hour stays what it was when keys are rotated in it. */
struct crypt_mac *desk_hourly(const struct desk *d, uint64_t hour);

/* The same under a data key of the caller's, whose id goes into the record's head. Nothing of either key stays on the
 * desk. */
MUST_CHECK enum fault desk_seal_under(struct desk *d, uint8_t *out, const struct desk_key *k,
                                      const struct key_ask *ask);
MUST_CHECK enum fault desk_open_under(struct desk *d, uint8_t *out, const struct desk_key *k,
                                      const struct key_ask *ask);
