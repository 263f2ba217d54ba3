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
    struct signing_keys keys;
    struct span currencies;           /* the merchant's */
    struct order_new order;
    const char *wrong;                /* a sentence for whoever builds the shop; NULL: nothing is wrong */
    unsigned status;                  /* with it */
};

/* Read the form. BAD_INPUT: it is malformed, or `wrong` says which field. */
MUST_CHECK enum fault billpay_read(struct exchange *x, struct billpay *b);

/* All parameters but the signature, sorted by name in byte order, name and value without anything between. BAD_INPUT:
 * one comes twice, or there are too many. */
MUST_CHECK enum fault billpay_signed_text(struct span *out, struct arena *a, struct span body);

/* The wish for its order, with its JSON fragments. INTERNAL. */
MUST_CHECK enum fault billpay_order(struct exchange *x, struct billpay *b);
