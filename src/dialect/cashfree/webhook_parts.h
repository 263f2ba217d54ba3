/* webhook_parts.h: what Cashfree's webhooks are made of (reference 4.2 to 4.4). Their shapes differ from the REST
 * API's, and so do their amounts, which have all decimals. */
#pragma once

#include "base/json_out.h"
#include "dialect/cashfree/version.h"
#include "dialect/cashfree/webhooks.h"
#include "service/orders.h"
#include "store/payments.h"
#include "store/refunds.h"
#include "store/tokens.h"

enum { WEBHOOK_PLAIN_MAX = 6144 };    /* bytes of a body without the merchant's own texts */

/* The state of a letter: the rows its event is about, as they were when it was told. */
struct cf_letter {
    enum api_version version;
    struct order_row order;
    struct order_private private;
    struct payment_row payment;
    struct refund_row refund;
    struct token_row token;           /* token_no 0: none */
    struct span afa;                  /* of the token: see instrument_afa() */
    bool private_at_hand;
    struct span phone;                /* of the wallet or the like that paid; absent: none */
};

/* Gather the rows; questions go behind those that the letter has. NOT_FOUND. */
MUST_CHECK enum fault webhook_payment_gather(struct webhook_letter *l, struct store_tx *tx);
MUST_CHECK enum fault webhook_refund_gather(struct webhook_letter *l, struct store_tx *tx);
MUST_CHECK enum fault webhook_instrument_gather(struct webhook_letter *l, struct store_tx *tx);

/* Before the first line is written: the payer's phone number, where the method has one. It asks the keyholder.
 * SILENT. */
MUST_CHECK enum fault webhook_payment_open(struct webhook_letter *l);

/* Bytes of what the rows hold of the merchant's own texts, once written. */
size_t webhook_texts_size(const struct cf_letter *c);

/* Write the members of "data". */
void webhook_payment_put(struct json_out *o, const struct webhook_letter *l);
void webhook_refund_put(struct json_out *o, const struct webhook_letter *l);
void webhook_instrument_put(struct json_out *o, const struct webhook_letter *l);

/* An amount with all decimals of its currency. */
void webhook_amount_put(struct json_out *o, const char *key, int64_t minor, struct span currency);
