/* result.h: the result of the order-token flow (brief 000; reference 1.5, 1.6): the same fields and signature to the
 * merchant's returnUrl by the browser, to his notifyUrl by the server, and to his page's own script. */
#pragma once

#include "keyholder/keyholder.h"
#include "service/services.h"
#include "store/orders.h"
#include "store/payments.h"

enum {
    RESULT_FORM_MAX = 2048,           /* bytes of result_form() */
    RESULT_TEXT_MAX = 512,            /* bytes of result_text() */
    RESULT_SIGNATURE = 45,            /* base64 of 32 bytes, and NUL */
};

/* Text as it is signed; spans in the arena it was made with. */
struct result {
    struct span order_id, order_amount, reference_id, tx_status, payment_mode, tx_msg, tx_time;
};

/* Of an order and one attempt to pay it as `state` (enum payment_state) says, which the row may be past; `p` NULL: the
 * payer went back before there was one: CANCELLED. */
MUST_CHECK enum fault result_make(const struct services *s, struct result *out, struct arena *a,
                                  const struct order_row *o, const struct payment_row *p, int64_t state,
                                  int64_t now_ms);

/* What is signed: the values, in the order of reference 1.6, with nothing between them. */
MUST_CHECK enum fault result_text(struct buf *out, const struct result *r);

/* The form, application/x-www-form-urlencoded; `signature` is base64, absent: not yet known. */
MUST_CHECK enum fault result_form(struct buf *out, const struct result *r, struct span signature);

/* "SUCCESS", "FLAGGED", "PENDING", "FAILED", "CANCELLED" of a payment's state; constant. */
const char *result_status(int64_t payment_state);
