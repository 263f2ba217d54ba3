/* rules.h: what the text of a field must look like, beyond its length. Each has its words in problem.c. */
#pragma once

#include "base/span.h"

/* No card number may be stored unprotected (PCI DSS 3.5.1), so none is taken in any field that a caller can write
 * digits into: rule_no_card() in text that people write, rule_no_card_id() where long numbers are usual, and the rules
 * below refuse what the latter refuses. The one field without: customer_bank_account_number, since one in ten account
 * numbers of 16 digits would be refused for its looks; it is sealed like all of customer_details. */
bool rule_no_card(struct span s);
bool rule_no_card_id(struct span s);

/* Letters, digits, '_' and '-' only (reference 3.4). */
bool rule_id(struct span s);

/* "http://" or "https://", a host, and nothing that is not printable ASCII. */
bool rule_url(struct span s);

/* Ten digits, or '+' and 6 to 15 digits (which only some versions take: see order_check.c). */
bool rule_phone(struct span s);

/* 1 to 15 digits. */
bool rule_digits(struct span s);

/* A JSON decimal of at most 12 digits, which is more than any price has and less than any card, without sign. */
bool rule_decimal(struct span s);
#define RULE_NO_CARD_TEXT "must not contain a card number (PCI DSS requirement 3)"
