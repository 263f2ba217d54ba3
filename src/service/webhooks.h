/* webhooks.h: telling merchants what happened: what is told goes into the outbox with the row it tells of.
 *
 * An event becomes one delivery for each endpoint that wants it (the merchant's own, and the order's notify_url),
 * inserted in the caller's transaction. webhook/ sends them. Deliveries of one order to one endpoint stay in order: the
 * next is due when the one before it has arrived or was given up. */
#pragma once

#include "domain/payment.h"
#include "domain/refund.h"
#include "service/services.h"
#include "store/orders.h"
#include "store/outbox.h"

/* Stored, so never renumbered. */
enum webhook_event {
    WEBHOOK_PAYMENT_SUCCESS, WEBHOOK_PAYMENT_FAILED, WEBHOOK_PAYMENT_DROPPED,
    WEBHOOK_REFUND, WEBHOOK_AUTO_REFUND,
    WEBHOOK_INSTRUMENT_ACTIVE, WEBHOOK_INSTRUMENT_FAILED,     /* of tokens made through Cashfree */
    WEBHOOK_TOKEN,                    /* any change of a token: Paytm's notification, Juspay's token update */
    WEBHOOK_RESULT,                   /* the form result of the order-token flow (reference 1.5), to its notifyUrl */
    WEBHOOK_EVENTS
};

struct webhook_news {
    enum webhook_event event;
    int64_t merchant_id;
    int64_t order_no;                 /* 0: none */
    int64_t subject_no;               /* payment_no, refund_no or token_no */
    int64_t state;                    /* payment_state, refund_status or token_status as of now: what is sent says so,
                                       * even if it has moved on meanwhile */
    int64_t at_ms;
    struct span notify_url;           /* the order's own; absent: none. Its kind is CASHFREE, of a RESULT: FORM */
};

/* In a write job. A merchant without endpoints costs one look-up. */
MUST_CHECK enum fault webhook_tell(struct store_tx *tx, const struct webhook_news *n);

/* The events that an endpoint of this kind can be told, a set of 1u << enum webhook_event. */
unsigned webhook_events_of(enum endpoint_kind k);

/* Names: "PAYMENT_SUCCESS", ...; "cashfree", ...; "waits", ...; constant strings, "?" for none. And back: NOT_FOUND. */
const char *webhook_event_name(enum webhook_event e);
const char *webhook_kind_name(enum endpoint_kind k);
const char *webhook_policy_name(enum endpoint_policy p);
const char *webhook_state_name(enum delivery_state s);
MUST_CHECK enum fault webhook_event_read(enum webhook_event *out, struct span name);
MUST_CHECK enum fault webhook_kind_read(enum endpoint_kind *out, struct span name);
MUST_CHECK enum fault webhook_policy_read(enum endpoint_policy *out, struct span name);
MUST_CHECK enum fault webhook_state_read(enum delivery_state *out, struct span name);
