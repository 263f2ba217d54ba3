/* host.c: the Host header against a list of names. */
#include "http/host.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/banned.h"

/* Take the port off the end of `host`; false when what is there is none. */
static bool cut_port(struct span *host)
{
    uint64_t port;
    size_t n = host->n;

    while (n > 0 && host->p[n - 1] != ':' && host->p[n - 1] != ']')
        n--;
    if (n == 0 || host->p[n - 1] == ']')
        return n == host->n || n == 0;
    if (span_u64(&port, (struct span){ host->p + n, host->n - n }, UINT16_MAX) != FAULT_NONE)
        return false;
    host->n = n - 1;
    return true;
}

static bool is_address(struct span host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr at;
    bool six = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';

    if (six)
        host = (struct span){ host.p + 1, host.n - 2 };
    return span_text(text, sizeof text, host) == FAULT_NONE && inet_pton(six ? AF_INET6 : AF_INET, text, &at) == 1;
}

static bool ends(struct span s, struct span end)
{
    return s.n > end.n && span_equal_nocase((struct span){ s.p + s.n - end.n, end.n }, end);
}

/* The next of `names`, without blanks around it. */
static struct span next_name(struct span *names)
{
    const uint8_t *comma = memchr(names->p, ',', names->n);
    struct span name = { names->p, comma ? (size_t)(comma - names->p) : names->n };
    size_t taken = name.n + (comma ? 1 : 0);

    *names = (struct span){ names->p + taken, names->n - taken };
    while (name.n && *name.p == ' ')
        name.p++, name.n--;
    while (name.n && name.p[name.n - 1] == ' ')
        name.n--;
    return name;
}

bool host_is_ours(struct span host, struct span names)
{
    if (!cut_port(&host))
        return false;
    if (is_address(host))
        return true;
    if (host.n && host.p[host.n - 1] == '.')      /* the root's dot: the same name */
        host.n--;
    if (!host.n)
        return false;
    if (span_equal_nocase(host, SPAN("localhost")) || ends(host, SPAN(".localhost")))
        return true;
    while (names.n) {
        struct span name = next_name(&names);

        if (span_equal(name, SPAN("*")) || (name.n && span_equal_nocase(host, name)))
            return true;
    }
    return false;
}
