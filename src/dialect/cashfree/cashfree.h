/* cashfree.h: the Cashfree dialect: /pg (orders, customers, saved cards) and /api/v2/cftoken/order. */
#pragma once

#include "dialect/dialect.h"

extern const struct dialect cashfree_dialect;
