/* test_store_rows.c: customers, merchants, credentials, remembered answers and settings as rows. */
#include "store_bed.h"

#include "store/customers.h"
#include "store/idempotency.h"
#include "store/merchants.h"
#include "store/settings.h"

#include "base/banned.h"

/* The tests of this file run as jobs of one store; what they check is inside. Run `work`, whose argument is the arena,
 * in a transaction. */
static void in_store(void **state, store_work *work)
{
    struct bed_env *e = *state;
    assert_int_equal(store_write(e->store, work, e->arena), FAULT_NONE);
}

#define OK(call) assert_int_equal((call), FAULT_NONE)

static enum fault customers(struct store_tx *tx, void *arena)
{
    const struct customer_row c = {
        .merchant_id = 3, .customer_uid = SPAN("cust_1"), .phone_mac = { (const uint8_t *)"\x00\x01", 2 },
        .private_sealed = { (const uint8_t *)"\xff\x00", 2 }, .created_ms = 5,
    };
    struct customer_row out, other = c;

    OK(customers_insert(tx, &c));
    OK(customers_find(tx, &out, arena, 3, c.phone_mac));
    assert_int_equal(out.merchant_id, 3);
    assert_int_equal(out.created_ms, 5);
    assert_true(span_equal(out.customer_uid, c.customer_uid) && span_equal(out.phone_mac, c.phone_mac));
    assert_true(span_equal(out.private_sealed, c.private_sealed));
    assert_int_equal(customers_find(tx, &out, arena, 4, c.phone_mac), FAULT_NOT_FOUND);
    assert_int_equal(customers_find(tx, &out, arena, 3, SPAN("\x00\x02")), FAULT_NOT_FOUND);
    other.customer_uid = SPAN("cust_2");
    assert_int_equal(customers_insert(tx, &other), FAULT_EXISTS);
    other.merchant_id = 4;
    OK(customers_insert(tx, &other));
    return FAULT_NONE;
}

static void a_customer_is_found_by_merchant_and_phone(void **state)
{
    in_store(state, customers);
}

struct names { char text[128]; unsigned n, stop_after; };

static enum fault add_merchant(void *arg, const struct merchant_row *m)
{
    struct names *n = arg;
    size_t used = strlen(n->text);

    snprintf(n->text + used, sizeof n->text - used, "%lld:%.*s%s ", (long long)m->merchant_id, (int)m->name.n,
             (const char *)m->name.p, m->disabled ? "!" : "");
    return ++n->n == n->stop_after ? FAULT_DENIED : FAULT_NONE;
}

static enum fault merchants(struct store_tx *tx, void *arena)
{
    struct merchant_row m = { .name = SPAN("Asha"), .currencies = SPAN("INR,USD"), .created_ms = 9 }, out;
    struct names all = { 0 }, some = { .stop_after = 1 };
    int64_t id = 0;

    assert_int_equal(merchants_find(tx, &out, arena, 1), FAULT_NOT_FOUND);
    OK(merchants_insert(tx, &id, &m));
    assert_int_equal(id, 1);
    assert_int_equal(merchants_insert(tx, &id, &m), FAULT_EXISTS);
    assert_int_equal(id, 1);
    m.name = SPAN("Bilal");
    OK(merchants_insert(tx, &id, &m));
    assert_int_equal(id, 2);
    OK(merchants_find_name(tx, &out, arena, SPAN("Bilal")));
    assert_int_equal(out.merchant_id, 2);
    assert_int_equal(merchants_find_name(tx, &out, arena, SPAN("bilal")), FAULT_NOT_FOUND);
    OK(merchants_disable(tx, 2));
    assert_int_equal(merchants_disable(tx, 3), FAULT_NOT_FOUND);
    OK(merchants_find(tx, &out, arena, 2));
    assert_true(out.disabled == 1 && out.created_ms == 9 && span_equal(out.currencies, SPAN("INR,USD")));
    OK(merchants_each(tx, add_merchant, &all));
    assert_string_equal(all.text, "1:Asha 2:Bilal! ");
    assert_int_equal(merchants_each(tx, add_merchant, &some), FAULT_DENIED);
    assert_int_equal(some.n, 1);
    return FAULT_NONE;
}

static void merchants_are_numbered_named_listed_and_disabled(void **state)
{
    in_store(state, merchants);
}

static enum fault add_credential(void *arg, const struct credential_row *c)
{
    struct names *n = arg;
    size_t used = strlen(n->text);

    snprintf(n->text + used, sizeof n->text - used, "%.*s/%lld/%lld ", (int)c->client_id.n,
             (const char *)c->client_id.p, (long long)c->secret_no, (long long)c->ends_ms);
    return FAULT_NONE;
}

static void put_credential(struct store_tx *tx, const char *client_id, int64_t no, int64_t ends_ms)
{
    const struct credential_row c = {
        .client_id = span_of(client_id), .merchant_id = 1, .secret_no = no, .secret_sealed = SPAN("sealed"),
        .created_ms = no * 10, .ends_ms = ends_ms,
    };

    OK(credentials_insert(tx, &c));
    assert_int_equal(credentials_insert(tx, &c), FAULT_EXISTS);
}

static enum fault credentials(struct store_tx *tx, void *arena)
{
    const struct merchant_row m = { .name = SPAN("Asha"), .currencies = SPAN("INR") };
    struct names before = { 0 }, all = { 0 }, of = { 0 }, after = { 0 };
    int64_t id;

    (void)arena;
    OK(merchants_insert(tx, &id, &m));
    OK(credentials_each(tx, SPAN("app"), 0, add_credential, &before));
    assert_string_equal(before.text, "");
    put_credential(tx, "app", 1, 40);
    put_credential(tx, "app", 2, 0);
    put_credential(tx, "app", 3, 0);
    put_credential(tx, "bpp", 1, 0);
    OK(credentials_each(tx, SPAN("app"), 39, add_credential, &before));
    assert_string_equal(before.text, "app/3/0 app/2/0 app/1/40 ");
    OK(credentials_end_older(tx, SPAN("app"), 3, 50));         /* the one that ends at 40 stays so */
    OK(credentials_each(tx, SPAN("app"), 39, add_credential, &all));
    assert_string_equal(all.text, "app/3/0 app/2/50 app/1/40 ");
    OK(credentials_each(tx, SPAN("app"), 50, add_credential, &after));
    assert_string_equal(after.text, "app/3/0 ");
    OK(credentials_of(tx, 1, 45, add_credential, &of));
    assert_string_equal(of.text, "app/3/0 app/2/50 bpp/1/0 ");
    return FAULT_NONE;
}

static void an_old_secret_works_until_its_end(void **state)
{
    in_store(state, credentials);
}

static enum fault credential_of_nobody(struct store_tx *tx, void *arg)
{
    const struct credential_row c = {
        .client_id = SPAN("app"), .merchant_id = 99, .secret_no = 1, .secret_sealed = SPAN("s"),
    };

    (void)arg;
    return credentials_insert(tx, &c);
}

static void a_credential_needs_its_merchant(void **state)
{
    struct bed_env *e = *state;
    assert_int_equal(store_write(e->store, credential_of_nobody, NULL), FAULT_INTERNAL);
}

static struct idempotency_row answer(const char *key, int64_t expires_ms)
{
    return (struct idempotency_row){
        .merchant_id = 1, .scope = SPAN("POST /pg/orders"), .key_mac = span_of(key), .digest = SPAN("digest"),
        .status = 200, .body_sealed = SPAN("body"), .expires_ms = expires_ms,
    };
}

static enum fault idempotency(struct store_tx *tx, void *arena)
{
    struct idempotency_row row = answer("k1", 100), out;

    OK(idempotency_put(tx, &row));
    OK(idempotency_find(tx, &out, arena, 1, row.scope, row.key_mac, 99));
    assert_true(out.status == 200 && out.expires_ms == 100 && out.merchant_id == 1);
    assert_true(span_equal(out.digest, row.digest) && span_equal(out.body_sealed, row.body_sealed));
    assert_int_equal(idempotency_find(tx, &out, arena, 1, row.scope, row.key_mac, 100), FAULT_NOT_FOUND);
    assert_int_equal(idempotency_find(tx, &out, arena, 2, row.scope, row.key_mac, 99), FAULT_NOT_FOUND);
    assert_int_equal(idempotency_find(tx, &out, arena, 1, SPAN("POST /pg/customers"), row.key_mac, 99),
                     FAULT_NOT_FOUND);
    row.expires_ms = 300;
    row.status = 201;
    row.body_sealed = SPAN("another");
    OK(idempotency_put(tx, &row));
    OK(idempotency_find(tx, &out, arena, 1, row.scope, row.key_mac, 200));
    assert_true(out.status == 201 && span_equal(out.body_sealed, SPAN("another")));
    return FAULT_NONE;
}

static void an_answer_is_remembered_until_it_expires_and_then_replaced(void **state)
{
    in_store(state, idempotency);
}

static enum fault sweep(struct store_tx *tx, void *arena)
{
    struct idempotency_row out, row;
    char key[16];
    int64_t deleted = -1;

    for (int i = 0; i < 5; i++) {
        snprintf(key, sizeof key, "k%d", i);
        row = answer(key, 100 + i);
        OK(idempotency_put(tx, &row));
    }
    OK(idempotency_sweep(tx, 99, 10, &deleted));
    assert_int_equal(deleted, 0);
    OK(idempotency_sweep(tx, 103, 3, &deleted));               /* k0 to k3 have expired; the oldest three go */
    assert_int_equal(deleted, 3);
    OK(idempotency_sweep(tx, 103, 3, &deleted));
    assert_int_equal(deleted, 1);
    OK(idempotency_find(tx, &out, arena, 1, row.scope, SPAN("k4"), 103));
    return FAULT_NONE;
}

static void the_sweep_takes_the_oldest_and_no_more_than_it_may(void **state)
{
    in_store(state, sweep);
}

static enum fault settings(struct store_tx *tx, void *arena)
{
    struct span value = { 0 };

    assert_int_equal(settings_get(tx, &value, arena, SPAN("mode")), FAULT_NOT_FOUND);
    OK(settings_put(tx, SPAN("mode"), SPAN("sandbox")));
    OK(settings_put(tx, SPAN("empty"), SPAN("")));
    OK(settings_get(tx, &value, arena, SPAN("mode")));
    assert_true(span_equal(value, SPAN("sandbox")));
    OK(settings_put(tx, SPAN("mode"), SPAN("live")));
    OK(settings_get(tx, &value, arena, SPAN("mode")));
    assert_true(span_equal(value, SPAN("live")));
    OK(settings_get(tx, &value, arena, SPAN("empty")));
    assert_true(!span_absent(value) && value.n == 0);
    return FAULT_NONE;
}

static void a_setting_is_what_was_put_last(void **state)
{
    in_store(state, settings);
}

#define T(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_customer_is_found_by_merchant_and_phone),
        T(merchants_are_numbered_named_listed_and_disabled),
        T(an_old_secret_works_until_its_end),
        T(a_credential_needs_its_merchant),
        T(an_answer_is_remembered_until_it_expires_and_then_replaced),
        T(the_sweep_takes_the_oldest_and_no_more_than_it_may),
        T(a_setting_is_what_was_put_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
