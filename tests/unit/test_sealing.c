/* The questions of a batch: all asked, each answer where it belongs. */
#include "service/sealing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#include "base/banned.h"

enum { JOBS = 50, ASKS = 3 };         /* 150 questions: more than go into one frame */

struct batch {
    struct store_job jobs[JOBS];
    struct sealing wants[JOBS];
    struct key_ask asks[JOBS][ASKS];
    uint8_t out[JOBS][ASKS][64], in[JOBS][ASKS];
};

/* Every fifth job wants nothing. Each question is about a byte of its own. */
static void fill(struct batch *b)
{
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < JOBS; i++) {
        if (i + 1 < JOBS)
            b->jobs[i].next = &b->jobs[i + 1];
        for (size_t k = 0; k < ASKS; k++) {
            b->in[i][k] = (uint8_t)(i * ASKS + k);
            b->asks[i][k] = (struct key_ask){ .op = KEY_MAC, .use = KEY_USE_DIGEST, .about = SPAN("test"),
                                              .in = { &b->in[i][k], 1 }, .out = BUF(b->out[i][k]) };
        }
        b->wants[i] = (struct sealing){ b->asks[i], ASKS };
        b->jobs[i].wants = i % 5 ? &b->wants[i] : NULL;
    }
}

static void every_question_gets_its_own_answer(void **state)
{
    static struct batch b;
    struct fixture *f = *state;

    fill(&b);
    sealing_before_batch(&f->services, b.jobs);
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(b.jobs[i].outcome, FAULT_NONE);
        for (size_t k = 0; k < ASKS; k++) {
            uint8_t right[KEY_MAC_SIZE];
            struct key_ask alone = b.asks[i][k];
            alone.out = BUF(right);
            fixture_ask(f, &alone, 1);
            assert_int_equal(b.asks[i][k].out.n, i % 5 ? KEY_MAC_SIZE : 0);
            if (i % 5)
                assert_memory_equal(b.out[i][k], right, KEY_MAC_SIZE);
        }
    }
}

static void a_refusal_stays_with_its_question(void **state)
{
    static struct batch b;
    struct fixture *f = *state;

    fill(&b);
    b.asks[7][1].use = KEY_USE_CREDENTIAL;      /* which is never only digested */
    sealing_before_batch(&f->services, b.jobs);
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(b.jobs[i].outcome, FAULT_NONE);
        for (size_t k = 0; k < ASKS; k++)
            assert_int_equal(b.asks[i][k].fault, i == 7 && k == 1 ? FAULT_DENIED : FAULT_NONE);
    }
}

static void when_nobody_answers_only_the_jobs_that_asked_are_silent(void **state)
{
    static struct batch b;
    struct fixture *f = *state;

    fill(&b);
    fixture_keyholder_stop(f);
    sealing_before_batch(&f->services, b.jobs);
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(b.jobs[i].outcome, i % 5 ? FAULT_SILENT : FAULT_NONE);
        if (i % 5)
            assert_int_equal(b.asks[i][ASKS - 1].fault, FAULT_SILENT);
    }
}

static void no_jobs_and_no_questions_are_fine(void **state)
{
    struct fixture *f = *state;
    struct sealing nothing = { 0 };
    struct store_job job = { .wants = &nothing };

    fixture_keyholder_stop(f);
    sealing_before_batch(&f->services, NULL);
    sealing_before_batch(&f->services, &job);
    assert_int_equal(job.outcome, FAULT_NONE);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(every_question_gets_its_own_answer),
        WITH_FIXTURE(a_refusal_stays_with_its_question),
        WITH_FIXTURE(when_nobody_answers_only_the_jobs_that_asked_are_silent),
        WITH_FIXTURE(no_jobs_and_no_questions_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
