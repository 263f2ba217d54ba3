/* card_data.h: the member cardData in the forms that clients send (decision 4 of reference part 0). */
#pragma once

#include "dialect/juspay/jcall.h"

/* The compact JWE of `body`: a string of it, {"encData":"<jwe>"}, or a string that holds the latter. Whether it is a
 * JWE at all is the keyholder's to say. ANSWERED: there is none, or it is too long. */
MUST_CHECK enum step card_data_read(struct exchange *x, struct span *out, const struct json_node *body);
