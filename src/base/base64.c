/* base64.c: base64 and hexadecimal text, strict both ways. */
#include "base/base64.h"

#include <string.h>

#include "base/banned.h"

struct alphabet { char at[64]; bool padded; };

static const struct alphabet standard = {
    { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }, true
};
static const struct alphabet url = {
    { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" }, false
};

static bool has_room(struct buf *out, size_t n)
{
    if (out->full || n > out->cap - out->n)
        out->full = true;
    return !out->full;
}

static void put(struct buf *out, struct span s, const struct alphabet *a)
{
    size_t rest = s.n % 3, i;

    if (!has_room(out, s.n / 3 * 4 + (rest ? (a->padded ? 4 : rest + 1) : 0)))
        return;
    for (i = 0; i + 3 <= s.n; i += 3) {
        uint32_t w = (uint32_t)s.p[i] << 16 | (uint32_t)s.p[i + 1] << 8 | s.p[i + 2];
        char four[4] = { a->at[w >> 18], a->at[w >> 12 & 63], a->at[w >> 6 & 63], a->at[w & 63] };
        buf_put(out, four, 4);
    }
    if (rest) {
        uint32_t w = (uint32_t)s.p[i] << 16 | (rest == 2 ? (uint32_t)s.p[i + 1] << 8 : 0);
        char four[4] = { a->at[w >> 18], a->at[w >> 12 & 63], rest == 2 ? a->at[w >> 6 & 63] : '=', '=' };
        buf_put(out, four, a->padded ? 4 : rest + 1);
    }
}

/* The value of one character, or -1. The two alphabets differ in their last two characters only. */
static int value_of(uint8_t c, const struct alphabet *a)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (uint8_t)a->at[62])
        return 62;
    return c == (uint8_t)a->at[63] ? 63 : -1;
}

/* Is `text`, its padding already cut, canonical? A lone character carries less than a byte, and the bits that
 * the last character has too many must be zero, or two texts would stand for the same bytes. */
static bool is_canonical(struct span text, const struct alphabet *a)
{
    size_t rest = text.n % 4;

    if (rest == 1)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (value_of(text.p[i], a) < 0)
            return false;
    if (rest == 0)
        return true;
    return (value_of(text.p[text.n - 1], a) & (rest == 2 ? 15 : 3)) == 0;
}

static enum fault read_text(struct buf *out, struct span text, const struct alphabet *a)
{
    uint32_t bits = 0;
    unsigned held = 0;                /* how many low bits of `bits` are still to be written */

    if (!is_canonical(text, a))
        return FAULT_BAD_INPUT;
    if (!has_room(out, text.n / 4 * 3 + text.n % 4 * 3 / 4))
        return FAULT_INTERNAL;
    for (size_t i = 0; i < text.n; i++) {
        bits = bits << 6 | (uint32_t)value_of(text.p[i], a);
        held += 6;
        if (held >= 8) {
            held -= 8;
            buf_byte(out, (uint8_t)(bits >> held));
        }
    }
    return FAULT_NONE;
}

void base64url_put(struct buf *out, struct span s)
{
    put(out, s, &url);
}

void base64_put(struct buf *out, struct span s)
{
    put(out, s, &standard);
}

enum fault base64url_read(struct buf *out, struct span text)
{
    return read_text(out, text, &url);
}

enum fault base64_read(struct buf *out, struct span text)
{
    if (text.n % 4)
        return FAULT_BAD_INPUT;
    for (int i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++)
        text.n--;
    return read_text(out, text, &standard);
}

void hex_put(struct buf *out, struct span s)
{
    static const char digits[16] = { "0123456789abcdef" };

    if (s.n > SIZE_MAX / 2 || !has_room(out, 2 * s.n))
        return;
    for (size_t i = 0; i < s.n; i++) {
        char two[2] = { digits[s.p[i] >> 4], digits[s.p[i] & 15] };
        buf_put(out, two, 2);
    }
}

static int nibble_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum fault hex_read(struct buf *out, struct span text)
{
    if (text.n % 2)
        return FAULT_BAD_INPUT;
    for (size_t i = 0; i < text.n; i++)
        if (nibble_of(text.p[i]) < 0)
            return FAULT_BAD_INPUT;
    if (!has_room(out, text.n / 2))
        return FAULT_INTERNAL;
    for (size_t i = 0; i < text.n; i += 2)
        buf_byte(out, (uint8_t)(nibble_of(text.p[i]) << 4 | nibble_of(text.p[i + 1])));
    return FAULT_NONE;
}
