/* test_charge.c: cards with their codes, sealed for the acquirer, and what he is told of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "domain/test_cards.h"

#include "unit/heart_bed.h"
#include "unit/vectors.h"

#include "base/banned.h"

#define NOW INT64_C(1790000000000)    /* September 2026 */
#define VISA "4111111111111111"

static struct card_facts typed(const char *number, const char *code)
{
    struct card_typed t = { span_of(number), span_of(number ? "10" : NULL), span_of(number ? "30" : NULL),
                            span_of(code) };

    return bed_typed(bed.heart, &t, NOW);
}

static struct charge_card told(const char *number, const char *code)
{
    struct card_facts facts = typed(number, code);
    struct charge_card c;

    assert_int_equal(facts.flaw, CARD_FINE);
    assert_int_equal(bed_charge(bed.heart, &c, &facts), FAULT_NONE);
    return c;
}

static void the_acquirer_is_told_who_a_card_is_and_never_its_number(void **state)
{
    struct charge_card c = told(VISA, "123");

    (void)state;
    assert_int_equal(c.scheme, SCHEME_VISA);
    assert_int_equal(c.bin8.number, 41111111);
    assert_string_equal(c.last4.text, "1111");
    assert_int_equal(c.expiry.month, 10);
    assert_int_equal(c.expiry.year, 2030);
    assert_true(c.has_code);
    assert_true(c.code_is_right);
    c = told(VISA, NULL);
    assert_int_equal(c.scheme, SCHEME_VISA);
    assert_false(c.has_code);
    assert_false(c.code_is_right);
}

static void a_card_is_the_same_to_the_acquirer_each_time_and_another_to_the_network(void **state)
{
    struct vectors v = vectors_open("keyholder.tsv");
    uint8_t digits[VECTOR_BYTES], mac[VECTOR_BYTES];
    size_t n = 0;

    (void)state;
    while (vectors_next(&v)) {
        struct card_facts facts;
        struct charge_card c;
        struct net_card net;
        char number[PAN_DIGITS_MAX + 1];
        if (strcmp(v.column[0], "charge") != 0)
            continue;
        assert_int_equal(span_text(number, sizeof number, vectors_hex(v.column[3], digits)), FAULT_NONE);
        facts = typed(number, NULL);
        assert_int_equal(bed_charge(bed.heart, &c, &facts), FAULT_NONE);
        assert_int_equal(bed_flight(bed.heart, &net, &facts), FAULT_NONE);
        assert_int_equal(vectors_hex(v.column[4], mac).n, NET_PAN_MAC);
        assert_memory_equal(c.pan_mac, mac, NET_PAN_MAC);
        assert_memory_not_equal(net.pan_mac, mac, NET_PAN_MAC);
        n++;
    }
    assert_int_equal(n, 5);
}

static void the_published_wrong_codes_are_wrong_and_others_right(void **state)
{
    static const struct { const char *number, *code; bool right; } rows[] = {
        { VISA, "999", false }, { VISA, "998", true }, { VISA, "899", true }, { VISA, "989", true },
        { VISA, "000", true }, { "378282246310005", "9999", false }, { "378282246310005", "9990", true },
        { "378282246310005", "0999", true }, { NULL, "999", false }, { NULL, "9999", false }, { NULL, "123", true },
        { NULL, "9998", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct charge_card c = told(rows[i].number, rows[i].code);
        assert_true(c.has_code);
        assert_int_equal(c.code_is_right, rows[i].right);
    }
}

static void every_test_card_is_known_by_its_row(void **state)
{
    size_t n;
    const struct test_card *all = test_cards(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct charge_card c = told(all[i].digits, NULL);
        assert_int_equal(c.test_card, i);
        assert_int_equal(c.scheme, all[i].scheme);
        arena_reset(bed.arena);
    }
    assert_int_equal(told("4000000000000002", NULL).test_card, NET_NO_TEST_CARD);
}

static void of_a_code_alone_nothing_else_is_told(void **state)
{
    const struct charge_card expected = { .test_card = NET_NO_TEST_CARD, .has_code = true, .code_is_right = true };
    struct charge_card c = told(NULL, "321");

    (void)state;
    assert_memory_equal(c.pan_mac, expected.pan_mac, NET_PAN_MAC);
    assert_int_equal(c.scheme, SCHEME_UNKNOWN);
    assert_int_equal(c.bin8.number, 0);
    assert_string_equal(c.last4.text, "");
    assert_int_equal(c.expiry.year, 0);
    assert_int_equal(c.test_card, NET_NO_TEST_CARD);
    assert_true(c.has_code);
}

static void a_flight_is_no_charge_and_a_charge_no_flight(void **state)
{
    struct card_facts facts = typed(VISA, "123"), swapped = facts;
    struct charge_card c;
    struct net_card net;

    (void)state;
    memcpy(swapped.flight, facts.charge, CARD_FLIGHT);
    memcpy(swapped.charge, facts.flight, CARD_CHARGE);
    assert_int_equal(bed_charge(bed.heart, &c, &facts), FAULT_NONE);
    assert_int_equal(bed_flight(bed.heart, &net, &facts), FAULT_NONE);
    assert_int_equal(bed_charge(bed.heart, &c, &swapped), FAULT_DENIED);
    assert_int_equal(bed_flight(bed.heart, &net, &swapped), FAULT_DENIED);
}

static void a_charge_with_any_byte_changed_is_refused(void **state)
{
    struct card_facts facts = typed(VISA, "123");
    struct charge_card c;

    (void)state;
    for (size_t i = 0; i < CARD_CHARGE; i++) {
        facts.charge[i] ^= 1;
        assert_int_equal(bed_charge(bed.heart, &c, &facts), FAULT_DENIED);
        assert_false(c.has_code);
        facts.charge[i] ^= 1;
        arena_reset(bed.arena);
    }
    assert_int_equal(bed_charge(bed.heart, &c, &facts), FAULT_NONE);
}

static void only_the_acquirers_connection_may_ask(void **state)
{
    struct card_facts facts = typed(VISA, "123");
    struct charge_card c;
    struct key_ask ask;

    (void)state;
    assert_int_equal(charge_ask(&ask, bed.arena, (struct span){ facts.charge, CARD_CHARGE }), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_GATEWAY | MAY_NETWORK, &ask), FAULT_DENIED);
    assert_int_equal(charge_read(&c, &ask), FAULT_DENIED);
    assert_int_equal(ask_heart(bed.heart, MAY_ACQUIRER, &ask), FAULT_NONE);
    assert_int_equal(charge_read(&c, &ask), FAULT_NONE);
    assert_int_equal(net_card_ask(&ask, bed.arena, (struct span){ facts.flight, CARD_FLIGHT }), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_ACQUIRER, &ask), FAULT_DENIED);
}

static void each_charge_that_is_read_is_counted(void **state)
{
    struct card_facts facts = typed(VISA, "123"), other = facts;
    uint64_t before = heart_cards_opened(bed.heart);
    struct charge_card c;

    (void)state;
    other.charge[40] ^= 1;
    assert_int_equal(bed_charge(bed.heart, &c, &facts), FAULT_NONE);
    assert_int_equal(bed_charge(bed.heart, &c, &other), FAULT_DENIED);
    assert_int_equal(bed_charge(bed.heart, &c, &facts), FAULT_NONE);
    assert_int_equal(heart_cards_opened(bed.heart) - before, 2);
}

static void a_question_of_another_size_is_not_made(void **state)
{
    static const uint8_t bytes[CARD_CHARGE + 1];
    struct key_ask ask;

    (void)state;
    assert_int_equal(charge_ask(&ask, bed.arena, (struct span){ bytes, CARD_CHARGE - 1 }), FAULT_BAD_INPUT);
    assert_int_equal(charge_ask(&ask, bed.arena, (struct span){ bytes, CARD_CHARGE + 1 }), FAULT_BAD_INPUT);
    assert_int_equal(charge_ask(&ask, bed.arena, (struct span){ 0 }), FAULT_BAD_INPUT);
}

/* Offsets as in keyholder/charge_wire.h. */
static void an_answer_that_makes_no_sense_is_an_internal_fault(void **state)
{
    static const struct { size_t at; uint8_t to; } bad[] = {
        { 16, SCHEMES }, { 16, SCHEME_UNKNOWN }, { 27, 13 }, { 27, 0 }, { 25, 0 }, { 29, 0 },
    };
    struct card_facts facts = typed(VISA, "123");
    struct charge_card c;
    struct key_ask ask;

    (void)state;
    assert_int_equal(charge_ask(&ask, bed.arena, (struct span){ facts.charge, CARD_CHARGE }), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_ACQUIRER, &ask), FAULT_NONE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t was = ask.out.p[bad[i].at];
        ask.out.p[bad[i].at] = bad[i].to;
        assert_int_equal(charge_read(&c, &ask), FAULT_INTERNAL);
        assert_int_equal(c.test_card, NET_NO_TEST_CARD);
        ask.out.p[bad[i].at] = was;
        assert_int_equal(charge_read(&c, &ask), FAULT_NONE);
    }
    ask.out.n--;
    assert_int_equal(charge_read(&c, &ask), FAULT_INTERNAL);
    ask.fault = FAULT_SILENT;
    assert_int_equal(charge_read(&c, &ask), FAULT_SILENT);
    ask.fault = FAULT_BAD_INPUT;
    assert_int_equal(charge_read(&c, &ask), FAULT_INTERNAL);
}

#define T(name) cmocka_unit_test_setup(name, bed_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_acquirer_is_told_who_a_card_is_and_never_its_number),
        T(a_card_is_the_same_to_the_acquirer_each_time_and_another_to_the_network),
        T(the_published_wrong_codes_are_wrong_and_others_right),
        T(every_test_card_is_known_by_its_row),
        T(of_a_code_alone_nothing_else_is_told),
        T(a_flight_is_no_charge_and_a_charge_no_flight),
        T(a_charge_with_any_byte_changed_is_refused),
        T(only_the_acquirers_connection_may_ask),
        T(each_charge_that_is_read_is_counted),
        T(a_question_of_another_size_is_not_made),
        T(an_answer_that_makes_no_sense_is_an_internal_fault),
    };

    return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}
