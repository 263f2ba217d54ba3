/* result_webhook.h: the form result to a merchant's notifyUrl (reference 1.5): of successful payments only. */
#pragma once

#include "webhook/webhook.h"

/* The writer, ENDPOINT_FORM. */
extern const struct webhook_writer result_webhooks;
