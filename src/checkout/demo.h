/* demo.h: the sandbox's demo shop and its receiver of webhooks. Private to this folder. */
#pragma once

#include "checkout/desk.h"

enum {
    DEMO_BODY_MAX = 64 * 1024,        /* bytes of a webhook */
    DEMO_KEPT = 200,                  /* webhooks that are kept */
    DEMO_BUSY = 503,                  /* the status for those who are not kept waiting, because another is */
    DEMO_SLOW_MS = 3000,
    DEMO_HANG_MS = 11000,             /* longer than a sender waits (COURIER_TIMEOUT_MS) */
};

/* How the receiver answers what is sent to /demo/webhooks/{manner}: "ok", "fail", "slow", "gone", and
 * "hang", whose answer nobody waits for. 0: no such manner. */
unsigned demo_manner(struct span name);

/* Fill the wish for an order of the demo shop and put its question; in parse. `receiver`: the manner its webhooks shall
 * be received in. NOT_FOUND: this sandbox has no demo merchant. */
MUST_CHECK enum fault demo_wish(struct exchange *x, struct order_new *n, struct span receiver);
MUST_CHECK enum fault demo_prepare(struct exchange *x, struct order_new *n);

/* The routes. */
enum step demo_parse(struct exchange *x);
enum fault demo_work(struct exchange *x, struct store_tx *tx);
void demo_show(struct exchange *x, enum fault outcome);
enum step demo_order_parse(struct exchange *x);
enum fault demo_order_work(struct exchange *x, struct store_tx *tx);
void demo_order_show(struct exchange *x, enum fault outcome);
enum step receiver_parse(struct exchange *x);
enum step receiver_prepare(struct exchange *x);
enum fault receiver_work(struct exchange *x, struct store_tx *tx);
void receiver_show(struct exchange *x, enum fault outcome);
