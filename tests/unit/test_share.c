/* test_share.c: what a custodian types is his share, or is told to be mistyped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "keyholder/share.h"

#include "unit/vectors.h"

#include "base/banned.h"

#define SYMBOLS "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

static struct share random_share(void)
{
    struct share s = { .part = { .index = 3 } };

    secret_random(s.set, sizeof s.set);
    secret_random(s.part.bytes, KEYRING_KEK);
    return s;
}

/* The text of `s` as a string. */
static const char *text_of(const struct share *s)
{
    static char text[SHARE_TEXT + 1];
    struct buf b = { (uint8_t *)text, 0, SHARE_TEXT, false };

    share_write(&b, s);
    assert_false(b.full);
    assert_int_equal(b.n, SHARE_TEXT);
    text[b.n] = '\0';
    return text;
}

static void assert_reads(const char *typed, const struct share *is)
{
    struct share s;

    assert_int_equal(share_read(&s, span_of(typed)), FAULT_NONE);
    assert_int_equal(s.part.index, is->part.index);
    assert_memory_equal(s.set, is->set, sizeof s.set);
    assert_memory_equal(s.part.bytes, is->part.bytes, KEYRING_KEK);
}

static void assert_mistyped(const char *typed)
{
    static const struct share none;
    struct share s;

    assert_int_equal(share_read(&s, span_of(typed)), FAULT_BAD_INPUT);
    assert_memory_equal(&s, &none, sizeof s);
}

static void a_share_is_written_as_it_is_by_another_program(void **state)
{
    struct vectors v = vectors_open("share.tsv");
    uint8_t bytes[VECTOR_BYTES];

    (void)state;
    while (vectors_next(&v)) {
        struct share s = { .part = { .index = *vectors_hex(v.column[0], bytes).p } };
        memcpy(s.set, vectors_hex(v.column[1], bytes).p, sizeof s.set);
        memcpy(s.part.bytes, vectors_hex(v.column[2], bytes).p, KEYRING_KEK);
        assert_string_equal(text_of(&s), v.column[3]);
        assert_reads(v.column[3], &s);
    }
    assert_int_equal(v.rows, 7);
}

static void case_spaces_dashes_and_look_alikes_do_not_matter(void **state)
{
    struct share s = random_share();
    char typed[SHARE_LINE_MAX] = "", loose[SHARE_LINE_MAX] = "";
    size_t n = 0, l = 0;

    (void)state;
    for (const char *at = text_of(&s); *at; at++) {
        char small = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
        if (*at != '-')
            typed[n++] = small == '0' ? 'o' : small == '1' ? 'l' : small;
        loose[l++] = *at;
        if (*at == '-')
            loose[l++] = ' ';
    }
    assert_reads(typed, &s);
    loose[l++] = '\r';
    loose[l++] = '\n';
    assert_reads(loose, &s);
    for (size_t i = 0; i < n; i++)
        typed[i] = typed[i] >= 'a' && typed[i] <= 'z' ? (char)(typed[i] - 'a' + 'A') : typed[i];
    assert_reads(typed, &s);
}

static void every_wrong_character_is_found(void **state)
{
    struct share s = random_share();
    char typed[SHARE_TEXT + 1];
    unsigned tried = 0;

    (void)state;
    snprintf(typed, sizeof typed, "%s", text_of(&s));
    for (size_t at = 15; at < SHARE_TEXT; at++) {
        char good = typed[at];
        for (const char *wrong = SYMBOLS; *wrong && good != '-'; wrong++) {
            if (*wrong == good)
                continue;
            typed[at] = *wrong;
            assert_mistyped(typed);
            tried++;
        }
        typed[at] = good;
    }
    assert_int_equal(tried, SHARE_GROUPS * SHARE_GROUP * 31);
    assert_reads(typed, &s);
}

static void two_changed_places_and_a_lost_or_doubled_character_are_found(void **state)
{
    struct share s = random_share();
    char good[SHARE_TEXT + 1], typed[SHARE_TEXT + 2];

    (void)state;
    snprintf(good, sizeof good, "%s", text_of(&s));
    for (size_t at = 15; at + 1 < SHARE_TEXT; at++) {
        snprintf(typed, sizeof typed, "%s", good);
        typed[at] = good[at + 1];
        typed[at + 1] = good[at];
        if (good[at] != good[at + 1] && good[at] != '-' && good[at + 1] != '-')
            assert_mistyped(typed);
        if (good[at] == '-')
            continue;
        snprintf(typed, sizeof typed, "%.*s%s", (int)at, good, good + at + 1);
        assert_mistyped(typed);
        snprintf(typed, sizeof typed, "%.*s%s", (int)at + 1, good, good + at);
        assert_mistyped(typed);
    }
}

static void what_is_no_share_is_told(void **state)
{
    struct share s = random_share();
    char typed[SHARE_LINE_MAX + 2];

    (void)state;
    assert_mistyped("");
    assert_mistyped("tijori-share-1-");
    assert_mistyped("tijori-share");
    assert_mistyped("correct horse battery staple");
    snprintf(typed, sizeof typed, "%s", text_of(&s));
    typed[13] = '2';
    assert_mistyped(typed);
    snprintf(typed, sizeof typed, "%s", text_of(&s));
    typed[20] = 'U';
    assert_mistyped(typed);
    typed[20] = '\x80';
    assert_mistyped(typed);
    assert_mistyped(text_of(&s) + 15);
    snprintf(typed, sizeof typed, "%s%*s", text_of(&s), SHARE_LINE_MAX - SHARE_TEXT, "");
    assert_reads(typed, &s);
    snprintf(typed, sizeof typed, "%s%*s", text_of(&s), SHARE_LINE_MAX - SHARE_TEXT + 1, "");
    assert_mistyped(typed);
}

/* A share number that nobody can have is no typing mistake, but no share either. */
static void an_index_out_of_range_is_refused(void **state)
{
    struct share s = random_share();

    (void)state;
    s.part.index = 0;
    assert_mistyped(text_of(&s));
    s.part.index = SHAMIR_SHARES_MAX + 1;
    assert_mistyped(text_of(&s));
    s.part.index = SHAMIR_SHARES_MAX;
    assert_reads(text_of(&s), &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_written_as_it_is_by_another_program),
        cmocka_unit_test(case_spaces_dashes_and_look_alikes_do_not_matter),
        cmocka_unit_test(every_wrong_character_is_found),
        cmocka_unit_test(two_changed_places_and_a_lost_or_doubled_character_are_found),
        cmocka_unit_test(what_is_no_share_is_told),
        cmocka_unit_test(an_index_out_of_range_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
