/* test_audit.c: the audit log as rows. */
#include "store_bed.h"

#include "store/audit.h"

#include "base/banned.h"

enum { MERCHANT = 7 };
static const int64_t noon_ms = INT64_C(1760000000000);

/* What a test does in a write job. */
struct job { struct bed_env *env; int64_t merchant_id, max; struct audit_row rows[8]; size_t n; };

static enum fault insert(struct store_tx *tx, void *arg)
{
    return audit_insert(tx, arg);
}

static enum fault see(void *arg, const struct audit_row *r)
{
    struct job *j = arg;
    struct audit_row *row = &j->rows[j->n++];

    *row = *r;
    if (!span_absent(r->request_id))
        row->request_id = arena_copy(j->env->arena, r->request_id);
    if (!span_absent(r->source))
        row->source = arena_copy(j->env->arena, r->source);
    return FAULT_NONE;
}

static enum fault newest(struct store_tx *tx, void *arg)
{
    struct job *j = arg;

    return audit_each(tx, j->merchant_id, j->max, see, j);
}

static struct job read_newest(struct bed_env *e, int64_t merchant_id, int64_t max)
{
    struct job j = { .env = e, .merchant_id = merchant_id, .max = max };

    assert_int_equal(store_write(e->store, newest, &j), FAULT_NONE);
    return j;
}

static struct audit_row usual_row(int64_t token_no)
{
    return (struct audit_row){
        .merchant_id = MERCHANT, .at_ms = noon_ms, .event = AUDIT_TOKEN_CRYPTOGRAM, .channel = 2,
        .token_no = token_no, .outcome = 4, .request_id = SPAN("request-1"), .source = SPAN("192.0.2.1"),
    };
}

static void put(struct bed_env *e, struct audit_row r)
{
    assert_int_equal(store_write(e->store, insert, &r), FAULT_NONE);
}

static void a_row_comes_back_whole_under_a_number_of_its_own(void **state)
{
    struct bed_env *e = *state;
    struct audit_row row = usual_row(5);
    struct job j;

    row.audit_no = -1;                /* the log makes it */
    put(e, row);
    j = read_newest(e, MERCHANT, 8);
    assert_int_equal(j.n, 1);
    assert_true(j.rows[0].audit_no > 0);
    assert_int_equal(j.rows[0].merchant_id, MERCHANT);
    assert_int_equal(j.rows[0].at_ms, noon_ms);
    assert_int_equal(j.rows[0].event, AUDIT_TOKEN_CRYPTOGRAM);
    assert_int_equal(j.rows[0].channel, 2);
    assert_int_equal(j.rows[0].token_no, 5);
    assert_int_equal(j.rows[0].outcome, 4);
    assert_true(span_equal(j.rows[0].request_id, SPAN("request-1")));
    assert_true(span_equal(j.rows[0].source, SPAN("192.0.2.1")));
}

static void what_nobody_asked_for_has_neither_request_nor_source(void **state)
{
    struct bed_env *e = *state;
    struct audit_row row = usual_row(5);
    struct job j;

    row.request_id = row.source = (struct span){ 0 };
    row.channel = -1;
    put(e, row);
    j = read_newest(e, MERCHANT, 8);
    assert_true(span_absent(j.rows[0].request_id) && span_absent(j.rows[0].source));
    assert_int_equal(j.rows[0].channel, -1);
}

static void the_newest_rows_of_one_merchant_come_first_and_no_more_than_asked_for(void **state)
{
    struct bed_env *e = *state;
    struct audit_row other = usual_row(9);
    struct job j;

    other.merchant_id++;
    for (int64_t token_no = 1; token_no <= 4; token_no++)
        put(e, usual_row(token_no));
    put(e, other);
    j = read_newest(e, MERCHANT, 3);
    assert_int_equal(j.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(j.rows[i].token_no, 4 - (int64_t)i);
    assert_int_equal(read_newest(e, MERCHANT + 1, 3).n, 1);
    assert_int_equal(read_newest(e, MERCHANT + 2, 3).n, 0);
}

static void numbers_rise_over_a_restart_and_a_clock_that_goes_back(void **state)
{
    struct bed_env *e = *state;
    struct audit_row earlier = usual_row(2);
    struct job j;

    put(e, usual_row(1));
    store_close(e->store);
    e->store = bed_open(&e->bed, NULL);
    earlier.at_ms -= 1000000;
    put(e, earlier);
    j = read_newest(e, MERCHANT, 8);
    assert_int_equal(j.n, 2);
    assert_int_equal(j.rows[0].token_no, 2);
    assert_int_equal(j.rows[0].audit_no, j.rows[1].audit_no + 1);
}

static void a_reader_appends_nothing(void **state)
{
    struct bed_env *e = *state;
    struct audit_row row = usual_row(1);
    struct store_reader *r;

    assert_int_equal(store_reader_open(&r, e->store), FAULT_NONE);
    assert_int_equal(store_read(r, insert, &row), FAULT_INTERNAL);
    store_reader_close(r);
    assert_int_equal(read_newest(e, MERCHANT, 8).n, 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_row_comes_back_whole_under_a_number_of_its_own),
        FRESH(what_nobody_asked_for_has_neither_request_nor_source),
        FRESH(the_newest_rows_of_one_merchant_come_first_and_no_more_than_asked_for),
        FRESH(numbers_rise_over_a_restart_and_a_clock_that_goes_back),
        FRESH(a_reader_appends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
