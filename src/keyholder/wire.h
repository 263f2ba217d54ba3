/* wire.h: numbers and pieces in the bytes of questions and answers: big-endian, one behind the other. */
#pragma once

#include "base/span.h"

/* Reads from the front of `s`; once `bad`, everything it reads is zero or absent. */
struct wire { struct span s; bool bad; };

/* Append `n` as so many bytes, up to 8. */
static inline void wire_put(struct buf *b, uint64_t n, unsigned bytes)
{
    while (bytes--)
        buf_byte(b, (uint8_t)(n >> (8 * bytes)));
}

/* The next `n` bytes, borrowed. */
static inline struct span wire_take(struct wire *r, size_t n)
{
    struct span s = { r->s.p, n };

    if (r->bad || n > r->s.n) {
        r->bad = true;
        return (struct span){ 0 };
    }
    r->s.p += n;
    r->s.n -= n;
    return s;
}

/* The next so many bytes, up to 8, as a number. */
static inline uint64_t wire_number(struct wire *r, unsigned bytes)
{
    struct span s = wire_take(r, bytes);
    uint64_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n = n << 8 | s.p[i];
    return n;
}

/* The next `n` bytes into `out`; zeros when they are not there. */
static inline void wire_copy(struct wire *r, void *out, size_t n)
{
    struct span s = wire_take(r, n);
    uint8_t *to = out;

    for (size_t i = 0; i < n; i++)
        to[i] = i < s.n ? s.p[i] : 0;
}

/* Was everything read, and nothing wrong? */
static inline bool wire_done(const struct wire *r)
{
    return !r->bad && r->s.n == 0;
}
