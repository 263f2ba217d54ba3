/* test_ff1.c: FF1 against published figures, and what any permutation of decimal numbers must do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "keyholder/ff1.h"

#include "unit/vectors.h"

#include "base/banned.h"

static const uint8_t nist_key[32] = {
    0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C,
    0xEF, 0x43, 0x59, 0xD8, 0xD5, 0x80, 0xAA, 0x4F, 0x7F, 0x03, 0x6D, 0x6F, 0x04, 0xFC, 0x6A, 0x94,
};

static struct ff1 *keyed(size_t n)
{
    struct ff1 *f = NULL;

    assert_int_equal(ff1_new(&f, (struct span){ nist_key, n }), FAULT_NONE);
    return f;
}

static void ff1_gives_the_published_figures(void **state)
{
    struct vectors v = vectors_open("ff1.tsv");
    uint8_t key[VECTOR_BYTES], tweak[VECTOR_BYTES], out[FF1_DIGITS_MAX];
    size_t refused = 0;

    (void)state;
    while (vectors_next(&v)) {
        struct span m = span_of(v.column[3]), ct = span_of(v.column[4]);
        struct ff1_job job = { vectors_hex(v.column[2], tweak), strcmp(v.column[3], "-") ? m : SPAN("") };
        struct ff1 *f = NULL;
        assert_int_equal(ff1_new(&f, vectors_hex(v.column[1], key)), FAULT_NONE);
        if (strcmp(v.column[5], "valid") == 0) {
            assert_int_equal(ff1_encrypt(f, out, &job), FAULT_NONE);
            assert_memory_equal(out, ct.p, ct.n);
            job.digits = ct;
            assert_int_equal(ff1_decrypt(f, out, &job), FAULT_NONE);
            assert_memory_equal(out, m.p, m.n);
        } else {
            assert_int_equal(ff1_encrypt(f, out, &job), FAULT_BAD_INPUT);
            assert_int_equal(ff1_decrypt(f, out, &job), FAULT_BAD_INPUT);
            refused++;
        }
        ff1_free(f);
    }
    assert_int_equal(v.rows, 460);
    assert_int_equal(refused, 60);
}

/* NIST's examples for SP 800-38G, FF1 samples 1, 2, 4, 5, 7 and 8: all three sizes of key, without and with a tweak. */
static void ff1_gives_the_figures_of_its_standard(void **state)
{
    static const struct { size_t key; const char *tweak, *result; } samples[] = {
        { 16, "", "2433477484" }, { 16, "9876543210", "6124200773" },
        { 24, "", "2830668132" }, { 24, "9876543210", "2496655549" },
        { 32, "", "6657667009" }, { 32, "9876543210", "1001623463" },
    };
    uint8_t out[10];

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct ff1 *f = keyed(samples[i].key);
        struct ff1_job job = { span_of(samples[i].tweak), SPAN("0123456789") };
        assert_int_equal(ff1_encrypt(f, out, &job), FAULT_NONE);
        assert_memory_equal(out, samples[i].result, 10);
        ff1_free(f);
    }
}

static void every_length_and_tweak_comes_back_in_its_own_place(void **state)
{
    uint8_t digits[FF1_DIGITS_MAX + 1], was[FF1_DIGITS_MAX], tweak[FF1_TWEAK_MAX];
    struct ff1 *f = keyed(32);

    (void)state;
    for (size_t i = 0; i < sizeof tweak; i++)
        tweak[i] = (uint8_t)(7 * i);
    for (size_t n = FF1_DIGITS_MIN; n <= FF1_DIGITS_MAX; n++) {
        for (size_t t = 0; t <= FF1_TWEAK_MAX; t += 4) {
            struct ff1_job job = { { tweak, t }, { digits, n } };
            for (size_t i = 0; i < n; i++)
                was[i] = digits[i] = t % 8 ? '9' : (uint8_t)('0' + (i * n + t / 8) % 10);
            digits[n] = '#';
            assert_int_equal(ff1_encrypt(f, digits, &job), FAULT_NONE);
            for (size_t i = 0; i < n; i++)
                assert_in_range(digits[i], '0', '9');
            assert_memory_not_equal(digits, was, n);
            assert_int_equal(ff1_decrypt(f, digits, &job), FAULT_NONE);
            assert_memory_equal(digits, was, n);
            assert_int_equal(digits[n], '#');
        }
    }
    ff1_free(f);
}

enum { SAMPLE = 20000, DOMAIN = 1000000 };

static void put_number(uint8_t digits[6], unsigned x)
{
    for (size_t i = 6; i-- > 0; x /= 10)
        digits[i] = (uint8_t)('0' + x % 10);
}

static unsigned get_number(const uint8_t digits[6])
{
    unsigned x = 0;

    for (size_t i = 0; i < 6; i++)
        x = 10 * x + (unsigned)(digits[i] - '0');
    return x;
}

/* Numbers next to each other, the first and the last of the smallest domain among them. */
static void no_two_numbers_become_the_same(void **state)
{
    static bool seen[DOMAIN];
    struct ff1 *f = keyed(16);
    uint8_t in[6], out[6], back[6];
    unsigned distinct = 0;

    (void)state;
    for (unsigned i = 0; i < SAMPLE; i++) {
        struct ff1_job there = { SPAN("visa"), { in, 6 } }, again = { SPAN("visa"), { out, 6 } };
        put_number(in, (DOMAIN - SAMPLE / 2 + i) % DOMAIN);
        assert_int_equal(ff1_encrypt(f, out, &there), FAULT_NONE);
        distinct += !seen[get_number(out)];
        seen[get_number(out)] = true;
        assert_int_equal(ff1_decrypt(f, back, &again), FAULT_NONE);
        assert_memory_equal(back, in, 6);
    }
    assert_int_equal(distinct, SAMPLE);
    ff1_free(f);
}

static void every_decryption_is_some_encryption(void **state)
{
    struct ff1 *f = keyed(16);
    uint8_t in[6], out[6], back[6];

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        struct ff1_job there = { SPAN(""), { in, 6 } }, again = { SPAN(""), { out, 6 } };
        put_number(in, i * 997);
        assert_int_equal(ff1_decrypt(f, out, &there), FAULT_NONE);
        assert_int_equal(ff1_encrypt(f, back, &again), FAULT_NONE);
        assert_memory_equal(back, in, 6);
    }
    ff1_free(f);
}

static void another_key_or_tweak_gives_another_number(void **state)
{
    uint8_t first[16], other[16];
    struct ff1_job job = { SPAN("visa"), SPAN("4111111111111111") };
    struct ff1 *small = keyed(16), *large = keyed(32);

    (void)state;
    assert_int_equal(ff1_encrypt(small, first, &job), FAULT_NONE);
    assert_int_equal(ff1_encrypt(large, other, &job), FAULT_NONE);
    assert_memory_not_equal(first, other, 16);
    job.tweak = SPAN("visb");
    assert_int_equal(ff1_encrypt(small, other, &job), FAULT_NONE);
    assert_memory_not_equal(first, other, 16);
    ff1_free(small);
    ff1_free(large);
}

static void what_is_out_of_range_is_refused_and_nothing_written(void **state)
{
    static const uint8_t text[64] = "00000000000000000000000000000000000000000000000000000000000000";
    uint8_t out[64], untouched[64];
    const struct ff1_job bad[] = {
        { SPAN(""), { text, 0 } }, { SPAN(""), { text, FF1_DIGITS_MIN - 1 } },
        { SPAN(""), { text, FF1_DIGITS_MAX + 1 } }, { { text, FF1_TWEAK_MAX + 1 }, { text, 16 } },
        { SPAN(""), SPAN("12345/") }, { SPAN(""), SPAN("12345:") }, { SPAN(""), SPAN(" 123456") },
        { SPAN(""), SPAN("123\000456") }, { SPAN(""), SPAN("12345\xB1") },
    };
    struct ff1 *f = keyed(24), *none = NULL;

    (void)state;
    memset(out, 0x5A, sizeof out);
    memcpy(untouched, out, sizeof out);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ff1_encrypt(f, out, &bad[i]), FAULT_BAD_INPUT);
        assert_int_equal(ff1_decrypt(f, out, &bad[i]), FAULT_BAD_INPUT);
        assert_memory_equal(out, untouched, sizeof out);
    }
    ff1_free(f);
    for (size_t n = 0; n <= 33; n++)
        if (n != 16 && n != 24 && n != 32)
            assert_int_equal(ff1_new(&none, (struct span){ text, n }), FAULT_BAD_INPUT);
    assert_null(none);
    ff1_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ff1_gives_the_published_figures),
        cmocka_unit_test(ff1_gives_the_figures_of_its_standard),
        cmocka_unit_test(every_length_and_tweak_comes_back_in_its_own_place),
        cmocka_unit_test(no_two_numbers_become_the_same),
        cmocka_unit_test(every_decryption_is_some_encryption),
        cmocka_unit_test(another_key_or_tweak_gives_another_number),
        cmocka_unit_test(what_is_out_of_range_is_refused_and_nothing_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
