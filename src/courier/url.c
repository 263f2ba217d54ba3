/* url.c: URLs, taken apart; and whether one may be where a webhook goes. */
#include "courier/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "courier/address.h"
#include "courier/courier.h"

#include "base/banned.h"

enum {
    PORT_MAX = 65535, PORT_HTTP = 80, PORT_HTTPS = 443, PORT_USERS = 1024,
    NAME_MAX_BYTES = 253, LABEL_MAX = 63,             /* of a host's name (RFC 1035, 2.3.4) */
    ADDRESS_TEXT = 46,                                /* an IPv6 address with NUL */
    FOUR_PARTS = 4,
};

/* Of the first bytes of `s`, how many come before one of `ends`. */
static size_t until(struct span s, const char *ends)
{
    size_t n = 0;

    while (n < s.n && !strchr(ends, s.p[n]))
        n++;
    return n;
}

static bool has(struct span s, char c)
{
    return s.n && memchr(s.p, c, s.n);
}

static struct span behind(struct span s, size_t n)
{
    return (struct span){ s.p + n, s.n - n };
}

static bool is_clean(struct span url)
{
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] >= 0x7f || url.p[i] == '\\')
            return false;
    return true;
}

/* Letters, digits, dashes, underscores and dots, no label empty or over-long; one dot at the end is fine. */
static bool is_name(struct span host)
{
    size_t label = 0;

    if (host.n == 0 || host.n > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < host.n; i++) {
        uint8_t c = host.p[i];
        if (c == '.' && label == 0)
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > LABEL_MAX || (c != '.' && c != '-' && c != '_' && !isalnum(c)))
            return false;
    }
    return true;
}

/* A number as inet_aton() reads it: 0x for hexadecimal, 0 for octal. */
static bool read_part(uint64_t *out, struct span s)
{
    unsigned base = 10;
    uint64_t n = 0;

    if (s.n > 1 && s.p[0] == '0') {
        bool hex = (s.p[1] | 0x20) == 'x';
        base = hex ? 16 : 8;
        s = behind(s, hex ? 2 : 1);
    }
    for (size_t i = 0; i < s.n; i++) {
        int c = tolower(s.p[i]);
        unsigned digit = isdigit(c) ? (unsigned)(c - '0') : isxdigit(c) ? (unsigned)(c - 'a') + 10 : base;
        if (digit >= base || n > UINT32_MAX)
            return false;
        n = n * base + digit;
    }
    *out = n;
    return true;
}

/* Is the last label a number, decimal or hexadecimal? Then the host is an IPv4 address, or nothing. */
static bool looks_numeric(struct span host)
{
    bool hex, numeric = true;
    size_t at = host.n;

    while (at && host.p[at - 1] != '.')
        at--;
    host = behind(host, at);
    hex = host.n > 1 && host.p[0] == '0' && (host.p[1] | 0x20) == 'x';
    for (size_t i = hex ? 2 : 0; i < host.n; i++)
        numeric = numeric && (hex ? isxdigit(host.p[i]) : isdigit(host.p[i]));
    return numeric;
}

/* One to four parts, the last of which fills all bytes that are left: 127.1, 0x7f000001, 2130706433. */
static bool read_four(uint8_t out[static 4], struct span host)
{
    uint64_t parts[FOUR_PARTS], last;
    size_t n = 0;

    for (bool more = true; more; n++) {
        size_t end = until(host, ".");
        if (n == FOUR_PARTS || end == 0 || !read_part(&parts[n], (struct span){ host.p, end }))
            return false;
        more = end < host.n;
        host = behind(host, more ? end + 1 : end);
    }
    last = parts[n - 1];
    for (size_t i = 0; i + 1 < n; i++) {
        if (parts[i] > UINT8_MAX)
            return false;
        out[i] = (uint8_t)parts[i];
    }
    for (size_t i = FOUR_PARTS; i-- >= n; last >>= 8)
        out[i] = (uint8_t)last;
    return last == 0;
}

static enum fault read_six(struct url *u)
{
    char text[ADDRESS_TEXT];
    struct in6_addr six;

    if (span_text(text, sizeof text, u->host) || inet_pton(AF_INET6, text, &six) != 1)
        return FAULT_BAD_INPUT;
    u->literal = true;
    u->is_public = address_six_is_public(six.s6_addr);
    return FAULT_NONE;
}

static enum fault read_host(struct url *u)
{
    struct span bare = u->host;
    uint8_t four[4];

    if (bare.n && bare.p[bare.n - 1] == '.')
        bare.n--;
    if (!is_name(bare))
        return FAULT_BAD_INPUT;
    if (!looks_numeric(bare))
        return FAULT_NONE;
    if (!read_four(four, bare))
        return FAULT_BAD_INPUT;
    u->literal = true;
    u->is_public = address_four_is_public(four);
    return FAULT_NONE;
}

/* ":port" or nothing. */
static enum fault read_port(struct url *u, struct span rest)
{
    uint64_t port = u->secure ? PORT_HTTPS : PORT_HTTP;

    if (rest.n && (rest.p[0] != ':' || rest.n > 6 || span_u64(&port, behind(rest, 1), PORT_MAX) || port == 0))
        return FAULT_BAD_INPUT;
    u->port = (unsigned)port;
    return FAULT_NONE;
}

static enum fault read_authority(struct url *u, struct span all, const char **why)
{
    bool six = all.n && all.p[0] == '[';
    size_t end = until(all, six ? "]" : ":");

    *why = "the URL has a user name or password in it";
    if (has(all, '@'))
        return FAULT_BAD_INPUT;
    *why = "the URL's host is no name or address; write an international name in its xn-- form";
    if (six && end == all.n)
        return FAULT_BAD_INPUT;
    u->host = six ? (struct span){ all.p + 1, end - 1 } : (struct span){ all.p, end };
    if (six ? read_six(u) : read_host(u))
        return FAULT_BAD_INPUT;
    *why = "the URL's port is not a number from 1 to 65535";
    return read_port(u, behind(all, six ? end + 1 : end));
}

enum fault url_read(struct url *out, struct span text, const char **why)
{
    struct url u = { 0 };
    struct span rest;
    size_t scheme;

    *why = "the URL is empty or too long";
    if (text.n == 0 || text.n > COURIER_URL_MAX)
        return FAULT_BAD_INPUT;
    *why = "the URL has a space, a backslash, or a byte outside ASCII in it";
    if (!is_clean(text))
        return FAULT_BAD_INPUT;
    *why = "the URL must begin with https:// or http://";
    u.secure = text.n >= 8 && span_equal_nocase((struct span){ text.p, 8 }, SPAN("https://"));
    if (!u.secure && !(text.n >= 7 && span_equal_nocase((struct span){ text.p, 7 }, SPAN("http://"))))
        return FAULT_BAD_INPUT;
    scheme = u.secure ? 8 : 7;
    rest = behind(text, scheme);
    rest.n = until(rest, "/?#");
    if (read_authority(&u, rest, why))
        return FAULT_BAD_INPUT;
    u.origin = (struct span){ text.p, scheme + rest.n };
    *out = u;
    *why = "";
    return FAULT_NONE;
}

bool url_port_is_open(const struct url *u)
{
    return u->port == PORT_HTTP || u->port == PORT_HTTPS || u->port >= PORT_USERS;
}

/* "localhost" and what is below it, with a dot at the end or not. */
static bool is_localhost(struct span host)
{
    const struct span name = SPAN("localhost");

    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    if (host.n < name.n || !span_equal_nocase(behind(host, host.n - name.n), name))
        return false;
    return host.n == name.n || host.p[host.n - name.n - 1] == '.';
}

enum fault courier_url_check(struct span text, bool live, const char **why)
{
    struct url u;

    if (url_read(&u, text, why))
        return FAULT_BAD_INPUT;
    if (!live)
        return FAULT_NONE;
    *why = "the URL must begin with https://";
    if (!u.secure)
        return FAULT_BAD_INPUT;
    *why = "the URL's port must be 443, or above 1023";
    if (u.port != PORT_HTTPS && u.port < PORT_USERS)
        return FAULT_BAD_INPUT;
    *why = "the URL's host is an address of a private network, of this machine, or reserved";
    if ((u.literal && !u.is_public) || is_localhost(u.host))
        return FAULT_BAD_INPUT;
    *why = "";
    return FAULT_NONE;
}
