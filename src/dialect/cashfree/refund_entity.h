/* refund_entity.h: a refund as Cashfree shows it (reference 2.11, 2.15). */
#pragma once

#include "base/json_out.h"
#include "dialect/cashfree/version.h"
#include "dialect/dialect.h"
#include "store/refunds.h"

enum { REFUND_ENTITY_MAX = 2560 };    /* bytes of an entity at most, without its splits */

/* Write the entity. */
void refund_entity_put(struct json_out *o, const struct services *s, const struct refund_row *r, enum api_version v);

/* Bytes that it writes at most. */
size_t refund_entity_size(const struct refund_row *r);

/* status_description: "In Progress". A constant. */
const char *refund_description(const struct refund_row *r);
