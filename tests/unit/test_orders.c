/* test_orders.c: orders and their extended data as rows. */
#include "store_bed.h"

#include "base/banned.h"

enum { MERCHANT = 7 };
static const int64_t noon_ms = INT64_C(1760000000000);

static struct order_row usual_order(void)
{
    return (struct order_row){
        .merchant_id = MERCHANT, .order_no = 12, .order_id = SPAN("shirt-1"), .amount_minor = 17000,
        .currency = SPAN("INR"), .state = 1, .created_ms = noon_ms, .expires_ms = noon_ms + 1,
        .session = { (const uint8_t *)"0123456789abcde\0", ORDER_SESSION }, .customer_id = SPAN("c1"),
        .private_sealed = { (const uint8_t *)"\x00\xff\x01", 3 }, .note = SPAN(""), .meta = SPAN("{\"a\":1}"),
        .tags = SPAN("{\"name\":\"\xe0\xa4\xa4\"}"), .splits = SPAN("[]"), .products = SPAN("{}"),
    };
}

static enum fault insert(struct store_tx *tx, void *arg)
{
    return orders_insert(tx, arg);
}

struct look { struct bed_env *env; int64_t merchant_id; struct span id; struct order_row row; };

static enum fault find(struct store_tx *tx, void *arg)
{
    struct look *l = arg;
    return orders_find(tx, &l->row, l->env->arena, l->merchant_id, l->id);
}

static void every_field_comes_back_as_it_went(void **state)
{
    struct bed_env *e = *state;
    struct order_row o = usual_order();
    struct look l = { .env = e, .merchant_id = MERCHANT, .id = o.order_id };
    const struct order_row *r = &l.row;

    assert_int_equal(store_write(e->store, insert, &o), FAULT_NONE);
    assert_int_equal(store_write(e->store, find, &l), FAULT_NONE);
    assert_int_equal(r->merchant_id, MERCHANT);
    assert_int_equal(r->order_no, 12);
    assert_int_equal(r->amount_minor, 17000);
    assert_int_equal(r->state, 1);
    assert_int_equal(r->created_ms, noon_ms);
    assert_int_equal(r->expires_ms, noon_ms + 1);
    assert_true(span_equal(r->order_id, o.order_id) && span_equal(r->currency, o.currency));
    assert_true(span_equal(r->session, o.session) && span_equal(r->customer_id, o.customer_id));
    assert_true(span_equal(r->private_sealed, o.private_sealed) && span_equal(r->meta, o.meta));
    assert_true(span_equal(r->tags, o.tags) && span_equal(r->splits, o.splits));
    assert_true(span_equal(r->products, o.products));
    assert_false(span_absent(r->note));            /* given, empty */
    assert_int_equal(r->note.n, 0);
}

static void what_was_not_given_is_absent(void **state)
{
    struct bed_env *e = *state;
    struct order_row o = usual_order();
    struct look l = { .env = e, .merchant_id = MERCHANT, .id = o.order_id };

    o.customer_id = o.private_sealed = o.note = o.meta = o.tags = o.splits = o.products = (struct span){ 0 };
    assert_int_equal(store_write(e->store, insert, &o), FAULT_NONE);
    assert_int_equal(store_write(e->store, find, &l), FAULT_NONE);
    assert_true(span_absent(l.row.customer_id) && span_absent(l.row.private_sealed) && span_absent(l.row.note));
    assert_true(span_absent(l.row.meta) && span_absent(l.row.tags) && span_absent(l.row.splits));
    assert_true(span_absent(l.row.products));
}

static void an_order_is_found_only_by_its_own_merchant(void **state)
{
    struct bed_env *e = *state;
    struct order_row o = usual_order();
    struct look l = { .env = e, .merchant_id = MERCHANT + 1, .id = o.order_id };

    assert_int_equal(store_write(e->store, insert, &o), FAULT_NONE);
    assert_int_equal(store_write(e->store, find, &l), FAULT_NOT_FOUND);
}

static void one_id_serves_each_merchant_once(void **state)
{
    struct bed_env *e = *state;
    struct order_row o = usual_order();

    assert_int_equal(store_write(e->store, insert, &o), FAULT_NONE);
    o.order_no++;
    assert_int_equal(store_write(e->store, insert, &o), FAULT_EXISTS);
    o.merchant_id++;
    assert_int_equal(store_write(e->store, insert, &o), FAULT_NONE);
}

static void ids_differ_by_the_case_of_a_letter(void **state)
{
    struct bed_env *e = *state;
    struct order_row o = usual_order();

    assert_int_equal(store_write(e->store, insert, &o), FAULT_NONE);
    o.order_no++;
    o.order_id = SPAN("Shirt-1");
    assert_int_equal(store_write(e->store, insert, &o), FAULT_NONE);
}

struct move { int64_t merchant_id, order_no, from, to; };

static enum fault move(struct store_tx *tx, void *arg)
{
    struct move *m = arg;
    return orders_move(tx, m->merchant_id, m->order_no, m->from, m->to);
}

static void an_order_moves_only_from_the_state_it_is_in(void **state)
{
    struct bed_env *e = *state;
    struct order_row o = usual_order();
    struct look l = { .env = e, .merchant_id = MERCHANT, .id = o.order_id };

    assert_int_equal(store_write(e->store, insert, &o), FAULT_NONE);
    assert_int_equal(store_write(e->store, move, &(struct move){ MERCHANT, 12, 2, 3 }), FAULT_WRONG_STATE);
    assert_int_equal(store_write(e->store, move, &(struct move){ MERCHANT, 12, 1, 3 }), FAULT_NONE);
    assert_int_equal(store_write(e->store, move, &(struct move){ MERCHANT, 12, 1, 3 }), FAULT_WRONG_STATE);
    assert_int_equal(store_write(e->store, move, &(struct move){ MERCHANT + 1, 12, 3, 1 }), FAULT_WRONG_STATE);
    assert_int_equal(store_write(e->store, find, &l), FAULT_NONE);
    assert_int_equal(l.row.state, 3);
}

struct number { int64_t merchant_id, now_ms, no; enum fault fault; };

/* Take a number and make an order of it. */
static enum fault number(struct store_tx *tx, void *arg)
{
    struct number *n = arg;
    struct order_row o = usual_order();
    char id[32];
    enum fault f = orders_next_no(tx, &n->no, n->merchant_id, n->now_ms);

    if (f)
        return f;
    o.merchant_id = n->merchant_id;
    o.order_no = n->no;
    o.order_id = (struct span){ (uint8_t *)id, (size_t)snprintf(id, sizeof id, "n%lld", (long long)n->no) };
    f = orders_insert(tx, &o);
    return f ? f : n->fault;
}

static int64_t next_no(struct bed_env *e, int64_t merchant_id, int64_t now_ms)
{
    struct number n = { .merchant_id = merchant_id, .now_ms = now_ms };

    assert_int_equal(store_write(e->store, number, &n), FAULT_NONE);
    return n.no;
}

static void numbers_grow_when_the_clock_stands_still_or_goes_back(void **state)
{
    struct bed_env *e = *state;
    int64_t last = next_no(e, MERCHANT, noon_ms);

    assert_int_equal(last, (noon_ms - INT64_C(1577836800000)) * 4096);
    for (int i = 0; i < 5; i++)
        assert_int_equal(next_no(e, MERCHANT, noon_ms), ++last);
    assert_int_equal(next_no(e, MERCHANT, noon_ms - 3600000), ++last);
    assert_int_equal(next_no(e, MERCHANT, -5), ++last);
    assert_true(next_no(e, MERCHANT, noon_ms + 1) > last);
}

static void numbers_grow_over_a_restart_under_an_earlier_clock(void **state)
{
    struct bed_env *e = *state;
    int64_t last = next_no(e, MERCHANT, noon_ms);

    store_close(e->store);
    e->store = bed_open(&e->bed, NULL);
    assert_int_equal(next_no(e, MERCHANT, noon_ms - 3600000), last + 1);
}

static void merchants_that_share_a_slot_keep_their_own_numbers(void **state)
{
    struct bed_env *e = *state;
    int64_t a = next_no(e, 1, noon_ms), b = next_no(e, 1 + 1024, noon_ms + 50);

    assert_int_equal(next_no(e, 1, noon_ms), a + 1);
    assert_int_equal(next_no(e, 1 + 1024, noon_ms), b + 1);
    assert_int_equal(next_no(e, 1, noon_ms), a + 2);
}

static void an_undone_job_costs_its_number_and_nothing_else(void **state)
{
    struct bed_env *e = *state;
    int64_t last = next_no(e, MERCHANT, noon_ms);
    struct number n = { .merchant_id = MERCHANT, .now_ms = noon_ms, .fault = FAULT_DENIED };

    assert_int_equal(store_write(e->store, number, &n), FAULT_DENIED);
    assert_true(next_no(e, MERCHANT, noon_ms) > last);
}

static void numbers_stay_below_two_to_the_53(void **state)
{
    struct bed_env *e = *state;
    int64_t end_ms = INT64_C(1577836800000) + (INT64_C(1) << 41);
    struct number n = { .merchant_id = MERCHANT, .now_ms = end_ms };

    assert_true(next_no(e, MERCHANT, end_ms - 1) < INT64_C(1) << 53);
    assert_int_equal(store_write(e->store, number, &n), FAULT_INTERNAL);
}

static void a_reader_gives_no_numbers(void **state)
{
    struct bed_env *e = *state;
    struct number n = { .merchant_id = MERCHANT, .now_ms = noon_ms };
    struct store_reader *r;

    assert_int_equal(store_reader_open(&r, e->store), FAULT_NONE);
    assert_int_equal(store_read(r, number, &n), FAULT_INTERNAL);
    store_reader_close(r);
}

struct extended { struct bed_env *env; struct order_extended_row row; };

static enum fault extended_put(struct store_tx *tx, void *arg)
{
    struct extended *x = arg;
    return order_extended_put(tx, &x->row);
}

static enum fault extended_find(struct store_tx *tx, void *arg)
{
    struct extended *x = arg;
    return order_extended_find(tx, &x->row, x->env->arena, MERCHANT, 12);
}

static void extended_data_keeps_what_a_later_call_leaves_out(void **state)
{
    struct bed_env *e = *state;
    struct extended x = { .env = e, .row = { .merchant_id = MERCHANT, .order_no = 12 } };

    assert_int_equal(store_write(e->store, extended_find, &x), FAULT_NOT_FOUND);
    x.row.shipment = SPAN("{\"s\":1}");
    assert_int_equal(store_write(e->store, extended_put, &x), FAULT_NONE);
    x.row.shipment = (struct span){ 0 };
    x.row.delivery = SPAN("{\"d\":1}");
    assert_int_equal(store_write(e->store, extended_put, &x), FAULT_NONE);
    x.row.delivery = SPAN("{\"d\":2}");
    assert_int_equal(store_write(e->store, extended_put, &x), FAULT_NONE);
    assert_int_equal(store_write(e->store, extended_find, &x), FAULT_NONE);
    assert_true(span_equal(x.row.shipment, SPAN("{\"s\":1}")));
    assert_true(span_equal(x.row.delivery, SPAN("{\"d\":2}")));
}

#define T(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_field_comes_back_as_it_went),
        T(what_was_not_given_is_absent),
        T(an_order_is_found_only_by_its_own_merchant),
        T(one_id_serves_each_merchant_once),
        T(ids_differ_by_the_case_of_a_letter),
        T(an_order_moves_only_from_the_state_it_is_in),
        T(numbers_grow_when_the_clock_stands_still_or_goes_back),
        T(numbers_grow_over_a_restart_under_an_earlier_clock),
        T(merchants_that_share_a_slot_keep_their_own_numbers),
        T(an_undone_job_costs_its_number_and_nothing_else),
        T(numbers_stay_below_two_to_the_53),
        T(a_reader_gives_no_numbers),
        T(extended_data_keeps_what_a_later_call_leaves_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
