/* outcome.c: the names of what came of a request. */
#include "courier/courier.h"

#include "base/banned.h"

const char *courier_outcome_name(enum courier_outcome o)
{
    static const char *const names[COURIER_OUTCOMES] = {
        [COURIER_ANSWERED] = "ANSWERED", [COURIER_BAD_URL] = "BAD_URL", [COURIER_NO_NAME] = "NO_NAME",
        [COURIER_FORBIDDEN] = "FORBIDDEN", [COURIER_NO_CONNECTION] = "NO_CONNECTION", [COURIER_TLS] = "TLS",
        [COURIER_TIMEOUT] = "TIMEOUT", [COURIER_BROKEN] = "BROKEN", [COURIER_LOST] = "LOST", [COURIER_BUSY] = "BUSY",
    };

    return o < COURIER_OUTCOMES ? names[o] : "?";
}
