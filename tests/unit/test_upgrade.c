/* test_upgrade.c: a data file of every earlier schema, with rows in it, is opened by this program: all rows are there,
 * the check finds nothing, and new rows go in. */
#include "store_bed.h"

#include "store/check.h"
#include "store/schema.h"

#include "base/banned.h"

enum { STEPS_MAX = 64 };

/* Rows as a program of schema version `since` wrote them, that agree with each other. */
static const struct { int64_t since; const char *sql; } rows[] = {
    { 1, "INSERT INTO settings (name, value) VALUES ('mode', x'6c697665');"
         "INSERT INTO merchants (merchant_id, name, currencies, disabled, created_ms) VALUES (1, 'Old', 'INR', 0, 5);"
         "INSERT INTO credentials (client_id, secret_no, merchant_id, secret_sealed, created_ms, ends_ms)"
         " VALUES ('client', 1, 1, x'00', 5, 0);" },
    { 2, "INSERT INTO orders (merchant_id, order_no, order_id, amount_minor, currency, state, created_ms, expires_ms,"
         " session, customer_id) VALUES (1, 11, 'old-order', 17000, 'INR', 0, 5, 9, x'01', 'cust');"
         "INSERT INTO order_extended (merchant_id, order_no, shipment) VALUES (1, 11, '{}');"
         "INSERT INTO customers (merchant_id, customer_uid, phone_mac, private_sealed, created_ms)"
         " VALUES (1, 'cust', x'02', x'03', 5);" },
    { 3, "INSERT INTO idempotency (merchant_id, scope, key_mac, digest, status, body_sealed, expires_ms)"
         " VALUES (1, 'POST', x'04', x'05', 200, x'06', 7);" },
    { 4, "INSERT INTO tokens (merchant_id, token_no, owner, fingerprint, channel, scheme, status, suspended_by,"
         " expired, expiry, last4, type, sub, network_ref, verdict, created_ms, updated_ms, ask_ms, wanted, request)"
         " VALUES (1, 21, x'07', x'08', 0, 0, 1, 0, 0, 2901, '1111', 0, 0, 'ref', 0, 5, 5, 0, 0, 0);"
         "INSERT INTO consents (merchant_id, token_no, given_ms, channel, consent_id) VALUES (1, 21, 5, 0, 'yes');"
         "INSERT INTO audit (merchant_id, audit_no, at_ms, event, channel, token_no, outcome) VALUES (1, 1, 5, 1, 0,"
         " 21, 0);" },
    { 5, "INSERT INTO paytm_mids (mid, merchant_id, created_ms) VALUES ('MID', 1, 5);" },
    { 6, "INSERT INTO simulations (merchant_id, simulation_id, payment_no, status, created_ms)"
         " VALUES (1, 'sim', 1, 'SUCCESS', 5);" },
    { 7, "INSERT INTO webhook_endpoints (merchant_id, endpoint_no, kind, url, events, policy, tries, interval_ms,"
         " disabled, created_ms) VALUES (1, 1, 0, 'https://shop.example/', 1, 0, 0, 0, 0, 5);"
         "INSERT INTO outbox (merchant_id, delivery_no, endpoint_no, kind, event, order_no, subject_no, subject_state,"
         " at_ms, line, state, attempts, due_ms, outcome, status, ended_ms)"
         " VALUES (1, 1, 1, 0, 0, 11, 31, 4, 5, 11, 2, 1, 0, 0, 200, 6);" },
    { 8, "UPDATE orders SET state = 1;"
         "INSERT INTO payments (merchant_id, payment_no, order_no, order_id, amount_minor, currency, state, method,"
         " channel, created_ms, completed_ms, limit_ms, verdict, scheme, type, sub, token_no, saves, international,"
         " emi_months, native, tries, resends, sent_ms, authorise_only, captured_minor, capture_action, capture_ms,"
         " wanted, wanted_minor, request, ask_ms, refunded_minor) VALUES (1, 31, 11, 'old-order', 17000, 'INR', 4, 0,"
         " 0, 5, 6, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17000, 0, 0, 0, 0, 0, 0, 500);"
         "INSERT INTO refunds (merchant_id, refund_no, refund_id, order_no, payment_no, order_id, amount_minor,"
         " currency, status, type, speed, created_ms, processed_ms, wanted, request, ask_ms)"
         " VALUES (1, 1, 'back', 11, 31, 'old-order', 500, 'INR', 1, 0, 0, 6, 7, 0, 0, 0);" },
    { 9, "INSERT INTO checkouts (merchant_id, order_no, created_ms) VALUES (1, 11, 5);" },
};

static const char *const tables[] = {
    "settings", "merchants", "credentials", "orders", "order_extended", "customers", "idempotency", "tokens",
    "consents", "audit", "paytm_mids", "simulations", "webhook_endpoints", "outbox", "payments", "refunds", "checkouts",
};
enum { TABLES = sizeof tables / sizeof *tables };

static int64_t last_version(void)
{
    int64_t n = 0;

    while (schema_steps[n])
        n++;
    return n;
}

static struct db *open_db(const struct bed *b)
{
    struct db *db = NULL;

    assert_int_equal(db_open(&db, &(struct db_options){ .path = b->path, .cache_kib = 64 }), FAULT_NONE);
    return db;
}

/* What a program of that version left. */
static void leave(const struct bed *b, int64_t version)
{
    const char *steps[STEPS_MAX] = { 0 };
    struct db *db = open_db(b);

    assert_in_range(version, 1, STEPS_MAX - 1);
    for (int64_t i = 0; i < version; i++)
        steps[i] = schema_steps[i];
    assert_int_equal(schema_migrate(db, steps), FAULT_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].since <= version)
            assert_int_equal(db_script(db, rows[i].sql), FAULT_NONE);
    db_close(db);
}

/* A text of all rows of a table, by the columns that it had: later ones are added at the end. */
struct counted { int64_t n; };
static const struct db_field counted_fields[] = { { "n", DB_I64, offsetof(struct counted, n) }, { 0 } };

static int64_t count(const struct bed *b, const char *table)
{
    char text[128];
    struct db_sql sql = { text, NULL, counted_fields };
    struct db *db = open_db(b);
    struct store_tx tx = { .db = db };
    struct counted c = { -1 };

    snprintf(text, sizeof text, "SELECT count(*) AS n FROM %s", table);
    assert_int_equal(db_one(&tx, &sql, NULL, &c, NULL), FAULT_NONE);
    db_close(db);
    return c.n;
}

static void print(void *arg, const struct check_finding *f)
{
    print_message("%s (%s)\n", f->rule, f->example);
    (void)arg;
}

/* The table was made in the step whose rows are the first to name it. */
static int64_t since(const char *table)
{
    char text[64];

    snprintf(text, sizeof text, "INSERT INTO %s (", table);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(rows[i].sql, text))
            return rows[i].since;
    return INT64_MAX;
}

static void a_data_file_of_every_earlier_version_opens_with_all_its_rows(void **state)
{
    (void)state;
    for (int64_t version = 1; version <= last_version(); version++) {
        struct check_report report;
        struct bed b;

        bed_init(&b);
        leave(&b, version);
        struct store *s = bed_open(&b, NULL);
        assert_int_equal(bed_add(s, 1), FAULT_NONE);
        store_close(s);
        for (size_t i = 0; i < TABLES; i++)
            assert_int_equal(count(&b, tables[i]),
                             (since(tables[i]) <= version) + (strcmp(tables[i], "orders") == 0));
        assert_int_equal(store_check(&report, b.path, print, NULL), FAULT_NONE);
        assert_int_equal(report.version, last_version());
        /* the order that was added here says that it is paid, which none of its payments was */
        assert_int_equal(report.findings, 1);
        bed_fini(&b);
    }
}

static void a_data_file_of_every_earlier_version_is_sound_as_it_is(void **state)
{
    (void)state;
    for (int64_t version = 1; version <= last_version(); version++) {
        struct check_report report;
        struct bed b;

        bed_init(&b);
        leave(&b, version);
        assert_int_equal(store_check(&report, b.path, print, NULL), FAULT_NONE);
        assert_int_equal(report.version, version);
        assert_int_equal(report.findings, 0);
        bed_fini(&b);
    }
}

/* So that a new step comes with rows of its own, or with a reason to have none. */
static void every_step_that_makes_tables_has_rows_here(void **state)
{
    (void)state;
    for (int64_t version = 1; version <= last_version(); version++) {
        bool any = !strstr(schema_steps[version - 1], "merchant_id");

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            any = any || rows[i].since == version;
        if (!any)
            print_message("schema version %lld has no rows in this test\n", (long long)version);
        assert_true(any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_file_of_every_earlier_version_opens_with_all_its_rows),
        cmocka_unit_test(a_data_file_of_every_earlier_version_is_sound_as_it_is),
        cmocka_unit_test(every_step_that_makes_tables_has_rows_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
