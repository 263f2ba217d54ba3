/* juspay.h: the Juspay dialect: cards as network tokens for those who speak Juspay's token API. */
#pragma once

#include "dialect/dialect.h"

extern const struct dialect juspay_dialect;
