/* webhooks.h: telling merchants what happened in Cashfree's words (reference 4). */
#pragma once

#include "webhook/webhook.h"

/* The writer of payments, refunds and instruments, ENDPOINT_CASHFREE. */
extern const struct webhook_writer cashfree_webhooks;
