/* refund_wish.h: what a request about one refund wants, read. */
#pragma once

#include "dialect/cashfree/call.h"
#include "service/refunds.h"

enum { REFUND_SPLITS_MAX = 50 };      /* no limit is documented; it bounds the answer */

/* The state of an exchange about one refund. */
struct refund_call {
    struct call call;
    struct refund_job job;
    struct span amount;               /* as it came: the order's currency, which reads it, is not known yet */
};
