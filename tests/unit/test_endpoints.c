/* test_endpoints.c: endpoints and deliveries, through the admin listener's routes. */
#include "webhook_bed.h"

#include "dialect/admin/admin.h"
#include "service/endpoints.h"

#include "base/banned.h"

enum { SHOWN_MAX = 64 * 1024 };

#define HOOKS "/admin/merchants/{id}/webhooks"
#define REMOVE "/admin/merchants/{id}/webhooks/{no}/remove"
#define DELIVERIES "/admin/merchants/{id}/deliveries"
#define DELIVERY "/admin/merchants/{id}/deliveries/{no}"
#define RESEND "/admin/merchants/{id}/deliveries/{no}/resend"
#define URL "https://shop.example/hook"

static struct exchange x;
static const char *query;
static char shown[SHOWN_MAX];

static enum fault gather(struct webhook_letter *l, struct store_tx *tx)
{
    (void)l;
    (void)tx;
    return FAULT_NONE;
}

static enum fault write(struct webhook_letter *l)
{
    l->body = SPAN("a \"body\"");
    l->content_type = "text/plain";
    return FAULT_NONE;
}

static const struct webhook_writer writer = { .kind = ENDPOINT_CASHFREE, .wants = 0x7f, .gather = gather,
                                              .write = write };
static const struct webhook_writer *const writers[] = { &writer, NULL };

static struct span header(const struct exchange *of, const char *name)
{
    (void)of;
    return strcmp(name, "Authorization") == 0 ? SPAN("Bearer " FIXTURE_ADMIN) : (struct span){ 0 };
}

static int setup(void **state)
{
    struct wbed *b = wbed_open(state, writers);

    if (!b)
        return -1;
    b->f->services.webhooks = b->webhooks;
    query = NULL;
    fixture_admin(b->f);
    return 0;
}

static int teardown(void **state)
{
    struct wbed *b = *state;

    b->f->services.webhooks = NULL;
    *state = b->f;
    wbed_free(b);
    return fixture_teardown(state);
}

static const struct route *route_of(const char *method, const char *path)
{
    for (const struct route *r = admin_dialect.routes; r->method; r++)
        if (strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0)
            return r;
    fail_msg("no such route: %s %s", method, path);
    return NULL;
}

static enum fault run_work(struct store_tx *tx, void *arg)
{
    (void)arg;
    return x.route->work(&x, tx);
}

/* A request about the demo merchant; `no` is what else the path names. */
static unsigned ask(struct wbed *b, const char *method, const char *path, const char *no, const char *body)
{
    char id[24];
    struct buf digits = BUF(id);

    arena_reset(b->f->arena);
    buf_i64(&digits, b->f->merchant.merchant_id);
    x = (struct exchange){ .services = b->s, .dialect = &admin_dialect, .arena = b->f->arena, .reader = b->f->reader,
                           .method = method, .path = span_of(path), .body = span_of(body), .now_ms = FIXTURE_NOW,
                           .header = header, .query = span_of(query), .params = { buf_view(&digits), span_of(no) } };
    x.route = route_of(method, path);
    if (x.route->parse(&x) == STEP_GO)
        x.route->show(&x, store_read(b->f->reader, run_work, NULL));
    assert_false(x.answer.body.full);
    assert_int_equal(span_text(shown, sizeof shown, buf_view(&x.answer.body)), FAULT_NONE);
    return x.answer.status;
}

static void an_endpoint_is_added_listed_and_removed(void **state)
{
    struct wbed *b = *state;

    assert_int_equal(ask(b, "POST", HOOKS, NULL, "{\"url\":\"" URL "\"}"), 200);
    assert_string_equal(shown, "{\"merchant_id\":1,\"endpoint\":1,\"added\":true}");
    assert_int_equal(ask(b, "POST", HOOKS, NULL, "{\"url\":\"" URL "\",\"kind\":\"cashfree\","
                         "\"version\":\"2023-08-01\",\"events\":[\"REFUND\",\"AUTO_REFUND\"],"
                         "\"policy\":\"fixed\",\"tries\":5,"
                         "\"interval_seconds\":60}"), 200);
    assert_int_equal(ask(b, "GET", HOOKS, NULL, NULL), 200);
    assert_string_equal(shown,
        "{\"endpoints\":[{\"endpoint\":1,\"kind\":\"cashfree\",\"url\":\"" URL "\",\"version\":\"2025-01-01\","
        "\"events\":[\"PAYMENT_SUCCESS\",\"PAYMENT_FAILED\",\"PAYMENT_DROPPED\",\"REFUND\",\"AUTO_REFUND\","
        "\"INSTRUMENT_ACTIVE\",\"INSTRUMENT_FAILED\"],\"policy\":\"default\","
        "\"created_at\":\"2023-11-15T03:43:20+05:30\"},"
        "{\"endpoint\":2,\"kind\":\"cashfree\",\"url\":\"" URL "\",\"version\":\"2023-08-01\","
        "\"events\":[\"REFUND\",\"AUTO_REFUND\"],\"policy\":\"fixed\",\"tries\":5,\"interval_seconds\":60,"
        "\"created_at\":\"2023-11-15T03:43:20+05:30\"}]}");
    assert_int_equal(ask(b, "POST", REMOVE, "1", NULL), 200);
    assert_int_equal(ask(b, "POST", REMOVE, "1", NULL), 404);
    assert_int_equal(ask(b, "GET", HOOKS, NULL, NULL), 200);
    assert_null(strstr(shown, "\"endpoint\":1,"));
    assert_int_equal(ask(b, "POST", HOOKS, NULL, "{\"url\":\"" URL "\"}"), 200);
    assert_string_equal(shown, "{\"merchant_id\":1,\"endpoint\":3,\"added\":true}");      /* no number comes twice */
}

static void what_is_wrong_with_an_endpoint_is_said(void **state)
{
    static const struct { const char *body, *why; } cases[] = {
        { "{}", "url is missing" },
        { "{\"url\":\"ftp://shop.example\"}", "\"message\":" },
        { "{\"url\":\"https://a:b@shop.example\"}", "\"message\":" },
        { "{\"url\":\"" URL "\",\"kind\":\"form\"}", "kind must be" },
        { "{\"url\":\"" URL "\",\"kind\":\"other\"}", "kind must be" },
        { "{\"url\":\"" URL "\",\"version\":\"2020-01-01\"}", "version must be" },
        { "{\"url\":\"" URL "\",\"events\":[\"TOKEN\"]}", "events must be" },
        { "{\"url\":\"" URL "\",\"events\":[\"RAIN\"]}", "events must be" },
        { "{\"url\":\"" URL "\",\"policy\":\"never\"}", "policy must be" },
        { "{\"url\":\"" URL "\",\"policy\":\"fixed\",\"interval_seconds\":60}", "tries must be" },
        { "{\"url\":\"" URL "\",\"policy\":\"exponential\",\"tries\":3}", "interval_seconds must be" },
        { "{\"url\":\"" URL "\",\"policy\":\"custom\",\"intervals\":\"1,x\"}", "intervals must be" },
        { "{\"url\":\"" URL "\",\"authorization\":\"abc\"}", "authorization goes with" },
        { "{\"url\":\"" URL "\",\"kind\":\"juspay\",\"authorization\":\"a\\r\\nb: c\"}", "authorization must be" },
    };
    struct wbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ask(b, "POST", HOOKS, NULL, cases[i].body), 400);
        assert_non_null(strstr(shown, cases[i].why));
    }
}

static void a_merchant_has_only_so_many_endpoints(void **state)
{
    struct wbed *b = *state;

    for (int i = 0; i < ENDPOINTS_MAX; i++)
        assert_int_equal(ask(b, "POST", HOOKS, NULL, "{\"url\":\"" URL "\"}"), 200);
    assert_int_equal(ask(b, "POST", HOOKS, NULL, "{\"url\":\"" URL "\"}"), 409);
    assert_int_equal(ask(b, "POST", REMOVE, "4", NULL), 200);
    assert_int_equal(ask(b, "POST", HOOKS, NULL, "{\"url\":\"" URL "\"}"), 200);
}

static void tell(struct wbed *b, int64_t order_no)
{
    wbed_tell(b, (struct webhook_news){ .event = WEBHOOK_REFUND, .merchant_id = b->f->merchant.merchant_id,
                                        .order_no = order_no, .subject_no = 1, .at_ms = FIXTURE_NOW });
}

/* The number of a delivery as text. */
static const char *number(char out[static 24], const struct outbox_row *row)
{
    struct buf b = { (uint8_t *)out, 0, 23, false };

    buf_i64(&b, row->delivery_no);
    out[b.n] = '\0';
    return out;
}

static void a_delivery_is_shown_with_its_body_and_sent_again(void **state)
{
    struct wbed *b = *state;
    struct outbox_row row;
    char no[24];

    assert_int_equal(ask(b, "POST", HOOKS, NULL, "{\"url\":\"" URL "\"}"), 200);
    wbed_answers(b, COURIER_ANSWERED, 503);
    tell(b, 7);
    row = wbed_wait(b, 1, 0, DELIVERY_DUE, 1);
    assert_int_equal(ask(b, "GET", DELIVERY, number(no, &row), NULL), 200);
    assert_non_null(strstr(shown, "\"endpoint\":1,\"kind\":\"cashfree\",\"url\":null,\"event\":\"REFUND\","
                           "\"order_id\":null,\"state\":\"due\",\"attempts\":1,\"outcome\":"));
    assert_non_null(strstr(shown, "\"status\":503,\"told_at\":\"2023-11-15T03:43:20+05:30\","
                           "\"due_at\":\"2023-11-15T03:45:20+05:30\",\"ended_at\":\"2023-11-15T03:43:20+05:30\","
                           "\"body\":\"a \\\"body\\\"\"}"));
    wbed_answers(b, COURIER_ANSWERED, 200);
    assert_int_equal(ask(b, "POST", RESEND, number(no, &row), NULL), 200);
    wbed_wait(b, 1, 0, DELIVERY_DONE, 2);
    assert_int_equal(ask(b, "POST", RESEND, "12", NULL), 404);
    assert_int_equal(ask(b, "GET", DELIVERY, "12", NULL), 404);
    assert_int_equal(ask(b, "GET", DELIVERY, "x", NULL), 404);
}

static void what_waits_is_not_sent_out_of_turn(void **state)
{
    struct wbed *b = *state;
    struct outbox_row row;
    char no[24];

    assert_int_equal(ask(b, "POST", HOOKS, NULL, "{\"url\":\"" URL "\"}"), 200);
    wbed_answers(b, COURIER_ANSWERED, 503);
    tell(b, 7);
    wbed_wait(b, 1, 0, DELIVERY_DUE, 1);
    tell(b, 7);
    row = wbed_row(b, 1, 0);
    assert_int_equal(row.state, DELIVERY_WAITS);
    assert_int_equal(ask(b, "POST", RESEND, number(no, &row), NULL), 409);
}

static void deliveries_are_listed_newest_first_and_by_state(void **state)
{
    struct wbed *b = *state;
    char no[24], before[64];
    struct buf q = BUF(before);
    struct outbox_row row;

    assert_int_equal(ask(b, "POST", HOOKS, NULL, "{\"url\":\"" URL "\"}"), 200);
    tell(b, 7);
    wbed_wait(b, 1, 0, DELIVERY_DONE, 1);
    wbed_answers(b, COURIER_ANSWERED, 503);
    tell(b, 8);
    row = wbed_wait(b, 1, 0, DELIVERY_DUE, 1);
    assert_int_equal(ask(b, "GET", DELIVERIES, NULL, NULL), 200);
    assert_true(strstr(shown, "\"state\":\"due\"") < strstr(shown, "\"state\":\"done\""));
    query = "state=done";
    assert_int_equal(ask(b, "GET", DELIVERIES, NULL, NULL), 200);
    assert_null(strstr(shown, "\"state\":\"due\""));
    assert_non_null(strstr(shown, "\"state\":\"done\""));
    buf_text(&q, "before=");
    buf_text(&q, number(no, &row));
    buf_byte(&q, '\0');
    query = before;
    assert_int_equal(ask(b, "GET", DELIVERIES, NULL, NULL), 200);
    assert_null(strstr(shown, "\"state\":\"due\""));
    query = "state=lost";
    assert_int_equal(ask(b, "GET", DELIVERIES, NULL, NULL), 400);
    query = "order_id=nowhere";
    assert_int_equal(ask(b, "GET", DELIVERIES, NULL, NULL), 404);
}

#define OVER_BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_BED(an_endpoint_is_added_listed_and_removed),
        OVER_BED(what_is_wrong_with_an_endpoint_is_said),
        OVER_BED(a_merchant_has_only_so_many_endpoints),
        OVER_BED(a_delivery_is_shown_with_its_body_and_sent_again),
        OVER_BED(what_waits_is_not_sent_out_of_turn),
        OVER_BED(deliveries_are_listed_newest_first_and_by_state),
    };

    return cmocka_run_group_tests_name("endpoints", tests, NULL, NULL);
}
