/* test_acquirer.c: the front of an acquirer, over a body that answers as it is told; and its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "acquirer/acquirer.h"
#include "base/bells.h"

#include "base/banned.h"

enum { NEVER_MS = 3600000, SOON_MS = 20, FEW = 8 };

/* A body that keeps questions until the test answers. */
struct body {
    uint64_t handles[FEW];
    struct acquirer_ask asks[FEW];
    size_t n;
    uint64_t noticed;
    int woken;
};

static struct body body;
static struct acquirer *acquirer;

static void body_ask(void *arg, uint64_t handle, const struct acquirer_ask *ask)
{
    struct body *b = arg;

    assert_true(b->n < FEW);
    b->handles[b->n] = handle;
    b->asks[b->n++] = *ask;
}

static void body_noticed(void *arg, uint64_t id)
{
    ((struct body *)arg)->noticed = id;
}

static void body_wake(void *arg)
{
    ((struct body *)arg)->woken++;
}

static void open_acquirer(const struct acquirer_options *o)
{
    memset(&body, 0, sizeof body);
    assert_int_equal(acquirer_new(&acquirer, o), FAULT_NONE);
    acquirer_attach(acquirer, &(struct acquirer_body){ body_ask, body_noticed, &body, body_wake });
}

static int patient(void **state)
{
    (void)state;
    open_acquirer(&(struct acquirer_options){ .wait_ms = NEVER_MS });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    acquirer_stop(acquirer);
    acquirer_free(acquirer);
    return 0;
}

static void count(struct acquirer_call *call)
{
    ++*(int *)call->arg;
}

static struct acquirer_call call_of(int *done, int64_t no)
{
    return (struct acquirer_call){ .ask = { .op = ACQUIRER_STATUS, .ref = { 7, no, 0, 0 } }, .done = count,
                                   .arg = done };
}

static void answer(size_t i, enum acquirer_verdict v)
{
    acquirer_answered(acquirer, body.handles[i],
                      &(struct acquirer_answer){ .verdict = v, .ref = body.asks[i].ref });
}

static void an_answer_reaches_its_own_question(void **state)
{
    struct acquirer_call calls[FEW];
    int done[FEW] = { 0 };

    (void)state;
    for (int i = 0; i < FEW; i++) {
        calls[i] = call_of(&done[i], i);
        acquirer_ask(acquirer, &calls[i]);
    }
    for (size_t i = 0; i < FEW; i++)
        answer(i * 5 % FEW, i * 5 % FEW % 2 ? ACQUIRER_CHARGED : ACQUIRER_DECLINED);
    for (int i = 0; i < FEW; i++) {
        assert_int_equal(done[i], 1);
        assert_int_equal(calls[i].answer.verdict, i % 2 ? ACQUIRER_CHARGED : ACQUIRER_DECLINED);
        assert_int_equal(calls[i].answer.ref.payment_no, i);
    }
    assert_int_equal(acquirer_late(acquirer), 0);
    assert_int_equal(acquirer_wait_ms(acquirer), NEVER_MS);
}

static void a_question_arrives_whole(void **state)
{
    int done = 0;
    struct acquirer_call call = call_of(&done, 3);

    (void)state;
    call.ask.op = ACQUIRER_OTP;
    memcpy(call.ask.otp, "111000", 7);
    call.ask.amount = (struct money){ 17000, "INR" };
    acquirer_ask(acquirer, &call);
    assert_int_equal(body.asks[0].op, ACQUIRER_OTP);
    assert_string_equal(body.asks[0].otp, "111000");
    assert_int_equal(body.asks[0].amount.minor, 17000);
    answer(0, ACQUIRER_CHARGED);
    assert_int_equal(done, 1);
}

static void a_second_answer_is_dropped_and_counted(void **state)
{
    int done = 0;
    struct acquirer_call call = call_of(&done, 1);

    (void)state;
    acquirer_ask(acquirer, &call);
    answer(0, ACQUIRER_CHARGED);
    answer(0, ACQUIRER_DECLINED);
    assert_int_equal(done, 1);
    assert_int_equal(call.answer.verdict, ACQUIRER_CHARGED);
    assert_int_equal(acquirer_late(acquirer), 1);
}

static void what_is_not_answered_is_silent(void **state)
{
    struct acquirer_call call = { .ask = { .op = ACQUIRER_PAY, .ref = { 7, 8, 9, 10 } } };

    (void)state;
    open_acquirer(&(struct acquirer_options){ .wait_ms = SOON_MS });
    acquirer_ask_wait(acquirer, &call);
    assert_int_equal(call.answer.verdict, ACQUIRER_SILENT);
    assert_int_equal(call.answer.ref.request, 10);
    answer(0, ACQUIRER_CHARGED);
    assert_int_equal(call.answer.verdict, ACQUIRER_SILENT);
    assert_int_equal(acquirer_late(acquirer), 1);
}

static void a_stopped_front_is_busy_and_one_without_a_body_unreachable(void **state)
{
    int done = 0;
    struct acquirer_call before = call_of(&done, 1), after = call_of(&done, 2), lonely = call_of(&done, 3);
    struct acquirer *alone;

    (void)state;
    acquirer_ask(acquirer, &before);
    acquirer_stop(acquirer);
    assert_int_equal(before.answer.verdict, ACQUIRER_SILENT);
    acquirer_ask(acquirer, &after);
    assert_int_equal(after.answer.verdict, ACQUIRER_BUSY);
    assert_int_equal(body.n, 1);
    assert_int_equal(acquirer_new(&alone, &(struct acquirer_options){ .wait_ms = 0 }), FAULT_NONE);
    assert_int_equal(acquirer_wait_ms(alone), ACQUIRER_WAIT_MS);
    acquirer_ask(alone, &lonely);
    assert_int_equal(lonely.answer.verdict, ACQUIRER_UNREACHABLE);
    assert_int_equal(lonely.answer.ref.payment_no, 3);
    acquirer_noticed(alone, 1);
    acquirer_stop(alone);
    acquirer_free(alone);
    acquirer_free(NULL);
    assert_int_equal(done, 3);
}

struct heard { int n; struct acquirer_notice last; };

static void hear(void *arg, const struct acquirer_notice *n)
{
    struct heard *h = arg;

    h->n++;
    h->last = *n;
}

static void notices_are_passed_on_and_acknowledged(void **state)
{
    const struct acquirer_notice n = { .id = 42, .now = { .verdict = ACQUIRER_REQUEST_EXPIRED } };
    struct heard h = { 0 };

    (void)state;
    open_acquirer(&(struct acquirer_options){ .notice = hear, .arg = &h });
    acquirer_notice(acquirer, &n);
    assert_int_equal(h.n, 1);
    assert_int_equal(h.last.id, 42);
    assert_int_equal(h.last.now.verdict, ACQUIRER_REQUEST_EXPIRED);
    acquirer_noticed(acquirer, 42);
    assert_int_equal(body.noticed, 42);
    acquirer_stop(acquirer);
    acquirer_notice(acquirer, &n);
    acquirer_noticed(acquirer, 43);
    assert_int_equal(h.n, 1);
    assert_int_equal(body.noticed, 42);
    acquirer_free(acquirer);
}

static void a_body_is_woken_once_for_questions_that_are_put_together(void **state)
{
    struct acquirer_call calls[3];
    int done = 0;

    (void)state;
    bells_hold();
    for (size_t i = 0; i < 3; i++) {
        calls[i] = call_of(&done, (int64_t)i);
        acquirer_ask(acquirer, &calls[i]);
    }
    assert_int_equal(body.n, 3);
    assert_int_equal(body.woken, 0);
    bells_release();
    assert_int_equal(body.woken, 1);
    for (size_t i = 0; i < 3; i++)
        answer(i, ACQUIRER_CHARGED);
    assert_int_equal(done, 3);
}

static void every_verdict_has_a_name_of_its_own_and_words(void **state)
{
    (void)state;
    for (enum acquirer_verdict v = 0; v < ACQUIRER_VERDICTS; v++) {
        const struct acquirer_saying *s = acquirer_says(v);

        assert_true(s->name && s->name[0] && s->message && s->message[0]);
        for (enum acquirer_verdict w = 0; w < v; w++) {
            assert_string_not_equal(s->name, acquirer_says(w)->name);
            assert_string_not_equal(s->message, acquirer_says(w)->message);
        }
        assert_int_equal(s->definite, v != ACQUIRER_SILENT);
    }
    assert_string_equal(acquirer_says(ACQUIRER_CHARGED)->message, "Transaction successful");
    assert_string_equal(acquirer_says(ACQUIRER_WRONG_OTP)->message, "otp is invalid");
}

static void what_declines_has_all_four_codes_and_what_succeeds_none(void **state)
{
    (void)state;
    for (enum acquirer_verdict v = 0; v < ACQUIRER_VERDICTS; v++) {
        const struct acquirer_saying *s = acquirer_says(v);
        bool any = s->code || s->description || s->reason || s->source;

        assert_int_equal(s->declines, v >= ACQUIRER_DECLINED && v <= ACQUIRER_INVALID);
        if (s->declines)
            assert_true(any);
        if (!any)
            continue;
        assert_true(s->code && s->description && s->reason && s->source);
        assert_true(!strcmp(s->code, "TRANSACTION_DECLINED") || !strcmp(s->code, "GATEWAY_ERROR"));
        assert_true(!strcmp(s->source, "customer") || !strcmp(s->source, "bank") || !strcmp(s->source, "cashfree"));
    }
    assert_null(acquirer_says(ACQUIRER_CHARGED)->code);
    assert_string_equal(acquirer_says(ACQUIRER_DECLINED)->reason, "auth_declined");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_reaches_its_own_question, patient, tear_down),
        cmocka_unit_test_setup_teardown(a_question_arrives_whole, patient, tear_down),
        cmocka_unit_test_setup_teardown(a_second_answer_is_dropped_and_counted, patient, tear_down),
        cmocka_unit_test_teardown(what_is_not_answered_is_silent, tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_front_is_busy_and_one_without_a_body_unreachable, patient,
                                        tear_down),
        cmocka_unit_test(notices_are_passed_on_and_acknowledged),
        cmocka_unit_test_setup_teardown(a_body_is_woken_once_for_questions_that_are_put_together, patient, tear_down),
        cmocka_unit_test(every_verdict_has_a_name_of_its_own_and_words),
        cmocka_unit_test(what_declines_has_all_four_codes_and_what_succeeds_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
