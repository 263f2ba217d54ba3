/* http_fixture.h: a server with a small dialect of its own on a loopback port, and a client that sends raw bytes. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json_out.h"
#include "base/metrics.h"
#include "http/http.h"
#include "keyholder/client.h"
#include "store/settings.h"

enum { FIXTURE_BODY_MAX = 1000, FIXTURE_THREADS = 2, FIXTURE_ANSWER = 64 * 1024, FIXTURE_PATIENCE_S = 20 };

struct fixture {
    char folder[32], file[64];
    struct metrics metrics;
    struct store *store;
    struct lanes *lanes;
    struct services services;
    struct http_server *server;
    int listen_fd;
    struct sockaddr_in address;
};

/* The slow route's work waits here, so that a test decides when it ends. */
static sem_t gate_reached, gate_open;

static inline enum step go(struct exchange *x)
{
    exchange_request_id(x, x->header(x, "x-request-id"));
    return STEP_GO;
}

static inline enum step hello_parse(struct exchange *x)
{
    struct buf *b = answer_start(x, 200, "application/json", 256);

    buf_text(b, "{\"hello\":\"");
    buf_text(b, x->peer);
    buf_text(b, "\"}");
    answer_header(x, "x-test", x->header(x, "x-test"));
    return STEP_ANSWERED;
}

static inline enum step large_parse(struct exchange *x)
{
    struct buf *b = answer_start(x, 200, "text/plain", 4);

    buf_text(b, "more than fits");
    return STEP_ANSWERED;
}

static inline enum step asking_parse(struct exchange *x)
{
    x->asks[x->n_asks++] = (struct key_ask){ .op = KEY_MAC, .use = KEY_USE_DIGEST, .about = SPAN("about"),
                                             .in = SPAN("in"), .out = arena_buf(x->arena, KEY_MAC_SIZE) };
    return go(x);
}

static inline enum fault asking_work(struct exchange *x, struct store_tx *tx)
{
    (void)tx;
    return asking_parse(x) == STEP_GO ? FAULT_NONE : FAULT_INTERNAL;
}

static inline void show_body(struct exchange *x, enum fault outcome)
{
    struct buf *b = answer_start(x, outcome == FAULT_NONE ? 200 : 500, "text/plain", 2 * FIXTURE_BODY_MAX);

    buf_text(b, fault_name(outcome));
    buf_text(b, " ");
    buf_span(b, x->params[0]);
    buf_text(b, " ");
    buf_span(b, x->query);
    buf_text(b, " ");
    buf_span(b, x->body);
}

static inline enum fault no_work(struct exchange *x, struct store_tx *tx)
{
    (void)x, (void)tx;
    return FAULT_NONE;
}

static inline enum fault put_work(struct exchange *x, struct store_tx *tx)
{
    return settings_put(tx, x->params[0], x->body);
}

static inline enum fault get_work(struct exchange *x, struct store_tx *tx)
{
    return settings_get(tx, &x->body, x->arena, x->params[0]);
}

static inline enum fault slow_work(struct exchange *x, struct store_tx *tx)
{
    (void)x, (void)tx;
    sem_post(&gate_reached);
    sem_wait(&gate_open);
    return FAULT_NONE;
}

static inline void fixture_refuse(struct exchange *x, enum refusal why)
{
    static const struct { unsigned status; const char *word; } words[] = {
        [REFUSE_NO_ROUTE] = { 404, "no route" },        [REFUSE_METHOD] = { 405, "method" },
        [REFUSE_PATH] = { 400, "path" },                [REFUSE_BODY_TOO_LARGE] = { 413, "too large" },
        [REFUSE_BODY_TRUNCATED] = { 400, "truncated" }, [REFUSE_CONTENT_TYPE] = { 415, "content type" },
        [REFUSE_FRAMING] = { 400, "framing" },          [REFUSE_HEADERS] = { 431, "headers" },
        [REFUSE_HOST] = { 421, "host" },
        [REFUSE_BUSY] = { 503, "busy" },
        [REFUSE_STOPPING] = { 503, "stopping" },        [REFUSE_TIMEOUT] = { 408, "timeout" },
        [REFUSE_MEMORY] = { 503, "memory" },            [REFUSE_SEALED] = { 503, "sealed" },
    };

    buf_text(answer_start(x, words[why].status, "text/plain", 64), words[why].word);
}

static const struct route fixture_routes[] = {
    { .method = "GET", .path = "/fake/health", .lane = LANE_READ, .parse = hello_parse, .sealed_too = true },
    SHORT_ROUTE("GET", "/fake/hello", LANE_READ, 0, hello_parse, NULL, NULL, 0),
    SHORT_ROUTE("GET", "/fake/large", LANE_READ, 0, large_parse, NULL, NULL, 0),
    SHORT_ROUTE("POST", "/fake/echo", LANE_READ, FIXTURE_BODY_MAX, go, NULL, show_body, 0),
    SHORT_ROUTE("POST", "/fake/ignored", LANE_READ, 0, go, NULL, show_body, 0),
    SHORT_ROUTE("GET", "/fake/setting/{name}", LANE_READ, 0, go, get_work, show_body, 0),
    SHORT_ROUTE("PUT", "/fake/setting/{name}", LANE_WRITE, FIXTURE_BODY_MAX, go, put_work, show_body, 0),
    SHORT_ROUTE("POST", "/fake/worker", LANE_WORKER, FIXTURE_BODY_MAX, go, no_work, show_body, 0),
    SHORT_ROUTE("POST", "/fake/slow", LANE_WRITE, FIXTURE_BODY_MAX, go, slow_work, show_body, 0),
    SHORT_ROUTE("POST", "/fake/asking/write", LANE_WRITE, FIXTURE_BODY_MAX, asking_parse, no_work, show_body, 0),
    SHORT_ROUTE("POST", "/fake/asking/read", LANE_READ, FIXTURE_BODY_MAX, asking_parse, no_work, show_body, 0),
    SHORT_ROUTE("POST", "/fake/asking/worker", LANE_WORKER, FIXTURE_BODY_MAX, asking_parse, no_work, show_body, 0),
    SHORT_ROUTE("POST", "/fake/asking/later", LANE_READ, FIXTURE_BODY_MAX, go, asking_work, show_body, 0),
    SHORT_ROUTE("POST", "/fake/asking/none", LANE_READ, FIXTURE_BODY_MAX, asking_parse, NULL, show_body, 0),
    { .method = NULL },
};
static const char *const fixture_prefixes[] = { "/fake", NULL };
static const struct dialect fixture_dialect = {
    .name = "fake", .prefixes = fixture_prefixes, .routes = fixture_routes, .refuse = fixture_refuse,
};

/* Stands for the keyholder's question before a batch: jobs with a wish are told that nobody answered. */
static inline void refuse_wishes(void *arg, struct store_job *first)
{
    (void)arg;
    for (struct store_job *job = first; job; job = job->next) {
        if (job->wants)
            job->outcome = FAULT_SILENT;
    }
}

static inline void fixture_listen(struct fixture *f)
{
    socklen_t n = sizeof f->address;

    f->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    f->address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_int_equal(bind(f->listen_fd, (struct sockaddr *)&f->address, n), 0);
    assert_int_equal(listen(f->listen_fd, 128), 0);
    assert_int_equal(getsockname(f->listen_fd, (struct sockaddr *)&f->address, &n), 0);
}

/* A store in a folder of its own, a keyholder nobody serves, and a server of `dialect` over them. */
static inline struct fixture *fixture_open(const struct dialect *dialect)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct store_options so = { .before_batch = refuse_wishes };
    struct lanes_options lo = { .workers = 2 };
    const struct dialect *const dialects[] = { dialect, NULL };
    struct http_options ho = { .threads = FIXTURE_THREADS, .dialects = dialects };

    assert_non_null(f);
    memcpy(f->folder, "/tmp/tijori-http-XXXXXX", sizeof "/tmp/tijori-http-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->file, sizeof f->file, "%s/store.db", f->folder);
    so.path = f->file;
    so.metrics = lo.metrics = ho.metrics = &f->metrics;
    assert_int_equal(store_open(&f->store, &so), FAULT_NONE);
    assert_int_equal(keyholder_new(&f->services.keyholder, NULL, NULL), FAULT_NONE);
    keyholder_set_wait(f->services.keyholder, 1);
    lo.store = f->store;
    assert_int_equal(lanes_open(&f->lanes, &lo), FAULT_NONE);
    f->services.clock = clock_system();
    f->services.metrics = &f->metrics;
    f->services.store = f->store;
    ho.services = &f->services;
    ho.lanes = f->lanes;
    fixture_listen(f);
    ho.listen_fd = f->listen_fd;
    assert_int_equal(http_start(&f->server, &ho), FAULT_NONE);
    return f;
}

static inline void fixture_close(struct fixture *f)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", NULL };
    char name[96];

    http_stop(f->server);
    lanes_close(f->lanes);
    store_close(f->store);
    keyholder_free(f->services.keyholder);
    close(f->listen_fd);
    for (const char *const *s = suffixes; *s; s++) {
        snprintf(name, sizeof name, "%s%s", f->file, *s);
        unlink(name);
    }
    rmdir(f->folder);
    free(f);
}

static inline int client_open(const struct fixture *f)
{
    struct timeval patience = { FIXTURE_PATIENCE_S, 0 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&f->address, sizeof f->address), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static inline void client_send(int fd, const char *text)
{
    size_t n = strlen(text);

    assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Read one answer by its Content-Length; what came with it stays for the next call in the socket. */
static inline const char *client_read(int fd, char out[static FIXTURE_ANSWER])
{
    size_t n = 0, body = 0;
    char *end = NULL, *length;

    while (!end && n < FIXTURE_ANSWER - 1 && recv(fd, out + n, 1, 0) == 1) {
        out[++n] = '\0';
        end = n >= 4 && memcmp(out + n - 4, "\r\n\r\n", 4) == 0 ? out + n : NULL;
    }
    out[n] = '\0';
    length = end ? strstr(out, "Content-Length: ") : NULL;
    body = length ? strtoul(length + 16, NULL, 10) : 0;
    while (body && n < FIXTURE_ANSWER - 1 && recv(fd, out + n, 1, 0) == 1)
        n++, body--;
    out[n] = '\0';
    return end ? end : out + n;
}

static inline unsigned status_of(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
}

/* One request on a connection of its own: checks the status and returns the body, in `out`. */
static inline const char *ask(const struct fixture *f, char out[static FIXTURE_ANSWER], unsigned status,
                              const char *request)
{
    int fd = client_open(f);
    const char *body;

    client_send(fd, request);
    body = client_read(fd, out);
    assert_int_equal(status_of(out), status);
    close(fd);
    return body;
}
