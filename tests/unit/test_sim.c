/* test_sim.c: the simulated network, answering: tokens, numbers, cryptograms, requestors, and what test cards bring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/base64.h"

#include "sim_bed.h"

#include "base/banned.h"

static const char *approved(enum scheme s)
{
    return bed_card(s, TEST_APPROVE);
}

static void a_card_of_every_scheme_becomes_a_token(void **state)
{
    static const char *const prefixes[SCHEMES] = { "", "DVSPVT", "DWSPMC", "DRSPRP", "DASPAX", "DDSPDC" };
    struct fixture *f = *state;

    for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++) {
        struct network_answer t = bed_token(f, approved(s), s);

        assert_int_equal(t.ref.merchant_id, BED_MERCHANT);
        assert_int_equal(t.ref.token_no, s);
        assert_int_equal(t.life.status, TOKEN_ACTIVE);
        assert_int_equal(t.expiry.year * 100 + t.expiry.month, 202711);       /* 48 months after November 2023 */
        assert_int_equal(strlen(t.token_ref), NETWORK_TOKEN_REF_MAX);
        assert_memory_equal(t.token_ref, prefixes[s], 6);
        assert_int_equal(strlen(t.par), NETWORK_PAR_MAX);
        assert_int_equal(strlen(t.bin9), 9);
        assert_int_equal(strlen(t.last4), 4);
        assert_string_equal(t.number, "");
        assert_string_equal(t.tavv, "");
        assert_true(t.trid_active);
    }
}

static void a_number_is_of_its_scheme_and_no_cards(void **state)
{
    struct fixture *f = *state;

    for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++) {
        struct network_answer t = bed_token(f, approved(s), s), a = bed_simply(f, &t, NETWORK_NUMBER);
        struct pan pan = { .n = 0 };

        assert_int_equal(a.verdict, NETWORK_DONE);
        assert_int_equal(strlen(a.number), scheme_token_length(s));
        assert_int_equal(pan_read(&pan, span_of(a.number)), PAN_FINE);
        assert_int_equal(pan_scheme(&pan), s);
        assert_memory_equal(a.number, t.bin9, 9);
        assert_string_equal(a.number + strlen(a.number) - 4, t.last4);
        assert_string_not_equal(a.number, approved(s));
        assert_string_equal(a.tavv, "");
    }
}

static void a_cryptogram_is_new_each_time_and_of_twenty_bytes(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, approved(SCHEME_MASTERCARD), 1), first, second;
    uint8_t bytes[64];
    struct buf b = BUF(bytes);

    first = bed_simply(f, &t, NETWORK_CRYPTOGRAM);
    second = bed_simply(f, &t, NETWORK_CRYPTOGRAM);
    assert_int_equal(first.verdict, NETWORK_DONE);
    assert_int_equal(second.verdict, NETWORK_DONE);
    assert_string_equal(first.number, second.number);
    assert_string_not_equal(first.tavv, second.tavv);
    assert_string_equal(first.eci, "02");
    assert_int_equal(base64_read(&b, span_of(first.tavv)), FAULT_NONE);
    assert_int_equal(b.n, 20);
    t = bed_token(f, approved(SCHEME_VISA), 2);
    assert_string_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).eci, "07");
}

static void the_same_reference_is_the_same_token(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, approved(SCHEME_VISA), 1);
    struct network_answer first = bed_ask(f, &ask), again = bed_ask(f, &ask);
    struct sim_counts c;

    assert_int_equal(again.verdict, NETWORK_DONE);
    assert_string_equal(first.token_ref, again.token_ref);
    assert_string_equal(first.par, again.par);
    sim_counts(f->sim, &c);
    assert_int_equal(c.tokens, 1);
    assert_int_equal(c.asked[NETWORK_PROVISION], 2);
    assert_int_equal(c.answered[NETWORK_PROVISION], 2);
}

static void another_reference_is_another_token_of_one_par(void **state)
{
    struct fixture *f = *state;
    struct network_answer first = bed_token(f, approved(SCHEME_VISA), 1), second = bed_token(f, approved(SCHEME_VISA), 2);
    struct network_answer one = bed_simply(f, &first, NETWORK_NUMBER), two = bed_simply(f, &second, NETWORK_NUMBER);

    assert_string_not_equal(first.token_ref, second.token_ref);
    assert_string_not_equal(one.number, two.number);
    assert_string_equal(first.par, second.par);
    assert_memory_equal(first.par, "V001", 4);
}

static void what_became_of_a_provisioning_is_told_by_our_reference(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, approved(SCHEME_VISA), 1);
    struct network_ask ask = { .op = NETWORK_STATUS, .ref = { BED_MERCHANT, 1, 0 }, .scheme = SCHEME_VISA };
    struct network_answer a = bed_ask(f, &ask);

    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_string_equal(a.token_ref, t.token_ref);
    ask.ref.token_no = 2;
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
    ask.ref = (struct network_ref){ BED_MERCHANT + 1, 1, 0 };
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).verdict, NETWORK_DONE);
}

static void a_reference_that_is_not_the_networks_is_no_token(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, approved(SCHEME_VISA), 1);
    struct network_ask ask = bed_about(&t, NETWORK_STATUS);

    for (size_t i = 0; i < NETWORK_TOKEN_REF_MAX; i++) {
        char was = ask.token_ref[i];

        ask.token_ref[i] = was == '7' ? '8' : '7';
        assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
        ask.token_ref[i] = was;
    }
    ask.token_ref[NETWORK_TOKEN_REF_MAX - 1] = '\0';
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
}

static void capitals_make_no_second_reference(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, approved(SCHEME_VISA), 1);
    struct network_ask ask = bed_about(&t, NETWORK_STATUS);
    size_t changed = 0;

    for (char *p = ask.token_ref; *p; p++)
        if (*p >= 'a' && *p <= 'f') {
            *p = (char)(*p - 'a' + 'A');
            changed++;
        }
    assert_true(changed > 0);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
}

static void another_requestors_token_is_not_there(void **state)
{
    static const enum network_op ops[] = {
        NETWORK_NUMBER, NETWORK_CRYPTOGRAM, NETWORK_STATUS, NETWORK_SUSPEND, NETWORK_RESUME, NETWORK_DELETE, NETWORK_PAR,
    };
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, approved(SCHEME_VISA), 1);
    struct network_ask other = { .ref = { BED_MERCHANT + 1, 1, 0 }, .scheme = SCHEME_VISA }, ask;

    bed_trid(f, &other);
    assert_string_not_equal(other.trid, t.trid);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        ask = bed_about(&t, ops[i]);
        ask.ref.request = 1;
        memcpy(ask.trid, other.trid, sizeof ask.trid);
        assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
        ask.trid[0] = '\0';
        assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
    }
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).life.status, TOKEN_ACTIVE);
}

static void a_requestor_id_is_one_for_merchant_and_scheme(void **state)
{
    static const char *const prefixes[SCHEMES] = { "", "400", "501", "601", "301", "361" };
    struct fixture *f = *state;
    struct network_ask ask = { .ref = { BED_MERCHANT, 0, 0 } };
    char first[SCHEMES][NETWORK_TRID + 1];

    for (ask.scheme = SCHEME_VISA; ask.scheme < SCHEMES; ask.scheme++) {
        bed_trid(f, &ask);
        assert_int_equal(strlen(ask.trid), NETWORK_TRID);
        assert_memory_equal(ask.trid, prefixes[ask.scheme], 3);
        memcpy(first[ask.scheme], ask.trid, sizeof ask.trid);
        bed_trid(f, &ask);
        assert_string_equal(ask.trid, first[ask.scheme]);
    }
    ask.ref.merchant_id++;
    ask.scheme = SCHEME_VISA;
    bed_trid(f, &ask);
    assert_string_not_equal(ask.trid, first[SCHEME_VISA]);
}

static void onboarding_is_asked_about_and_ended(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = { .ref = { BED_MERCHANT, 0, 0 }, .scheme = SCHEME_VISA };
    struct network_answer a;

    bed_trid(f, &ask);
    ask.op = NETWORK_ONBOARD;
    a = bed_ask(f, &ask);
    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_true(a.trid_active);
    assert_int_equal(sim_requestor(f->sim, span_of(ask.trid), false), FAULT_NONE);
    a = bed_ask(f, &ask);
    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_false(a.trid_active);
    ask.trid[10] = ask.trid[10] == '1' ? '2' : '1';
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_REQUESTOR);
    assert_int_equal(sim_requestor(f->sim, span_of(ask.trid), false), FAULT_NOT_FOUND);
    ask.scheme = SCHEME_UNKNOWN;
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_BAD_REQUEST);
}

static void without_a_requestor_no_token(void **state)
{
    struct fixture *f = *state;
    struct network_ask ask = bed_wish(f, approved(SCHEME_VISA), 1), other = ask;

    ask.trid[0] = '\0';
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_REQUESTOR);
    other.scheme = SCHEME_RUPAY;
    bed_trid(f, &other);
    memcpy(ask.trid, other.trid, sizeof ask.trid);                 /* of another scheme */
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_REQUESTOR);
    other = (struct network_ask){ .ref = { BED_MERCHANT + 1, 0, 0 }, .scheme = SCHEME_VISA };
    bed_trid(f, &other);
    memcpy(ask.trid, other.trid, sizeof ask.trid);                 /* of another merchant */
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_REQUESTOR);
}

static void an_inactive_requestor_gets_neither_token_nor_cryptogram(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, approved(SCHEME_VISA), 1);
    struct network_ask ask = bed_wish(f, approved(SCHEME_VISA), 2);

    assert_int_equal(sim_requestor(f->sim, span_of(t.trid), false), FAULT_NONE);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_REQUESTOR_STATE);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_REQUESTOR_STATE);
    assert_int_equal(bed_simply(f, &t, NETWORK_NUMBER).verdict, NETWORK_REQUESTOR_STATE);
    assert_int_equal(bed_simply(f, &t, NETWORK_STATUS).verdict, NETWORK_DONE);
    assert_int_equal(sim_requestor(f->sim, span_of(t.trid), true), FAULT_NONE);
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_DONE);
    assert_int_equal(bed_simply(f, &t, NETWORK_CRYPTOGRAM).verdict, NETWORK_DONE);
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

static void a_blocked_cards_token_is_made_and_serves_for_nothing(void **state)
{
    static const enum network_op ops[] = {
        NETWORK_NUMBER, NETWORK_CRYPTOGRAM, NETWORK_STATUS, NETWORK_SUSPEND, NETWORK_RESUME, NETWORK_DELETE, NETWORK_PAR,
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

static void a_number_finds_its_token_for_its_requestor(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = bed_token(f, approved(SCHEME_DINERS), 5), n = bed_simply(f, &t, NETWORK_NUMBER), a;
    struct network_ask ask = { .op = NETWORK_FIND, .scheme = SCHEME_DINERS };

    memcpy(ask.number, n.number, sizeof ask.number);
    memcpy(ask.trid, t.trid, sizeof ask.trid);
    a = bed_ask(f, &ask);
    assert_int_equal(a.verdict, NETWORK_DONE);
    assert_int_equal(a.ref.merchant_id, BED_MERCHANT);
    assert_int_equal(a.ref.token_no, 5);
    assert_string_equal(a.number, "");
    ask.trid[10] = ask.trid[10] == '1' ? '2' : '1';
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
    memcpy(ask.trid, t.trid, sizeof ask.trid);
    memcpy(ask.number, "30569309025904", 15);                      /* a card's */
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_TOKEN);
    ask.number[0] = '\0';
    assert_int_not_equal(bed_ask(f, &ask).verdict, NETWORK_DONE);
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

static void tokens_are_listed_newest_first(void **state)
{
    static struct sim_token list[SIM_LIST_MAX];
    struct fixture *f = *state;
    size_t n = 99;

    assert_int_equal(sim_tokens(f->sim, list, &n), FAULT_NONE);
    assert_int_equal(n, 0);
    for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++) {
        fixture_set_clock(f, FIXTURE_NOW + s);
        (void)bed_token(f, approved(s), s);
    }
    assert_int_equal(sim_tokens(f->sim, list, &n), FAULT_NONE);
    assert_int_equal(n, 5);
    assert_int_equal(list[0].scheme, SCHEME_DINERS);
    assert_int_equal(list[4].scheme, SCHEME_VISA);
    assert_int_equal(list[4].ref.token_no, SCHEME_VISA);
    assert_int_equal(list[4].created_ms, FIXTURE_NOW + SCHEME_VISA);
    assert_int_equal(list[4].life.status, TOKEN_ACTIVE);
    assert_int_equal(strlen(list[4].par), NETWORK_PAR_MAX);
    assert_int_equal(strlen(list[4].trid), NETWORK_TRID);
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
        WITH(a_card_of_every_scheme_becomes_a_token),
        WITH(a_number_is_of_its_scheme_and_no_cards),
        WITH(a_cryptogram_is_new_each_time_and_of_twenty_bytes),
        WITH(the_same_reference_is_the_same_token),
        WITH(another_reference_is_another_token_of_one_par),
        WITH(what_became_of_a_provisioning_is_told_by_our_reference),
        WITH(a_reference_that_is_not_the_networks_is_no_token),
        WITH(capitals_make_no_second_reference),
        WITH(another_requestors_token_is_not_there),
        WITH(a_requestor_id_is_one_for_merchant_and_scheme),
        WITH(onboarding_is_asked_about_and_ended),
        WITH(without_a_requestor_no_token),
        WITH(an_inactive_requestor_gets_neither_token_nor_cryptogram),
        WITH(a_question_without_its_card_is_refused),
        WITH(each_test_card_without_a_token_has_its_verdict),
        WITH(a_blocked_cards_token_is_made_and_serves_for_nothing),
        WITH(a_card_may_have_no_subscriptions),
        WITH(a_forgotten_token_is_no_token),
        WITH(a_token_may_end_with_the_month),
        WITH(a_par_is_the_cards_and_asked_by_card_or_token),
        WITH(a_number_finds_its_token_for_its_requestor),
        WITH(a_guest_gets_a_number_for_one_payment),
        WITH(tokens_are_listed_newest_first),
        WITH(a_dead_keyholder_is_an_error_and_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
