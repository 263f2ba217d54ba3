/* webhooks_call.h: what questions about endpoints and deliveries find. Private to this folder. */
#pragma once

#include "dialect/admin/merchant_call.h"
#include "store/orders.h"

enum { DELIVERIES_SHOWN = 50 };       /* of one answer */

/* One delivery with the id of its order, absent: none. */
struct delivery_shown { struct outbox_row row; struct span order_id; };

/* The state of an exchange about them; the call comes first. */
struct webhooks_call {
    struct merchant_call call;
    struct outbox_filter filter;
    struct span order_id;             /* asked for; absent: of any order */
    struct endpoint_row endpoints[ENDPOINTS_MAX];
    struct delivery_shown deliveries[DELIVERIES_SHOWN];
    size_t n;
    struct span body;                 /* absent: it cannot be written any more */
};
