/* test_metrics.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/metrics.h"

#include "base/banned.h"

static struct metrics m;
static char text[METRICS_TEXT + 1];

static int setup(void **state)
{
    (void)state;
    memset(&m, 0, sizeof m);
    return 0;
}

static void show(void)
{
    struct buf b = { (uint8_t *)text, 0, METRICS_TEXT, false };

    metrics_show(&m, &b);
    assert_false(b.full);
    text[b.n] = '\0';
}

/* Is `line` one whole line of what is shown? */
static void shows(const char *line)
{
    size_t n = strlen(line);

    for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
        if ((at == text || at[-1] == '\n') && at[n] == '\n')
            return;
    fail_msg("no line '%s'", line);
}

static void a_route_without_requests_is_shown_with_zeros(void **state)
{
    (void)state;
    assert_non_null(metrics_route(&m, "POST /pg/orders"));
    show();
    shows("tijori_requests_total{route=\"POST /pg/orders\",class=\"2xx\"} 0");
    shows("tijori_requests_total{route=\"POST /pg/orders\",class=\"5xx\"} 0");
    shows("tijori_request_duration_seconds_bucket{route=\"POST /pg/orders\",le=\"+Inf\"} 0");
    shows("tijori_request_duration_seconds_sum{route=\"POST /pg/orders\"} 0.000000");
    shows("tijori_request_duration_seconds_count{route=\"POST /pg/orders\"} 0");
}

static void requests_are_counted_by_route_and_class(void **state)
{
    struct metrics_route *a = metrics_route(&m, "A"), *b = metrics_route(&m, "B");

    (void)state;
    metrics_count(a, 200, 10);
    metrics_count(a, 299, 10);
    metrics_count(a, 404, 10);
    metrics_count(b, 503, 10);
    show();
    shows("tijori_requests_total{route=\"A\",class=\"2xx\"} 2");
    shows("tijori_requests_total{route=\"A\",class=\"4xx\"} 1");
    shows("tijori_requests_total{route=\"A\",class=\"5xx\"} 0");
    shows("tijori_requests_total{route=\"B\",class=\"2xx\"} 0");
    shows("tijori_requests_total{route=\"B\",class=\"5xx\"} 1");
}

static void a_status_that_does_not_exist_counts_as_our_error(void **state)
{
    struct metrics_route *a = metrics_route(&m, "A");

    (void)state;
    metrics_count(a, 0, 1);
    metrics_count(a, 99, 1);
    metrics_count(a, 600, 1);
    show();
    shows("tijori_requests_total{route=\"A\",class=\"5xx\"} 3");
}

static void buckets_include_their_bound_and_all_smaller_ones(void **state)
{
    struct metrics_route *a = metrics_route(&m, "A");

    (void)state;
    metrics_count(a, 200, 250);
    metrics_count(a, 200, 251);
    metrics_count(a, 200, 5000000);
    metrics_count(a, 200, 5000001);
    metrics_count(a, 200, -4);
    show();
    shows("tijori_request_duration_seconds_bucket{route=\"A\",le=\"0.00025\"} 2");
    shows("tijori_request_duration_seconds_bucket{route=\"A\",le=\"0.0005\"} 3");
    shows("tijori_request_duration_seconds_bucket{route=\"A\",le=\"1\"} 3");
    shows("tijori_request_duration_seconds_bucket{route=\"A\",le=\"5\"} 4");
    shows("tijori_request_duration_seconds_bucket{route=\"A\",le=\"+Inf\"} 5");
    shows("tijori_request_duration_seconds_count{route=\"A\"} 5");
    shows("tijori_request_duration_seconds_sum{route=\"A\"} 10.000502");
}

static void batches_fill_their_histogram(void **state)
{
    (void)state;
    metrics_batch(&m, 1);
    metrics_batch(&m, 2);
    metrics_batch(&m, 3);
    metrics_batch(&m, 512);
    metrics_batch(&m, 513);
    metrics_batch(&m, 4);
    show();
    shows("tijori_commits_total 6");
    shows("tijori_batch_jobs_bucket{le=\"1\"} 1");
    shows("tijori_batch_jobs_bucket{le=\"2\"} 2");
    shows("tijori_batch_jobs_bucket{le=\"4\"} 4");
    shows("tijori_batch_jobs_bucket{le=\"512\"} 5");
    shows("tijori_batch_jobs_bucket{le=\"+Inf\"} 6");
    shows("tijori_batch_jobs_sum 1035");
    shows("tijori_batch_jobs_count 6");
    shows("tijori_batch_jobs_largest 513");
}

static void every_other_number_has_its_line(void **state)
{
    (void)state;
    m.commit_failures = 1;
    m.write_queue = -2;
    m.worker_queue = 3;
    m.connections = 4;
    m.restarts_keyholder = 5;
    m.restarts_gateway = 6;
    m.keyholder_calls = 7;
    m.keyholder_failures = 8;
    m.journal_dropped = 9;
    show();
    shows("tijori_commit_failures_total 1");
    shows("tijori_write_queue_depth -2");
    shows("tijori_worker_queue_depth 3");
    shows("tijori_connections 4");
    shows("tijori_process_restarts_total{process=\"keyholder\"} 5");
    shows("tijori_process_restarts_total{process=\"gateway\"} 6");
    shows("tijori_keyholder_calls_total 7");
    shows("tijori_keyholder_failures_total 8");
    shows("tijori_journal_dropped_lines_total 9");
    shows("# TYPE tijori_request_duration_seconds histogram");
    shows("# TYPE tijori_connections gauge");
    shows("# TYPE tijori_commits_total counter");
}

/* The format wants every line to be a comment or `name value`, and one HELP and TYPE in front of each family. */
static void every_family_is_introduced_before_its_first_line(void **state)
{
    char family[80] = "";
    char *save, *line;

    (void)state;
    assert_non_null(metrics_route(&m, "A"));
    show();
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "# HELP ", 7) == 0)
            continue;
        if (strncmp(line, "# TYPE ", 7) == 0) {
            size_t n = strcspn(line + 7, " ");
            assert_true(n < sizeof family);
            memcpy(family, line + 7, n);
            family[n] = '\0';
            continue;
        }
        assert_true(strncmp(line, family, strlen(family)) == 0);
        assert_non_null(strrchr(line, ' '));
    }
}

static void rows_run_out_politely_and_all_of_them_can_be_shown(void **state)
{
    (void)state;
    for (int i = 0; i < METRICS_ROUTES; i++) {
        struct metrics_route *r = metrics_route(&m, "DELETE /admin/v1/merchants/{merchant_id}/keys/id");
        assert_non_null(r);
        r->sum_us = UINT64_MAX;
        for (int c = 0; c < METRICS_CLASSES; c++)
            r->by_class[c] = UINT64_MAX;
        r->bucket[0] = UINT64_MAX;
    }
    assert_null(metrics_route(&m, "one more"));
    show();
}

static void a_buffer_too_small_is_left_full_not_overrun(void **state)
{
    uint8_t small[100];
    struct buf b = BUF(small);

    (void)state;
    metrics_show(&m, &b);
    assert_true(b.full);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_route_without_requests_is_shown_with_zeros),
        T(requests_are_counted_by_route_and_class),
        T(a_status_that_does_not_exist_counts_as_our_error),
        T(buckets_include_their_bound_and_all_smaller_ones),
        T(batches_fill_their_histogram),
        T(every_other_number_has_its_line),
        T(every_family_is_introduced_before_its_first_line),
        T(rows_run_out_politely_and_all_of_them_can_be_shown),
        T(a_buffer_too_small_is_left_full_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
