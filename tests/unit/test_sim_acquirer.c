/* test_sim_acquirer.c: cards and tokens at the simulated acquirer: factor, outcome, and everything once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bells.h"

#include "acquirer_bed.h"

#include "base/banned.h"

static bool is_digits(const char *text, size_t n)
{
    return strlen(text) == n && strspn(text, "0123456789") == n;
}

static void a_card_is_charged_after_its_otp(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 17000);
    struct acquirer_answer a = till_ask(t, &ask), charged;

    assert_int_equal(a.verdict, ACQUIRER_FACTOR);
    assert_true(a.native);
    assert_false(a.captured);
    assert_int_equal(a.otp_tries_left, PAYMENT_OTP_TRIES);
    assert_int_equal(a.ref.payment_no, 1);
    assert_int_equal(strlen(a.acquirer_ref), ACQUIRER_REF_MAX);
    assert_string_equal(a.bank_ref, "");
    charged = till_otp(t, 1, 11, TEST_OTP);
    assert_int_equal(charged.verdict, ACQUIRER_CHARGED);
    assert_true(charged.captured);
    assert_int_equal(charged.captured_amount.minor, 17000);
    assert_string_equal(charged.captured_amount.currency, "INR");
    assert_string_equal(charged.acquirer_ref, a.acquirer_ref);
    assert_true(is_digits(charged.bank_ref, 12));
    assert_true(is_digits(charged.auth_id, 6));
    assert_int_equal(charged.at_ms, FIXTURE_NOW);
    assert_int_equal(charged.ref.request, 11);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 1, 0).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_heard_count(t), 0);     /* nobody is told what he asked for */
}

static void whatever_is_asked_again_happens_once(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);
    struct acquirer_counts c;
    struct acquirer_answer first, again;

    for (int i = 0; i < 3; i++)
        assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    first = till_otp(t, 1, 7, TEST_OTP);
    again = till_otp(t, 1, 7, TEST_OTP);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(till_otp(t, 1, 7, "000000").verdict, ACQUIRER_CHARGED);      /* whatever the same one says */
    assert_int_equal(till_otp(t, 1, 8, TEST_OTP).verdict, ACQUIRER_BAD_STATE);    /* another one */
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_CHARGED);
    c = till_counts(t);
    assert_int_equal(c.payments, 1);
    assert_int_equal(c.charged, 1);
    assert_int_equal(c.asked[ACQUIRER_PAY], 4);
    assert_int_equal(c.asked[ACQUIRER_OTP], 4);
    assert_int_equal(c.reversed + c.voided + c.refunded, 0);
}

static void three_wrong_otps_end_it(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);
    struct acquirer_answer a;

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    a = till_otp(t, 1, 1, "111001");
    assert_int_equal(a.verdict, ACQUIRER_WRONG_OTP);
    assert_int_equal(a.otp_tries_left, 2);
    a = till_otp(t, 1, 1, "111001");              /* the same submission again uses up no try */
    assert_int_equal(a.verdict, ACQUIRER_WRONG_OTP);
    assert_int_equal(a.otp_tries_left, 2);
    assert_int_equal(till_otp(t, 1, 2, "11100").otp_tries_left, 1);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_WRONG_OTP);    /* nor does it become another */
    a = till_otp(t, 1, 3, "1110000");
    assert_int_equal(a.verdict, ACQUIRER_TOO_MANY_OTPS);
    assert_int_equal(a.otp_tries_left, 0);
    assert_int_equal(till_otp(t, 1, 3, "1110000").verdict, ACQUIRER_TOO_MANY_OTPS);
    assert_int_equal(till_otp(t, 1, 4, TEST_OTP).verdict, ACQUIRER_TOO_MANY_OTPS);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 1, 0).verdict, ACQUIRER_TOO_MANY_OTPS);
    assert_int_equal(till_counts(t).charged, 0);
}

static void a_right_otp_after_a_wrong_one_is_right(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_otp(t, 1, 1, "0000").verdict, ACQUIRER_WRONG_OTP);
    assert_int_equal(till_otp(t, 1, 2, TEST_OTP).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_otp(t, 1, 1, "0000").verdict, ACQUIRER_WRONG_OTP);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 1, 0).verdict, ACQUIRER_CHARGED);
}

static void an_otp_is_sent_again_twice_and_not_too_soon(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);
    int64_t now = FIXTURE_NOW;

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_about(t, ACQUIRER_RESEND, 1, 1).verdict, ACQUIRER_BAD_STATE);
    for (int i = 0; i < PAYMENT_RESENDS; i++) {
        fixture_set_clock(t->f, now += PAYMENT_RESEND_AFTER_MS);
        assert_int_equal(till_about(t, ACQUIRER_RESEND, 1, 10 + i).verdict, ACQUIRER_FACTOR);
        assert_int_equal(till_about(t, ACQUIRER_RESEND, 1, 10 + i).verdict, ACQUIRER_FACTOR);     /* it is one */
    }
    fixture_set_clock(t->f, now += PAYMENT_RESEND_AFTER_MS);
    assert_int_equal(till_about(t, ACQUIRER_RESEND, 1, 20).verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(till_otp(t, 1, 21, TEST_OTP).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_about(t, ACQUIRER_RESEND, 1, 22).verdict, ACQUIRER_BAD_STATE);
    assert_int_equal(till_about(t, ACQUIRER_RESEND, 2, 1).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(till_otp(t, 2, 1, TEST_OTP).verdict, ACQUIRER_NO_PAYMENT);
}

static void what_is_wrong_with_a_card_declines_it(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);

    till_charge(t, &ask, bed_card(SCHEME_VISA, TEST_APPROVE), "2028", "999");
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_WRONG_CODE);
    ask = till_card(t, 2, 100);
    ask.has_charge = false;
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_INVALID);
    ask = till_card(t, 4, 0);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_BAD_AMOUNT);
    ask = till_card(t, 3, 100);
    fixture_set_clock(t->f, FIXTURE_NOW + INT64_C(6) * 365 * 86400 * 1000);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_CARD_EXPIRED);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 1, 0).verdict, ACQUIRER_WRONG_CODE);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 4, 0).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(till_counts(t).charged, 0);
}

static void a_charge_that_does_not_open_is_gone(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);

    ask.charge[CARD_CHARGE - 1] ^= 1;
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_CARD_GONE);
    assert_int_equal(till_counts(t).payments, 0);
    ask = till_card(t, 1, 100);                   /* nothing was kept: it may be tried with a good one */
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
}

static void one_published_card_takes_its_otp_on_its_banks_page_only(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);
    struct acquirer_answer a;

    till_charge(t, &ask, TEST_REDIRECT_CARD, "2028", "123");
    a = till_ask(t, &ask);
    assert_int_equal(a.verdict, ACQUIRER_FACTOR);
    assert_false(a.native);
    ask = till_card(t, 2, 100);
    till_charge(t, &ask, bed_card(SCHEME_RUPAY, TEST_APPROVE), "2028", "123");
    assert_true(till_ask(t, &ask).native);
}

static void outcome_cards_of_the_network_pay_like_any_other(void **state)
{
    static const enum test_outcome outcomes[] = { TEST_DECLINE, TEST_INELIGIBLE, TEST_BLOCKED, TEST_TIMEOUT_LOST };
    struct till *t = *state;

    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        struct acquirer_ask ask = till_card(t, (int64_t)i, 100);

        till_charge(t, &ask, bed_card(SCHEME_VISA, outcomes[i]), "2028", "123");
        assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
        assert_int_equal(till_otp(t, (int64_t)i, 1, TEST_OTP).verdict, ACQUIRER_CHARGED);
    }
}

static void an_amount_may_bring_its_own_outcome(void **state)
{
    static const struct { int64_t minor; enum acquirer_verdict verdict; } rows[] = {
        { 10005, ACQUIRER_DECLINED }, { 10051, ACQUIRER_NO_FUNDS }, { 10054, ACQUIRER_CARD_EXPIRED },
        { 10059, ACQUIRER_HELD }, { 10062, ACQUIRER_CARD_BLOCKED }, { 10050, ACQUIRER_CHARGED },
    };
    struct till *t = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct acquirer_ask ask = till_card(t, (int64_t)i, rows[i].minor);

        assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
        assert_int_equal(till_otp(t, (int64_t)i, 1, TEST_OTP).verdict, rows[i].verdict);
        assert_int_equal(till_about(t, ACQUIRER_STATUS, (int64_t)i, 0).verdict, rows[i].verdict);
    }
    assert_int_equal(till_counts(t).charged, 2);  /* what is held is charged, too */
}

static void a_status_of_what_was_never_heard_of_lets_no_late_payment_in(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);

    assert_int_equal(till_about(t, ACQUIRER_STATUS, 1, 0).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 1, 0).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_GONE);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(till_about(t, ACQUIRER_ABANDON, 1, 0).verdict, ACQUIRER_DROPPED);
    assert_int_equal(till_about(t, ACQUIRER_STATUS, 1, 0).verdict, ACQUIRER_NO_PAYMENT);
    assert_int_equal(till_counts(t).payments, 0);
}

static void what_is_abandoned_is_dropped_unless_it_is_charged(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100), never = till_card(t, 3, 100);

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_about(t, ACQUIRER_ABANDON, 1, 0).verdict, ACQUIRER_DROPPED);
    assert_int_equal(till_about(t, ACQUIRER_ABANDON, 1, 0).verdict, ACQUIRER_DROPPED);
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_DROPPED);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_DROPPED);
    till_pay(t, 2, 100);
    assert_int_equal(till_about(t, ACQUIRER_ABANDON, 2, 0).verdict, ACQUIRER_CHARGED);
    assert_int_equal(till_about(t, ACQUIRER_ABANDON, 3, 0).verdict, ACQUIRER_DROPPED);
    assert_int_equal(till_ask(t, &never).verdict, ACQUIRER_GONE);
    assert_int_equal(till_counts(t).charged, 1);
}

/* A token with a cryptogram for `minor`, ready to pay. */
static struct acquirer_ask by_token(struct till *t, struct network_answer *token, int64_t no, int64_t minor)
{
    struct network_ask wants = bed_about(token, NETWORK_CRYPTOGRAM);
    struct acquirer_ask ask = {
        .op = ACQUIRER_PAY, .ref = { TILL_MERCHANT, no, 0, 0 }, .amount = till_rupees(minor),
        .source = ACQUIRER_BY_TOKEN, .channel = PAYMENT_POST, .scheme = wants.scheme,
    };
    struct network_answer a;

    wants.amount = ask.amount;
    a = bed_ask(t->f, &wants);
    assert_int_equal(a.verdict, NETWORK_DONE);
    memcpy(ask.number, a.number, sizeof ask.number);
    memcpy(ask.tavv, a.tavv, sizeof ask.tavv);
    memcpy(ask.trid, token->trid, sizeof ask.trid);
    ask.expiry = a.expiry;
    return ask;
}

static void a_token_pays_once_with_its_cryptogram_and_an_otp(void **state)
{
    struct till *t = *state;
    struct network_answer token = bed_token(t->f, bed_card(SCHEME_VISA, TEST_APPROVE), 1);
    struct acquirer_ask ask = by_token(t, &token, 1, 100), other;

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);  /* the same payment may be asked for again */
    assert_int_equal(till_otp(t, 1, 1, TEST_OTP).verdict, ACQUIRER_CHARGED);
    other = ask;
    other.ref.payment_no = 2;
    assert_int_equal(till_ask(t, &other).verdict, ACQUIRER_CRYPTOGRAM_USED);
    assert_int_equal(till_counts(t).charged, 1);
}

static void what_the_network_says_of_a_token_declines_it(void **state)
{
    struct till *t = *state;
    struct network_answer token = bed_token(t->f, bed_card(SCHEME_VISA, TEST_APPROVE), 1);
    struct acquirer_ask ask = by_token(t, &token, 1, 100);

    ask.amount.minor = 200;
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_BAD_CRYPTOGRAM);
    ask = by_token(t, &token, 2, 100);
    memcpy(ask.number, "4111111111111111", 17);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_BAD_CRYPTOGRAM);
    ask = by_token(t, &token, 3, 100);
    fixture_set_clock(t->f, FIXTURE_NOW + INT64_C(2) * 86400 * 1000);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_CRYPTOGRAM_OLD);
    ask = by_token(t, &token, 4, 100);
    assert_int_equal(bed_effect(t->f, &token, NETWORK_SUSPEND, 1).verdict, NETWORK_DONE);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_TOKEN_STATE);
    assert_int_equal(bed_effect(t->f, &token, NETWORK_RESUME, 2).verdict, NETWORK_DONE);
    ask = by_token(t, &token, 5, 100);
    sim_behave(t->f->sim, SCHEME_VISA, SIM_DOWN, 0);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_BANK_DOWN);
    sim_behave(t->f->sim, SCHEME_VISA, SIM_WELL, 0);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_BANK_DOWN);      /* it stays what it was */
    assert_int_equal(till_counts(t).charged, 0);
}

static void an_expired_token_pays_no_more_whatever_its_date_is_said_to_be(void **state)
{
    struct till *t = *state;
    struct network_answer token = bed_token(t->f, bed_card(SCHEME_VISA, TEST_EXPIRES_SOON), 1);
    int64_t end_ms = expiry_end_ms(token.expiry);
    struct acquirer_ask last, late;

    fixture_set_clock(t->f, end_ms - 1000);
    last = by_token(t, &token, 1, 100);
    late = by_token(t, &token, 2, 100);
    assert_int_equal(till_ask(t, &last).verdict, ACQUIRER_FACTOR);
    fixture_set_clock(t->f, end_ms);              /* its cryptogram is a second old */
    late.expiry = (struct expiry){ 2040, 1 };
    assert_int_equal(till_ask(t, &late).verdict, ACQUIRER_CARD_EXPIRED);
    late.ref.payment_no = 3;
    late.expiry = (struct expiry){ 0 };
    assert_int_equal(till_ask(t, &late).verdict, ACQUIRER_CARD_EXPIRED);
}

static void a_tokens_code_may_be_left_out_but_not_be_wrong(void **state)
{
    struct till *t = *state;
    struct network_answer token = bed_token(t->f, bed_card(SCHEME_VISA, TEST_APPROVE), 1);
    struct acquirer_ask ask = by_token(t, &token, 1, 100);

    till_charge(t, &ask, "", "", "999");
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_WRONG_CODE);
    ask = by_token(t, &token, 2, 100);
    till_charge(t, &ask, "", "", "123");
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    ask.source = ACQUIRER_BY_CARD;                /* a code is no card */
    ask.ref.payment_no = 4;
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_INVALID);
    ask = by_token(t, &token, 3, 100);
    ask.expiry = (struct expiry){ 2020, 1 };
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_CARD_EXPIRED);
}

static void without_keyholder_nothing_is_kept_of_a_card(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);

    keyholder_set_wait(t->keyholder, 50);
    fixture_keyholder_stop(t->f);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_UNREACHABLE);
    assert_int_equal(till_counts(t).payments, 0);
    fixture_keyholder_start(t->f);
    till_connect(t);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
}

static bool is_in(const char *path, const char *what)
{
    static char bytes[4 * 1024 * 1024];
    FILE *f = fopen(path, "r");
    size_t n;

    if (!f)
        return false;
    n = fread(bytes, 1, sizeof bytes, f);
    assert_true(feof(f));
    (void)fclose(f);
    return memmem(bytes, n, what, strlen(what)) != NULL;
}

static void no_number_cryptogram_or_otp_is_on_its_disk(void **state)
{
    struct till *t = *state;
    struct network_answer token = bed_token(t->f, bed_card(SCHEME_VISA, TEST_APPROVE), 1);
    struct acquirer_ask ask = by_token(t, &token, 2, 100);
    char log[80];

    till_pay(t, 1, 100);
    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    assert_int_equal(till_otp(t, 2, 1, "65432187").verdict, ACQUIRER_WRONG_OTP);
    (void)snprintf(log, sizeof log, "%s-wal", t->path);
    for (int i = 0; i < 2; i++) {                 /* while it runs, and afterwards */
        const char *secrets[] = { bed_card(SCHEME_VISA, TEST_APPROVE), ask.number, ask.tavv, TEST_OTP, "65432187" };

        for (size_t j = 0; j < sizeof secrets / sizeof *secrets; j++) {
            assert_false(is_in(t->path, secrets[j]));
            assert_false(is_in(log, secrets[j]));
        }
        assert_true(is_in(log, "1111") || is_in(t->path, "1111"));       /* what is kept, is there to be read */
        till_stop(t);
    }
    till_start(t, 0, NULL);
}

enum { TABS = 8 };
struct tab { struct till *t; int64_t request; enum acquirer_verdict said; };

static void *submit(void *arg)
{
    struct tab *tab = arg;

    tab->said = till_otp(tab->t, 1, tab->request, TEST_OTP).verdict;
    return NULL;
}

static void an_otp_from_many_tabs_at_once_charges_once(void **state)
{
    struct till *t = *state;
    struct acquirer_ask ask = till_card(t, 1, 100);
    pthread_t threads[TABS];
    struct tab tabs[TABS];
    int charged = 0;

    assert_int_equal(till_ask(t, &ask).verdict, ACQUIRER_FACTOR);
    for (int i = 0; i < TABS; i++) {
        tabs[i] = (struct tab){ t, i + 1, ACQUIRER_VERDICTS };
        assert_int_equal(pthread_create(&threads[i], NULL, submit, &tabs[i]), 0);
    }
    for (int i = 0; i < TABS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(tabs[i].said == ACQUIRER_CHARGED || tabs[i].said == ACQUIRER_BAD_STATE);
        charged += tabs[i].said == ACQUIRER_CHARGED;
    }
    assert_int_equal(charged, 1);
    assert_int_equal(till_counts(t).charged, 1);
}

static void count_done(struct acquirer_call *call)
{
    atomic_fetch_add((atomic_int *)call->arg, 1);
}

/* More than one frame to the keyholder holds. */
static void many_cards_at_once_are_each_read_by_themselves(void **state)
{
    enum { MANY = KEY_ASKS_MAX + 10 };
    static struct acquirer_call calls[MANY];
    struct till *t = *state;
    atomic_int done = 0;

    for (int i = 0; i < MANY; i++) {
        calls[i] = (struct acquirer_call){ .ask = till_card(t, i, 100), .done = count_done, .arg = &done };
        if (i % 3 == 0)
            till_charge(t, &calls[i].ask, bed_card(SCHEME_VISA, TEST_APPROVE), "2028", "999");
        if (i % 7 == 0)
            calls[i].ask.charge[0] ^= 1;
    }
    bells_hold();
    for (int i = 0; i < MANY; i++)
        acquirer_ask(t->acquirer, &calls[i]);
    bells_release();
    for (int i = 0; i < TILL_LOOKS && atomic_load(&done) < MANY; i++)
        till_nap();
    assert_int_equal(atomic_load(&done), MANY);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(calls[i].answer.verdict, i % 7 == 0 ? ACQUIRER_CARD_GONE
                                                  : i % 3 == 0 ? ACQUIRER_WRONG_CODE : ACQUIRER_FACTOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_card_is_charged_after_its_otp, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(whatever_is_asked_again_happens_once, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(three_wrong_otps_end_it, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_right_otp_after_a_wrong_one_is_right, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(an_otp_is_sent_again_twice_and_not_too_soon, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_card_declines_it, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_charge_that_does_not_open_is_gone, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(one_published_card_takes_its_otp_on_its_banks_page_only, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(outcome_cards_of_the_network_pay_like_any_other, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(an_amount_may_bring_its_own_outcome, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_status_of_what_was_never_heard_of_lets_no_late_payment_in, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(what_is_abandoned_is_dropped_unless_it_is_charged, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(a_token_pays_once_with_its_cryptogram_and_an_otp, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(what_the_network_says_of_a_token_declines_it, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(an_expired_token_pays_no_more_whatever_its_date_is_said_to_be, till_setup,
                                        till_teardown),
        cmocka_unit_test_setup_teardown(a_tokens_code_may_be_left_out_but_not_be_wrong, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(no_number_cryptogram_or_otp_is_on_its_disk, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(an_otp_from_many_tabs_at_once_charges_once, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(many_cards_at_once_are_each_read_by_themselves, till_setup, till_teardown),
        cmocka_unit_test_setup_teardown(without_keyholder_nothing_is_kept_of_a_card, till_setup, till_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
