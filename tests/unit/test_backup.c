/* test_backup.c: copies of databases in use, sealed pieces, and what the check finds. */
#include "store_bed.h"

#include <sys/stat.h>

#include "service/backup_file.h"
#include "store/backup.h"
#include "store/check.h"
#include "store/payments.h"
#include "store/refunds.h"
#include "store/schema.h"

#include "base/banned.h"

enum { ORDERS = 40 };

static void keep_last(void *arg, const struct check_finding *f)
{
    *(struct check_finding *)arg = *f;
}

static void copy_path(char out[static 300], const struct bed *b)
{
    snprintf(out, 300, "%s.copy", b->path);
}

static void a_copy_made_while_others_commit_is_of_one_moment(void **state)
{
    struct bed_env *e = *state;
    struct store_copy_progress p = { 0 };
    struct check_report report;
    struct check_finding found = { 0 };
    int64_t bytes = 0, n = 0;
    char to[300];

    copy_path(to, &e->bed);
    for (; n < ORDERS; n++)
        assert_int_equal(bed_add(e->store, n + 1), FAULT_NONE);
    struct crowd *c = crowd_new(200, 1000);
    crowd_submit(c, e->store);
    assert_int_equal(store_copy(&bytes, e->bed.path, to, &p), FAULT_NONE);
    crowd_wait(c);
    free(c);
    assert_true(bytes > 0 && atomic_load(&p.done) == bytes && atomic_load(&p.total) == bytes);
    assert_int_equal(store_check_pages(&report, to, keep_last, &found), FAULT_NONE);
    assert_int_equal(report.findings, 0);
    struct store *copy = NULL;
    assert_int_equal(store_open(&copy, &(struct store_options){ .path = to }), FAULT_NONE);
    for (n = 0; n < ORDERS; n++)
        assert_int_equal(bed_look(copy, n + 1), FAULT_NONE);
    store_close(copy);
}

static void a_copy_is_for_nobody_else_and_replaces_what_was_there(void **state)
{
    struct bed_env *e = *state;
    struct store_copy_progress p = { 0 };
    struct stat st;
    int64_t bytes = 0;
    char to[300];

    copy_path(to, &e->bed);
    FILE *old = fopen(to, "we");
    assert_non_null(old);
    for (int i = 0; i < 100000; i++)
        fputs("an older and longer file ", old);
    fclose(old);
    assert_int_equal(chmod(to, 0600), 0);
    assert_int_equal(store_copy(&bytes, e->bed.path, to, &p), FAULT_NONE);
    assert_int_equal(stat(to, &st), 0);
    assert_int_equal(st.st_size, bytes);
    assert_int_equal(st.st_mode & 077, 0);
    assert_int_equal(store_copy(&bytes, "/nowhere/at/all.db", to, &p), FAULT_DISK);
    atomic_store(&p.stop, true);
    assert_int_equal(store_copy(&bytes, e->bed.path, to, &p), FAULT_BUSY);
}

/* Run SQL on the file as somebody would who edits it. */
static void edit(const struct bed_env *e, const char *sql)
{
    struct db *db = NULL;

    assert_int_equal(db_open(&db, &(struct db_options){ .path = e->bed.path, .cache_kib = 64 }), FAULT_NONE);
    assert_int_equal(db_script(db, "PRAGMA foreign_keys = OFF"), FAULT_NONE);
    assert_int_equal(db_script(db, sql), FAULT_NONE);
    db_close(db);
}

/* A merchant, a paid order, its payment, half of it given back. */
static const char whole[] =
    "INSERT INTO merchants (merchant_id, name, currencies, disabled, created_ms) VALUES (1, 'Shop', 'INR', 0, 5);"
    "INSERT INTO orders (merchant_id, order_no, order_id, amount_minor, currency, state, created_ms, expires_ms,"
    " session) VALUES (1, 11, 'order', 1000, 'INR', 1, 5, 9, x'01');"
    "INSERT INTO payments (merchant_id, payment_no, order_no, order_id, amount_minor, currency, state, method,"
    " channel, created_ms, completed_ms, limit_ms, verdict, scheme, type, sub, token_no, saves, international,"
    " emi_months, native, tries, resends, sent_ms, authorise_only, captured_minor, capture_action, capture_ms,"
    " wanted, wanted_minor, request, ask_ms, refunded_minor) VALUES (1, 31, 11, 'order', 1000, 'INR', 4, 0,"
    " 0, 5, 6, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 500);"
    "INSERT INTO refunds (merchant_id, refund_no, refund_id, order_no, payment_no, order_id, amount_minor,"
    " currency, status, type, speed, created_ms, processed_ms, wanted, request, ask_ms)"
    " VALUES (1, 1, 'back', 11, 31, 'order', 500, 'INR', 1, 0, 0, 6, 7, 0, 0, 0);";

static void the_check_names_each_kind_of_harm(void **state)
{
    static const struct { const char *harm, *undo, *rule; } all[] = {
        { "UPDATE orders SET state = 9", "UPDATE orders SET state = 1", "an order is in no state there is" },
        { "UPDATE orders SET state = 0", "UPDATE orders SET state = 1",
          "a payment succeeded, and its order is not paid" },
        { "UPDATE payments SET refunded_minor = 400", "UPDATE payments SET refunded_minor = 500",
          "what is to be refunded of a payment is not the sum of its refunds" },
        { "UPDATE payments SET order_no = 12", "UPDATE payments SET order_no = 11", "a payment is of no order" },
        { "UPDATE payments SET captured_minor = 1001", "UPDATE payments SET captured_minor = 0",
          "more was captured than authorised" },
        { "UPDATE payments SET completed_ms = 0", "UPDATE payments SET completed_ms = 6",
          "a payment that is over has no time when it was" },
        { "UPDATE refunds SET payment_no = 32", "UPDATE refunds SET payment_no = 31", "a refund is of no payment" },
        { "UPDATE refunds SET status = 7", "UPDATE refunds SET status = 1", "a refund is in no state there is" },
        { "UPDATE refunds SET currency = 'USD'", "UPDATE refunds SET currency = 'INR'",
          "a refund's amount or currency is not one of its payment" },
        { "UPDATE merchants SET merchant_id = 2", "UPDATE merchants SET merchant_id = 1",
          "an order belongs to no merchant" },
    };
    struct bed_env *e = *state;
    struct check_report report;

    edit(e, whole);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct check_finding found[8] = { 0 };
        bool named = false;

        edit(e, all[i].harm);
        assert_int_equal(store_check(&report, e->bed.path, keep_last, found), FAULT_NONE);
        assert_true(report.findings > 0);
        named = report.findings > 1 || strcmp(found[0].rule, all[i].rule) == 0;
        if (!named)
            print_message("%s: found %s\n", all[i].harm, found[0].rule);
        assert_true(named);
        assert_true(found[0].n > 0 && found[0].example[0]);
        edit(e, all[i].undo);
        assert_int_equal(store_check(&report, e->bed.path, keep_last, found), FAULT_NONE);
        assert_int_equal(report.findings, 0);
    }
}

static void every_rule_can_be_asked_of_the_newest_schema(void **state)
{
    struct bed_env *e = *state;
    struct check_finding found = { 0 };
    struct check_report report;
    size_t n = 0;

    while (check_rules[n].says)
        n++;
    assert_int_equal(store_check(&report, e->bed.path, keep_last, &found), FAULT_NONE);
    assert_int_equal(report.rules, n + 1);
    assert_int_equal(report.findings, 0);
}

static void a_damaged_file_is_found_and_another_kind_of_file_too(void **state)
{
    struct bed_env *e = *state;
    struct store_copy_progress p = { 0 };
    struct check_finding found = { 0 };
    struct check_report report;
    int64_t bytes = 0;
    char to[300];

    for (int64_t n = 0; n < ORDERS; n++)
        assert_int_equal(bed_add(e->store, n + 1), FAULT_NONE);
    copy_path(to, &e->bed);
    assert_int_equal(store_copy(&bytes, e->bed.path, to, &p), FAULT_NONE);
    FILE *f = fopen(to, "r+e");
    assert_non_null(f);
    for (int64_t at = 3 * DB_PAGE; at < bytes; at += DB_PAGE) {
        fseek(f, at, SEEK_SET);
        fputs("\xff\xff\xff\xff\xff\xff\xff\xff", f);
    }
    fclose(f);
    assert_int_equal(store_check_pages(&report, to, keep_last, &found), FAULT_NONE);
    assert_true(report.findings > 0);
    f = fopen(to, "we");
    assert_non_null(f);
    for (int i = 0; i < 1000; i++)
        fputs("a letter to somebody ", f);
    fclose(f);
    assert_int_equal(store_check_pages(&report, to, keep_last, &found), FAULT_NONE);
    assert_int_equal(report.findings, 1);
}

static void pieces_are_read_as_they_were_written_and_nothing_else_is(void **state)
{
    uint8_t bytes[128];
    struct buf b = BUF(bytes);
    struct backup_piece p;

    (void)state;
    backup_piece_pack(&b, &(struct backup_piece){ .kind = BACKUP_PART, .number = 1234567890123,
                                                  .bytes = SPAN("tijori.db") });
    assert_int_equal(backup_piece_unpack(&p, buf_view(&b)), FAULT_NONE);
    assert_true(p.kind == BACKUP_PART && p.number == 1234567890123 && span_equal(p.bytes, SPAN("tijori.db")));
    b.n = 0;
    backup_piece_pack(&b, &(struct backup_piece){ .kind = BACKUP_END, .number = 7, .parts = 3 });
    assert_int_equal(backup_piece_unpack(&p, buf_view(&b)), FAULT_NONE);
    assert_true(p.kind == BACKUP_END && p.number == 7 && p.parts == 3);
    assert_int_equal(backup_piece_unpack(&p, (struct span){ b.p, b.n - 1 }), FAULT_BAD_INPUT);
    assert_int_equal(backup_piece_unpack(&p, SPAN("")), FAULT_BAD_INPUT);
    assert_int_equal(backup_piece_unpack(&p, SPAN("D")), FAULT_BAD_INPUT);
    assert_int_equal(backup_piece_unpack(&p, SPAN("X12345678")), FAULT_BAD_INPUT);
    static const char *const bad[] = { "", ".", "../tijori.db", "a/b", ".hidden", "UPPER",
                                       "a.name.that.is.longer.than.any.of.ours" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(backup_name_is_valid(span_of(bad[i])));
    assert_true(backup_pieces(0) == 0 && backup_pieces(1) == 1);
    assert_true(backup_pieces(BACKUP_PIECE) == 1 && backup_pieces(BACKUP_PIECE + 1) == 2);
}

struct numbered { int64_t payment_no, refund_no; };

static enum fault next_numbers(struct store_tx *tx, void *arg)
{
    struct numbered *n = arg;
    enum fault f = payments_next_no(tx, &n->payment_no, 1);

    return f ? f : refunds_next_no(tx, &n->refund_no, 1);
}

static void numbers_given_after_the_backup_are_not_given_again(void **state)
{
    const int64_t now = INT64_C(1790000000000);
    struct bed_env *e = *state;
    struct numbered n = { 0 }, again = { 0 };

    edit(e, whole);
    assert_int_equal(store_write(e->store, next_numbers, &n), FAULT_NONE);
    assert_true(n.payment_no == 32 && n.refund_no == 2);
    store_close(e->store);
    assert_int_equal(store_mark_restored(e->bed.path, now), FAULT_NONE);
    e->store = bed_open(&e->bed, NULL);
    assert_int_equal(store_write(e->store, next_numbers, &n), FAULT_NONE);
    assert_true(n.payment_no == (now / 1000 - 1577836800) * 64 + 1 && n.refund_no == n.payment_no);
    store_close(e->store);
    /* the same backup once more, a second later: 64 numbers on; and with a clock that was put back: still further on */
    assert_int_equal(store_mark_restored(e->bed.path, now - 86400 * INT64_C(1000)), FAULT_NONE);
    e->store = bed_open(&e->bed, NULL);
    assert_int_equal(store_write(e->store, next_numbers, &again), FAULT_NONE);
    assert_true(again.payment_no > n.payment_no && again.refund_no > n.refund_no);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_made_while_others_commit_is_of_one_moment, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_for_nobody_else_and_replaces_what_was_there, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(the_check_names_each_kind_of_harm, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(every_rule_can_be_asked_of_the_newest_schema, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_found_and_another_kind_of_file_too, bed_setup, bed_teardown),
        cmocka_unit_test_setup_teardown(numbers_given_after_the_backup_are_not_given_again, bed_setup, bed_teardown),
        cmocka_unit_test(pieces_are_read_as_they_were_written_and_nothing_else_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
