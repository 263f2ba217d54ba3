/* pan.c: reading, comparing and cutting card numbers. */
#include "domain/pan.h"

#include <assert.h>
#include <string.h>

#include "base/secret.h"
#include "domain/cardscan.h"

#include "base/banned.h"

/* Digits. No scheme's numbers have fewer than SHORTEST; of those with fewer than LONG less may be told. */
enum { SIX = 6, EIGHT = 8, FOUR = 4, SHORTEST = 14, LONG = 16 };

_Static_assert(sizeof(struct pan) == PAN_DIGITS_MAX + 1, "compared byte by byte, so without padding");

/* The first `n` digits as a number. */
static uint32_t begin_of(const uint8_t *digits, size_t n)
{
    uint32_t number = 0;

    for (size_t i = 0; i < n; i++)
        number = number * 10 + (uint32_t)(digits[i] - '0');
    return number;
}

static bool is_digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

static enum pan_flaw flaw_of(struct span s)
{
    enum scheme scheme;

    if (s.n == 0)
        return PAN_MISSING;
    if (!is_digits(s))
        return PAN_NOT_DIGITS;
    scheme = s.n < SIX ? SCHEME_UNKNOWN : scheme_of_iin(begin_of(s.p, SIX));
    if (scheme == SCHEME_UNKNOWN)
        return PAN_SCHEME;
    if (s.n > PAN_DIGITS_MAX || !scheme_has_length(scheme, s.n))
        return PAN_LENGTH;
    return cardscan_luhn(s) ? PAN_FINE : PAN_LUHN;
}

enum pan_flaw pan_read(struct pan *out, struct span digits)
{
    enum pan_flaw flaw = flaw_of(digits);

    pan_fini(out);
    if (flaw == PAN_FINE) {
        memcpy(out->digits, digits.p, digits.n);
        out->n = (uint8_t)digits.n;
    }
    return flaw;
}

void pan_fini(struct pan *p)
{
    secret_wipe(p, sizeof *p);
}

enum scheme pan_scheme(const struct pan *p)
{
    return scheme_of_iin(pan_bin6(p).number);
}

struct pan_last4 pan_last4(const struct pan *p)
{
    struct pan_last4 last = { { 0 } };

    assert(p->n >= SHORTEST);
    memcpy(last.text, p->digits + p->n - FOUR, FOUR);
    return last;
}

struct pan_bin6 pan_bin6(const struct pan *p)
{
    assert(p->n >= SHORTEST);
    return (struct pan_bin6){ begin_of(p->digits, SIX) };
}

struct pan_bin8 pan_bin8(const struct pan *p)
{
    uint32_t number;

    assert(p->n >= SHORTEST);
    number = begin_of(p->digits, EIGHT);
    return (struct pan_bin8){ p->n < LONG ? number / 100 * 100 : number };
}

struct span pan_digits(const struct pan *p)
{
    assert(p->n >= SHORTEST);
    return (struct span){ p->digits, p->n };
}

const char *pan_flaw_text(enum pan_flaw f)
{
    static const char *const texts[PAN_FLAWS] = {
        [PAN_FINE]       = "nothing is wrong with it",
        [PAN_MISSING]    = "there is none",
        [PAN_NOT_DIGITS] = "it holds something other than digits",
        [PAN_SCHEME]     = "it is of no card scheme served here",
        [PAN_LENGTH]     = "it has not as many digits as its card scheme's numbers",
        [PAN_LUHN]       = "its check digit is wrong",
    };

    assert(f < PAN_FLAWS);
    return texts[f];
}
