/* payment_entity.h: a payment as Cashfree shows it (reference 2.10, 2.15). REST writes it whole; webhooks have shapes
 * of their own and share the parts below. */
#pragma once

#include "base/json_out.h"
#include "dialect/cashfree/version.h"
#include "dialect/dialect.h"
#include "service/orders.h"
#include "store/payments.h"

enum {
    PAYMENT_ENTITY_MAX = 4096,        /* bytes of an entity at most */
    PAYMENT_MASK = 17,                /* bytes of a masked card number with NUL */
};

/* What one shown payment is made of. */
struct payment_shown {
    const struct services *services;
    const struct order_row *order;
    const struct payment_row *payment;
    enum api_version version;
};

/* Write the entity. */
void payment_entity_put(struct json_out *o, const struct payment_shown *s);

/* payment_group: "credit_card", "upi", "net_banking"; up to 2022-09-01 "card", "upi", "netbanking". A constant. */
const char *payment_group(const struct payment_row *p, enum api_version v);

/* payment_message: the words of what the acquirer said last. A constant. */
const char *payment_message(const struct payment_row *p);

/* "XXXXXXXXXXXX1234"; "" when the last digits are not known. */
void payment_mask(char out[static PAYMENT_MASK], const struct payment_row *p);

/* card_network, card_type, card_sub_type in the words of the newest version; NULL: unknown. Constants. */
const char *payment_card_network(const struct payment_row *p);
const char *payment_card_type(const struct payment_row *p);
const char *payment_card_sub_type(const struct payment_row *p);

/* The bank of a net banking payment: its code (0: unknown) and name (absent: unknown). */
struct payment_bank { int64_t code; struct span name; };
struct payment_bank payment_bank(const struct payment_row *p);

/* "error_details" with its key: the codes of a payment that came to nothing, or null. */
void payment_error_put(struct json_out *o, const struct payment_row *p);

/* "payment_gateway_details" with its key. */
void payment_gateway_put(struct json_out *o, const struct payment_shown *s);

/* An id of digits under `key`, in quotes or not as the version has it; an amount as its shortest decimal. */
void payment_id_put(struct json_out *o, const char *key, uint64_t id, enum api_version v);
void payment_amount_put(struct json_out *o, const char *key, int64_t minor, struct span currency);
