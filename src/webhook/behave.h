/* behave.h: the faults of a sandbox: deliveries that are late, sent twice, out of order or lost. The sender's own.
 *
 * A stray is a request beside the outbox: a copy of one that was sent, or one that the outbox already counts as
 * arrived. Nothing is kept of it, so what is held when the server stops is not sent any more. */
#pragma once

#include "webhook/places.h"

enum { STRAYS_MAX = 256 };            /* held or under way; what would be one more is sent as usual */

struct stray {
    struct courier_call call;
    struct webhooks *owner;
    int64_t merchant_id, endpoint_no, order_no;
    struct stray *next;
    uint8_t text[];                   /* what the call's spans are of */
};

/* The sender's lock guards it. */
struct behaviour {
    enum webhook_manner manner;
    int64_t n;                        /* LATE: milliseconds; LOST: how many are still to be */
    struct stray *held;
    size_t n_held, n_strays;
};

/* What becomes of a delivery that is to be sent now. */
enum behave_way {
    BEHAVE_SEND,
    BEHAVE_WAIT,                      /* send it after so many milliseconds */
    BEHAVE_COPY,                      /* send it and its copy, which was made */
    BEHAVE_HOLD,                      /* it is held: not sent, and counted as arrived */
    BEHAVE_LOSE,                      /* never sent, and counted as arrived */
};

/* Decide about `place`, whose call is made, and count it. *copy: of BEHAVE_COPY, to be sent by the caller. */
enum behave_way behave_choose(struct behaviour *b, struct stray **copy, const struct place *place);

/* Take out those held that the end of `row`'s try lets go: of its order and endpoint; NULL: all. A list by `next`. */
struct stray *behave_let_go(struct behaviour *b, const struct outbox_row *row);

/* It is over, or is never sent. NULL is fine. */
void behave_forget(struct behaviour *b, struct stray *s);
