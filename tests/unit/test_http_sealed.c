/* test_http_sealed.c: what is served while the keyholder waits for its custodians. */
#include "unit/http_fixture.h"

#include "base/journal.h"
#include "keyholder/serve.h"

#include "base/banned.h"

struct sealed { struct fixture *f; struct serve *serve; struct heart *heart; };

static int set_up(void **state)
{
    static struct sealed s;
    AUTO_SECRET master = NULL;
    int pair[2];

    s = (struct sealed){ .f = fixture_open(&fixture_dialect) };
    assert_int_equal(secret_new(&master, HEART_MASTER), FAULT_NONE);
    assert_int_equal(heart_new(&s.heart, master, NULL), FAULT_NONE);
    assert_int_equal(serve_new(&s.serve, NULL, NULL), FAULT_NONE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(serve_connection(s.serve, pair[1], MAY_ALL), FAULT_NONE);
    keyholder_set_wait(s.f->services.keyholder, 5000);
    keyholder_channel(s.f->services.keyholder, 0, pair[0]);
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct sealed *s = *state;

    serve_free(s->serve);
    heart_free(s->heart);
    fixture_close(s->f);
    return 0;
}

static void assert_answer(const struct fixture *f, const char *request, unsigned status, const char *word)
{
    char answer[FIXTURE_ANSWER];
    int fd = client_open(f);
    const char *body;

    client_send(fd, request);
    body = client_read(fd, answer);
    assert_int_equal(status_of(answer), status);
    assert_non_null(strstr(body, word));
    close(fd);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(path, type) \
    "POST " path " HTTP/1.1\r\nHost: a\r\nContent-Type: " type "\r\nContent-Length: 2\r\n\r\n{}"

static void assert_all_refused(const struct fixture *f)
{
    assert_answer(f, GET("/fake/hello"), 503, "sealed");
    assert_answer(f, POST("/fake/echo", "application/json"), 503, "sealed");
    assert_answer(f, POST("/fake/echo", "text/plain"), 503, "sealed");
    assert_answer(f, GET("/fake/nothing"), 503, "sealed");
    assert_answer(f, GET("/elsewhere"), 503, "sealed");
    assert_answer(f, POST("/fake/hello", "application/json"), 503, "sealed");
    assert_answer(f, GET("/fake/health"), 200, "hello");
}

static void everything_but_health_is_refused_until_it_is_unsealed_and_again_when_it_is_sealed_anew(void **state)
{
    struct sealed *s = *state;
    struct keyholder *k = s->f->services.keyholder;
    int pair[2];

    assert_answer(s->f, GET("/fake/hello"), 200, "hello");    /* nobody has asked yet */
    assert_int_equal(keyholder_probe(k), FAULT_SILENT);
    assert_all_refused(s->f);
    serve_unseal(s->serve, s->heart);
    assert_int_equal(keyholder_probe(k), FAULT_NONE);
    assert_answer(s->f, GET("/fake/hello"), 200, "hello");
    assert_answer(s->f, POST("/fake/echo", "application/json"), 200, "NONE");
    assert_answer(s->f, GET("/fake/nothing"), 404, "no route");

    serve_free(s->serve);
    assert_int_equal(serve_new(&s->serve, NULL, NULL), FAULT_NONE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(serve_connection(s->serve, pair[1], MAY_ALL), FAULT_NONE);
    keyholder_channel(k, 0, pair[0]);
    assert_int_equal(keyholder_probe(k), FAULT_SILENT);
    assert_all_refused(s->f);
}

static void a_malformed_head_is_told_even_then(void **state)
{
    struct sealed *s = *state;

    assert_int_equal(keyholder_probe(s->f->services.keyholder), FAULT_SILENT);
    assert_answer(s->f, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400,
                  "framing");
}

/* Before there is a store: the same socket serves twice, one server after the other, and callers see no gap. */
static void a_server_without_a_store_refuses_and_makes_way_for_one_that_has(void **state)
{
    struct sealed *s = *state;
    struct fixture *f = s->f;
    const struct dialect *const dialects[] = { &fixture_dialect, NULL };
    struct metrics *metrics = calloc(1, sizeof *metrics);
    struct services none = { .clock = clock_system(), .metrics = metrics };
    struct http_options ho = { .listen_fd = f->listen_fd, .threads = 2, .dialects = dialects, .services = &none,
                               .metrics = metrics, .sealed = true };
    struct http_server *first = NULL;

    http_stop(f->server);
    memset(&f->metrics, 0, sizeof f->metrics);
    assert_int_equal(http_start(&first, &ho), FAULT_NONE);
    assert_all_refused(f);
    http_quiesce(first, 50);
    http_stop(first);
    ho = (struct http_options){ .listen_fd = f->listen_fd, .threads = 2, .dialects = dialects,
                                .services = &f->services, .lanes = f->lanes, .metrics = &f->metrics };
    assert_int_equal(http_start(&f->server, &ho), FAULT_NONE);
    assert_answer(f, GET("/fake/hello"), 200, "hello");
    free(metrics);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(everything_but_health_is_refused_until_it_is_unsealed_and_again_when_it_is_sealed_anew),
        T(a_malformed_head_is_told_even_then),
        T(a_server_without_a_store_refuses_and_makes_way_for_one_that_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
