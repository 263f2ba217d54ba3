/* webhook.h: `tijori webhook ...`: a client of the admin listener of a running server. */
#pragma once

struct options;

/* Run the webhook sub-command in `o`; prints and returns as merchant_command() does. */
int webhook_command(const struct options *o);
