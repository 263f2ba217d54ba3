/* expiry.c: months of cards and tokens. */
#include "domain/expiry.h"

#include <assert.h>

#include "base/isotime.h"
#include "base/secret.h"

#include "base/banned.h"

enum { MONTHS = 12, CENTURY = 100 };

/* The bytes of `s` from `at` on, at most `n`. */
static struct span part(struct span s, size_t at, size_t n)
{
    assert(at <= s.n);
    return (struct span){ s.p + at, s.n - at < n ? s.n - at : n };
}

bool expiry_is_valid(struct expiry e)
{
    return e.month >= 1 && e.month <= MONTHS && e.year >= EXPIRY_YEAR_MIN && e.year <= EXPIRY_YEAR_MAX;
}

/* Months since January of the year 0. */
static unsigned number_of(struct expiry e)
{
    return (unsigned)e.year * MONTHS + e.month - 1;
}

static struct expiry of_number(unsigned months)
{
    return (struct expiry){ (uint16_t)(months / MONTHS), (uint8_t)(months % MONTHS + 1) };
}

/* `n` in `width` decimal digits and a NUL. */
static void put_number(char *out, unsigned n, unsigned width)
{
    out[width] = '\0';
    for (unsigned i = width; i-- > 0; n /= 10)
        out[i] = (char)('0' + n % 10);
    assert(n == 0);
}

enum expiry_flaw expiry_read(struct expiry *out, struct span month, struct span year)
{
    uint64_t m, y;

    if (month.n != 2 || span_u64(&m, month, MONTHS) != FAULT_NONE || m == 0)
        return EXPIRY_MONTH;
    if ((year.n != 2 && year.n != 4) || span_u64(&y, year, EXPIRY_YEAR_MAX) != FAULT_NONE)
        return EXPIRY_YEAR;
    if (year.n == 2)
        y += EXPIRY_YEAR_MIN;
    if (y < EXPIRY_YEAR_MIN)
        return EXPIRY_YEAR;
    *out = (struct expiry){ (uint16_t)y, (uint8_t)m };
    return EXPIRY_FINE;
}

void expiry_fini(struct expiry *e)
{
    secret_wipe(e, sizeof *e);
}

int64_t expiry_end_ms(struct expiry e)
{
    struct expiry next;
    uint8_t text[ISOTIME_TEXT];
    struct buf b = BUF(text);
    int64_t ms = 0;
    enum fault f;

    assert(expiry_is_valid(e));
    next = of_number(number_of(e) + 1);
    buf_u64(&b, next.year);
    buf_byte(&b, '-');
    buf_byte(&b, (uint8_t)('0' + next.month / 10));
    buf_byte(&b, (uint8_t)('0' + next.month % 10));
    buf_text(&b, "-01T00:00:00+05:30");
    f = isotime_read(&ms, buf_view(&b));
    assert(f == FAULT_NONE);
    (void)f;
    return ms;
}

bool expiry_is_past(struct expiry e, int64_t now_ms)
{
    return now_ms >= expiry_end_ms(e);
}

int expiry_compare(struct expiry a, struct expiry b)
{
    return (number_of(a) > number_of(b)) - (number_of(a) < number_of(b));
}

/* The month of `now_ms` in IST. */
static struct expiry month_of(int64_t now_ms)
{
    const struct expiry first = { EXPIRY_YEAR_MIN, 1 }, last = { EXPIRY_YEAR_MAX, MONTHS };
    char text[ISOTIME_TEXT];
    struct expiry e;
    enum expiry_flaw flaw;

    if (now_ms < expiry_end_ms(first))
        return first;
    if (expiry_is_past(last, now_ms))
        return last;
    isotime_ist(text, now_ms);        /* "2023-09-..." */
    flaw = expiry_read(&e, part(span_of(text), 5, 2), part(span_of(text), 0, 4));
    assert(flaw == EXPIRY_FINE);
    return flaw == EXPIRY_FINE ? e : last;
}

struct expiry expiry_in_months(int64_t now_ms, unsigned months)
{
    const struct expiry last = { EXPIRY_YEAR_MAX, MONTHS };
    struct expiry e;

    assert(months <= EXPIRY_MONTHS_MAX);
    e = of_number(number_of(month_of(now_ms)) + months);
    return expiry_compare(e, last) > 0 ? last : e;
}

struct expiry_text expiry_text(struct expiry e)
{
    struct expiry_text t;

    assert(expiry_is_valid(e));
    put_number(t.mm, e.month, 2);
    put_number(t.yy, e.year % CENTURY, 2);
    put_number(t.yyyy, e.year, 4);
    put_number(t.mmyyyy, (unsigned)e.month * 10000 + e.year, 6);
    return t;
}
