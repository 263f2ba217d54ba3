/* test_admin.c: the admin dialect over a real store and keyholder, without HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "base/metrics.h"
#include "courier/courier.h"
#include "dialect/admin/admin.h"
#include "fixture.h"

enum { SHOWN_MAX = 64 * 1024 };

#define BEARER "Bearer " FIXTURE_ADMIN

static struct metrics metrics;
static struct exchange x;
static const char *authorization = BEARER;
static char shown[SHOWN_MAX];

static struct span header(const struct exchange *of, const char *name)
{
    (void)of;
    return strcmp(name, "Authorization") == 0 ? span_of(authorization) : (struct span){ 0 };
}

static int setup(void **state)
{
    struct fixture *f;

    json_in_start();
    fixture_setup(state);
    f = *state;
    memset(&metrics, 0, sizeof metrics);
    f->services.metrics = &metrics;
    fixture_admin(f);
    return 0;
}

static enum fault run_work(struct store_tx *tx, void *arg)
{
    (void)arg;
    return x.route->work(&x, tx);
}

static const struct route *route_of(const char *method, const char *path)
{
    for (const struct route *r = admin_dialect.routes; r->method; r++) {
        if (strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0)
            return r;
    }
    fail_msg("no such route: %s %s", method, path);
    return NULL;
}

/* Send a request through its route's functions; the answer's status is the result, its body is in `shown`. */
static unsigned ask(struct fixture *f, const char *method, const char *path, const char *param, const char *body)
{
    arena_reset(f->arena);
    x = (struct exchange){ .services = &f->services, .dialect = &admin_dialect, .arena = f->arena, .reader = f->reader,
                           .method = method, .path = span_of(path), .body = span_of(body), .now_ms = FIXTURE_NOW,
                           .header = header, .params = { span_of(param) } };
    x.route = route_of(method, path);
    if (x.route->parse(&x) == STEP_GO)
        x.route->show(&x, x.route->work ? store_read(f->reader, run_work, NULL) : FAULT_NONE);
    assert_false(x.answer.body.full);
    assert_int_equal(span_text(shown, sizeof shown, buf_view(&x.answer.body)), FAULT_NONE);
    return x.answer.status;
}

static void assert_shows(const char *text)
{
    if (!strstr(shown, text))
        fail_msg("\"%s\" is not in: %s", text, shown);
}

static void health_is_ok_without_a_token(void **state)
{
    authorization = NULL;
    assert_int_equal(ask(*state, "GET", "/healthz", NULL, NULL), 200);
    authorization = BEARER;
    assert_string_equal(shown, "ok\n");
    assert_string_equal(x.answer.content_type, "text/plain");
}

static void readiness_needs_store_and_keyholder(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, "GET", "/readyz", NULL, NULL), 200);
    assert_string_equal(shown, "{\"ready\":true,\"courier\":\"none\"}");
    fixture_keyholder_stop(f);
    assert_int_equal(ask(f, "GET", "/readyz", NULL, NULL), 503);
    assert_string_equal(shown, "{\"ready\":false,\"why\":\"the keyholder is not connected\"}");
    fixture_keyholder_start(f);
    assert_int_equal(ask(f, "GET", "/readyz", NULL, NULL), 200);
}

static void a_server_without_its_courier_is_ready_and_says_so(void **state)
{
    struct fixture *f = *state;
    int pair[2];

    assert_int_equal(courier_new(&f->services.courier, NULL), FAULT_NONE);
    assert_int_equal(ask(f, "GET", "/readyz", NULL, NULL), 200);
    assert_string_equal(shown, "{\"ready\":true,\"courier\":\"down\"}");
    assert_int_equal(ask(f, "GET", "/metrics", NULL, NULL), 200);
    assert_shows("\ntijori_courier_up 0\n");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    courier_channel(f->services.courier, pair[0]);
    assert_int_equal(ask(f, "GET", "/readyz", NULL, NULL), 200);
    assert_string_equal(shown, "{\"ready\":true,\"courier\":\"up\"}");
    assert_int_equal(ask(f, "GET", "/metrics", NULL, NULL), 200);
    assert_shows("\ntijori_courier_up 1\n");
    assert_shows("\ntijori_courier_requests_total{outcome=\"ANSWERED\"} 0\n");
    close(pair[1]);
    courier_free(f->services.courier);
    f->services.courier = NULL;
}

static void a_keyholder_that_is_there_and_does_not_answer_is_not_ready(void **state)
{
    struct fixture *f = *state;
    int far[KEY_CHANNELS];

    fixture_keyholder_stop(f);
    for (unsigned i = 0; i < KEY_CHANNELS; i++) {
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        keyholder_channel(f->services.keyholder, i, pair[0]);
        far[i] = pair[1];
    }
    assert_int_equal(ask(f, "GET", "/readyz", NULL, NULL), 503);
    assert_string_equal(shown, "{\"ready\":false,\"why\":\"the keyholder does not answer\"}");
    for (unsigned i = 0; i < KEY_CHANNELS; i++)
        close(far[i]);
    fixture_keyholder_start(f);
}

static void metrics_are_prometheus_text(void **state)
{
    metrics_count(metrics_route(&metrics, "GET /somewhere"), 200, 100);
    assert_int_equal(ask(*state, "GET", "/metrics", NULL, NULL), 200);
    assert_string_equal(x.answer.content_type, "text/plain; version=0.0.4");
    assert_shows("GET /somewhere");
    assert_shows("tijori_write_queue_depth 0");
}

static void merchants_are_listed_with_their_client_ids(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 200);
    assert_shows("\"name\":\"Demo\"");
    assert_shows(f->merchant.client_id);
    assert_shows("\"currencies\":\"INR,USD\"");
    assert_shows("\"disabled\":false");
    assert_shows("\"created_at\":\"2023-11-15T03:43:20+05:30\"");
    assert_null(strstr(shown, f->merchant.client_secret));
}

static void a_merchant_is_added_and_its_secret_shown_once(void **state)
{
    assert_int_equal(ask(*state, "POST", "/admin/merchants", NULL, "{\"name\":\"Acme\",\"currencies\":\"INR\"}"), 200);
    assert_shows("\"name\":\"Acme\"");
    assert_shows("\"client_id\":\"TEST");
    assert_shows("\"client_secret\":\"cfsk_ma_test_");
    assert_int_equal(x.answer.n_headers, 1);
    assert_string_equal((const char *)x.answer.headers[0].value.p, "no-store");
    assert_int_equal(ask(*state, "POST", "/admin/merchants", NULL, "{\"name\":\"Acme\",\"currencies\":\"INR\"}"), 409);
    assert_shows("\"error\":\"exists\"");
}

static void currencies_are_rupees_when_none_are_given(void **state)
{
    assert_int_equal(ask(*state, "POST", "/admin/merchants", NULL, "{\"name\":\"Plain\"}"), 200);
    assert_int_equal(ask(*state, "GET", "/admin/merchants", NULL, NULL), 200);
    assert_shows("\"name\":\"Plain\"");
    assert_non_null(strstr(strstr(shown, "\"Plain\""), "\"currencies\":\"INR\","));
}

static void bad_wishes_are_refused_with_the_field(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, "POST", "/admin/merchants", NULL, "{"), 400);
    assert_shows("\"error\":\"bad_input\"");
    assert_int_equal(ask(f, "POST", "/admin/merchants", NULL, "{}"), 400);
    assert_shows("\"field\":\"name\"");
    assert_int_equal(ask(f, "POST", "/admin/merchants", NULL, "{\"name\":\"A\",\"currencies\":\"XX\"}"), 400);
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/rotate-secret", "1", "{}"), 400);
    assert_shows("\"field\":\"overlap_seconds\"");
    assert_shows("\"message\":\"overlap_seconds is missing or empty\"");
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/rotate-secret", "1", "{\"overlap_seconds\":-1}"), 400);
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/rotate-secret", "1", "{\"overlap_seconds\":2592001}"), 400);
    assert_shows("\"message\":\"overlap_seconds is not a whole number from 0 to 2592000\"");
}

static void what_is_wrong_with_a_new_merchant_is_said(void **state)
{
#define X16 "xxxxxxxxxxxxxxxx"
#define INR8 "INR,INR,INR,INR,INR,INR,INR,INR"
    static const struct { const char *body, *message; } wrong[] = {
        { "{\"name\":\"\"}", "name is missing or empty" },
        { "{\"name\":7}", "name is not a text" },
        { "{\"name\":\"" X16 X16 X16 X16 "x\"}", "name is longer than 64 bytes or has a control character" },
        { "{\"name\":\"\u091a" X16 X16 X16 "xxxxxxxxxxxxxx\"}", "name is longer than 64 bytes or has" },
        { "{\"name\":\"A\\n\"}", "name is longer than 64 bytes or has a control character" },
        { "{\"name\":\"A\",\"currencies\":\"XYZ\"}", "currencies: XYZ is not a currency code (ISO 4217)" },
        { "{\"name\":\"A\",\"currencies\":\"INR,usd\"}", "currencies: usd is not a currency code (ISO 4217)" },
        { "{\"name\":\"A\",\"currencies\":\"INR,\"}",
          "currencies are malformed: comma-separated codes such as INR,USD" },
        { "{\"name\":\"A\",\"currencies\":\"INR USD\"}", "currencies are malformed" },
        { "{\"name\":\"A\",\"currencies\":\"<b>\"}", "currencies are malformed" },
        { "{\"name\":\"A\",\"currencies\":\"" INR8 "," INR8 ",INR\"}", "currencies are too many: at most 16" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(ask(*state, "POST", "/admin/merchants", NULL, wrong[i].body), 400);
        assert_shows("{\"error\":\"bad_input\",\"message\":\"");
        assert_shows(wrong[i].message);
    }
    assert_int_equal(ask(*state, "POST", "/admin/merchants", NULL,
                         "{\"name\":\"" X16 X16 X16 X16 "\",\"currencies\":\"" INR8 "," INR8 "\"}"), 200);
#undef X16
#undef INR8
}

static void unknown_merchants_are_not_found(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/disable", "999", NULL), 404);
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/disable", "abc", NULL), 404);
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/disable", "-1", NULL), 404);
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/rotate-secret", "999", "{\"overlap_seconds\":0}"), 404);
    assert_shows("\"error\":\"not_found\"");
}

static void a_disabled_merchant_is_listed_as_such(void **state)
{
    static const char before[] = "{\"merchant_id\":";
    const char *at, *comma;
    char id[24];

    assert_int_equal(ask(*state, "POST", "/admin/merchants", NULL, "{\"name\":\"Gone\"}"), 200);
    assert_memory_equal(shown, before, sizeof before - 1);
    at = shown + sizeof before - 1;
    comma = strchr(at, ',');
    assert_non_null(comma);
    assert_int_equal(span_text(id, sizeof id, (struct span){ (const uint8_t *)at, (size_t)(comma - at) }), FAULT_NONE);
    assert_int_equal(ask(*state, "POST", "/admin/merchants/{id}/disable", id, "{}"), 200);
    assert_shows("\"disabled\":true");
    assert_int_equal(ask(*state, "GET", "/admin/merchants", NULL, NULL), 200);
    assert_shows("\"name\":\"Gone\"");
    assert_non_null(strstr(strstr(shown, "\"Gone\""), "\"disabled\":true"));
}

static void rotating_tells_how_long_the_old_secret_lives(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/rotate-secret", "1", "{\"overlap_seconds\":60}"), 200);
    assert_shows(f->merchant.client_id);
    assert_null(strstr(shown, f->merchant.client_secret));
    assert_shows("\"old_secret_valid_until\":\"2023-11-15T03:44:20+05:30\"");
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/rotate-secret", "1", "{\"overlap_seconds\":0}"), 200);
    assert_null(strstr(shown, "old_secret_valid_until"));
}

static void a_new_merchant_is_given_what_every_api_needs(void **state)
{
    assert_int_equal(ask(*state, "POST", "/admin/merchants", NULL, "{\"name\":\"Whole\"}"), 200);
    assert_shows("\"juspay\":{\"api_key\":\"");
    assert_shows("\"server_public_key_pem\":\"-----BEGIN PUBLIC KEY-----\\n");
    assert_shows("\"paytm\":{\"mid\":\"TIJORI");
    assert_shows("\"client_id\":\"tijori\",\"encryption_key_version\":\"v1\"");
    assert_shows("\"onboarding\":\"onboarded\"");
}

static void a_further_api_key_is_made(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/juspay-key", "1", "{}"), 200);
    assert_shows("{\"merchant_id\":1,\"juspay\":{\"api_key\":\"");
    assert_shows("\"server_public_key_pem\":\"-----BEGIN");
    assert_string_equal((const char *)x.answer.headers[0].value.p, "no-store");
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/juspay-key", "1", "{\"replace\":true}"), 200);
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/juspay-key", "1", "{\"replace\":\"yes\"}"), 400);
    assert_shows("\"message\":\"replace is neither true nor false\"");
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/juspay-key", "999", "{}"), 404);
}

static void a_paytm_key_is_made_once_for_its_names(void **state)
{
    struct fixture *f = *state;
    static const char body[] = "{\"client_id\":\"C11\",\"encryption_key_version\":\"v7\"}";

    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/paytm-key", "1", body), 200);
    assert_shows("{\"merchant_id\":1,\"paytm\":{\"mid\":\"TIJORI");
    assert_shows("\"client_id\":\"C11\",\"encryption_key_version\":\"v7\"");
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/paytm-key", "1", body), 409);
    assert_shows("the merchant has a key of that name already");
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/paytm-key", "1",
                         "{\"client_id\":\"C11\",\"encryption_key_version\":\"v7\",\"replace\":true}"), 200);
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/paytm-key", "1", "{\"client_id\":\"a b\"}"), 400);
    assert_shows("client_id has a blank, a quote, a backslash or what is not printable ASCII");
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/paytm-key", "1",
                         "{\"encryption_key_version\":\"12345678901234567\"}"),
                     400);
    assert_shows("key_version is longer than 16 characters");
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 200);
    assert_shows("\"mid\":\"TIJORI");
}

/* The body that registers the fixture's server key as a merchant's: any RSA key will do. */
static const char *registering(struct fixture *f, const char *key_id)
{
    static char body[2048];
    char id[PARTNER_SERVER_KEY_ID];
    struct buf text = BUF(body);
    struct json_out o = json_out(&text);
    struct span pem;

    assert_int_equal(partner_server_key(&f->services, &pem, id, f->arena, CARD_FORM_JWE), FAULT_NONE);
    json_object(&o);
    json_put_text(&o, "public_key_pem", pem);
    if (key_id)
        json_put_str(&o, "key_id", key_id);
    json_object_end(&o);
    buf_byte(&text, '\0');
    assert_false(text.full);
    return body;
}

static void a_public_key_is_registered_under_its_id(void **state)
{
    struct fixture *f = *state;
    const char *path = "/admin/merchants/{id}/public-key";

    assert_int_equal(ask(f, "POST", path, "1", registering(f, "mine")), 200);
    assert_shows("{\"merchant_id\":1,\"juspay\":{\"key_id\":\"mine\",");
    assert_int_equal(ask(f, "POST", path, "1", registering(f, "mine")), 409);
    assert_int_equal(ask(f, "POST", path, "1", registering(f, NULL)), 200);
    assert_shows("\"key_id\":\"key_");
    assert_int_equal(ask(f, "POST", path, "999", registering(f, NULL)), 404);
    assert_int_equal(ask(f, "POST", path, "1", "{}"), 400);
    assert_shows("\"field\":\"public_key_pem\"");
    assert_int_equal(ask(f, "POST", path, "1", "{\"public_key_pem\":\"-----BEGIN PUBLIC KEY-----\"}"), 400);
    assert_shows("public_key_pem is no RSA public key of 2048 to 4096 bits in PEM");
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 200);
    assert_shows("\"public_key_ids\":[\"key_");
    assert_shows(",\"mine\"]");
}

static void a_merchant_is_onboarded_on_demand(void **state)
{
    struct fixture *f = *state;
    struct network *network = f->services.network;
    const char *path = "/admin/merchants/{id}/onboard";

    assert_int_equal(ask(f, "POST", path, "1", "{\"scheme\":\"Visa\"}"), 200);
    assert_string_equal(shown, "{\"merchant_id\":1,\"scheme\":\"Visa\",\"onboarding\":\"onboarded\"}");
    assert_int_equal(ask(f, "POST", path, "1", "{\"scheme\":\"all\"}"), 200);
    assert_int_equal(ask(f, "POST", path, "1", "{}"), 200);
    assert_int_equal(ask(f, "POST", path, "1", "{\"scheme\":\"maestro\"}"), 400);
    assert_shows("scheme is none of all, visa, mastercard, rupay, amex, diners");
    assert_int_equal(ask(f, "POST", path, "999", "{}"), 404);
    sim_behave(f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    assert_int_equal(ask(f, "POST", path, "1", "{}"), 503);
    assert_shows("the card network does not answer");
    sim_behave(f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    f->services.network = NULL;
    assert_int_equal(ask(f, "POST", path, "1", "{}"), 409);
    assert_shows("\"error\":\"no_network\"");
    assert_int_equal(ask(f, "POST", "/admin/merchants", NULL, "{\"name\":\"No network\"}"), 200);
    assert_shows("\"onboarding\":\"not onboarded: this server has no card network\"");
    f->services.network = network;
}

static void without_a_keyholder_no_key_is_made(void **state)
{
    struct fixture *f = *state;

    fixture_keyholder_stop(f);
    assert_int_equal(ask(f, "POST", "/admin/merchants/{id}/juspay-key", "1", "{}"), 503);
    assert_int_equal(ask(f, "POST", "/admin/merchants", NULL, "{\"name\":\"Nobody\"}"), 503);
    fixture_keyholder_start(f);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 200);
    assert_null(strstr(shown, "Nobody"));
}

static void merchants_need_the_token(void **state)
{
    static const char *const wrong[] = {
        NULL, "", "Bearer", "Bearer ", "Bearer wrong", FIXTURE_ADMIN, "Basic " FIXTURE_ADMIN, BEARER "x",
    };
    static const struct { const char *method, *path; } routes[] = {
        { "GET", "/admin/merchants" }, { "POST", "/admin/merchants" }, { "POST", "/admin/merchants/{id}/disable" },
        { "POST", "/admin/merchants/{id}/rotate-secret" }, { "POST", "/admin/merchants/{id}/juspay-key" },
        { "POST", "/admin/merchants/{id}/public-key" }, { "POST", "/admin/merchants/{id}/paytm-key" },
        { "POST", "/admin/merchants/{id}/onboard" },
    };
    static char before[SHOWN_MAX];

    assert_int_equal(ask(*state, "GET", "/admin/merchants", NULL, NULL), 200);
    memcpy(before, shown, sizeof before);
    for (size_t r = 0; r < sizeof routes / sizeof *routes; r++) {
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            authorization = wrong[i];
            assert_int_equal(ask(*state, routes[r].method, routes[r].path, r >= 2 ? "1" : NULL, "{}"), 401);
            assert_shows("\"error\":\"unauthorized\"");
        }
    }
    authorization = BEARER;
    assert_int_equal(ask(*state, "GET", "/admin/merchants", NULL, NULL), 200);
    assert_string_equal(shown, before);
}

static void every_refusal_has_a_status_and_says_why(void **state)
{
    struct fixture *f = *state;

    for (int why = REFUSE_NO_ROUTE; why <= REFUSE_SEALED; why++) {
        x = (struct exchange){ .services = &f->services, .arena = f->arena, .header = header };
        admin_dialect.refuse(&x, (enum refusal)why);
        assert_in_range(x.answer.status, 400, 503);
        assert_int_equal(span_text(shown, sizeof shown, buf_view(&x.answer.body)), FAULT_NONE);
        assert_shows("\"message\":\"");
        assert_int_equal(strlen(x.request_id), 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_is_ok_without_a_token),
        cmocka_unit_test(readiness_needs_store_and_keyholder),
        cmocka_unit_test(a_server_without_its_courier_is_ready_and_says_so),
        cmocka_unit_test(a_keyholder_that_is_there_and_does_not_answer_is_not_ready),
        cmocka_unit_test(metrics_are_prometheus_text),
        cmocka_unit_test(merchants_are_listed_with_their_client_ids),
        cmocka_unit_test(a_merchant_is_added_and_its_secret_shown_once),
        cmocka_unit_test(currencies_are_rupees_when_none_are_given),
        cmocka_unit_test(bad_wishes_are_refused_with_the_field),
        cmocka_unit_test(what_is_wrong_with_a_new_merchant_is_said),
        cmocka_unit_test(unknown_merchants_are_not_found),
        cmocka_unit_test(a_disabled_merchant_is_listed_as_such),
        cmocka_unit_test(rotating_tells_how_long_the_old_secret_lives),
        cmocka_unit_test(a_new_merchant_is_given_what_every_api_needs),
        cmocka_unit_test(a_further_api_key_is_made),
        cmocka_unit_test(a_paytm_key_is_made_once_for_its_names),
        cmocka_unit_test(a_public_key_is_registered_under_its_id),
        cmocka_unit_test(a_merchant_is_onboarded_on_demand),
        cmocka_unit_test(without_a_keyholder_no_key_is_made),
        cmocka_unit_test(merchants_need_the_token),
        cmocka_unit_test(every_refusal_has_a_status_and_says_why),
    };

    return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
