/* isotime.c: dates by our own calendar arithmetic, so that no time zone file or locale has a say. */
#include "base/isotime.h"

#include <assert.h>

#include "base/banned.h"

#define DAY_MS INT64_C(86400000)
#define IST_MS INT64_C(19800000)                       /* five and a half hours east */

enum { FRACTION_MAX = 9 };                             /* digits; nobody measures finer than nanoseconds */

struct cursor { struct span s; bool bad; };

/* Days since 1970-01-01. Years are counted from March, so that the leap day is the last one of its year; the
 * months from March on then begin on day (153 m + 2) / 5. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    m = (m + 9) % 12;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d - 1 - 719468;
}

static bool is_leap(int64_t y)
{
    return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static int64_t days_in(int64_t y, int64_t m)
{
    static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[m - 1] + (m == 2 && is_leap(y));
}

static uint8_t peek(const struct cursor *c)
{
    return c->s.n ? c->s.p[0] : '\0';
}

static void skip(struct cursor *c)
{
    c->s.p++;
    c->s.n--;
}

static void expect(struct cursor *c, uint8_t byte)
{
    if (c->bad || c->s.n == 0 || peek(c) != byte)
        c->bad = true;
    else
        skip(c);
}

/* A number of exactly `digits` digits from `min` to `max`; 0 once anything is bad. */
static int64_t number(struct cursor *c, int digits, int64_t min, int64_t max)
{
    int64_t n = 0;

    for (int i = 0; i < digits && !c->bad; i++) {
        uint8_t d = peek(c);
        if (d < '0' || d > '9') {
            c->bad = true;
            break;
        }
        n = n * 10 + (d - '0');
        skip(c);
    }
    if (n < min || n > max)
        c->bad = true;
    return c->bad ? 0 : n;
}

static int64_t date_ms(struct cursor *c)
{
    int64_t y, m, d;

    y = number(c, 4, 1970, 9999);
    expect(c, '-');
    m = number(c, 2, 1, 12);
    expect(c, '-');
    d = number(c, 2, 1, 31);
    if (c->bad || d > days_in(y, m)) {
        c->bad = true;
        return 0;
    }
    return days_of(y, m, d) * DAY_MS;
}

static int64_t fraction_ms(struct cursor *c)
{
    int64_t ms = 0, unit = 100;
    int digits = 0;

    if (c->bad || peek(c) != '.')
        return 0;
    skip(c);
    for (; peek(c) >= '0' && peek(c) <= '9'; digits++) {
        ms += (peek(c) - '0') * unit;
        unit /= 10;
        skip(c);
    }
    if (digits == 0 || digits > FRACTION_MAX)
        c->bad = true;
    return ms;
}

static int64_t time_ms(struct cursor *c)
{
    int64_t h, m, s;

    h = number(c, 2, 0, 23);
    expect(c, ':');
    m = number(c, 2, 0, 59);
    expect(c, ':');
    s = number(c, 2, 0, 59);
    return ((h * 60 + m) * 60 + s) * 1000 + fraction_ms(c);
}

/* How far east of UTC. */
static int64_t zone_ms(struct cursor *c)
{
    int64_t sign = peek(c) == '-' ? -1 : 1, h, m;

    if (c->bad || c->s.n == 0)
        return IST_MS;
    if (peek(c) == 'Z') {
        skip(c);
        return 0;
    }
    expect(c, sign < 0 ? '-' : '+');
    h = number(c, 2, 0, 23);
    if (peek(c) == ':')
        skip(c);
    m = number(c, 2, 0, 59);
    return sign * (h * 60 + m) * 60000;
}

enum fault isotime_read(int64_t *ms, struct span text)
{
    struct cursor c = { text, false };
    int64_t at = date_ms(&c);

    expect(&c, peek(&c) == ' ' ? ' ' : 'T');
    at += time_ms(&c);
    at -= zone_ms(&c);
    /* A zone may carry the moment over the edge of what isotime_ist() can write back. */
    if (c.bad || c.s.n || at < 0 || at > ISOTIME_LAST_MS - IST_MS)
        return FAULT_BAD_INPUT;
    *ms = at;
    return FAULT_NONE;
}

static char *put_digits(char *at, int64_t n, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + n % 10);
        n /= 10;
    }
    return at + digits;
}

/* "2023-09-09T18:02:46", 19 bytes; gives the place behind it. The inverse of days_of(). */
static char *put_moment(char *at, int64_t ms)
{
    int64_t days = ms / DAY_MS + 719468, secs = ms % DAY_MS / 1000;
    int64_t era = days / 146097, doe = days % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153, m = mp < 10 ? mp + 3 : mp - 9;

    at = put_digits(at, yoe + era * 400 + (m <= 2), 4);
    *at++ = '-';
    at = put_digits(at, m, 2);
    *at++ = '-';
    at = put_digits(at, doy - (153 * mp + 2) / 5 + 1, 2);
    *at++ = 'T';
    at = put_digits(at, secs / 3600, 2);
    *at++ = ':';
    at = put_digits(at, secs / 60 % 60, 2);
    *at++ = ':';
    return put_digits(at, secs % 60, 2);
}

static void put_text(char *at, const char *text)
{
    while ((*at++ = *text++))
        ;
}

void isotime_ist(char out[static ISOTIME_TEXT], int64_t ms)
{
    assert(ms >= 0 && ms <= ISOTIME_LAST_MS - IST_MS);
    put_text(put_moment(out, ms + IST_MS), "+05:30");
}

void isotime_utc(char out[static ISOTIME_TEXT], int64_t ms)
{
    char *at;

    assert(ms >= 0 && ms <= ISOTIME_LAST_MS);
    at = put_moment(out, ms);
    *at++ = '.';
    put_text(put_digits(at, ms % 1000, 3), "Z");
}
