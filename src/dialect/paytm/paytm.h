/* paytm.h: the Paytm dialect: /coft-center (card tokens) and /savedcardservice (saved cards). */
#pragma once

#include "dialect/dialect.h"

extern const struct dialect paytm_dialect;
