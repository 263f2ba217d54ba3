/* health.h: what the admin's pages tell of the courier. Private to this folder. */
#pragma once

#include "dialect/admin/desk.h"

/* Append whether the keyholder waits for its custodians. */
void health_sealed_metrics(struct buf *out, bool sealed);

/* Append the courier's metrics; nothing where there is none. */
void health_courier_metrics(struct buf *out, const struct services *s);

/* "up", "down", or "none" where none is to run. */
const char *health_courier(const struct services *s);
