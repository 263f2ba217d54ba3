/* rules.c: rules on the text of single fields. */
#include "dialect/cashfree/rules.h"

#include "domain/cardscan.h"

#include "base/banned.h"

enum { DIGITS_MAX = 15, DECIMAL_MAX = 12, FOREIGN_DIGITS_MIN = 6, PHONE_DIGITS = 10 };

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_id_byte(uint8_t c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

static bool all_digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]))
            return false;
    return s.n > 0;
}

bool rule_id(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_id_byte(s.p[i]))
            return false;
    return s.n > 0 && rule_no_card_id(s);
}

bool rule_url(struct span s)
{
    size_t host = span_starts(s, SPAN("https://")) ? 8 : span_starts(s, SPAN("http://")) ? 7 : 0;

    if (host == 0 || s.n == host || s.p[host] == '/' || s.p[host] == '?' || s.p[host] == '#' || s.p[host] == ':')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7F || s.p[i] == '"' || s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '\\')
            return false;
    return rule_no_card_id(s);
}

bool rule_phone(struct span s)
{
    if (s.n > 0 && s.p[0] == '+') {
        struct span rest = { s.p + 1, s.n - 1 };
        return all_digits(rest) && rest.n >= FOREIGN_DIGITS_MIN && rest.n <= DIGITS_MAX && rule_no_card_id(rest);
    }
    return s.n == PHONE_DIGITS && all_digits(s);
}

bool rule_decimal(struct span s)
{
    size_t digits = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (is_digit(s.p[i]))
            digits++;
        else if (s.p[i] != '.')
            return false;
    }
    return digits > 0 && digits <= DECIMAL_MAX;
}

bool rule_digits(struct span s)
{
    return s.n <= DIGITS_MAX && all_digits(s) && rule_no_card_id(s);
}

bool rule_no_card(struct span s)
{
    return !cardscan_found(s);
}

bool rule_no_card_id(struct span s)
{
    return !cardscan_found_in_id(s);
}
