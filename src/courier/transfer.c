/* transfer.c: a request as libcurl wants it, and an answer as the client wants it. */
#include "courier/transfer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "courier/address.h"

#include "base/banned.h"

enum {
    HEAD_MAX = 16 * 1024,             /* bytes of an answer's head */
    BUFFER_BYTES = 4096,              /* libcurl's, of each handle */
    IDLE_S = 50,                      /* a connection kept longer is not used again: receivers close them at 60 or so */
    STATUS_INTERIM_MOST = 199,
};

/* Of a name with several addresses, one that was refused is the outcome only if none was let through after it. */
static bool may_connect(struct transfer *t, const struct sockaddr *a, socklen_t n)
{
    t->forbidden = !t->allow_private && !address_is_public(a, n);
    return !t->forbidden;
}

/* The one place where all addresses come by: of a literal, of a name, of a second try after the first. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    (void)purpose;
    if (!may_connect(arg, &a->addr, a->addrlen))
        return CURL_SOCKET_BAD;
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* A connection is used again for other requests; one that was opened where private addresses are allowed is looked at
 * again here, before anything is sent on it. */
static int before_request(void *arg, char *remote, char *local, int remote_port, int local_port)
{
    struct sockaddr_in four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

    (void)local;
    (void)remote_port;
    (void)local_port;
    if (remote && inet_pton(AF_INET, remote, &four.sin_addr) == 1 &&
        may_connect(arg, (const struct sockaddr *)&four, sizeof four))
        return CURL_PREREQFUNC_OK;
    if (remote && inet_pton(AF_INET6, remote, &six.sin6_addr) == 1 &&
        may_connect(arg, (const struct sockaddr *)&six, sizeof six))
        return CURL_PREREQFUNC_OK;
    return CURL_PREREQFUNC_ABORT;
}

static long status_of(const struct transfer *t)
{
    long status = 0;

    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static size_t take_head(char *line, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;

    t->head += size * n;
    if (t->head > HEAD_MAX)
        return 0;
    if ((line[0] == '\r' || line[0] == '\n') && status_of(t) > STATUS_INTERIM_MOST)
        t->head_done = true;          /* the empty line */
    return size * n;
}

/* What is more than COURIER_ANSWER_MAX is not waited for. */
static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t all = size * n, room = COURIER_SHOWN - t->n_shown;

    memcpy(t->shown + t->n_shown, bytes, all < room ? all : room);
    t->n_shown += all < room ? all : room;
    t->answered += all;
    t->cut = t->answered > COURIER_ANSWER_MAX;
    return t->cut ? 0 : all;
}

#define SET(option, value) (curl_easy_setopt(easy, (option), (value)) == CURLE_OK)

static bool set_rules(CURL *easy)
{
    return SET(CURLOPT_PROTOCOLS_STR, "http,https") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
           SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(CURLOPT_PROXY, "") &&
           SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) && SET(CURLOPT_SSL_VERIFYPEER, 1L) &&
           SET(CURLOPT_SSL_VERIFYHOST, 2L) && SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
           SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_POST, 1L) && SET(CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES) &&
           SET(CURLOPT_MAXAGE_CONN, (long)IDLE_S);
}

static bool set_callbacks(CURL *easy, struct transfer *t)
{
    return SET(CURLOPT_OPENSOCKETFUNCTION, open_socket) && SET(CURLOPT_OPENSOCKETDATA, t) &&
           SET(CURLOPT_PREREQFUNCTION, before_request) && SET(CURLOPT_PREREQDATA, t) &&
           SET(CURLOPT_HEADERFUNCTION, take_head) && SET(CURLOPT_HEADERDATA, t) &&
           SET(CURLOPT_WRITEFUNCTION, take_body) && SET(CURLOPT_WRITEDATA, t) && SET(CURLOPT_PRIVATE, t);
}

struct transfer *transfer_new(void)
{
    struct transfer *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->easy = curl_easy_init();
    if (t->easy && set_rules(t->easy) && set_callbacks(t->easy, t))
        return t;
    transfer_free(t);
    return NULL;
}

void transfer_clear(struct transfer *t)
{
    if (t->easy) {
        (void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
        (void)curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "");
    }
    curl_slist_free_all(t->headers);
    free(t->memory);
    t->headers = NULL;
    t->memory = t->url = NULL;
    t->host = NULL;
    t->next_of_host = t->next = t->previous = NULL;
    t->held = t->head = t->answered = t->n_shown = 0;
    t->running = t->forbidden = t->head_done = t->cut = t->allow_private = false;
}

void transfer_free(struct transfer *t)
{
    transfer_clear(t);
    curl_easy_cleanup(t->easy);
    free(t);
}

static bool add_headers(struct transfer *t, const struct frame_request *r)
{
    char line[COURIER_HEADER_MAX + 1];

    for (size_t i = 0; i < r->n_headers; i++) {
        struct curl_slist *longer = NULL;
        if (!span_text(line, sizeof line, r->headers[i]))
            longer = curl_slist_append(t->headers, line);
        if (!longer)
            return false;
        t->headers = longer;
    }
    return true;
}

enum fault transfer_fill(struct transfer *t, const struct frame_request *r)
{
    CURL *easy = t->easy;

    t->held = r->url.n + 1 + r->body.n;
    t->memory = t->url = malloc(t->held);
    if (!t->memory || !add_headers(t, r))
        return FAULT_INTERNAL;
    memcpy(t->url, r->url.p, r->url.n);
    t->url[r->url.n] = '\0';
    t->body = (struct span){ (uint8_t *)t->memory + r->url.n + 1, r->body.n };
    if (r->body.n)
        memcpy(t->memory + r->url.n + 1, r->body.p, r->body.n);
    t->id = r->id;
    t->allow_private = r->allow_private;
    if (SET(CURLOPT_URL, t->url) && SET(CURLOPT_HTTPHEADER, t->headers) &&
        SET(CURLOPT_POSTFIELDSIZE, (long)t->body.n) && SET(CURLOPT_POSTFIELDS, t->body.p))
        return FAULT_NONE;
    return FAULT_INTERNAL;
}

void transfer_arm(struct transfer *t, int64_t now_ns)
{
    CURL *easy = t->easy;
    int64_t left = (t->until_ns - now_ns) / MS_NS;
    long ms = left > 0 ? (long)left : 1;

    (void)SET(CURLOPT_TIMEOUT_MS, ms);
    (void)SET(CURLOPT_CONNECTTIMEOUT_MS, ms);
}

static int ms_of(const struct transfer *t, int64_t now_ns)
{
    int64_t ms = (now_ns - t->started_ns) / MS_NS;

    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

/* libcurl's many reasons, by the one who must act. */
static enum courier_outcome why(const struct transfer *t, CURLcode how)
{
    static const struct { CURLcode code; enum courier_outcome outcome; } known[] = {
        { CURLE_URL_MALFORMAT, COURIER_BAD_URL },
        { CURLE_COULDNT_RESOLVE_HOST, COURIER_NO_NAME }, { CURLE_COULDNT_CONNECT, COURIER_NO_CONNECTION },
        { CURLE_OUT_OF_MEMORY, COURIER_NO_CONNECTION }, { CURLE_OPERATION_TIMEDOUT, COURIER_TIMEOUT },
        { CURLE_SSL_CONNECT_ERROR, COURIER_TLS }, { CURLE_PEER_FAILED_VERIFICATION, COURIER_TLS },
        { CURLE_SSL_CACERT_BADFILE, COURIER_TLS }, { CURLE_SSL_CIPHER, COURIER_TLS },
        { CURLE_SSL_CERTPROBLEM, COURIER_TLS }, { CURLE_SSL_ISSUER_ERROR, COURIER_TLS },
        { CURLE_SSL_ENGINE_INITFAILED, COURIER_TLS }, { CURLE_SSL_INVALIDCERTSTATUS, COURIER_TLS },
        { CURLE_SSL_CLIENTCERT, COURIER_TLS },
    };

    if (t->forbidden)
        return COURIER_FORBIDDEN;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == how)
            return known[i].outcome;
    return COURIER_BROKEN;
}

/* Once the head is there its status stands, whatever becomes of the body. */
void transfer_outcome(struct frame_outcome *out, const struct transfer *t, CURLcode how, int64_t now_ns)
{
    long status = status_of(t);

    if (t->head_done && status > STATUS_INTERIM_MOST && status < 1000)
        *out = (struct frame_outcome){ .id = t->id, .outcome = COURIER_ANSWERED, .status = (unsigned)status,
                                       .ms = ms_of(t, now_ns), .shown = { t->shown, t->n_shown } };
    else
        *out = (struct frame_outcome){ .id = t->id, .outcome = how == CURLE_OK ? COURIER_BROKEN : why(t, how),
                                       .ms = ms_of(t, now_ns) };
}
