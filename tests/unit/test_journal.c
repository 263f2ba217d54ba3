/* test_journal.c */
#include <fcntl.h>
#include <setjmp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/journal.h"

#include "base/banned.h"

enum { TEXT_MAX = 32 * 1024 * 1024 };

struct still { struct clock base; int64_t ms; };

static int64_t still_now_ms(const struct clock *c)
{
    return ((const struct still *)c)->ms;
}

static struct still now = { { still_now_ms }, INT64_C(1694262766123) };

static void masks(struct span in, const char *out)
{
    assert_string_equal(journal_text(in).text, out);
}

static void card_numbers_are_masked_however_they_are_written(void **state)
{
    (void)state;
    masks(SPAN("4111111111111111"), "****************");
    masks(SPAN("4111 1111 1111 1111"), "*******************");
    masks(SPAN("4111-1111-1111-1111"), "*******************");
    masks(SPAN("4111 1111-11111111"), "******************");
    masks(SPAN("card=4111111111111111&cvv=123"), "card=****************&cvv=123");
    masks(SPAN("a 4111111111111111 b"), "a **************** b");
    masks(SPAN("411111111111"), "************");
    masks(SPAN("4 1 1 1 1 1 1 1 1 1 1 1"), "***********************");
    masks(SPAN("6011000990139424 and 4111111111111111"), "**************** and ****************");
    masks(SPAN("4111111111111111-"), "****************-");
}

static void shorter_numbers_are_kept(void **state)
{
    (void)state;
    masks(SPAN("41111111111"), "41111111111");
    masks(SPAN("order-2023-09-09"), "order-2023-09-09");
    masks(SPAN("41111111--1111111"), "41111111--1111111");
    masks(SPAN("41111111a1111111"), "41111111a1111111");
    masks(SPAN(""), "");
    masks((struct span){ 0 }, "");
}

static void times_and_random_ids_are_kept(void **state)
{
    (void)state;
    masks(SPAN("order-1795177204787"), "order-1795177204787");
    masks(SPAN("1795177204787123456"), "1795177204787123456");
    masks(SPAN("ab12cd34111111111111111100000c3f"), "ab12cd34111111111111111100000c3f");
    masks(SPAN("C3894f30-1111-4111-8111-411111111111"), "C3894f******************************");
    masks(SPAN("1-4111111111111111"), "******************");
    masks(SPAN("17951772047871234567"), "********************");
    masks(SPAN("ab12cd3411111111111111110000 c3f"), "ab12cd********************** c3f");
}

static void a_number_across_the_cut_is_still_masked(void **state)
{
    char text[JOURNAL_TEXT + 40];
    struct journal_text t;

    (void)state;
    memset(text, 'x', sizeof text);
    memset(text + JOURNAL_TEXT - 6, '4', 16);
    t = journal_text((struct span){ (const uint8_t *)text, sizeof text });
    assert_int_equal(strlen(t.text), JOURNAL_TEXT - 1);
    assert_null(strchr(t.text, '4'));
    assert_string_equal(t.text + JOURNAL_TEXT - 7, "x*****");
}

static void only_printable_ascii_is_kept(void **state)
{
    (void)state;
    masks(SPAN("a\0b\n\x1b[31m\x7f\xe2\x82\xb9~"), "a?b??[31m????~");
}

/* A file without a name, which the journal writes and the test reads. */
static int new_file(void)
{
    int fd = memfd_create("journal", MFD_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static struct journal *open_on(int fd)
{
    struct journal *j = NULL;

    assert_int_equal(journal_open(&j, fd, "gateway", &now.base), FAULT_NONE);
    return j;
}

/* The whole text of the file, which the caller frees. */
static char *text_of(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, TEXT_MAX + 1);

    assert_in_range(size, 0, TEXT_MAX);
    assert_non_null(text);
    assert_int_equal(pread(fd, text, TEXT_MAX, 0), size);
    (void)close(fd);
    return text;
}

static void wrote(int fd, const char *want)
{
    char *text = text_of(fd);

    assert_string_equal(text, want);
    free(text);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

#define AT_START "{\"time\":\"1970-01-01T00:00:00.001Z\",\"process\":\"gateway\",\"kind\":"
#define AT_NOW   "{\"time\":\"2023-09-09T12:32:46.123Z\",\"process\":\"gateway\",\"kind\":"

static void a_request_is_one_line(void **state)
{
    int fd = new_file();
    struct journal *j = open_on(fd);
    struct journal_request r = {
        .at_ms = 1, .took_us = 812, .merchant = 7, .route = "POST /pg/orders", .status = 200,
        .request_id = journal_text(SPAN("r-\"1\"")),
    };

    (void)state;
    journal_request(j, &r);
    r.merchant = 0;
    r.status = 401;
    journal_request(j, &r);
    journal_close(j);
    wrote(fd, AT_START "\"request\",\"request_id\":\"r-\\\"1\\\"\","
              "\"merchant\":7,\"route\":\"POST /pg/orders\",\"status\":200,\"duration_us\":812}\n"
              AT_START "\"request\",\"request_id\":\"r-\\\"1\\\"\","
              "\"merchant\":null,\"route\":\"POST /pg/orders\",\"status\":401,\"duration_us\":812}\n");
}

static void a_request_has_its_mark_for_routing_only_when_it_came_with_one(void **state)
{
    int fd = new_file();
    struct journal *j = open_on(fd);
    struct journal_request r = {
        .at_ms = 1, .took_us = 5, .merchant = 7, .route = "GET /a", .status = 200,
        .request_id = journal_text(SPAN("r")), .routing_id = journal_text(SPAN("customer 4111 1111 1111 1111")),
    };

    (void)state;
    journal_request(j, &r);
    r.routing_id = journal_text(SPAN(""));
    journal_request(j, &r);
    journal_close(j);
    wrote(fd, AT_START "\"request\",\"request_id\":\"r\",\"routing_id\":\"customer *******************\","
              "\"merchant\":7,\"route\":\"GET /a\",\"status\":200,\"duration_us\":5}\n"
              AT_START "\"request\",\"request_id\":\"r\","
              "\"merchant\":7,\"route\":\"GET /a\",\"status\":200,\"duration_us\":5}\n");
}

static void an_event_has_its_detail_only_when_given(void **state)
{
    int fd = new_file();
    struct journal *j = open_on(fd);
    struct journal_text detail = journal_text(SPAN("4111111111111111"));

    (void)state;
    journal_event(j, JOURNAL_INFO, "ready", 0, NULL);
    journal_event(j, JOURNAL_WARNING, "slow", 12, NULL);
    journal_event(j, JOURNAL_ERROR, "odd", -1, &detail);
    journal_close(j);
    wrote(fd, AT_NOW "\"event\",\"level\":\"info\",\"what\":\"ready\"}\n"
              AT_NOW "\"event\",\"level\":\"warning\",\"what\":\"slow\",\"n\":12}\n"
              AT_NOW "\"event\",\"level\":\"error\",\"what\":\"odd\",\"n\":-1,"
              "\"text\":\"****************\"}\n");
}

static void a_date_out_of_range_still_makes_a_line(void **state)
{
    int fd = new_file();
    struct journal *j = open_on(fd);
    struct journal_request r = { .at_ms = INT64_MIN, .route = "r", .status = 200 };
    char *text;

    (void)state;
    journal_request(j, &r);
    r.at_ms = INT64_MAX;
    journal_request(j, &r);
    journal_close(j);
    text = text_of(fd);
    assert_non_null(strstr(text, "1970-01-01T00:00:00.000Z"));
    assert_non_null(strstr(text, "9999-12-31T23:59:59.999Z"));
    free(text);
}

static void no_journal_keeps_nothing(void **state)
{
    const struct journal_request r = { .route = "r" };

    (void)state;
    journal_request(NULL, &r);
    journal_event(NULL, JOURNAL_INFO, "ready", 0, NULL);
    journal_close(NULL);
}

/* A pipe that nobody reads takes 64 KiB; behind it two buffers fill, and then lines are dropped. */
static void lines_are_dropped_and_counted_when_nobody_takes_them(void **state)
{
    struct journal *j;
    char what[500], *text = calloc(1, TEXT_MAX);
    size_t lines = 0, got = 0;
    int ends[2];

    (void)state;
    assert_non_null(text);
    memset(what, 'w', sizeof what);
    what[sizeof what - 1] = '\0';
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    j = open_on(ends[1]);
    for (; journal_dropped(j) < 10 && lines < 100000; lines++)
        journal_event(j, JOURNAL_INFO, what, 0, NULL);
    assert_int_equal(journal_dropped(j), 10);
    while (!strstr(text + (got > 4096 ? got - 4096 : 0), "\"after\"")) {    /* read until there is room again */
        ssize_t n = read(ends[0], text + got, 65536);
        assert_true(n > 0);
        got += (size_t)n;
        journal_event(j, JOURNAL_INFO, "after", 0, NULL);
    }
    assert_true(journal_dropped(j) >= 10);
    assert_non_null(strstr(text, "\"what\":\"journal lines were dropped\",\"n\":"));
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (read(ends[0], text, 65536) > 0)
        ;
    journal_close(j);
    (void)close(ends[0]);
    (void)close(ends[1]);
    free(text);
}

static void a_pipe_that_is_full_for_a_moment_loses_nothing(void **state)
{
    enum { LINES = 2000 };
    struct journal *j;
    char chunk[4096];
    size_t got = 0;
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    j = open_on(ends[1]);
    for (int i = 0; i < LINES; i++)
        journal_event(j, JOURNAL_INFO, "more than the pipe can hold at once", 0, NULL);
    while (got < LINES) {
        ssize_t n = read(ends[0], chunk, sizeof chunk - 1);
        assert_true(n > 0);
        chunk[n] = '\0';
        got += count_lines(chunk);
    }
    assert_int_equal(journal_dropped(j), 0);
    journal_close(j);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* RLIMIT_FSIZE plays the full disk: the write ends early in a line, the next one fails. */
static void a_full_disk_loses_lines_but_tears_none_that_follow(void **state)
{
    struct rlimit was, tight;
    char path[] = "/tmp/test_journal_XXXXXX", *text;
    int fd = mkstemp(path);
    struct journal *j;

    (void)state;
    assert_true(fd >= 0);
    (void)unlink(path);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    tight = (struct rlimit){ 50, was.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    j = open_on(fd);
    journal_event(j, JOURNAL_INFO, "first", 0, NULL);
    while (journal_dropped(j) == 0)
        (void)usleep(1000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    journal_event(j, JOURNAL_INFO, "second", 0, NULL);
    assert_int_equal(journal_dropped(j), 1);
    journal_close(j);
    text = text_of(fd);
    assert_int_equal(count_lines(text), 3);
    assert_int_equal(strcspn(text, "\n"), 50);           /* the torn line */
    assert_non_null(strstr(text, "\n{\"time\":\"2023-09-09T12:32:46.123Z\",\"process\":\"gateway\",\"kind\":\"event\","
                                 "\"level\":\"warning\",\"what\":\"journal lines were dropped\",\"n\":1}\n"));
    assert_non_null(strstr(text, "\"second\"}\n"));
    free(text);
}

static void a_line_too_long_is_dropped_and_told_of(void **state)
{
    int fd = new_file();
    struct journal *j = open_on(fd);
    char what[2000], *text;

    (void)state;
    memset(what, 'w', sizeof what);
    what[sizeof what - 1] = '\0';
    journal_event(j, JOURNAL_INFO, what, 0, NULL);
    assert_int_equal(journal_dropped(j), 1);
    journal_close(j);
    text = text_of(fd);
    assert_int_equal(count_lines(text), 1);
    assert_non_null(strstr(text, "\"n\":1}"));
    free(text);
}

enum { THREADS = 4, EACH = 3000 };

static void *write_many(void *arg)
{
    const struct journal_request r = { .at_ms = 1, .merchant = 1, .route = "GET /pg/orders/{order_id}", .status = 200 };

    for (int i = 0; i < EACH; i++)
        journal_request(arg, &r);
    return NULL;
}

static void lines_of_many_threads_never_mix(void **state)
{
    int fd = new_file();
    struct journal *j = open_on(fd);
    pthread_t thread[THREADS];
    uint64_t dropped;
    char *text, *line, *save;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, write_many, j), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    dropped = journal_dropped(j);
    journal_close(j);
    text = text_of(fd);
    assert_true(count_lines(text) + dropped >= THREADS * EACH);
    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        assert_true(strncmp(line, "{\"time\":\"", 9) == 0);
        assert_int_equal(line[strlen(line) - 1], '}');
        assert_null(strstr(line + 1, "{\"time\""));
    }
    free(text);
}

static void what_waits_is_written_without_being_asked(void **state)
{
    struct journal *j;
    char byte;
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    j = open_on(ends[1]);
    journal_event(j, JOURNAL_INFO, "ready", 0, NULL);
    assert_int_equal(read(ends[0], &byte, 1), 1);        /* waits until the journal's thread has written */
    assert_int_equal(byte, '{');
    journal_close(j);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* What the journal at `fd` sends to standard error; the caller frees it. */
static char *heard_on_stderr(int fd)
{
    int kept = dup(STDERR_FILENO), heard = memfd_create("stderr", MFD_CLOEXEC);
    struct journal *j;

    assert_true(kept >= 0 && heard >= 0 && dup2(heard, STDERR_FILENO) == STDERR_FILENO);
    j = open_on(fd < 0 ? heard : fd);
    journal_event(j, JOURNAL_INFO, "all is well", 0, NULL);
    journal_event(j, JOURNAL_ERROR, "the disk is full", 0, NULL);
    journal_close(j);
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    (void)close(kept);
    return text_of(heard);
}

static void an_error_is_also_on_standard_error_even_when_the_file_takes_nothing(void **state)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    char *text = heard_on_stderr(full);

    (void)state;
    assert_non_null(strstr(text, "the disk is full"));
    assert_null(strstr(text, "all is well"));
    free(text);
    (void)close(full);
}

static void a_journal_on_standard_error_says_nothing_twice(void **state)
{
    char *text = heard_on_stderr(-1);
    const char *first = strstr(text, "the disk is full");

    (void)state;
    assert_non_null(first);
    assert_null(strstr(first + 1, "the disk is full"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_is_also_on_standard_error_even_when_the_file_takes_nothing),
        cmocka_unit_test(a_journal_on_standard_error_says_nothing_twice),
        cmocka_unit_test(card_numbers_are_masked_however_they_are_written),
        cmocka_unit_test(shorter_numbers_are_kept),
        cmocka_unit_test(times_and_random_ids_are_kept),
        cmocka_unit_test(a_number_across_the_cut_is_still_masked),
        cmocka_unit_test(only_printable_ascii_is_kept),
        cmocka_unit_test(a_request_is_one_line),
        cmocka_unit_test(a_request_has_its_mark_for_routing_only_when_it_came_with_one),
        cmocka_unit_test(an_event_has_its_detail_only_when_given),
        cmocka_unit_test(a_date_out_of_range_still_makes_a_line),
        cmocka_unit_test(no_journal_keeps_nothing),
        cmocka_unit_test(lines_are_dropped_and_counted_when_nobody_takes_them),
        cmocka_unit_test(a_pipe_that_is_full_for_a_moment_loses_nothing),
        cmocka_unit_test(a_full_disk_loses_lines_but_tears_none_that_follow),
        cmocka_unit_test(a_line_too_long_is_dropped_and_told_of),
        cmocka_unit_test(lines_of_many_threads_never_mix),
        cmocka_unit_test(what_waits_is_written_without_being_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
