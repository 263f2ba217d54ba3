/* checkout.h: the pages where a shopper pays, and what merchants' pages load from us.
 *
 * Plain HTML forms that work without a script: each request is one route, led as a dialect's. Pages are templates
 * (pages/), everything they load is embedded in the program (assets/), and nothing comes from a third party. */
#pragma once

#include "dialect/dialect.h"

/* Owns /checkout, /order, /billpay, /pg/view, /js and, in the sandbox, /demo. */
extern const struct dialect checkout_dialect;
