/* form.h: what an HTML form posts: application/x-www-form-urlencoded, read by a table, each field once. */
#pragma once

#include "base/arena.h"

/* One field: `max` bytes after decoding; `at` is where its struct span goes, "" for one that is sent empty. */
struct form_field { const char *name; size_t max; size_t at; };

/* Read the fields of `body` that `fields` (ended by a NULL name) has into `into`, decoded into `a`; others are left
 * out. BAD_INPUT: one comes twice, is too long, or is badly escaped, NUL among it; *bad (may be NULL) is then its
 * name. INTERNAL. */
MUST_CHECK enum fault form_read(void *into, const struct form_field *fields, struct arena *a, struct span body,
                                const char **bad);

/* '+' is a blank and %XX a byte. BAD_INPUT, INTERNAL as above. */
MUST_CHECK enum fault form_decode(struct span *out, struct arena *a, struct span raw);

/* The other way, for a part of a query or form. */
void form_encode(struct buf *out, struct span s);
