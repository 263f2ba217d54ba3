/* bin.h: who issued a card, by its first six to eight digits (BIN, or issuer identification number in ISO/IEC 7812).
 *
 * The longest prefix in the table wins. Of a BIN that no row covers only the scheme is known, from its ranges
 * (domain/scheme.h); the rest is unknown and is said to be so, never guessed: NULL for every name, which a dialect
 * leaves out or, where its client needs a text (reference A.4, B.4), sends as "". A card is not refused for it: which
 * cards may have a token is its network's to say. */
#pragma once

#include "domain/pan.h"

enum bin_type { BIN_TYPE_UNKNOWN, BIN_CREDIT, BIN_DEBIT, BIN_PREPAID, BIN_TYPES };
enum bin_sub  { BIN_SUB_UNKNOWN, BIN_RETAIL, BIN_PREMIUM, BIN_CORPORATE, BIN_SUBS };

enum { BIN_DIGITS_MIN = 6, BIN_DIGITS_MAX = 8, BIN_TEXT_MAX = 9 };      /* the last: of a question (reference A.12) */

/* A row of the table, and the answer to a question. */
struct bin {
    uint32_t prefix;                  /* as a number: scheme_of_iin() knows none that begins with 0 */
    uint8_t digits;                   /* of the prefix; 0 in an answer: no row covers the card */
    enum scheme scheme;
    enum bin_type type;
    enum bin_sub sub;
    const char *country;              /* ISO 3166-1, two capital letters; NULL: unknown */
    const char *code;                 /* the issuer in capitals: "HDFC", in a dialect "JP_HDFC"; NULL: unknown */
    const char *issuer;               /* the issuer for people: "HDFC Bank"; NULL: unknown */
};

/* Rows in ascending order of their prefixes, each filled up with zeros to BIN_DIGITS_MAX digits; of two that are then
 * equal the shorter stands first. */
struct bin_table { const struct bin *rows; size_t n; };

/* The published test cards' rows; constant. Banks are named where the list names them (reference cashfree 5.1: EMI
 * cards); every other card is of a "Test Bank", and where no type is published it is a credit card. */
const struct bin_table *bin_test_cards(void);

/* Is the table in order, are its prefixes of six to eight digits, different, and of the ranges of their scheme, has
 * each row type, sub type and all texts? Other tables than ours are to be checked before they are used. */
bool bin_table_is_sound(const struct bin_table *t);

/* Look up by eight digits. The texts are borrowed from the table. */
struct bin bin_of8(const struct bin_table *t, struct pan_bin8 first);

/* The same by a text of BIN_DIGITS_MIN to BIN_TEXT_MAX digits; those behind the eighth have no say, and of fewer no
 * longer row is found. BAD_INPUT for
 * another text; then *out is untouched. */
MUST_CHECK enum fault bin_of_text(struct bin *out, const struct bin_table *t, struct span digits);

/* Whose words the name of a type is in. */
enum bin_words {
    BIN_WORDS_PLAIN,                  /* CREDIT DEBIT PREPAID: Juspay (reference A.6); what we store */
    BIN_WORDS_PAYTM,                  /* CC DC (reference B.4); it has no word for prepaid cards, which run as DC */
    BIN_WORDS_CASHFREE,               /* credit_card debit_card prepaid_card (reference 2.13) */
    BIN_WORDS_CASHFREE_UPPER,         /* CREDIT_CARD ...: the older samples of the same field */
    BIN_WORDS_CASHFREE_SHORT,         /* credit debit prepaid: webhooks (4.4) and the BIN question (2.13) */
    BIN_WORDS,
};

/* Names; constant strings, NULL of what is unknown. Sub types: as the letter R, P or C, and in full. */
const char *bin_type_name(enum bin_type t, enum bin_words words);
const char *bin_sub_letter(enum bin_sub s);
const char *bin_sub_name(enum bin_sub s);
