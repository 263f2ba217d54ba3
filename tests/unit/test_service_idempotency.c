/* The same key and body: one effect, one answer. */
#include "service/idempotency.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "service/sealing.h"
#include "store/idempotency.h"

#include "base/banned.h"

#define SCOPE SPAN("POST /pg/orders")

/* One request: recall, or have the effect and remember. */
struct request {
    struct fixture *f;
    struct arena *arena;
    struct idempotency i;
    struct key_ask asks[IDEMPOTENCY_ASKS];
    int64_t now_ms;
    struct span effect;               /* the answer of the effect, if there is one */
    enum fault after;                 /* what the effect returns */
    struct remembered answer;
    bool replayed;
    struct idempotency_row *row;      /* where find_row() puts what it finds; NULL: nowhere */
};

static enum fault request_work(struct store_tx *tx, void *arg)
{
    struct request *r = arg;
    enum fault f = idempotency_recall(&r->f->services, tx, &r->answer, r->arena, &r->i, r->now_ms);

    r->replayed = f == FAULT_NONE;
    if (f != FAULT_NOT_FOUND)
        return f;
    r->answer = (struct remembered){ 200, r->effect };
    f = idempotency_remember(&r->f->services, tx, &r->i, &r->answer, r->arena, r->now_ms);
    return f ? f : r->after;
}

static enum fault prepare_as(struct idempotency *out, struct key_ask *asks, struct arena *a, int64_t merchant_id,
                             struct span scope, struct span key, struct span body)
{
    const struct idempotent r = { merchant_id, scope, SPAN("2025-01-01"), key, body };

    return idempotency_prepare(out, asks, a, &r);
}

static struct request prepare(struct fixture *f, int64_t merchant_id, const char *key, const char *body)
{
    struct request r = { .f = f, .arena = f->arena, .now_ms = FIXTURE_NOW, .effect = SPAN("{\"first\":true}") };

    assert_int_equal(prepare_as(&r.i, r.asks, f->arena, merchant_id, SCOPE, span_of(key), span_of(body)), FAULT_NONE);
    fixture_ask(f, r.asks, IDEMPOTENCY_ASKS);
    for (size_t i = 0; i < IDEMPOTENCY_ASKS; i++)
        assert_int_equal(r.asks[i].fault, FAULT_NONE);
    return r;
}

static enum fault run(struct request *r)
{
    return store_write(r->f->services.store, request_work, r);
}

static void the_first_has_the_effect_and_the_second_its_answer(void **state)
{
    struct fixture *f = *state;
    struct request first = prepare(f, 1, "key", "{}"), second = prepare(f, 1, "key", "{}");

    assert_int_equal(run(&first), FAULT_NONE);
    assert_false(first.replayed);
    second.effect = SPAN("{\"second\":true}");
    assert_int_equal(run(&second), FAULT_NONE);
    assert_true(second.replayed);
    assert_int_equal(second.answer.status, 200);
    assert_true(span_equal(second.answer.body, first.effect));
}

static void another_body_under_the_same_key_is_a_mismatch(void **state)
{
    struct fixture *f = *state;
    struct request first = prepare(f, 1, "key", "{\"a\":1}"), other = prepare(f, 1, "key", "{\"a\":2}");

    assert_int_equal(run(&first), FAULT_NONE);
    assert_int_equal(run(&other), FAULT_MISMATCH);
}

static void keys_scopes_and_merchants_are_kept_apart(void **state)
{
    struct fixture *f = *state;
    struct request r[] = { prepare(f, 1, "key", "{}"), prepare(f, 1, "kez", "{}"), prepare(f, 2, "key", "{}"),
                           prepare(f, 1, "key", "{}") };

    assert_int_equal(prepare_as(&r[3].i, r[3].asks, f->arena, 1, SPAN("POST /pg/customers"), SPAN("key"), SPAN("{}")),
                     FAULT_NONE);
    fixture_ask(f, r[3].asks, IDEMPOTENCY_ASKS);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(run(&r[i]), FAULT_NONE);
        assert_false(r[i].replayed);
    }
}

static void a_key_is_forgotten_when_its_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct request first = prepare(f, 1, "key", "{}"), later = prepare(f, 1, "key", "{\"other\":1}");

    assert_int_equal(run(&first), FAULT_NONE);
    later.now_ms = FIXTURE_NOW + f->services.idempotency_ms - 1;
    assert_int_equal(run(&later), FAULT_MISMATCH);
    later.now_ms++;
    assert_int_equal(run(&later), FAULT_NONE);
    assert_false(later.replayed);
}

static void a_key_is_remembered_by_a_clock_that_went_back(void **state)
{
    struct fixture *f = *state;
    struct request first = prepare(f, 1, "key", "{}"), again = prepare(f, 1, "key", "{}");

    assert_int_equal(run(&first), FAULT_NONE);
    for (int64_t back = 1000; back < INT64_C(400) * 24 * 3600 * 1000; back *= 60) {
        again.now_ms = FIXTURE_NOW - back;
        assert_int_equal(run(&again), FAULT_NONE);
        assert_true(again.replayed);
    }
}

static void an_effect_that_fails_leaves_the_key_unused(void **state)
{
    struct fixture *f = *state;
    struct request first = prepare(f, 1, "key", "{}"), second = prepare(f, 1, "key", "{}");

    first.after = FAULT_EXISTS;
    assert_int_equal(run(&first), FAULT_EXISTS);
    assert_int_equal(run(&second), FAULT_NONE);
    assert_false(second.replayed);
}

static void keys_are_printable_and_not_too_long(void **state)
{
    struct fixture *f = *state;
    char longest[IDEMPOTENCY_KEY_MAX + 2];
    struct idempotency i;
    struct key_ask asks[IDEMPOTENCY_ASKS];
    static const char *const wrong[] = { "", "a\tb", "a\x7f", "caf\xc3\xa9" };

    memset(longest, 'k', sizeof longest - 1);
    longest[IDEMPOTENCY_KEY_MAX + 1] = '\0';
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        assert_int_equal(prepare_as(&i, asks, f->arena, 1, SCOPE, span_of(wrong[k]), SPAN("{}")), FAULT_BAD_INPUT);
    assert_int_equal(prepare_as(&i, asks, f->arena, 1, SCOPE, span_of(longest), SPAN("{}")), FAULT_BAD_INPUT);
    assert_int_equal(prepare_as(&i, asks, f->arena, 1, SCOPE, SPAN("a b"), SPAN("{}")), FAULT_NONE);
    longest[IDEMPOTENCY_KEY_MAX] = '\0';
    struct request r = prepare(f, INT64_MAX, longest, "{}");      /* the longest key of the largest merchant fits */
    assert_int_equal(run(&r), FAULT_NONE);
}

static enum fault find_row(struct store_tx *tx, void *arg)
{
    struct request *r = arg;
    struct idempotency_row row;
    enum fault f = idempotency_find(tx, &row, r->arena, 1, SCOPE, r->i.key_mac, FIXTURE_NOW);

    r->answer.body = row.body_sealed;
    if (r->row)
        *r->row = row;
    return f;
}

static void the_remembered_body_rests_sealed(void **state)
{
    struct fixture *f = *state;
    struct request r = prepare(f, 1, "key", "{}");

    assert_int_equal(run(&r), FAULT_NONE);
    assert_int_equal(store_write(f->services.store, find_row, &r), FAULT_NONE);
    assert_int_equal(r.answer.body.n, r.effect.n + KEY_SEAL_EXTRA);
    assert_null(memmem(r.answer.body.p, r.answer.body.n, "first", 5));
}

static void the_callers_key_is_not_kept(void **state)
{
    struct fixture *f = *state;
    struct request r = prepare(f, 1, "4111111111111111", "{}");
    struct idempotency_row row;

    assert_int_equal(run(&r), FAULT_NONE);
    r.row = &row;
    assert_int_equal(store_write(f->services.store, find_row, &r), FAULT_NONE);
    assert_int_equal(row.key_mac.n, KEY_MAC_SIZE);
    assert_null(memmem(row.key_mac.p, row.key_mac.n, "4111", 4));
}

static void another_version_under_the_same_key_is_a_mismatch(void **state)
{
    struct fixture *f = *state;
    struct request first = prepare(f, 1, "key", "{}"), other = first;
    const struct idempotent newer = { 1, SCOPE, SPAN("2026-01-01"), SPAN("key"), SPAN("{}") };

    assert_int_equal(idempotency_prepare(&other.i, other.asks, f->arena, &newer), FAULT_NONE);
    fixture_ask(f, other.asks, IDEMPOTENCY_ASKS);
    assert_int_equal(run(&first), FAULT_NONE);
    assert_int_equal(run(&other), FAULT_MISMATCH);
}

/* Somebody who may write the file, but has no key. */
static enum fault tamper_work(struct store_tx *tx, void *arg)
{
    return idempotency_put(tx, arg);
}

static void a_row_with_another_status_or_digest_does_not_open(void **state)
{
    struct fixture *f = *state;
    struct request first = prepare(f, 1, "key", "{}"), other = prepare(f, 1, "key", "{\"other\":1}");
    struct idempotency_row row, changed;

    assert_int_equal(run(&first), FAULT_NONE);
    first.row = &row;
    assert_int_equal(store_write(f->services.store, find_row, &first), FAULT_NONE);
    changed = row;
    changed.status = 409;
    assert_int_equal(store_write(f->services.store, tamper_work, &changed), FAULT_NONE);
    assert_int_equal(run(&first), FAULT_INTERNAL);
    changed.status = -1;
    assert_int_equal(store_write(f->services.store, tamper_work, &changed), FAULT_NONE);
    assert_int_equal(run(&first), FAULT_INTERNAL);
    changed = row;
    changed.digest = other.i.digest;
    assert_int_equal(store_write(f->services.store, tamper_work, &changed), FAULT_NONE);
    assert_int_equal(run(&other), FAULT_INTERNAL);
    assert_int_equal(store_write(f->services.store, tamper_work, &row), FAULT_NONE);
    assert_int_equal(run(&first), FAULT_NONE);
    assert_true(first.replayed);
}

static void without_a_keyholder_there_is_neither_effect_nor_answer(void **state)
{
    struct fixture *f = *state;
    struct request first = prepare(f, 1, "key", "{}"), second = prepare(f, 1, "key", "{}");

    fixture_keyholder_stop(f);
    assert_int_equal(run(&first), FAULT_SILENT);
    fixture_keyholder_start(f);
    assert_int_equal(run(&second), FAULT_NONE);
    assert_false(second.replayed);
}

static void a_large_body_is_digested_and_a_large_answer_refused(void **state)
{
    static uint8_t large[2 * KEY_FRAME_MAX];
    struct fixture *f = *state;
    struct request r = prepare(f, 1, "key", "{}");

    assert_int_equal(prepare_as(&r.i, r.asks, f->arena, 1, SCOPE, SPAN("large"), (struct span){ large, sizeof large }),
                     FAULT_NONE);
    fixture_ask(f, r.asks, IDEMPOTENCY_ASKS);
    r.effect = (struct span){ large, IDEMPOTENCY_BODY_MAX + 1 };
    assert_int_equal(run(&r), FAULT_INTERNAL);
    r.effect.n = IDEMPOTENCY_BODY_MAX;
    assert_int_equal(run(&r), FAULT_NONE);
}

/* Thirty at once, as the gateway does it: each a job of the commit thread, its digest asked in the batch hook. */
struct at_once {
    struct request r;
    struct sealing wants;
    struct store_job job;
    pthread_mutex_t *lock;
    pthread_cond_t *all;
    unsigned *left;
};

static void count_down(void *arg, enum fault outcome)
{
    struct at_once *a = (struct at_once *)((char *)arg - offsetof(struct at_once, r));

    a->r.after = outcome;
    pthread_mutex_lock(a->lock);
    --*a->left;
    pthread_cond_signal(a->all);
    pthread_mutex_unlock(a->lock);
}

static void of_thirty_at_once_one_has_the_effect(void **state)
{
    enum { THIRTY = 30 };
    static struct at_once all[THIRTY];
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t done = PTHREAD_COND_INITIALIZER;
    unsigned left = THIRTY, effects = 0;
    struct fixture *f = *state;

    for (size_t k = 0; k < THIRTY; k++) {
        struct at_once *a = &all[k];
        *a = (struct at_once){ .r = { .f = f, .now_ms = FIXTURE_NOW, .effect = SPAN("{}") },
                               .lock = &lock, .all = &done, .left = &left };
        assert_int_equal(arena_new(&a->r.arena), FAULT_NONE);
        assert_int_equal(prepare_as(&a->r.i, a->r.asks, a->r.arena, 1, SCOPE, SPAN("key"), SPAN("{}")), FAULT_NONE);
        a->wants = (struct sealing){ a->r.asks, IDEMPOTENCY_ASKS };
        a->job = (struct store_job){ .work = request_work, .done = count_down, .arg = &a->r, .wants = &a->wants };
        assert_int_equal(store_submit(f->services.store, &a->job), FAULT_NONE);
    }
    pthread_mutex_lock(&lock);
    while (left)
        pthread_cond_wait(&done, &lock);
    pthread_mutex_unlock(&lock);
    for (size_t k = 0; k < THIRTY; k++) {
        assert_int_equal(all[k].r.after, FAULT_NONE);
        assert_true(span_equal(all[k].r.answer.body, SPAN("{}")));
        effects += !all[k].r.replayed;
        arena_free(all[k].r.arena);
    }
    assert_int_equal(effects, 1);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(the_first_has_the_effect_and_the_second_its_answer),
        WITH_FIXTURE(another_body_under_the_same_key_is_a_mismatch),
        WITH_FIXTURE(keys_scopes_and_merchants_are_kept_apart),
        WITH_FIXTURE(a_key_is_forgotten_when_its_time_is_over),
        WITH_FIXTURE(a_key_is_remembered_by_a_clock_that_went_back),
        WITH_FIXTURE(an_effect_that_fails_leaves_the_key_unused),
        WITH_FIXTURE(keys_are_printable_and_not_too_long),
        WITH_FIXTURE(the_remembered_body_rests_sealed),
        WITH_FIXTURE(the_callers_key_is_not_kept),
        WITH_FIXTURE(another_version_under_the_same_key_is_a_mismatch),
        WITH_FIXTURE(a_row_with_another_status_or_digest_does_not_open),
        WITH_FIXTURE(without_a_keyholder_there_is_neither_effect_nor_answer),
        WITH_FIXTURE(a_large_body_is_digested_and_a_large_answer_refused),
        WITH_FIXTURE(of_thirty_at_once_one_has_the_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
