/* test_sim_acquirer_page.c: what waits for the payer elsewhere: UPI, banks, wallets, lenders, and the bank's page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "acquirer_bed.h"

#include "base/banned.h"

static struct acquirer_answer pay(struct till *t, enum acquirer_source source, const char *handle, int64_t no)
{
    struct acquirer_ask ask = till_by(source, handle, no, 150000);

    memcpy(ask.phone, "9999999999", 11);
    return till_ask(t, &ask);
}

static enum acquirer_verdict decide(struct till *t, const struct acquirer_answer *a, enum acquirer_decision d,
                                    const char *otp)
{
    enum acquirer_verdict said = ACQUIRER_VERDICTS;

    assert_int_equal(sim_acquirer_decide(t->sim, &said, span_of(a->acquirer_ref), d, span_of(otp),
                                         clock_now_ms(t->f->services.clock)), FAULT_NONE);
    return said;
}

static enum fault refused(struct till *t, const char *ref, enum acquirer_decision d, const char *otp)
{
    enum acquirer_verdict said = ACQUIRER_VERDICTS;
    enum fault f = sim_acquirer_decide(t->sim, &said, span_of(ref), d, span_of(otp),
                                       clock_now_ms(t->f->services.clock));

    assert_int_equal(said, ACQUIRER_VERDICTS);
    return f;
}

static struct acquirer_page look(struct till *t, const struct acquirer_answer *a)
{
    struct acquirer_page p;

    assert_int_equal(sim_acquirer_look(t->sim, &p, span_of(a->acquirer_ref)), FAULT_NONE);
    return p;
}

static enum acquirer_verdict status(struct till *t, int64_t no)
{
    return till_about(t, ACQUIRER_STATUS, no, 0).verdict;
}

static enum acquirer_verdict named(const char *verdict)
{
    for (enum acquirer_verdict v = 0; v < ACQUIRER_VERDICTS; v++)
        if (strcmp(acquirer_says(v)->name, verdict) == 0)
            return v;
    fail_msg("no such verdict");
    return ACQUIRER_VERDICTS;
}

static void every_published_upi_address_comes_to_what_is_published(void **state)
{
    struct till *t = *state;
    size_t n;
    const struct test_vpa *vpas = test_vpas(&n);

    for (size_t i = 0; i < n; i++) {
        char address[PAYMENT_HANDLE_MAX];
        struct acquirer_answer a;

        (void)snprintf(address, sizeof address, "%s@gocash", vpas[i].name);
        a = pay(t, ACQUIRER_BY_UPI, address, (int64_t)i);
        assert_int_equal(a.verdict, vpas[i].outcome == TEST_PAYS ? ACQUIRER_CHARGED
                                    : vpas[i].outcome == TEST_WAITS ? ACQUIRER_WAITS : named(vpas[i].verdict));
        assert_int_equal(status(t, (int64_t)i), a.verdict);
        assert_string_equal(a.payer, address);
        assert_int_equal(strlen(a.bank_ref), a.verdict == ACQUIRER_CHARGED ? 12 : 0);
        assert_string_equal(a.auth_id, "");       /* that is of cards */
    }
    assert_int_equal(pay(t, ACQUIRER_BY_UPI, "nobody@gocash", 100).verdict, ACQUIRER_VPA_INVALID);
    assert_int_equal(pay(t, ACQUIRER_BY_UPI, "testsuccess@bank", 101).verdict, ACQUIRER_VPA_INVALID);
    assert_int_equal(pay(t, ACQUIRER_BY_UPI, "TestSuccess@GoCash", 102).verdict, ACQUIRER_CHARGED);
}

static enum acquirer_verdict pay_from(struct till *t, const char *handle, const char *account, int64_t no)
{
    struct acquirer_ask ask = till_by(ACQUIRER_BY_UPI, handle, no, 100);

    assert_int_equal(span_text(ask.account, sizeof ask.account, span_of(account)), FAULT_NONE);
    return till_ask(t, &ask).verdict;
}

static void money_that_must_come_from_one_account_comes_from_no_other(void **state)
{
    struct till *t = *state;

    assert_int_equal(pay_from(t, "testtpvsuccess@gocash", "5555666677", 1), ACQUIRER_CHARGED);
    assert_int_equal(pay_from(t, "testsuccess@gocash", "5555666677", 2), ACQUIRER_TPV);
    assert_int_equal(pay_from(t, "testsuccess@gocash", TEST_TPV_ACCOUNT, 3), ACQUIRER_CHARGED);
    assert_int_equal(pay_from(t, "testtpvfail@gocash", TEST_TPV_ACCOUNT, 4), ACQUIRER_TPV);
    assert_int_equal(pay_from(t, "testinvalidpin@gocash", "5555666677", 5), ACQUIRER_WRONG_PIN);
}

static void a_page_offers_another_account_where_only_one_may_pay(void **state)
{
    static const struct { enum acquirer_source source; const char *handle; } rows[] = {
        { ACQUIRER_BY_BANK, "3333" }, { ACQUIRER_BY_UPI, "" }, { ACQUIRER_BY_APP, "phonepe" },
    };
    struct till *t = *state;

    for (int i = 0; i < (int)(sizeof rows / sizeof *rows); i++) {
        struct acquirer_ask ask = till_by(rows[i].source, rows[i].handle, 2 * i, 150000);
        struct acquirer_answer any = till_ask(t, &ask), own;

        assert_false(look(t, &any).one_account);
        assert_int_equal(refused(t, any.acquirer_ref, ACQUIRER_DECIDE_OTHER_ACCOUNT, ""), FAULT_WRONG_STATE);
        assert_int_equal(status(t, 2 * i), ACQUIRER_WAITS);
        ask.ref.payment_no = 2 * i + 1;
        memcpy(ask.account, TEST_TPV_ACCOUNT, sizeof TEST_TPV_ACCOUNT);
        own = till_ask(t, &ask);
        assert_true(look(t, &own).one_account);
        assert_int_equal(decide(t, &own, ACQUIRER_DECIDE_OTHER_ACCOUNT, ""), ACQUIRER_TPV);
        assert_int_equal(refused(t, own.acquirer_ref, ACQUIRER_DECIDE_SUCCESS, ""), FAULT_WRONG_STATE);
        assert_string_equal(till_heard(t, 2 * i + 1, 0, ACQUIRER_TPV).bank_ref, "");
        ask.ref.payment_no = 100 + i;
        own = till_ask(t, &ask);
        assert_int_equal(decide(t, &own, ACQUIRER_DECIDE_SUCCESS, ""), ACQUIRER_CHARGED);
    }
}

static void an_unanswered_collect_request_expires_with_its_own_time(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_by(ACQUIRER_BY_UPI, "testexpired@gocash", 1, 100);
    struct acquirer_answer a;

    ask.limit_minutes = 5;
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_WAITS);
    fixture_set_clock(t->f, FIXTURE_NOW + 5 * 60000 - 1);
    assert_int_equal(status(t, 1), ACQUIRER_WAITS);
    fixture_set_clock(t->f, FIXTURE_NOW + 5 * 60000);
    a = till_heard(t, 1, 0, ACQUIRER_REQUEST_EXPIRED);
    assert_int_equal(a.at_ms, FIXTURE_NOW + 5 * 60000);
    assert_int_equal(status(t, 1), ACQUIRER_REQUEST_EXPIRED);
    assert_int_equal(till_heard_count(t), 1);
}

static void who_pays_by_link_or_code_is_told(void **state)
{
    struct till *t = *state;
    struct acquirer_answer a = pay(t, ACQUIRER_BY_UPI, "", 1), heard;

    assert_int_equal(a.verdict, ACQUIRER_WAITS);
    assert_string_equal(a.payer, "");
    assert_int_equal(decide(t, &a, ACQUIRER_DECIDE_SUCCESS, ""), ACQUIRER_CHARGED);
    heard = till_heard(t, 1, 0, ACQUIRER_CHARGED);
    assert_string_equal(heard.payer, TEST_UPI_PAYER);
    assert_true(heard.captured);
    assert_int_equal(heard.captured_amount.minor, 150000);
    assert_string_equal(heard.acquirer_ref, a.acquirer_ref);
}

static void banks_and_wallets_wait_for_the_payer_and_unknown_ones_are_refused(void **state)
{
    static const struct { enum acquirer_source source; const char *handle; enum acquirer_verdict verdict; } rows[] = {
        { ACQUIRER_BY_BANK, "3333", ACQUIRER_WAITS },      { ACQUIRER_BY_BANK, "TESTR", ACQUIRER_WAITS },
        { ACQUIRER_BY_BANK, "3087", ACQUIRER_WAITS },      { ACQUIRER_BY_BANK, "3003", ACQUIRER_WAITS },
        { ACQUIRER_BY_BANK, "9999", ACQUIRER_INVALID },    { ACQUIRER_BY_BANK, "", ACQUIRER_INVALID },
        { ACQUIRER_BY_APP, "phonepe", ACQUIRER_WAITS },    { ACQUIRER_BY_APP, "PAYTM", ACQUIRER_WAITS },
        { ACQUIRER_BY_APP, "kotak", ACQUIRER_INVALID },    { ACQUIRER_BY_APP, "nobody", ACQUIRER_INVALID },
        { ACQUIRER_BY_PAYLATER, "lazypay", ACQUIRER_NOT_REGISTERED },
        { ACQUIRER_BY_CARDLESS_EMI, "hdfc", ACQUIRER_NOT_REGISTERED },
        { ACQUIRER_BY_CARDLESS_EMI, "lazypay", ACQUIRER_INVALID },
    };
    struct till *t = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(pay(t, rows[i].source, rows[i].handle, (int64_t)i).verdict, rows[i].verdict);
}

static void a_lender_knows_one_phone_and_asks_its_own_otp(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_by(ACQUIRER_BY_PAYLATER, "lazypay", 1, 99999);
    struct acquirer_answer a;

    memcpy(ask.phone, "+91" TEST_PHONE_PAYLATER, sizeof "+91" TEST_PHONE_PAYLATER);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_INVALID);
    ask.ref.payment_no = 2;
    ask.amount.minor = 100000;
    a = till_ask(t, &ask);
    assert_int_equal(a.verdict, ACQUIRER_WAITS);
    assert_true(look(t, &a).wants_otp);
    assert_int_equal(refused(t, a.acquirer_ref, ACQUIRER_DECIDE_SUCCESS, ""), FAULT_WRONG_STATE);
    assert_int_equal(till_otp(t, 2, 1, TEST_OTP_PAYLATER).verdict, ACQUIRER_BAD_STATE);   /* on its page only */
    assert_int_equal(decide(t, &a, ACQUIRER_DECIDE_OTP, TEST_OTP), ACQUIRER_WRONG_OTP);
    assert_int_equal(look(t, &a).tries_left, 2);
    assert_int_equal(decide(t, &a, ACQUIRER_DECIDE_OTP, TEST_OTP_PAYLATER), ACQUIRER_CHARGED);
    (void)till_heard(t, 2, 0, ACQUIRER_CHARGED);
}

static void the_page_shows_a_payment_and_takes_each_decision_once(void **state)
{
    static const struct { enum acquirer_decision what; enum acquirer_verdict verdict; } rows[] = {
        { ACQUIRER_DECIDE_SUCCESS, ACQUIRER_CHARGED }, { ACQUIRER_DECIDE_FAIL, ACQUIRER_DECLINED },
        { ACQUIRER_DECIDE_DROP, ACQUIRER_DROPPED }, { ACQUIRER_DECIDE_HOLD, ACQUIRER_HELD },
    };
    struct till *t = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct acquirer_answer a = pay(t, ACQUIRER_BY_BANK, "3333", (int64_t)i);
        struct acquirer_page p = look(t, &a);

        assert_int_equal(p.ref.merchant_id, TILL_MERCHANT);
        assert_int_equal(p.ref.payment_no, i);
        assert_int_equal(p.source, ACQUIRER_BY_BANK);
        assert_int_equal(p.amount.minor, 150000);
        assert_string_equal(p.bank, "3333");
        assert_false(p.wants_otp);
        assert_int_equal(decide(t, &a, ACQUIRER_DECIDE_PENDING, ""), ACQUIRER_WAITS);
        assert_int_equal(look(t, &a).state, ACQUIRER_WAITS);
        assert_int_equal(decide(t, &a, rows[i].what, ""), rows[i].verdict);
        assert_int_equal(look(t, &a).state, rows[i].verdict);
        assert_int_equal(refused(t, a.acquirer_ref, ACQUIRER_DECIDE_DROP, ""), FAULT_WRONG_STATE);
        assert_int_equal(refused(t, a.acquirer_ref, ACQUIRER_DECIDE_OTP, TEST_OTP), FAULT_WRONG_STATE);
        (void)till_heard(t, (int64_t)i, 0, rows[i].verdict);
        assert_int_equal(till_heard_count(t), i + 1);
    }
}

static void a_reference_that_is_guessed_opens_nothing(void **state)
{
    struct till *t = *state;
    struct acquirer_answer a = pay(t, ACQUIRER_BY_BANK, "3333", 1);
    struct acquirer_page p;
    char ref[ACQUIRER_REF_MAX + 1];

    memcpy(ref, a.acquirer_ref, sizeof ref);
    ref[10] = ref[10] == 'f' ? '0' : 'f';
    assert_int_equal(sim_acquirer_look(t->sim, &p, span_of(ref)), FAULT_NOT_FOUND);
    assert_int_equal(refused(t, ref, ACQUIRER_DECIDE_SUCCESS, ""), FAULT_NOT_FOUND);
    ref[31] = '\0';
    assert_int_equal(sim_acquirer_look(t->sim, &p, span_of(ref)), FAULT_NOT_FOUND);
    assert_int_equal(sim_acquirer_look(t->sim, &p, SPAN("zz000000000000000000000000000000")), FAULT_NOT_FOUND);
    memcpy(ref, a.acquirer_ref, sizeof ref);
    for (char *c = ref; *c; c++)
        if (*c >= 'a' && *c <= 'f')
            *c = (char)(*c - 'a' + 'A');
    assert_int_equal(sim_acquirer_look(t->sim, &p, span_of(ref)), FAULT_NOT_FOUND);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 2, 0).verdict, ACQUIRER_NO_PAYMENT);
}

static void a_cards_page_wants_its_otp_and_counts_the_tries_with_ours(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);
    struct acquirer_answer a = till_ask(t, &ask);
    struct acquirer_page p = look(t, &a);

    assert_true(p.wants_otp);
    assert_int_equal(p.state, ACQUIRER_FACTOR);
    assert_string_equal(p.last4, "1111");
    assert_int_equal(refused(t, a.acquirer_ref, ACQUIRER_DECIDE_SUCCESS, ""), FAULT_WRONG_STATE);
    assert_int_equal(refused(t, a.acquirer_ref, ACQUIRER_DECIDE_HOLD, ""), FAULT_WRONG_STATE);
    assert_int_equal(decide(t, &a, ACQUIRER_DECIDE_OTP, "000000"), ACQUIRER_WRONG_OTP);
    assert_int_equal(till_otp(t, 1, 1, "000000").otp_tries_left, 1);
    assert_int_equal(look(t, &a).tries_left, 1);
    assert_int_equal(till_heard_count(t), 0);     /* a wrong one changes nothing to be told */
    assert_int_equal(decide(t, &a, ACQUIRER_DECIDE_OTP, TEST_OTP), ACQUIRER_CHARGED);
    (void)till_heard(t, 1, 0, ACQUIRER_CHARGED);
    assert_int_equal(till_otp(t, 1, 2, TEST_OTP).verdict, ACQUIRER_BAD_STATE);
    ask = till_card(t, 2, 100);
    a = till_ask(t, &ask);
    for (int i = 0; i < PAYMENT_OTP_TRIES; i++)
        assert_int_equal(decide(t, &a, ACQUIRER_DECIDE_OTP, "000000"),
                         i + 1 < PAYMENT_OTP_TRIES ? ACQUIRER_WRONG_OTP : ACQUIRER_TOO_MANY_OTPS);
    (void)till_heard(t, 2, 0, ACQUIRER_TOO_MANY_OTPS);
}

static void what_is_held_is_released_or_rejected(void **state)
{
    struct till *t = *state;
    struct acquirer_answer a = pay(t, ACQUIRER_BY_BANK, "3333", 1), b = pay(t, ACQUIRER_BY_BANK, "3333", 2);

    assert_int_equal(refused(t, a.acquirer_ref, ACQUIRER_DECIDE_RELEASE, ""), FAULT_WRONG_STATE);
    assert_int_equal(decide(t, &a, ACQUIRER_DECIDE_HOLD, ""), ACQUIRER_HELD);
    assert_int_equal(decide(t, &b, ACQUIRER_DECIDE_HOLD, ""), ACQUIRER_HELD);
    assert_int_equal(till_refund(t, 1, 1, 100, "").verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(decide(t, &a, ACQUIRER_DECIDE_RELEASE, ""), ACQUIRER_CHARGED);
    assert_int_equal(decide(t, &b, ACQUIRER_DECIDE_REJECT, ""), ACQUIRER_RISK);
    (void)till_heard(t, 1, 0, ACQUIRER_CHARGED);
    assert_int_equal(till_heard(t, 2, 0, ACQUIRER_RISK).captured_amount.minor, 0);
    assert_int_equal(till_refund(t, 1, 1, 100, "").verdict, ACQUIRER_REFUND_PENDING);
    assert_int_equal(till_refund(t, 2, 2, 100, "").verdict, ACQUIRER_BAD_STATE);
}

static enum fault simulate(struct till *t, int64_t no, enum acquirer_decision d, enum acquirer_verdict failure)
{
    return sim_acquirer_simulate(t->sim, (struct acquirer_ref){ TILL_MERCHANT, no, 0, 0 }, d, failure,
                                 clock_now_ms(t->f->services.clock));
}

static void who_runs_the_simulation_decides_without_an_otp(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);

    assert_int_equal(simulate(t, 1, ACQUIRER_DECIDE_SUCCESS, ACQUIRER_DECLINED), FAULT_NOT_FOUND);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(simulate(t, 1, ACQUIRER_DECIDE_PENDING, ACQUIRER_DECLINED), FAULT_NONE);
    assert_int_equal(simulate(t, 1, ACQUIRER_DECIDE_OTP, ACQUIRER_DECLINED), FAULT_BAD_INPUT);
    assert_int_equal(simulate(t, 1, ACQUIRER_DECIDE_FAIL, ACQUIRER_CHARGED), FAULT_BAD_INPUT);
    assert_int_equal(simulate(t, 1, ACQUIRER_DECIDE_SUCCESS, ACQUIRER_DECLINED), FAULT_NONE);
    (void)till_heard(t, 1, 0, ACQUIRER_CHARGED);
    ask = till_card(t, 2, 100);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(simulate(t, 2, ACQUIRER_DECIDE_FAIL, ACQUIRER_NO_FUNDS), FAULT_NONE);
    (void)till_heard(t, 2, 0, ACQUIRER_NO_FUNDS);
    assert_int_equal(simulate(t, 2, ACQUIRER_DECIDE_SUCCESS, ACQUIRER_DECLINED), FAULT_WRONG_STATE);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 3, 0).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(simulate(t, 3, ACQUIRER_DECIDE_SUCCESS, ACQUIRER_DECLINED), FAULT_NOT_FOUND);
}

static void who_leaves_the_page_has_dropped_in_the_end(void **state)
{
    struct till *t = *state;
    struct acquirer_answer a = pay(t, ACQUIRER_BY_BANK, "TESTR", 1);

    fixture_set_clock(t->f, FIXTURE_NOW + PAYMENT_LIMIT_MS);
    assert_int_equal(look(t, &a).state, ACQUIRER_DROPPED);
    (void)till_heard(t, 1, 0, ACQUIRER_DROPPED);
    assert_int_equal(refused(t, a.acquirer_ref, ACQUIRER_DECIDE_SUCCESS, ""), FAULT_WRONG_STATE);
    assert_int_equal(status(t, 1), ACQUIRER_DROPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_published_upi_address_comes_to_what_is_published, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(money_that_must_come_from_one_account_comes_from_no_other, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(a_page_offers_another_account_where_only_one_may_pay, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(an_unanswered_collect_request_expires_with_its_own_time, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(who_pays_by_link_or_code_is_told, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(banks_and_wallets_wait_for_the_payer_and_unknown_ones_are_refused, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(a_lender_knows_one_phone_and_asks_its_own_otp, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(the_page_shows_a_payment_and_takes_each_decision_once, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(a_reference_that_is_guessed_opens_nothing, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_cards_page_wants_its_otp_and_counts_the_tries_with_ours, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(what_is_held_is_released_or_rejected, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(who_runs_the_simulation_decides_without_an_otp, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(who_leaves_the_page_has_dropped_in_the_end, till_setup, till_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
