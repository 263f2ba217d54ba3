/* parts.c: length-prefixed parts of a record. */
#include "service/parts.h"

#include "base/banned.h"

#define ABSENT UINT32_MAX             /* the length of a part that was not given */

void part_put(struct buf *record, struct span part)
{
    uint32_t n = span_absent(part) ? ABSENT : (uint32_t)part.n;
    uint8_t length[PARTS_LENGTH] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

    buf_put(record, length, PARTS_LENGTH);
    buf_span(record, part);
}

bool part_take(struct span *record, struct span *part)
{
    uint32_t n;

    if (record->n < PARTS_LENGTH)
        return false;
    n = (uint32_t)record->p[0] << 24 | (uint32_t)record->p[1] << 16 | (uint32_t)record->p[2] << 8 | record->p[3];
    record->p += PARTS_LENGTH;
    record->n -= PARTS_LENGTH;
    *part = (struct span){ 0 };
    if (n == ABSENT)
        return true;
    if (n > record->n)
        return false;
    *part = (struct span){ record->p, n };
    record->p += n;
    record->n -= n;
    return true;
}

void parts_about_put(struct buf *out, const char *what, int64_t merchant_id, struct span name)
{
    buf_text(out, what);
    buf_byte(out, '|');
    buf_i64(out, merchant_id);
    buf_byte(out, '|');
    buf_span(out, name);
}

struct span parts_about(struct arena *a, const char *what, int64_t merchant_id, struct span name)
{
    struct buf text = arena_buf(a, PARTS_ABOUT);

    parts_about_put(&text, what, merchant_id, name);
    return text.full ? (struct span){ 0 } : buf_view(&text);
}
