/* call.h: what every Paytm request has in common: its envelope, who asks, the signature, the vault, the signed answer.
 *
 * Checks come in the order of reference B.5: head, type of signature, MID, key; then, with the batch, signature,
 * request id, fields; then whatever the vault says. What is wrong with the fields is known early and told only behind a
 * good signature. The state of an exchange in this dialect always begins with a struct call. */
#pragma once

#include "base/json_in.h"
#include "dialect/dialect.h"
#include "dialect/paytm/head.h"
#include "dialect/paytm/jwt.h"
#include "dialect/paytm/respell.h"
#include "service/partners.h"
#include "service/vault.h"

/* How a body names the customer. */
enum call_user { USER_NONE, USER_INFO, USER_FLAT };

/* How a route differs from the others. */
struct call_form {
    size_t size;                      /* of its state */
    bool headers;                     /* a GET: the head comes as headers, the MID and the rest by the path and query */
    bool token;                       /* tokenType and token in the head, the MID in the body, no id in the query */
    bool loose_id;                    /* a request id may be missing */
    bool flat;                        /* the result's members stand in the body, not in resultInfo */
    enum call_user user;
    const struct json_field *fields;  /* of the body, placed in the state; NULL: none */
    struct verdict (*check)(struct exchange *x);             /* what else may be wrong with them; NULL: nothing */
    struct span (*signed_text)(struct exchange *x);       /* of a GET: what its checksum covers */
    /* The answer's members before the result, when there is one to tell; NULL: none. */
    void (*write)(struct json_out *o, struct exchange *x, enum paytm_code code);
    size_t text_max;                  /* bytes of the answer's body; 0: CALL_TEXT */
};

enum { CALL_TEXT = 4096 };

struct call {
    const struct call_form *form;
    struct head head;
    struct span mid, customer;
    const struct json_node *user;
    struct partner_key key;
    bool keyed;                       /* `key` is found: answers are signed */
    bool is_jwt, judged, seconds;
    bool tried;                       /* its signature counted, as right or wrong */
    bool counted, crowded;            /* it counted in the rate class; there were too many already */
    bool id_is_card;                  /* the request id holds a card number: it is neither written down nor repeated */
    int64_t sent_ms;
    struct jwt jwt;
    struct verdict told;                 /* why it is refused; DONE: it is not */
    struct verdict pending;              /* what is wrong with its fields; told behind a good signature */
    bool has_job, went;               /* there is a vault job; its first transaction is on disk */
    struct vault_job job;
    struct card_facts *card;          /* of a card that came; prepare reads it */
    struct verdict result;               /* from compose on */
    struct span text;                 /* the answer's body */
    struct span likely[RESPELL_STYLES];       /* the signed text as other libraries write it; absent: not asked about */
};

/* Parse. The first question of x->asks is then the signature's. */
MUST_CHECK enum step call_parse(struct exchange *x, const struct call_form *form);

/* Prepare: on a worker, put the signature's question now, so that nobody without a key makes us open a card. */
MUST_CHECK enum step call_prepare(struct exchange *x);

/* Prepare, after call_prepare(): open `text`, standard base64, as a card into call.card; what is wrong with it becomes
 * pending. STEP_COMPOSE when the keyholder does not answer. */
MUST_CHECK enum step call_card(struct exchange *x, enum card_form form, struct span text);

/* At the start of work: signature, request id, fields. A fault is the work's, and the answer is known. */
MUST_CHECK enum fault call_admit(struct exchange *x, struct store_tx *tx);

/* In work: refuse with this. */
MUST_CHECK enum fault call_refuse(struct exchange *x, enum paytm_code code, const char *why);

/* A wish of this caller, to be filled further; and to begin it, in work. */
struct vault_wish call_wish(const struct exchange *x, enum vault_op op);
MUST_CHECK enum fault call_vault(struct exchange *x, struct store_tx *tx, const struct vault_wish *wish);

/* The steps after work, for the routes that use the vault's job of the call. */
enum next call_ask(struct exchange *x);
enum fault call_settle(struct exchange *x, struct store_tx *tx);
void call_compose(struct exchange *x, enum fault outcome);
void call_show(struct exchange *x, enum fault outcome);

/* For the dialect's refusals of whatever reaches no route. */
void call_refusal(struct exchange *x, enum refusal why);

static inline struct call *call_of(const struct exchange *x) { return x->state; }
