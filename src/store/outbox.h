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
    OUTBOX_AHEAD_MS = 24 * 3600 * 1000 + 60 * 1000,       /* no delivery is put off for longer, and a minute. One whose
                                       * time is further ahead was put off by a clock that has gone back since */
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
    int64_t outcome, status, ended_ms;        /* of the last try: enum courier_outcome, HTTP status, when it ended */
};

/* The number that the merchant's next endpoint will have. */
MUST_CHECK enum fault endpoints_next_no(struct store_tx *tx, int64_t *out, int64_t merchant_id);
/* Insert an endpoint. EXISTS when its number is taken. */
MUST_CHECK enum fault endpoints_insert(struct store_tx *tx, const struct endpoint_row *e);
/* Disabled ones are found too. NOT_FOUND. */
MUST_CHECK enum fault endpoints_find(struct store_tx *tx, struct endpoint_row *out, struct arena *a,
                                     int64_t merchant_id, int64_t endpoint_no);
/* A merchant's endpoints that are not disabled, by number, until `each` returns a fault, which is then the result. One
 * look-up in an index where there are none. */
MUST_CHECK enum fault endpoints_each(struct store_tx *tx, int64_t merchant_id,
                                     enum fault (*each)(void *arg, const struct endpoint_row *e), void *arg);
/* It gets nothing any more; its row stays, for what it got. NOT_FOUND: none, or disabled before. */
MUST_CHECK enum fault endpoints_disable(struct store_tx *tx, int64_t merchant_id, int64_t endpoint_no);

/* Deliveries wait for one another within a line: an order's, or where there is no order that of its subject. */
int64_t outbox_line(const struct outbox_row *d);

/* Insert a delivery: d->delivery_no is set, and d->state: WAITS when another of its line, endpoint and kind is not
 * over, otherwise DUE at d->due_ms. On the commit thread only. */
MUST_CHECK enum fault outbox_insert(struct store_tx *tx, struct outbox_row *d, int64_t now_ms);
MUST_CHECK enum fault outbox_find(struct store_tx *tx, struct outbox_row *out, struct arena *a, int64_t merchant_id,
                                  int64_t delivery_no);
/* Write state, attempts, due_ms, outcome, status and ended_ms of a delivery that is DUE. NOT_FOUND: it is not. */
MUST_CHECK enum fault outbox_keep(struct store_tx *tx, const struct outbox_row *d);
/* A delivery is over: the next of its line, endpoint and kind, if one WAITS, is DUE at `now_ms`. */
MUST_CHECK enum fault outbox_release(struct store_tx *tx, const struct outbox_row *over, int64_t now_ms);
/* Make one DUE at `now_ms` again. WRONG_STATE: it WAITS behind another. NOT_FOUND. */
MUST_CHECK enum fault outbox_resend(struct store_tx *tx, int64_t merchant_id, int64_t delivery_no, int64_t now_ms);

/* What a delivery that is due is known by, before its row is read. */
struct outbox_due { int64_t due_ms, merchant_id, endpoint_no, delivery_no; };

/* Is it due, or put off by a clock that has gone back since? */
static inline bool outbox_is_due(int64_t due_ms, int64_t now_ms)
{
    return due_ms <= now_ms || due_ms - OUTBOX_AHEAD_MS > now_ms;
}

/* Deliveries that are DUE and outbox_is_due() at `now_ms`, oldest first, read from an index alone, until `each` returns
 * a fault. */
MUST_CHECK enum fault outbox_due(struct store_tx *tx, int64_t now_ms, int64_t max,
                                 enum fault (*each)(void *arg, const struct outbox_due *d), void *arg);
/* The same of one endpoint. */
MUST_CHECK enum fault outbox_due_of(struct store_tx *tx, int64_t merchant_id, int64_t endpoint_no, int64_t now_ms,
                                    int64_t max, enum fault (*each)(void *arg, const struct outbox_due *d),
                                    void *arg);
/* The endpoint behind (merchant_id, endpoint_no) that has a DUE delivery, by its earliest. NOT_FOUND: the last. */
MUST_CHECK enum fault outbox_endpoint_after(struct store_tx *tx, struct outbox_due *out, int64_t merchant_id,
                                            int64_t endpoint_no);

/* A merchant's deliveries before `before` (0: all), newest first, at most `max`: of one state (-1: of all) or, with
 * order_no, of one order. */
struct outbox_filter { int64_t merchant_id, before, state, order_no, max; };
MUST_CHECK enum fault outbox_list(struct store_tx *tx, const struct outbox_filter *which,
                                  enum fault (*each)(void *arg, const struct outbox_row *d), void *arg);
