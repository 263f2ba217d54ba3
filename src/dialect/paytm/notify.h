/* notify.h: telling a merchant of his tokens in Paytm's words (reference B.6.8). */
#pragma once

#include "webhook/webhook.h"

/* The writer, ENDPOINT_PAYTM. Its signature covers the body as it is written, under the merchant's first key. */
extern const struct webhook_writer paytm_webhooks;
