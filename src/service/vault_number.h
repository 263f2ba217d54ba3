/* vault_number.h: whose token has this number? Asked of the network, since we keep no token numbers.
 *
 * Led like a job of the vault: begin in a read or write job, ask with no transaction open, settle in a write job. */
#pragma once

#include "network/network.h"
#include "service/services.h"
#include "store/tokens.h"

struct vault_number {
    int64_t merchant_id, now_ms;
    int64_t channel;                  /* enum consent_channel; with the next two for the audit row */
    struct span request_id, source;   /* the caller's request id and numeric address */
    struct arena *arena;              /* of the exchange */
    struct network_call call;         /* the question, and its answer once `asked` was called */
    struct token_row row;             /* after settle */
    void (*asked)(struct vault_number *n);
    void *arg;                        /* the asker's own */
};

/* Make the question about `number`. WRONG_STATE: the merchant is not registered with its scheme, or this server has no
 * card network. */
MUST_CHECK enum fault vault_number_begin(const struct services *s, struct store_tx *tx, struct vault_number *n,
                                         const struct pan *number);

/* Ask; `asked` is called once, from another thread or from within. n->call.answer.verdict says how it went. */
void vault_number_ask(const struct services *s, struct vault_number *n, void (*asked)(struct vault_number *n),
                      void *arg);

/* After a verdict of DONE, in a write job: the token, into n->row, and an audit row that it was told of. NOT_FOUND: it
 * is not this merchant's. */
MUST_CHECK enum fault vault_number_settle(struct store_tx *tx, struct vault_number *n);
