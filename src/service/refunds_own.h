/* refunds_own.h: what the files of refunds share. Only service/refunds*.c and their tests include it. */
#pragma once

#include "service/refunds.h"

/* The amount as money. */
struct money refund_money(const struct refund_row *r);

/* From when on the acquirer may be asked again about what is asked for now: the later the longer it has been open, so
 * that a silent one is asked less and less. */
int64_t refund_lease(const struct services *s, const struct refund_row *r, int64_t now_ms);

/* Put together a question about a refund; its note names, in the sandbox, the state it shall have (reference 5.3). */
void refund_question(const struct services *s, struct acquirer_ask *ask, enum acquirer_op op,
                     const struct refund_row *r, int64_t now_ms);

/* A `request` that no other question has. */
int64_t refund_request(void);

/* Is that no answer about the refund at all? */
bool refund_is_unanswered(enum acquirer_verdict v);
