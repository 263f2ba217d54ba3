/* test_admin_keys.c: the admin listener's routes for the server's own keys, without HTTP. */
#include "keys_bed.h"

#include "base/json_in.h"
#include "dialect/admin/admin.h"

#include "base/banned.h"

enum { SHOWN_MAX = 64 * 1024, BODY_TEXT = 256 };


static struct exchange x;
static bool is_admin = true;
static char shown[SHOWN_MAX];

static struct span header(const struct exchange *of, const char *name)
{
    (void)of;
    return is_admin && strcmp(name, "Authorization") == 0 ? SPAN("Bearer " FIXTURE_ADMIN) : (struct span){ 0 };
}

static int setup(void **state)
{
    struct fixture *f;

    json_in_start();
    fixture_setup(state);
    f = *state;
    fixture_admin(f);
    return 0;
}

static enum fault run_work(struct store_tx *tx, void *arg)
{
    (void)arg;
    return x.route->work(&x, tx);
}

/* The status of the answer, whose body is in `shown`. */
static unsigned ask(struct kbed *b, const char *method, const char *path, const char *body)
{
    struct fixture *f = b->f;

    arena_reset(f->arena);
    x = (struct exchange){ .services = b->s, .dialect = &admin_dialect, .arena = f->arena, .reader = f->reader,
                           .method = method, .path = span_of(path), .body = span_of(body),
                           .now_ms = clock_now_ms(b->s->clock), .header = header };
    for (x.route = admin_dialect.routes; strcmp(x.route->method, method) != 0 || strcmp(x.route->path, path) != 0;
         x.route++)
        assert_non_null(x.route[1].method);
    if (x.route->parse(&x) == STEP_GO)
        x.route->show(&x, store_read(f->reader, run_work, NULL));
    assert_false(x.answer.body.full);
    assert_int_equal(span_text(shown, sizeof shown, buf_view(&x.answer.body)), FAULT_NONE);
    return x.answer.status;
}

static void assert_shows(const char *text)
{
    if (!strstr(shown, text))
        fail_msg("\"%s\" is not in: %s", text, shown);
}

/* As the listener writes an id. */
static const char *hex(const struct key_generation *g)
{
    static char text[2 * KEY_RING_ID + 1];
    struct buf b = { (uint8_t *)text, 0, sizeof text - 1, false };

    hex_put(&b, (struct span){ g->id, KEY_RING_ID });
    text[b.n] = '\0';
    return text;
}

static unsigned destroy(struct kbed *b, const char *purpose, const char *id, const char *confirm)
{
    char body[BODY_TEXT];

    snprintf(body, sizeof body, "{\"purpose\":\"%s\",\"id\":\"%s\"%s}", purpose, id, confirm);
    return ask(b, "POST", "/admin/keys/destroy", body);
}

static void who_is_no_admin_sees_and_changes_nothing(void **state)
{
    struct kbed b = kbed_of(state);

    is_admin = false;
    assert_int_equal(ask(&b, "GET", "/admin/keys", NULL), 401);
    assert_int_equal(ask(&b, "GET", "/admin/keys/inventory", NULL), 401);
    assert_int_equal(ask(&b, "POST", "/admin/keys/rotate", "{\"purpose\":\"data\"}"), 401);
    assert_int_equal(destroy(&b, "data", "00000000", ",\"confirm\":true"), 401);
    is_admin = true;
    assert_int_equal(kbed_status(&b).ring.version, 0);
}

static void the_status_is_what_the_keyholder_and_the_database_say(void **state)
{
    struct kbed b = kbed_of(state);

    assert_int_equal(ask(&b, "GET", "/admin/keys", NULL), 200);
    assert_shows("{\"source\":\"key file\",\"threshold\":0,\"shares\":0,\"set\":\"");
    assert_shows("\"created_at\":null,\"age_days\":null,\"state\":\"newest\"}");
    assert_shows("\"reencryption\":{\"stage\":\"none\",\"paused\":false,");
    assert_shows("\"percent\":100,\"damaged\":0,\"damaged_in\":[],\"began_at\":null,\"ended_at\":null}");
    assert_shows("\"tokens_under_older_fingerprint\":0}");
}

static void a_rotation_is_shown_from_its_begin_to_its_end(void **state)
{
    struct kbed b = kbed_of(state);

    kbed_orders(&b, "order", 3);
    assert_int_equal(ask(&b, "POST", "/admin/keys/rotate", "{\"purpose\":\"data\"}"), 200);
    assert_shows("{\"purpose\":\"data\",\"id\":\"");
    assert_shows("\"created_at\":\"2023-11-15T03:43:20+05:30\",\"records\":4}");       /* and the client secret */
    assert_int_equal(ask(&b, "GET", "/admin/keys", NULL), 200);
    assert_shows("\"stage\":\"counting\"");
    assert_shows("\"age_days\":0,\"state\":\"newest\"}");
    assert_shows("\"state\":\"overlap\"}");
    kbed_sweep(&b);
    assert_int_equal(ask(&b, "GET", "/admin/keys", NULL), 200);
    assert_shows("\"stage\":\"done\"");
    assert_shows("\"records\":4,\"done\":4,\"percent\":100");
    assert_shows("\"state\":\"old\"}");
    assert_shows("\"ended_at\":\"2023-11-15T03:43:20+05:30\"");
}

static void what_is_no_purpose_is_refused(void **state)
{
    static const char *const bodies[] = {
        NULL, "{}", "[]", "{\"purpose\":\"base\"}", "{\"purpose\":\"keys\"}", "{\"purpose\":7}",
    };
    struct kbed b = kbed_of(state);

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_int_equal(ask(&b, "POST", "/admin/keys/rotate", bodies[i]), 400);
        assert_shows("purpose is needed: data, fingerprint, id or signing");
        assert_int_equal(ask(&b, "POST", "/admin/keys/destroy", bodies[i]), 400);
    }
    assert_int_equal(destroy(&b, "data", "0011", ",\"confirm\":true"), 400);
    assert_int_equal(destroy(&b, "data", "0011223g", ",\"confirm\":true"), 400);
    assert_shows("8 hexadecimal digits");
    assert_int_equal(kbed_status(&b).ring.version, 0);
}

static void what_is_lost_with_a_key_must_be_confirmed(void **state)
{
    struct kbed b = kbed_of(state);
    const struct key_ring ring = kbed_ring(&b);
    const struct key_generation data = *keys_find(&ring, KEY_PURPOSE_DATA, 0);

    kbed_rotate(&b, KEY_PURPOSE_DATA);
    kbed_sweep(&b);
    assert_int_equal(destroy(&b, "data", hex(&data), ""), 409);
    assert_shows("backups from before the rotation");
    assert_int_equal(destroy(&b, "data", hex(&data), ",\"confirm\":false"), 409);
    assert_int_equal(destroy(&b, "fingerprint", hex(&data), ""), 409);
    assert_shows("could not be recognised");
    assert_int_equal(destroy(&b, "data", hex(&data), ",\"confirm\":true"), 200);
    assert_shows("\"destroyed\":true,\"tokens\":0}");
    assert_int_equal(destroy(&b, "data", hex(&data), ",\"confirm\":true"), 404);
    assert_shows("there is no such generation");
}

static void a_key_with_records_under_it_stays_and_they_are_counted(void **state)
{
    struct kbed b = kbed_of(state);
    const struct key_ring ring = kbed_ring(&b);
    const struct key_generation data = *keys_find(&ring, KEY_PURPOSE_DATA, 0);

    assert_int_equal(destroy(&b, "data", hex(&data), ",\"confirm\":true"), 409);
    assert_shows("this is the newest generation");
    kbed_orders(&b, "order", 2);
    kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(destroy(&b, "data", hex(&data), ",\"confirm\":true"), 409);
    assert_shows("{\"error\":\"wrong_state\",\"message\":\"records are under this key\",\"records\":3}");
}

static void why_a_rotation_is_refused_is_said(void **state)
{
    struct kbed b = kbed_of(state);

    kbed_rotate(&b, KEY_PURPOSE_FINGERPRINT);
    assert_int_equal(ask(&b, "POST", "/admin/keys/rotate", "{\"purpose\":\"fingerprint\"}"), 409);
    assert_shows("matched under two fingerprint keys");
    fixture_keyholder_stop(b.f);
    assert_int_equal(ask(&b, "POST", "/admin/keys/rotate", "{\"purpose\":\"data\"}"), 503);
    assert_int_equal(ask(&b, "GET", "/admin/keys", NULL), 503);
    assert_int_equal(ask(&b, "GET", "/admin/keys/inventory", NULL), 503);
    fixture_keyholder_start(b.f);
}

static void damaged_records_are_named_by_column_and_merchant(void **state)
{
    struct kbed b = kbed_of(state);
    struct order_new n;
    struct key_ask sealed;

    kbed_seal_order(&b, &n, &sealed, "damaged");
    sealed.out.p[sealed.out.n - 1] ^= 1;
    kbed_keep_order(&b, &n, &sealed);
    kbed_rotate(&b, KEY_PURPOSE_DATA);
    kbed_sweep(&b);
    assert_int_equal(ask(&b, "GET", "/admin/keys", NULL), 200);
    assert_shows("\"damaged\":1,\"damaged_in\":[{\"column\":\"orders.private_sealed\",\"merchant_id\":1,"
                 "\"records\":1}]");
}

static void the_inventory_is_a_list_of_lines(void **state)
{
    struct kbed b = kbed_of(state);

    assert_int_equal(ask(&b, "GET", "/admin/keys/inventory", NULL), 200);
    assert_shows("{\"keys\":[{\"name\":\"key-encryption key\",\"algorithm\":\"AES-256-GCM\",\"bits\":256,");
    assert_shows("{\"name\":\"Cashfree client secrets\",");
    assert_shows("\"count\":1,\"period_days\":365,\"over\":false,");
    fixture_set_clock(b.f, FIXTURE_NOW + 366 * 24 * 3600 * INT64_C(1000));
    assert_int_equal(ask(&b, "GET", "/admin/keys/inventory", NULL), 200);
    assert_shows("\"age_days\":366,\"count\":1,\"period_days\":365,\"over\":true,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)
        TEST(who_is_no_admin_sees_and_changes_nothing),
        TEST(the_status_is_what_the_keyholder_and_the_database_say),
        TEST(a_rotation_is_shown_from_its_begin_to_its_end),
        TEST(what_is_no_purpose_is_refused),
        TEST(what_is_lost_with_a_key_must_be_confirmed),
        TEST(a_key_with_records_under_it_stays_and_they_are_counted),
        TEST(why_a_rotation_is_refused_is_said),
        TEST(damaged_records_are_named_by_column_and_merchant),
        TEST(the_inventory_is_a_list_of_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
