/* What answers make of a payment's row, without store or acquirer: every verdict, to every question, in every state. */
#include "pay_bed.h"

#include "base/banned.h"

enum { NOW = 1000000, LEASE = NOW + 500, LIMIT = NOW + PAYMENT_LIMIT_MS, REQUEST = 77 };

/* A row in that state whose question is open. */
static struct payment_row row(enum payment_state s, enum acquirer_op wanted)
{
    return (struct payment_row){
        .merchant_id = 1, .payment_no = 1, .amount_minor = 1015, .state = s, .created_ms = NOW - PBED_MINUTE,
        .completed_ms = payment_is_over(s) ? NOW - PBED_SECOND : 0, .limit_ms = LIMIT, .wanted = wanted,
        .request = REQUEST, .ask_ms = LEASE, .tries = 1, .resends = 1, .native = 1, .sent_ms = NOW - PBED_MINUTE,
        .verdict = ACQUIRER_SILENT, .wanted_minor = wanted == ACQUIRER_CAPTURE ? 700 : 0,
    };
}

static struct acquirer_answer says(enum acquirer_verdict v)
{
    return (struct acquirer_answer){ .verdict = v, .ref = { 1, 1, 0, REQUEST }, .native = true };
}

static bool hear(struct payment_row *p, enum acquirer_op op, enum acquirer_verdict v, int64_t lease)
{
    const struct acquirer_answer a = says(v);
    struct pay_heard h = { .op = op, .answer = &a, .lease = lease, .now_ms = NOW };
    bool changed = pay_hear_row(p, &h, true);

    p->acquirer_ref = p->bank_ref = p->auth_id = (struct span){ 0 };      /* they point into the answer */
    return changed;
}

static bool sweep(struct payment_row *p, enum acquirer_op op, enum acquirer_verdict v)
{
    const struct acquirer_answer a = says(v);
    struct pay_heard h = { .op = op, .answer = &a, .lease = LEASE, .now_ms = NOW, .sweeping = true };

    return pay_hear_row(p, &h, true);
}

static bool may_become(enum payment_state from, enum payment_state to)
{
    if (from == to)
        return true;
    for (int e = 0; e < PAYMENT_EVENTS; e++) {
        enum payment_state s = from;

        if (payment_happens(&s, (enum payment_event)e) && s == to)
            return true;
    }
    return false;
}

static void no_answer_to_any_question_breaks_the_table_or_leaves_a_waiting_row_unwatched(void **state)
{
    (void)state;
    for (int s = 0; s < PAYMENT_STATES; s++)
        for (int op = 0; op < ACQUIRER_OPS; op++)
            for (int v = 0; v < ACQUIRER_VERDICTS; v++)
                for (int how = 0; how < 3; how++) {
                    struct payment_row p = row((enum payment_state)s, (enum acquirer_op)op);

                    if (how == 2)
                        (void)sweep(&p, (enum acquirer_op)op, (enum acquirer_verdict)v);
                    else
                        (void)hear(&p, (enum acquirer_op)op, (enum acquirer_verdict)v, how ? LEASE : -1);
                    assert_true(may_become((enum payment_state)s, (enum payment_state)p.state));
                    if (!payment_is_over((enum payment_state)p.state))
                        assert_true(p.ask_ms > 0);
                    if (p.state == PAYMENT_CANCELLED && s != PAYMENT_CANCELLED)
                        assert_true(p.wanted == ACQUIRER_REVERSE && p.ask_ms > 0);
                    if (payment_is_over((enum payment_state)p.state) && !payment_is_over((enum payment_state)s))
                        assert_true(p.completed_ms > 0);
                    assert_true(p.tries >= 0 && p.resends >= 0);
                }
}

static void silence_changes_nothing_but_when_a_sweeper_asks_again(void **state)
{
    (void)state;
    for (int op = 0; op < ACQUIRER_OPS; op++) {
        struct payment_row p = row(PAYMENT_FACTOR, (enum acquirer_op)op), before = p;

        assert_false(hear(&p, (enum acquirer_op)op, ACQUIRER_SILENT, LEASE));
        assert_int_equal(p.ask_ms, before.ask_ms);
    }
    struct payment_row p = row(PAYMENT_APPROVAL, ACQUIRER_STATUS);
    assert_true(sweep(&p, ACQUIRER_STATUS, ACQUIRER_SILENT));
    assert_int_equal(p.ask_ms, NOW + PBED_MINUTE);            /* as long as it has been open */
    assert_int_equal(p.state, PAYMENT_APPROVAL);
}

static void an_answer_that_somebody_else_asked_for_later_closes_no_question(void **state)
{
    struct payment_row p = row(PAYMENT_FACTOR, ACQUIRER_OTP), before = p;
    struct acquirer_answer old = says(ACQUIRER_WRONG_OTP);
    struct pay_heard h = { .op = ACQUIRER_OTP, .answer = &old, .lease = LEASE, .now_ms = NOW };

    (void)state;
    assert_false(hear(&p, ACQUIRER_OTP, ACQUIRER_WRONG_OTP, LEASE - 1));
    assert_false(hear(&p, ACQUIRER_OTP, ACQUIRER_UNREACHABLE, LEASE - 1));
    old.ref.request = REQUEST - 1;            /* of another submission that had the same lease */
    assert_false(pay_hear_row(&p, &h, true));
    assert_int_equal(p.tries, before.tries);
    assert_int_equal(p.wanted, ACQUIRER_OTP);
    assert_true(hear(&p, ACQUIRER_OTP, ACQUIRER_CHARGED, LEASE - 1));         /* but money has the last word */
    assert_int_equal(p.state, PAYMENT_SUCCESS);
}

static void a_notice_that_it_still_waits_does_not_end_a_question_under_way(void **state)
{
    struct payment_row p = row(PAYMENT_FACTOR, ACQUIRER_OTP);

    (void)state;
    (void)hear(&p, ACQUIRER_STATUS, ACQUIRER_FACTOR, -1);
    assert_int_equal(p.wanted, ACQUIRER_OTP);
    assert_int_equal(p.ask_ms, LEASE);
}

static void only_a_sending_renews_the_life_of_an_otp(void **state)
{
    struct payment_row p = row(PAYMENT_FACTOR, ACQUIRER_STATUS);

    (void)state;
    (void)hear(&p, ACQUIRER_STATUS, ACQUIRER_FACTOR, -1);
    (void)hear(&p, ACQUIRER_STATUS, ACQUIRER_FACTOR, LEASE);
    assert_int_equal(p.sent_ms, NOW - PBED_MINUTE);
    p = row(PAYMENT_FACTOR, ACQUIRER_RESEND);
    (void)hear(&p, ACQUIRER_RESEND, ACQUIRER_FACTOR, LEASE);
    assert_int_equal(p.sent_ms, NOW);
    p = row(PAYMENT_BEGUN, ACQUIRER_PAY);
    (void)hear(&p, ACQUIRER_PAY, ACQUIRER_FACTOR, LEASE);
    assert_int_equal(p.sent_ms, NOW);
}

static void a_charge_that_the_order_does_not_take_is_cancelled(void **state)
{
    (void)state;
    for (int s = PAYMENT_BEGUN; s <= PAYMENT_FLAGGED; s++) {
        struct payment_row p = row((enum payment_state)s, ACQUIRER_STATUS);
        const struct acquirer_answer a = says(ACQUIRER_CHARGED);
        struct pay_heard h = { .op = ACQUIRER_STATUS, .answer = &a, .lease = -1, .now_ms = NOW };

        assert_true(pay_may_charge(&p, &h));
        assert_true(pay_hear_row(&p, &h, false));
        assert_int_equal(p.state, PAYMENT_CANCELLED);
        assert_int_equal(p.wanted, ACQUIRER_REVERSE);
        assert_int_equal(p.captured_minor, 0);
    }
}

static void the_moment_of_the_end_is_the_acquirers_where_that_can_be(void **state)
{
    static const struct { int64_t at, want; } cases[] = {
        { NOW - 5, NOW - 5 }, { NOW + 5, NOW }, { 0, NOW }, { NOW - 2 * PBED_MINUTE, NOW },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct payment_row p = row(PAYMENT_APPROVAL, ACQUIRER_STATUS);
        struct acquirer_answer a = says(ACQUIRER_CHARGED);
        struct pay_heard h = { .op = ACQUIRER_STATUS, .answer = &a, .lease = -1, .now_ms = NOW };

        a.at_ms = cases[i].at;
        assert_true(pay_hear_row(&p, &h, true));
        assert_int_equal(p.completed_ms, cases[i].want);
    }
}

static void what_the_acquirer_told_is_learnt_and_never_forgotten(void **state)
{
    struct payment_row p = row(PAYMENT_APPROVAL, ACQUIRER_STATUS);
    struct acquirer_answer a = says(ACQUIRER_WAITS), less = says(ACQUIRER_WAITS);
    struct pay_heard h = { .op = ACQUIRER_STATUS, .answer = &a, .lease = -1, .now_ms = NOW };

    (void)state;
    memcpy(a.acquirer_ref, "abc", sizeof "abc");
    memcpy(a.payer, "payer@bank", sizeof "payer@bank");
    memcpy(a.auth_id, "123456", sizeof "123456");
    assert_true(pay_hear_row(&p, &h, true));
    h.answer = &less;
    memcpy(less.payer, "other@bank", sizeof "other@bank");
    assert_false(pay_hear_row(&p, &h, true));
    assert_true(span_equal(p.acquirer_ref, SPAN("abc")));
    assert_true(span_equal(p.auth_id, SPAN("123456")));
    assert_true(span_equal(p.handle, SPAN("payer@bank")));
}

static void what_is_past_its_limit_and_not_given_up_is_asked_for_again_later(void **state)
{
    struct payment_row p = row(PAYMENT_APPROVAL, ACQUIRER_ABANDON);

    (void)state;
    p.limit_ms = NOW;
    assert_true(sweep(&p, ACQUIRER_ABANDON, ACQUIRER_WAITS));
    assert_int_equal(p.state, PAYMENT_APPROVAL);
    assert_true(p.ask_ms > NOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_answer_to_any_question_breaks_the_table_or_leaves_a_waiting_row_unwatched),
        cmocka_unit_test(silence_changes_nothing_but_when_a_sweeper_asks_again),
        cmocka_unit_test(an_answer_that_somebody_else_asked_for_later_closes_no_question),
        cmocka_unit_test(a_notice_that_it_still_waits_does_not_end_a_question_under_way),
        cmocka_unit_test(only_a_sending_renews_the_life_of_an_otp),
        cmocka_unit_test(a_charge_that_the_order_does_not_take_is_cancelled),
        cmocka_unit_test(the_moment_of_the_end_is_the_acquirers_where_that_can_be),
        cmocka_unit_test(what_the_acquirer_told_is_learnt_and_never_forgotten),
        cmocka_unit_test(what_is_past_its_limit_and_not_given_up_is_asked_for_again_later),
    };

    return cmocka_run_group_tests_name("pay_hear", tests, NULL, NULL);
}
