/* order_check.h: what a table of fields cannot say about a new order, and its stored fragments. */
#pragma once

#include "dialect/cashfree/order_fields.h"
#include "dialect/cashfree/problem.h"
#include "service/callers.h"
#include "service/orders.h"

struct order_rules {
    enum api_version version;
    bool live;                        /* https is required of URLs */
    const struct caller *caller;      /* whose currencies count */
    struct arena *arena;
};

/* Check `b`, which passed its table, and fill amount, expires_ms, order_id (absent when none was given),
 * customer_id, note and one_account of `n`. Whether the expiry is far enough ahead is left to the caller, because it
 * depends on the time. BAD_INPUT with *p filled. */
MUST_CHECK enum fault order_check(struct order_new *n, const struct order_body *b, const struct order_rules *r,
                                  struct problem *p);

/* Write the fragments and private parts of `n`. `body_n`: bytes of the request's body. INTERNAL when memory
 * is out. */
MUST_CHECK enum fault order_fragments(struct order_new *n, const struct order_body *b, const struct order_rules *r,
                                      size_t body_n);

/* What a complaint about them calls an amount and its currency. */
struct order_money_paths { const char *amount, *currency; };

/* Shared with the order token: is this a currency the caller may use, and an amount within the limits
 * (1 to ORDER_AMOUNT_MAX_MAJOR)? An empty currency is INR. */
MUST_CHECK enum fault order_read_money(struct money *out, struct span amount, struct span currency,
                                       const struct order_rules *r, const struct order_money_paths *paths,
                                       struct problem *p);
