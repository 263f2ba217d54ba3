/* Who is asking: right and wrong credentials, and what is remembered of them. */
#include "service/callers.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "store/db.h"
#include "store/merchants.h"

#include "base/banned.h"

static enum fault find(struct fixture *f, struct caller *out, const char *client_id, const char *secret)
{
    memset(out, 0, sizeof *out);
    return callers_find(&f->services, out, f->reader, f->arena, span_of(client_id), span_of(secret),
                        clock_now_ms(f->services.clock));
}

static enum fault find_merchant(struct fixture *f, const struct merchant_credentials *m)
{
    struct caller c;

    return find(f, &c, m->client_id, m->client_secret);
}

static void the_right_secret_tells_who_it_is(void **state)
{
    struct fixture *f = *state;
    struct caller c;

    for (int i = 0; i < 2; i++) {     /* asked, then remembered */
        assert_int_equal(find(f, &c, f->merchant.client_id, f->merchant.client_secret), FAULT_NONE);
        assert_int_equal(c.merchant_id, f->merchant.merchant_id);
        assert_string_equal(c.client_id, f->merchant.client_id);
        assert_string_equal(c.currencies, "INR,USD");
    }
}

static void wrong_credentials_all_look_the_same(void **state)
{
    struct fixture *f = *state;
    char secret[MERCHANT_SECRET_TEXT], long_id[CALLER_ID_MAX + 2], long_secret[CALLER_SECRET_MAX + 2];
    struct caller c;

    memcpy(secret, f->merchant.client_secret, sizeof secret);
    secret[20] ^= 1;
    memset(long_id, 'a', sizeof long_id - 1);
    memset(long_secret, 'a', sizeof long_secret - 1);
    long_id[sizeof long_id - 1] = long_secret[sizeof long_secret - 1] = '\0';
    for (int i = 0; i < 2; i++) {     /* before and after the right one is known */
        const struct { const char *id, *secret; } wrong[] = {
            { f->merchant.client_id, secret }, { f->merchant.client_id, "" }, { "", f->merchant.client_secret },
            { "TEST000", f->merchant.client_secret }, { f->merchant.client_secret, f->merchant.client_id },
            { long_id, f->merchant.client_secret }, { f->merchant.client_id, long_secret },
            { "T\xc3\xa4st", "x" }, { "a b", "x" }, { f->merchant.client_id, "\xff\xfe" },
        };
        for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            assert_int_equal(find(f, &c, wrong[k].id, wrong[k].secret), FAULT_UNKNOWN_CALLER);
            assert_int_equal(c.merchant_id, 0);
        }
        assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
    }
}

static void a_known_secret_needs_no_keyholder_and_others_are_its_to_refuse(void **state)
{
    struct fixture *f = *state;
    struct caller c;

    assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
    fixture_keyholder_stop(f);
    assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
    assert_int_equal(find(f, &c, f->merchant.client_id, "wrong"), FAULT_SILENT);
    assert_int_equal(find(f, &c, "unknown", "wrong"), FAULT_SILENT);      /* unknown ids are asked about as well */
    fixture_keyholder_start(f);
    assert_int_equal(find(f, &c, f->merchant.client_id, "wrong"), FAULT_UNKNOWN_CALLER);
}

static void what_is_forgotten_is_asked_again(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
    callers_forget(f->services.callers);
    fixture_keyholder_stop(f);
    assert_int_equal(find_merchant(f, &f->merchant), FAULT_SILENT);
    fixture_keyholder_start(f);
    assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
}

static void a_disabled_merchant_is_unknown_at_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
    assert_int_equal(merchant_disable(&f->services, f->merchant.merchant_id), FAULT_NONE);
    assert_int_equal(find_merchant(f, &f->merchant), FAULT_UNKNOWN_CALLER);
}

static void old_and_new_secret_overlap_and_then_the_old_one_ends(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials next;

    assert_int_equal(merchant_rotate(&f->services, &next, f->merchant.merchant_id, 60), FAULT_NONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
        assert_int_equal(find_merchant(f, &next), FAULT_NONE);
    }
    fixture_set_clock(f, FIXTURE_NOW + 59999);
    assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
    fixture_set_clock(f, FIXTURE_NOW + 60000);      /* nothing was forgotten: what is remembered ends by itself */
    assert_int_equal(find_merchant(f, &f->merchant), FAULT_UNKNOWN_CALLER);
    assert_int_equal(find_merchant(f, &next), FAULT_NONE);
}

struct move { struct span client_id; int64_t merchant_id; };

static enum fault move_work(struct store_tx *tx, void *arg)
{
    static const struct db_field fields[] = {
        { "client_id", DB_TEXT, offsetof(struct move, client_id) },
        { "merchant_id", DB_I64, offsetof(struct move, merchant_id) },
        { 0 },
    };
    static const struct db_sql sql = {
        "UPDATE credentials SET merchant_id = :merchant_id WHERE client_id = :client_id", fields, NULL,
    };

    return db_run(tx, &sql, arg, NULL);
}

static void a_credential_moved_to_another_merchant_is_nobodys(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials other;
    struct move m = { span_of(f->merchant.client_id), 0 };

    assert_int_equal(merchant_add(&f->services, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    m.merchant_id = other.merchant_id;
    assert_int_equal(store_write(f->services.store, move_work, &m), FAULT_NONE);
    assert_int_equal(find_merchant(f, &f->merchant), FAULT_UNKNOWN_CALLER);
    m.merchant_id = f->merchant.merchant_id;
    assert_int_equal(store_write(f->services.store, move_work, &m), FAULT_NONE);
    assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
}

static void what_a_secret_is_bound_to_is_written_out(void **state)
{
    uint8_t about[CALLER_ABOUT_MAX];
    struct buf text = BUF(about);

    (void)state;
    caller_about_secret(&text, 7, SPAN("TESTx"), 3);
    assert_true(span_equal(buf_view(&text), SPAN("credentials.secret|7|TESTx|3")));
}

static void each_of_many_merchants_is_told_apart(void **state)
{
    enum { SOME = 20 };
    struct fixture *f = *state;
    struct merchant_credentials m[SOME];
    char name[] = "shop-a";

    for (size_t i = 0; i < SOME; i++) {
        name[5] = (char)('a' + i);
        assert_int_equal(merchant_add(&f->services, &m[i], span_of(name), (struct span){ 0 }), FAULT_NONE);
    }
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < SOME; i++) {
            struct caller c;
            assert_int_equal(find(f, &c, m[i].client_id, m[i].client_secret), FAULT_NONE);
            assert_int_equal(c.merchant_id, m[i].merchant_id);
            assert_int_equal(find(f, &c, m[i].client_id, m[(i + 1) % SOME].client_secret), FAULT_UNKNOWN_CALLER);
        }
}

enum { BULK = CALLERS_REMEMBERED + 10 };

static const char *bulk_id(char out[static 16], size_t i)
{
    struct buf text = { (uint8_t *)out, 0, 15, false };

    buf_text(&text, "bulk-");
    buf_u64(&text, i);
    out[text.n] = '\0';
    return out;
}

static enum fault insert_bulk(struct store_tx *tx, void *arg)
{
    struct fixture *f = arg;
    uint8_t sealed[64], about[CALLER_ABOUT_MAX];
    char id[16];

    for (size_t i = 0; i < BULK; i++) {
        struct buf text = BUF(about);
        struct key_ask ask = { .op = KEY_SEAL, .use = KEY_USE_CREDENTIAL, .in = SPAN("secret"), .out = BUF(sealed) };
        caller_about_secret(&text, f->merchant.merchant_id, span_of(bulk_id(id, i)), 1);
        ask.about = buf_view(&text);
        fixture_ask(f, &ask, 1);
        struct credential_row row = { .client_id = span_of(id), .merchant_id = f->merchant.merchant_id,
                                      .secret_no = 1, .secret_sealed = buf_view(&ask.out) };
        enum fault fault = credentials_insert(tx, &row);
        if (fault)
            return fault;
    }
    return FAULT_NONE;
}

static void when_the_memory_is_full_the_oldest_goes_first(void **state)
{
    struct fixture *f = *state;
    struct caller c;
    char id[16];

    assert_int_equal(store_write(f->services.store, insert_bulk, f), FAULT_NONE);
    for (size_t i = 0; i < BULK; i++) {
        assert_int_equal(find(f, &c, bulk_id(id, i), "secret"), FAULT_NONE);
        assert_string_equal(c.client_id, id);
        arena_reset(f->arena);
    }
    fixture_keyholder_stop(f);
    for (size_t i = BULK - CALLERS_REMEMBERED; i < BULK; i++)
        assert_int_equal(find(f, &c, bulk_id(id, i), "secret"), FAULT_NONE);
    assert_int_equal(find(f, &c, bulk_id(id, BULK - CALLERS_REMEMBERED - 1), "secret"), FAULT_SILENT);
}

static void enabled_currencies_are_told_apart(void **state)
{
    struct caller c = { .currencies = "INR,USD" }, none = { 0 };

    (void)state;
    assert_true(caller_has_currency(&c, SPAN("INR")));
    assert_true(caller_has_currency(&c, SPAN("USD")));
    assert_false(caller_has_currency(&c, SPAN("EUR")));
    assert_false(caller_has_currency(&c, SPAN("NR,")));
    assert_false(caller_has_currency(&c, SPAN("inr")));
    assert_false(caller_has_currency(&c, SPAN("INR,USD")));
    assert_false(caller_has_currency(&c, (struct span){ 0 }));
    assert_false(caller_has_currency(&none, SPAN("INR")));
}

struct asking { struct fixture *f; atomic_bool *stop; unsigned wrong; };

static void *ask_on(void *arg)
{
    struct asking *a = arg;
    struct store_reader *reader;
    struct arena *arena;

    if (store_reader_open(&reader, a->f->services.store) != FAULT_NONE || arena_new(&arena) != FAULT_NONE)
        return NULL;
    while (!atomic_load(a->stop)) {
        struct caller c;
        a->wrong += callers_find(&a->f->services, &c, reader, arena, span_of(a->f->merchant.client_id),
                                 span_of(a->f->merchant.client_secret), FIXTURE_NOW) != FAULT_NONE;
        arena_reset(arena);
    }
    arena_free(arena);
    store_reader_close(reader);
    return a;
}

static void forgetting_while_others_ask_harms_nobody(void **state)
{
    enum { THREADS = 4, TIMES = 30 };
    atomic_bool stop = false;
    struct asking asking[THREADS];
    pthread_t thread[THREADS];
    struct fixture *f = *state;
    void *ended;

    for (size_t i = 0; i < THREADS; i++) {
        asking[i] = (struct asking){ f, &stop, 0 };
        assert_int_equal(pthread_create(&thread[i], NULL, ask_on, &asking[i]), 0);
    }
    for (size_t i = 0; i < TIMES; i++) {
        callers_forget(f->services.callers);
        assert_int_equal(find_merchant(f, &f->merchant), FAULT_NONE);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], &ended), 0);
        assert_non_null(ended);
        assert_int_equal(asking[i].wrong, 0);
    }
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(the_right_secret_tells_who_it_is),
        WITH_FIXTURE(wrong_credentials_all_look_the_same),
        WITH_FIXTURE(a_known_secret_needs_no_keyholder_and_others_are_its_to_refuse),
        WITH_FIXTURE(what_is_forgotten_is_asked_again),
        WITH_FIXTURE(a_disabled_merchant_is_unknown_at_once),
        WITH_FIXTURE(old_and_new_secret_overlap_and_then_the_old_one_ends),
        WITH_FIXTURE(a_credential_moved_to_another_merchant_is_nobodys),
        cmocka_unit_test(what_a_secret_is_bound_to_is_written_out),
        WITH_FIXTURE(each_of_many_merchants_is_told_apart),
        WITH_FIXTURE(when_the_memory_is_full_the_oldest_goes_first),
        cmocka_unit_test(enabled_currencies_are_told_apart),
        WITH_FIXTURE(forgetting_while_others_ask_harms_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
