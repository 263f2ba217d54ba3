/* money.c: exact amounts in minor units. */
#include "domain/money.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum { EXPONENT_MAX = 3, MAJOR_DIGITS = 10 };      /* most decimals of any currency; digits of MONEY_MAX_MAJOR */

struct currency { char code[4]; uint8_t exponent; };

/* The active codes of ISO 4217 that are money to pay with: no funds codes, metals or test codes. Sorted. */
static const struct currency currencies[] = {
    { "AED", 2 }, { "AFN", 2 }, { "ALL", 2 }, { "AMD", 2 }, { "ANG", 2 }, { "AOA", 2 }, { "ARS", 2 }, { "AUD", 2 },
    { "AWG", 2 }, { "AZN", 2 }, { "BAM", 2 }, { "BBD", 2 }, { "BDT", 2 }, { "BGN", 2 }, { "BHD", 3 }, { "BIF", 0 },
    { "BMD", 2 }, { "BND", 2 }, { "BOB", 2 }, { "BRL", 2 }, { "BSD", 2 }, { "BTN", 2 }, { "BWP", 2 }, { "BYN", 2 },
    { "BZD", 2 }, { "CAD", 2 }, { "CDF", 2 }, { "CHF", 2 }, { "CLP", 0 }, { "CNY", 2 }, { "COP", 2 }, { "CRC", 2 },
    { "CUP", 2 }, { "CVE", 2 }, { "CZK", 2 }, { "DJF", 0 }, { "DKK", 2 }, { "DOP", 2 }, { "DZD", 2 }, { "EGP", 2 },
    { "ERN", 2 }, { "ETB", 2 }, { "EUR", 2 }, { "FJD", 2 }, { "FKP", 2 }, { "GBP", 2 }, { "GEL", 2 }, { "GHS", 2 },
    { "GIP", 2 }, { "GMD", 2 }, { "GNF", 0 }, { "GTQ", 2 }, { "GYD", 2 }, { "HKD", 2 }, { "HNL", 2 }, { "HTG", 2 },
    { "HUF", 2 }, { "IDR", 2 }, { "ILS", 2 }, { "INR", 2 }, { "IQD", 3 }, { "IRR", 2 }, { "ISK", 0 }, { "JMD", 2 },
    { "JOD", 3 }, { "JPY", 0 }, { "KES", 2 }, { "KGS", 2 }, { "KHR", 2 }, { "KMF", 0 }, { "KPW", 2 }, { "KRW", 0 },
    { "KWD", 3 }, { "KYD", 2 }, { "KZT", 2 }, { "LAK", 2 }, { "LBP", 2 }, { "LKR", 2 }, { "LRD", 2 }, { "LSL", 2 },
    { "LYD", 3 }, { "MAD", 2 }, { "MDL", 2 }, { "MGA", 2 }, { "MKD", 2 }, { "MMK", 2 }, { "MNT", 2 }, { "MOP", 2 },
    { "MRU", 2 }, { "MUR", 2 }, { "MVR", 2 }, { "MWK", 2 }, { "MXN", 2 }, { "MYR", 2 }, { "MZN", 2 }, { "NAD", 2 },
    { "NGN", 2 }, { "NIO", 2 }, { "NOK", 2 }, { "NPR", 2 }, { "NZD", 2 }, { "OMR", 3 }, { "PAB", 2 }, { "PEN", 2 },
    { "PGK", 2 }, { "PHP", 2 }, { "PKR", 2 }, { "PLN", 2 }, { "PYG", 0 }, { "QAR", 2 }, { "RON", 2 }, { "RSD", 2 },
    { "RUB", 2 }, { "RWF", 0 }, { "SAR", 2 }, { "SBD", 2 }, { "SCR", 2 }, { "SDG", 2 }, { "SEK", 2 }, { "SGD", 2 },
    { "SHP", 2 }, { "SLE", 2 }, { "SOS", 2 }, { "SRD", 2 }, { "SSP", 2 }, { "STN", 2 }, { "SVC", 2 }, { "SYP", 2 },
    { "SZL", 2 }, { "THB", 2 }, { "TJS", 2 }, { "TMT", 2 }, { "TND", 3 }, { "TOP", 2 }, { "TRY", 2 }, { "TTD", 2 },
    { "TWD", 2 }, { "TZS", 2 }, { "UAH", 2 }, { "UGX", 0 }, { "USD", 2 }, { "UYU", 2 }, { "UZS", 2 }, { "VED", 2 },
    { "VES", 2 }, { "VND", 0 }, { "VUV", 0 }, { "WST", 2 }, { "XAF", 0 }, { "XCD", 2 }, { "XOF", 0 }, { "XPF", 0 },
    { "YER", 2 }, { "ZAR", 2 }, { "ZMW", 2 }, { "ZWG", 2 },
};

static const int64_t power[EXPONENT_MAX + 1] = { 1, 10, 100, 1000 };

static int compare_code(const void *key, const void *member)
{
    return memcmp(key, ((const struct currency *)member)->code, 3);
}

/* The decimals of an amount that money_read() made; its currency is always in the table. */
static unsigned exponent_of(const struct money *m)
{
    unsigned exponent;

    return money_exponent(&exponent, money_currency(m)) == FAULT_NONE ? exponent : 2;
}

static size_t digits_at(struct span s, size_t from)
{
    size_t i = from;

    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i - from;
}

static int64_t value_of(const uint8_t *digits, size_t n)
{
    int64_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value * 10 + (digits[i] - '0');
    return value;
}

/* Write `minor` (not negative) as a decimal of which `decimals` of the currency's `exponent` are shown. */
static void write_decimal(struct buf *out, uint64_t minor, unsigned exponent, unsigned decimals)
{
    uint64_t unit = (uint64_t)power[exponent];
    uint8_t fraction[EXPONENT_MAX];
    uint64_t rest = minor % unit;

    buf_u64(out, minor / unit);
    if (decimals == 0)
        return;
    for (unsigned i = exponent; i-- > 0; rest /= 10)
        fraction[i] = (uint8_t)('0' + rest % 10);
    buf_byte(out, '.');
    buf_put(out, fraction, decimals);
}

enum fault money_exponent(unsigned *exponent, struct span code)
{
    const struct currency *c;

    if (code.n != 3)
        return FAULT_NOT_FOUND;
    c = bsearch(code.p, currencies, sizeof currencies / sizeof *currencies, sizeof *currencies, compare_code);
    if (!c)
        return FAULT_NOT_FOUND;
    *exponent = c->exponent;
    return FAULT_NONE;
}

enum fault money_read(struct money *out, struct span decimal, struct span currency)
{
    size_t whole = digits_at(decimal, 0), decimals = 0, kept;
    unsigned exponent;
    int64_t minor;

    if (money_exponent(&exponent, currency) != FAULT_NONE)
        return FAULT_NOT_FOUND;
    if (whole == 0 || whole > MAJOR_DIGITS)
        return FAULT_BAD_INPUT;
    if (whole < decimal.n) {
        decimals = digits_at(decimal, whole + 1);
        if (decimal.p[whole] != '.' || decimals == 0 || whole + 1 + decimals != decimal.n)
            return FAULT_BAD_INPUT;
    }
    kept = decimals < exponent ? decimals : exponent;
    for (size_t i = kept; i < decimals; i++)
        if (decimal.p[whole + 1 + i] != '0')
            return FAULT_BAD_INPUT;

    minor = value_of(decimal.p, whole) * power[exponent];
    if (kept)
        minor += value_of(decimal.p + whole + 1, kept) * power[exponent - kept];
    if (minor > MONEY_MAX_MAJOR * power[exponent])
        return FAULT_BAD_INPUT;
    *out = (struct money){ .minor = minor };
    memcpy(out->currency, currency.p, 3);
    return FAULT_NONE;
}

void money_short(struct buf *out, struct money m)
{
    unsigned exponent = exponent_of(&m), decimals = exponent;
    uint64_t minor = m.minor < 0 ? -(uint64_t)m.minor : (uint64_t)m.minor;

    for (uint64_t rest = minor; decimals > 0 && rest % 10 == 0; rest /= 10)
        decimals--;
    if (m.minor < 0)
        buf_byte(out, '-');
    write_decimal(out, minor, exponent, decimals);
}

void money_full(struct buf *out, struct money m)
{
    unsigned exponent = exponent_of(&m);

    if (m.minor < 0)
        buf_byte(out, '-');
    write_decimal(out, m.minor < 0 ? -(uint64_t)m.minor : (uint64_t)m.minor, exponent, exponent);
}

enum fault money_compare(int *order, struct money a, struct money b)
{
    if (!span_equal(money_currency(&a), money_currency(&b)))
        return FAULT_BAD_INPUT;
    *order = (a.minor > b.minor) - (a.minor < b.minor);
    return FAULT_NONE;
}

enum fault money_add(struct money *sum, struct money a, struct money b)
{
    if (!span_equal(money_currency(&a), money_currency(&b)))
        return FAULT_BAD_INPUT;
    if (__builtin_add_overflow(a.minor, b.minor, &a.minor))
        return FAULT_BAD_INPUT;
    *sum = a;
    return FAULT_NONE;
}
