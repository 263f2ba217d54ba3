/* token_update.h: telling a merchant of his tokens as Hyperswitch takes it (reference A.14). */
#pragma once

#include "webhook/webhook.h"

/* The writer, ENDPOINT_JUSPAY: {"token":{...}} or, of a card that was replaced, {"card":{...}}, with the endpoint's own
 * Authorization. */
extern const struct webhook_writer juspay_webhooks;
