/* cardscan.h: does a text hold a card number? Such text is refused, so that none is ever stored.
 * PCI DSS 3.2/3.4: a card number that slipped into a note is a stored card number all the same.
 *
 * What is looked for: digits that pass the Luhn check (ISO/IEC 7812-1 annex B), begin and are as many as the
 * number of a card does, and stand
 *   - in one unbroken run, or
 *   - in groups with one to three characters between them that are neither ASCII letters nor digits: "4111 1111",
 *     "4111--1111", "4111 / 1111", no-break spaces, line ends. The groups must look like those of a card: each of
 *     at least three digits (4-4-4-4, 4-6-5, 6-10); or all equally long, the last perhaps shorter, of one digit, or
 *     of two with always the same characters between them. So dates, times, prices with decimals, and phone
 *     numbers with their country codes are no groups of a card.
 * Digits may be full-width (U+FF10) or Devanagari (U+0966), and "%34" or "%20" of a URL is what it stands for. Only
 * whole runs of digits begin and end a number: the middle of a longer one is not looked into, since one in ten
 * order numbers would be refused for it. A list of round numbers such as "4500 3000 2500 6000" cannot be told from
 * a card by its looks; one in ten of these passes the check and is refused. */
#pragma once

#include "base/span.h"

/* For what people write: 13 to 19 digits that begin with 3 to 6, and 16 that begin with 2221 to 2720 (Mastercard),
 * 81 or 82 (RuPay), or 7 (test cards). */
bool cardscan_found(struct span text);

/* For ids, URLs and tracking numbers, where long numbers are usual (unix times, bar codes, row numbers): only what a
 * scheme issues today: 16 digits that begin with 4, 5, 6, 35, 2221 to 2720, 81 or 82; 15 with 34 or 37; 14 with
 * 30, 36, 38 or 39. Whatever is found here, cardscan_found() finds as well. A random id of 32 and more hexadecimal
 * digits, four letters among them, is left alone: one in two thousand would be refused for the digits it happens to
 * have. */
bool cardscan_found_in_id(struct span text);

/* The Luhn check alone; `digits` holds digits only, at least two. */
bool cardscan_luhn(struct span digits);
