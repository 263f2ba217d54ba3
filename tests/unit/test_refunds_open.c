/* test_refunds_open.c: refunds that are open: silence, the sweeper, cancellations. */
#include "refund_lead.h"

#include "base/banned.h"

static void silence_leaves_it_pending_and_the_sweeper_learns_what_became_of_it(void **state)
{
    struct rbed *b = *state;
    struct refund_job *job;

    b->bank.mute = true;
    b->bank.says = ACQUIRER_REFUND_DONE;
    job = create(b, "refund_1", 40000);
    assert_false(refund_settles(job));
    assert_int_equal(job->row.status, REFUND_PENDING);
    b->bank.mute = false;
    assert_false(rbed_sweep(b));                      /* nothing is due so soon */
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND_STATUS], 0);
    rbed_pass(b, REFUND_LEASE_MS);
    (void)rbed_sweep(b);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND_STATUS], 1);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND], 1);
    assert_int_equal(rbed_read(b, job->row.refund_no).row.status, REFUND_SUCCESS);
    assert_int_equal(rbed_read(b, 0).n_news, 1);
}

static void an_intent_that_never_arrived_is_put_again_and_happens_once(void **state)
{
    struct rbed *b = *state;
    struct refund_job *job;

    b->bank.deaf = true;
    b->bank.says = ACQUIRER_REFUND_DONE;
    job = create(b, "refund_1", 40000);
    b->bank.deaf = false;
    rbed_pass(b, REFUND_LEASE_MS);
    (void)rbed_sweep(b);
    assert_int_equal(rbed_read(b, job->row.refund_no).row.status, REFUND_SUCCESS);
    rbed_pass(b, 2 * RBED_HOUR);
    (void)rbed_sweep(b);
    assert_int_equal(b->bank.n, 1);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND], 2);
    assert_int_equal(rbank_paid_out(&b->bank), 40000);
}

static void a_crash_right_after_the_intent_is_settled_by_the_sweeper(void **state)
{
    struct rbed *b = *state;
    struct refund_job *job = job_of(b, wish("refund_1", 40000));

    assert_int_equal(begin(b, job), FAULT_NONE);      /* and then nothing more happens */
    rbed_pass(b, REFUND_LEASE_MS);
    (void)rbed_sweep(b);
    assert_int_equal(b->bank.n, 1);
    assert_int_equal(rbed_read(b, job->row.refund_no).row.wanted, ACQUIRER_REFUND_STATUS);
}

static void a_silent_acquirer_is_asked_less_and_less(void **state)
{
    struct rbed *b = *state;
    unsigned asked;

    b->bank.deaf = true;
    (void)create(b, "refund_1", 40000);
    for (int64_t waited = 0; waited < 4 * RBED_HOUR; waited += REFUND_LEASE_MS) {
        rbed_pass(b, REFUND_LEASE_MS);
        if (b->bank.asked[ACQUIRER_REFUND_STATUS] < 20)       /* each of which is waited for */
            (void)rbed_sweep(b);
    }
    asked = b->bank.asked[ACQUIRER_REFUND_STATUS];
    assert_in_range(asked, 8, 13);                    /* ten seconds and twice as long each time, then every hour */
}

static void one_that_the_acquirer_has_is_looked_at_every_hour(void **state)
{
    struct rbed *b = *state;
    struct refund_job *job = create(b, "refund_1", 40000);

    rbed_pass(b, RBED_HOUR - 1);
    (void)rbed_sweep(b);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND_STATUS], 0);
    rbed_pass(b, 1);
    (void)rbed_sweep(b);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND_STATUS], 1);
    b->bank.refunds[0].state = ACQUIRER_REFUND_DONE;
    rbed_pass(b, RBED_HOUR);
    (void)rbed_sweep(b);
    assert_int_equal(rbed_read(b, job->row.refund_no).row.status, REFUND_SUCCESS);
    rbed_pass(b, 24LL * RBED_HOUR);
    (void)rbed_sweep(b);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND_STATUS], 2);
}

static void a_look_says_when_it_was_full(void **state)
{
    struct rbed *b = *state;
    char id[16];

    for (int i = 0; i < REFUNDS_SWEEP_MAX + 1; i++) {
        (void)snprintf(id, sizeof id, "refund_%d", i);
        (void)create(b, id, 1);
    }
    rbed_pass(b, RBED_HOUR);
    assert_true(rbed_sweep(b));
    assert_false(rbed_sweep(b));
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND_STATUS], REFUNDS_SWEEP_MAX + 1);
}

static void only_an_open_refund_can_be_cancelled(void **state)
{
    struct rbed *b = *state;
    struct refund_wish w = { .op = REFUND_CANCEL, .refund_id = SPAN("refund_1") };
    struct refund_job *job;

    refused(b, w, FAULT_NOT_FOUND, REFUND_NO_REFUND);
    b->bank.says = ACQUIRER_REFUND_DONE;
    (void)create(b, "refund_1", 100);
    refused(b, w, FAULT_WRONG_STATE, REFUND_OVER);
    b->bank.says = ACQUIRER_REFUND_ONHOLD;
    (void)create(b, "refund_2", 100);
    assert_int_equal(cancel(b, "refund_2")->row.status, REFUND_CANCELLED);
    job = cancel(b, "refund_2");                      /* asked twice */
    assert_int_equal(job->why, REFUND_FINE);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND_CANCEL], 1);
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 100);
}

/* It could be paid out after all, by the question that is still on its way. */
static void one_that_nobody_has_answered_for_cannot_be_cancelled_yet(void **state)
{
    struct rbed *b = *state;

    b->bank.deaf = true;
    (void)create(b, "refund_1", 100);
    refused(b, (struct refund_wish){ .op = REFUND_CANCEL, .refund_id = SPAN("refund_1") }, FAULT_WRONG_STATE,
            REFUND_OPEN);
    b->bank.deaf = false;
    rbed_pass(b, REFUND_LEASE_MS);
    (void)rbed_sweep(b);
    assert_int_equal(cancel(b, "refund_1")->row.status, REFUND_CANCELLED);
}

static void a_cancellation_that_is_refused_leaves_the_refund_as_it_is(void **state)
{
    struct rbed *b = *state;
    struct refund_job *job;

    (void)create(b, "refund_1", 100);
    b->bank.cancels = ACQUIRER_BAD_STATE;
    job = cancel(b, "refund_1");
    assert_int_equal(job->why, REFUND_OVER);
    assert_int_equal(job->row.status, REFUND_PENDING);
    b->bank.refunds[0].state = ACQUIRER_REFUND_DONE;
    rbed_pass(b, 1);
    (void)rbed_sweep(b);                              /* how it is instead is asked at once */
    assert_int_equal(rbed_read(b, job->row.refund_no).row.status, REFUND_SUCCESS);
}

static void a_cancellation_lost_in_silence_is_put_again(void **state)
{
    struct rbed *b = *state;
    struct refund_job *job = create(b, "refund_1", 100);

    b->bank.deaf = true;
    assert_int_equal(cancel(b, "refund_1")->row.status, REFUND_PENDING);
    b->bank.deaf = false;
    assert_false(hear(b, job->row.refund_no, ACQUIRER_REFUND_PENDING));   /* a notice answers no cancellation */
    assert_int_equal(rbed_read(b, job->row.refund_no).row.wanted, ACQUIRER_REFUND_CANCEL);
    rbed_pass(b, RBED_HOUR);
    (void)rbed_sweep(b);
    assert_int_equal(b->bank.asked[ACQUIRER_REFUND_CANCEL], 2);
    assert_int_equal(rbed_read(b, job->row.refund_no).row.status, REFUND_CANCELLED);
}

static void steps_that_run_twice_leave_one_refund(void **state)
{
    struct rbed *b = *state;
    struct refund_job *job = job_of(b, wish("refund_1", 40000));

    b->bank.says = ACQUIRER_REFUND_FAILED;
    assert_int_equal(begin(b, job), FAULT_NONE);
    ask(b, job);
    assert_int_equal(settle(b, job), FAULT_NONE);
    assert_int_equal(settle(b, job), FAULT_NONE);
    assert_int_equal(rbed_read(b, job->row.refund_no).row.status, REFUND_FAILED);
    assert_int_equal(rbed_read(b, 0).payment.refunded_minor, 0);
    assert_int_equal(rbed_read(b, 0).n_news, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rbed_setup, rbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(silence_leaves_it_pending_and_the_sweeper_learns_what_became_of_it),
        T(an_intent_that_never_arrived_is_put_again_and_happens_once),
        T(a_crash_right_after_the_intent_is_settled_by_the_sweeper),
        T(a_silent_acquirer_is_asked_less_and_less),
        T(one_that_the_acquirer_has_is_looked_at_every_hour),
        T(a_look_says_when_it_was_full),
        T(only_an_open_refund_can_be_cancelled),
        T(one_that_nobody_has_answered_for_cannot_be_cancelled_yet),
        T(a_cancellation_that_is_refused_leaves_the_refund_as_it_is),
        T(a_cancellation_lost_in_silence_is_put_again),
        T(steps_that_run_twice_leave_one_refund),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
