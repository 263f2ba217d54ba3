/* head.c: is it certain where a request ends, and is its head of a decent size? */
#include <string.h>

#include "http/host.h"
#include "http/request.h"

#include "base/banned.h"

enum {
    LINE_EXTRA = sizeof "  HTTP/1.1\r\n" - 1,       /* bytes of a request line beside method and target */
    LINE_END = sizeof "\r\n" - 1,
    FIELD_EXTRA = sizeof ": \r\n" - 1,              /* bytes of a header line beside name and value */
};

/* `seen`: bytes that are accounted for, of those that came. */
struct fields { size_t bytes, seen; unsigned lengths, codings, hosts; bool doubtful; struct span host; };

static bool is_digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

static bool is_token_byte(uint8_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c && strchr("-_!#$%&'*+.^`|~", c);
}

/* A name with anything else in it is one name to us and another to whoever stands before us (RFC 9110 section 5.6.2,
 * RFC 9112 section 5.1). */
static bool is_token(struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!is_token_byte(name.p[i]))
            return false;
    return name.n > 0;
}

/* Control characters, a bare CR before all, end a line for some readers and not for others (RFC 9110 section 5.5). */
static bool has_control(struct span value)
{
    for (size_t i = 0; i < value.n; i++)
        if ((value.p[i] < ' ' && value.p[i] != '\t') || value.p[i] == 0x7f)
            return true;
    return false;
}

/* The library joins a folded line to its header's name, so that nobody sees what "Content-Length:\r\n 5" announces.
 * all_seen() refuses it by its bytes; these two are too grave to hang on that alone, and no header that people use has
 * a name that begins like them and goes on. */
static bool is_folded(struct span name, struct span begin)
{
    return name.n > begin.n && span_equal_nocase((struct span){ name.p, begin.n }, begin);
}

static enum MHD_Result look_at(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n,
                               const char *value, size_t value_n)
{
    struct fields *f = cls;
    struct span name = { (const uint8_t *)key, key_n }, v = { (const uint8_t *)value, value ? value_n : 0 };

    (void)kind;
    f->bytes += name.n + v.n + FIELD_EXTRA;
    /* The value stands behind its name where both arrived, and what is between them are a colon and blanks. */
    f->seen += (size_t)((uintptr_t)v.p - (uintptr_t)name.p) + v.n + LINE_END;
    if (!is_token(name) || has_control(v))
        f->doubtful = true;
    else if (span_equal_nocase(name, SPAN("Content-Length")))
        f->doubtful |= f->lengths++ || !is_digits(v);
    else if (span_equal_nocase(name, SPAN("Transfer-Encoding")))
        /* A blank behind it would be allowed, but then the library reads the body up to the connection's end. */
        f->doubtful |= f->codings++ || !span_equal_nocase(v, SPAN("chunked"));
    else if (span_equal_nocase(name, SPAN("Host"))) {
        f->doubtful |= f->hosts++ > 0;
        f->host = v;
    } else
        f->doubtful |= is_folded(name, SPAN("Content-Length")) || is_folded(name, SPAN("Transfer-Encoding"));
    return MHD_YES;
}

/* The library hides what it does not keep: what stands behind a NUL, lines that begin with a NUL or a colon (which end
 * the head for it), the place of a folded line. So each byte that came must be one we know of; a line that ends with a
 * bare LF is one short, and is as doubtful. */
static bool all_seen(const struct request *r, const struct fields *f)
{
    const union MHD_ConnectionInfo *came =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    return came && came->header_size == f->seen + LINE_END;
}

void request_check_head(struct request *r, const char *method, const char *version)
{
    struct fields f = { .bytes = strlen(method) + r->x.path.n + r->x.query.n + LINE_EXTRA };
    bool old = strcmp(version, "HTTP/1.0") == 0;

    if (!span_absent(r->x.query))
        f.bytes++;                    /* its question mark */
    f.seen = f.bytes;
    (void)MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, look_at, &f);
    /* Two ways to tell the end of a body are how requests are smuggled past a proxy that believes the other one, and
     * HTTP/1.0 knows no coding (RFC 9112 sections 6.1 and 6.3). A missing Host the library has refused before. */
    r->ambiguous = f.doubtful || !all_seen(r, &f) || (f.lengths && f.codings) || (old && f.codings);
    r->has_body = f.codings > 0;
    if (r->ambiguous)
        request_refuse(r, REFUSE_FRAMING);
    else if (f.bytes > HTTP_HEADERS_MAX)
        request_refuse(r, REFUSE_HEADERS);
    else if (f.hosts && r->server->o.hosts && !host_is_ours(f.host, span_of(r->server->o.hosts)))
        request_refuse(r, REFUSE_HOST);
}
