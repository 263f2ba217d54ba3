/* Merchants: adding, listing, disabling, rotating. */
#include "service/merchants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "service/callers.h"
#include "store/db.h"

#include "base/banned.h"

static enum fault log_in(struct fixture *f, const char *client_id, const char *secret)
{
    struct caller c;

    return callers_find(&f->services, &c, f->reader, f->arena, span_of(client_id), span_of(secret),
                        clock_now_ms(f->services.clock));
}

static bool is_hex(const char *text, size_t n)
{
    return strlen(text) >= n && strspn(text, "0123456789abcdef") >= n;
}

static void credentials_look_as_the_mode_says(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials live;

    assert_memory_equal(f->merchant.client_id, "TEST", 4);
    assert_true(strlen(f->merchant.client_id) >= 24);
    assert_true(is_hex(f->merchant.client_id + 4, strlen(f->merchant.client_id) - 4));
    assert_memory_equal(f->merchant.client_secret, "cfsk_ma_test_", 13);
    assert_int_equal(strlen(f->merchant.client_secret), 13 + 32 + 1 + 8);
    assert_true(is_hex(f->merchant.client_secret + 13, 32));
    assert_int_equal(f->merchant.client_secret[45], '_');
    assert_true(is_hex(f->merchant.client_secret + 46, 8));

    f->services.mode = MODE_LIVE;
    assert_int_equal(merchant_add(&f->services, &live, SPAN("Live"), SPAN("INR")), FAULT_NONE);
    assert_true(is_hex(live.client_id, 20));
    assert_true(is_hex(live.client_id, strlen(live.client_id)));
    assert_memory_equal(live.client_secret, "cfsk_ma_prod_", 13);
    assert_true(live.merchant_id != f->merchant.merchant_id);
}

static void names_are_taken_once_and_are_plain(void **state)
{
    static const char *const wrong[] = { "", "a\nb", "a\x7f",
                                         "0123456789012345678901234567890123456789012345678901234567890123456" };
    struct fixture *f = *state;
    struct merchant_credentials m;

    assert_int_equal(merchant_add(&f->services, &m, SPAN("Demo"), SPAN("INR")), FAULT_EXISTS);
    assert_string_equal(m.client_secret, "");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(merchant_add(&f->services, &m, span_of(wrong[i]), SPAN("INR")), FAULT_BAD_INPUT);
    assert_int_equal(merchant_add(&f->services, &m, SPAN("\xe0\xa4\xa4\xe0\xa4\xbf & Sons"), SPAN("INR")), FAULT_NONE);
}

static void currencies_must_exist(void **state)
{
    static const char *const wrong[] = { "XXX", "inr", "INR,", ",INR", "INR,,USD", "INR USD", "INR;USD", "IN",
                                         "INR,QQQ",
                                         "INR,USD,EUR,GBP,AED,SGD,JPY,CHF,CAD,AUD,NZD,HKD,THB,MYR,IDR,PHP,KRW" };
    struct fixture *f = *state;
    struct merchant_credentials m;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(merchant_add(&f->services, &m, SPAN("Other"), span_of(wrong[i])), FAULT_BAD_INPUT);
    assert_int_equal(merchant_add(&f->services, &m, SPAN("Other"),
                                  SPAN("INR,USD,EUR,GBP,AED,SGD,JPY,CHF,CAD,AUD,NZD,HKD,THB,MYR,IDR,PHP")), FAULT_NONE);
    assert_int_equal(log_in(f, m.client_id, m.client_secret), FAULT_NONE);
}

static void a_rotation_without_overlap_ends_the_old_secret_at_once(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials next;

    assert_int_equal(log_in(f, f->merchant.client_id, f->merchant.client_secret), FAULT_NONE);
    assert_int_equal(merchant_rotate(&f->services, &next, f->merchant.merchant_id, 0), FAULT_NONE);
    assert_string_equal(next.client_id, f->merchant.client_id);
    assert_string_not_equal(next.client_secret, f->merchant.client_secret);
    assert_int_equal(log_in(f, f->merchant.client_id, f->merchant.client_secret), FAULT_UNKNOWN_CALLER);
    assert_int_equal(log_in(f, next.client_id, next.client_secret), FAULT_NONE);
}

static void rotating_again_never_lengthens_an_old_secrets_life(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials second, third;

    assert_int_equal(merchant_rotate(&f->services, &second, f->merchant.merchant_id, 10), FAULT_NONE);
    assert_int_equal(merchant_rotate(&f->services, &third, f->merchant.merchant_id, 100), FAULT_NONE);
    fixture_set_clock(f, FIXTURE_NOW + 10 * 1000);
    assert_int_equal(log_in(f, f->merchant.client_id, f->merchant.client_secret), FAULT_UNKNOWN_CALLER);
    assert_int_equal(log_in(f, f->merchant.client_id, second.client_secret), FAULT_NONE);
    fixture_set_clock(f, FIXTURE_NOW + 100 * 1000);
    assert_int_equal(log_in(f, f->merchant.client_id, second.client_secret), FAULT_UNKNOWN_CALLER);
    assert_int_equal(log_in(f, f->merchant.client_id, third.client_secret), FAULT_NONE);
}

static void rotating_has_limits(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials m;

    assert_int_equal(merchant_rotate(&f->services, &m, 99, 0), FAULT_NOT_FOUND);
    assert_int_equal(merchant_rotate(&f->services, &m, f->merchant.merchant_id, -1), FAULT_BAD_INPUT);
    assert_int_equal(merchant_rotate(&f->services, &m, f->merchant.merchant_id, MERCHANT_OVERLAP_MAX_S + 1LL),
                     FAULT_BAD_INPUT);
    assert_int_equal(merchant_rotate(&f->services, &m, f->merchant.merchant_id, MERCHANT_OVERLAP_MAX_S), FAULT_NONE);
}

static void a_disabled_merchant_stays_out(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials m;

    assert_int_equal(merchant_disable(&f->services, 99), FAULT_NOT_FOUND);
    assert_int_equal(merchant_disable(&f->services, f->merchant.merchant_id), FAULT_NONE);
    assert_int_equal(log_in(f, f->merchant.client_id, f->merchant.client_secret), FAULT_UNKNOWN_CALLER);
    assert_int_equal(merchant_rotate(&f->services, &m, f->merchant.merchant_id, 0), FAULT_NOT_FOUND);
}

struct seen { struct fixture *f; unsigned n, disabled; enum fault answer; };

static enum fault see(void *arg, const struct merchant_shown *m)
{
    struct seen *s = arg;

    s->n++;
    s->disabled += m->disabled;
    assert_int_equal(m->created_ms, FIXTURE_NOW);
    assert_int_equal(m->merchant_id, s->n);
    if (s->n == 1) {
        assert_true(span_equal(m->name, SPAN("Demo")));
        assert_true(span_equal(m->currencies, SPAN("INR,USD")));
        assert_true(span_equal(m->client_id, span_of(s->f->merchant.client_id)));
    } else {
        assert_true(span_equal(m->currencies, SPAN("INR")));      /* the default */
    }
    return s->answer;
}

static void the_list_shows_every_merchant_without_secrets(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials m;
    struct seen all = { .f = f }, one = { .f = f, .answer = FAULT_BUSY };

    assert_int_equal(merchant_add(&f->services, &m, SPAN("Second"), (struct span){ 0 }), FAULT_NONE);
    assert_int_equal(merchant_rotate(&f->services, &m, 1, 60), FAULT_NONE);
    assert_int_equal(merchant_disable(&f->services, 2), FAULT_NONE);
    assert_int_equal(merchants_list(&f->services, f->reader, f->arena, see, &all), FAULT_NONE);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.disabled, 1);
    assert_int_equal(merchants_list(&f->services, f->reader, f->arena, see, &one), FAULT_BUSY);
    assert_int_equal(one.n, 1);
}

static void without_a_keyholder_nothing_is_added(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials m;

    fixture_keyholder_stop(f);
    assert_int_equal(merchant_add(&f->services, &m, SPAN("Second"), SPAN("INR")), FAULT_SILENT);
    assert_string_equal(m.client_secret, "");
    fixture_keyholder_start(f);
    assert_int_equal(merchant_add(&f->services, &m, SPAN("Second"), SPAN("INR")), FAULT_NONE);
}

/* The last merchant whose payments can have public ids. */
static enum fault add_last(struct store_tx *tx, void *arg)
{
    static const struct db_sql last = {
        "INSERT INTO merchants (merchant_id, name, currencies, disabled, created_ms)"
        " VALUES (65534, 'Last but one', 'INR', 0, 1)", NULL, NULL,
    };

    (void)arg;
    return db_run(tx, &last, NULL, NULL);
}

static void there_are_no_more_merchants_than_payment_ids_have_room_for(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials m;

    assert_int_equal(store_write(f->services.store, add_last, NULL), FAULT_NONE);
    assert_int_equal(merchant_add(&f->services, &m, SPAN("Last"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(m.merchant_id, 65535);
    assert_int_equal(merchant_add(&f->services, &m, SPAN("One more"), SPAN("INR")), FAULT_TOO_MANY);
    assert_int_equal(merchant_add(&f->services, &m, SPAN("One more"), SPAN("INR")), FAULT_TOO_MANY);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(credentials_look_as_the_mode_says),
        WITH_FIXTURE(names_are_taken_once_and_are_plain),
        WITH_FIXTURE(currencies_must_exist),
        WITH_FIXTURE(a_rotation_without_overlap_ends_the_old_secret_at_once),
        WITH_FIXTURE(rotating_again_never_lengthens_an_old_secrets_life),
        WITH_FIXTURE(rotating_has_limits),
        WITH_FIXTURE(a_disabled_merchant_stays_out),
        WITH_FIXTURE(the_list_shows_every_merchant_without_secrets),
        WITH_FIXTURE(without_a_keyholder_nothing_is_added),
        WITH_FIXTURE(there_are_no_more_merchants_than_payment_ids_have_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
