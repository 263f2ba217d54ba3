/* checkouts.h: orders that come by the order-token flow, and which origins may frame a merchant's checkout. */
#pragma once

#include "service/orders.h"
#include "service/services.h"
#include "store/checkouts.h"

enum {
    CHECKOUT_URL_MAX = 512,
    CHECKOUT_ORIGIN_MAX = 128,        /* bytes of an origin */
    CHECKOUT_ORIGINS_MAX = 16,        /* of a merchant */
};

/* In a write job: the order of `n`, made now, or the same order again while it may still be paid: same id, amount and
 * currency; and where its result goes, which the first request has said. *out is the order. MISMATCH: the id is taken
 * by an order of another amount; WRONG_STATE: by one that is over; SILENT: `sealed` was not answered. */
struct checkout_wish { const struct order_new *order; struct span return_url, notify_url; };
MUST_CHECK enum fault checkout_begin(struct store_tx *tx, struct order_row *out, struct arena *a,
                                     const struct checkout_wish *w, const struct key_ask *sealed, int64_t now_ms);

/* In any job: where the result of an order is told by the server; absent: it did not come by this flow, or names
 * none. */
MUST_CHECK enum fault checkout_notify_url(struct store_tx *tx, struct span *out, struct arena *a, int64_t merchant_id,
                                          int64_t order_no);

/* May a page of `origin` frame this merchant's checkout, and hear of its end? A registered one may; in the sandbox so
 * may whatever is on this machine. In any job. */
MUST_CHECK enum fault checkout_origin_allowed(const struct services *s, struct store_tx *tx, bool *out,
                                              struct arena *a, int64_t merchant_id, struct span origin);

/* Is it an origin, "https://shop.example:8443", in lower case, with http only for this machine? */
bool checkout_origin_is_valid(struct span origin);

/* These wait for a commit: not on an HTTP thread. BAD_INPUT; NOT_FOUND: no such merchant, or origin to be removed;
 * EXISTS; TOO_MANY. */
MUST_CHECK enum fault checkout_origin_add(const struct services *s, int64_t merchant_id, struct span origin);
MUST_CHECK enum fault checkout_origin_remove(const struct services *s, int64_t merchant_id, struct span origin);
