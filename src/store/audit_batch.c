/* audit_batch.c: gathering the rows of one transaction. */
#include "store/audit_batch.h"

#include <stdlib.h>

#include "store/driver.h"

#include "base/banned.h"

enum { FIRST_BYTES = 4096 };          /* of a batch; it doubles as needed */

struct top { int64_t row_no; };
static const struct db_field top_fields[] = { { "row_no", DB_I64, offsetof(struct top, row_no) }, { 0 } };
/* The last row or, when all were purged, the last one that was. */
static const struct db_sql top_find = {
    "SELECT max(coalesce((SELECT max(row_no) FROM audit WHERE row_no > 0), 0),"
    " coalesce((SELECT max(last_row) FROM audit_stubs), 0),"
    " coalesce((SELECT first_row + row_count - 1 FROM audit_links ORDER BY link_no DESC LIMIT 1), 0)) AS row_no",
    NULL, top_fields,
};

static void put_number(struct buf *out, int64_t n)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_byte(out, (uint8_t)((uint64_t)n >> shift));
}

static void put_text(struct buf *out, struct span text)
{
    buf_byte(out, !span_absent(text));
    if (span_absent(text))
        return;
    buf_byte(out, (uint8_t)(text.n >> 8));
    buf_byte(out, (uint8_t)text.n);
    buf_span(out, text);
}

void audit_bytes(struct buf *out, const struct audit_row *r)
{
    const int64_t numbers[] = { r->merchant_id, r->audit_no, r->at_ms, r->event, r->channel, r->token_no, r->outcome };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put_number(out, numbers[i]);
    put_text(out, r->request_id);
    put_text(out, r->source);
    put_text(out, r->actor);
    put_text(out, r->object);
    put_number(out, r->cards);
    put_number(out, r->numbers);
}

enum fault audit_batch_next(struct store_tx *tx, int64_t *row_no)
{
    struct audit_batch *b = tx->audit;
    struct top top;
    enum fault f;

    if (b->closed)
        return b->closed;
    if (b->rows == AUDIT_BATCH_ROWS)
        return FAULT_BUSY;
    if (!b->first_row) {
        f = db_one(tx, &top_find, NULL, &top, NULL);
        if (f)
            return f;
        b->first_row = top.row_no + 1;
    }
    *row_no = b->first_row + (int64_t)b->rows;
    return FAULT_NONE;
}

static enum fault grow(struct audit_batch *b)
{
    size_t cap = b->cap;
    uint8_t *bytes;

    while (cap - b->n < AUDIT_BYTES_MAX)
        cap = cap ? 2 * cap : FIRST_BYTES;
    if (cap == b->cap)
        return FAULT_NONE;
    bytes = realloc(b->bytes, cap);
    if (!bytes)
        return FAULT_INTERNAL;
    b->bytes = bytes;
    b->cap = cap;
    return FAULT_NONE;
}

enum fault audit_batch_add(struct audit_batch *b, const struct audit_row *r)
{
    enum fault f = grow(b);
    struct buf row;

    if (f)
        return f;
    row = (struct buf){ b->bytes + b->n, 0, b->cap - b->n, false };
    audit_bytes(&row, r);
    if (row.full)
        return FAULT_INTERNAL;
    b->n += row.n;
    b->ends[b->rows++] = b->n;
    return FAULT_NONE;
}

struct audit_mark audit_batch_mark(const struct audit_batch *b)
{
    return (struct audit_mark){ b->rows, b->n };
}

void audit_batch_undo(struct audit_batch *b, struct audit_mark to)
{
    b->rows = to.rows;
    b->n = to.n;
}

struct span audit_batch_row(const struct audit_batch *b, size_t i)
{
    size_t from = i ? b->ends[i - 1] : 0;

    return (struct span){ b->bytes + from, b->ends[i] - from };
}

void audit_batch_end(struct audit_batch *b, bool kept)
{
    b->first_row = kept && b->first_row ? b->first_row + (int64_t)b->rows : 0;
    b->rows = b->n = 0;
    b->wanted = false;
}

void audit_batch_fini(struct audit_batch *b)
{
    free(b->bytes);
    *b = (struct audit_batch){ 0 };
}
