/* tokens.h: network tokens as rows, the consents they rest on, and the requestor ids they are made under.
 *
 * What a row holds is what may be kept (RBI CO.DPSS.POLC.No.S-516; reference D.1): never the card's number, expiry or
 * code, and of the token itself not its number but the network's reference. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

struct token_row {
    int64_t merchant_id, token_no;    /* token_no: time-ordered, unique within the merchant */
    struct span owner;                /* CARD_OWNER bytes: card, sub-merchant and customer; one live token each */
    struct span fingerprint;          /* CARD_FINGERPRINT bytes */
    struct span customer_id;
    struct span sub_merchant;         /* absent: the merchant's own */
    int64_t channel;                  /* enum consent_channel: through which dialect it was made */
    int64_t scheme;                   /* enum scheme */
    int64_t status, suspended_by, expired;        /* struct token_life */
    int64_t expiry;                   /* the token's own: year * 100 + month; 0: none yet */
    struct span last4;                /* of the card */
    struct span issuer, issuer_code, country;     /* domain/bin.h; absent: unknown */
    int64_t type, sub;                /* enum bin_type, enum bin_sub */
    struct span par, network_ref, bin9, token_last4;      /* absent until the network answered */
    int64_t verdict;                  /* enum network_verdict of what made it FAILED; 0 otherwise */
    int64_t created_ms, updated_ms;
    int64_t ask_ms;                   /* when the network is to be asked what became of it; 0: nothing is open */
    int64_t wanted;                   /* the open effect: enum network_op; NETWORK_PROVISION (0) where nothing is open
                                       * too */
    int64_t request;                  /* the moment of the open effect (network_ref.request); 0: provisioning */
};

struct consent_row {
    int64_t merchant_id, token_no, given_ms;
    int64_t channel;
    struct span consent_id, auth_ref;             /* absent: none named */
};

struct requestor_row { int64_t merchant_id, scheme; struct span trid; int64_t active, created_ms; };

/* EXISTS when a live token of this owner is there. */
MUST_CHECK enum fault tokens_insert(struct store_tx *tx, const struct token_row *t);
MUST_CHECK enum fault tokens_find(struct store_tx *tx, struct token_row *out, struct arena *a, int64_t merchant_id,
                                  int64_t token_no);
/* The live token (INIT, ACTIVE, SUSPENDED) of this owner. NOT_FOUND. */
MUST_CHECK enum fault tokens_find_owner(struct store_tx *tx, struct token_row *out, struct arena *a,
                                        int64_t merchant_id, struct span owner);
/* Write status, suspended_by, expired, expiry, par, network_ref, bin9, token_last4, verdict, updated_ms, ask_ms,
 * wanted and request of `t`. NOT_FOUND. */
MUST_CHECK enum fault tokens_update(struct store_tx *tx, const struct token_row *t);
/* A customer's tokens, newest first, until `each` returns a fault, which is then the result. */
MUST_CHECK enum fault tokens_each(struct store_tx *tx, int64_t merchant_id, struct span customer_id,
                                  enum fault (*each)(void *arg, const struct token_row *t), void *arg);
/* Tokens with 0 < ask_ms <= now_ms, or put off by a clock that has gone back (store_ahead_ms()), oldest first, at most
 * `max`. */
MUST_CHECK enum fault tokens_due(struct store_tx *tx, int64_t now_ms, int64_t max,
                                 enum fault (*each)(void *arg, const struct token_row *t), void *arg);
/* Is there any token, of whatever merchant? */
MUST_CHECK enum fault tokens_any(struct store_tx *tx, bool *out);
/* The next token number of a merchant. On the commit thread only. */
MUST_CHECK enum fault tokens_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id, int64_t now_ms);

/* The same one twice is kept once. */
MUST_CHECK enum fault consents_insert(struct store_tx *tx, const struct consent_row *c);
/* Of one token, oldest first. */
MUST_CHECK enum fault consents_each(struct store_tx *tx, int64_t merchant_id, int64_t token_no,
                                    enum fault (*each)(void *arg, const struct consent_row *c), void *arg);

/* A merchant's requestor id at a scheme; a new one takes the place of the old. */
MUST_CHECK enum fault requestors_put(struct store_tx *tx, const struct requestor_row *r);
/* NOT_FOUND: the merchant has none there. */
MUST_CHECK enum fault requestors_find(struct store_tx *tx, struct requestor_row *out, struct arena *a,
                                      int64_t merchant_id, int64_t scheme);
