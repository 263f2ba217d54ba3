/* test_sim_verify.c: cryptograms that are presented: the good one, once; and each way in which one is not good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim_bed.h"

#include "base/banned.h"

#define HOUR_MS INT64_C(3600000)

static const struct money hundred = { 10000, "INR" };

static struct network_answer token(struct fixture *f, int64_t no)
{
    return bed_token(f, bed_card(SCHEME_VISA, TEST_APPROVE), no);
}

static struct network_answer cryptogram(struct fixture *f, const struct network_answer *t, const struct money *amount)
{
    struct network_ask ask = bed_about(t, NETWORK_CRYPTOGRAM);
    struct network_answer a;

    if (amount)
        ask.amount = *amount;
    a = bed_ask(f, &ask);
    assert_int_equal(a.verdict, NETWORK_DONE);
    return a;
}

/* A presented number and cryptogram, as an acquirer passes them on. */
static struct network_ask presented(const struct network_answer *c, int64_t request)
{
    struct network_ask ask = { .op = NETWORK_VERIFY, .ref = { BED_MERCHANT, 1, request }, .scheme = SCHEME_VISA };

    ask.amount = hundred;
    memcpy(ask.number, c->number, sizeof ask.number);
    memcpy(ask.tavv, c->tavv, sizeof ask.tavv);
    return ask;
}

static enum network_verdict verdict(struct fixture *f, const struct network_ask *ask)
{
    return bed_ask(f, ask).verdict;
}

static void a_good_cryptogram_is_spent_once(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), c = cryptogram(f, &t, NULL), a;
    struct network_ask ask = presented(&c, 5);

    a = bed_ask(f, &ask);
    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_string_equal(a.token_ref, t.token_ref);
    assert_int_equal(a.ref.token_no, 1);
    assert_string_equal(a.number, "");
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);              /* the same question, asked again */
    ask.ref.request = 6;
    assert_int_equal(verdict(f, &ask), NETWORK_REPLAYED);
    ask.ref = (struct network_ref){ BED_MERCHANT + 1, 1, 5 };
    assert_int_equal(verdict(f, &ask), NETWORK_REPLAYED);
}

static void without_a_reference_each_presentation_counts(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), c = cryptogram(f, &t, NULL);
    struct network_ask ask = presented(&c, 0);

    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
    assert_int_equal(verdict(f, &ask), NETWORK_REPLAYED);
}

static void what_was_spent_stays_spent_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), c = cryptogram(f, &t, NULL), unspent = cryptogram(f, &t, NULL);
    struct network_ask ask = presented(&c, 1);

    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
    fixture_network_stop(f);
    fixture_network_start(f, 0);
    ask.ref.request = 2;
    assert_int_equal(verdict(f, &ask), NETWORK_REPLAYED);
    ask = presented(&unspent, 3);
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
}

static void an_altered_cryptogram_is_not_the_tokens(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), other = token(f, 2), c = cryptogram(f, &t, NULL);
    struct network_answer others = cryptogram(f, &other, NULL);
    struct network_ask ask = presented(&c, 1);

    for (size_t i = 0; i < 26; i++) {             /* the last character before the padding has unused bits */
        char was = ask.tavv[i];

        ask.tavv[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(verdict(f, &ask), NETWORK_WRONG_CRYPTOGRAM);
        ask.tavv[i] = was;
    }
    memcpy(ask.tavv, others.tavv, sizeof ask.tavv);
    assert_int_equal(verdict(f, &ask), NETWORK_WRONG_CRYPTOGRAM);
    ask.tavv[0] = '\0';
    assert_int_equal(verdict(f, &ask), NETWORK_WRONG_CRYPTOGRAM);
    ask = presented(&c, 1);
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);              /* no failure spent it */
}

static void a_number_that_is_no_tokens_is_told(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), c = cryptogram(f, &t, NULL);
    struct network_ask ask = presented(&c, 1);

    memcpy(ask.number, "4111111111111111", 17);
    assert_int_equal(verdict(f, &ask), NETWORK_WRONG_TOKEN);
    ask.number[0] = '\0';
    assert_int_equal(verdict(f, &ask), NETWORK_WRONG_TOKEN);
    ask = presented(&c, 1);
    memcpy(ask.trid, "40012345678", 12);          /* another requestor's */
    assert_int_equal(verdict(f, &ask), NETWORK_WRONG_TOKEN);
    memcpy(ask.trid, t.trid, sizeof ask.trid);
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
}

static void a_cryptogram_with_an_amount_is_good_for_that_amount(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), c = cryptogram(f, &t, &hundred);
    struct network_ask ask = presented(&c, 1);

    ask.amount.minor++;
    assert_int_equal(verdict(f, &ask), NETWORK_WRONG_AMOUNT);
    ask.amount = (struct money){ 10000, "USD" };
    assert_int_equal(verdict(f, &ask), NETWORK_WRONG_AMOUNT);
    ask.amount = hundred;
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);              /* the same question, asked again */
    ask.amount.minor++;
    assert_int_equal(verdict(f, &ask), NETWORK_WRONG_AMOUNT);      /* and under its reference another one */
}

static void a_cryptogram_without_an_amount_is_good_for_any(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), c = cryptogram(f, &t, NULL);
    struct network_ask ask = presented(&c, 1);

    ask.amount.minor = 1;
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
}

static void a_cryptogram_is_good_for_a_day(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), first = cryptogram(f, &t, NULL), second = cryptogram(f, &t, NULL);
    struct network_ask ask = presented(&first, 1);

    fixture_set_clock(f, FIXTURE_NOW + 24 * HOUR_MS);
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
    fixture_set_clock(f, FIXTURE_NOW + 24 * HOUR_MS + 1);
    ask = presented(&second, 2);
    assert_int_equal(verdict(f, &ask), NETWORK_STALE);
}

static void a_token_must_be_active(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), c = cryptogram(f, &t, NULL), a;
    struct network_ask ask = presented(&c, 1);

    assert_int_equal(bed_effect(f, &t, NETWORK_SUSPEND, 1).verdict, NETWORK_DONE);
    a = bed_ask(f, &ask);
    assert_int_equal(a.verdict, NETWORK_BAD_STATE);
    assert_int_equal(a.life.status, TOKEN_SUSPENDED);
    assert_int_equal(bed_effect(f, &t, NETWORK_RESUME, 2).verdict, NETWORK_DONE);
    assert_int_equal(sim_happen(f->sim, span_of(t.token_ref), SIM_BLOCK_CARD, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(verdict(f, &ask), NETWORK_CARD_BLOCKED);
    assert_int_equal(sim_happen(f->sim, span_of(t.token_ref), SIM_UNBLOCK_CARD, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
    c = cryptogram(f, &t, NULL);
    ask = presented(&c, 2);
    assert_int_equal(bed_effect(f, &t, NETWORK_DELETE, 3).verdict, NETWORK_DONE);
    assert_int_equal(verdict(f, &ask), NETWORK_BAD_STATE);
}

static void a_guests_number_pays_once(void **state)
{
    struct fixture *f = *state;
    struct network_ask wish = bed_wish(f, bed_card(SCHEME_VISA, TEST_APPROVE), 0), ask;
    struct network_answer alt;

    wish.op = NETWORK_ALT_ID;
    wish.ref.request = 3;
    wish.amount = hundred;
    alt = bed_ask(f, &wish);
    ask = presented(&alt, 1);
    ask.amount.minor--;
    assert_int_equal(verdict(f, &ask), NETWORK_WRONG_AMOUNT);
    ask.amount = hundred;
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
    ask.ref.request = 2;
    assert_int_equal(verdict(f, &ask), NETWORK_REPLAYED);
}

static void serials_go_on_when_the_clock_goes_back(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), before = cryptogram(f, &t, NULL), after;
    struct network_ask ask;

    fixture_set_clock(f, FIXTURE_NOW - HOUR_MS);
    after = cryptogram(f, &t, NULL);
    assert_string_not_equal(before.tavv, after.tavv);
    fixture_network_stop(f);
    fixture_network_start(f, 0);
    for (int i = 0; i < 3; i++) {                 /* none of them was given before the restart */
        struct network_answer next = cryptogram(f, &t, NULL);

        assert_string_not_equal(next.tavv, before.tavv);
        assert_string_not_equal(next.tavv, after.tavv);
        after = next;
    }
    ask = presented(&after, 1);
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
    ask = presented(&before, 2);
    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
}

static void what_is_forgotten_is_stale_whatever_the_clock_says(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = token(f, 1), c = cryptogram(f, &t, NULL);
    struct network_ask ask = presented(&c, 1);

    assert_int_equal(verdict(f, &ask), NETWORK_DONE);
    fixture_set_clock(f, FIXTURE_NOW + 72 * HOUR_MS);
    (void)cryptogram(f, &t, NULL);                /* what is given now tells the age of what was given then */
    fixture_network_stop(f);
    fixture_network_start(f, 0);                  /* the thread forgets before it takes what is asked below ... */
    (void)bed_simply(f, &t, NETWORK_STATUS);
    (void)bed_simply(f, &t, NETWORK_STATUS);      /* ... at the latest before this second question */
    fixture_set_clock(f, FIXTURE_NOW);
    ask.ref.request = 2;
    assert_int_equal(verdict(f, &ask), NETWORK_STALE);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_good_cryptogram_is_spent_once),
        WITH(without_a_reference_each_presentation_counts),
        WITH(what_was_spent_stays_spent_after_a_restart),
        WITH(an_altered_cryptogram_is_not_the_tokens),
        WITH(a_number_that_is_no_tokens_is_told),
        WITH(a_cryptogram_with_an_amount_is_good_for_that_amount),
        WITH(a_cryptogram_without_an_amount_is_good_for_any),
        WITH(a_cryptogram_is_good_for_a_day),
        WITH(a_token_must_be_active),
        WITH(a_guests_number_pays_once),
        WITH(serials_go_on_when_the_clock_goes_back),
        WITH(what_is_forgotten_is_stale_whatever_the_clock_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
