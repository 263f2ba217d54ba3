/* cardscan.h: does free text hold a card number? Such text is refused, so that none is ever stored.
 * PCI DSS 3.2/3.4: a card number that slipped into a note is a stored card number all the same. */
#pragma once

#include "base/span.h"

/* True when `text` holds 13 to 19 digits (single spaces or dashes between them allowed) that begin with 3 to 6
 * and pass the Luhn check (ISO/IEC 7812-1 annex B). They must be whole groups of digits: the middle of a longer
 * unbroken number is not looked into, since one in ten order numbers would be refused for it. */
bool cardscan_found(struct span text);

/* The Luhn check alone; `digits` holds digits only, at least two. */
bool cardscan_luhn(struct span digits);
