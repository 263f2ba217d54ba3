/* test_card_clear.c: cards that payers typed: joined, read, and told about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/heart_bed.h"

#include "base/banned.h"

#define NOW INT64_C(1790000000000)    /* September 2026 */
#define VISA "4111111111111111"
#define AMEX "378282246310005"

static struct card_typed typed(const char *number, const char *month, const char *year, const char *code)
{
    return (struct card_typed){ span_of(number), span_of(month), span_of(year), span_of(code) };
}

static struct card_facts tell(const char *number, const char *month, const char *year, const char *code)
{
    struct card_typed t = typed(number, month, year, code);

    return bed_typed(bed.heart, &t, NOW);
}

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static void what_was_typed_is_joined_as_the_header_says(void **state)
{
    static const struct { struct card_typed typed; struct span joined; } rows[] = {
        { { SPAN(VISA), SPAN("01"), SPAN("28"), SPAN("123") }, SPAN("\x10" VISA "\x02" "01" "\x02" "28" "\x03" "123") },
        { { SPAN(VISA), SPAN("1"), SPAN("2028"), { 0 } }, SPAN("\x10" VISA "\x01" "1" "\x04" "2028" "\0") },
        { { { 0 }, { 0 }, { 0 }, SPAN("123") }, SPAN("\0" "\0" "\0" "\x03" "123") },
        { { SPAN("4111 1111-1111 1111"), SPAN(""), SPAN(""), SPAN("") }, SPAN("\x10" VISA "\0\0\0") },
        { { SPAN("41  11"), SPAN("1 2"), SPAN(""), SPAN("1-2") }, SPAN("\x06" "41  11" "\x03" "1 2" "\0\x03" "1-2") },
        { { SPAN(" 4111 "), SPAN(""), SPAN(""), SPAN("") }, SPAN("\x06" " 4111 " "\0\0\0") },
        { { SPAN("-4-a 1-"), SPAN(""), SPAN(""), SPAN("") }, SPAN("\x07" "-4-a 1-" "\0\0\0") },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t room[CARD_CLEAR_MAX];
        struct buf b = BUF(room);
        assert_int_equal(card_clear(&b, &rows[i].typed), FAULT_NONE);
        assert_true(span_equal(buf_view(&b), rows[i].joined));
    }
}

static void what_does_not_fit_is_bad_input(void **state)
{
    static const char digits[400] = { [0 ... 399] = '4' };
    uint8_t room[CARD_CLEAR_MAX], big[2 * CARD_CLEAR_MAX];
    struct card_typed t = { 0 };
    struct span *const members[] = { &t.number, &t.month, &t.year, &t.code };

    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (size_t n = CARD_CLEAR_MAX - 5; n < sizeof digits; n++) {
            struct buf b = BUF(room), roomy = BUF(big);
            t = (struct card_typed){ .code = SPAN("") };
            *members[i] = (struct span){ (const uint8_t *)digits, n };
            assert_int_equal(card_clear(&b, &t), n + 4 <= CARD_CLEAR_MAX ? FAULT_NONE : FAULT_BAD_INPUT);
            assert_int_equal(card_clear(&roomy, &t), n + 4 <= CARD_CLEAR_MAX ? FAULT_NONE : FAULT_BAD_INPUT);
        }
}

static void a_typed_card_is_told_about_like_any_other(void **state)
{
    struct card_facts c = tell("4111 1111 1111 1111", "10", "2030", "123"), other;
    struct card_ask number = { CARD_FORM_NUMBER, SPAN(VISA), 7, NOW, SPAN("owner") };
    struct key_ask ask;

    (void)state;
    assert_int_equal(c.flaw, CARD_FINE);
    assert_int_equal(c.scheme, SCHEME_VISA);
    assert_int_equal(c.bin8.number, 41111111);
    assert_string_equal(c.last4.text, "1111");
    assert_true(c.has_code);
    assert_false(is_zero(c.charge, sizeof c.charge));
    assert_memory_not_equal(c.charge, c.flight, sizeof c.charge);
    assert_int_equal(card_ask(&ask, bed.arena, &number), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_CARD, &ask), FAULT_NONE);
    assert_int_equal(card_read(&other, &ask), FAULT_NONE);
    assert_memory_equal(c.fingerprint, other.fingerprint, CARD_FINGERPRINT);
    assert_memory_equal(c.owner, other.owner, CARD_OWNER);
    assert_true(is_zero(other.charge, sizeof other.charge));
}

static void a_missing_code_is_no_flaw_and_a_wrong_one_is(void **state)
{
    static const struct { const char *number, *code; enum card_flaw flaw; bool has_code; } rows[] = {
        { VISA, NULL, CARD_FINE, false }, { VISA, "", CARD_FINE, false }, { VISA, "123", CARD_FINE, true },
        { VISA, "12", CARD_CODE, true }, { VISA, "1234", CARD_CODE, true }, { VISA, "12a", CARD_CODE, true },
        { VISA, "12 3", CARD_CODE, true }, { VISA, "12345", CARD_CODE, true }, { AMEX, "1234", CARD_FINE, true },
        { AMEX, "123", CARD_CODE, true }, { AMEX, NULL, CARD_FINE, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct card_facts c = tell(rows[i].number, "10", "30", rows[i].code);
        assert_int_equal(c.flaw, rows[i].flaw);
        assert_int_equal(c.has_code, rows[i].has_code);
        assert_int_equal(is_zero(c.charge, sizeof c.charge), rows[i].flaw != CARD_FINE);
        assert_int_equal(is_zero(c.flight, sizeof c.flight), rows[i].flaw != CARD_FINE);
    }
}

static void the_first_flaw_is_told(void **state)
{
    static const struct { const char *number, *month, *year, *code; enum card_flaw flaw; enum pan_flaw pan; } rows[] = {
        { NULL, NULL, NULL, NULL, CARD_NUMBER, PAN_MISSING }, { NULL, "13", "30", "1", CARD_NUMBER, PAN_MISSING },
        { NULL, "10", NULL, "123", CARD_NUMBER, PAN_MISSING }, { NULL, NULL, "30", "123", CARD_NUMBER, PAN_MISSING },
        { "4111  111111111111", "13", "30", "1", CARD_NUMBER, PAN_NOT_DIGITS },
        { "9111111111111111", "10", "30", "123", CARD_NUMBER, PAN_SCHEME },
        { "411111111111111", "10", "30", "123", CARD_NUMBER, PAN_LENGTH },
        { "4111111111111112", "13", "30", "123", CARD_NUMBER, PAN_LUHN },
        { VISA, NULL, "30", "1", CARD_MONTH, PAN_FINE }, { VISA, "13", "x", "1", CARD_MONTH, PAN_FINE },
        { VISA, "10", NULL, "1", CARD_YEAR, PAN_FINE }, { VISA, "10", "203", "1", CARD_YEAR, PAN_FINE },
        { VISA, "08", "26", "1", CARD_EXPIRED, PAN_FINE }, { VISA, "09", "26", "1", CARD_CODE, PAN_FINE },
        { VISA, "09", "2026", "123", CARD_FINE, PAN_FINE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct card_facts c = tell(rows[i].number, rows[i].month, rows[i].year, rows[i].code);
        assert_int_equal(c.flaw, rows[i].flaw);
        assert_int_equal(c.pan, rows[i].pan);
        assert_int_equal(is_zero(c.charge, sizeof c.charge), rows[i].flaw != CARD_FINE);
    }
}

static void a_code_alone_gives_a_charge_and_nothing_else(void **state)
{
    static const struct { const char *code; enum card_flaw flaw; } rows[] = {
        { "123", CARD_FINE }, { "1234", CARD_FINE }, { "12", CARD_CODE }, { "12345", CARD_CODE }, { "12a", CARD_CODE },
        { "123a", CARD_CODE }, { " 123", CARD_CODE },
    };
    uint64_t before = heart_cards_opened(bed.heart);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct card_facts c = tell(NULL, "", NULL, rows[i].code);
        assert_int_equal(c.flaw, rows[i].flaw);
        assert_int_equal(c.scheme, SCHEME_UNKNOWN);
        assert_true(c.has_code);
        assert_int_equal(is_zero(c.charge, sizeof c.charge), rows[i].flaw != CARD_FINE);
        assert_true(is_zero(c.flight, sizeof c.flight));
        assert_true(is_zero(c.fingerprint, sizeof c.fingerprint));
        assert_true(is_zero(c.owner, sizeof c.owner));
        assert_int_equal(c.bin8.number, 0);
        assert_string_equal(c.last4.text, "");
    }
    assert_int_equal(heart_cards_opened(bed.heart), before);
}

static void a_typed_card_that_is_opened_is_counted(void **state)
{
    uint64_t before = heart_cards_opened(bed.heart);

    (void)state;
    (void)tell(VISA, "10", "30", "123");
    (void)tell(VISA, "10", "30", NULL);
    (void)tell(VISA, "13", "30", NULL);
    assert_int_equal(heart_cards_opened(bed.heart) - before, 2);
}

/* Every text that card_clear() does not write. */
static void another_text_is_unreadable(void **state)
{
    static const uint8_t good[] = "\x10" VISA "\x02" "10" "\x02" "30" "\x03" "123";
    struct card_ask c = { .form = CARD_FORM_CLEAR, .merchant_id = 7, .now_ms = NOW };
    struct card_facts facts;
    struct key_ask ask;

    (void)state;
    for (size_t n = 1; n <= sizeof good; n++) {
        c.text = (struct span){ good, n };        /* the last one has the NUL behind it */
        assert_int_equal(card_ask(&ask, bed.arena, &c), FAULT_NONE);
        assert_int_equal(ask_heart(bed.heart, MAY_CARD, &ask), FAULT_NONE);
        assert_int_equal(card_read(&facts, &ask), FAULT_NONE);
        assert_int_equal(facts.flaw, n == sizeof good - 1 ? CARD_FINE : CARD_UNREADABLE);
        assert_int_equal(facts.why[0] == '\0', n == sizeof good - 1);
        arena_reset(bed.arena);
    }
}

#define T(name) cmocka_unit_test_setup(name, bed_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_was_typed_is_joined_as_the_header_says),
        T(what_does_not_fit_is_bad_input),
        T(a_typed_card_is_told_about_like_any_other),
        T(a_missing_code_is_no_flaw_and_a_wrong_one_is),
        T(the_first_flaw_is_told),
        T(a_code_alone_gives_a_charge_and_nothing_else),
        T(a_typed_card_that_is_opened_is_counted),
        T(another_text_is_unreadable),
    };

    return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}
