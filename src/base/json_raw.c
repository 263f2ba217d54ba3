/* json_raw.c: a scanner of JSON text that builds nothing. */
#include "base/json_raw.h"

#include <string.h>

#include "base/json_in.h"

#include "base/banned.h"

_Static_assert(JSON_RAW_DEPTH == (int)JSON_IN_DEPTH, "both refuse the same nesting");

/* Where the scanner is, never beyond the end. `why` is set once something is wrong; from then on every step does
 * nothing. */
struct scan { struct span s; size_t at; unsigned depth; const char *why; };

static void scan_value(struct scan *c);

static void refuse(struct scan *c, const char *why)
{
    if (!c->why)
        c->why = why;
}

/* The next byte; 0, which is never part of JSON, at the end and once something is wrong. */
static uint8_t peek(const struct scan *c)
{
    return !c->why && c->at < c->s.n ? c->s.p[c->at] : 0;
}

static bool take(struct scan *c, uint8_t byte)
{
    if (peek(c) != byte)
        return false;
    c->at++;
    return true;
}

static void expect(struct scan *c, uint8_t byte)
{
    if (!take(c, byte))
        refuse(c, c->at == c->s.n ? "the body ends too early" : "not JSON");
}

static void skip_space(struct scan *c)
{
    while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\n' || peek(c) == '\r')
        c->at++;
}

static struct span since(const struct scan *c, size_t from)
{
    return (struct span){ c->s.p + from, c->at - from };
}

static bool is_digit(uint8_t b)
{
    return b >= '0' && b <= '9';
}

static bool is_hex(uint8_t b)
{
    uint8_t low = b | 0x20;

    return is_digit(b) || (low >= 'a' && low <= 'f');
}

static void scan_escape(struct scan *c)
{
    uint8_t b = peek(c);

    if (b == 0 || !strchr("\"\\/bfnrtu", b)) {
        refuse(c, "an unknown escape in a string");
        return;
    }
    c->at++;
    for (int i = 0; b == 'u' && i < 4 && !c->why; i++) {
        if (is_hex(peek(c)))
            c->at++;
        else
            refuse(c, "an unknown escape in a string");
    }
}

/* One character of more than one byte (RFC 3629: no longer than needed, no surrogates, at most U+10FFFF). */
static void scan_utf8(struct scan *c)
{
    size_t n = span_utf8((struct span){ c->s.p + c->at, c->s.n - c->at });

    if (!n)
        refuse(c, "bytes that are not UTF-8");
    c->at += n;
}

static void scan_string(struct scan *c)
{
    expect(c, '"');
    while (!c->why && !take(c, '"')) {
        uint8_t b = peek(c);
        if (c->at == c->s.n)
            refuse(c, "the body ends too early");
        else if (b < 0x20)
            refuse(c, "a control character in a string");
        else if (b >= 0x80)
            scan_utf8(c);
        else if (take(c, '\\'))
            scan_escape(c);
        else
            c->at++;
    }
}

static void scan_digits(struct scan *c)
{
    if (!is_digit(peek(c)))
        refuse(c, "not JSON");
    while (is_digit(peek(c)))
        c->at++;
}

static void scan_number(struct scan *c)
{
    take(c, '-');
    if (!take(c, '0'))
        scan_digits(c);
    if (take(c, '.'))
        scan_digits(c);
    if (take(c, 'e') || take(c, 'E')) {
        if (!take(c, '+'))
            take(c, '-');
        scan_digits(c);
    }
}

static void scan_word(struct scan *c, const char *word)
{
    for (; *word; word++)
        expect(c, (uint8_t)*word);
}

static void enter(struct scan *c)
{
    if (++c->depth > JSON_RAW_DEPTH)
        refuse(c, "nested too deep");
}

static void scan_list(struct scan *c)
{
    enter(c);
    expect(c, '[');
    skip_space(c);
    if (!take(c, ']')) {
        do
            scan_value(c);
        while (take(c, ','));
        expect(c, ']');
    }
    c->depth--;
}

/* A key with what follows it up to its value. */
static struct span scan_key(struct scan *c)
{
    struct span key;
    size_t from;

    skip_space(c);
    from = c->at;
    scan_string(c);
    key = c->why ? SPAN("") : (struct span){ c->s.p + from + 1, c->at - from - 2 };
    skip_space(c);
    expect(c, ':');
    return key;
}

static void scan_object(struct scan *c)
{
    enter(c);
    expect(c, '{');
    skip_space(c);
    if (!take(c, '}')) {
        do {
            scan_key(c);
            scan_value(c);
        } while (take(c, ','));
        expect(c, '}');
    }
    c->depth--;
}

/* A value and the white space around it. It calls itself as deep as JSON_RAW_DEPTH. */
static void scan_value(struct scan *c)
{
    skip_space(c);
    switch (peek(c)) {
    case '{': scan_object(c); break;
    case '[': scan_list(c); break;
    case '"': scan_string(c); break;
    case 't': scan_word(c, "true"); break;
    case 'f': scan_word(c, "false"); break;
    case 'n': scan_word(c, "null"); break;
    default:  scan_number(c); break;
    }
    skip_space(c);
}

static struct span trim(struct span s)
{
    while (s.n > 0 && s.p[0] <= ' ') {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && s.p[s.n - 1] <= ' ')
        s.n--;
    return s;
}

static void check_key(struct scan *c, const struct span *keys, size_t n)
{
    if (memchr(keys[n].p, '\\', keys[n].n))
        refuse(c, "a key of the body written with escapes");
    for (size_t i = 0; i < n; i++)
        if (span_equal(keys[i], keys[n]))
            refuse(c, "a key given twice");
}

/* The body's members one by one, and the value of `key` among them. */
static struct span scan_members(struct scan *c, struct span key)
{
    struct span keys[JSON_RAW_MEMBERS], found = { 0 };
    size_t n = 0, from;

    do {
        if (n == JSON_RAW_MEMBERS) {
            refuse(c, "too many members in the body");
            break;
        }
        keys[n] = scan_key(c);
        check_key(c, keys, n);
        from = c->at;
        scan_value(c);
        if (span_equal(keys[n++], key))
            found = trim(since(c, from));
    } while (take(c, ','));
    return found;
}

enum fault json_raw_member(struct span *out, const char **why, struct span body, struct span key)
{
    struct scan c = { .s = body, .depth = 1 };
    struct span found = { 0 };

    *out = (struct span){ 0 };
    skip_space(&c);
    if (!take(&c, '{'))
        refuse(&c, c.at == body.n ? "the body ends too early" : "the body is not one JSON object");
    skip_space(&c);
    if (!take(&c, '}')) {
        found = scan_members(&c, key);
        expect(&c, '}');
    }
    skip_space(&c);
    if (c.at < body.n)
        refuse(&c, "bytes behind the body's object");
    if (c.why) {
        *why = c.why;
        return FAULT_BAD_INPUT;
    }
    *out = found;
    return span_absent(found) ? FAULT_NOT_FOUND : FAULT_NONE;
}
