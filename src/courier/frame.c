/* frame.c: both sides of the frames. */
#include "courier/frame.h"

#include "base/banned.h"

enum { STATUS_LEAST = 100, STATUS_MOST = 999, ALLOW_PRIVATE = 1 };

static void put_be(struct buf *b, uint64_t n, unsigned bytes)
{
    while (bytes--)
        buf_byte(b, (uint8_t)(n >> (8 * bytes)));
}

static void put_span(struct buf *b, struct span s)
{
    put_be(b, s.n, 4);
    buf_span(b, s);
}

/* What is left to be read; `failed` once something was not there. */
struct reading { struct span rest; bool failed; };

static uint64_t take_be(struct reading *r, unsigned bytes)
{
    uint64_t n = 0;

    if (r->rest.n < bytes) {
        r->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        n = n << 8 | r->rest.p[i];
    r->rest.p += bytes;
    r->rest.n -= bytes;
    return n;
}

static struct span take_span(struct reading *r, size_t max)
{
    uint64_t n = take_be(r, 4);
    struct span s = { r->rest.p, (size_t)n };

    if (r->failed || n > max || n > r->rest.n) {
        r->failed = true;
        return (struct span){ r->rest.p, 0 };
    }
    r->rest.p += n;
    r->rest.n -= n;
    return s;
}

enum fault frame_next(struct span *frame, struct span *rest, size_t max)
{
    struct reading r = { *rest, false };
    uint64_t n = take_be(&r, FRAME_LENGTH);

    if (r.failed)
        return FAULT_RETRY;
    if (n == 0 || n > max)
        return FAULT_BAD_INPUT;
    if (n > r.rest.n)
        return FAULT_RETRY;
    *frame = (struct span){ r.rest.p, (size_t)n };
    *rest = (struct span){ r.rest.p + n, r.rest.n - (size_t)n };
    return FAULT_NONE;
}

static bool is_line(struct span s, size_t max)
{
    if (s.n == 0 || s.n > max)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    return true;
}

enum fault frame_request_check(const struct frame_request *r)
{
    if (!is_line(r->url, COURIER_URL_MAX) || r->body.n > COURIER_BODY_MAX || r->n_headers > COURIER_HEADERS_MAX ||
        r->timeout_ms <= 0 || r->timeout_ms > FRAME_TIMEOUT_MAX_MS)
        return FAULT_BAD_INPUT;
    for (size_t i = 0; i < r->n_headers; i++)
        if (!is_line(r->headers[i], COURIER_HEADER_MAX))
            return FAULT_BAD_INPUT;
    return FAULT_NONE;
}

static size_t request_size(const struct frame_request *r)
{
    size_t n = 8 + 4 + 1 + 1 + 4 * (2 + r->n_headers) + r->url.n + r->body.n;

    for (size_t i = 0; i < r->n_headers; i++)
        n += r->headers[i].n;
    return n;
}

void frame_request_pack(struct buf *b, const struct frame_request *r)
{
    put_be(b, request_size(r), FRAME_LENGTH);
    put_be(b, r->id, 8);
    put_be(b, (uint64_t)r->timeout_ms, 4);
    buf_byte(b, r->allow_private ? ALLOW_PRIVATE : 0);
    buf_byte(b, (uint8_t)r->n_headers);
    put_span(b, r->url);
    for (size_t i = 0; i < r->n_headers; i++)
        put_span(b, r->headers[i]);
    put_span(b, r->body);
}

enum fault frame_request_unpack(struct frame_request *out, struct span frame)
{
    struct reading r = { frame, false };
    struct frame_request q = { .id = take_be(&r, 8) };
    uint64_t timeout = take_be(&r, 4), flags = take_be(&r, 1);

    q.allow_private = flags == ALLOW_PRIVATE;
    q.n_headers = (size_t)take_be(&r, 1);
    if (r.failed || flags > ALLOW_PRIVATE || q.n_headers > COURIER_HEADERS_MAX || timeout > FRAME_TIMEOUT_MAX_MS)
        return FAULT_BAD_INPUT;
    q.timeout_ms = (int)timeout;
    q.url = take_span(&r, COURIER_URL_MAX);
    for (size_t i = 0; i < q.n_headers; i++)
        q.headers[i] = take_span(&r, COURIER_HEADER_MAX);
    q.body = take_span(&r, COURIER_BODY_MAX);
    if (r.failed || r.rest.n || frame_request_check(&q))
        return FAULT_BAD_INPUT;
    *out = q;
    return FAULT_NONE;
}

void frame_outcome_pack(struct buf *b, const struct frame_outcome *o)
{
    put_be(b, 8 + 1 + 2 + 4 + o->shown.n, FRAME_LENGTH);
    put_be(b, o->id, 8);
    put_be(b, o->outcome, 1);
    put_be(b, o->status, 2);
    put_be(b, (uint64_t)o->ms, 4);
    buf_span(b, o->shown);
}

enum fault frame_outcome_unpack(struct frame_outcome *out, struct span frame)
{
    struct reading r = { frame, false };
    struct frame_outcome o = { .id = take_be(&r, 8) };
    uint64_t outcome = take_be(&r, 1), ms;

    o.status = (unsigned)take_be(&r, 2);
    ms = take_be(&r, 4);
    o.shown = r.rest;
    if (r.failed || outcome >= COURIER_LOST || ms > INT32_MAX || o.shown.n > COURIER_SHOWN)
        return FAULT_BAD_INPUT;
    o.outcome = (enum courier_outcome)outcome;
    o.ms = (int)ms;
    if (o.outcome == COURIER_ANSWERED ? o.status < STATUS_LEAST || o.status > STATUS_MOST : o.status != 0)
        return FAULT_BAD_INPUT;
    *out = o;
    return FAULT_NONE;
}
