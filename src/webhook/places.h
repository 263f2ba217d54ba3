/* places.h: the deliveries that are under way, found by their number, and how many of them each endpoint has.
 *
 * One thread's, the sender's. A place is taken when a delivery is chosen, rests when the courier is done with it, and
 * is given back once its outcome is kept: until then it must not be chosen again. */
#pragma once

#include "service/signing.h"
#include "webhook/webhook.h"

enum {
    PLACES_BUCKETS = 1024,            /* of each of the two tables; a power of two */
    PLACES_RESTING_MAX = 192,         /* of one endpoint that wait to be kept */
};

/* What one endpoint has; one for each endpoint that has a place. */
struct share {
    int64_t merchant_id, endpoint_no;
    size_t sent, resting;
    struct share *next;
};

/* What becomes of a delivery. */
enum place_fate {
    PLACE_SENT,                       /* the call says */
    PLACE_GIVE_UP,                    /* nobody is there to be told, or nothing is left to tell of */
    PLACE_UNWRITTEN,                  /* it could not be written: a try that failed */
};

struct place {
    struct webhooks *owner;
    struct arena *arena;              /* made at first use, reset when the place is given back */
    struct share *share;
    struct outbox_row row;
    struct endpoint_row endpoint;
    struct webhook_letter letter;
    const struct webhook_writer *writer;
    struct courier_call call;
    enum place_fate fate;
    enum fault fault;                 /* of gathering, writing or signing */
    int64_t ended_ms;
    int64_t late_ns;                  /* while it is held to be late: until then, on the monotonic clock */
    bool resting;
    struct place *chain;              /* of its bucket */
    struct place *next;               /* of whatever list it is in */
};

struct places {
    struct place all[WEBHOOK_IN_FLIGHT_MAX];
    struct share shares[WEBHOOK_IN_FLIGHT_MAX];
    struct place *free, *by_number[PLACES_BUCKETS];
    struct share *free_share, *by_endpoint[PLACES_BUCKETS];
    size_t n_free;
};

/* All free; each knows its owner. */
void places_init(struct places *p, struct webhooks *owner);
/* Free what the places have. None may be under way. */
void places_fini(struct places *p);

/* A place for this delivery, or NULL: it has one, its endpoint has its share, or none is free. While few are free, a
 * share is small, so that even many endpoints that hang leave some for others. */
struct place *places_take(struct places *p, const struct outbox_due *d);

/* May this endpoint have one more? */
bool places_has_room(struct places *p, int64_t merchant_id, int64_t endpoint_no);

/* The courier is done with it; its outcome is yet to be kept. */
void places_rest(struct place *place);
/* It is free again. */
void places_give(struct places *p, struct place *place);
