/* Paytm requests: each id and each signature once a day. */
#include "service/partners.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "fixture.h"

#include "base/banned.h"

struct request { int64_t merchant_id, now_ms; const char *id, *signature; };

static enum fault request_work(struct store_tx *tx, void *arg)
{
    const struct request *r = arg;

    return partner_request(tx, r->merchant_id, span_of(r->id), span_of(r->signature), r->now_ms);
}

static enum fault request(struct fixture *f, int64_t merchant_id, const char *id, const char *signature, int64_t now_ms)
{
    struct request r = { merchant_id, now_ms, id, signature };

    return store_write(f->services.store, request_work, &r);
}

static void a_request_is_taken_once(void **state)
{
    struct fixture *f = *state;
    int64_t now = FIXTURE_NOW;

    assert_int_equal(request(f, 1, "r1", "s1", now), FAULT_NONE);
    assert_int_equal(request(f, 1, "r1", "s1", now + 1), FAULT_EXISTS);
    assert_int_equal(request(f, 1, "r1", "s2", now + 1), FAULT_EXISTS);
    assert_int_equal(request(f, 1, "r2", "s1", now + 1), FAULT_MISMATCH);
    assert_int_equal(request(f, 1, "r2", "s2", now + 1), FAULT_NONE);
    assert_int_equal(request(f, 2, "r1", "s1", now + 1), FAULT_NONE);      /* another merchant's own */
    assert_int_equal(request(f, 1, "r3", NULL, now + 1), FAULT_NONE);
    assert_int_equal(request(f, 1, "r4", NULL, now + 1), FAULT_NONE);      /* no signature is no replay */
}

static void a_request_is_forgotten_after_a_day(void **state)
{
    struct fixture *f = *state;
    int64_t now = FIXTURE_NOW;

    assert_int_equal(request(f, 1, "r1", "s1", now), FAULT_NONE);
    assert_int_equal(request(f, 1, "r1", "s1", now + PARTNER_SIGNATURE_MS - 1), FAULT_EXISTS);
    assert_int_equal(request(f, 1, "r9", "s1", now + PARTNER_SIGNATURE_MS - 1), FAULT_MISMATCH);
    assert_int_equal(request(f, 1, "r1", "s1", now + PARTNER_SIGNATURE_MS), FAULT_NONE);
    assert_int_equal(request(f, 1, "r1", "s1", now + PARTNER_SIGNATURE_MS + 1), FAULT_EXISTS);
}

static enum fault find_old(struct store_tx *tx, void *arg)
{
    struct paytm_request_row key = { .merchant_id = 1, .request_id = span_of(arg), .at_ms = 0 }, out;
    struct arena *a;
    enum fault f = arena_new(&a);

    assert_int_equal(f, FAULT_NONE);
    f = paytm_requests_find(tx, &out, a, &key);
    arena_free(a);
    return f;
}

/* Which of the new requests sweeps is left to chance; that none of so many does will not happen. */
static void sweep_until_gone(struct fixture *f, char *old)
{
    char id[40];

    for (int i = 0; i < 64 * PARTNER_SWEEP_EVERY && store_read(f->reader, find_old, old) == FAULT_NONE; i++) {
        assert_in_range(snprintf(id, sizeof id, "after %s: %d", old, i), 1, sizeof id - 1);
        assert_int_equal(request(f, 2, id, id, FIXTURE_NOW + 2LL * PARTNER_SIGNATURE_MS), FAULT_NONE);
    }
    assert_int_equal(store_read(f->reader, find_old, old), FAULT_NOT_FOUND);
}

static void old_requests_are_deleted_a_few_at_a_time(void **state)
{
    struct fixture *f = *state;
    char id[] = "a00";

    for (int i = 0; i < PARTNER_SWEEP + 1; i++) {
        id[1] = (char)('0' + i / 10), id[2] = (char)('0' + i % 10);
        assert_int_equal(request(f, 1, id, id, FIXTURE_NOW + i), FAULT_NONE);
    }
    sweep_until_gone(f, (char[]){ "a00" });
    assert_int_equal(store_read(f->reader, find_old, id), FAULT_NONE);      /* the last one is left for the next time */
    sweep_until_gone(f, id);
}

struct made { int64_t merchant_id, now_ms, token_no; const char *id; };

static enum fault made_work(struct store_tx *tx, void *arg)
{
    const struct made *m = arg;

    return partner_request_made(tx, m->merchant_id, span_of(m->id), m->token_no);
}

static enum fault token_work(struct store_tx *tx, void *arg)
{
    struct made *m = arg;

    return partner_request_token(tx, &m->token_no, m->merchant_id, span_of(m->id), m->now_ms);
}

static void a_request_names_the_token_it_made_as_long_as_it_is_remembered(void **state)
{
    struct fixture *f = *state;
    struct made made = { .merchant_id = 1, .token_no = 77, .id = "r1" }, asked = { .merchant_id = 1, .id = "r1" };

    assert_int_equal(store_write(f->services.store, made_work, &made), FAULT_NOT_FOUND);
    assert_int_equal(request(f, 1, "r1", "s1", FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(request(f, 2, "r1", "s1", FIXTURE_NOW), FAULT_NONE);
    asked.now_ms = FIXTURE_NOW + PARTNER_SIGNATURE_MS - 1;
    assert_int_equal(store_read(f->reader, token_work, &asked), FAULT_NOT_FOUND);
    assert_int_equal(store_write(f->services.store, made_work, &made), FAULT_NONE);
    assert_int_equal(store_read(f->reader, token_work, &asked), FAULT_NONE);
    assert_int_equal(asked.token_no, 77);
    asked.merchant_id = 2;
    assert_int_equal(store_read(f->reader, token_work, &asked), FAULT_NOT_FOUND);
    asked.merchant_id = 1;
    asked.now_ms++;
    assert_int_equal(store_read(f->reader, token_work, &asked), FAULT_NOT_FOUND);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_request_is_taken_once),
        WITH_FIXTURE(a_request_is_forgotten_after_a_day),
        WITH_FIXTURE(a_request_names_the_token_it_made_as_long_as_it_is_remembered),
        WITH_FIXTURE(old_requests_are_deleted_a_few_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
