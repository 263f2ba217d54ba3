/* test_network.c: the front of a card network, over a body that answers as it is told. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/bells.h"
#include "network/network.h"

#include "base/banned.h"

enum { NEVER_MS = 3600000, SOON_MS = 20, FEW = 16 };

/* A body that keeps handles and references until the test answers. */
struct body {
    pthread_mutex_t lock;
    uint64_t handles[NETWORK_PENDING_MAX + 1];
    struct network_ref refs[NETWORK_PENDING_MAX + 1];
    size_t n;
    uint64_t noticed;
    atomic_int woken;
    bool at_once;                     /* it answers before its `ask` returns */
    struct network *network;
};

static struct body body;
static struct network *network;

static void body_ask(void *arg, uint64_t handle, const struct network_ask *ask)
{
    struct body *b = arg;
    struct network_answer a = { .verdict = NETWORK_DONE, .ref = ask->ref };
    bool now;

    pthread_mutex_lock(&b->lock);
    now = b->at_once;
    if (!now) {
        assert_true(b->n <= NETWORK_PENDING_MAX);
        b->handles[b->n] = handle;
        b->refs[b->n++] = ask->ref;
    }
    pthread_mutex_unlock(&b->lock);
    if (now)
        network_answered(b->network, handle, &a);
}

static void body_noticed(void *arg, uint64_t id)
{
    ((struct body *)arg)->noticed = id;
}

static void body_wake(void *arg)
{
    atomic_fetch_add(&((struct body *)arg)->woken, 1);
}

static void open_network(const struct network_options *o)
{
    memset(&body, 0, sizeof body);
    pthread_mutex_init(&body.lock, NULL);
    assert_int_equal(network_new(&network, o), FAULT_NONE);
    body.network = network;
    network_attach(network, &(struct network_body){ body_ask, body_noticed, &body, body_wake });
}

static int patient(void **state)
{
    (void)state;
    open_network(&(struct network_options){ .wait_ms = NEVER_MS });
    return 0;
}

static int hasty(void **state)
{
    (void)state;
    open_network(&(struct network_options){ .wait_ms = SOON_MS });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    network_stop(network);
    network_free(network);
    pthread_mutex_destroy(&body.lock);
    return 0;
}

/* How often each of some calls was answered. */
struct tally { atomic_int done; };

static void count(struct network_call *call)
{
    struct tally *t = call->arg;

    atomic_fetch_add(&t->done, 1);
}

static struct network_call call_of(struct tally *t, int64_t no)
{
    return (struct network_call){ .ask = { .op = NETWORK_STATUS, .ref = { 7, no, 0 } }, .done = count, .arg = t };
}

static void answer(size_t i, enum network_verdict v)
{
    network_answered(network, body.handles[i], &(struct network_answer){ .verdict = v, .ref = body.refs[i] });
}

static void wait_for(struct tally *t, int n)
{
    while (atomic_load(&t->done) < n)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
}

static void an_answer_reaches_its_own_question(void **state)
{
    struct tally t[FEW] = { 0 };
    struct network_call calls[FEW];

    (void)state;
    for (int i = 0; i < FEW; i++) {
        calls[i] = call_of(&t[i], i);
        network_ask(network, &calls[i]);
    }
    assert_int_equal(body.n, FEW);
    for (size_t i = 0; i < FEW; i++) {            /* in another order than they were asked in */
        size_t at = i * 5 % FEW;
        answer(at, at % 2 ? NETWORK_DONE : NETWORK_DECLINED);
    }
    for (int i = 0; i < FEW; i++) {
        assert_int_equal(atomic_load(&t[i].done), 1);
        assert_int_equal(calls[i].answer.verdict, i % 2 ? NETWORK_DONE : NETWORK_DECLINED);
        assert_int_equal(calls[i].answer.ref.token_no, i);
    }
    assert_int_equal(network_late(network), 0);
}

static void a_second_answer_is_dropped_and_counted(void **state)
{
    struct tally t = { 0 };
    struct network_call call = call_of(&t, 1);

    (void)state;
    network_ask(network, &call);
    answer(0, NETWORK_DONE);
    answer(0, NETWORK_DECLINED);
    assert_int_equal(atomic_load(&t.done), 1);
    assert_int_equal(call.answer.verdict, NETWORK_DONE);
    assert_int_equal(network_late(network), 1);
}

static void an_old_handle_answers_no_new_question(void **state)
{
    struct tally t = { 0 };
    struct network_call first = call_of(&t, 1), second = call_of(&t, 2);

    (void)state;
    network_ask(network, &first);
    answer(0, NETWORK_DONE);
    network_ask(network, &second);                /* in the same place */
    assert_int_equal((uint32_t)body.handles[0], (uint32_t)body.handles[1]);
    answer(0, NETWORK_DECLINED);
    assert_int_equal(atomic_load(&t.done), 1);
    answer(1, NETWORK_LATER);
    assert_int_equal(second.answer.verdict, NETWORK_LATER);
    assert_int_equal(network_late(network), 1);
}

static void a_made_up_handle_is_dropped(void **state)
{
    struct network_answer a = { .verdict = NETWORK_DONE };

    (void)state;
    network_answered(network, UINT64_MAX, &a);
    network_answered(network, NETWORK_PENDING_MAX, &a);
    network_answered(network, 0, &a);
    assert_int_equal(network_late(network), 3);
}

static void what_is_not_answered_is_silent(void **state)
{
    struct tally t = { 0 };
    struct network_call calls[FEW];

    (void)state;
    for (int i = 0; i < FEW; i++) {
        calls[i] = call_of(&t, i);
        network_ask(network, &calls[i]);
    }
    wait_for(&t, FEW);
    for (int i = 0; i < FEW; i++) {
        assert_int_equal(calls[i].answer.verdict, NETWORK_SILENT);
        assert_int_equal(calls[i].answer.ref.token_no, i);
    }
    answer(0, NETWORK_DONE);
    assert_int_equal(calls[0].answer.verdict, NETWORK_SILENT);
    assert_int_equal(network_late(network), 1);
}

static void a_question_after_silence_has_its_own_time(void **state)
{
    struct network_call call = { .ask = { .op = NETWORK_STATUS } };

    (void)state;
    for (int i = 0; i < 3; i++) {
        call.answer.verdict = NETWORK_DONE;
        network_ask_wait(network, &call);
        assert_int_equal(call.answer.verdict, NETWORK_SILENT);
    }
}

static void more_than_there_are_places_for_are_busy(void **state)
{
    struct network_call *calls = calloc(NETWORK_PENDING_MAX + 1, sizeof *calls), *last = calls + NETWORK_PENDING_MAX;
    struct tally t = { 0 };

    (void)state;
    assert_non_null(calls);
    for (int i = 0; i <= NETWORK_PENDING_MAX; i++) {
        calls[i] = call_of(&t, i);
        network_ask(network, &calls[i]);
    }
    assert_int_equal(atomic_load(&t.done), 1);
    assert_int_equal(last->answer.verdict, NETWORK_BUSY);
    assert_int_equal(body.n, NETWORK_PENDING_MAX);
    answer(3, NETWORK_DONE);
    network_ask(network, last);                   /* in the place that is free now */
    assert_int_equal(atomic_load(&t.done), 2);
    network_stop(network);
    assert_int_equal(atomic_load(&t.done), NETWORK_PENDING_MAX + 2);
    assert_int_equal(last->answer.verdict, NETWORK_SILENT);
    free(calls);
}

static void a_stopped_front_is_busy(void **state)
{
    struct tally t = { 0 };
    struct network_call before = call_of(&t, 1), after = call_of(&t, 2);

    (void)state;
    network_ask(network, &before);
    network_stop(network);
    assert_int_equal(before.answer.verdict, NETWORK_SILENT);
    network_ask(network, &after);
    assert_int_equal(after.answer.verdict, NETWORK_BUSY);
    assert_int_equal(atomic_load(&t.done), 2);
    assert_int_equal(body.n, 1);
    network_noticed(network, 5);
    assert_int_equal(body.noticed, 0);
}

static void without_a_body_there_is_no_route(void **state)
{
    struct network_call call = { .ask = { .op = NETWORK_STATUS, .ref = { 1, 2, 3 } } };
    struct network *alone;

    (void)state;
    assert_int_equal(network_new(&alone, &(struct network_options){ 0 }), FAULT_NONE);
    network_ask_wait(alone, &call);
    assert_int_equal(call.answer.verdict, NETWORK_NO_ROUTE);
    assert_int_equal(call.answer.ref.request, 3);
    network_stop(alone);
    network_free(alone);
    network_free(NULL);
}

struct heard { int n; struct network_notice last; };

static void hear(void *arg, const struct network_notice *n)
{
    struct heard *h = arg;

    h->n++;
    h->last = *n;
}

static void notices_are_passed_on_and_acknowledged(void **state)
{
    const struct network_notice n = { .id = 42, .now = { .life = { .status = TOKEN_DEAD } } };
    struct heard h = { 0 };

    (void)state;
    open_network(&(struct network_options){ .notice = hear, .arg = &h });
    network_notice(network, &n);
    assert_int_equal(h.n, 1);
    assert_int_equal(h.last.id, 42);
    assert_int_equal(h.last.now.life.status, TOKEN_DEAD);
    network_noticed(network, 42);
    assert_int_equal(body.noticed, 42);
    network_stop(network);
    network_notice(network, &n);
    assert_int_equal(h.n, 1);
    network_free(network);
}

enum { THREADS = 8, EACH = 500 };

static void *asker(void *arg)
{
    int64_t base = *(const int64_t *)arg;

    for (int64_t i = 0; i < EACH; i++) {
        struct network_call call = { .ask = { .op = NETWORK_STATUS, .ref = { 7, base + i, 0 } } };

        network_ask_wait(network, &call);
        if (call.answer.verdict != NETWORK_DONE || call.answer.ref.token_no != base + i)
            return arg;
    }
    return NULL;
}

static void many_threads_ask_at_once(void **state)
{
    pthread_t threads[THREADS];
    int64_t bases[THREADS];
    void *wrong;

    (void)state;
    body.at_once = true;
    for (int i = 0; i < THREADS; i++) {
        bases[i] = i * EACH;
        assert_int_equal(pthread_create(&threads[i], NULL, asker, &bases[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_int_equal(network_late(network), 0);
}

static void every_verdict_has_its_own_name_and_words(void **state)
{
    (void)state;
    for (enum network_verdict v = 0; v < NETWORK_VERDICTS; v++) {
        assert_true(network_verdict_name(v)[0] && network_verdict_text(v)[0]);
        for (enum network_verdict w = 0; w < v; w++) {
            assert_string_not_equal(network_verdict_name(v), network_verdict_name(w));
            assert_string_not_equal(network_verdict_text(v), network_verdict_text(w));
        }
    }
    assert_string_equal(network_verdict_name(NETWORK_DECLINED), "DECLINED");
}

/* tear_down() would wait for ever if one of them still counted as inside. */
static void a_body_is_woken_once_for_questions_that_are_put_together(void **state)
{
    struct network_call calls[3];
    struct tally t = { 0 };

    (void)state;
    for (size_t i = 0; i < 3; i++)
        calls[i] = call_of(&t, (int64_t)i + 1);
    network_ask(network, &calls[0]);
    assert_int_equal(atomic_load(&body.woken), 1);
    bells_hold();
    network_ask(network, &calls[1]);
    network_ask(network, &calls[2]);
    assert_int_equal(body.n, 3);
    assert_int_equal(atomic_load(&body.woken), 1);
    bells_release();
    assert_int_equal(atomic_load(&body.woken), 2);
    for (size_t i = 0; i < 3; i++)
        answer(i, NETWORK_DONE);
    assert_int_equal(atomic_load(&t.done), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_reaches_its_own_question, patient, tear_down),
        cmocka_unit_test_setup_teardown(a_second_answer_is_dropped_and_counted, patient, tear_down),
        cmocka_unit_test_setup_teardown(an_old_handle_answers_no_new_question, patient, tear_down),
        cmocka_unit_test_setup_teardown(a_made_up_handle_is_dropped, patient, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_answered_is_silent, hasty, tear_down),
        cmocka_unit_test_setup_teardown(a_question_after_silence_has_its_own_time, hasty, tear_down),
        cmocka_unit_test_setup_teardown(more_than_there_are_places_for_are_busy, patient, tear_down),
        cmocka_unit_test_setup_teardown(a_body_is_woken_once_for_questions_that_are_put_together, patient, tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_front_is_busy, patient, tear_down),
        cmocka_unit_test(without_a_body_there_is_no_route),
        cmocka_unit_test(notices_are_passed_on_and_acknowledged),
        cmocka_unit_test_setup_teardown(many_threads_ask_at_once, patient, tear_down),
        cmocka_unit_test(every_verdict_has_its_own_name_and_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
