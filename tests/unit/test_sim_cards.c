/* test_sim_cards.c: what the simulated network makes of cards: published ones, a guest's, unreadable ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#include "keyholder/net_card.h"
#include "sim_bed.h"

#include "base/banned.h"

static const char *approved(enum scheme s)
{
    return bed_card(s, TEST_APPROVE);
}

static void each_test_card_without_a_token_has_its_verdict(void **state)
{
    static const struct { enum test_outcome outcome; enum network_verdict verdict; } rows[] = {
        { TEST_DECLINE, NETWORK_DECLINED }, { TEST_INELIGIBLE, NETWORK_INELIGIBLE },
        { TEST_AUTHENTICATE, NETWORK_AUTHENTICATE }, { TEST_BAD_REQUEST, NETWORK_BAD_REQUEST },
        { TEST_BAD_AUTH_REF, NETWORK_BAD_AUTH_REF }, { TEST_ERROR, NETWORK_ERROR }, { TEST_FAULT, NETWORK_FAULT },
        { TEST_DOWN, NETWORK_UNREACHABLE }, { TEST_NO_ROUTE, NETWORK_NO_ROUTE }, { TEST_BROKEN, NETWORK_BROKEN },
    };
    struct fixture *f = *state;
    struct sim_counts c;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network_ask ask = bed_wish(f, bed_card(SCHEME_VISA, rows[i].outcome), (int64_t)i);

        assert_int_equal(bed_ask(f, &ask).verdict, rows[i].verdict);
        ask.op = NETWORK_ALT_ID;
        assert_int_equal(bed_ask(f, &ask).verdict, rows[i].verdict);
        ask.op = NETWORK_PAR;
        assert_int_equal(bed_ask(f, &ask).verdict, rows[i].verdict);
        ask = (struct network_ask){ .op = NETWORK_STATUS, .ref = ask.ref };
        assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
    }
    sim_counts(f->sim, &c);
    assert_int_equal(c.tokens, 0);
}

/* The counter behind a token's number. */
static uint64_t counter_of(struct fixture *f, const char *number)
{
    struct net_token token = { 0 };
    struct key_ask ask;

    assert_int_equal(net_find_ask(&ask, f->arena, span_of(number)), FAULT_NONE);
    assert_int_equal(keyholder_ask(f->network_keyholder, &ask, 1), FAULT_NONE);
    assert_int_equal(net_find_read(&token, &ask), FAULT_NONE);
    return token.counter;
}

static void refused_cards_use_up_no_token_numbers(void **state)
{
    struct fixture *f = *state;
    struct network_answer first = bed_token(f, approved(SCHEME_VISA), 1), next;
    uint64_t counter = counter_of(f, bed_simply(f, &first, NETWORK_NUMBER).number);

    for (int64_t i = 0; i < 3; i++) {
        struct network_ask ask = bed_wish(f, bed_card(SCHEME_VISA, TEST_DECLINE), 10 + i);
        assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_DECLINED);
    }
    next = bed_token(f, approved(SCHEME_VISA), 2);
    assert_int_equal(counter_of(f, bed_simply(f, &next, NETWORK_NUMBER).number), counter + 1);
    next = bed_token(f, approved(SCHEME_VISA), 3);
    assert_int_equal(counter_of(f, bed_simply(f, &next, NETWORK_NUMBER).number), counter + 2);
}

static void a_blocked_cards_token_is_made_and_serves_for_nothing(void **state)
{
    static const enum network_op ops[] = {
        NETWORK_NUMBER, NETWORK_CRYPTOGRAM, NETWORK_STATUS, NETWORK_SUSPEND, NETWORK_RESUME, NETWORK_DELETE,
        NETWORK_PAR,
    };
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, bed_card(SCHEME_VISA, TEST_BLOCKED), 1), a;

    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        a = bed_simply(f, &t, ops[i]);
        assert_int_equal(a.verdict, NETWORK_CARD_BLOCKED);
        assert_string_equal(a.number, "");
    }
    assert_int_equal(bed_ask(f, &(struct network_ask){ .op = NETWORK_STATUS, .ref = t.ref }).verdict, NETWORK_DONE);
    (void)bed_token(f, bed_card(SCHEME_VISA, TEST_BLOCKED), 2);    /* and the next merchant's test runs the same */
}

static void a_card_may_have_no_subscriptions(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, bed_card(SCHEME_RUPAY, TEST_NO_SUBS), 1);
    struct network_ask ask = bed_about(&t, NETWORK_CRYPTOGRAM);

    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_DONE);
    ask.payment = NETWORK_SUBS;
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_UNSUPPORTED);
    t = bed_token(f, approved(SCHEME_RUPAY), 2);
    ask = bed_about(&t, NETWORK_CRYPTOGRAM);
    ask.payment = NETWORK_SUBS;
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_DONE);
}

static void a_forgotten_token_is_no_token(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, bed_card(SCHEME_VISA, TEST_FORGOTTEN), 1);

    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_NO_TOKEN);
    assert_int_equal(bed_simply(f, &t, NETWORK_DELETE).verdict, NETWORK_NO_TOKEN);
    assert_int_equal(bed_ask(f, &(struct network_ask){ .op = NETWORK_STATUS, .ref = t.ref }).verdict, NETWORK_NO_TOKEN);
}

static void a_token_may_end_with_the_month(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, bed_card(SCHEME_VISA, TEST_EXPIRES_SOON), 1), a;

    assert_int_equal(t.expiry.year * 100 + t.expiry.month, 202311);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
    fixture_set_clock(f, expiry_end_ms(t.expiry));
    a = bed_simply(f, &t, NETWORK_CRYPTOGRAM);
    assert_int_equal(a.verdict, NETWORK_BAD_STATE);
    assert_true(a.life.expired);
    assert_true(bed_simply(f, &t, NETWORK_STATUS).life.expired);
}

static void a_question_without_its_card_is_refused(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, approved(SCHEME_VISA), 1), other;

    other = ask;
    other.has_flight = false;
    assert_int_equal(bed_ask(f, &other).verdict, NETWORK_BAD_REQUEST);
    other = ask;
    other.scheme = SCHEME_MASTERCARD;                              /* the card is a Visa card */
    bed_trid(f, &other);
    assert_int_equal(bed_ask(f, &other).verdict, NETWORK_BAD_REQUEST);
    other = ask;
    other.flight[CARD_FLIGHT - 1] ^= 1;
    assert_int_equal(bed_ask(f, &other).verdict, NETWORK_FLIGHT_GONE);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_DONE);
}

static void a_par_is_the_cards_and_asked_by_card_or_token(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, approved(SCHEME_AMEX), 1), a;
    struct network_ask ask = { .op = NETWORK_PAR };

    bed_flight(f, &ask, approved(SCHEME_AMEX));
    a = bed_ask(f, &ask);
    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_string_equal(a.par, t.par);
    assert_string_equal(bed_simply(f, &t, NETWORK_PAR).par, t.par);
    bed_flight(f, &ask, "371449635398431");
    assert_string_not_equal(bed_ask(f, &ask).par, t.par);
    ask.flight[0] ^= 1;
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_FLIGHT_GONE);
}

static void a_guest_gets_a_number_for_one_payment(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, approved(SCHEME_MASTERCARD), 1);
    struct network_answer first, again, other;

    ask.op = NETWORK_ALT_ID;
    ask.ref.request = 11;
    ask.amount = (struct money){ 5000, "INR" };
    first = bed_ask(f, &ask);
    assert_int_equal(first.verdict, NETWORK_DONE);
    assert_int_equal(strlen(first.number), 16);
    assert_int_equal(strlen(first.tavv), 28);
    assert_int_equal(first.ref.request, 11);
    again = bed_ask(f, &ask);                                      /* the same again under the same reference */
    assert_string_equal(again.number, first.number);
    assert_string_equal(again.tavv, first.tavv);
    ask.ref.request = 12;
    other = bed_ask(f, &ask);
    assert_string_not_equal(other.number, first.number);
    assert_string_not_equal(other.tavv, first.tavv);
    ask = bed_about(&first, NETWORK_CRYPTOGRAM);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);  /* it has one cryptogram and no more */
}

static void a_dead_keyholder_is_an_error_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, approved(SCHEME_VISA), 1);
    struct network_ask ask = bed_wish(f, approved(SCHEME_VISA), 2);
    struct sim_counts c;

    fixture_keyholder_stop(f);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_ERROR);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_ERROR);
    assert_string_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).number, "");
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).verdict, NETWORK_DONE);
    fixture_keyholder_start(f);
    sim_counts(f->sim, &c);
    assert_int_equal(c.tokens, 1);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(each_test_card_without_a_token_has_its_verdict),
        WITH(refused_cards_use_up_no_token_numbers),
        WITH(a_blocked_cards_token_is_made_and_serves_for_nothing),
        WITH(a_card_may_have_no_subscriptions),
        WITH(a_forgotten_token_is_no_token),
        WITH(a_token_may_end_with_the_month),
        WITH(a_question_without_its_card_is_refused),
        WITH(a_par_is_the_cards_and_asked_by_card_or_token),
        WITH(a_guest_gets_a_number_for_one_payment),
        WITH(a_dead_keyholder_is_an_error_and_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
