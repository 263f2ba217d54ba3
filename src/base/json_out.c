/* json_out.c: the streaming JSON writer. */
#include "base/json_out.h"

#include <assert.h>
#include <string.h>

#include "base/isotime.h"

#include "base/banned.h"

/* The comma before a value, unless its key already wrote it. */
static void before_value(struct json_out *o)
{
    if (o->depth > 0) {
        assert(o->keyed == o->object[o->depth - 1]);
        if (!o->keyed && o->comma[o->depth - 1])
            buf_byte(o->buf, ',');
        o->comma[o->depth - 1] = true;
    }
    o->keyed = false;
}

static void open_level(struct json_out *o, bool object)
{
    before_value(o);
    assert(o->depth < JSON_OUT_DEPTH);
    o->object[o->depth] = object;
    o->comma[o->depth] = false;
    o->depth++;
    buf_byte(o->buf, object ? '{' : '[');
}

static void close_level(struct json_out *o, bool object)
{
    assert(o->depth > 0 && !o->keyed && o->object[o->depth - 1] == object);
    o->depth--;
    buf_byte(o->buf, object ? '}' : ']');
}

/* The letter behind the backslash in the short escape of `c`, or NUL. */
static char short_escape(uint8_t c)
{
    switch (c) {
    case '"':  return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default:   return '\0';
    }
}

static void put_escape(struct buf *b, uint8_t c)
{
    static const char digits[16] = { "0123456789abcdef" };
    char letter = short_escape(c);

    if (letter) {
        buf_put(b, (char[2]){ '\\', letter }, 2);
    } else {
        buf_text(b, "\\u00");
        buf_put(b, (char[2]){ digits[c >> 4], digits[c & 15] }, 2);
    }
}

/* What stands for a character that may not stand as it is: of a header or an address, say, whose bytes are nobody's
 * text. */
static void put_in_its_place(struct buf *b, uint8_t c)
{
    if (c < 0x80)
        put_escape(b, c);
    else
        buf_text(b, "\xEF\xBF\xBD");   /* U+FFFD, the replacement character */
}

static void put_quoted(struct buf *b, struct span s)
{
    size_t clean = 0;                 /* where the run of bytes that need no escape began */

    buf_byte(b, '"');
    for (size_t i = 0, n; i < s.n; i += n) {
        uint8_t c = s.p[i];

        n = c < 0x80 ? 1 : span_utf8((struct span){ s.p + i, s.n - i });
        if (n && c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_put(b, s.p + clean, i - clean);
        put_in_its_place(b, c);
        n = 1;
        clean = i + 1;
    }
    if (s.n > clean)
        buf_put(b, s.p + clean, s.n - clean);
    buf_byte(b, '"');
}

struct json_out json_out(struct buf *buf)
{
    return (struct json_out){ .buf = buf };
}

void json_object(struct json_out *o)
{
    open_level(o, true);
}

void json_object_end(struct json_out *o)
{
    close_level(o, true);
}

void json_list(struct json_out *o)
{
    open_level(o, false);
}

void json_list_end(struct json_out *o)
{
    close_level(o, false);
}

static void put_key(struct json_out *o)
{
    assert(o->depth > 0 && o->object[o->depth - 1] && !o->keyed);
    if (o->comma[o->depth - 1])
        buf_byte(o->buf, ',');
    o->keyed = true;
}

void json_key(struct json_out *o, const char *key)
{
    put_key(o);
    buf_byte(o->buf, '"');
    buf_text(o->buf, key);
    buf_put(o->buf, "\":", 2);
}

void json_key_text(struct json_out *o, struct span key)
{
    put_key(o);
    put_quoted(o->buf, key);
    buf_byte(o->buf, ':');
}

void json_text(struct json_out *o, struct span s)
{
    before_value(o);
    if (span_absent(s))
        buf_text(o->buf, "null");
    else
        put_quoted(o->buf, s);
}

void json_i64(struct json_out *o, int64_t n)
{
    before_value(o);
    buf_i64(o->buf, n);
}

void json_bool(struct json_out *o, bool b)
{
    before_value(o);
    buf_text(o->buf, b ? "true" : "false");
}

void json_null(struct json_out *o)
{
    before_value(o);
    buf_text(o->buf, "null");
}

void json_raw(struct json_out *o, struct span s)
{
    before_value(o);
    if (span_absent(s))
        buf_text(o->buf, "null");
    else
        buf_span(o->buf, s);
}

void json_put_text(struct json_out *o, const char *key, struct span s)
{
    json_key(o, key);
    json_text(o, s);
}

void json_put_str(struct json_out *o, const char *key, const char *s)
{
    json_key(o, key);
    json_text(o, span_of(s));
}

void json_put_i64(struct json_out *o, const char *key, int64_t n)
{
    json_key(o, key);
    json_i64(o, n);
}

void json_put_ist(struct json_out *o, const char *key, int64_t ms)
{
    char text[ISOTIME_TEXT];

    if (ms <= 0) {
        json_put_null(o, key);
        return;
    }
    isotime_ist(text, ms);
    json_put_str(o, key, text);
}

void json_put_bool(struct json_out *o, const char *key, bool b)
{
    json_key(o, key);
    json_bool(o, b);
}

void json_put_null(struct json_out *o, const char *key)
{
    json_key(o, key);
    json_null(o);
}

void json_put_raw(struct json_out *o, const char *key, struct span s)
{
    json_key(o, key);
    json_raw(o, s);
}
