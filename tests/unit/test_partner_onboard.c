/* Onboarding: requestor ids at the simulated card network. */
#include "service/partners.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "fixture.h"
#include "network/network.h"
#include "service/merchants.h"
#include "store/tokens.h"

#include "base/banned.h"

static int64_t merchant(const struct fixture *f)
{
    return f->merchant.merchant_id;
}

struct seen { struct fixture *f; int64_t scheme; struct requestor_row row; };

static enum fault find_requestor(struct store_tx *tx, void *arg)
{
    struct seen *s = arg;

    return requestors_find(tx, &s->row, s->f->arena, merchant(s->f), s->scheme);
}

static enum fault requestor(struct fixture *f, struct seen *s, enum scheme scheme)
{
    *s = (struct seen){ .f = f, .scheme = scheme };
    return store_read(f->reader, find_requestor, s);
}

static void a_merchant_is_onboarded_at_one_scheme_or_at_all(void **state)
{
    struct fixture *f = *state;
    struct seen first, again;

    assert_int_equal(partner_onboard(&f->services, merchant(f), SCHEME_RUPAY), FAULT_NONE);
    assert_int_equal(requestor(f, &first, SCHEME_RUPAY), FAULT_NONE);
    assert_int_equal(first.row.trid.n, NETWORK_TRID);
    assert_int_equal(first.row.active, 1);
    assert_int_equal(requestor(f, &again, SCHEME_VISA), FAULT_NOT_FOUND);
    fixture_set_clock(f, FIXTURE_NOW + 5000);
    assert_int_equal(partner_onboard(&f->services, merchant(f), SCHEME_UNKNOWN), FAULT_NONE);
    for (enum scheme scheme = SCHEME_UNKNOWN + 1; scheme < SCHEMES; scheme++)
        assert_int_equal(requestor(f, &again, scheme), FAULT_NONE);
    assert_int_equal(requestor(f, &again, SCHEME_RUPAY), FAULT_NONE);
    assert_true(span_equal(again.row.trid, first.row.trid));      /* again does no harm */
    assert_int_equal(again.row.created_ms, FIXTURE_NOW);
}

static void onboarding_again_takes_over_whether_it_is_in_force(void **state)
{
    struct fixture *f = *state;
    struct seen s;

    assert_int_equal(partner_onboard(&f->services, merchant(f), SCHEME_VISA), FAULT_NONE);
    assert_int_equal(requestor(f, &s, SCHEME_VISA), FAULT_NONE);
    assert_int_equal(sim_requestor(f->sim, s.row.trid, false), FAULT_NONE);
    assert_int_equal(partner_onboard(&f->services, merchant(f), SCHEME_VISA), FAULT_NONE);
    assert_int_equal(requestor(f, &s, SCHEME_VISA), FAULT_NONE);
    assert_int_equal(s.row.active, 0);
}

static enum fault put_stray(struct store_tx *tx, void *f)
{
    return requestors_put(tx, &(struct requestor_row){ .merchant_id = merchant(f), .scheme = SCHEME_VISA,
                                                       .trid = SPAN("40000000000"), .active = 1 });
}

static void a_requestor_the_network_forgot_is_onboarded_anew(void **state)
{
    struct fixture *f = *state;
    struct seen s;

    assert_int_equal(store_write(f->services.store, put_stray, f), FAULT_NONE);
    assert_int_equal(partner_onboard(&f->services, merchant(f), SCHEME_VISA), FAULT_NONE);
    assert_int_equal(requestor(f, &s, SCHEME_VISA), FAULT_NONE);
    assert_false(span_equal(s.row.trid, SPAN("40000000000")));
}

static void onboarding_needs_a_network_that_answers_and_a_merchant(void **state)
{
    struct fixture *f = *state;
    struct network *network = f->services.network;
    struct seen s;

    assert_int_equal(partner_onboard(&f->services, 99, SCHEME_VISA), FAULT_NOT_FOUND);
    f->services.network = NULL;
    assert_int_equal(partner_onboard(&f->services, merchant(f), SCHEME_VISA), FAULT_WRONG_STATE);
    f->services.network = network;
    sim_behave(f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    assert_int_equal(partner_onboard(&f->services, merchant(f), SCHEME_VISA), FAULT_SILENT);
    assert_int_equal(requestor(f, &s, SCHEME_VISA), FAULT_NOT_FOUND);
    sim_behave(f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    assert_int_equal(merchant_disable(&f->services, merchant(f)), FAULT_NONE);
    assert_int_equal(partner_onboard(&f->services, merchant(f), SCHEME_VISA), FAULT_NOT_FOUND);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_merchant_is_onboarded_at_one_scheme_or_at_all),
        WITH_FIXTURE(onboarding_again_takes_over_whether_it_is_in_force),
        WITH_FIXTURE(a_requestor_the_network_forgot_is_onboarded_anew),
        WITH_FIXTURE(onboarding_needs_a_network_that_answers_and_a_merchant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
