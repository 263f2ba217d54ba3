/* orders.h: what a caller can ask of orders: create, show, terminate, extended data. */
#pragma once

#include "domain/money.h"
#include "domain/order.h"
#include "service/services.h"
#include "store/orders.h"

/* Private parts of an order, as JSON fragments written by the dialect; absent when not given. They are kept
 * sealed at rest as one record. */
struct order_private { struct span customer, cart, terminal; };

enum { ORDER_PRIVATE_MAX = 48 * 1024 };      /* bytes of the three together */

/* A checked wish for an order. Spans are the request's. order_id is never absent: the dialect made one if needed. */
struct order_new {
    int64_t merchant_id;
    struct span order_id, customer_id, note, meta, tags, splits, products;
    struct order_private private;
    bool one_account;                 /* `private` names the bank account that alone may pay it */
    struct money amount;
    int64_t expires_ms;               /* 0: the default, 30 days less a second from now */
    uint8_t session[ORDER_SESSION];   /* random, made by order_prepare() */
};

/* Before the work: draw the session bytes and fill `ask` (one question: seal the private parts) with memory
 * from `a`; the question is put before the work runs, for a whole batch at once. BAD_INPUT when the private
 * parts are larger than ORDER_PRIVATE_MAX. */
MUST_CHECK enum fault order_prepare(struct order_new *n, struct key_ask *ask, struct arena *a);

/* In a write job: store it. `sealed` is the answered `ask`. *out is the row as stored (spans of `n` and the
 * ask). EXISTS when the order id is taken; SILENT when the seal was not answered. */
MUST_CHECK enum fault order_create(struct store_tx *tx, struct order_row *out, const struct order_new *n,
                                   const struct key_ask *sealed, int64_t now_ms);

/* In any job: one order. NOT_FOUND. */
MUST_CHECK enum fault order_fetch(struct store_tx *tx, struct order_row *out, struct arena *a, int64_t merchant_id,
                                  struct span order_id);

/* In a write job: terminate, or ask for it while an attempt to pay is in flight. *out is the order after it. NOT_FOUND;
 * WRONG_STATE when it is paid, expired or already terminated (*out then says which). */
MUST_CHECK enum fault order_terminate(struct store_tx *tx, struct order_row *out, struct arena *a, int64_t merchant_id,
                                      struct span order_id, int64_t now_ms);

/* Does it take a charge of an attempt that was begun at `begun_ms`? While it is active, even if its termination is
 * asked for, and the attempt was begun before its expiry. */
bool order_takes(const struct order_row *o, int64_t begun_ms);

/* In a write job: a charge that it takes has come: it is paid. */
MUST_CHECK enum fault order_pay(struct store_tx *tx, struct order_row *o);

/* In a write job: an attempt has ended without a charge: if termination was asked for and none is in flight, it is
 * terminated. */
MUST_CHECK enum fault order_attempt_ended(struct store_tx *tx, struct order_row *o);

/* After the commit of a new order: let the next one who asks for it have its private parts at once (recent.h).
 * `sealed` is the ask of order_prepare(). */
void order_keep_private(const struct services *s, const struct order_row *o, const struct key_ask *sealed,
                        int64_t now_ms);

/* The private parts of `o` if they are at hand; false: fill `ask` (one question; memory from `a`) and, when it was
 * answered, read them with order_read_private(). DENIED when the record is no record; INTERNAL when memory is out. */
MUST_CHECK enum fault order_ask_private(const struct services *s, struct order_private *out, bool *at_hand,
                                        struct key_ask *ask, struct arena *a, const struct order_row *o,
                                        int64_t now_ms);

/* From the answered `ask`. SILENT when nobody answered; DENIED when the record was tampered with. */
MUST_CHECK enum fault order_read_private(const struct services *s, struct order_private *out, const struct key_ask *ask,
                                         const struct order_row *o, int64_t now_ms);

/* Outside a job: both in one, waiting for the answer. */
MUST_CHECK enum fault order_open_private(const struct services *s, struct order_private *out, struct arena *a,
                                         const struct order_row *o, int64_t now_ms);

/* The amount as money. */
struct money order_money(const struct order_row *o);
