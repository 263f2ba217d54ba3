/* view.c: templates. */
#include "checkout/view.h"

#include <string.h>

#include "checkout/assets.h"

#include "base/banned.h"

struct field {
    const char *name;
    struct span text;
    bool is_list;
    struct view *first, *last;        /* rows */
};

struct view {
    struct arena *arena;
    const struct view *up;
    struct view *next;
    size_t n;
    bool broken;                      /* a value found no place */
    struct field fields[VIEW_FIELDS_MAX];
};

/* A template being read. */
struct reading { struct buf *out; struct span rest; unsigned depth; };

struct view *view_new(struct arena *a)
{
    struct view *v = arena_take(a, sizeof *v);

    if (v)
        v->arena = a;
    return v;
}

static struct field *field_of(struct view *v, const char *name)
{
    struct field *f = NULL;

    if (!v)
        return NULL;
    for (size_t i = 0; i < v->n && !f; i++)
        if (strcmp(v->fields[i].name, name) == 0)
            f = &v->fields[i];
    if (!f && v->n < VIEW_FIELDS_MAX) {
        f = &v->fields[v->n++];
        f->name = name;
    }
    v->broken |= !f;
    return f;
}

void view_text(struct view *v, const char *name, struct span value)
{
    struct field *f = field_of(v, name);

    if (f)
        f->text = value;
}

void view_str(struct view *v, const char *name, const char *value)
{
    view_text(v, name, span_of(value));
}

void view_flag(struct view *v, const char *name, bool on)
{
    view_text(v, name, on ? SPAN("1") : (struct span){ 0 });
}

void view_number(struct view *v, const char *name, int64_t n)
{
    struct buf b;

    if (!v)
        return;
    b = arena_buf(v->arena, 24);
    buf_i64(&b, n);
    view_text(v, name, buf_view(&b));
}

void view_list(struct view *v, const char *name)
{
    struct field *f = field_of(v, name);

    if (f)
        f->is_list = true;
}

struct view *view_row(struct view *v, const char *name)
{
    struct field *f = field_of(v, name);
    struct view *row = f ? view_new(v->arena) : NULL;

    if (!row)
        return NULL;
    f->is_list = true;
    row->up = v;
    if (f->last)
        f->last->next = row;
    else
        f->first = row;
    f->last = row;
    return row;
}

void view_escape(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '&': buf_text(out, "&amp;"); break;
        case '<': buf_text(out, "&lt;"); break;
        case '>': buf_text(out, "&gt;"); break;
        case '"': buf_text(out, "&quot;"); break;
        case '\'': buf_text(out, "&#39;"); break;
        default: buf_byte(out, s.p[i]); break;
        }
    }
}

static const struct field *look_up(const struct view *v, struct span name)
{
    for (; v; v = v->up)
        for (size_t i = 0; i < v->n; i++)
            if (span_equal(span_of(v->fields[i].name), name))
                return &v->fields[i];
    return NULL;
}

/* Where "{{" or "}}" stands in `s`; absent: nowhere. */
static struct span find(struct span s, const char *two)
{
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.p[i] == (uint8_t)two[0] && s.p[i + 1] == (uint8_t)two[1])
            return (struct span){ s.p + i, s.n - i };
    return (struct span){ 0 };
}

/* The next tag of `rest`, with what stands before it; false: there is none, and `before` is all of it. */
static bool next_tag(struct span *rest, struct span *before, struct span *tag)
{
    struct span open = find(*rest, "{{"), close = find(open, "}}");

    *before = *rest;
    if (span_absent(open) || span_absent(close))
        return false;
    before->n = (size_t)(open.p - rest->p);
    *tag = (struct span){ open.p + 2, (size_t)(close.p - open.p) - 2 };
    *rest = (struct span){ close.p + 2, close.n - 2 };
    return true;
}

/* What stands between a section's opening, which was read, and its end; r goes behind it. */
static enum fault section(struct reading *r, struct span *inside, struct span name)
{
    struct span begin = r->rest, before, tag = { 0 };

    while (next_tag(&r->rest, &before, &tag)) {
        if (tag.n > 1 && tag.p[0] == '/' && span_equal((struct span){ tag.p + 1, tag.n - 1 }, name)) {
            *inside = (struct span){ begin.p, (size_t)(before.p + before.n - begin.p) };
            return FAULT_NONE;
        }
    }
    return FAULT_INTERNAL;
}

static enum fault render(struct reading *r, const struct view *v);

static enum fault inner(const struct reading *r, struct span text, const struct view *v)
{
    struct reading in = { r->out, text, r->depth + 1 };

    return in.depth > VIEW_DEPTH_MAX ? FAULT_INTERNAL : render(&in, v);
}

static enum fault each(struct reading *r, const struct view *v, struct span name, bool inverse)
{
    const struct field *f = look_up(v, name);
    struct span inside;
    enum fault fault = section(r, &inside, name);

    if (fault || !f)
        return FAULT_INTERNAL;
    if (inverse || !f->is_list)
        return (f->is_list ? f->first != NULL : f->text.n > 0) != inverse ? inner(r, inside, v) : FAULT_NONE;
    for (const struct view *row = f->first; row && !fault; row = row->next)
        fault = row->broken ? FAULT_INTERNAL : inner(r, inside, row);
    return fault;
}

static enum fault include(const struct reading *r, const struct view *v, struct span name)
{
    const struct asset *a = asset_find(name);

    return a ? inner(r, a->body, v) : FAULT_NOT_FOUND;
}

static enum fault put(struct reading *r, const struct view *v, struct span tag)
{
    const struct field *f;
    struct span name = { tag.p + 1, tag.n ? tag.n - 1 : 0 };

    if (tag.n && (tag.p[0] == '#' || tag.p[0] == '^'))
        return each(r, v, name, tag.p[0] == '^');
    if (tag.n && tag.p[0] == '>')
        return include(r, v, name);
    f = look_up(v, tag);
    if (!f || f->is_list)
        return FAULT_INTERNAL;
    view_escape(r->out, f->text);
    return FAULT_NONE;
}

static enum fault render(struct reading *r, const struct view *v)
{
    struct span before, tag = { 0 };
    enum fault f = FAULT_NONE;

    while (!f && next_tag(&r->rest, &before, &tag)) {
        buf_span(r->out, before);
        f = put(r, v, tag);
    }
    if (!f)
        buf_span(r->out, r->rest);
    return f;
}

enum fault view_render(struct buf *out, const struct view *v, const char *file)
{
    const struct asset *a = asset_find(span_of(file));
    struct reading r = { .out = out };
    enum fault f;

    if (!a)
        return FAULT_NOT_FOUND;
    if (!v || v->broken)
        return FAULT_INTERNAL;
    r.rest = a->body;
    f = render(&r, v);
    return f ? f : out->full ? FAULT_INTERNAL : FAULT_NONE;
}
