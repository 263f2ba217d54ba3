/* table.h: what servers said, for a terminal. Private to this folder. */
#pragma once

#include "base/span.h"

enum { TABLE_COLUMNS_MAX = 10 };

/* Append text from a server: control characters become '?'. */
void table_clean(struct buf *out, struct span s);

/* Append a line: the label and the value; none for an absent value. */
void table_line(struct buf *out, const char *label, struct span value);

/* Append a table: the heads, then `rows` times `columns` cells, each column as wide as its widest cell. */
struct table { const struct span *heads, *cells; size_t columns, rows; };
void table_put(struct buf *out, const struct table *t);
