/* errand.h: what an exchange of this dialect does with the vault, from the encrypted card to the encrypted answer.
 *
 * The state of such an exchange begins with a struct errand. Its steps, in order, each where a route needs it:
 * errand_begin() in parse; errand_card() in prepare; errand_recipient() and errand_work() in work; errand_call();
 * errand_settle(); errand_encrypt() in compose; errand_failed() and errand_payload() in show. */
#pragma once

#include "dialect/juspay/jcall.h"
#include "keyholder/card.h"
#include "service/partners.h"
#include "service/vault.h"

enum { ERRAND_CORRELATION = 33 };     /* 32 hexadecimal digits and NUL */

/* What a body says of whose token it is; the members have other names in other calls. */
struct token_owner { struct span customer_id, sub_merchant; };

struct errand {
    struct jcall call;
    struct vault_job job;
    struct card_facts card;           /* after errand_card() */
    struct partner_key recipient;
    bool no_recipient;                /* the merchant has registered no public key */
    bool uncomposed;                  /* what was to be encrypted did not fit */
};

/* Fill the wish: who, when, whose. */
void errand_begin(struct exchange *x, enum vault_op op, struct token_owner owner);

/* A token by its reference; one that is no reference of ours is not found later, like one that does not exist. */
void errand_token(struct errand *e, struct span reference);

/* On a worker: have the keyholder read the card. ANSWERED: it cannot be used, or nobody answered. */
MUST_CHECK enum step errand_card(struct exchange *x, enum card_form form, struct span text);

/* Whose public key the answer will be encrypted for: WRONG_STATE when there is none. */
MUST_CHECK enum fault errand_recipient(struct exchange *x, struct store_tx *tx, struct span key_id);

/* Steps that routes name as they are. */
enum fault errand_work(struct exchange *x, struct store_tx *tx);
enum next errand_call(struct exchange *x);
enum fault errand_settle(struct exchange *x, struct store_tx *tx);

/* Did it work out? For compose. */
bool errand_is_fine(const struct exchange *x, enum fault outcome);

/* The question that encrypts what was written to `text` for the recipient, in the card's own `enc`. */
void errand_encrypt(struct exchange *x, const struct buf *text);

/* In show: true when it did not work out, and then the answer is there. */
MUST_CHECK bool errand_failed(struct exchange *x, enum fault outcome);

/* The encrypted text, after errand_failed() said no. */
struct span errand_payload(const struct exchange *x);

/* 32 random hexadecimal digits. */
void errand_correlation(char out[static ERRAND_CORRELATION]);
