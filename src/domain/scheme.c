/* scheme.c: ranges, lengths and names of the card schemes. */
#include "domain/scheme.h"

#include <assert.h>

#include "base/banned.h"

/* Bit n: n digits. */
#define DIGITS(n) (1u << (n))
#define DIGITS_FROM_14_TO_19 (DIGITS(20) - DIGITS(14))

enum { DIGITS_LIMIT = 32 };           /* bits of such a set */

static const struct {
    unsigned lengths;
    uint8_t token, cvv;
    const char *names[SCHEME_WORDS];
} facts[SCHEMES] = {
    [SCHEME_VISA]       = { DIGITS(16) | DIGITS(19), 16, 3, { "VISA", "VISA", "VISA", "visa", "VISA" } },
    [SCHEME_MASTERCARD] = { DIGITS(16), 16, 3, { "MASTERCARD", "MASTERCARD", "MASTER", "mastercard", "MASTERCARD" } },
    [SCHEME_RUPAY]      = { DIGITS(16), 16, 3, { "RUPAY", "RUPAY", "RUPAY", "rupay", "RUPAY" } },
    [SCHEME_AMEX]       = { DIGITS(15), 15, 4, { "AMEX", "AMEX", "AMEX", "amex", "AMEX" } },
    [SCHEME_DINERS]     = { DIGITS_FROM_14_TO_19, 14, 3, { "DINERS", "DINERSCLUB", "DINERS", "diners", "DINERS" } },
};

/* First and last six digits of each range; sorted, none within another. */
static const struct { uint32_t first, last; enum scheme scheme; } ranges[] = {
    { 222100, 272099, SCHEME_MASTERCARD },
    { 300000, 305999, SCHEME_DINERS },
    { 309500, 309599, SCHEME_DINERS },
    { 340000, 349999, SCHEME_AMEX },
    { 353000, 353999, SCHEME_RUPAY },
    { 356000, 356999, SCHEME_RUPAY },
    { 360000, 369999, SCHEME_DINERS },
    { 370000, 379999, SCHEME_AMEX },
    { 380000, 399999, SCHEME_DINERS },
    { 400000, 499999, SCHEME_VISA },
    { 508000, 508999, SCHEME_RUPAY },
    { 510000, 559999, SCHEME_MASTERCARD },
    { 600000, 601099, SCHEME_RUPAY },
    { 601200, 609999, SCHEME_RUPAY },
    { 650000, 659999, SCHEME_RUPAY },
    { 810000, 829999, SCHEME_RUPAY },
};

/* Names that are read but not printed. */
static const struct { const char *name; enum scheme scheme; } further_names[] = {
    { "AMERICANEXPRESS", SCHEME_AMEX },
};

enum scheme scheme_of_iin(uint32_t six)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (six >= ranges[i].first && six <= ranges[i].last)
            return ranges[i].scheme;
    return SCHEME_UNKNOWN;
}

bool scheme_has_length(enum scheme s, size_t digits)
{
    assert(s < SCHEMES);
    return digits < DIGITS_LIMIT && (facts[s].lengths & DIGITS(digits)) != 0;
}

size_t scheme_token_length(enum scheme s)
{
    assert(s < SCHEMES);
    return facts[s].token;
}

size_t scheme_cvv_length(enum scheme s)
{
    assert(s < SCHEMES);
    return facts[s].cvv;
}

const char *scheme_name(enum scheme s, enum scheme_words words)
{
    assert(s < SCHEMES && words < SCHEME_WORDS);
    return facts[s].names[words];
}

enum fault scheme_read(enum scheme *out, struct span name)
{
    for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++)
        for (size_t words = 0; words < SCHEME_WORDS; words++)
            if (span_equal_nocase(name, span_of(facts[s].names[words]))) {
                *out = s;
                return FAULT_NONE;
            }
    for (size_t i = 0; i < sizeof further_names / sizeof *further_names; i++)
        if (span_equal_nocase(name, span_of(further_names[i].name))) {
            *out = further_names[i].scheme;
            return FAULT_NONE;
        }
    return FAULT_NOT_FOUND;
}
