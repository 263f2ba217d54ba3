/* span.c: borrowed bytes and bounded buffers. */
#include "base/span.h"

#include <string.h>

#include "base/banned.h"

enum { RANDOM_MIN = 32, RANDOM_LETTERS = 4 };      /* characters of a random id; letters among them */

enum { U64_DIGITS = 20 };             /* decimal digits of UINT64_MAX */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

struct span span_of(const char *text)
{
    return text ? (struct span){ (const uint8_t *)text, strlen(text) } : (struct span){ 0 };
}

bool span_equal(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool span_equal_nocase(struct span a, struct span b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool span_starts(struct span s, struct span prefix)
{
    return s.n >= prefix.n && span_equal((struct span){ s.p, prefix.n }, prefix);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = (struct span){ s.p + 1, s.n - 1 };
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool span_is_random_id(struct span s)
{
    size_t letters = 0;

    for (size_t i = 0; i < s.n; i++) {
        uint8_t lower = s.p[i] | 0x20;
        bool is_letter = lower >= 'a' && lower <= 'f';
        if (!is_letter && (s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '-')
            return false;
        letters += is_letter;
    }
    return s.n >= RANDOM_MIN && letters >= RANDOM_LETTERS;
}

size_t span_utf8(struct span s)
{
    uint8_t first = s.n ? s.p[0] : 0xFF;
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;        /* bounds of the second byte */
    uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    size_t n = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;

    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4 || s.n < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (s.p[i] < low || s.p[i] > high)
            return 0;
        low = 0x80;
        high = 0xBF;
    }
    return n;
}

enum fault span_u64(uint64_t *out, struct span s, uint64_t max)
{
    uint64_t n = 0;

    if (s.n == 0)
        return FAULT_BAD_INPUT;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return FAULT_BAD_INPUT;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(s.p[i] - '0'), &n))
            return FAULT_BAD_INPUT;
    }
    if (n > max)
        return FAULT_BAD_INPUT;
    *out = n;
    return FAULT_NONE;
}

enum fault span_text(char *out, size_t cap, struct span s)
{
    if (cap == 0)
        return FAULT_BAD_INPUT;
    out[0] = '\0';
    if (s.n >= cap || (s.n && memchr(s.p, '\0', s.n)))
        return FAULT_BAD_INPUT;
    if (s.n)
        memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return FAULT_NONE;
}

void buf_put(struct buf *b, const void *src, size_t n)
{
    if (b->full || n > b->cap - b->n) {
        b->full = true;
        return;
    }
    if (n)
        memcpy(b->p + b->n, src, n);
    b->n += n;
}

void buf_span(struct buf *b, struct span s)
{
    buf_put(b, s.p, s.n);
}

void buf_text(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void buf_byte(struct buf *b, uint8_t byte)
{
    buf_put(b, &byte, 1);
}

/* Sign and digits go in one put, so that a number which does not fit leaves nothing of itself behind. */
static void put_number(struct buf *b, uint64_t n, bool negative)
{
    uint8_t text[U64_DIGITS + 1];
    size_t at = sizeof text;

    do {
        text[--at] = (uint8_t)('0' + n % 10);
        n /= 10;
    } while (n);
    if (negative)
        text[--at] = '-';
    buf_put(b, text + at, sizeof text - at);
}

void buf_u64(struct buf *b, uint64_t n)
{
    put_number(b, n, false);
}

void buf_i64(struct buf *b, int64_t n)
{
    put_number(b, n < 0 ? -(uint64_t)n : (uint64_t)n, n < 0);    /* unsigned, so that INT64_MIN has a negation */
}

enum fault buf_done(const struct buf *b, struct span *out)
{
    *out = b->full ? (struct span){ 0 } : buf_view(b);
    return b->full ? FAULT_INTERNAL : FAULT_NONE;
}
