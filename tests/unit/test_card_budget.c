/* test_card_budget.c: distinct cards of a merchant, hour by hour. */
#include "service/card_budget.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/journal.h"

#include "base/banned.h"

enum { HOUR = 3600 * 1000 };
static const int64_t noon_ms = INT64_C(1760000400000);      /* a full hour */

/* The fingerprint of card `n`: any bits will do. */
static bool take(struct card_budget *b, int64_t merchant_id, unsigned n, int64_t now_ms)
{
    uint8_t fingerprint[CARD_FINGERPRINT] = { 0 };

    memcpy(fingerprint, &n, sizeof n);
    return card_budget_take(b, merchant_id, fingerprint, now_ms);
}

static struct card_budget *budget(unsigned limit, struct journal *j)
{
    struct card_budget *b;

    assert_int_equal(card_budget_new(&b, limit, j), FAULT_NONE);
    return b;
}

static void a_limit_is_one_to_the_highest(void **state)
{
    struct card_budget *b;

    (void)state;
    assert_int_equal(card_budget_new(&b, 0, NULL), FAULT_BAD_INPUT);
    assert_int_equal(card_budget_new(&b, CARD_BUDGET_MAX + 1, NULL), FAULT_BAD_INPUT);
    card_budget_free(budget(CARD_BUDGET_MAX, NULL));
    card_budget_free(NULL);
}

static void distinct_cards_are_counted_and_the_same_one_is_free(void **state)
{
    struct card_budget *b = budget(3, NULL);

    (void)state;
    for (unsigned round = 0; round < 3; round++)
        for (unsigned n = 0; n < 3; n++)       /* card 0: a digest of zeros counts like any */
            assert_true(take(b, 1, 8 * n, noon_ms));
    assert_false(take(b, 1, 3, noon_ms));
    assert_false(take(b, 1, 4, noon_ms));
    assert_true(take(b, 1, 16, noon_ms));
    card_budget_free(b);
}

static void each_merchant_has_a_budget_of_its_own(void **state)
{
    struct card_budget *b = budget(1, NULL);

    (void)state;
    assert_true(take(b, 1, 1, noon_ms));
    assert_false(take(b, 1, 2, noon_ms));
    assert_true(take(b, 2, 2, noon_ms));
    card_budget_free(b);
}

static void each_hour_begins_anew(void **state)
{
    struct card_budget *b = budget(1, NULL);

    (void)state;
    assert_true(take(b, 1, 1, noon_ms));
    assert_false(take(b, 1, 2, noon_ms + HOUR - 1));
    assert_true(take(b, 1, 2, noon_ms + HOUR));
    assert_false(take(b, 1, 1, noon_ms + HOUR));
    card_budget_free(b);
}

static void a_large_budget_counts_exactly(void **state)
{
    enum { LIMIT = 5000 };
    struct card_budget *b = budget(LIMIT, NULL);

    (void)state;
    for (unsigned n = 0; n < LIMIT; n++)
        assert_true(take(b, 1, n * 64, noon_ms));      /* as unlucky as low bits can be */
    for (unsigned n = 0; n < LIMIT; n++)
        assert_true(take(b, 1, n * 64, noon_ms));
    assert_false(take(b, 1, LIMIT * 64, noon_ms));
    card_budget_free(b);
}

static void the_merchant_counted_least_lately_makes_room(void **state)
{
    struct card_budget *b = budget(1, NULL);

    (void)state;
    for (int64_t m = 1; m <= CARD_BUDGET_MERCHANTS; m++)
        assert_true(take(b, m, 1, noon_ms));
    assert_false(take(b, 1, 2, noon_ms));              /* 1 is the latest now, 2 the least late */
    assert_true(take(b, CARD_BUDGET_MERCHANTS + 1, 1, noon_ms));
    assert_false(take(b, 1, 2, noon_ms));
    assert_true(take(b, 2, 2, noon_ms));
    card_budget_free(b);
}

static void the_journal_is_told_once_a_merchant_and_hour(void **state)
{
    char path[] = "/tmp/tijori-budget-XXXXXX", text[4096];
    int fd = mkstemp(path), quiet = open("/dev/null", O_WRONLY | O_CLOEXEC), before = dup(STDERR_FILENO);
    struct journal *j;
    struct card_budget *b;
    size_t told = 0;
    ssize_t n;

    (void)state;
    assert_true(fd >= 0 && quiet >= 0 && before >= 0);
    (void)dup2(quiet, STDERR_FILENO);                  /* warnings go there, too */
    assert_int_equal(journal_open(&j, fd, "gateway", clock_system()), FAULT_NONE);
    b = budget(1, j);
    for (unsigned i = 0; i < 5; i++) {
        (void)take(b, 1, i, noon_ms);
        (void)take(b, 2, i, noon_ms);
    }
    for (unsigned i = 0; i < 5; i++)
        (void)take(b, 1, i, noon_ms + HOUR);
    card_budget_free(b);
    journal_close(j);
    (void)dup2(before, STDERR_FILENO);
    n = pread(fd, text, sizeof text - 1, 0);
    assert_true(n > 0);
    text[n] = '\0';
    for (const char *at = text; (at = strstr(at, "distinct cards")) != NULL; at++)
        told++;
    assert_int_equal(told, 3);
    (void)close(fd);
    (void)close(quiet);
    (void)close(before);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_one_to_the_highest),
        cmocka_unit_test(distinct_cards_are_counted_and_the_same_one_is_free),
        cmocka_unit_test(each_merchant_has_a_budget_of_its_own),
        cmocka_unit_test(each_hour_begins_anew),
        cmocka_unit_test(a_large_budget_counts_exactly),
        cmocka_unit_test(the_merchant_counted_least_lately_makes_room),
        cmocka_unit_test(the_journal_is_told_once_a_merchant_and_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
