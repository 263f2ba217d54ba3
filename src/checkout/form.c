/* form.c: forms. */
#include "checkout/form.h"

#include <string.h>

#include "base/base64.h"
#include "dialect/dialect.h"

#include "base/banned.h"

enum { FORM_PAIRS_MAX = 256 };        /* parameters of one form; more are refused */

enum fault form_decode(struct span *out, struct arena *a, struct span raw)
{
    struct buf b = arena_buf(a, raw.n ? raw.n : 1);

    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] == '+') {
            buf_byte(&b, ' ');
        } else if (raw.p[i] != '%') {
            buf_byte(&b, raw.p[i]);
        } else {
            if (raw.n - i < 3 || hex_read(&b, (struct span){ raw.p + i + 1, 2 }))
                return FAULT_BAD_INPUT;
            i += 2;
        }
        if (!b.full && b.p[b.n - 1] == '\0')
            return FAULT_BAD_INPUT;
    }
    return b.full ? FAULT_INTERNAL : buf_done(&b, out);
}

void form_encode(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c))) {
            buf_byte(out, c);
        } else {
            static const char digits[] = "0123456789ABCDEF";

            buf_byte(out, '%');
            buf_byte(out, (uint8_t)digits[c >> 4]);
            buf_byte(out, (uint8_t)digits[c & 15]);
        }
    }
}

static enum fault take(void *into, const struct form_field *f, struct arena *a, struct span value)
{
    struct span *place = (struct span *)(void *)((char *)into + f->at);
    enum fault fault;

    if (!span_absent(*place) || value.n > 3 * f->max)
        return FAULT_BAD_INPUT;
    fault = form_decode(place, a, value);
    return fault ? fault : place->n > f->max ? FAULT_BAD_INPUT : FAULT_NONE;
}

enum fault form_read(void *into, const struct form_field *fields, struct arena *a, struct span body, const char **bad)
{
    struct span name, value, plain;
    size_t pairs = 0;

    while (query_next(&body, &name, &value)) {
        enum fault fault = form_decode(&plain, a, name);

        if (++pairs > FORM_PAIRS_MAX)
            fault = FAULT_BAD_INPUT;
        for (const struct form_field *f = fields; f->name && !fault; f++) {
            if (!span_equal(span_of(f->name), plain))
                continue;
            if (bad)
                *bad = f->name;
            fault = take(into, f, a, value);
            break;
        }
        if (fault)
            return fault;
    }
    return FAULT_NONE;
}
