/* Orders as use cases: create, fetch, terminate, and their private parts at rest. */
#include "service/orders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#include "base/banned.h"

enum what { CREATE, FETCH, TERMINATE };

/* One use case and its result, run as a write job. */
struct step {
    enum what what;
    struct fixture *f;
    const struct order_new *order;
    const struct key_ask *sealed;
    struct span order_id;
    int64_t merchant_id, now_ms;
    struct order_row row;
};

static enum fault step_work(struct store_tx *tx, void *arg)
{
    struct step *s = arg;

    switch (s->what) {
    case CREATE:
        return order_create(tx, &s->row, s->order, s->sealed, s->now_ms);
    case FETCH:
        return order_fetch(tx, &s->row, s->f->arena, s->merchant_id, s->order_id);
    case TERMINATE:
        break;
    }
    return order_terminate(tx, &s->row, s->f->arena, s->merchant_id, s->order_id, s->now_ms);
}

static struct order_new new_order(const char *order_id)
{
    return (struct order_new){
        .merchant_id = 1, .order_id = span_of(order_id), .customer_id = SPAN("customer-7"), .note = SPAN("a note"),
        .meta = SPAN("{\"return_url\":null}"),
            .private = { .customer = SPAN("{\"phone\":\"9876543210\"}"), .terminal = SPAN("") },
        .amount = { 1015, "INR" },
    };
}

static enum fault create(struct fixture *f, struct order_row *out, struct order_new *n, int64_t now_ms)
{
    struct key_ask ask;
    struct step s = { .what = CREATE, .f = f, .order = n, .sealed = &ask, .now_ms = now_ms };
    enum fault fault;

    assert_int_equal(order_prepare(n, &ask, f->arena), FAULT_NONE);
    fixture_ask(f, &ask, 1);
    fault = store_write(f->services.store, step_work, &s);
    *out = s.row;
    return fault;
}

static enum fault run(struct fixture *f, struct order_row *out, enum what what, const char *order_id, int64_t now_ms)
{
    struct step s = { .what = what, .f = f, .merchant_id = 1, .order_id = span_of(order_id), .now_ms = now_ms };
    enum fault fault = store_write(f->services.store, step_work, &s);

    *out = s.row;
    return fault;
}

static void an_order_that_was_created_is_found_whole(void **state)
{
    struct fixture *f = *state;
    struct order_new n = new_order("order-1");
    struct order_row made, row;
    struct money m;

    assert_int_equal(create(f, &made, &n, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(run(f, &row, FETCH, "order-1", 0), FAULT_NONE);
    assert_int_equal(row.order_no, made.order_no);
    assert_true(row.order_no > 0);
    assert_true(span_equal(row.order_id, n.order_id));
    assert_true(span_equal(row.customer_id, n.customer_id));
    assert_true(span_equal(row.note, n.note));
    assert_true(span_equal(row.meta, n.meta));
    assert_true(span_absent(row.tags));
    assert_true(span_equal(row.session, (struct span){ n.session, ORDER_SESSION }));
    assert_true(span_equal(row.private_sealed, made.private_sealed));
    assert_int_equal(row.state, ORDER_ACTIVE);
    assert_int_equal(row.created_ms, FIXTURE_NOW);
    m = order_money(&row);
    assert_int_equal(m.minor, 1015);
    assert_string_equal(m.currency, "INR");
}

static void the_default_expiry_is_a_second_less_than_30_days(void **state)
{
    struct fixture *f = *state;
    struct order_new n = new_order("order-1"), given = new_order("order-2");
    struct order_row row;

    assert_int_equal(create(f, &row, &n, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(row.expires_ms, FIXTURE_NOW + 30LL * 86400 * 1000 - 1000);
    assert_true(order_expiry_is_valid(row.expires_ms, FIXTURE_NOW));
    given.expires_ms = FIXTURE_NOW + 3600 * 1000;
    assert_int_equal(create(f, &row, &given, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(row.expires_ms, FIXTURE_NOW + 3600 * 1000);
}

static void an_order_id_is_taken_once(void **state)
{
    struct fixture *f = *state;
    struct order_new n = new_order("order-1"), again = new_order("order-1"), other = new_order("order-1");
    struct order_row row;

    assert_int_equal(create(f, &row, &n, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(create(f, &row, &again, FIXTURE_NOW), FAULT_EXISTS);
    other.merchant_id = 2;
    assert_int_equal(create(f, &row, &other, FIXTURE_NOW), FAULT_NONE);      /* each merchant has its own ids */
}

static void an_order_of_nobody_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct order_row row;

    assert_int_equal(run(f, &row, FETCH, "order-1", 0), FAULT_NOT_FOUND);
    assert_int_equal(run(f, &row, TERMINATE, "order-1", FIXTURE_NOW), FAULT_NOT_FOUND);
}

static void termination_ends_an_active_order_and_only_once(void **state)
{
    struct fixture *f = *state;
    struct order_new n = new_order("order-1");
    struct order_row row;

    assert_int_equal(create(f, &row, &n, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(run(f, &row, TERMINATE, "order-1", FIXTURE_NOW + 1), FAULT_NONE);
    assert_int_equal(row.state, ORDER_TERMINATED);
    assert_int_equal(run(f, &row, FETCH, "order-1", 0), FAULT_NONE);
    assert_int_equal(row.state, ORDER_TERMINATED);
    assert_int_equal(run(f, &row, TERMINATE, "order-1", FIXTURE_NOW + 2), FAULT_WRONG_STATE);
    assert_int_equal(row.state, ORDER_TERMINATED);      /* says which */
}

static void an_expired_order_cannot_be_terminated(void **state)
{
    struct fixture *f = *state;
    struct order_new n = new_order("order-1");
    struct order_row row;

    assert_int_equal(create(f, &row, &n, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(run(f, &row, TERMINATE, "order-1", row.expires_ms), FAULT_WRONG_STATE);
    assert_int_equal(row.state, ORDER_ACTIVE);      /* expiry is derived, never stored */
    assert_int_equal(order_state_at((enum order_state)row.state, row.expires_ms, row.expires_ms), ORDER_EXPIRED);
}

struct move { int64_t order_no; enum order_state to; };

static enum fault move_work(struct store_tx *tx, void *arg)
{
    const struct move *m = arg;

    return orders_move(tx, 1, m->order_no, ORDER_ACTIVE, m->to);
}

static void a_paid_order_cannot_be_terminated_and_asking_twice_is_no_fault(void **state)
{
    struct fixture *f = *state;
    struct order_new paid = new_order("order-1"), asked = new_order("order-2");
    struct order_row row;

    assert_int_equal(create(f, &row, &paid, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(store_write(f->services.store, move_work, &(struct move){ row.order_no, ORDER_PAID }), FAULT_NONE);
    assert_int_equal(run(f, &row, TERMINATE, "order-1", FIXTURE_NOW), FAULT_WRONG_STATE);
    assert_int_equal(row.state, ORDER_PAID);
    assert_int_equal(create(f, &row, &asked, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(store_write(f->services.store, move_work,
                                 &(struct move){ row.order_no, ORDER_TERMINATION_REQUESTED }), FAULT_NONE);
    assert_int_equal(run(f, &row, TERMINATE, "order-2", FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(row.state, ORDER_TERMINATION_REQUESTED);
}

static void private_parts_come_back_as_they_went_in(void **state)
{
    struct fixture *f = *state;
    struct order_new n = new_order("order-1");
    struct order_private p;
    struct order_row row;

    assert_int_equal(create(f, &row, &n, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(order_open_private(&f->services, &p, f->arena, &row, 0), FAULT_NONE);
    assert_true(span_equal(p.customer, n.private.customer));
    assert_true(span_absent(p.cart));
    assert_false(span_absent(p.terminal));      /* given, but empty */
    assert_int_equal(p.terminal.n, 0);
}

static void private_parts_do_not_rest_in_the_clear_and_open_only_in_their_place(void **state)
{
    struct fixture *f = *state;
    struct order_new n = new_order("order-1");
    struct order_private p;
    struct order_row row, moved;
    uint8_t changed[256];

    assert_int_equal(create(f, &row, &n, FIXTURE_NOW), FAULT_NONE);
    assert_null(memmem(row.private_sealed.p, row.private_sealed.n, "9876543210", 10));
    moved = row;
    moved.order_id = SPAN("order-2");
    assert_int_equal(order_open_private(&f->services, &p, f->arena, &moved, 0), FAULT_DENIED);
    moved = row;
    moved.merchant_id = 2;
    assert_int_equal(order_open_private(&f->services, &p, f->arena, &moved, 0), FAULT_DENIED);
    moved = row;
    memcpy(changed, row.private_sealed.p, row.private_sealed.n);
    changed[row.private_sealed.n - 20] ^= 1;
    moved.private_sealed.p = changed;
    assert_int_equal(order_open_private(&f->services, &p, f->arena, &moved, 0), FAULT_DENIED);
    moved.private_sealed = (struct span){ changed, 8 };
    assert_int_equal(order_open_private(&f->services, &p, f->arena, &moved, 0), FAULT_DENIED);
    moved.private_sealed = (struct span){ 0 };    /* erased: nothing is left to be opened */
    assert_int_equal(order_open_private(&f->services, &p, f->arena, &moved, 0), FAULT_NONE);
    assert_true(span_absent(p.customer) && span_absent(p.cart) && span_absent(p.terminal));
    fixture_keyholder_stop(f);
    assert_int_equal(order_open_private(&f->services, &p, f->arena, &row, 0), FAULT_SILENT);
}

static void private_parts_have_a_ceiling_together(void **state)
{
    static uint8_t bytes[ORDER_PRIVATE_MAX + 1];
    struct fixture *f = *state;
    struct order_new n = new_order("order-1");
    struct key_ask ask;

    n.private = (struct order_private){ { bytes, ORDER_PRIVATE_MAX / 2 }, { bytes, ORDER_PRIVATE_MAX / 2 }, { 0 } };
    assert_int_equal(order_prepare(&n, &ask, f->arena), FAULT_NONE);
    n.private.terminal = (struct span){ bytes, 1 };
    assert_int_equal(order_prepare(&n, &ask, f->arena), FAULT_BAD_INPUT);
    n.private = (struct order_private){ .cart = { bytes, SIZE_MAX } };
    assert_int_equal(order_prepare(&n, &ask, f->arena), FAULT_BAD_INPUT);
}

static void nothing_is_stored_without_its_seal(void **state)
{
    struct fixture *f = *state;
    struct order_new n = new_order("order-1");
    struct key_ask ask;
    struct step s = { .what = CREATE, .f = f, .order = &n, .sealed = &ask, .now_ms = FIXTURE_NOW };
    struct order_row row;

    assert_int_equal(order_prepare(&n, &ask, f->arena), FAULT_NONE);
    assert_int_equal(store_write(f->services.store, step_work, &s), FAULT_INTERNAL);      /* never asked */
    ask.fault = FAULT_SILENT;
    assert_int_equal(store_write(f->services.store, step_work, &s), FAULT_SILENT);
    ask.fault = FAULT_DENIED;
    assert_int_equal(store_write(f->services.store, step_work, &s), FAULT_INTERNAL);
    assert_int_equal(run(f, &row, FETCH, "order-1", 0), FAULT_NOT_FOUND);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(an_order_that_was_created_is_found_whole),
        WITH_FIXTURE(the_default_expiry_is_a_second_less_than_30_days),
        WITH_FIXTURE(an_order_id_is_taken_once),
        WITH_FIXTURE(an_order_of_nobody_is_not_found),
        WITH_FIXTURE(termination_ends_an_active_order_and_only_once),
        WITH_FIXTURE(an_expired_order_cannot_be_terminated),
        WITH_FIXTURE(a_paid_order_cannot_be_terminated_and_asking_twice_is_no_fault),
        WITH_FIXTURE(private_parts_come_back_as_they_went_in),
        WITH_FIXTURE(private_parts_do_not_rest_in_the_clear_and_open_only_in_their_place),
        WITH_FIXTURE(private_parts_have_a_ceiling_together),
        WITH_FIXTURE(nothing_is_stored_without_its_seal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
