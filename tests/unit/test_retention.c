/* test_retention.c: what is deleted by age, what never is, and what is left of an erased customer. */
#include "store_bed.h"

#include "service/retention.h"
#include "store/check.h"
#include "store/driver.h"
#include "store/erase.h"

#include "base/banned.h"

#define DAY (24 * 3600 * INT64_C(1000))
#define NOW (100 * DAY)

/* Orders 1 to 5 of merchant 1 ended on day 10 with a payment each; 9 has none and is young; each test changes one. */
static const char rows[] =
    "INSERT INTO merchants (merchant_id, name, currencies, disabled, created_ms) VALUES (1, 'Shop', 'INR', 0, 5);"
    "INSERT INTO orders (merchant_id, order_no, order_id, amount_minor, currency, state, created_ms, expires_ms,"
    " session, customer_id, private_sealed, note) SELECT 1, value, 'order' || value, 1000, 'INR', 1, 864000000,"
    " 864000000, x'01', 'cust', x'02', 'a note' FROM json_each('[1,2,3,4,5]');"
    "INSERT INTO orders (merchant_id, order_no, order_id, amount_minor, currency, state, created_ms, expires_ms,"
    " session) VALUES (1, 9, 'young', 1000, 'INR', 0, 8640000000, 8640000000, x'01');"
    "INSERT INTO payments (merchant_id, payment_no, order_no, order_id, amount_minor, currency, state, method,"
    " channel, created_ms, completed_ms, limit_ms, verdict, scheme, type, sub, token_no, saves, international,"
    " emi_months, native, tries, resends, sent_ms, authorise_only, captured_minor, capture_action, capture_ms,"
    " wanted, wanted_minor, request, ask_ms, refunded_minor, handle, source, private_sealed) SELECT 1, value, value,"
    " 'order' || value, 1000, 'INR', 4, 0, 0, 864000000, 864000000, 864000000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,"
    " 0, 0, 0, 0, 0, 0, 0, 0, 'payer@upi', '192.0.2.7', x'03' FROM json_each('[1,2,3,4,5]');"
    "INSERT INTO order_extended (merchant_id, order_no, shipment) VALUES (1, 1, '{}'), (1, 3, '{}');"
    "INSERT INTO webhook_endpoints (merchant_id, endpoint_no, kind, url, events, policy, tries, interval_ms,"
    " disabled, created_ms) VALUES (1, 1, 0, 'https://shop.example/', 1, 0, 0, 0, 0, 5);"
    "INSERT INTO outbox (merchant_id, delivery_no, endpoint_no, kind, event, order_no, subject_no, subject_state,"
    " at_ms, line, state, attempts, due_ms, outcome, status, ended_ms) SELECT 1, value, 1, 0, 0, value, value, 4,"
    " 864000000, value, 2, 1, 0, 0, 200, 864000000 FROM json_each('[1,2,3,4,5]');";

/* Through the writer's own connection: a file that two connections of one process write would have them wait. */
static enum fault script(struct store_tx *tx, void *sql)
{
    return db_script(tx->db, sql);
}

static void edit(struct bed_env *e, const char *sql)
{
    assert_int_equal(store_write(e->store, script, (void *)(uintptr_t)sql), FAULT_NONE);
}

struct counted { int64_t n; };
static const struct db_field counted_fields[] = { { "n", DB_I64, offsetof(struct counted, n) }, { 0 } };

/* Statements are known by their address on a connection, so each count has a connection of its own. */
static int64_t count(struct bed_env *e, const char *from)
{
    char text[200];
    struct db_sql sql = { text, NULL, counted_fields };
    struct counted c = { -1 };
    struct db *db = NULL;

    snprintf(text, sizeof text, "SELECT count(*) AS n FROM %s", from);
    assert_int_equal(db_open(&db, &(struct db_options){ .path = e->bed.path, .cache_kib = 64 }), FAULT_NONE);
    struct store_tx tx = { .db = db };
    assert_int_equal(db_one(&tx, &sql, NULL, &c, NULL), FAULT_NONE);
    db_close(db);
    return c.n;
}

static struct retention_tally walk(struct bed_env *e, struct retention_options o)
{
    struct services s = { .store = e->store, .clock = clock_system() };
    struct retention_tally tally;

    assert_int_equal(retention_walk(&tally, &s, &o, NOW, NULL), FAULT_NONE);
    return tally;
}

static void check_is_sound(struct bed_env *e)
{
    struct check_report report;

    assert_int_equal(store_check(&report, e->bed.path, NULL, NULL), FAULT_NONE);
    assert_int_equal(report.findings, 0);
}

static void ended_orders_go_with_all_that_hangs_on_them_but_the_newest_numbers_stay(void **state)
{
    struct bed_env *e = *state;

    edit(e, rows);
    struct retention_tally t = walk(e, (struct retention_options){ .orders_ms = 30 * DAY });
    assert_int_equal(t.orders, 4);    /* the fifth has the newest payment */
    assert_int_equal(count(e, "orders"), 2);
    assert_int_equal(count(e, "payments"), 1);
    assert_int_equal(count(e, "outbox"), 1);
    assert_int_equal(count(e, "order_extended"), 0);
    assert_int_equal(count(e, "orders WHERE order_no IN (5, 9)"), 2);
    assert_int_equal(walk(e, (struct retention_options){ .orders_ms = 30 * DAY }).orders, 0);
    check_is_sound(e);
}

static void nothing_is_deleted_unless_somebody_says_so(void **state)
{
    struct bed_env *e = *state;

    edit(e, rows);
    struct retention_tally t = walk(e, (struct retention_options){ 0 });
    assert_true(t.orders == 0 && t.deliveries == 0 && t.simulations == 0);
    assert_int_equal(count(e, "orders"), 6);
    assert_int_equal(walk(e, (struct retention_options){ .orders_ms = 95 * DAY }).orders, 0);
}

/* Each of these keeps order 3. */
static void an_order_with_anything_open_or_young_stays(void **state)
{
    static const char *const keeps[] = {
        "UPDATE orders SET state = 4 WHERE order_no = 3",
        "UPDATE orders SET expires_ms = 8640000000 WHERE order_no = 3",
        "UPDATE payments SET ask_ms = 1 WHERE order_no = 3",
        "UPDATE payments SET state = 1 WHERE order_no = 3",
        "UPDATE payments SET completed_ms = 8640000000 WHERE order_no = 3",
        "INSERT INTO refunds (merchant_id, refund_no, order_no, payment_no, order_id, amount_minor, currency, status,"
        " type, speed, created_ms, processed_ms, wanted, request, ask_ms) VALUES (1, 1, 3, 3, 'order3', 1, 'INR', 0, 0,"
        " 0, 5, 0, 0, 0, 0)",
        "INSERT INTO refunds (merchant_id, refund_no, order_no, payment_no, order_id, amount_minor, currency, status,"
        " type, speed, created_ms, processed_ms, wanted, request, ask_ms) VALUES (1, 1, 3, 3, 'order3', 1, 'INR', 1, 0,"
        " 0, 5, 6, 0, 0, 0)",         /* the newest refund */
        "UPDATE outbox SET state = 1, due_ms = 5 WHERE order_no = 3",
        "UPDATE outbox SET ended_ms = 8640000000 WHERE order_no = 3",
    };
    struct bed_env *e = *state;

    for (size_t i = 0; i < sizeof keeps / sizeof *keeps; i++) {
        edit(e, rows);
        edit(e, keeps[i]);
        assert_int_equal(walk(e, (struct retention_options){ .orders_ms = 30 * DAY }).orders, 3);
        assert_int_equal(count(e, "orders WHERE order_no = 3"), 1);
        assert_int_equal(count(e, "payments WHERE order_no = 3"), 1);
        assert_int_equal(count(e, "order_extended WHERE order_no = 3"), 1);
        edit(e, "DELETE FROM refunds; DELETE FROM payments; DELETE FROM orders; DELETE FROM outbox;"
                "DELETE FROM order_extended; DELETE FROM webhook_endpoints; DELETE FROM merchants;");
    }
}

static void deliveries_that_are_over_go_by_age_and_the_newest_stays(void **state)
{
    struct bed_env *e = *state;

    edit(e, rows);
    edit(e, "UPDATE outbox SET state = 1 WHERE delivery_no = 2");
    edit(e, "UPDATE outbox SET state = 3 WHERE delivery_no = 3");
    struct retention_tally t = walk(e, (struct retention_options){ .deliveries_ms = 30 * DAY });
    assert_int_equal(t.deliveries, 3);
    assert_int_equal(count(e, "outbox"), 2);
    assert_int_equal(count(e, "outbox WHERE delivery_no IN (2, 5)"), 2);
    assert_int_equal(count(e, "orders"), 6);
}

static void a_walk_over_more_than_a_batch_passes_over_the_young(void **state)
{
    struct bed_env *e = *state;

    edit(e, "INSERT INTO orders (merchant_id, order_no, order_id, amount_minor, currency, state, created_ms,"
            " expires_ms, session) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
            " SELECT i % 3 + 1, i, 'order' || i, 1000, 'INR', 0, CASE WHEN i > 200 THEN 8640000000 ELSE 5 END, 6, x'01'"
            " FROM n");
    assert_int_equal(walk(e, (struct retention_options){ .orders_ms = 30 * DAY }).orders, 200);
    assert_int_equal(count(e, "orders WHERE order_no > 200"), 100);
}

struct erasing { bool open; int64_t order_no; };

static enum fault erase_one(struct store_tx *tx, void *arg)
{
    struct erasing *w = arg;
    enum fault f = erase_is_open(tx, &w->open, 1, w->order_no);

    return f || w->open ? f : erase_order(tx, 1, w->order_no);
}

static void an_erased_order_keeps_its_money_and_loses_its_people(void **state)
{
    struct bed_env *e = *state;
    struct erasing w = { .order_no = 1 };

    edit(e, rows);
    assert_int_equal(store_write(e->store, erase_one, &w), FAULT_NONE);
    assert_false(w.open);
    assert_int_equal(count(e, "orders WHERE order_no = 1 AND private_sealed IS NULL AND note IS NULL"
                              " AND amount_minor = 1000 AND state = 1"), 1);
    assert_int_equal(count(e, "payments WHERE order_no = 1 AND handle IS NULL AND source IS NULL"
                              " AND private_sealed IS NULL AND amount_minor = 1000 AND state = 4"), 1);
    assert_int_equal(count(e, "orders WHERE private_sealed IS NOT NULL"), 4);
    assert_int_equal(count(e, "order_extended"), 1);
    edit(e, "UPDATE payments SET ask_ms = 1 WHERE order_no = 3");
    w.order_no = 3;
    assert_int_equal(store_write(e->store, erase_one, &w), FAULT_NONE);
    assert_true(w.open);
    assert_int_equal(count(e, "orders WHERE order_no = 3 AND private_sealed IS NOT NULL"), 1);
    check_is_sound(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ended_orders_go_with_all_that_hangs_on_them_but_the_newest_numbers_stay,
                                        bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_deleted_unless_somebody_says_so, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(an_order_with_anything_open_or_young_stays, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(deliveries_that_are_over_go_by_age_and_the_newest_stays, bed_setup,
                                        bed_teardown),
        cmocka_unit_test_setup_teardown(a_walk_over_more_than_a_batch_passes_over_the_young, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(an_erased_order_keeps_its_money_and_loses_its_people, bed_setup, bed_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
