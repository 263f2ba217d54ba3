/* billpay.h: what POST /billpay/checkout/post/submit is sent, and the order made of it. Private to this folder. */
#pragma once

#include "checkout/desk.h"
#include "service/signing.h"

enum {
    BILLPAY_PARAMS_MAX = 64,          /* parameters of one form */
    BILLPAY_TEXT_MAX = 16 * 1024,     /* bytes of what its signature covers */
};

struct billpay {
    struct visit visit;               /* x->state */
    struct span app_id, order_id, amount, currency, note, name, phone, email, notify_url, return_url, modes, token,
        signature;
    struct money money;
    struct span signed_text;          /* of the web form (reference 1.7) */
    struct span signed_order;         /* the same without the means of payment */
    struct signing_keys keys;
    struct span currencies;           /* the merchant's */
    struct order_new order;
    const char *wrong;                /* a sentence for whoever builds the shop; NULL: nothing is wrong */
    unsigned status;                  /* with it */
};

/* Read the form. BAD_INPUT: it is malformed, or `wrong` says which field. */
MUST_CHECK enum fault billpay_read(struct exchange *x, struct billpay *b);

/* All parameters but the signature, sorted by name in byte order, name and value without anything between; with
 * `order_only` not what billpay_is_of_payment() either, since a shop that signs on its server has not seen the card.
 * BAD_INPUT: one comes twice or has a field's name in it, or there are too many. */
MUST_CHECK enum fault billpay_signed_text(struct span *out, struct arena *a, struct span body, bool order_only);

/* The wish for its order, with its JSON fragments. INTERNAL. */
MUST_CHECK enum fault billpay_order(struct exchange *x, struct billpay *b);

/* seamless.c: the means of payment in the same form; visit.own, and the first of it the pay job, where there is one. */

/* Is it a parameter that says what is paid with: paymentOption, paymentCode, card_number and so on? */
bool billpay_is_of_payment(struct span name);
/* In parse. BAD_INPUT: `wrong` says what. */
MUST_CHECK enum fault billpay_read_payment(struct exchange *x, struct billpay *b);
/* In prepare, which may wait. What is wrong with a card is no fault: the order's page will say it. */
MUST_CHECK enum fault billpay_prepare_payment(struct exchange *x);
/* In the transaction that made the order. */
MUST_CHECK enum fault billpay_begin_payment(struct exchange *x, struct store_tx *tx);
/* After its steps: has the payment been refused with this outcome, while the order is there? Its page will say so. */
bool billpay_was_refused(struct exchange *x, enum fault outcome);
/* Answer with where the browser goes: visit.session is known by now. */
void billpay_go_on(struct exchange *x);
