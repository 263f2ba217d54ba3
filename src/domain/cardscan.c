/* cardscan.c: card numbers hidden in free text. */
#include "domain/cardscan.h"

#include "base/banned.h"

enum { CARD_MIN = 13, CARD_MAX = 19 };      /* digits of a card number (ISO/IEC 7812-1 allows up to 19) */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Does a card number begin at `from`, where a group of digits begins? It may end wherever a group ends, since
 * the text may go on with another number. */
static bool begins_card(struct span text, size_t from)
{
    uint8_t digits[CARD_MAX];
    size_t n = 0;

    if (text.p[from] < '3' || text.p[from] > '6')
        return false;
    for (size_t i = from; i < text.n && n < CARD_MAX; i++) {
        if (!is_digit(text.p[i])) {
            bool joins = (text.p[i] == ' ' || text.p[i] == '-') && i + 1 < text.n && is_digit(text.p[i + 1]);
            if (!joins)
                return false;
            continue;
        }
        digits[n++] = text.p[i];
        bool group_ends = i + 1 == text.n || !is_digit(text.p[i + 1]);
        if (group_ends && n >= CARD_MIN && cardscan_luhn((struct span){ digits, n }))
            return true;
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
    for (size_t i = 0; i < text.n; i++)
        if (is_digit(text.p[i]) && (i == 0 || !is_digit(text.p[i - 1])) && begins_card(text, i))
            return true;
    return false;
}
