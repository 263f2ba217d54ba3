/* pay.h: an attempt to pay as Cashfree's Order Pay takes and shows it (reference 2.7), and its one-time password (2.8).
 *
 * Neither call has credentials: a payment session, an order token or a payment's id is the capability. Card data stays
 * in the request's own memory, which is wiped with it, and in the job, which show wipes. */
#pragma once

#include "dialect/cashfree/call.h"
#include "dialect/cashfree/problem.h"
#include "service/pay.h"

enum {
    PAY_PHONE_DIGITS = 10, PAY_NAME_MAX = 100, PAY_EMI_MONTHS_MAX = 60,
    PAY_UPI_MINUTES_MIN = 5, PAY_UPI_MINUTES_MAX = 15,        /* reference 2.7; none sent: the least */
};

/* The state of such an exchange. */
struct pay {
    struct call call;
    struct pay_job job;
    struct span channel;              /* as it was sent, to be sent back */
    struct span emi_bank;             /* EMI: the bank that the card must be of; absent: none is named */
    bool save, redirect;              /* save_instrument, upi_redirect_url */
    bool has_order;                   /* `order` was read ahead (pay_order.c) */
    bool has_private, asked_private;  /* ... and its private part is at hand as `customer`, or asked for */
    struct span customer;
    struct order_row order;
};

/* pay_fields.c: read the one member of `method`, a payment_method, into the wish, the channel and the rest. */
MUST_CHECK enum step orderpay_read_method(struct exchange *x, const struct json_node *method);

/* pay_card.c: the same of `card` and of `emi`. */
MUST_CHECK enum step orderpay_read_card(struct exchange *x, const struct json_node *card);
MUST_CHECK enum step orderpay_read_emi(struct exchange *x, const struct json_node *emi);

/* Fill `into` by `fields`; the first that is wrong is the answer, which repeats nothing of a card. */
MUST_CHECK enum step orderpay_fill(struct exchange *x, void *into, const struct json_node *node,
                              const struct json_field *fields);

/* Answer with it; always STEP_ANSWERED. */
enum step orderpay_refuse(struct exchange *x, struct problem p);
enum step orderpay_refuse_field(struct exchange *x, const char *name, const char *text);
enum step orderpay_refuse_missing(struct exchange *x, const char *name);

/* Only digits, and so many? */
bool orderpay_are_digits(struct span s, size_t least, size_t most);

/* Request id, version (none sent: the newest, since a browser sends the call) and the limit of its source. A state of
 * `size` bytes that begins with a struct call is in x->state. */
MUST_CHECK enum step orderpay_enter(struct exchange *x, size_t size);

/* pay_order.c: take the order that an order token stands for. Whoever has one may pay: it is as good as a session. */
MUST_CHECK enum step orderpay_read_token(struct exchange *x, struct span token);

/* Of what is not paid by card: have the order read, and its private part asked for, before work; and in work take from
 * it the bank account that alone may pay (TPV). */
MUST_CHECK enum step orderpay_look_ahead(struct exchange *x);
MUST_CHECK enum fault orderpay_take_account(struct exchange *x);

/* pay_problem.c: why an attempt, an OTP or a capture was refused, or what the bank said against it. */
struct problem orderpay_problem(struct arena *a, const struct pay_job *job, enum fault outcome);

/* What the bank said, when that is no success and nothing more is to be waited for. */
struct problem orderpay_problem_of_verdict(struct arena *a, enum payment_method m, enum acquirer_verdict v);

/* pay_upi.c: the payload of a UPI payment by link or by QR code. */
void orderpay_put_intents(struct json_out *o, struct exchange *x);
void orderpay_put_qrcode(struct json_out *o, struct exchange *x);
