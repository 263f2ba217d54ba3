/* gateway_text.c: from the text of a request to its parts. */
#include "gateway_own.h"

#include "base/json_raw.h"
#include "fuzz.h"

#include "base/banned.h"

struct span gateway_header(const struct exchange *x, const char *name)
{
    const struct gateway *g = x->transport;

    for (size_t i = 0; i < g->n_headers; i++)
        if (span_equal_nocase(g->headers[i].name, span_of(name)))
            return g->headers[i].value;
    return (struct span){ 0 };
}

/* Put in what the signs stand for; "$S" stays, since it covers the rest. */
static struct span expand(struct gateway *g, struct span s)
{
    struct buf out = BUF(g->text);

    gateway_keep(g, '$', "$");
    (void)snprintf(g->values['n'], VALUE, "%u", ++g->serial);
    for (size_t i = 0; i < s.n; i++) {
        uint8_t sign = i + 1 < s.n ? s.p[i + 1] : 0;

        if (s.p[i] != '$' || sign >= VALUES || (!g->values[sign][0] && sign != '$')) {
            buf_byte(&out, s.p[i]);
            continue;
        }
        buf_text(&out, g->values[sign]);
        i++;
    }
    return buf_view(&out);
}

/* The line at the front of *rest, without its end. */
static struct span take_line(struct span *rest)
{
    const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    struct span line = { rest->p, end ? (size_t)(end - rest->p) : rest->n };
    size_t n = end ? line.n + 1 : line.n;

    rest->p += n;
    rest->n -= n;
    return line;
}

bool gateway_is_plain(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    return true;
}

static void take_header(struct gateway *g, struct span line)
{
    const uint8_t *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
    struct text_header h;

    if (!colon || !gateway_is_plain(line) || g->n_headers == HEADERS)
        return;
    h.name = (struct span){ line.p, (size_t)(colon - line.p) };
    h.value = (struct span){ colon + 1, line.n - h.name.n - 1 };
    while (h.value.n && *h.value.p == ' ')
        h.value.p++, h.value.n--;
    while (h.value.n && h.value.p[h.value.n - 1] == ' ')
        h.value.n--;
    g->headers[g->n_headers++] = h;
}

/* Method and target; false when this is no line of a request. */
static bool take_target(struct gateway *g, struct exchange *x, struct span line)
{
    const uint8_t *space = line.n ? memchr(line.p, ' ', line.n) : NULL, *question;
    struct span target;

    if (!space || !gateway_is_plain(line) ||
        span_text(g->method, sizeof g->method, (struct span){ line.p, (size_t)(space - line.p) }) != FAULT_NONE)
        return false;
    target = (struct span){ space + 1, (size_t)(line.p + line.n - space) - 1 };
    if (!target.n || memchr(target.p, ' ', target.n))
        return false;
    question = memchr(target.p, '?', target.n);
    x->method = g->method;
    x->path = (struct span){ target.p, question ? (size_t)(question - target.p) : target.n };
    if (question)
        x->query = (struct span){ question + 1, target.n - x->path.n - 1 };
    return true;
}

/* "$S" in a header or the body becomes the signature of what it covers. */
static struct span with_signature(struct gateway *g, struct exchange *x, struct span s)
{
    const uint8_t *at = s.n ? memmem(s.p, s.n, "$S", 2) : NULL;
    struct paytm_checksum_job job = { span_of(g->tokens.merchant.paytm.merchant_key), gateway_header(x, "sign") };
    const uint8_t random[PAYTM_RANDOM] = { 1, (uint8_t)(g->serial >> 8), (uint8_t)g->serial };
    char signature[PAYTM_CHECKSUM];
    struct buf out;
    const char *why;

    if (!at)
        return s;
    if (span_absent(job.body) && json_raw_member(&job.body, &why, x->body, SPAN("body")) != FAULT_NONE)
        return s;
    fuzz_check(paytm_checksum_sign(g->checksum, signature, &job, random) == FAULT_NONE);
    out = arena_buf(x->arena, s.n + PAYTM_CHECKSUM);
    buf_put(&out, s.p, (size_t)(at - s.p));
    buf_put(&out, signature, sizeof signature);
    buf_put(&out, at + 2, (size_t)(s.p + s.n - at) - 2);
    return out.full ? s : buf_view(&out);
}

bool gateway_read(struct gateway *g, struct span text)
{
    struct exchange *x = &g->x.x;
    struct span line;

    text = expand(g, text);
    line = take_line(&text);
    if (!take_target(g, x, line))
        return false;
    while (text.n && (line = take_line(&text)).n)
        take_header(g, line);
    x->body = text;
    for (size_t i = 0; i < g->n_headers; i++)
        g->headers[i].value = with_signature(g, x, g->headers[i].value);
    x->body = with_signature(g, x, x->body);
    return true;
}
