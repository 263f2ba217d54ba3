/* test_refund_rows.c: refunds and simulated outcomes as rows. */
#include "store_bed.h"

#include "store/refunds.h"
#include "store/simulations.h"

#include "base/banned.h"

enum { MERCHANT = 7, OTHER = 8, ORDER = 1000 };
static const int64_t noon_ms = INT64_C(1760000000000);

static struct refund_row usual(int64_t no, const char *id)
{
    return (struct refund_row){
        .merchant_id = MERCHANT, .refund_no = no, .refund_id = span_of(id), .order_no = ORDER, .payment_no = 3,
        .order_id = SPAN("order"), .amount_minor = 1015, .currency = SPAN("INR"), .note = SPAN("a note"),
        .splits = SPAN("[]"), .status = 0, .type = 0, .speed = 1, .arn = SPAN("arn"), .remarks = SPAN("remarks"),
        .created_ms = noon_ms, .processed_ms = noon_ms + 1, .wanted = 9, .request = 77, .ask_ms = noon_ms + 2,
    };
}

static enum fault insert_work(struct store_tx *tx, void *arg)
{
    return refunds_insert(tx, arg);
}

static enum fault update_work(struct store_tx *tx, void *arg)
{
    return refunds_update(tx, arg);
}

static enum fault insert(struct bed_env *e, struct refund_row r)
{
    return store_write(e->store, insert_work, &r);
}

/* What a test looks for. */
struct look {
    struct bed_env *env;
    struct refund_row row;
    int64_t merchant_id, no;
    struct span id;
    int64_t seen[8];
    size_t n;
};

static enum fault find_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    if (l->no)
        return refunds_find_no(tx, &l->row, l->env->arena, l->merchant_id, l->no);
    return refunds_find(tx, &l->row, l->env->arena, l->merchant_id, ORDER, l->id);
}

static enum fault next_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return refunds_next_no(tx, &l->no, l->merchant_id);
}

static enum fault see(void *arg, const struct refund_row *r)
{
    struct look *l = arg;

    l->seen[l->n++] = r->refund_no;
    return l->n == 3 ? FAULT_BUSY : FAULT_NONE;
}

static enum fault list_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return refunds_of_order(tx, l->merchant_id, ORDER, see, l);
}

static enum fault due_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;

    return refunds_due(tx, noon_ms, l->no, see, l);
}

static void check_same(const struct refund_row *a, const struct refund_row *b)
{
    assert_int_equal(a->merchant_id, b->merchant_id);
    assert_int_equal(a->refund_no, b->refund_no);
    assert_true(span_equal(a->refund_id, b->refund_id));
    assert_int_equal(a->order_no, b->order_no);
    assert_int_equal(a->payment_no, b->payment_no);
    assert_true(span_equal(a->order_id, b->order_id));
    assert_int_equal(a->amount_minor, b->amount_minor);
    assert_true(span_equal(a->currency, b->currency));
    assert_true(span_equal(a->note, b->note));
    assert_true(span_equal(a->splits, b->splits));
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->speed, b->speed);
    assert_true(span_equal(a->arn, b->arn));
    assert_true(span_equal(a->remarks, b->remarks));
    assert_int_equal(a->created_ms, b->created_ms);
    assert_int_equal(a->processed_ms, b->processed_ms);
    assert_int_equal(a->wanted, b->wanted);
    assert_int_equal(a->request, b->request);
    assert_int_equal(a->ask_ms, b->ask_ms);
}

static void a_refund_is_found_as_it_was_kept(void **state)
{
    struct bed_env *e = *state;
    struct refund_row r = usual(1, "refund_1");
    struct look l = { .env = e, .merchant_id = MERCHANT, .no = 1 };

    assert_int_equal(insert(e, r), FAULT_NONE);
    assert_int_equal(store_write(e->store, find_work, &l), FAULT_NONE);
    check_same(&l.row, &r);
    l = (struct look){ .env = e, .merchant_id = MERCHANT, .id = SPAN("refund_1") };
    assert_int_equal(store_write(e->store, find_work, &l), FAULT_NONE);
    check_same(&l.row, &r);
    l = (struct look){ .env = e, .merchant_id = OTHER, .id = SPAN("refund_1") };
    assert_int_equal(store_write(e->store, find_work, &l), FAULT_NOT_FOUND);
    l = (struct look){ .env = e, .merchant_id = OTHER, .no = 1 };
    assert_int_equal(store_write(e->store, find_work, &l), FAULT_NOT_FOUND);
}

static void an_update_writes_what_can_change_and_nothing_else(void **state)
{
    struct bed_env *e = *state;
    struct refund_row r = usual(1, "refund_1"), changed;
    struct look l = { .env = e, .merchant_id = MERCHANT, .no = 1 };

    assert_int_equal(insert(e, r), FAULT_NONE);
    changed = r;
    changed.status = 3;
    changed.arn = SPAN("another");
    changed.remarks = (struct span){ 0 };
    changed.processed_ms = 5;
    changed.wanted = 8;
    changed.request = 6;
    changed.ask_ms = 0;
    r = changed;
    changed.amount_minor = 1;
    changed.note = SPAN("other");
    assert_int_equal(store_write(e->store, update_work, &changed), FAULT_NONE);
    assert_int_equal(store_write(e->store, find_work, &l), FAULT_NONE);
    check_same(&l.row, &r);
    changed.refund_no = 2;
    assert_int_equal(store_write(e->store, update_work, &changed), FAULT_NOT_FOUND);
}

static void an_id_is_taken_within_its_order_alone(void **state)
{
    struct bed_env *e = *state;
    struct refund_row other = usual(4, "refund_1"), nobody = usual(5, "refund_1");

    assert_int_equal(insert(e, usual(1, "refund_1")), FAULT_NONE);
    assert_int_equal(insert(e, usual(2, "refund_1")), FAULT_EXISTS);
    assert_int_equal(insert(e, usual(1, "refund_2")), FAULT_EXISTS);
    other.order_no = ORDER + 1;
    assert_int_equal(insert(e, other), FAULT_NONE);
    nobody.merchant_id = OTHER;
    assert_int_equal(insert(e, nobody), FAULT_NONE);
    assert_int_equal(insert(e, usual(6, NULL)), FAULT_NONE);      /* automatic ones have none */
    assert_int_equal(insert(e, usual(7, NULL)), FAULT_NONE);
}

static void numbers_begin_at_one_for_each_merchant(void **state)
{
    struct bed_env *e = *state;
    struct look l = { .env = e, .merchant_id = MERCHANT };

    assert_int_equal(store_write(e->store, next_work, &l), FAULT_NONE);
    assert_int_equal(l.no, 1);
    assert_int_equal(insert(e, usual(41, "refund_1")), FAULT_NONE);
    assert_int_equal(store_write(e->store, next_work, &l), FAULT_NONE);
    assert_int_equal(l.no, 42);
    l.merchant_id = OTHER;
    assert_int_equal(store_write(e->store, next_work, &l), FAULT_NONE);
    assert_int_equal(l.no, 1);
    assert_int_equal(insert(e, usual((INT64_C(1) << 37) - 1, "the_last")), FAULT_NONE);
    l.merchant_id = MERCHANT;
    assert_int_equal(store_write(e->store, next_work, &l), FAULT_INTERNAL);
}

static void an_orders_refunds_come_newest_first_until_one_says_stop(void **state)
{
    struct bed_env *e = *state;
    struct look l = { .env = e, .merchant_id = MERCHANT };
    char id[] = "refund_0";

    for (int64_t no = 1; no <= 4; no++) {
        id[sizeof id - 2] = (char)('0' + no);
        assert_int_equal(insert(e, usual(no, id)), FAULT_NONE);
    }
    assert_int_equal(store_write(e->store, list_work, &l), FAULT_BUSY);
    assert_int_equal(l.n, 3);
    assert_int_equal(l.seen[0], 4);
    assert_int_equal(l.seen[2], 2);
}

static void what_is_due_comes_oldest_first_and_no_more_than_asked_for(void **state)
{
    struct bed_env *e = *state;
    static const int64_t due[] = { 0, -5, -9, 0, 1, -7 };         /* from noon; of the first: not open at all */
    struct look l = { .env = e, .merchant_id = MERCHANT, .no = 2 };
    char id[] = "refund_0";

    for (size_t i = 0; i < sizeof due / sizeof *due; i++) {
        struct refund_row r;

        id[sizeof id - 2] = (char)('0' + i);
        r = usual((int64_t)i + 1, id);
        r.ask_ms = i ? noon_ms + due[i] : 0;
        assert_int_equal(insert(e, r), FAULT_NONE);
    }
    assert_int_equal(store_write(e->store, due_work, &l), FAULT_NONE);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.seen[0], 3);
    assert_int_equal(l.seen[1], 6);
}

static enum fault simulation_insert(struct store_tx *tx, void *arg)
{
    return simulations_insert(tx, arg);
}

struct find { struct bed_env *env; struct simulation_row row; int64_t merchant_id; };

static enum fault simulation_find(struct store_tx *tx, void *arg)
{
    struct find *f = arg;

    return simulations_find(tx, &f->row, f->env->arena, f->merchant_id, SPAN("sim_1"));
}

static void a_simulation_is_found_by_its_merchant_alone(void **state)
{
    struct bed_env *e = *state;
    struct simulation_row s = { .merchant_id = MERCHANT, .simulation_id = SPAN("sim_1"), .payment_no = 4,
                                .status = SPAN("FAILED"), .error_code = SPAN("CODE"), .created_ms = noon_ms };
    struct find f = { .env = e, .merchant_id = MERCHANT };

    assert_int_equal(store_write(e->store, simulation_insert, &s), FAULT_NONE);
    assert_int_equal(store_write(e->store, simulation_insert, &s), FAULT_EXISTS);
    assert_int_equal(store_write(e->store, simulation_find, &f), FAULT_NONE);
    assert_int_equal(f.row.payment_no, 4);
    assert_int_equal(f.row.created_ms, noon_ms);
    assert_true(span_equal(f.row.status, SPAN("FAILED")));
    assert_true(span_equal(f.row.error_code, SPAN("CODE")));
    f.merchant_id = OTHER;
    assert_int_equal(store_write(e->store, simulation_find, &f), FAULT_NOT_FOUND);
}

#define T(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_refund_is_found_as_it_was_kept),
        T(an_update_writes_what_can_change_and_nothing_else),
        T(an_id_is_taken_within_its_order_alone),
        T(numbers_begin_at_one_for_each_merchant),
        T(an_orders_refunds_come_newest_first_until_one_says_stop),
        T(what_is_due_comes_oldest_first_and_no_more_than_asked_for),
        T(a_simulation_is_found_by_its_merchant_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
