/* guard.c: forms that only our own pages can send: a cookie that other sites' requests do not carry, a MAC of it and of
 * the order in the form, and what the browser says of where the request comes from. */
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "checkout/desk.h"

#include "base/banned.h"

#define COOKIE "tijori_checkout"
enum { NONCE = 16, COOKIE_TEXT = 160 };

/* The value of our cookie in a Cookie header; absent: none. */
static struct span find_cookie(struct span all)
{
    struct span name = SPAN(COOKIE "=");

    while (all.n) {
        const uint8_t *semicolon = memchr(all.p, ';', all.n);
        size_t n = semicolon ? (size_t)(semicolon - all.p) : all.n;
        struct span one = { all.p, n };

        while (one.n && *one.p == ' ')
            one.p++, one.n--;
        if (span_starts(one, name))
            return (struct span){ one.p + name.n, one.n - name.n };
        all = semicolon ? (struct span){ semicolon + 1, all.n - n - 1 } : (struct span){ 0 };
    }
    return (struct span){ 0 };
}

static bool is_nonce(struct span s)
{
    uint8_t bytes[NONCE];
    struct buf b = BUF(bytes);

    return s.n == NONCE_HEX - 1 && hex_read(&b, s) == FAULT_NONE;
}

void guard_cookie(struct exchange *x, struct visit *v)
{
    struct span sent = find_cookie(x->header(x, "Cookie"));
    struct buf b = { (uint8_t *)v->nonce, 0, NONCE_HEX - 1, false };
    uint8_t fresh[NONCE];

    if (is_nonce(sent)) {
        buf_span(&b, sent);
        return;
    }
    v->nonce_is_new = true;
    secret_random_few(fresh, sizeof fresh);
    hex_put(&b, (struct span){ fresh, sizeof fresh });
}

enum fault guard_ask(struct exchange *x, struct key_ask *ask)
{
    const struct visit *v = x->state;
    struct buf in = arena_buf(x->arena, NONCE_HEX + v->session.n);

    *ask = (struct key_ask){ .op = KEY_MAC, .use = KEY_USE_DIGEST, .about = SPAN("checkout.guard") };
    buf_text(&in, v->nonce);
    buf_byte(&in, '|');
    buf_span(&in, v->session);
    ask->in = buf_view(&in);
    ask->out = arena_buf(x->arena, KEY_MAC_SIZE);
    return in.full || ask->out.full ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault guard_put(struct exchange *x)
{
    x->n_asks = 1;
    return guard_ask(x, &x->asks[0]);
}

struct span guard_text(const struct exchange *x, const struct key_ask *answered)
{
    struct buf hex = arena_buf(x->arena, 2 * KEY_MAC_SIZE);

    if (answered->fault || answered->out.n != KEY_MAC_SIZE)
        return (struct span){ 0 };
    hex_put(&hex, buf_view(&answered->out));
    return hex.full ? (struct span){ 0 } : buf_view(&hex);
}

/* Does `origin` end with "://" and the host that was asked for? */
static bool is_own_origin(struct span origin, struct span host)
{
    static const char mark[] = "://";
    size_t skip = origin.n - host.n;

    if (!host.n || origin.n < host.n + sizeof mark)
        return false;
    return memcmp(origin.p + skip - 3, mark, 3) == 0 &&
           span_equal_nocase((struct span){ origin.p + skip, host.n }, host);
}

/* A page without a referrer has the origin "null" (Fetch, "append a request Origin header"), so that a browser too old
 * for Sec-Fetch-Site is left to cookie and form. */
bool guard_came_from_us(const struct exchange *x)
{
    struct span site = x->header(x, "Sec-Fetch-Site"), origin = x->header(x, "Origin");

    if (!span_absent(site))
        return span_equal(site, SPAN("same-origin"));
    return span_absent(origin) || span_equal(origin, SPAN("null")) || is_own_origin(origin, x->header(x, "Host"));
}

enum fault guard_check(const struct exchange *x, const struct key_ask *answered)
{
    const struct visit *v = x->state;
    struct span expected;

    if (!guard_came_from_us(x))
        return FAULT_DENIED;
    /* No other site's script can send our header without asking us first, which we never allow. */
    if (v->scripted)
        return !span_absent(v->embed) && !span_absent(x->header(x, "Sec-Fetch-Site")) ? FAULT_NONE : FAULT_DENIED;
    expected = guard_text(x, answered);
    if (span_absent(expected))
        return FAULT_SILENT;
    return !v->nonce_is_new && secret_equal(expected, v->guard) ? FAULT_NONE : FAULT_DENIED;
}

enum fault guard_check_now(struct exchange *x)
{
    struct key_ask ask;
    enum fault f = guard_ask(x, &ask);

    if (!f)
        f = keyholder_ask_one(x->services->keyholder, &ask);
    return f ? f : guard_check(x, &ask);
}
