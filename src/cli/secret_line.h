/* secret_line.h: a line that is nobody else's business: typed without being shown, or read from standard input. Private
 * to this folder. */
#pragma once

#include "base/span.h"

/* Append one line of standard input, without its end, to `line`, which the caller wipes. At a terminal `prompt` goes to
 * standard error first, and what is typed is not shown. Nothing is read ahead. NOT_FOUND: there is no more. BAD_INPUT:
 * it is longer than the room; it was read to its end all the same. DISK: it cannot be read, or the terminal goes on
 * showing what is typed. */
MUST_CHECK enum fault secret_line_read(struct buf *line, const char *prompt);
