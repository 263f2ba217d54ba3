/* view.h: filling a page's template. What a value holds is escaped, always: a template says nothing else.
 *
 *   {{name}}                 the value, escaped for text and for attributes in double quotes
 *   {{#name}} ... {{/name}}  once for each row of a list; or once, when the value is there and not empty
 *   {{^name}} ... {{/name}}  once, when it is not
 *   {{>file.html}}           another template in this place
 * A name is looked for in the row, then in what is around it. One that nobody set is a mistake of ours. */
#pragma once

#include "base/arena.h"

enum {
    VIEW_FIELDS_MAX = 48,             /* values of one view */
    VIEW_DEPTH_MAX = 6,               /* sections and files inside each other */
    VIEW_NAME_MAX = 32,
};

struct view;

/* An empty view in `a`; NULL when memory is out, and then what follows does nothing. */
struct view *view_new(struct arena *a);

/* Set a value; `name` is a constant, the span lives as long as the view. Absent: not there. */
void view_text(struct view *v, const char *name, struct span value);
void view_str(struct view *v, const char *name, const char *value);     /* NULL: not there */
void view_flag(struct view *v, const char *name, bool on);
void view_number(struct view *v, const char *name, int64_t n);

/* Begin or go on with the list `name`: its next row. */
struct view *view_row(struct view *v, const char *name);
/* A list that may stay empty. */
void view_list(struct view *v, const char *name);

/* Append the template filled with `v`. NOT_FOUND: no such file. INTERNAL: it names what nobody set, is malformed, or
 * out is full. */
MUST_CHECK enum fault view_render(struct buf *out, const struct view *v, const char *file);

/* Append `s` escaped: & < > " ' become references. */
void view_escape(struct buf *out, struct span s);
