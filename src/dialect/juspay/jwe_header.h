/* jwe_header.h: the algorithms that a refused JWE names, for whoever sent it. Everybody can read them. */
#pragma once

#include "base/arena.h"
#include "keyholder/card.h"

/* Append to `why`, a NUL-terminated sentence, which algorithms the JWE `jwe` names, where its header can be read and
 * there is room. For the sandbox only. */
void jwe_header_tell(char why[static CARD_WHY_MAX], struct arena *a, struct span jwe);
