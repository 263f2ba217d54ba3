/* test_sim.c: the simulated network, answering: tokens, numbers, cryptograms and requestors. */
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
    ask.ref.request = 5;                          /* which is no part of a provisioning's reference */
    assert_string_equal(bed_ask(f, &ask).token_ref, first.token_ref);
    ask.ref.token_no = 2;
    again = bed_ask(f, &ask);
    ask.ref.request = 0;
    assert_string_equal(bed_ask(f, &ask).token_ref, again.token_ref);
    sim_counts(f->sim, &c);
    assert_int_equal(c.tokens, 2);
    assert_int_equal(c.asked[NETWORK_PROVISION], 5);
    assert_int_equal(c.answered[NETWORK_PROVISION], 5);
}

static struct network_answer make_with_number(struct fixture *f, const char *digits, int64_t no)
{
    struct network_ask ask = bed_wish(f, digits, no);

    ask.wants_number = true;
    return bed_ask(f, &ask);
}

static void a_new_tokens_number_is_told_with_it_when_it_is_wanted(void **state)
{
    struct fixture *f = *state;
    struct network_answer t = make_with_number(f, approved(SCHEME_VISA), 1);
    struct network_ask again = bed_wish(f, approved(SCHEME_VISA), 1);

    assert_int_equal(t.verdict, NETWORK_DONE);
    assert_int_equal(strlen(t.number), scheme_token_length(SCHEME_VISA));
    assert_string_equal(t.tavv, "");
    assert_string_equal(bed_simply(f, &t, NETWORK_NUMBER).number, t.number);
    again.wants_number = true;                    /* of the token that is there, the number is a question of its own */
    assert_string_equal(bed_ask(f, &again).number, "");
}

static void a_number_that_would_be_refused_is_not_told_with_its_token(void **state)
{
    static const struct { enum test_outcome outcome; enum network_verdict made, asked; } rows[] = {
        { TEST_BLOCKED,   NETWORK_DONE,  NETWORK_CARD_BLOCKED },
        { TEST_FORGOTTEN, NETWORK_DONE,  NETWORK_NO_TOKEN },
        { TEST_LATER,     NETWORK_LATER, NETWORK_BAD_STATE },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network_answer t = make_with_number(f, bed_card(SCHEME_VISA, rows[i].outcome), (int64_t)i + 1);

        assert_int_equal(t.verdict, rows[i].made);
        assert_string_equal(t.number, "");
        assert_int_equal(bed_simply(f, &t, NETWORK_NUMBER).verdict, rows[i].asked);
    }
}

static void another_reference_is_another_token_of_one_par(void **state)
{
    struct fixture *f = *state;
    struct network_answer first = bed_token(f, approved(SCHEME_VISA), 1);
    struct network_answer second = bed_token(f, approved(SCHEME_VISA), 2);
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
        NETWORK_NUMBER, NETWORK_CRYPTOGRAM, NETWORK_STATUS, NETWORK_SUSPEND, NETWORK_RESUME, NETWORK_DELETE,
        NETWORK_PAR,
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
    ask.ref.merchant_id++;                        /* another merchant's is none of his */
    assert_int_equal(bed_ask(f, &ask).verdict, NETWORK_NO_REQUESTOR);
    ask.ref.merchant_id--;
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

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_card_of_every_scheme_becomes_a_token),
        WITH(a_number_is_of_its_scheme_and_no_cards),
        WITH(a_cryptogram_is_new_each_time_and_of_twenty_bytes),
        WITH(the_same_reference_is_the_same_token),
        WITH(a_new_tokens_number_is_told_with_it_when_it_is_wanted),
        WITH(a_number_that_would_be_refused_is_not_told_with_its_token),
        WITH(another_reference_is_another_token_of_one_par),
        WITH(what_became_of_a_provisioning_is_told_by_our_reference),
        WITH(a_reference_that_is_not_the_networks_is_no_token),
        WITH(capitals_make_no_second_reference),
        WITH(another_requestors_token_is_not_there),
        WITH(a_requestor_id_is_one_for_merchant_and_scheme),
        WITH(onboarding_is_asked_about_and_ended),
        WITH(without_a_requestor_no_token),
        WITH(an_inactive_requestor_gets_neither_token_nor_cryptogram),
        WITH(a_number_finds_its_token_for_its_requestor),
        WITH(tokens_are_listed_newest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
