/* outbox.h: merchants' endpoints, and deliveries to them, as rows. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

/* Which API an endpoint speaks. Stored. */
enum endpoint_kind { ENDPOINT_CASHFREE, ENDPOINT_FORM, ENDPOINT_PAYTM, ENDPOINT_JUSPAY, ENDPOINT_KINDS };
/* How a failed delivery is tried again (reference 4.1). Stored. */
enum endpoint_policy { ENDPOINT_DEFAULT, ENDPOINT_FIXED, ENDPOINT_EXPONENTIAL, ENDPOINT_CUSTOM, ENDPOINT_POLICIES };

enum {
    ENDPOINTS_MAX = 8,                /* of a merchant */
    ENDPOINT_URL_MAX = 512, ENDPOINT_TRIES_MAX = 10,
};

struct endpoint_row {
    int64_t merchant_id, endpoint_no; /* 1, 2, ...; 0: the order's own notify_url, which no row describes */
    int64_t kind;
    struct span url;
    struct span version;              /* of Cashfree's webhooks: "2025-01-01" */
    int64_t events;                   /* set of 1 << enum webhook_event */
    int64_t policy, tries, interval_ms;       /* of FIXED and EXPONENTIAL */
    struct span intervals;            /* of CUSTOM: seconds, "60,300,3600" */
    struct span auth_sealed;          /* of JUSPAY: the value of Authorization; absent: none */
    int64_t disabled, created_ms;
};

enum delivery_state { DELIVERY_WAITS, DELIVERY_DUE, DELIVERY_DONE, DELIVERY_GIVEN_UP, DELIVERY_STATES };

struct outbox_row {
    int64_t merchant_id, delivery_no; /* in the order they were told */
    int64_t endpoint_no, kind;
    struct span url;                  /* of an order's own; absent: the endpoint's */
    int64_t event, order_no, subject_no, subject_state, at_ms;        /* struct webhook_news */
    int64_t state;                    /* enum delivery_state; WAITS: behind another of its order and endpoint */
    int64_t attempts, due_ms;         /* due_ms: when the next try is due; 0: none */
    int64_t outcome, status, ended_ms;        /* of the last try: enum courier_outcome, HTTP status */
};
