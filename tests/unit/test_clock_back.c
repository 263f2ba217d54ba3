/* The clock jumps back, by seconds, hours, a year: nothing happens twice, nothing waits until it has come again. */
#include "pay_bed.h"
#include "service/rate_limit.h"
#include "webhook_plain.h"

#include "base/banned.h"

#define HOUR (60 * (int64_t)PBED_MINUTE)
#define YEAR (365 * 24 * HOUR)

static const int64_t jumps[] = { 5 * PBED_SECOND, HOUR, 25 * HOUR, YEAR };
enum { JUMPS = sizeof jumps / sizeof *jumps };

static void a_card_is_saved_though_the_clock_went_back_while_its_payment_waited(void **state)
{
    static const char *const cards[JUMPS] = { "4111111111111111", "4012888888881881", "4242424242424242",
                                              "5555555555554444" };
    struct pbed *b = *state;

    for (size_t i = 0; i < JUMPS; i++) {
        struct pay_job *job = pbed_do(b, pbed_saving(b, pbed_order(b), cards[i]));
        struct vbed_read made;

        pbed_later(b, -jumps[i]);
        job = pbed_do(b, pbed_otp(&job->row, PBED_OTP));
        assert_int_equal(job->row.state, PAYMENT_SUCCESS);
        assert_true(job->row.token_no > 0);
        made = vbed_read(b->v, b->merchant_id, job->row.token_no);
        assert_int_equal(made.n_consents, 1);
        assert_true(made.consents[0].given_ms <= pbed_now(b));
        pbed_later(b, jumps[i]);
    }
    assert_int_equal(b->bank.charged, JUMPS);
}

/* Of a payment whose answer was lost: whether it was charged is found out at once, and it is charged once. */
static void what_is_open_is_settled_at_once_by_a_clock_that_is_far_behind(void **state)
{
    struct pbed *b = *state;

    b->bank.says = ACQUIRER_CHARGED;
    for (size_t i = 0; i < JUMPS; i++) {
        struct order_row *o = pbed_order(b);
        struct pay_job *job;
        struct payment_row p;

        b->bank.manner = PBANK_MUTE;
        job = pbed_do(b, pbed_upi(b, o));
        assert_int_equal(job->answer.verdict, ACQUIRER_SILENT);
        b->bank.manner = PBANK_WELL;
        pbed_later(b, -jumps[i]);
        for (int j = 0; j < 3; j++) {
            pbed_sweep(b);
            pbed_later(b, jumps[i] < 2 * HOUR ? HOUR : PBED_MINUTE);
        }
        p = pbed_row(b, &job->row);
        assert_int_equal(p.state, PAYMENT_SUCCESS);
        assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
        assert_int_equal(b->bank.charged, i + 1);
        pbed_later(b, jumps[i]);
    }
}

/* One that waits for its payer is given up, so that the order is not kept from being paid. */
static void an_attempt_that_waits_is_given_up_by_a_clock_that_is_far_behind(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_job *job;

    b->bank.says = ACQUIRER_WAITS;
    job = pbed_do(b, pbed_upi(b, o));
    assert_int_equal(job->row.state, PAYMENT_APPROVAL);
    pbed_later(b, -YEAR);
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &job->row).state, PAYMENT_DROPPED);
    b->bank.says = ACQUIRER_CHARGED;
    assert_int_equal(pbed_do(b, pbed_upi(b, o))->row.state, PAYMENT_SUCCESS);
    assert_int_equal(b->bank.charged, 1);
}

/* A little back, and what waits goes on waiting: nobody is asked again and again. */
static void a_small_step_back_asks_nobody_more_often(void **state)
{
    struct pbed *b = *state;
    struct pay_job *job;
    uint64_t asked = 0;

    b->bank.says = ACQUIRER_WAITS;
    job = pbed_do(b, pbed_upi(b, pbed_order(b)));
    pbed_later(b, -HOUR);
    for (int i = 0; i < 10; i++) {
        pbed_sweep(b);
        pbed_later(b, PBED_SECOND);
    }
    for (int op = 0; op < ACQUIRER_OPS; op++)
        asked += b->bank.asked[op];
    assert_int_equal(asked, 1);
    assert_int_equal(pbed_row(b, &job->row).state, PAYMENT_APPROVAL);
}

static void there_are_three_tries_of_an_otp_whatever_the_clock_does(void **state)
{
    struct pbed *b = *state;

    for (size_t i = 0; i < JUMPS; i++) {
        struct pay_job *job = pbed_do(b, pbed_card(b, pbed_order(b), VBED_VISA));
        const struct payment_row p = job->row;

        for (int j = 0; j < PAYMENT_OTP_TRIES; j++) {
            (void)pbed_do(b, pbed_otp(&p, "999999"));
            pbed_later(b, -jumps[i]);
        }
        (void)pbed_refused(b, pbed_otp(&p, PBED_OTP), FAULT_WRONG_STATE, PAY_OTP_TRIES);
        pbed_later(b, 3 * jumps[i]);
    }
    assert_int_equal(b->bank.charged, 0);
}

/* Not sooner than half a minute after the last, as the clock of now tells it, and twice, as ever. */
static void an_otp_is_sent_again_by_a_clock_that_is_behind(void **state)
{
    struct pbed *b = *state;

    for (size_t i = 0; i < JUMPS; i++) {
        struct pay_job *job = pbed_do(b, pbed_card(b, pbed_order(b), VBED_VISA));
        const struct payment_row p = job->row;

        (void)pbed_refused(b, pbed_of(&p, PAY_RESEND), FAULT_WRONG_STATE, PAY_RESEND_SOON);
        pbed_later(b, -jumps[i]);
        job = pbed_do(b, pbed_of(&p, PAY_RESEND));
        assert_int_equal(job->answer.verdict, ACQUIRER_FACTOR);
        assert_int_equal(job->row.resends, 1);
        assert_int_equal(job->row.sent_ms, pbed_now(b));
        (void)pbed_refused(b, pbed_of(&p, PAY_RESEND), FAULT_WRONG_STATE, PAY_RESEND_SOON);
        pbed_later(b, PAYMENT_RESEND_AFTER_MS);
        assert_int_equal(pbed_do(b, pbed_of(&p, PAY_RESEND))->answer.verdict, ACQUIRER_FACTOR);
        pbed_later(b, -jumps[i]);
        (void)pbed_refused(b, pbed_of(&p, PAY_RESEND), FAULT_WRONG_STATE, PAY_RESENDS);
        pbed_later(b, 2 * jumps[i]);
    }
}

static void a_webhook_is_sent_again_by_a_clock_that_is_far_behind(void **state)
{
    static const int64_t far[] = { 25 * HOUR, YEAR };
    struct wbed *b = *state;
    int64_t now_ms = FIXTURE_NOW + 2 * YEAR;

    fixture_set_clock(b->f, now_ms);
    endpoint_at(b, merchant(b), URL);
    wbed_answers(b, COURIER_TIMEOUT, 0);
    wbed_tell(b, news(b, 7, 4));
    for (int i = 0; i < 2; i++) {
        assert_true(wbed_wait(b, merchant(b), 0, DELIVERY_DUE, 1 + i).due_ms > now_ms);
        now_ms -= far[i];
        fixture_set_clock(b->f, now_ms);
    }
    wbed_answers(b, COURIER_ANSWERED, 200);
    fixture_set_clock(b->f, now_ms + 10 * PBED_MINUTE);          /* where it was put off to by that clock */
    assert_int_equal(wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 3).ended_ms, now_ms + 10 * PBED_MINUTE);
    assert_int_equal(wbed_n_calls(b), 3);
}

static void a_webhook_that_may_wait_for_a_day_waits(void **state)
{
    struct wbed *b = *state;

    wbed_endpoint(b, (struct endpoint_row){ .merchant_id = merchant(b), .kind = ENDPOINT_CASHFREE, .url = SPAN(URL),
        .version = SPAN("2025-01-01"), .events = ALL_EVENTS, .policy = ENDPOINT_FIXED, .tries = 2,
        .interval_ms = 24 * HOUR });
    wbed_answers(b, COURIER_TIMEOUT, 0);
    wbed_tell(b, news(b, 7, 4));
    assert_int_equal(wbed_wait(b, merchant(b), 0, DELIVERY_DUE, 1).due_ms, FIXTURE_NOW + 24 * HOUR);
    for (int i = 0; i < 20; i++) {
        webhooks_ring(b->webhooks);
        wbed_pause();
    }
    assert_int_equal(wbed_n_calls(b), 1);
}

static void a_token_that_nobody_knows_of_yet_is_asked_for_at_once(void **state)
{
    struct pbed *b = *state;
    struct vault_job *job;

    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_MUTE, 0);
    job = vbed_make(b->v, vbed_anna(b->v), VBED_VISA);
    assert_int_equal(job->row.status, TOKEN_INIT);
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    pbed_later(b, -YEAR);
    assert_int_equal(vault_sweep(b->s->vault, pbed_now(b)), FAULT_NONE);
    (void)vbed_wait(b->v, &job->row, TOKEN_ACTIVE);
    assert_int_equal(vbed_network_tokens(b->v), 1);
}

/* The token is the same one, made by a clock that was ahead, and gives its number. */
static void a_token_lives_on_before_it_was_made(void **state)
{
    struct pbed *b = *state;
    struct vault_job *job = vbed_make(b->v, vbed_anna(b->v), VBED_VISA), *again;

    for (size_t i = 0; i < JUMPS; i++) {
        pbed_later(b, -jumps[i]);
        again = vbed_make(b->v, vbed_anna(b->v), VBED_VISA);
        assert_true(again->existed);
        assert_int_equal(again->row.token_no, job->row.token_no);
        again = vbed_do(b->v, vbed_of_token(b->v, VAULT_DISCLOSE, vbed_anna(b->v), &job->row));
        assert_int_equal(again->answer.verdict, NETWORK_DONE);
    }
    assert_int_equal(vbed_network_tokens(b->v), 1);
}

static void limits_of_calls_begin_anew_and_hold(void **state)
{
    static const unsigned two[RATE_CLASSES] = { 2, 2, 2, 2 };
    struct rate_limits *r;

    (void)state;
    assert_int_equal(rate_limits_new(&r, two), FAULT_NONE);
    for (size_t i = 0; i < JUMPS; i++) {
        int64_t now_ms = FIXTURE_NOW - (int64_t)i * YEAR;

        assert_false(rate_limit_take(r, 1, 0, now_ms).refused);
        assert_false(rate_limit_take(r, 1, 0, now_ms).refused);
        assert_true(rate_limit_take(r, 1, 0, now_ms).refused);
    }
    rate_limits_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, pbed_setup, pbed_teardown)
        TEST(a_card_is_saved_though_the_clock_went_back_while_its_payment_waited),
        TEST(what_is_open_is_settled_at_once_by_a_clock_that_is_far_behind),
        TEST(an_attempt_that_waits_is_given_up_by_a_clock_that_is_far_behind),
        TEST(a_small_step_back_asks_nobody_more_often),
        TEST(there_are_three_tries_of_an_otp_whatever_the_clock_does),
        TEST(an_otp_is_sent_again_by_a_clock_that_is_behind),
        cmocka_unit_test_setup_teardown(a_webhook_is_sent_again_by_a_clock_that_is_far_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(a_webhook_that_may_wait_for_a_day_waits, setup, teardown),
        TEST(a_token_that_nobody_knows_of_yet_is_asked_for_at_once),
        TEST(a_token_lives_on_before_it_was_made),
        TEST(limits_of_calls_begin_anew_and_hold),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
