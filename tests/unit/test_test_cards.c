/* test_test_cards.c: the published test cards are sound, and docs/TEST-CARDS.md shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "domain/bin.h"
#include "domain/test_cards.h"

#include "base/banned.h"

enum { PAGE_MAX = 64 * 1024 };

static struct pan read_card(const char *digits)
{
    struct pan p = { .n = 0 };

    assert_int_equal(pan_read(&p, span_of(digits)), PAN_FINE);
    return p;
}

static void every_row_is_a_card_of_its_scheme(void **state)
{
    size_t n;
    const struct test_card *cards = test_cards(&n);

    (void)state;
    assert_true(n > 0 && n <= TEST_CARDS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct pan p = read_card(cards[i].digits);
        struct bin bin = bin_of8(bin_test_cards(), pan_bin8(&p));

        assert_int_equal(pan_scheme(&p), cards[i].scheme);
        assert_int_equal(bin.scheme, cards[i].scheme);
        assert_non_null(bin.issuer);
        assert_true(cards[i].outcome < TEST_OUTCOMES);
        assert_true(strlen(cards[i].what) > 0);
    }
}

static void no_card_is_there_twice(void **state)
{
    size_t n;
    const struct test_card *cards = test_cards(&n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(cards[i].digits, cards[j].digits);
}

static bool has(enum scheme s, enum test_outcome o)
{
    size_t n;
    const struct test_card *cards = test_cards(&n);

    for (size_t i = 0; i < n; i++)
        if (cards[i].outcome == o && (s == SCHEME_UNKNOWN || cards[i].scheme == s))
            return true;
    return false;
}

static void every_outcome_and_every_scheme_has_a_card(void **state)
{
    (void)state;
    for (enum test_outcome o = 0; o < TEST_OUTCOMES; o++)
        assert_true(has(SCHEME_UNKNOWN, o));
    for (enum scheme s = SCHEME_VISA; s < SCHEMES; s++)
        assert_true(has(s, TEST_APPROVE));
}

static void one_outcome_has_one_description(void **state)
{
    size_t n;
    const struct test_card *cards = test_cards(&n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_equal(cards[i].outcome == cards[j].outcome, strcmp(cards[i].what, cards[j].what) == 0);
}

static void each_card_is_found_and_no_other(void **state)
{
    size_t n;
    const struct test_card *cards = test_cards(&n);
    struct pan p;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        p = read_card(cards[i].digits);
        assert_int_equal(test_card_find(&p), i);
    }
    p = read_card("4111110000000195");
    assert_int_equal(test_card_find(&p), n);
    p = read_card("6528591234543575");
    assert_int_equal(test_card_find(&p), n);
}

/* A card as people write it: in groups of four. */
static void grouped(struct buf *out, const char *digits)
{
    for (size_t i = 0; digits[i]; i++) {
        if (i > 0 && i % 4 == 0)
            buf_byte(out, ' ');
        buf_byte(out, (uint8_t)digits[i]);
    }
}

static void row_of(struct buf *out, const struct test_card *c)
{
    buf_text(out, "| ");
    grouped(out, c->digits);
    buf_text(out, " | ");
    buf_text(out, scheme_name(c->scheme, SCHEME_WORDS_OWN));
    buf_text(out, " | ");
    buf_text(out, c->what);
    buf_text(out, " |\n");
}

static void the_page_shows_the_table_and_nothing_else(void **state)
{
    static char page[PAGE_MAX], rows[PAGE_MAX];
    struct buf expected = BUF(rows);
    FILE *f = fopen(TEST_CARDS_MD, "r");
    char *table, *end;
    size_t n;
    const struct test_card *cards = test_cards(&n);

    (void)state;
    assert_non_null(f);
    page[fread(page, 1, sizeof page - 1, f)] = '\0';
    (void)fclose(f);
    for (size_t i = 0; i < n; i++)
        row_of(&expected, &cards[i]);
    buf_byte(&expected, '\0');
    assert_false(expected.full);
    table = strstr(page, "|---|---|---|\n");
    assert_non_null(table);
    table += strlen("|---|---|---|\n");
    end = strstr(table, "\n\n");
    assert_non_null(end);
    end[1] = '\0';
    assert_string_equal(table, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_a_card_of_its_scheme),
        cmocka_unit_test(no_card_is_there_twice),
        cmocka_unit_test(every_outcome_and_every_scheme_has_a_card),
        cmocka_unit_test(one_outcome_has_one_description),
        cmocka_unit_test(each_card_is_found_and_no_other),
        cmocka_unit_test(the_page_shows_the_table_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
