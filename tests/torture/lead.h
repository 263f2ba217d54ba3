/* lead.h: the moves of merchants, payers, issuers and banks, each led through the use cases as a dialect would, or only
 * part of the way. Each draws what it is about from the run's dice. */
#pragma once

#include "moves.h"

/* A fault of the store means that the power is gone: the run is broken and must crash. Any other ends the program. */
void lead_fault(struct run *r, enum fault f);

/* The same, where the use case may have refused, and has said why. */
bool lead_refused(struct run *r, enum fault f, int why);

void lead_order(struct run *r);
void lead_order_again(struct run *r);
void lead_terminate(struct run *r);

void lead_typed(struct run *r);
void lead_saved(struct run *r);
void lead_upi(struct run *r);
void lead_otp(struct run *r);
void lead_resend(struct run *r);
void lead_abandon(struct run *r);
void lead_capture(struct run *r);
void lead_bank(struct run *r);
void lead_payment_news(struct run *r);

void lead_refund(struct run *r);
void lead_refund_cancel(struct run *r);
void lead_refund_news(struct run *r);

void lead_make(struct run *r);
void lead_change(struct run *r);
void lead_disclose(struct run *r);
void lead_issuer(struct run *r);
void lead_token_news(struct run *r);

/* One row by chance: its merchant and number by `sql`, which orders rows of (merchant_id, no) and has LIMIT 1 OFFSET ?1
 * at its end; `count` counts them. False: there is none. */
struct pick { int64_t merchant_id, no; };
bool lead_pick(struct run *r, struct pick *out, const char *count, const char *sql);

/* A published test card of one scheme or another. */
const char *lead_card(struct run *r);
