/* Paying through all parts at once: the simulated card network, the simulated acquirer with its page, the keyholder,
 * the payments' thread; and an acquirer that stops and starts again. */
#include "acquirer/sim/sim_acquirer.h"
#include "domain/test_payments.h"
#include "keyholder/client.h"

#include "pay_bed.h"

#include <sys/socket.h>

#include "base/banned.h"

struct whole {
    struct pbed *b;
    struct keyholder *keyholder;
    struct sim_acquirer *sim;
    char path[64];
};

static void start(struct whole *w)
{
    const struct acquirer_options front = { .notice = payments_notice, .arg = w->b->s->payments };

    assert_int_equal(acquirer_new(&w->b->s->acquirer, &front), FAULT_NONE);
    assert_int_equal(sim_acquirer_open(&w->sim, &(struct sim_acquirer_options){
        .path = w->path, .clock = w->b->s->clock, .keyholder = w->keyholder, .acquirer = w->b->s->acquirer,
        .network = w->b->s->network }), FAULT_NONE);
}

static void stop(struct whole *w)
{
    acquirer_stop(w->b->s->acquirer);
    sim_acquirer_close(w->sim);
}

static void connect_acquirer(struct whole *w)
{
    int pair[2];

    assert_int_equal(keyholder_new(&w->keyholder, NULL, NULL), FAULT_NONE);
    for (unsigned i = 0; i < KEY_CHANNELS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(serve_connection(w->b->f->serve, pair[1], MAY_ACQUIRER), FAULT_NONE);
        keyholder_channel(w->keyholder, i, pair[0]);
    }
}

static int setup(void **state)
{
    struct whole *w = calloc(1, sizeof *w);
    void *b = NULL;

    if (!w || pbed_setup(&b))
        return 1;
    w->b = b;
    (void)snprintf(w->path, sizeof w->path, "%s/acquirer", w->b->f->folder);
    connect_acquirer(w);
    assert_int_equal(payments_new(&w->b->s->payments, w->b->s), FAULT_NONE);
    start(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct whole *w = *state;
    struct acquirer *front = w->b->s->acquirer;
    void *b = w->b;

    stop(w);
    payments_free(w->b->s->payments);
    w->b->s->payments = NULL;
    acquirer_free(front);
    keyholder_free(w->keyholder);
    free(w);
    return pbed_teardown(&b);
}

static void a_card_is_saved_by_a_payment_and_pays_the_next_with_its_cryptogram(void **state)
{
    struct whole *w = *state;
    struct pbed *b = w->b;
    struct payment_row p = pbed_paid(b, pbed_saving(b, pbed_order(b), VBED_VISA));
    struct order_row *next = pbed_order(b);
    struct acquirer_counts counts;
    struct token_row t;

    t = vbed_wait(b->v, &(struct token_row){ .merchant_id = p.merchant_id,
                                             .token_no = pbed_row(b, &p).token_no }, TOKEN_ACTIVE);
    p = pbed_paid(b, pbed_saved(b, next, &t));
    assert_int_equal(p.token_no, t.token_no);
    assert_int_equal(pbed_order_state(b, next), ORDER_PAID);
    assert_int_equal(vbed_network_asked(b->v, NETWORK_VERIFY), 1);
    assert_int_equal(sim_acquirer_counts(w->sim, &counts), FAULT_NONE);
    assert_int_equal(counts.charged, 2);
    assert_int_equal(counts.payments, 2);
}

static void a_wrong_code_on_the_card_is_declined(void **state)
{
    struct whole *w = *state;
    struct pay_wish wish = pbed_card(w->b, pbed_order(w->b), VBED_VISA);
    struct pay_job *job;

    wish.card.code = SPAN("999");
    job = pbed_do(w->b, wish);
    assert_int_equal(job->answer.verdict, ACQUIRER_WRONG_CODE);
    assert_int_equal(pbed_row(w->b, &job->row).state, PAYMENT_FAILED);
}

static void three_wrong_otps_end_it_with_both_sides(void **state)
{
    struct whole *w = *state;
    struct payment_row p = pbed_do(w->b, pbed_card(w->b, pbed_order(w->b), VBED_VISA))->row;

    for (int i = 0; i < PAYMENT_OTP_TRIES; i++)
        (void)pbed_do(w->b, pbed_otp(&p, "000000"));
    p = pbed_row(w->b, &p);
    assert_int_equal(p.state, PAYMENT_FAILED);
    assert_int_equal(p.verdict, ACQUIRER_TOO_MANY_OTPS);
    assert_int_equal(p.ask_ms, 0);
}

static void what_the_payer_decides_on_the_banks_page_comes_by_itself(void **state)
{
    struct whole *w = *state;
    struct pbed *b = w->b;
    struct order_row *o = pbed_order(b);
    struct payment_row p = pbed_do(b, pbed_card(b, o, VBED_VISA))->row;
    enum acquirer_verdict said;

    assert_int_equal(p.acquirer_ref.n, ACQUIRER_REF_MAX);
    assert_int_equal(sim_acquirer_decide(w->sim, &said, p.acquirer_ref, ACQUIRER_DECIDE_OTP, SPAN(TEST_OTP),
                                         pbed_now(b)), FAULT_NONE);
    assert_int_equal(said, ACQUIRER_CHARGED);
    (void)pbed_wait_for(b, &p, PAYMENT_SUCCESS);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
}

static void of_two_that_were_charged_on_pages_one_goes_back(void **state)
{
    struct whole *w = *state;
    struct pbed *b = w->b;
    struct order_row *o = pbed_order(b);
    struct payment_row one = pbed_do(b, pbed_card(b, o, VBED_VISA))->row;
    struct payment_row two = pbed_do(b, pbed_card(b, o, VBED_VISA))->row;
    struct acquirer_counts counts = { 0 };
    enum acquirer_verdict said;

    assert_int_equal(sim_acquirer_decide(w->sim, &said, one.acquirer_ref, ACQUIRER_DECIDE_OTP, SPAN(TEST_OTP),
                                         pbed_now(b)), FAULT_NONE);
    (void)pbed_wait_for(b, &one, PAYMENT_SUCCESS);
    assert_int_equal(sim_acquirer_decide(w->sim, &said, two.acquirer_ref, ACQUIRER_DECIDE_OTP, SPAN(TEST_OTP),
                                         pbed_now(b)), FAULT_NONE);
    (void)pbed_wait_for(b, &two, PAYMENT_CANCELLED);
    for (int i = 0; i < VBED_TRIES && counts.reversed == 0; i++) {
        (void)usleep(VBED_TRY_US);
        assert_int_equal(sim_acquirer_counts(w->sim, &counts), FAULT_NONE);
    }
    assert_int_equal(counts.reversed, 1);
    assert_int_equal(counts.charged, 2);
}

static void a_charge_kept_by_the_acquirer_alone_is_found_after_it_starts_again(void **state)
{
    struct whole *w = *state;
    struct pbed *b = w->b;
    struct payment_row p = pbed_do(b, pbed_card(b, pbed_order(b), VBED_VISA))->row;
    struct pay_job *job = pbed_job(b, pbed_otp(&p, TEST_OTP));
    struct acquirer_counts counts;

    assert_int_equal(pbed_begin(b, job), FAULT_NONE);
    pbed_ask(b, job);                         /* and what it said is lost with us */
    stop(w);
    acquirer_free(b->s->acquirer);
    start(w);
    pbed_later(b, PAY_LEASE_MS);
    assert_int_equal(payments_sweep(b->s->payments, pbed_now(b)), FAULT_NONE);
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_SUCCESS);
    assert_int_equal(sim_acquirer_counts(w->sim, &counts), FAULT_NONE);
    assert_int_equal(counts.charged, 1);
}

static void an_authorisation_is_captured_in_part(void **state)
{
    struct whole *w = *state;
    struct pbed *b = w->b;
    struct order_row *o = pbed_order_of(b, &(struct pbed_new){ .note = "preauth_transaction" });
    struct payment_row p = pbed_paid(b, pbed_card(b, o, VBED_VISA));
    struct pay_wish capture = pbed_of(&p, PAY_CAPTURE);

    capture.amount = (struct money){ 700, "INR" };
    assert_int_equal(pay_outcome(pbed_do(b, capture)), PAY_FINE);
    assert_int_equal(pbed_row(b, &p).captured_minor, 700);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_card_is_saved_by_a_payment_and_pays_the_next_with_its_cryptogram),
        TEST(a_wrong_code_on_the_card_is_declined),
        TEST(three_wrong_otps_end_it_with_both_sides),
        TEST(what_the_payer_decides_on_the_banks_page_comes_by_itself),
        TEST(of_two_that_were_charged_on_pages_one_goes_back),
        TEST(a_charge_kept_by_the_acquirer_alone_is_found_after_it_starts_again),
        TEST(an_authorisation_is_captured_in_part),
    };

    return cmocka_run_group_tests_name("pay_whole", tests, NULL, NULL);
}
