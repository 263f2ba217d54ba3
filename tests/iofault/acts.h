/* acts.h: what merchants and payers ask for, led through the use cases as a dialect would. Each notes what it was
 * told (site_claim()) and gives it to the caller, who may go on with what there is. Numbers name orders, payments,
 * tokens. */
#pragma once

#include "site.h"

#define ACT_PRIVATE "{\"phone\":\"9876543210\"}"        /* of every order: sealed */

enum fault act_order(struct site *g, int n);              /* under an idempotency key; again: the same order */
enum fault act_terminate(struct site *g, int n);
enum fault act_pay(struct site *g, int n, bool saves);    /* typed; it then waits for its second factor */
enum fault act_otp(struct site *g, int n);
enum fault act_capture(struct site *g, int n);            /* of a payment by act_reserve() and act_otp() */
enum fault act_reserve(struct site *g, int n);
enum fault act_refund(struct site *g, int n, const char *refund_id);
enum fault act_token(struct site *g, int n);              /* through Juspay, and its number with it */
enum fault act_disclose(struct site *g, int n);
enum fault act_suspend(struct site *g, int n);
enum fault act_admin(struct site *g, const char *what);   /* the row of a use of the admin listener */
