/* call.h: what every Cashfree request has in common: headers, who asks, limits, idempotency.
 *
 * The state of an exchange in this dialect always begins with a struct call. */
#pragma once

#include "base/json_in.h"
#include "dialect/cashfree/version.h"
#include "dialect/dialect.h"
#include "service/callers.h"
#include "service/idempotency.h"
#include "service/rate_limit.h"

struct call {
    enum api_version version;
    struct caller caller;
    struct rate_verdict rate;
    bool by_source;                   /* it counts the payer's address and not a merchant */
    bool keyed, replayed;             /* an idempotency key counts; the answer is that of an earlier request */
    size_t digests;                   /* keyed: the first of those of the exchange's asks that are its digests */
    struct idempotency idempotency;
    struct remembered answer;         /* keyed: what to send, recalled or made in work; status 0: nothing yet */
};

/* A zeroed state of `size` bytes that begins with a struct call, put into x->state. NULL when memory is out;
 * then the answer is there. */
void *call_new(struct exchange *x, size_t size);

/* Request id, API version, authentication, rate limit, in this order; the first that fails is the answer. The
 * /api/v2 form knows no version. */
MUST_CHECK enum step call_enter(struct exchange *x);
MUST_CHECK enum step call_enter_v2(struct exchange *x);

/* The same of a call without credentials: version (none sent: the newest), and the limit of the source. */
MUST_CHECK enum step call_enter_open(struct exchange *x);

/* Read the body into `into` by `fields`. */
MUST_CHECK enum step call_read(struct exchange *x, void *into, const struct json_field *fields);

/* Take the first path parameter as an order id. */
MUST_CHECK enum step call_order_id(struct exchange *x, struct span *out);

/* At the end of a POST's parse: when an idempotency key was sent, add the questions for its digests.
 * `scope` is a constant: method and path. */
MUST_CHECK enum step call_idempotency(struct exchange *x, struct span scope);

/* At the start of work. NOT_FOUND: have the effect. NONE: the answer of an earlier request was found. MISMATCH,
 * SILENT and others: return them. */
MUST_CHECK enum fault call_recall(struct exchange *x, struct store_tx *tx);

/* At the end of a keyed work: this is the answer now and later. */
MUST_CHECK enum fault call_remember(struct exchange *x, struct store_tx *tx, unsigned status, const struct buf *body);

/* In show: send the recalled or remembered answer, if there is one. */
MUST_CHECK bool call_show_remembered(struct exchange *x);

/* Begin an answer of at most `cap` bytes, with all common headers. */
struct buf *call_answer(struct exchange *x, unsigned status, size_t cap);

/* Answer with a fault. */
void call_fail(struct exchange *x, enum fault f);

/* Is this a request to /api/v2? */
bool call_is_v2(const struct exchange *x);
