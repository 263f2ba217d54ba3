/* Authorise now, capture or void later. */
#include "pay_bed.h"

#include "base/banned.h"

/* A payment that was authorised only. */
static struct payment_row authorised(struct pbed *b)
{
    struct order_row *o = pbed_order_of(b, &(struct pbed_new){ .note = "preauth_transaction" });
    struct payment_row p = pbed_paid(b, pbed_card(b, o, VBED_VISA));

    assert_int_equal(p.authorise_only, 1);
    return p;
}

static struct pay_wish capture(const struct payment_row *p, int64_t minor)
{
    struct pay_wish w = pbed_of(p, PAY_CAPTURE);

    w.amount = (struct money){ minor, "INR" };
    return w;
}

static void an_order_with_the_note_is_authorised_and_not_captured(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = authorised(b);
    struct order_row *other = pbed_order_of(b, &(struct pbed_new){ .note = "preauth_transaction " });

    assert_int_equal(p.captured_minor, 0);
    assert_int_equal(p.capture_ms, 0);
    assert_false(pbed_paid(b, pbed_card(b, other, VBED_VISA)).authorise_only);
}

static void only_the_merchant_makes_a_payment_an_authorisation(void **state)
{
    struct pbed *b = *state;
    struct order_row *plain = pbed_order(b);
    struct order_row *noted = pbed_order_of(b, &(struct pbed_new){ .note = "preauth_transaction" });
    struct pay_wish w = pbed_upi(b, plain), card = pbed_card(b, plain, VBED_VISA);

    w.authorise_only = card.authorise_only = true;
    (void)pbed_refused(b, w, FAULT_BAD_INPUT, PAY_AUTHORISE_ONLY);
    (void)pbed_refused(b, card, FAULT_BAD_INPUT, PAY_AUTHORISE_ONLY);
    w.trusted = true;                         /* our own pages have no more say in it */
    (void)pbed_refused(b, w, FAULT_BAD_INPUT, PAY_AUTHORISE_ONLY);
    assert_int_equal(pbed_attempts(b, plain), 0);
    assert_int_equal(b->bank.asked[ACQUIRER_PAY], 0);
    (void)pbed_do(b, pbed_upi(b, plain));
    assert_false(b->bank.last.authorise_only);
    w = pbed_upi(b, noted);
    w.authorise_only = true;
    assert_true(pbed_do(b, w)->row.authorise_only);
    assert_true(b->bank.last.authorise_only);
}

static void a_capture_takes_all_or_a_part_of_it_once(void **state)
{
    struct pbed *b = *state;
    struct payment_row all = authorised(b), part = authorised(b);
    struct pay_job *job = pbed_do(b, pbed_of(&all, PAY_CAPTURE));

    assert_int_equal(pay_outcome(job), PAY_FINE);
    assert_int_equal(pbed_row(b, &all).captured_minor, 1015);
    assert_int_equal(pbed_row(b, &all).capture_action, PAY_CAPTURES);
    assert_true(pbed_row(b, &all).capture_ms > 0);
    (void)pbed_do(b, capture(&part, 1000));
    assert_int_equal(pbed_row(b, &part).captured_minor, 1000);
    (void)pbed_refused(b, pbed_of(&all, PAY_CAPTURE), FAULT_WRONG_STATE, PAY_NOT_AUTHORISED);
    (void)pbed_refused(b, pbed_of(&all, PAY_VOID), FAULT_WRONG_STATE, PAY_NOT_AUTHORISED);
    assert_int_equal(b->bank.asked[ACQUIRER_CAPTURE], 2);
}

static void more_than_was_authorised_is_not_captured(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = authorised(b);
    struct pay_wish w = capture(&p, 500);

    (void)pbed_refused(b, capture(&p, 1016), FAULT_BAD_INPUT, PAY_AMOUNT);
    (void)pbed_refused(b, capture(&p, -1), FAULT_BAD_INPUT, PAY_AMOUNT);
    memcpy(w.amount.currency, "USD", 3);
    (void)pbed_refused(b, w, FAULT_BAD_INPUT, PAY_AMOUNT);
    assert_int_equal(b->bank.asked[ACQUIRER_CAPTURE], 0);
}

static void a_void_gives_it_back_whole(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = authorised(b);

    (void)pbed_do(b, pbed_of(&p, PAY_VOID));
    p = pbed_row(b, &p);
    assert_int_equal(p.state, PAYMENT_VOID);
    assert_int_equal(p.capture_action, PAY_VOIDS);
    assert_int_equal(p.captured_minor, 0);
    assert_int_equal(p.ask_ms, 0);
    (void)pbed_refused(b, pbed_of(&p, PAY_CAPTURE), FAULT_WRONG_STATE, PAY_NOT_AUTHORISED);
    assert_false(pbed_hear(b, &p, ACQUIRER_VOIDED));
}

static void what_was_charged_at_once_can_be_neither_captured_nor_voided(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = pbed_paid(b, pbed_card(b, pbed_order(b), VBED_VISA));
    struct payment_row waits = pbed_do(b, pbed_card(b, pbed_order(b), VBED_VISA))->row;

    (void)pbed_refused(b, pbed_of(&p, PAY_CAPTURE), FAULT_WRONG_STATE, PAY_NOT_AUTHORISED);
    (void)pbed_refused(b, pbed_of(&p, PAY_VOID), FAULT_WRONG_STATE, PAY_NOT_AUTHORISED);
    (void)pbed_refused(b, pbed_of(&waits, PAY_VOID), FAULT_WRONG_STATE, PAY_NOT_AUTHORISED);
    p.payment_no = 4711;
    (void)pbed_refused(b, pbed_of(&p, PAY_CAPTURE), FAULT_NOT_FOUND, PAY_NO_PAYMENT);
}

static void a_capture_whose_answer_is_lost_happens_once(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = authorised(b);

    b->bank.manner = PBANK_MUTE;
    assert_int_equal(pay_outcome(pbed_do(b, capture(&p, 700))), PAY_ACQUIRER);
    p = pbed_row(b, &p);
    assert_int_equal(p.captured_minor, 0);    /* not known yet */
    assert_int_equal(p.capture_ms, 0);
    (void)pbed_refused(b, pbed_of(&p, PAY_VOID), FAULT_WRONG_STATE, PAY_NOT_AUTHORISED);
    b->bank.manner = PBANK_WELL;
    pbed_later(b, PAY_LEASE_MS);
    pbed_sweep(b);
    p = pbed_row(b, &p);
    assert_int_equal(p.captured_minor, 700);
    assert_int_equal(p.ask_ms, 0);
    assert_int_equal(pbank_find(&b->bank, p.payment_no)->captured, 700);
    assert_int_equal(b->bank.asked[ACQUIRER_CAPTURE], 2);
}

static void a_capture_that_was_never_put_is_put_by_the_sweeper(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = authorised(b);
    struct pay_job *job = pbed_job(b, capture(&p, 700));

    assert_int_equal(pbed_begin(b, job), FAULT_NONE);
    pbed_later(b, PAY_LEASE_MS);
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &p).captured_minor, 700);
    assert_int_equal(pbank_find(&b->bank, p.payment_no)->captured, 700);
    pbed_ask(b, job);                         /* and late: the same effect, once */
    assert_int_equal(pbed_settle(b, job), FAULT_NONE);
    assert_int_equal(pbed_row(b, &p).captured_minor, 700);
}

static void a_refused_capture_leaves_it_authorised(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = authorised(b);
    struct pbank_payment *known = pbank_find(&b->bank, p.payment_no);

    known->state = ACQUIRER_HELD;
    assert_int_equal(pbed_do(b, pbed_of(&p, PAY_CAPTURE))->answer.verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(pbed_row(b, &p).capture_action, 0);
    assert_int_equal(pbed_row(b, &p).ask_ms, 0);
    known->state = ACQUIRER_CHARGED;
    b->bank.manner = PBANK_DOWN;
    (void)pbed_do(b, pbed_of(&p, PAY_VOID));
    assert_int_equal(pbed_row(b, &p).capture_action, 0);
    b->bank.manner = PBANK_WELL;
    (void)pbed_do(b, pbed_of(&p, PAY_VOID));
    assert_int_equal(pbed_row(b, &p).state, PAYMENT_VOID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pbed_setup, pbed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_order_with_the_note_is_authorised_and_not_captured),
        TEST(only_the_merchant_makes_a_payment_an_authorisation),
        TEST(a_capture_takes_all_or_a_part_of_it_once),
        TEST(more_than_was_authorised_is_not_captured),
        TEST(a_void_gives_it_back_whole),
        TEST(what_was_charged_at_once_can_be_neither_captured_nor_voided),
        TEST(a_capture_whose_answer_is_lost_happens_once),
        TEST(a_capture_that_was_never_put_is_put_by_the_sweeper),
        TEST(a_refused_capture_leaves_it_authorised),
    };

    return cmocka_run_group_tests_name("pay_capture", tests, NULL, NULL);
}
