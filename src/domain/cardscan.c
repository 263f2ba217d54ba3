/* cardscan.c: card numbers hidden in text. */
#include "domain/cardscan.h"

#include "base/banned.h"

enum {
    CARD_MIN = 13, CARD_MAX = 19,     /* digits of a card number (ISO/IEC 7812-1 allows up to 19) */
    GAP_MAX = 3,                      /* characters between two groups of digits */
    GROUP_MIN = 3,                    /* digits of a group that may differ from its neighbours */
};

/* One character of the text: its bytes, and the digit it is (NO_DIGIT: none). */
struct mark { size_t n; int digit; bool letter; };
enum { NO_DIGIT = -1 };

/* Groups of digits read so far, as one number. */
struct candidate {
    uint8_t digits[CARD_MAX];
    size_t n, groups, first, last, shortest;      /* digits; groups; digits of single groups */
    bool even;                        /* all groups but the last are as long as the first, the last no longer */
    struct span gap;                  /* what stands behind the first group */
    bool same_gaps;
};

/* Is `n` digits beginning with these a card's? */
typedef bool plausible(const uint8_t *digits, size_t n);

static unsigned begin_of(const uint8_t *digits, size_t n)
{
    unsigned begin = 0;

    for (size_t i = 0; i < n; i++)
        begin = begin * 10 + (unsigned)(digits[i] - '0');
    return begin;
}

static bool is_of_2_or_8(const uint8_t *digits)
{
    unsigned two = begin_of(digits, 2), four = begin_of(digits, 4);

    return (four >= 2221 && four <= 2720) || two == 81 || two == 82;
}

static bool is_plausible(const uint8_t *digits, size_t n)
{
    if (digits[0] >= '3' && digits[0] <= '6')
        return true;
    return n == 16 && (digits[0] == '7' || is_of_2_or_8(digits));
}

static bool is_issued(const uint8_t *digits, size_t n)
{
    unsigned two = begin_of(digits, 2);

    switch (n) {
    case 14: return two == 30 || two == 36 || two == 38 || two == 39;
    case 15: return two == 34 || two == 37;
    case 16: return (two >= 40 && two <= 69) || two == 35 || is_of_2_or_8(digits);
    default: return false;
    }
}

static int hex_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct mark mark_of(uint8_t c, size_t n)
{
    uint8_t low = c | 0x20;
    bool digit = c >= '0' && c <= '9';

    return (struct mark){ n, digit ? c - '0' : NO_DIGIT, low >= 'a' && low <= 'z' };
}

/* The character at `i`. */
static struct mark read_mark(struct span text, size_t i)
{
    const uint8_t *p = text.p + i;
    size_t left = text.n - i, n = 1;

    if (*p == '%' && left > 2 && hex_of(p[1]) >= 0 && hex_of(p[2]) >= 0)
        return mark_of((uint8_t)(hex_of(p[1]) << 4 | hex_of(p[2])), 3);
    if (*p < 0x80)
        return mark_of(*p, 1);
    if (left > 2 && p[0] == 0xEF && p[1] == 0xBC && p[2] >= 0x90 && p[2] <= 0x99)
        return (struct mark){ 3, p[2] - 0x90, false };
    if (left > 2 && p[0] == 0xE0 && p[1] == 0xA5 && p[2] >= 0xA6 && p[2] <= 0xAF)
        return (struct mark){ 3, p[2] - 0xA6, false };
    while (n < left && (p[n] & 0xC0) == 0x80)
        n++;
    return (struct mark){ n, NO_DIGIT, false };
}

/* Read the group of digits at *at. False when the number becomes longer than a card's. */
static bool take_group(struct candidate *c, struct span text, size_t *at)
{
    size_t before = c->n, length;
    struct mark m;

    while (*at < text.n && (m = read_mark(text, *at)).digit != NO_DIGIT) {
        if (c->n == CARD_MAX)
            return false;
        c->digits[c->n++] = (uint8_t)('0' + m.digit);
        *at += m.n;
    }
    length = c->n - before;
    if (c->groups++ == 0)
        c->first = c->last = c->shortest = length;
    c->even = c->even && c->last == c->first && length <= c->first;
    c->last = length;
    if (length < c->shortest)
        c->shortest = length;
    return true;
}

/* Skip what stands between two groups. False when no further group follows, or not closely. */
static bool take_gap(struct candidate *c, struct span text, size_t *at)
{
    size_t from = *at;
    struct span gap;

    for (int n = 0; *at < text.n; n++) {
        struct mark m = read_mark(text, *at);
        if (m.digit != NO_DIGIT) {
            gap = (struct span){ text.p + from, *at - from };
            if (c->groups == 1)
                c->gap = gap;
            c->same_gaps = c->same_gaps && span_equal(gap, c->gap);
            return true;
        }
        if (m.letter || n == GAP_MAX)
            return false;
        *at += m.n;
    }
    return false;
}

static bool has_card_groups(const struct candidate *c)
{
    return c->groups == 1 || c->shortest >= GROUP_MIN || (c->even && (c->first != 2 || c->same_gaps));
}

/* Does a card number begin at `at`, where a group of digits begins? It may end wherever a group ends, since
 * the text may go on with another number. */
static bool begins_card(struct span text, size_t at, plausible *is_card)
{
    struct candidate c = { .even = true, .same_gaps = true };

    do {
        if (!take_group(&c, text, &at))
            return false;
        if (c.n >= CARD_MIN && has_card_groups(&c) && is_card(c.digits, c.n)
            && cardscan_luhn((struct span){ c.digits, c.n }))
            return true;
    } while (take_gap(&c, text, &at));
    return false;
}

static bool is_found(struct span text, plausible *is_card)
{
    bool within = false;              /* a group of digits, or the whole of it */
    struct mark m;

    for (size_t i = 0; i < text.n; i += m.n) {
        m = read_mark(text, i);
        if (m.digit != NO_DIGIT && !within && begins_card(text, i, is_card))
            return true;
        within = m.digit != NO_DIGIT;
    }
    return false;
}

bool cardscan_luhn(struct span digits)
{
    unsigned sum = 0;

    if (digits.n < 2)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        unsigned d = (unsigned)(digits.p[digits.n - 1 - i] - '0');
        if (d > 9)
            return false;
        if (i % 2)
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return sum % 10 == 0;
}

bool cardscan_found(struct span text)
{
    return is_found(text, is_plausible);
}

bool cardscan_found_in_id(struct span text)
{
    return !span_is_random_id(text) && is_found(text, is_issued);
}
