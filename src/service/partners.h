/* partners.h: what a merchant holds of each provider: Juspay API keys and public keys, Paytm MIDs and merchant keys,
 * and requestor ids at the card networks.
 *
 * A Juspay API key is 44 capital hexadecimal digits. Its first 12 name the credential, which is stored as the client
 * id "juspay:" and those digits; the rest is its secret (service/callers.h). A client id with a colon is no Cashfree
 * client id. Paytm merchant keys are stored sealed and used by the keyholder only. A merchant's public key is stored
 * sealed too, so that nobody with the database alone puts another in its place. */
#pragma once

#include "keyholder/card.h"
#include "service/callers.h"
#include "service/services.h"
#include "store/partners.h"

#define PARTNER_JUSPAY_CLIENT "juspay:"

enum {
    PARTNER_API_KEY = 45, PARTNER_API_KEY_ID = 12,        /* characters with NUL; those that name it */
    PARTNER_KEY_ID_MAX = 128,         /* characters of a public key's id: "key_" and 32 hex digits, or the merchant's */
    PARTNER_MID = 21,                 /* 20 characters and NUL: "TIJORI" and 14 digits */
    PARTNER_MID_MAX = 64,             /* characters of one that is asked for */
    PARTNER_PAYTM_KEY = 17,           /* 16 characters and NUL */
    PARTNER_CLIENT_MAX = 64, PARTNER_VERSION_MAX = 16,
    PARTNER_ABOUT = 240,
    PARTNER_SIGNATURE_MS = 24 * 3600 * 1000,      /* how long a signature and a request id are remembered */
    PARTNER_SWEEP = 50,               /* forgotten ones deleted at once, beside one of PARTNER_SWEEP_EVERY new ones */
    PARTNER_SWEEP_EVERY = 16,         /* a power of two */
};

/* Who has this API key, with or without a colon behind it (reference decision 10)? UNKNOWN_CALLER, SILENT. `basic` is
 * the value of the Authorization header. */
MUST_CHECK enum fault partner_juspay_caller(const struct services *s, struct caller *out, struct store_reader *r,
                                            struct arena *a, struct span basic, int64_t now_ms);

/* A key to be named in a question: KEY_CHECKSUM, KEY_SIGN, KEY_JWS (Paytm), or KEY_ENCRYPT (a recipient). */
struct partner_key { int64_t merchant_id; struct span id, sealed, about, client_id; };      /* the last: of Paytm */

/* The Paytm key of `mid` for a client id and key version, either absent or empty: the merchant's first. NOT_FOUND: no
 * such mid, or no such key of it; *mid_known says which. `out->merchant_id` is whose it is. */
MUST_CHECK enum fault partner_paytm_key(const struct services *s, struct partner_key *out, bool *mid_known,
                                        struct store_reader *r, struct arena *a, struct span mid, struct span client_id,
                                        struct span version);

/* In any job: the key that signs what this merchant is told: his first; out->id is his mid. NOT_FOUND: he has none. */
MUST_CHECK enum fault partner_paytm_signer(struct store_tx *tx, struct partner_key *out, struct arena *a,
                                           int64_t merchant_id, int64_t now_ms);

/* In any job: the public key registered under `key_id`, or the newest when that is absent or not known to us
 * (decision 5). NOT_FOUND: the merchant has none. */
MUST_CHECK enum fault partner_recipient(struct store_tx *tx, struct partner_key *out, struct arena *a,
                                        int64_t merchant_id, struct span key_id);

/* Make the question from a key: `ask` gets op, use, about and in; the caller adds presented, number and out. */
void partner_ask(struct key_ask *ask, enum key_op op, const struct partner_key *k);

/* In a write job: a Paytm request with this id and signature. EXISTS: the id was used before; MISMATCH: the signature
 * was presented before under another id. Otherwise both are remembered for PARTNER_SIGNATURE_MS. */
MUST_CHECK enum fault partner_request(struct store_tx *tx, int64_t merchant_id, struct span request_id,
                                      struct span signature, int64_t now_ms);

/* In the same write job: the request, already remembered, made this token, or was given it. */
MUST_CHECK enum fault partner_request_made(struct store_tx *tx, int64_t merchant_id, struct span request_id,
                                           int64_t token_no);

/* In any job: the token that the merchant's request with this id made or was given, as long as the request is
 * remembered. NOT_FOUND. */
MUST_CHECK enum fault partner_request_token(struct store_tx *tx, int64_t *token_no, int64_t merchant_id,
                                            struct span request_id, int64_t now_ms);

/* The admin's use cases. They wait for commits, and onboarding for the network: on a worker only. Secrets are shown
 * once; the caller wipes them. NOT_FOUND: no such merchant, or a disabled one; EXISTS: the id is taken; BAD_INPUT. */

/* A further API key; with `replace` the ones before end at once. */
struct partner_juspay { char api_key[PARTNER_API_KEY], key_id[PARTNER_KEY_ID_MAX + 1]; };
MUST_CHECK enum fault partner_juspay_add(const struct services *s, struct partner_juspay *out, int64_t merchant_id);
MUST_CHECK enum fault partner_juspay_replace(const struct services *s, struct partner_juspay *out,
                                             int64_t merchant_id);

/* Register a public key, PEM, under `key_id`; absent or empty: "key_" and 32 digits are made. out->key_id: its id. */
MUST_CHECK enum fault partner_public_key_add(const struct services *s, struct partner_juspay *out, int64_t merchant_id,
                                             struct span key_id, struct span pem);

/* A MID (the merchant's own, made when it has none) with a merchant key under this client id and version; absent or
 * empty: PARTNER_CLIENT and PARTNER_VERSION. `replace`: a key that is there under both ends at once. */
#define PARTNER_CLIENT "tijori"
#define PARTNER_VERSION "v1"
struct partner_paytm {
    char mid[PARTNER_MID_MAX + 1], merchant_key[PARTNER_PAYTM_KEY];
    char client_id[PARTNER_CLIENT_MAX + 1], version[PARTNER_VERSION_MAX + 1];
};
MUST_CHECK enum fault partner_paytm_add(const struct services *s, struct partner_paytm *out, int64_t merchant_id,
                                        struct span client_id, struct span version);
MUST_CHECK enum fault partner_paytm_replace(const struct services *s, struct partner_paytm *out, int64_t merchant_id,
                                            struct span client_id, struct span version);

/* The same inside a write job of a new merchant. They ask the keyholder, which is for rare jobs only. */
MUST_CHECK enum fault partner_juspay_make(const struct services *s, struct store_tx *tx, struct partner_juspay *out,
                                          int64_t merchant_id, int64_t now_ms);
MUST_CHECK enum fault partner_paytm_make(const struct services *s, struct store_tx *tx, struct partner_paytm *out,
                                         int64_t merchant_id, int64_t now_ms);

/* Onboard at one scheme, or at all with SCHEME_UNKNOWN; again it does no harm. SILENT: the network does not answer;
 * WRONG_STATE: this server has none. */
MUST_CHECK enum fault partner_onboard(const struct services *s, int64_t merchant_id, enum scheme scheme);

/* Our public key for cards of this form, PEM, in `a`, and its id (a UUID made of its digest). */
enum { PARTNER_SERVER_KEY_ID = 37 };
MUST_CHECK enum fault partner_server_key(const struct services *s, struct span *pem,
                                         char id[static PARTNER_SERVER_KEY_ID], struct arena *a, enum card_form form);

/* What a sealed public key and a sealed Paytm key are bound to. */
void partner_about_public(struct buf *out, int64_t merchant_id, struct span key_id);
void partner_about_paytm(struct buf *out, struct span mid, const struct paytm_key_row *k);
