/* rules.h: what the text of a field must look like, beyond its length. Each has its words in problem.c. */
#pragma once

#include "base/span.h"

/* Letters, digits, '_' and '-' only (reference 3.4). */
bool rule_id(struct span s);

/* "http://" or "https://", a host, and nothing that is not printable ASCII. */
bool rule_url(struct span s);

/* Ten digits, or '+' and 6 to 15 digits (which only some versions take: see order_check.c). */
bool rule_phone(struct span s);

/* A JSON decimal of at most 15 digits without sign. */
bool rule_decimal(struct span s);

/* 1 to 15 digits. */
bool rule_digits(struct span s);

/* Free text that holds no card number: none may be stored unprotected (PCI DSS 3.5.1), so none is taken there. */
bool rule_no_card(struct span s);
#define RULE_NO_CARD_TEXT "must not contain a card number (PCI DSS requirement 3: no card data in free text)"
