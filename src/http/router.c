/* router.c: routes cut into segments once, compared segment by segment. */
#include "http/router.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

#include "base/banned.h"

struct owner { struct span prefix; const struct dialect *dialect; };

struct router {
    const struct dialect *first;      /* answers for paths nobody owns */
    size_t n_rows, n_owners;
    struct router_row rows[ROUTER_ROWS_MAX];
    struct owner owners[ROUTER_PREFIXES_MAX];     /* longest prefix first */
};

/* The path's segments, the parts behind each '/'; 0 when it has too many or does not begin with '/'. */
static size_t split(struct span segments[static ROUTE_SEGMENTS_MAX], struct span path)
{
    const uint8_t *at = path.p, *end = path.p + path.n;
    size_t n = 0;

    if (!path.n || *at != '/')
        return 0;
    while (at < end) {
        const uint8_t *from = at + 1;
        const uint8_t *slash = memchr(from, '/', (size_t)(end - from));

        if (n == ROUTE_SEGMENTS_MAX)
            return 0;
        at = slash ? slash : end;
        segments[n++] = (struct span){ from, (size_t)(at - from) };
    }
    return n;
}

static bool is_param(struct span segment)
{
    return segment.n >= 2 && segment.p[0] == '{' && segment.p[segment.n - 1] == '}';
}

static enum fault row_add(struct router *r, const struct dialect *d, const struct route *route)
{
    struct router_row *row;
    struct buf name;
    size_t params = 0;

    if (r->n_rows == ROUTER_ROWS_MAX)
        return FAULT_BAD_INPUT;
    row = &r->rows[r->n_rows++];
    row->dialect = d;
    row->route = route;
    row->n_segments = split(row->segments, span_of(route->path));
    for (size_t i = 0; i < row->n_segments; i++) {
        if (is_param(row->segments[i])) {
            row->segments[i] = (struct span){ 0 };
            params++;
        }
    }
    name = BUF(row->name);
    buf_text(&name, route->method);
    buf_byte(&name, ' ');
    buf_text(&name, route->path);
    buf_byte(&name, 0);
    return row->n_segments && params <= ROUTE_PARAMS_MAX && !name.full ? FAULT_NONE : FAULT_BAD_INPUT;
}

static enum fault owner_add(struct router *r, const struct dialect *d, struct span prefix)
{
    size_t i = r->n_owners;

    if (i == ROUTER_PREFIXES_MAX)
        return FAULT_BAD_INPUT;
    for (; i > 0 && r->owners[i - 1].prefix.n < prefix.n; i--)
        r->owners[i] = r->owners[i - 1];
    r->owners[i] = (struct owner){ prefix, d };
    r->n_owners++;
    return FAULT_NONE;
}

enum fault router_new(struct router **out, const struct dialect *const *dialects)
{
    struct router *r = calloc(1, sizeof *r);
    enum fault fault = r ? FAULT_NONE : FAULT_INTERNAL;

    if (r)
        r->first = dialects[0];
    for (; fault == FAULT_NONE && *dialects; dialects++) {
        for (const char *const *p = (*dialects)->prefixes; fault == FAULT_NONE && *p; p++)
            fault = owner_add(r, *dialects, span_of(*p));
        for (const struct route *t = (*dialects)->routes; fault == FAULT_NONE && t->method; t++)
            fault = row_add(r, *dialects, t);
    }
    if (fault != FAULT_NONE) {
        free(r);
        return fault;
    }
    *out = r;
    return FAULT_NONE;
}

void router_free(struct router *r)
{
    free(r);
}

static const struct dialect *owner_of(const struct router *r, struct span path)
{
    for (size_t i = 0; i < r->n_owners; i++) {
        struct span prefix = r->owners[i].prefix;

        if (span_starts(path, prefix) && (!prefix.n || path.n == prefix.n || path.p[prefix.n] == '/'))
            return r->owners[i].dialect;
    }
    return r->first;
}

static bool row_fits(const struct router_row *row, const struct span *segments, size_t n)
{
    if (row->n_segments != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (span_absent(row->segments[i]) ? !segments[i].n : !span_equal(row->segments[i], segments[i]))
            return false;
    }
    return true;
}

enum router_verdict router_find(const struct router *r, struct router_match *m, const char *method, struct span path)
{
    struct span segments[ROUTE_SEGMENTS_MAX];
    size_t n = split(segments, path);
    enum router_verdict verdict = ROUTER_UNKNOWN;

    *m = (struct router_match){ .dialect = owner_of(r, path) };
    for (size_t i = 0; n && i < r->n_rows; i++) {
        const struct router_row *row = &r->rows[i];

        if (row->dialect != m->dialect || !row_fits(row, segments, n))
            continue;
        verdict = ROUTER_METHOD;
        if (strcmp(row->route->method, method) != 0)
            continue;
        m->row = row;
        for (size_t s = 0; s < n; s++) {
            if (span_absent(row->segments[s]))
                m->params[m->n_params++] = segments[s];
        }
        return ROUTER_FOUND;
    }
    return verdict;
}

void router_methods(const struct router *r, struct buf *out, struct span path)
{
    struct span segments[ROUTE_SEGMENTS_MAX];
    size_t n = split(segments, path), begun = out->n;
    const struct dialect *owner = owner_of(r, path);

    for (size_t i = 0; n && i < r->n_rows; i++) {
        const struct router_row *row = &r->rows[i];

        if (row->dialect != owner || !row_fits(row, segments, n))
            continue;
        if (out->n > begun)
            buf_text(out, ", ");
        buf_text(out, row->route->method);
    }
}

size_t router_rows(const struct router *r)
{
    return r->n_rows;
}

const struct router_row *router_row(const struct router *r, size_t i)
{
    return &r->rows[i];
}

enum fault router_decode(struct span *s, struct arena *a)
{
    const uint8_t *at = memchr(s->p, '%', s->n), *end = s->p + s->n;
    struct buf out;

    if (!at)
        return FAULT_NONE;
    out = arena_buf(a, s->n);
    buf_put(&out, s->p, (size_t)(at - s->p));
    while (at < end && !out.full) {
        if (*at != '%') {
            buf_byte(&out, *at++);
            continue;
        }
        if (end - at < 3 || hex_read(&out, (struct span){ at + 1, 2 }) != FAULT_NONE || !out.p[out.n - 1])
            return FAULT_BAD_INPUT;
        at += 3;
    }
    return buf_done(&out, s);
}
