/* table.c: cells that line up. */
#include "cli/table.h"

#include <assert.h>

#include "base/banned.h"

enum { GAP = 2 };

void table_clean(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_byte(out, s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
}

void table_line(struct buf *out, const char *label, struct span value)
{
    if (span_absent(value))
        return;
    buf_text(out, label);
    table_clean(out, value);
    buf_text(out, "\n");
}

/* Characters, not bytes, so that names in any script line up. */
static size_t width(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xc0) != 0x80;
    return n;
}

static void put_row(struct buf *out, const struct span *cells, const size_t *widths, size_t columns)
{
    for (size_t i = 0; i < columns; i++) {
        table_clean(out, cells[i]);
        for (size_t n = width(cells[i]); i + 1 < columns && n < widths[i] + GAP; n++)
            buf_byte(out, ' ');
    }
    buf_text(out, "\n");
}

void table_put(struct buf *out, const struct table *t)
{
    size_t widths[TABLE_COLUMNS_MAX];

    assert(t->columns <= TABLE_COLUMNS_MAX);
    for (size_t c = 0; c < t->columns; c++) {
        widths[c] = width(t->heads[c]);
        for (size_t r = 0; r < t->rows; r++) {
            size_t n = width(t->cells[r * t->columns + c]);

            widths[c] = n > widths[c] ? n : widths[c];
        }
    }
    put_row(out, t->heads, widths, t->columns);
    for (size_t r = 0; r < t->rows; r++)
        put_row(out, t->cells + r * t->columns, widths, t->columns);
}
