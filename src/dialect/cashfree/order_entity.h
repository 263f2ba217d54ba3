/* order_entity.h: an order as Cashfree shows it (reference 2.4, 2.15). */
#pragma once

#include "base/json_out.h"
#include "dialect/cashfree/version.h"
#include "dialect/dialect.h"
#include "service/orders.h"

/* What one shown order is made of. */
struct order_shown {
    const struct services *services;
    const struct order_row *row;
    const struct order_private *private;
    enum api_version version;
    int64_t now_ms;                   /* when it is looked at: an order past its expiry is EXPIRED */
    struct arena *arena;
};

/* Bytes that order_entity_put() writes at most. */
size_t order_entity_size(const struct order_shown *s);

/* Append the entity. */
void order_entity_put(struct buf *out, const struct order_shown *s);

/* "cf_order_id": digits, in quotes or not as the version has it. */
void order_entity_cf_id(struct json_out *o, const struct order_shown *s);

/* The exact shortest amount, as "order_amount". */
void order_entity_amount(struct json_out *o, const struct order_row *row);

/* The status by the words of the version: before 2023-08-01 there is no termination, so TERMINATED shows as
 * EXPIRED (no payment can begin) and TERMINATION_REQUESTED as ACTIVE (one may still succeed). */
const char *order_entity_status(const struct order_row *row, enum api_version v, int64_t now_ms);

/* What stands for the details of an order without a customer: every field null. */
struct span order_entity_no_customer(void);
