/* refund_wish.h: what a request about one refund wants, read. */
#pragma once

#include "dialect/cashfree/call.h"
#include "service/refunds.h"

/* No limits are documented; they bound the list of REFUNDS_MAX refunds, which must fit an exchange's arena. */
enum { REFUND_SPLITS_MAX = 50, REFUND_SPLITS_TEXT_MAX = 2048 };     /* splits; bytes of all of them as kept */

/* The state of an exchange about one refund. */
struct refund_call {
    struct call call;
    struct refund_job job;
    struct span amount;               /* as it came: the order's currency, which reads it, is not known yet */
};
