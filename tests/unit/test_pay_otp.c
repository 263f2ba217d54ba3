/* The second factor: tries, time limits, sending again; and an attempt given up by its payer. */
#include "pay_bed.h"

#include "base/banned.h"

/* An attempt that waits for its OTP. */
static struct payment_row waiting(struct pbed *b, const struct order_row *o)
{
    struct pay_job *job = pbed_do(b, pbed_card(b, o, VBED_VISA));

    assert_int_equal(job->row.state, PAYMENT_FACTOR);
    return job->row;
}

static void two_wrong_otps_leave_a_try_and_the_third_ends_it(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);

    for (int i = 1; i < PAYMENT_OTP_TRIES; i++) {
        struct pay_job *job = pbed_do(b, pbed_otp(&p, "000000"));

        assert_int_equal(pay_outcome(job), PAY_ACQUIRER);
        assert_int_equal(job->answer.verdict, ACQUIRER_WRONG_OTP);
        assert_int_equal(pbed_row(b, &p).state, PAYMENT_FACTOR);
        assert_int_equal(pbed_row(b, &p).tries, i);
    }
    assert_int_equal(pbed_do(b, pbed_otp(&p, "000000"))->row.state, PAYMENT_FAILED);
    assert_int_equal(pbed_row(b, &p).verdict, ACQUIRER_TOO_MANY_OTPS);
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_OTP_TRIES);
    assert_int_equal(pbed_order_state(b, o), ORDER_ACTIVE);
    assert_int_equal(b->bank.charged, 0);
}

static void a_right_otp_after_two_wrong_ones_pays(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    (void)pbed_do(b, pbed_otp(&p, "000000"));
    (void)pbed_do(b, pbed_otp(&p, "000001"));
    assert_int_equal(pbed_do(b, pbed_otp(&p, PBED_OTP))->row.state, PAYMENT_SUCCESS);
}

static void a_try_is_counted_before_the_acquirer_hears_of_it(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    for (int i = 1; i <= PAYMENT_OTP_TRIES; i++) {      /* each time the process ends after the first commit */
        struct pay_job *job = pbed_job(b, pbed_otp(&p, "000000"));

        assert_int_equal(pbed_begin(b, job), FAULT_NONE);
        assert_int_equal(pbed_row(b, &p).tries, i);
        pbed_later(b, PAY_LEASE_MS);
        pbed_sweep(b);
    }
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_OTP_TRIES);
    assert_int_equal(b->bank.asked[ACQUIRER_OTP], 0);
}

static void where_the_acquirer_counts_fewer_tries_ours_end_it_and_it_is_told(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));
    struct pay_job *lost = pbed_job(b, pbed_otp(&p, "000000"));

    assert_int_equal(pbed_begin(b, lost), FAULT_NONE);
    pbed_later(b, PAY_LEASE_MS);
    pbed_sweep(b);
    (void)pbed_do(b, pbed_otp(&p, "000000"));
    assert_int_equal(pbed_do(b, pbed_otp(&p, "000000"))->row.state, PAYMENT_FAILED);
    assert_int_equal(pbank_find(&b->bank, p.payment_no)->state, ACQUIRER_FACTOR);
    pbed_sweep(b);
    assert_int_equal(pbank_find(&b->bank, p.payment_no)->state, ACQUIRER_DROPPED);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_FAILED);
    assert_int_equal(pbed_row(b, &p).ask_ms, 0);
}

static void a_try_that_never_left_is_given_back(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));
    struct pay_job *job;

    b->bank.manner = PBANK_DOWN;
    job = pbed_do(b, pbed_otp(&p, PBED_OTP));
    assert_int_equal(pay_outcome(job), PAY_ACQUIRER);
    assert_int_equal(job->answer.verdict, ACQUIRER_UNREACHABLE);
    assert_int_equal(pbed_row(b, &p).tries, 0);
    b->bank.manner = PBANK_WELL;
    assert_int_equal(pbed_do(b, pbed_otp(&p, PBED_OTP))->row.state, PAYMENT_SUCCESS);
}

static void an_otp_that_is_none_is_no_try(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    (void)pbed_refused(b, pbed_otp(&p, "111"), FAULT_BAD_INPUT, PAY_CODE);
    (void)pbed_refused(b, pbed_otp(&p, "111000111"), FAULT_BAD_INPUT, PAY_CODE);
    (void)pbed_refused(b, pbed_otp(&p, "11100x"), FAULT_BAD_INPUT, PAY_CODE);
    (void)pbed_refused(b, pbed_of(&p, PAY_OTP), FAULT_BAD_INPUT, PAY_CODE);
    assert_int_equal(pbed_row(b, &p).tries, 0);
}

static void an_otp_holds_five_minutes_from_its_last_sending(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    pbed_later(b, PAYMENT_OTP_LIMIT_MS);
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_OTP_LATE);
    assert_int_equal(pbed_row(b, &p).tries, 0);
    assert_int_equal(pay_outcome(pbed_do(b, pbed_of(&p, PAY_RESEND))), PAY_FINE);
    pbed_later(b, PAYMENT_OTP_LIMIT_MS - 1);
    assert_int_equal(pbed_do(b, pbed_otp(&p, PBED_OTP))->row.state, PAYMENT_SUCCESS);
}

static void an_attempt_lasts_fifteen_minutes_however_often_the_otp_is_sent(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    for (int i = 0; i < PAYMENT_RESENDS; i++) {
        pbed_later(b, PAYMENT_OTP_LIMIT_MS);
        (void)pbed_do(b, pbed_of(&p, PAY_RESEND));
    }
    pbed_later(b, PAYMENT_OTP_LIMIT_MS - 1);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_FACTOR);
    pbed_later(b, 1);
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_OTP_LATE);
    (void)pbed_refused(b, pbed_of(&p, PAY_RESEND), FAULT_WRONG_STATE, PAY_OTP_LATE);
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_DROPPED);
    assert_int_equal(b->bank.asked[ACQUIRER_ABANDON], 1);
}

static void an_otp_is_sent_again_after_half_a_minute_and_twice(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    pbed_later(b, PAYMENT_RESEND_AFTER_MS - 1);
    (void)pbed_refused(b, pbed_of(&p, PAY_RESEND), FAULT_WRONG_STATE, PAY_RESEND_SOON);
    pbed_later(b, 1);
    assert_int_equal(pbed_do(b, pbed_of(&p, PAY_RESEND))->row.resends, 1);
    assert_int_equal(pbed_row(b, &p).sent_ms, pbed_now(b));
    (void)pbed_refused(b, pbed_of(&p, PAY_RESEND), FAULT_WRONG_STATE, PAY_RESEND_SOON);
    pbed_later(b, PAYMENT_RESEND_AFTER_MS);
    (void)pbed_do(b, pbed_of(&p, PAY_RESEND));
    pbed_later(b, PAYMENT_RESEND_AFTER_MS);
    (void)pbed_refused(b, pbed_of(&p, PAY_RESEND), FAULT_WRONG_STATE, PAY_RESENDS);
    assert_int_equal(b->bank.asked[ACQUIRER_RESEND], 2);
}

static void a_sending_counts_before_the_acquirer_hears_of_it(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    pbed_later(b, PAYMENT_RESEND_AFTER_MS);
    assert_int_equal(pbed_begin(b, pbed_job(b, pbed_of(&p, PAY_RESEND))), FAULT_NONE);
    (void)pbed_refused(b, pbed_of(&p, PAY_RESEND), FAULT_WRONG_STATE, PAY_RESEND_SOON);
    assert_int_equal(pbed_row(b, &p).resends, 1);
}

static void an_otp_may_be_given_while_it_is_sent_again(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));
    struct pay_job *resend = pbed_job(b, pbed_of(&p, PAY_RESEND));

    pbed_later(b, PAYMENT_RESEND_AFTER_MS);
    resend->now_ms = pbed_now(b);
    assert_int_equal(pbed_begin(b, resend), FAULT_NONE);
    assert_int_equal(pbed_do(b, pbed_otp(&p, "000000"))->answer.verdict, ACQUIRER_WRONG_OTP);
    pbed_ask(b, resend);
    assert_int_equal(pbed_settle(b, resend), FAULT_NONE);
    assert_int_equal(pbed_do(b, pbed_otp(&p, PBED_OTP))->row.state, PAYMENT_SUCCESS);
}

static void a_sending_that_never_left_does_not_count(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));

    pbed_later(b, PAYMENT_RESEND_AFTER_MS);
    b->bank.manner = PBANK_DOWN;
    (void)pbed_do(b, pbed_of(&p, PAY_RESEND));
    assert_int_equal(pbed_row(b, &p).resends, 0);
}

static void what_waits_for_no_otp_here_takes_none(void **state)
{
    struct pbed *b = *state;
    struct payment_row p, on_page, nobody = { .merchant_id = b->merchant_id, .payment_no = 4711 };

    b->bank.says = ACQUIRER_WAITS;
    p = pbed_do(b, pbed_upi(b, pbed_order(b)))->row;
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_NO_FACTOR);
    (void)pbed_refused(b, pbed_of(&p, PAY_RESEND), FAULT_WRONG_STATE, PAY_NO_FACTOR);
    b->bank.says = ACQUIRER_FACTOR;
    b->bank.page_only = true;
    on_page = pbed_do(b, pbed_card(b, pbed_order(b), VBED_VISA))->row;
    (void)pbed_refused(b, pbed_otp(&on_page, PBED_OTP), FAULT_WRONG_STATE, PAY_NO_FACTOR);
    (void)pbed_refused(b, pbed_otp(&nobody, PBED_OTP), FAULT_NOT_FOUND, PAY_NO_PAYMENT);
    p.merchant_id++;
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_NOT_FOUND, PAY_NO_PAYMENT);
}

static void the_banks_page_is_named_by_the_acquirers_own_reference(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));
    struct span url;

    b->s->base_url = SPAN("http://127.0.0.1:8080");
    url = pay_bank_url(b->s, b->f->arena, &p);
    assert_true(span_starts(url, SPAN("http://127.0.0.1:8080/pg/view/gateway/0000")));
    assert_int_equal(url.n, sizeof "http://127.0.0.1:8080/pg/view/gateway/" - 1 + ACQUIRER_REF_MAX);
}

static void a_payer_who_goes_away_drops_the_attempt(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct payment_row p = waiting(b, o);
    struct pay_job *job = pbed_do(b, pbed_of(&p, PAY_ABANDON));

    assert_int_equal(pay_outcome(job), PAY_FINE);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_DROPPED);
    (void)pbed_refused(b, pbed_of(&p, PAY_ABANDON), FAULT_WRONG_STATE, PAY_OVER);
    (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_OVER);
    assert_int_equal(pbed_order_state(b, o), ORDER_ACTIVE);
}

static void what_is_being_charged_or_held_cannot_be_abandoned(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = waiting(b, pbed_order(b));
    struct pay_job *otp = pbed_job(b, pbed_otp(&p, PBED_OTP));

    assert_int_equal(pbed_begin(b, otp), FAULT_NONE);
    (void)pbed_refused(b, pbed_of(&p, PAY_ABANDON), FAULT_WRONG_STATE, PAY_ORDER_BUSY);
    assert_true(pbed_hear(b, &p, ACQUIRER_HELD));
    (void)pbed_refused(b, pbed_of(&p, PAY_ABANDON), FAULT_WRONG_STATE, PAY_OVER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pbed_setup, pbed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(two_wrong_otps_leave_a_try_and_the_third_ends_it),
        TEST(a_right_otp_after_two_wrong_ones_pays),
        TEST(a_try_is_counted_before_the_acquirer_hears_of_it),
        TEST(where_the_acquirer_counts_fewer_tries_ours_end_it_and_it_is_told),
        TEST(a_try_that_never_left_is_given_back),
        TEST(an_otp_that_is_none_is_no_try),
        TEST(an_otp_holds_five_minutes_from_its_last_sending),
        TEST(an_attempt_lasts_fifteen_minutes_however_often_the_otp_is_sent),
        TEST(an_otp_is_sent_again_after_half_a_minute_and_twice),
        TEST(a_sending_counts_before_the_acquirer_hears_of_it),
        TEST(an_otp_may_be_given_while_it_is_sent_again),
        TEST(a_sending_that_never_left_does_not_count),
        TEST(what_waits_for_no_otp_here_takes_none),
        TEST(the_banks_page_is_named_by_the_acquirers_own_reference),
        TEST(a_payer_who_goes_away_drops_the_attempt),
        TEST(what_is_being_charged_or_held_cannot_be_abandoned),
    };

    return cmocka_run_group_tests_name("pay_otp", tests, NULL, NULL);
}
