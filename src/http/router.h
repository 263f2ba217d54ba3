/* router.h: which route a path and method mean. Pure: tables in, a match out; no socket, no HTTP library. */
#pragma once

#include "dialect/dialect.h"

enum {
    ROUTER_ROWS_MAX = 160,            /* routes of all dialects of one server */
    ROUTER_PREFIXES_MAX = 16,         /* prefixes of all dialects of one server */
    ROUTER_NAME_MAX = 128,            /* bytes of "METHOD /path/{template}", with NUL */
};

struct router;

/* A route as the router keeps it. */
struct router_row {
    const struct dialect *dialect;
    const struct route *route;
    char name[ROUTER_NAME_MAX];       /* "GET /pg/orders/{order_id}", for journal and metrics */
    size_t n_segments;
    struct span segments[ROUTE_SEGMENTS_MAX];     /* the absent span stands for a parameter */
};

enum router_verdict {
    ROUTER_FOUND,
    ROUTER_UNKNOWN,                   /* no route has this path */
    ROUTER_METHOD,                    /* some route has this path, none of them with this method */
};

struct router_match {
    const struct dialect *dialect;    /* never NULL: whoever owns the longest prefix, or the first dialect */
    const struct router_row *row;     /* NULL unless FOUND */
    size_t n_params;
    struct span params[ROUTE_PARAMS_MAX];     /* borrowed from the path, not decoded */
};

/* Make a router over `dialects` (NULL-terminated, at least one), whose tables must outlive it. The caller
 * frees it with router_free(). BAD_INPUT when a table breaks a limit above or in dialect.h. */
MUST_CHECK enum fault router_new(struct router **out, const struct dialect *const *dialects);
void router_free(struct router *r);

/* Which route do `method` and `path` (as received, without the query) mean? A prefix ends at a segment: "/pg"
 * owns "/pg" and "/pg/orders", not "/pgx". A parameter never matches an empty segment. */
enum router_verdict router_find(const struct router *r, struct router_match *m, const char *method, struct span path);

/* Append the methods that the path can be asked with, "GET, POST": what a 405 has to say (RFC 9110 section 15.5.6). */
void router_methods(const struct router *r, struct buf *out, struct span path);

/* How many rows there are, and the i-th, in the dialects' order. */
size_t router_rows(const struct router *r);
const struct router_row *router_row(const struct router *r, size_t i);

/* Decode the %XX escapes of one path segment (RFC 3986 section 2.1) in place of *s, into `a` when there are
 * any. BAD_INPUT for an escape without two hex digits and for %00; INTERNAL when `a` is exhausted. */
MUST_CHECK enum fault router_decode(struct span *s, struct arena *a);
