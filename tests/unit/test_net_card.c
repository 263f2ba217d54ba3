/* test_net_card.c: the simulated network's questions: who a card is, token numbers, and cryptograms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "domain/bin.h"
#include "domain/cardscan.h"
#include "domain/test_cards.h"
#include "keyholder/card.h"
#include "keyholder/net_card.h"

#include "unit/heart_bed.h"
#include "unit/vectors.h"

#include "base/banned.h"

#define INR(minor) ((struct money){ minor, "INR" })

static struct net_card who_is(const char *digits)
{
    struct card_ask card = { CARD_FORM_NUMBER, span_of(digits), 7, 0, SPAN("") };
    struct card_facts facts;
    struct net_card who;
    struct key_ask ask;

    assert_int_equal(card_ask(&ask, bed.arena, &card), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_CARD, &ask), FAULT_NONE);
    assert_int_equal(card_read(&facts, &ask), FAULT_NONE);
    assert_int_equal(facts.flaw, CARD_FINE);
    assert_int_equal(net_card_ask(&ask, bed.arena, (struct span){ facts.flight, CARD_FLIGHT }), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &ask), FAULT_NONE);
    assert_int_equal(net_card_read(&who, &ask), FAULT_NONE);
    return who;
}

static struct net_tavv cryptogram(const struct net_cover *c)
{
    struct net_tavv out;
    struct key_ask ask;

    assert_int_equal(net_tavv_ask(&ask, bed.arena, c), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &ask), FAULT_NONE);
    assert_int_equal(net_tavv_read(&out, &ask), FAULT_NONE);
    return out;
}

static void number(char out[static NET_NUMBER], struct net_token t)
{
    struct key_ask ask;

    assert_int_equal(net_number_ask(&ask, bed.arena, t), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &ask), FAULT_NONE);
    assert_int_equal(net_number_read(out, &ask), FAULT_NONE);
}

static enum fault find(struct net_token *out, struct span digits)
{
    struct key_ask ask;

    assert_int_equal(net_find_ask(&ask, bed.arena, digits), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &ask), FAULT_NONE);
    return net_find_read(out, &ask);
}

static struct net_checked check(const char *digits, const char *tavv, const struct money *amount)
{
    struct net_checked out;
    struct key_ask ask;

    assert_int_equal(net_check_ask(&ask, bed.arena, span_of(digits), span_of(tavv), amount), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &ask), FAULT_NONE);
    assert_int_equal(net_check_read(&out, &ask), FAULT_NONE);
    return out;
}

/* What a second implementation of the protocol's description made: numbers, PARs and cryptograms. */
static void the_vectors_of_the_description_hold(void **state)
{
    struct vectors v = vectors_open("network.tsv");
    uint8_t room[VECTOR_BYTES];
    size_t numbers = 0, cards = 0, cryptograms = 0;

    (void)state;
    while (vectors_next(&v)) {
        struct net_cover c = { .payment = NET_ECOM };
        char digits[NET_NUMBER];
        uint64_t n;
        arena_reset(bed.arena);
        if (strcmp(v.column[0], "card") == 0) {
            struct net_card who = who_is(v.column[1]);
            assert_true(span_equal((struct span){ who.pan_mac, NET_PAN_MAC }, vectors_hex(v.column[2], room)));
            assert_string_equal(who.par, v.column[3]);
            cards++;
            continue;
        }
        assert_int_equal(scheme_read(&c.token.scheme, span_of(v.column[1])), FAULT_NONE);
        assert_int_equal(span_u64(&c.token.counter, span_of(v.column[2]), UINT64_MAX), FAULT_NONE);
        number(digits, c.token);
        assert_string_equal(digits, v.column[3]);
        if (strcmp(v.column[0], "number") == 0) {
            numbers++;
            continue;
        }
        c.payment = strcmp(v.column[4], "SUBS") == 0 ? NET_SUBS : NET_ECOM;
        assert_int_equal(span_u64(&c.serial, span_of(v.column[5]), UINT64_MAX), FAULT_NONE);
        assert_int_equal(span_u64(&n, span_of(v.column[6]), INT64_MAX), FAULT_NONE);
        c.amount = INR((int64_t)n);
        assert_string_equal(cryptogram(&c).tavv, v.column[7]);
        cryptograms++;
    }
    assert_int_equal(numbers, 20);
    assert_int_equal(cards, 7);
    assert_int_equal(cryptograms, 8);
}

static void a_card_has_one_par_and_another_card_another(void **state)
{
    static const char *const prefixes[SCHEMES] = { "", "V001", "5001", "R001", "A001", "D001" };
    static const char *const digits[SCHEMES] = {
        "", "4111111111111111", "5555555555554444", "6074825972083818", "378282246310005", "30569309025904",
    };
    struct net_card a, b;

    (void)state;
    for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++) {
        a = who_is(digits[s]);
        b = who_is(digits[s]);
        assert_int_equal(a.scheme, s);
        assert_memory_equal(&a, &b, sizeof a);
        assert_int_equal(strlen(a.par), 29);
        assert_memory_equal(a.par, prefixes[s], 4);
        assert_int_equal(strspn(a.par, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), 29);
    }
    a = who_is("4111111111111111");
    b = who_is("4012888888881881");
    assert_string_not_equal(a.par, b.par);
    assert_memory_not_equal(a.pan_mac, b.pan_mac, NET_PAN_MAC);
    assert_memory_not_equal(a.pan_mac, a.par + 4, NET_PAN_MAC);
}

static void a_published_test_card_is_known_and_others_are_not(void **state)
{
    size_t n;
    const struct test_card *rows = test_cards(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        arena_reset(bed.arena);
        assert_int_equal(who_is(rows[i].digits).test_card, i);
    }
    assert_int_equal(who_is("4000056655665556").test_card, NET_NO_TEST_CARD);
}

static void a_token_number_is_of_its_scheme_and_nobodys_card(void **state)
{
    (void)state;
    for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++) {
        const uint64_t counters[] = { 1, 2, 12345, net_tokens_max(s) };
        for (size_t i = 0; i < 4; i++) {
            char digits[NET_NUMBER];
            AUTO_PAN p = { .n = 0 };
            number(digits, (struct net_token){ s, counters[i] });
            assert_int_equal(strlen(digits), scheme_token_length(s));
            assert_int_equal(pan_read(&p, span_of(digits)), PAN_FINE);
            assert_int_equal(pan_scheme(&p), s);
            assert_int_equal(bin_of8(bin_test_cards(), pan_bin8(&p)).digits, 0);
        }
    }
}

static void a_number_tells_its_token_and_no_two_tokens_share_one(void **state)
{
    char digits[300][NET_NUMBER];

    (void)state;
    for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++)
        for (uint64_t i = 0; i < 300; i++) {
            uint64_t counter = i < 150 ? i + 1 : net_tokens_max(s) - (i - 150);
            struct net_token t;
            arena_reset(bed.arena);
            number(digits[i], (struct net_token){ s, counter });
            assert_int_equal(find(&t, span_of(digits[i])), FAULT_NONE);
            assert_int_equal(t.scheme, s);
            assert_int_equal(t.counter, counter);
            for (uint64_t k = 0; k < i; k++)
                assert_string_not_equal(digits[i], digits[k]);
        }
}

static void what_is_no_number_of_ours_is_not_found(void **state)
{
    static const char *const others[] = {
        "", "4", "489995", "4111111111111111", "48999500000000000", "489995000000000", "489995x000000000",
        "4899950000000 00", "999995000000000", "0000000000000000",
    };
    char digits[NET_NUMBER], longest[300];
    struct net_token t;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(find(&t, span_of(others[i])), FAULT_NOT_FOUND);
    memset(longest, '4', sizeof longest);
    assert_int_equal(find(&t, (struct span){ (uint8_t *)longest, sizeof longest }), FAULT_NOT_FOUND);
    number(digits, (struct net_token){ SCHEME_VISA, 77 });
    digits[15] = digits[15] == '9' ? '0' : (char)(digits[15] + 1);      /* Luhn */
    assert_int_equal(find(&t, span_of(digits)), FAULT_NOT_FOUND);
}

static void counters_out_of_range_are_refused_on_both_sides(void **state)
{
    struct key_ask ask;

    (void)state;
    assert_int_equal(net_tokens_max(SCHEME_VISA), 1000000000);
    assert_int_equal(net_tokens_max(SCHEME_AMEX), 100000000);
    assert_int_equal(net_tokens_max(SCHEME_DINERS), 10000000);
    assert_int_equal(net_tokens_max(SCHEME_UNKNOWN), 0);
    for (enum scheme s = SCHEME_UNKNOWN; s < SCHEMES; s++) {
        struct net_token beyond = { s, net_tokens_max(s) + 1 };
        assert_int_equal(net_number_ask(&ask, bed.arena, beyond), FAULT_BAD_INPUT);
        assert_int_equal(net_tavv_ask(&ask, bed.arena, &(struct net_cover){ .token = beyond }), FAULT_BAD_INPUT);
    }
    assert_int_equal(net_number_ask(&ask, bed.arena, (struct net_token){ SCHEME_VISA, 0 }), FAULT_BAD_INPUT);
    assert_int_equal(net_number_ask(&ask, bed.arena, (struct net_token){ SCHEME_VISA, 1 }), FAULT_NONE);
    ((uint8_t *)(uintptr_t)ask.in.p)[8] = 0;
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &ask), FAULT_BAD_INPUT);
    assert_int_equal(net_tavv_ask(&ask, bed.arena, &(struct net_cover){
        .token = { SCHEME_VISA, 1 }, .serial = UINT64_C(1) << NET_SERIAL_BITS }), FAULT_BAD_INPUT);
    assert_int_equal(net_tavv_ask(&ask, bed.arena, &(struct net_cover){
        .token = { SCHEME_VISA, 1 }, .amount = INR(-1) }), FAULT_BAD_INPUT);
}

static void a_cryptogram_is_good_for_its_token_and_tells_what_it_is(void **state)
{
    const struct net_cover covers[] = {
        { { SCHEME_VISA, 5 }, NET_ECOM, 1, { 0 } },
        { { SCHEME_AMEX, 5 }, NET_SUBS, (UINT64_C(1) << NET_SERIAL_BITS) - 1, { 0 } },
        { { SCHEME_DINERS, 9 }, NET_ECOM, 0x123456789ABCDE, INR(10150) },
        { { SCHEME_RUPAY, 9 }, NET_SUBS, 0, INR(1) },
    };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct net_tavv t = cryptogram(&covers[i]);
        struct net_checked c = check(t.number, t.tavv, &covers[i].amount);
        char digits[NET_NUMBER];
        number(digits, covers[i].token);
        assert_string_equal(t.number, digits);
        assert_int_equal(strlen(t.tavv), 28);
        assert_int_equal(c.verdict, NET_GOOD);
        assert_int_equal(c.token.scheme, covers[i].token.scheme);
        assert_int_equal(c.token.counter, covers[i].token.counter);
        assert_int_equal(c.payment, covers[i].payment);
        assert_true(c.serial == covers[i].serial);
    }
}

static void an_amount_that_was_covered_must_be_the_one_paid(void **state)
{
    const struct net_cover with = { { SCHEME_VISA, 5 }, NET_ECOM, 7, INR(10150) };
    const struct net_cover without = { { SCHEME_VISA, 5 }, NET_ECOM, 7, { 0 } };
    const struct money others[] = { INR(10151), { 10150, "USD" }, { 0 } };
    struct net_tavv t = cryptogram(&with);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct net_checked c = check(t.number, t.tavv, &others[i]);
        assert_int_equal(c.verdict, NET_AMOUNT);
        assert_int_equal(c.serial, 7);
    }
    assert_int_equal(check(t.number, t.tavv, NULL).verdict, NET_AMOUNT);
    t = cryptogram(&without);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(check(t.number, t.tavv, &others[i]).verdict, NET_GOOD);
    assert_int_equal(check(t.number, t.tavv, NULL).verdict, NET_GOOD);
}

/* Every character changed, for cryptograms with and without an amount: it is wrong, or of another amount at most. */
static void a_changed_cryptogram_is_not_good(void **state)
{
    const struct money paid = INR(10150);
    struct net_cover c = { { SCHEME_VISA, 5 }, NET_ECOM, 7, { 0 } };

    (void)state;
    for (int with = 0; with < 2; with++) {
        struct net_tavv t = cryptogram(&c);
        assert_int_equal(check(t.number, t.tavv, &paid).verdict, NET_GOOD);
        for (size_t i = 0; i < 27; i++) {
            char was = t.tavv[i];
            t.tavv[i] = was == 'A' ? 'Q' : 'A';
            enum net_verdict v = check(t.number, t.tavv, &paid).verdict;
            assert_int_equal(v, with && i >= 19 ? NET_AMOUNT : NET_WRONG);
            t.tavv[i] = was;
        }
        c.amount = paid;
    }
}

static void a_cryptogram_of_another_token_or_of_nonsense_is_wrong(void **state)
{
    static const char *const nonsense[] = {
        "", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "_AAAAAAAAAAAAAAAAAAAAAAAAAA=",
    };
    struct net_tavv visa = cryptogram(&(struct net_cover){ { SCHEME_VISA, 5 }, NET_ECOM, 7, { 0 } });
    struct net_tavv next = cryptogram(&(struct net_cover){ { SCHEME_VISA, 6 }, NET_ECOM, 7, { 0 } });
    struct net_tavv rupay = cryptogram(&(struct net_cover){ { SCHEME_RUPAY, 5 }, NET_ECOM, 7, { 0 } });
    struct net_checked c;

    (void)state;
    assert_int_equal(check(visa.number, next.tavv, NULL).verdict, NET_WRONG);
    assert_int_equal(check(visa.number, rupay.tavv, NULL).verdict, NET_WRONG);
    assert_int_equal(check("4111111111111111", visa.tavv, NULL).verdict, NET_NO_NUMBER);
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        c = check(visa.number, nonsense[i], NULL);
        assert_int_equal(c.verdict, NET_WRONG);
        assert_int_equal(c.token.counter, 5);
        assert_int_equal(c.serial, 0);
    }
}

static void numbers_told_are_counted(void **state)
{
    uint64_t before = heart_numbers_told(bed.heart);
    char digits[NET_NUMBER];
    struct net_token t;

    (void)state;
    number(digits, (struct net_token){ SCHEME_VISA, 1 });
    (void)cryptogram(&(struct net_cover){ { SCHEME_VISA, 5 }, NET_ECOM, 7, { 0 } });
    assert_int_equal(find(&t, span_of(digits)), FAULT_NONE);
    assert_int_equal(heart_numbers_told(bed.heart) - before, 2);
}

/* What is not answered, or nonsense, does not pass for an answer. */
static void answers_that_make_no_sense_are_internal_faults(void **state)
{
    char digits[NET_NUMBER];
    struct net_checked checked;
    struct net_token token;
    struct net_tavv tavv;
    struct net_card card;
    struct key_ask ask = { .fault = FAULT_SILENT };

    (void)state;
    for (int i = 0; i < 2; i++) {
        enum fault f = i ? FAULT_INTERNAL : FAULT_SILENT;
        assert_int_equal(net_number_read(digits, &ask), f);
        assert_int_equal(net_check_read(&checked, &ask), f);
        assert_int_equal(checked.verdict, NET_WRONG);
        assert_int_equal(net_find_read(&token, &ask), f);
        assert_int_equal(net_tavv_read(&tavv, &ask), f);
        assert_int_equal(net_card_read(&card, &ask), f);
        ask.fault = FAULT_NONE;
    }
    assert_int_equal(net_card_ask(&ask, bed.arena, SPAN("short")), FAULT_BAD_INPUT);
}

#define T(name) cmocka_unit_test_setup(name, bed_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_vectors_of_the_description_hold),
        T(a_card_has_one_par_and_another_card_another),
        T(a_published_test_card_is_known_and_others_are_not),
        T(a_token_number_is_of_its_scheme_and_nobodys_card),
        T(a_number_tells_its_token_and_no_two_tokens_share_one),
        T(what_is_no_number_of_ours_is_not_found),
        T(counters_out_of_range_are_refused_on_both_sides),
        T(a_cryptogram_is_good_for_its_token_and_tells_what_it_is),
        T(an_amount_that_was_covered_must_be_the_one_paid),
        T(a_changed_cryptogram_is_not_good),
        T(a_cryptogram_of_another_token_or_of_nonsense_is_wrong),
        T(numbers_told_are_counted),
        T(answers_that_make_no_sense_are_internal_faults),
    };

    return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}
