/* banner.h: what `tijori sandbox` and `tijori serve` print once they are ready. */
#pragma once

#include "gateway/wire.h"

/* Print to standard output: where it listens, where the credentials are and, in the sandbox, commands to
 * paste: three of orders and, with a card network, two of cards. */
void banner_print(const struct parts *p);

/* The same while there are no keys: where it listens, and how it gets them. */
void banner_print_sealed(const struct parts *p);
