/* webhook.h: the sender: takes deliveries that are due from the outbox, has them written and signed, hands them to the
 * courier, and keeps what came of each; a failed one is due again later, until its endpoint's tries are used up.
 *
 * What a body says depends on the API its endpoint speaks: each dialect brings a writer. A body is written from rows
 * and the event alone, so that every try sends the same; timestamp and signature are of the sending. At least once:
 * after a crash a delivery whose outcome was not kept is sent again. */
#pragma once

#include "courier/courier.h"
#include "service/signing.h"
#include "service/webhooks.h"
#include "store/outbox.h"

enum {
    WEBHOOK_LOOK_MS = 100,            /* how often the outbox is looked at when nobody rings */
    WEBHOOK_LOOK_MAX = 512,           /* deliveries taken in one look */
    WEBHOOK_IN_FLIGHT_MAX = 768,      /* with the courier, or waiting to be kept, at once ... */
    WEBHOOK_PER_ENDPOINT_MAX = 64,    /* ... and of one endpoint with the courier, so that one that hangs leaves room */
    WEBHOOK_ASKS = 4,                 /* questions of one letter */
    WEBHOOK_HEADERS = 8,
};

/* One delivery on its way to be written. */
struct webhook_letter {
    const struct services *services;
    struct arena *arena;
    const struct outbox_row *delivery;
    const struct endpoint_row *endpoint;
    int64_t now_ms;                   /* of the sending */
    /* set by the writer */
    void *state;
    struct key_ask asks[WEBHOOK_ASKS];  /* put by the sender between gather and write, for many letters at once */
    size_t n_asks;
    const struct signing_key *key;    /* the merchant's newest client secret, where the writer signs with it */
    struct span signed_text;          /* set by write: what the signature under that secret covers; absent: none */
    struct key_ask signature;         /* the question for it; a writer that signs otherwise sets it itself, and */
    bool signs_itself;                /* ... says so */
    const char *content_type;
    struct span body;
    struct span headers[WEBHOOK_HEADERS];     /* "name: value"; the writer's own, but for the signature's */
    size_t n_headers;
};

struct webhook_writer {
    int kind;                         /* enum endpoint_kind */
    unsigned wants;                   /* set of 1u << enum webhook_event */
    bool with_secret;                 /* signs with the merchant's client secret: without one it is given up */
    /* In a snapshot: read the rows, put questions (private parts to be opened). NOT_FOUND: what it tells of is gone,
     * and the delivery is given up. */
    enum fault (*gather)(struct webhook_letter *l, struct store_tx *tx);
    /* Then: write body and headers. */
    enum fault (*write)(struct webhook_letter *l);
    /* The signature, answered (l->signature.out): put it where it belongs. Called where there is one. */
    enum fault (*sign)(struct webhook_letter *l);
};

struct webhooks_options {
    const struct services *services;  /* outlives it */
    struct courier *courier;
    const struct webhook_writer *const *writers;      /* NULL-terminated; outlive it */
    void (*send)(struct courier *c, struct courier_call *call);       /* NULL: courier_send() */
    bool (*is_up)(struct courier *c); /* NULL: courier_is_up() */
};
MUST_CHECK enum fault webhooks_new(struct webhooks **out, const struct webhooks_options *o);
void webhooks_stop(struct webhooks *w);       /* nothing is taken any more; what is under way ends */
void webhooks_free(struct webhooks *w);       /* NULL is fine */

/* There may be something new in the outbox. Thread-safe, cheap, from any thread. */
void webhooks_ring(struct webhooks *w);

/* Faults, for who runs a sandbox; nothing else asks for them. They last until the next such call or a restart. */
enum webhook_manner {
    WEBHOOK_WELL,
    WEBHOOK_LATE,                     /* each is sent `n` milliseconds after it was written, or a little later */
    WEBHOOK_TWICE,                    /* each is sent, and at once a copy of it; what comes of that does not count */
    WEBHOOK_OUT_OF_ORDER,             /* of those of one order to one endpoint the first is sent after the second, the
                                       * third after the fourth; what waits for its second is sent at the next call */
    WEBHOOK_LOST,                     /* the next `n` are kept as arrived and never sent; then WELL */
    WEBHOOK_MANNERS
};
enum { WEBHOOK_LATE_MAX_MS = 60000, WEBHOOK_LOST_MAX = 1000 };
void webhooks_behave(struct webhooks *w, enum webhook_manner m, int64_t n);
/* *n as above, of LOST how many are still to be; *held: how many wait to be late or out of order. */
enum webhook_manner webhooks_behaviour(struct webhooks *w, int64_t *n, size_t *held);
const char *webhook_manner_name(enum webhook_manner m);       /* "well", "out-of-order"; a constant */

/* What is sent with a delivery, written again for who asks; in `a`. It waits for the keyholder: in a worker's job.
 * NOT_FOUND: there is no such delivery, or what it tells of is gone; SILENT. `w` NULL: NOT_FOUND. */
MUST_CHECK enum fault webhooks_body(struct webhooks *w, struct span *body, struct store_tx *tx, struct arena *a,
                                    const struct outbox_row *delivery);

/* For writers: append header `name` with `value`; the text is in the letter's arena. INTERNAL. */
MUST_CHECK enum fault webhook_header(struct webhook_letter *l, const char *name, struct span value);
