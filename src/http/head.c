/* head.c: is it certain where a request ends, and is its head of a decent size? */
#include <string.h>

#include "http/request.h"

#include "base/banned.h"

enum {
    LINE_EXTRA = sizeof "  HTTP/1.1\r\n" - 1,       /* bytes of a request line beside method and target */
    FIELD_EXTRA = sizeof ": \r\n" - 1,              /* bytes of a header line beside name and value */
};

struct fields { size_t bytes; unsigned lengths, codings; bool doubtful; };

static bool is_digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* A name with a blank in it is one name to us and another to whoever stands before us (RFC 9112 section 5.1). */
static bool has_blank(struct span name)
{
    return memchr(name.p, ' ', name.n) || memchr(name.p, '\t', name.n);
}

static enum MHD_Result look_at(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n,
                               const char *value, size_t value_n)
{
    struct fields *f = cls;
    struct span name = { (const uint8_t *)key, key_n }, v = { (const uint8_t *)value, value ? value_n : 0 };

    (void)kind;
    f->bytes += name.n + v.n + FIELD_EXTRA;
    if (has_blank(name)) {
        f->doubtful = true;
    } else if (span_equal_nocase(name, SPAN("Content-Length"))) {
        f->doubtful |= f->lengths++ || !is_digits(v);
    } else if (span_equal_nocase(name, SPAN("Transfer-Encoding"))) {
        f->doubtful |= f->codings++ || !span_equal_nocase(v, SPAN("chunked"));
    }
    return MHD_YES;
}

void request_check_head(struct request *r, const char *method)
{
    struct fields f = { .bytes = strlen(method) + r->x.path.n + r->x.query.n + LINE_EXTRA };

    if (!span_absent(r->x.query))
        f.bytes++;                    /* its question mark */
    (void)MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, look_at, &f);
    /* Two ways to tell the end of a body are how requests are smuggled past a proxy that believes the other one
     * (RFC 9112 section 6.3). */
    r->ambiguous = f.doubtful || (f.lengths && f.codings);
    r->has_body = f.codings > 0;
    if (r->ambiguous || f.bytes > HTTP_HEADERS_MAX)
        request_refuse(r, REFUSE_HEADERS);
}
