/* respell.c: copying JSON token by token. */
#include "dialect/paytm/respell.h"

#include <assert.h>

#include "base/banned.h"

struct copy { struct span in; size_t at; struct buf out; enum respell_style style; };

/* Bytes a byte of text becomes at most: "é", two bytes, is "\u00e9"; a comma gets a blank. */
enum { GROWTH = 6 };

static const struct { const char *name; bool blanks, slashes, ascii; } styles[RESPELL_STYLES] = {
    [RESPELL_COMPACT] = { "compact, as JSON.stringify writes it", false, false, false },
    [RESPELL_SPACED]  = { "with blanks behind commas and colons, as Python's json.dumps writes it", true, false, true },
    [RESPELL_SLASHES] = { "with escaped slashes, as PHP's json_encode writes it", false, true, true },
    [RESPELL_ESCAPED] = { "compact and only ASCII, as PHP's json_encode writes it with JSON_UNESCAPED_SLASHES", false,
                          false, true },
};

static uint32_t hex_digit(uint8_t c)
{
    return c <= '9' ? c - (uint32_t)'0' : (c | 0x20u) - 'a' + 10u;
}

static uint32_t read_unit(struct copy *c)
{
    uint32_t unit = 0;

    for (int i = 0; i < 4 && c->at < c->in.n; i++)
        unit = unit << 4 | hex_digit(c->in.p[c->at++]);
    return unit;
}

/* Behind a backslash. */
static uint32_t read_escape(struct copy *c)
{
    uint8_t byte = c->at < c->in.n ? c->in.p[c->at++] : 0;
    uint32_t high;

    switch (byte) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': break;
    default:  return byte;
    }
    high = read_unit(c);
    if ((high & 0xFC00) != 0xD800 || c->in.n - c->at < 6)
        return high;
    c->at += 2;
    return 0x10000 + ((high & 0x3FF) << 10) + (read_unit(c) & 0x3FF);
}

/* One character of a string; UTF-8 was checked before. */
static uint32_t read_char(struct copy *c)
{
    uint8_t byte = c->in.p[c->at++];
    int more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
    uint32_t code = more ? byte & (0x3Fu >> more) : byte;

    if (byte == '\\')
        return read_escape(c);
    while (more-- && c->at < c->in.n)
        code = code << 6 | (c->in.p[c->at++] & 0x3F);
    return code;
}

static void put_unit(struct buf *out, uint32_t unit)
{
    buf_text(out, "\\u");
    for (int shift = 12; shift >= 0; shift -= 4)
        buf_byte(out, (uint8_t)"0123456789abcdef"[unit >> shift & 15]);
}

static void put_utf8(struct buf *out, uint32_t code)
{
    static const uint8_t lead[] = { 0, 0xC0, 0xE0, 0xF0 };
    int more = code >= 0x10000 ? 3 : code >= 0x800 ? 2 : 1;

    buf_byte(out, (uint8_t)(lead[more] | code >> 6 * more));
    while (more--)
        buf_byte(out, (uint8_t)(0x80 | (code >> 6 * more & 0x3F)));
}

static void put_wide(struct copy *c, uint32_t code)
{
    if (!styles[c->style].ascii) {
        put_utf8(&c->out, code);
    } else if (code < 0x10000) {
        put_unit(&c->out, code);
    } else {
        put_unit(&c->out, 0xD800 + ((code - 0x10000) >> 10));
        put_unit(&c->out, 0xDC00 + ((code - 0x10000) & 0x3FF));
    }
}

static void put_char(struct copy *c, uint32_t code)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";

    for (size_t i = 0; plain[i]; i++)
        if (code == (uint8_t)plain[i]) {
            buf_byte(&c->out, '\\');
            buf_byte(&c->out, (uint8_t)letter[i]);
            return;
        }
    if (code == '/' && styles[c->style].slashes)
        buf_text(&c->out, "\\/");
    else if (code < ' ')
        put_unit(&c->out, code);
    else if (code < 0x7F || (code == 0x7F && c->style != RESPELL_SPACED))
        buf_byte(&c->out, (uint8_t)code);
    else
        put_wide(c, code);
}

static void copy_string(struct copy *c)
{
    c->at++;
    buf_byte(&c->out, '"');
    while (c->at < c->in.n && c->in.p[c->at] != '"')
        put_char(c, read_char(c));
    c->at++;
    buf_byte(&c->out, '"');
}

struct span respell(struct arena *a, struct span json, enum respell_style style)
{
    struct copy c = { json, 0, arena_buf(a, json.n * GROWTH), style };

    assert(style < RESPELL_STYLES);
    while (c.at < json.n) {
        uint8_t byte = json.p[c.at];

        if (byte == '"') {
            copy_string(&c);
            continue;
        }
        c.at++;
        if (byte <= ' ')
            continue;
        buf_byte(&c.out, byte);
        if (styles[style].blanks && (byte == ',' || byte == ':'))
            buf_byte(&c.out, ' ');
    }
    return c.out.full ? (struct span){ 0 } : buf_view(&c.out);
}

const char *respell_name(enum respell_style style)
{
    assert(style < RESPELL_STYLES);
    return styles[style].name;
}
