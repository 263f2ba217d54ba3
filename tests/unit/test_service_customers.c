/* Customers as use cases: one for each merchant and phone number, sealed at rest. */
#include "service/customers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#include "base/banned.h"

struct step {
    struct fixture *f;
    const struct customer_new *n;
    const struct key_ask *asks;
    struct customer_row row;
    bool made;
};

static enum fault step_work(struct store_tx *tx, void *arg)
{
    struct step *s = arg;

    return customer_create(tx, &s->row, &s->made, s->f->arena, s->n, s->asks, FIXTURE_NOW);
}

static struct customer_row create(struct fixture *f, struct customer_new *n, bool *made)
{
    struct key_ask asks[2];
    struct step s = { .f = f, .n = n, .asks = asks };

    assert_int_equal(customer_prepare(n, asks, f->arena), FAULT_NONE);
    fixture_ask(f, asks, 2);
    assert_int_equal(store_write(f->services.store, step_work, &s), FAULT_NONE);
    *made = s.made;
    return s.row;
}

static struct customer_new customer(int64_t merchant_id, const char *phone)
{
    return (struct customer_new){ .merchant_id = merchant_id, .phone = span_of(phone),
                                  .email = SPAN("asha@example.com") };
}

static void a_new_customer_has_a_random_uuid_of_version_4(void **state)
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    struct fixture *f = *state;
    struct customer_new n = customer(1, "9876543210");
    bool made = false;
    struct customer_row row = create(f, &n, &made);

    assert_true(made);
    assert_int_equal(row.customer_uid.n, sizeof form - 1);
    for (size_t i = 0; i < sizeof form - 1; i++) {
        const char *digits = form[i] == 'x' ? "0123456789abcdef" : "89ab";
        const char *allowed = form[i] == 'x' || form[i] == 'v' ? digits : form[i] == '4' ? "4" : "-";
        assert_non_null(strchr(allowed, row.customer_uid.p[i]));
    }
}

static void the_same_phone_number_gives_the_same_customer(void **state)
{
    struct fixture *f = *state;
    struct customer_new n = customer(1, "9876543210"), again = customer(1, "9876543210"),
        other = customer(1, "9876543211");
    bool made;
    struct customer_row first = create(f, &n, &made), second;
    struct customer_private p;

    again.name = SPAN("Someone Else");
    second = create(f, &again, &made);
    assert_false(made);
    assert_true(span_equal(first.customer_uid, second.customer_uid));
    /* Under the uid it was sealed with. */
    assert_int_equal(customer_open(&f->services, &p, f->arena, &second), FAULT_NONE);
    assert_true(span_equal(p.phone, SPAN("9876543210")));
    assert_true(span_absent(p.name));
    second = create(f, &other, &made);
    assert_true(made);
    assert_false(span_equal(first.customer_uid, second.customer_uid));
}

static void two_merchants_with_one_phone_number_share_nothing(void **state)
{
    struct fixture *f = *state;
    struct customer_new mine = customer(1, "9876543210"), yours = customer(2, "9876543210");
    bool made;
    struct customer_row a = create(f, &mine, &made), b = create(f, &yours, &made);

    assert_true(made);
    assert_false(span_equal(a.customer_uid, b.customer_uid));
    assert_false(span_equal(a.phone_mac, b.phone_mac));
}

static void private_values_are_sealed_and_open_only_in_their_place(void **state)
{
    struct fixture *f = *state;
    struct customer_new n = customer(1, "9876543210");
    bool made;
    struct customer_row row = create(f, &n, &made), moved = row;
    struct customer_private p;

    assert_null(memmem(row.private_sealed.p, row.private_sealed.n, "9876543210", 10));
    assert_null(memmem(row.phone_mac.p, row.phone_mac.n, "9876543210", 10));
    assert_int_equal(customer_open(&f->services, &p, f->arena, &row), FAULT_NONE);
    assert_true(span_equal(p.phone, n.phone));
    assert_true(span_equal(p.email, n.email));
    assert_true(span_absent(p.name));
    moved.merchant_id = 2;
    assert_int_equal(customer_open(&f->services, &p, f->arena, &moved), FAULT_DENIED);
    moved = row;
    moved.customer_uid = SPAN("00000000-0000-4000-8000-000000000000");
    assert_int_equal(customer_open(&f->services, &p, f->arena, &moved), FAULT_DENIED);
    moved = row;
    moved.private_sealed.n = 3;
    assert_int_equal(customer_open(&f->services, &p, f->arena, &moved), FAULT_DENIED);
    fixture_keyholder_stop(f);
    assert_int_equal(customer_open(&f->services, &p, f->arena, &row), FAULT_SILENT);
}

static void nothing_is_stored_without_digest_and_seal(void **state)
{
    struct fixture *f = *state;
    struct customer_new n = customer(1, "9876543210"), none = customer(1, "");
    struct key_ask asks[2];
    struct step s = { .f = f, .n = &n, .asks = asks };

    assert_int_equal(customer_prepare(&none, asks, f->arena), FAULT_BAD_INPUT);
    assert_int_equal(customer_prepare(&n, asks, f->arena), FAULT_NONE);
    asks[1].fault = FAULT_SILENT;
    assert_int_equal(store_write(f->services.store, step_work, &s), FAULT_SILENT);
    asks[1].fault = FAULT_NONE;
    asks[0].fault = FAULT_DENIED;
    assert_int_equal(store_write(f->services.store, step_work, &s), FAULT_INTERNAL);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_new_customer_has_a_random_uuid_of_version_4),
        WITH_FIXTURE(the_same_phone_number_gives_the_same_customer),
        WITH_FIXTURE(two_merchants_with_one_phone_number_share_nothing),
        WITH_FIXTURE(private_values_are_sealed_and_open_only_in_their_place),
        WITH_FIXTURE(nothing_is_stored_without_digest_and_seal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
