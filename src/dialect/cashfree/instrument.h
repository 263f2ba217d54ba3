/* instrument.h: a saved card as Cashfree knows it, an instrument (reference 2.13), and what an exchange does with the
 * vault.
 *
 * The state of such an exchange begins with a struct instrument. Its steps, in order, each where a route needs it:
 * instrument_enter() or instrument_named() in parse; instrument_work(), instrument_call(), instrument_settle();
 * instrument_failed() and instrument_put() in show. */
#pragma once

#include "base/json_out.h"
#include "dialect/cashfree/call.h"
#include "dialect/cashfree/problem.h"
#include "service/vault.h"

enum {
    INSTRUMENT_ID = 37,               /* a UUID and NUL */
    INSTRUMENT_MAX = 1536,            /* bytes of an entity at most */
};

struct instrument {
    struct call call;
    struct vault_job job;
    struct span afa;                  /* see instrument_afa(); of the job's row */
};

/* Headers, who asks, limits; before version `since` the route is none. A state of `size` bytes is in x->state, and its
 * wish says who asks, when, and whose cards: those of the customer in the path, if there is one. */
MUST_CHECK enum step instrument_enter(struct exchange *x, size_t size, enum api_version since);

/* The same for routes about one instrument of a customer, which they name in the path. */
MUST_CHECK enum step instrument_named(struct exchange *x, enum vault_op op);

/* Steps that routes name as they are. Of a deletion, which shows the card, instrument_work() fills `afa` too. */
enum fault instrument_work(struct exchange *x, struct store_tx *tx);
enum next instrument_call(struct exchange *x);
enum fault instrument_settle(struct exchange *x, struct store_tx *tx);

/* In show: true when it did not work out, and then the answer is there. */
MUST_CHECK bool instrument_failed(struct exchange *x, enum fault outcome);

/* Why the vault or the network refused. */
struct problem instrument_problem(const struct vault_job *job, enum fault outcome);

/* No such instrument of this customer. */
struct problem instrument_unknown(void);

/* Is it deleted, or about to be, or did it never come to be? */
bool instrument_is_gone(const struct token_row *t, int64_t now_ms);

/* Begin an answer that nobody may keep on its way. */
struct buf *instrument_answer(struct exchange *x, size_t cap);

/* instrument_id: the token's public id as a UUID. */
void instrument_id(char out[static INSTRUMENT_ID], const struct services *s, const struct token_row *t);

/* In any job: the id of the payment with which the card was saved, digits in `a`; absent for a card that was saved
 * through another API. */
MUST_CHECK enum fault instrument_afa(struct store_tx *tx, struct span *out, struct arena *a, const struct token_row *t);

/* card_token_details: of the token, or null until there is one. */
void instrument_put_token(struct json_out *o, const struct token_row *t);

/* Write it, digits or text as the version has ids. */
void instrument_put_afa(struct json_out *o, enum api_version v, struct span afa);

/* Write the entity. */
void instrument_put(struct json_out *o, const struct exchange *x, const struct token_row *t, struct span afa);
