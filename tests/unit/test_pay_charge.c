/* Never two charges of one order, and none that is lost: double submits, an acquirer that is silent before or after,
 * down or telling twice, every place where the process may end, charges that come too late. */
#include "pay_bed.h"

#include "base/banned.h"

static struct payment_row waiting(struct pbed *b, const struct order_row *o)
{
    struct pay_job *job = pbed_do(b, pbed_card(b, o, VBED_VISA));

    assert_int_equal(job->row.state, PAYMENT_FACTOR);
    return job->row;
}

static void of_two_tabs_that_send_the_otp_one_is_busy(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);
    struct pay_job *first = pbed_job(b, pbed_otp(&p, PBED_OTP));

    assert_int_equal(pbed_begin(b, first), FAULT_NONE);
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_ORDER_BUSY);
    pbed_ask(b, first);
    assert_int_equal(pbed_settle(b, first), FAULT_NONE);
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_OVER);
    assert_int_equal(pbed_row(b, &p).tries, 1);
    assert_int_equal(b->bank.charged, 1);
}

static void while_one_attempt_is_charged_no_other_is(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row one = waiting(b, o), two = waiting(b, o);
    struct pay_job *first = pbed_job(b, pbed_otp(&one, PBED_OTP));

    assert_int_equal(pbed_begin(b, first), FAULT_NONE);
    (void)pbed_refused(b, pbed_otp(&two, PBED_OTP), FAULT_WRONG_STATE, PAY_ORDER_BUSY);
    (void)pbed_refused(b, pbed_upi(b, o), FAULT_WRONG_STATE, PAY_ORDER_BUSY);
    assert_int_equal(pbed_row(b, &two).tries, 0);
    pbed_ask(b, first);
    assert_int_equal(pbed_settle(b, first), FAULT_NONE);
    (void)pbed_refused(b, pbed_otp(&two, PBED_OTP), FAULT_WRONG_STATE, PAY_ORDER_PAID);
    assert_int_equal(b->bank.charged, 1);
}

static void a_first_request_that_may_charge_at_once_keeps_others_out(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_job *first = pbed_job(b, pbed_upi(b, o));

    assert_int_equal(pbed_begin(b, first), FAULT_NONE);
    (void)pbed_refused(b, pbed_card(b, o, VBED_VISA), FAULT_WRONG_STATE, PAY_ORDER_BUSY);
    b->bank.says = ACQUIRER_WAITS;
    pbed_ask(b, first);
    assert_int_equal(pbed_settle(b, first), FAULT_NONE);
    b->bank.says = ACQUIRER_FACTOR;
    assert_int_equal(waiting(b, o).state, PAYMENT_FACTOR);
}

static void what_is_held_for_review_keeps_others_out(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o), other = waiting(b, o);

    assert_true(pbed_hear(b, &p, ACQUIRER_HELD));
    assert_int_equal(p.state, PAYMENT_FLAGGED);
    (void)pbed_refused(b, pbed_otp(&other, PBED_OTP), FAULT_WRONG_STATE, PAY_ORDER_BUSY);
    pbed_later(b, PAYMENT_LIMIT_MS);          /* no limit ends a review */
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_FLAGGED);
    assert_true(pbed_hear(b, &p, ACQUIRER_CHARGED));
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
}

static void nothing_was_asked_when_the_process_ended(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_job *job = pbed_job(b, pbed_card(b, o, VBED_VISA));

    assert_int_equal(pbed_begin(b, job), FAULT_NONE);
    pbed_later(b, PAY_LEASE_MS - 1);
    pbed_sweep(b);
    assert_int_equal(b->bank.asked[ACQUIRER_STATUS], 0);      /* whoever asked may still have an answer */
    pbed_later(b, 1);
    pbed_sweep(b);
    assert_int_equal(b->bank.asked[ACQUIRER_STATUS], 1);
    assert_int_equal(pbed_row(b, &job->row).state, PAYMENT_FAILED);
    assert_int_equal(pbed_row(b, &job->row).verdict, ACQUIRER_NO_PAYMENT);
    pbed_ask(b, job);                         /* the question was only late: it is refused */
    assert_int_equal(job->answer.verdict, ACQUIRER_GONE);
    assert_int_equal(pbed_settle(b, job), FAULT_NONE);
    assert_int_equal(b->bank.charged, 0);
    assert_int_equal(pbed_do(b, pbed_card(b, o, VBED_VISA))->row.state, PAYMENT_FACTOR);
}

static void the_process_ended_before_the_answer_was_kept(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_job *job = pbed_job(b, pbed_card(b, o, VBED_VISA));
    struct payment_row p;

    assert_int_equal(pbed_begin(b, job), FAULT_NONE);
    pbed_ask(b, job);
    pbed_later(b, PAY_LEASE_MS);
    pbed_sweep(b);
    p = pbed_row(b, &job->row);
    assert_int_equal(p.state, PAYMENT_FACTOR);
    assert_int_equal(p.native, 1);
    job = pbed_job(b, pbed_otp(&p, PBED_OTP));
    assert_int_equal(pbed_begin(b, job), FAULT_NONE);
    pbed_ask(b, job);                         /* charged, and again not kept */
    assert_int_equal(pbed_order_state(b, o), ORDER_ACTIVE);
    pbed_later(b, PAY_LEASE_MS);
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_SUCCESS);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
    assert_int_equal(b->bank.charged, 1);
}

static void an_answer_kept_twice_is_kept_once(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);
    struct pay_job *job = pbed_job(b, pbed_otp(&p, PBED_OTP));

    assert_int_equal(pbed_begin(b, job), FAULT_NONE);
    pbed_ask(b, job);
    assert_int_equal(pbed_settle(b, job), FAULT_NONE);
    assert_int_equal(pbed_settle(b, job), FAULT_NONE);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_SUCCESS);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
}

static void an_acquirer_that_tells_twice_charges_once(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);

    b->bank.manner = PBANK_TWICE;
    (void)pbed_paid(b, pbed_card(b, o, VBED_VISA));
    assert_int_equal(b->bank.charged, 1);
    assert_true(acquirer_late(b->bank.front) > 0);
}

static void a_charge_whose_answer_is_lost_is_found(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);
    struct pay_job *job = pbed_job(b, pbed_otp(&p, PBED_OTP));

    b->bank.manner = PBANK_MUTE;
    assert_int_equal(pbed_lead(b, job), FAULT_NONE);
    assert_int_equal(pay_outcome(job), PAY_ACQUIRER);
    assert_int_equal(job->answer.verdict, ACQUIRER_SILENT);
    assert_false(pay_settles(job));           /* there is nothing to keep */
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_FACTOR);
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_ORDER_BUSY);
    pbed_later(b, PAY_LEASE_MS);
    pbed_sweep(b);                            /* still mute */
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_FACTOR);
    b->bank.manner = PBANK_WELL;
    pbed_later(b, PBED_MINUTE);
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_SUCCESS);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
    assert_int_equal(b->bank.charged, 1);
}

static void an_otp_that_was_lost_on_its_way_can_be_given_again(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    b->bank.manner = PBANK_DEAF;
    (void)pbed_do(b, pbed_otp(&p, PBED_OTP));
    b->bank.manner = PBANK_WELL;
    pbed_later(b, PAY_LEASE_MS);
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_FACTOR);
    assert_int_equal(pbed_row(b, &p).tries, 1);
    assert_int_equal(pbed_do(b, pbed_otp(&p, PBED_OTP))->row.state, PAYMENT_SUCCESS);
    assert_int_equal(b->bank.charged, 1);
}

static void an_acquirer_that_is_down_fails_the_attempt_at_once(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_job *job;

    b->bank.manner = PBANK_DOWN;
    job = pbed_do(b, pbed_card(b, o, VBED_VISA));
    assert_int_equal(job->row.state, PAYMENT_FAILED);
    assert_int_equal(job->answer.verdict, ACQUIRER_UNREACHABLE);
    b->bank.manner = PBANK_WELL;
    (void)pbed_paid(b, pbed_card(b, o, VBED_VISA));
}

static void a_silent_acquirer_is_asked_less_and_less(void **state)
{
    struct pbed *b = *state;
    struct pay_job *job = pbed_job(b, pbed_upi(b, pbed_order(b)));
    uint64_t asked;

    b->bank.manner = PBANK_DEAF;
    assert_int_equal(pbed_lead(b, job), FAULT_NONE);
    assert_int_equal(job->row.state, PAYMENT_BEGUN);
    pbed_later(b, PAYMENT_LIMIT_MS / 2);
    pbed_sweep(b);
    asked = b->bank.asked[ACQUIRER_STATUS];
    assert_int_equal(asked, 1);
    pbed_later(b, PAY_ASK_LATEST_MS - 1);
    pbed_sweep(b);
    assert_int_equal(b->bank.asked[ACQUIRER_STATUS], asked);
    pbed_later(b, 1);
    pbed_sweep(b);
    assert_int_equal(b->bank.asked[ACQUIRER_STATUS], asked + 1);
}

/* Both were at the bank's page before either was charged, and both were charged there. */
static void of_two_charges_of_one_order_the_later_goes_back(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row one = waiting(b, o), two = waiting(b, o);

    assert_true(pbed_hear(b, &one, ACQUIRER_CHARGED));
    assert_true(pbed_hear(b, &two, ACQUIRER_CHARGED));
    assert_int_equal(one.state, PAYMENT_SUCCESS);
    assert_int_equal(two.state, PAYMENT_CANCELLED);
    assert_int_equal(pbed_row(b, &two).wanted, ACQUIRER_REVERSE);
    assert_int_equal(b->bank.reversed, 0);    /* the intent is on disk, and nobody was asked yet */
    pbed_sweep(b);
    pbed_sweep(b);
    assert_int_equal(b->bank.reversed, 1);
    assert_int_equal(b->bank.asked[ACQUIRER_REVERSE], 1);
    assert_int_equal(pbed_row(b, &two).ask_ms, 0);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
}

static void a_reversal_is_asked_for_until_it_is_done(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row one = waiting(b, o), two = waiting(b, o);

    (void)pbed_hear(b, &one, ACQUIRER_CHARGED);
    (void)pbed_hear(b, &two, ACQUIRER_CHARGED);
    for (int i = 0; i < 3; i++) {
        b->bank.manner = i == 0 ? PBANK_DOWN : i == 1 ? PBANK_DEAF : PBANK_MUTE;
        pbed_sweep(b);
        assert_true(pbed_row(b, &two).ask_ms > pbed_now(b));
        pbed_later(b, PAY_ASK_LATEST_MS);
    }
    b->bank.manner = PBANK_WELL;
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &two).ask_ms, 0);
    assert_int_equal(b->bank.reversed, 1);
}

static void a_charge_of_an_attempt_that_failed_for_us_goes_back(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);

    (void)pbed_do(b, pbed_of(&p, PAY_ABANDON));
    assert_true(pbed_hear(b, &p, ACQUIRER_CHARGED));
    assert_int_equal(p.state, PAYMENT_CANCELLED);
    pbed_sweep(b);
    assert_int_equal(b->bank.reversed, 1);
    assert_int_equal(pbed_order_state(b, o), ORDER_ACTIVE);
    assert_false(pbed_hear(b, &p, ACQUIRER_REVERSED));
}

static void a_success_told_again_changes_nothing(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = pbed_paid(b, pbed_card(b, pbed_order(b), VBED_VISA));

    assert_false(pbed_hear(b, &p, ACQUIRER_CHARGED));
    assert_false(pbed_hear(b, &p, ACQUIRER_DECLINED));
    assert_false(pbed_hear(b, &p, ACQUIRER_FACTOR));
    assert_false(pbed_hear(b, &p, ACQUIRER_DROPPED));
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_SUCCESS);
}

static void a_termination_is_resolved_by_what_the_attempt_in_flight_does(void **state)
{
    struct pbed *b = *state;
    struct order_row *fails = pbed_order(b), *pays = pbed_order(b), *two = pbed_order(b);
    struct payment_row f = waiting(b, fails), s = waiting(b, pays), one = waiting(b, two), other = waiting(b, two);

    assert_int_equal(pbed_terminate(b, fails), ORDER_TERMINATION_REQUESTED);
    assert_true(pbed_hear(b, &f, ACQUIRER_DECLINED));
    assert_int_equal(pbed_order_state(b, fails), ORDER_TERMINATED);
    assert_int_equal(pbed_terminate(b, pays), ORDER_TERMINATION_REQUESTED);
    assert_int_equal(pbed_do(b, pbed_otp(&s, PBED_OTP))->row.state, PAYMENT_SUCCESS);
    assert_int_equal(pbed_order_state(b, pays), ORDER_PAID);
    assert_int_equal(pbed_terminate(b, two), ORDER_TERMINATION_REQUESTED);
    assert_true(pbed_hear(b, &one, ACQUIRER_DROPPED));
    assert_int_equal(pbed_order_state(b, two), ORDER_TERMINATION_REQUESTED);
    pbed_later(b, PAYMENT_LIMIT_MS);
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &other).state, PAYMENT_DROPPED);
    assert_int_equal(pbed_order_state(b, two), ORDER_TERMINATED);
}

static void a_charge_after_the_termination_goes_back(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);

    assert_true(pbed_hear(b, &p, ACQUIRER_DECLINED));
    assert_int_equal(pbed_terminate(b, o), ORDER_TERMINATED);
    assert_true(pbed_hear(b, &p, ACQUIRER_CHARGED));
    assert_int_equal(p.state, PAYMENT_CANCELLED);
    assert_int_equal(pbed_order_state(b, o), ORDER_TERMINATED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pbed_setup, pbed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(of_two_tabs_that_send_the_otp_one_is_busy),
        TEST(while_one_attempt_is_charged_no_other_is),
        TEST(a_first_request_that_may_charge_at_once_keeps_others_out),
        TEST(what_is_held_for_review_keeps_others_out),
        TEST(nothing_was_asked_when_the_process_ended),
        TEST(the_process_ended_before_the_answer_was_kept),
        TEST(an_answer_kept_twice_is_kept_once),
        TEST(an_acquirer_that_tells_twice_charges_once),
        TEST(a_charge_whose_answer_is_lost_is_found),
        TEST(an_otp_that_was_lost_on_its_way_can_be_given_again),
        TEST(an_acquirer_that_is_down_fails_the_attempt_at_once),
        TEST(a_silent_acquirer_is_asked_less_and_less),
        TEST(of_two_charges_of_one_order_the_later_goes_back),
        TEST(a_reversal_is_asked_for_until_it_is_done),
        TEST(a_charge_of_an_attempt_that_failed_for_us_goes_back),
        TEST(a_success_told_again_changes_nothing),
        TEST(a_termination_is_resolved_by_what_the_attempt_in_flight_does),
        TEST(a_charge_after_the_termination_goes_back),
    };

    return cmocka_run_group_tests_name("pay_charge", tests, NULL, NULL);
}
