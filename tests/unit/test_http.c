/* test_http.c: whole requests, byte by byte as a client sends them, through a running server. */
#include "unit/http_fixture.h"

static struct fixture *f;
static char answer[FIXTURE_ANSWER];

static int open_server(void **state)
{
    (void)state;
    f = fixture_open(&fixture_dialect);
    return 0;
}

static int close_server(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static uint64_t counted(const char *name, unsigned class)
{
    for (size_t i = 0; i < METRICS_ROUTES && f->metrics.route[i].name; i++) {
        if (strcmp(f->metrics.route[i].name, name) == 0)
            return atomic_load(&f->metrics.route[i].by_class[class]);
    }
    return 0;
}

static void a_request_is_answered_and_counted_under_its_route(void **state)
{
    uint64_t before = counted("GET /fake/hello", 2);

    (void)state;
    assert_string_equal(ask(f, answer, 200, "GET /fake/hello HTTP/1.1\r\nHost: a\r\nx-test: yes\r\n\r\n"),
                        "{\"hello\":\"127.0.0.1\"}");
    assert_non_null(strstr(answer, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(answer, "\r\nx-test: yes\r\n"));
    assert_int_equal(counted("GET /fake/hello", 2), before + 1);
}

static void a_body_may_come_in_pieces(void **state)
{
    int fd = client_open(f);

    (void)state;
    client_send(fd, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Len");
    usleep(2000);
    client_send(fd, "gth: 12\r\n\r\n{\"a\"");
    usleep(2000);
    client_send(fd, ":\"bcde\"");
    usleep(2000);
    client_send(fd, "}");
    assert_string_equal(client_read(fd, answer), "NONE   {\"a\":\"bcde\"}");
    close(fd);
}

static void a_chunked_body_is_put_together(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 200,
        "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; charset=utf-8\r\n"
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), "NONE   hello world");
}

static void a_body_of_exactly_the_limit_is_taken(void **state)
{
    static char request[FIXTURE_BODY_MAX + 256];
    int n = snprintf(request, sizeof request,
                     "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n", FIXTURE_BODY_MAX);

    (void)state;
    memset(request + n, 'x', FIXTURE_BODY_MAX);
    request[n + FIXTURE_BODY_MAX] = '\0';
    assert_int_equal(strlen(ask(f, answer, 200, request)), strlen("NONE   ") + FIXTURE_BODY_MAX);
}

static void a_body_announced_larger_than_the_limit_is_refused(void **state)
{
    (void)state;
    /* Beyond what is worth discarding, the answer comes without a single byte of body. */
    assert_string_equal(ask(f, answer, 413, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                            "Content-Length: 3000000\r\n\r\n"), "too large");
    assert_string_equal(ask(f, answer, 413, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                            "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n"), "too large");
}

static void a_refused_body_is_read_over_and_the_connection_lives(void **state)
{
    static char body[FIXTURE_BODY_MAX + 2];
    int fd = client_open(f);

    (void)state;
    memset(body, 'x', sizeof body - 1);
    client_send(fd, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    "Content-Length: 1001\r\n\r\n");
    client_send(fd, body);
    assert_string_equal(client_read(fd, answer), "too large");
    client_send(fd, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(fd, answer);
    assert_int_equal(status_of(answer), 200);
    close(fd);
}

static void a_chunked_body_that_grows_past_the_limit_is_refused(void **state)
{
    int fd = client_open(f);

    (void)state;
    client_send(fd, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 101; i++)
        client_send(fd, "a\r\n0123456789\r\n");
    client_send(fd, "0\r\n\r\n");
    assert_string_equal(client_read(fd, answer), "too large");
    assert_int_equal(status_of(answer), 413);
    close(fd);
}

static void continue_is_said_to_whoever_waits_for_it(void **state)
{
    int fd = client_open(f);

    (void)state;
    client_send(fd, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    client_read(fd, answer);
    assert_int_equal(status_of(answer), 100);
    client_send(fd, "{}");
    assert_string_equal(client_read(fd, answer), "NONE   {}");
    close(fd);
}

static void unknown_paths_and_methods_are_refused_apart(void **state)
{
    uint64_t before = counted("unmatched", 4);

    (void)state;
    assert_string_equal(ask(f, answer, 404, "GET /fake/nowhere HTTP/1.1\r\nHost: a\r\n\r\n"), "no route");
    assert_string_equal(ask(f, answer, 404, "GET /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n"), "no route");
    assert_string_equal(ask(f, answer, 405, "DELETE /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n"), "method");
    assert_non_null(strstr(answer, "\r\nAllow: GET\r\n"));
    assert_string_equal(ask(f, answer, 405, "DELETE /fake/setting/a HTTP/1.1\r\nHost: a\r\n\r\n"), "method");
    assert_non_null(strstr(answer, "\r\nAllow: GET, PUT\r\n"));
    assert_string_equal(ask(f, answer, 400, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), "path");
    assert_int_equal(counted("unmatched", 4), before + 5);
}

static void head_is_a_method_no_route_has(void **state)
{
    int fd = client_open(f);

    (void)state;
    client_send(fd, "HEAD /fake/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client_read(fd, answer);
    assert_int_equal(status_of(answer), 405);
    close(fd);
}

static void parameters_are_decoded_after_the_path_was_split(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 500, "GET /fake/setting/a%2Fb%20c?q=%41&r=2 HTTP/1.1\r\nHost: a\r\n\r\n"),
                        "NOT_FOUND a/b c q=%41&r=2 ");
}

static void bad_escapes_and_escaped_nul_are_refused(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 400, "GET /fake/setting/a%2 HTTP/1.1\r\nHost: a\r\n\r\n"), "path");
    assert_string_equal(ask(f, answer, 400, "GET /fake/setting/a%zz HTTP/1.1\r\nHost: a\r\n\r\n"), "path");
    assert_string_equal(ask(f, answer, 400, "GET /fake/setting/a%00b HTTP/1.1\r\nHost: a\r\n\r\n"), "path");
}

static void a_body_must_say_that_it_is_json(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 415, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"),
                        "content type");
    assert_string_equal(ask(f, answer, 415, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/jsonp\r\n"
                                            "Content-Length: 2\r\n\r\n{}"), "content type");
    assert_string_equal(ask(f, answer, 200, "POST /fake/echo HTTP/1.1\r\nHost: a\r\n"
                                            "content-type: Application/JSON;charset=utf-8\r\n"
                                            "Content-Length: 2\r\n\r\n{}"), "NONE   {}");
    assert_string_equal(ask(f, answer, 200, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
                        "NONE   ");
}

static void a_body_with_two_lengths_is_refused_and_the_connection_closed(void **state)
{
    int fd = client_open(f);

    (void)state;
    client_send(fd, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(fd, answer);
    assert_int_equal(status_of(answer), 400);
    assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
    assert_true(recv(fd, answer, 1, 0) <= 0);
    close(fd);
}

/* Refused under the dialect's own words, and nothing that follows on the connection is taken for a request. */
static void assert_refused_and_closed(const char *head, const char *rest)
{
    char request[1024];
    int fd = client_open(f);

    snprintf(request, sizeof request, "%s%s\r\n\r\n%s", head, rest, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client_send(fd, request);
    if (strcmp(client_read(fd, answer), "framing") != 0)
        fail_msg("%s: %s", rest, answer);
    assert_int_equal(status_of(answer), 400);
    assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
    assert_true(recv(fd, answer, 1, 0) <= 0);
    close(fd);
}

static void a_request_whose_end_is_in_doubt_is_refused_and_the_connection_closed(void **state)
{
    static const char *const doubts[] = {
        "Content-Length: 0\r\nContent-Length: 0", "Content-Length: 0\r\nContent-Length: 5",
        "Content-Length: 0\r\nTransfer-Encoding: identity", "Content-Length : 5", "Transfer-Encoding\t: chunked",
        "Transfer-Encoding: gzip", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: x",
        "Transfer-Encoding: chunked ", "Transfer-Encoding: chunked\t", "Host: a", "Host: b", "host:",
        "x test: a", "x\x01test: a", "x-t\x7f: a", "x\xe4: a", "x(y): a", ": a", "x-test: a\x01", "x-test: a\rb",
        "x-test: a\r\rContent-Length: 5", "x-test: a\x7f",
    };
    uint64_t before = counted("POST /fake/ignored", 4);

    (void)state;
    for (size_t i = 0; i < sizeof doubts / sizeof *doubts; i++) {
        assert_refused_and_closed("POST /fake/ignored HTTP/1.1\r\nHost: a\r\n", doubts[i]);
        assert_refused_and_closed("GET /fake/hello HTTP/1.1\r\nHost: a\r\n", doubts[i]);
    }
    assert_int_equal(counted("POST /fake/ignored", 4), before + sizeof doubts / sizeof *doubts);
}

static void a_folded_line_cannot_hide_where_a_request_ends(void **state)
{
    static const char *const folds[] = {
        "Content-Length:\r\n 5", "Content-Length: \r\n\t5", "content-length: 4\r\n 6", "Content-Length: 5\r\n \r\n 0",
        "Transfer-Encoding:\r\n chunked", "TRANSFER-ENCODING: chunked\r\n , gzip",
        "x-test: a\r\n Content-Length: 5", "x-test: a\r\n\tTransfer-Encoding:chunked", "x-test:\n Content-Length:5",
        "x-test: a\r\n b", "x-test: a\r\n \t", "x-test:\r\n ", "x-test:a\r\n\tb\r\n c", "x-test: a\n b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
        assert_refused_and_closed("POST /fake/ignored HTTP/1.1\r\nHost: a\r\n", folds[i]);
        assert_refused_and_closed("POST /fake/ignored HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n", folds[i]);
    }
    assert_refused_and_closed("POST /fake/ignored HTTP/1.1\r\n", " Content-Length: 5\r\nHost: a");
}

/* As assert_refused_and_closed(), for a head with a NUL in it. */
static void assert_bytes_refused_and_closed(const char *bytes, size_t n)
{
    int fd = client_open(f);

    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
    assert_string_equal(client_read(fd, answer), "framing");
    assert_int_equal(status_of(answer), 400);
    assert_true(recv(fd, answer, 1, 0) <= 0);
    close(fd);
}

static void what_the_library_hides_is_refused(void **state)
{
    static const char nul_in_length[] = "POST /fake/ignored HTTP/1.1\r\nHost: a\r\nContent-Length: 2\0003\r\n\r\n{}";
    static const char nul_in_value[] = "GET /fake/hello HTTP/1.1\r\nHost: a\r\nx-test: a\0\r\n\r\n";
    static const char nul_before_line[] = "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\0x: y\r\n\r\n";
    static const char nul_alone[] = "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\0\r\n\r\n";
    static const char nul_in_fold[] = "GET /fake/hello HTTP/1.1\r\nHost: a\r\nx-test: a\r\n \0b\r\n\r\n";

    (void)state;
    assert_bytes_refused_and_closed(nul_in_length, sizeof nul_in_length - 1);
    assert_bytes_refused_and_closed(nul_in_value, sizeof nul_in_value - 1);
    assert_bytes_refused_and_closed(nul_before_line, sizeof nul_before_line - 1);
    assert_bytes_refused_and_closed(nul_alone, sizeof nul_alone - 1);
    assert_bytes_refused_and_closed(nul_in_fold, sizeof nul_in_fold - 1);
    assert_refused_and_closed("GET /fake/hello HTTP/1.1\r\nHost: a\r\n", ":\r\nx: y");
    assert_refused_and_closed("GET /fake/hello HTTP/1.1\r\nHost: a\r\n", ": Content-Length: 5");
    assert_refused_and_closed("GET /fake/hello HTTP/1.1\r\nHost: a\n", "x: y");
    assert_refused_and_closed("GET  /fake/hello HTTP/1.1\r\nHost: a\r\n", "x: y");
}

/* The library moves what it has when its room grows, and takes up the rest of an earlier read. */
static void a_head_may_come_in_pieces_and_behind_another(void **state)
{
    enum { PIECE = 700, PIECES = 20 };
    static char piece[PIECE + 1];
    int fd = client_open(f);

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        client_send(fd, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\nGET /fake/hello?a=1&b=%20 HTTP/1.1\r\nHo");
        client_read(fd, answer);
        assert_int_equal(status_of(answer), 200);
        client_send(fd, "st: a\r");
        for (unsigned i = 0; i < PIECES; i++) {
            client_send(fd, "\nx-filler");
            memset(piece, 'f', PIECE);
            memcpy(piece, ":   ", 4);
            client_send(fd, piece);
            client_send(fd, "\r");
        }
        client_send(fd, "\nCookie: a=b; c=\"d\"\r\n\r\n");
        client_read(fd, answer);
        assert_int_equal(status_of(answer), 200);
    }
    close(fd);
}

static void an_old_request_has_no_chunks(void **state)
{
    (void)state;
    assert_refused_and_closed("POST /fake/ignored HTTP/1.0\r\nHost: a\r\n", "Transfer-Encoding: chunked");
}

static void what_a_head_may_hold_is_taken(void **state)
{
    static const char *const lines[] = {
        "Content-Length:0", "Content-Length: \t 0", "x-test:", "x-test:a", "x-test: a\tb ", "x-test: \xe4\xff",
        "!#$%&'*+-.^_`|~09azAZ: a", "Content-Type: text/plain", "Transfer-Encoding:   chunked\r\nx: y",
    };
    char request[1024];

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(request, sizeof request, "GET /fake/hello HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n0\r\n\r\n", lines[i]);
        ask(f, answer, 200, request);
    }
    ask(f, answer, 200, "GET /fake/hello HTTP/1.0\r\n\r\n");
}

static void a_head_may_be_as_large_as_the_limit_and_no_larger(void **state)
{
    static char request[HTTP_HEADERS_MAX + 64];
    const char *begin = "GET /fake/hello?q=1 HTTP/1.1\r\nHost: a\r\nx-filler: ";
    size_t n = strlen(begin);

    (void)state;
    /* The empty line at its end belongs to no header and does not count. */
    memset(request, 'f', sizeof request);
    memcpy(request, begin, n);
    memcpy(request + HTTP_HEADERS_MAX - 2, "\r\n\r\n", 5);
    ask(f, answer, 200, request);
    memset(request + HTTP_HEADERS_MAX - 2, 'f', 1);
    memcpy(request + HTTP_HEADERS_MAX - 1, "\r\n\r\n", 5);
    assert_string_equal(ask(f, answer, 431, request), "headers");
}

static void what_the_library_answers_itself_is_counted(void **state)
{
    static const char *const requests[] = {
        "GET /fake/hello HTTP/1.1\r\n\r\n",
        "GET /fake/hello HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "POST /fake/ignored HTTP/1.1\r\nHost: a\r\nContent-Length: 5x\r\n\r\n",
    };
    uint64_t before = counted("unmatched", 4), n = sizeof requests / sizeof *requests;

    (void)state;
    for (size_t i = 0; i < n; i++)
        ask(f, answer, 400, requests[i]);
    for (int i = 0; i < 2000 && counted("unmatched", 4) < before + n; i++)
        usleep(1000);
    assert_int_equal(counted("unmatched", 4), before + n);
}

static void a_body_nobody_wants_is_ignored(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 200, "POST /fake/ignored HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
                        "NONE   ");
}

static void three_requests_share_a_connection(void **state)
{
    int fd = client_open(f);

    (void)state;
    for (int i = 0; i < 3; i++) {
        client_send(fd, "POST /fake/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        "Content-Length: 4\r\n\r\n1234");
        assert_string_equal(client_read(fd, answer), "NONE   1234");
    }
    close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    int fd = client_open(f);

    (void)state;
    client_send(fd, "PUT /fake/setting/p HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    "Content-Length: 3\r\n\r\none"
                    "GET /fake/setting/p HTTP/1.1\r\nHost: a\r\n\r\n"
                    "GET /fake/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_string_equal(client_read(fd, answer), "NONE p  one");
    assert_string_equal(client_read(fd, answer), "NONE p  one");
    assert_string_equal(client_read(fd, answer), "{\"hello\":\"127.0.0.1\"}");
    close(fd);
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 200, "PUT /fake/setting/colour HTTP/1.1\r\nHost: a\r\n"
                                            "Content-Type: application/json\r\n"
                                            "Content-Length: 5\r\n\r\ngreen"), "NONE colour  green");
    assert_string_equal(ask(f, answer, 200, "GET /fake/setting/colour HTTP/1.1\r\nHost: a\r\n\r\n"),
                        "NONE colour  green");
}

static void a_worker_answers_too(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 200, "POST /fake/worker HTTP/1.1\r\nHost: a\r\n\r\n"), "NONE   ");
}

static void questions_of_a_write_reach_the_batch_hook(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 500, "POST /fake/asking/write HTTP/1.1\r\nHost: a\r\n\r\n"), "SILENT   ");
}

static void questions_outside_a_batch_are_put_one_request_at_a_time(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 500, "POST /fake/asking/read HTTP/1.1\r\nHost: a\r\n\r\n"), "SILENT   ");
    assert_string_equal(ask(f, answer, 500, "POST /fake/asking/later HTTP/1.1\r\nHost: a\r\n\r\n"), "SILENT   ");
    assert_string_equal(ask(f, answer, 500, "POST /fake/asking/worker HTTP/1.1\r\nHost: a\r\n\r\n"), "SILENT   ");
    assert_string_equal(ask(f, answer, 500, "POST /fake/asking/none HTTP/1.1\r\nHost: a\r\n\r\n"), "SILENT   ");
}

static void an_answer_that_does_not_fit_becomes_a_refusal(void **state)
{
    (void)state;
    assert_string_equal(ask(f, answer, 503, "GET /fake/large HTTP/1.1\r\nHost: a\r\n\r\n"), "memory");
}

static void *put_ten(void *arg)
{
    char mine[FIXTURE_ANSWER], request[256], name[16];
    int fd = client_open(f);
    uintptr_t fine = 0;

    snprintf(name, sizeof name, "c%d", *(const int *)arg);
    for (int i = 0; i < 10; i++) {
        snprintf(request, sizeof request,
                 "PUT /fake/setting/%s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                 "Content-Length: 1\r\n\r\n%d", name, i);
        if (send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
            fine += client_read(fd, mine)[0] == 'N' && status_of(mine) == 200;
    }
    close(fd);
    return (void *)fine;
}

static void sixty_four_connections_write_at_once(void **state)
{
    pthread_t threads[64];
    int numbers[64];

    (void)state;
    for (int i = 0; i < 64; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, put_ten, &numbers[i]), 0);
    }
    for (int i = 0; i < 64; i++) {
        void *fine = NULL;

        pthread_join(threads[i], &fine);
        assert_int_equal((uintptr_t)fine, 10);
    }
    assert_string_equal(ask(f, answer, 200, "GET /fake/setting/c63 HTTP/1.1\r\nHost: a\r\n\r\n"), "NONE c63  9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_and_counted_under_its_route),
        cmocka_unit_test(a_body_may_come_in_pieces),
        cmocka_unit_test(a_chunked_body_is_put_together),
        cmocka_unit_test(a_body_of_exactly_the_limit_is_taken),
        cmocka_unit_test(a_body_announced_larger_than_the_limit_is_refused),
        cmocka_unit_test(a_refused_body_is_read_over_and_the_connection_lives),
        cmocka_unit_test(a_chunked_body_that_grows_past_the_limit_is_refused),
        cmocka_unit_test(continue_is_said_to_whoever_waits_for_it),
        cmocka_unit_test(unknown_paths_and_methods_are_refused_apart),
        cmocka_unit_test(head_is_a_method_no_route_has),
        cmocka_unit_test(parameters_are_decoded_after_the_path_was_split),
        cmocka_unit_test(bad_escapes_and_escaped_nul_are_refused),
        cmocka_unit_test(a_body_must_say_that_it_is_json),
        cmocka_unit_test(a_body_with_two_lengths_is_refused_and_the_connection_closed),
        cmocka_unit_test(a_request_whose_end_is_in_doubt_is_refused_and_the_connection_closed),
        cmocka_unit_test(a_folded_line_cannot_hide_where_a_request_ends),
        cmocka_unit_test(what_the_library_hides_is_refused),
        cmocka_unit_test(a_head_may_come_in_pieces_and_behind_another),
        cmocka_unit_test(an_old_request_has_no_chunks),
        cmocka_unit_test(what_a_head_may_hold_is_taken),
        cmocka_unit_test(a_head_may_be_as_large_as_the_limit_and_no_larger),
        cmocka_unit_test(what_the_library_answers_itself_is_counted),
        cmocka_unit_test(a_body_nobody_wants_is_ignored),
        cmocka_unit_test(three_requests_share_a_connection),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_worker_answers_too),
        cmocka_unit_test(questions_of_a_write_reach_the_batch_hook),
        cmocka_unit_test(questions_outside_a_batch_are_put_one_request_at_a_time),
        cmocka_unit_test(an_answer_that_does_not_fit_becomes_a_refusal),
        cmocka_unit_test(sixty_four_connections_write_at_once),
    };

    return cmocka_run_group_tests(tests, open_server, close_server);
}
