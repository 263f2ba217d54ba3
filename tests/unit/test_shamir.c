/* test_shamir.c: secrets in shares: against figures made otherwise, and what no share may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "keyholder/shamir.h"

#include "unit/vectors.h"

#include "base/banned.h"

/* Join those shares whose bit is in `chosen`. */
static enum fault join_some(uint8_t *out, size_t size, const struct shamir_share *shares, unsigned chosen)
{
    struct shamir_share some[SHAMIR_SHARES_MAX];
    unsigned k = 0;

    for (unsigned i = 0; i < SHAMIR_SHARES_MAX; i++)
        if (chosen >> i & 1)
            some[k++] = shares[i];
    return shamir_join(out, size, some, k);
}

static void shares_made_otherwise_join_to_their_secret(void **state)
{
    struct vectors v = vectors_open("shamir.tsv");
    uint8_t secret[VECTOR_BYTES], bytes[VECTOR_BYTES], out[SHAMIR_SECRET_MAX];

    (void)state;
    while (vectors_next(&v)) {
        struct shamir_share shares[SHAMIR_SHARES_MAX] = { 0 };
        struct span s = vectors_hex(v.column[0], secret), all = vectors_hex(v.column[1], bytes);
        unsigned k = (unsigned)(all.n / (s.n + 1));
        for (unsigned i = 0; i < k; i++) {
            shares[i].index = all.p[i * (s.n + 1)];
            memcpy(shares[i].bytes, all.p + i * (s.n + 1) + 1, s.n);
        }
        assert_int_equal(shamir_join(out, s.n, shares, k), FAULT_NONE);
        assert_memory_equal(out, s.p, s.n);
    }
    assert_int_equal(v.rows, 22);
}

static void every_choice_of_enough_shares_gives_the_secret_and_no_smaller_one(void **state)
{
    static const struct { unsigned n, k; } cases[] = { { 2, 2 }, { 3, 2 }, { 5, 3 }, { 6, 6 }, { 7, 4 }, { 9, 2 } };
    uint8_t secret[32], out[32];
    unsigned joined = 0;

    (void)state;
    secret_random(secret, sizeof secret);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct shamir_share shares[SHAMIR_SHARES_MAX] = { 0 };
        assert_int_equal(shamir_split(shares, cases[c].n, cases[c].k, (struct span){ secret, 32 }), FAULT_NONE);
        for (unsigned chosen = 1; chosen < 1u << cases[c].n; chosen++) {
            unsigned count = (unsigned)__builtin_popcount(chosen);
            assert_int_equal(join_some(out, 32, shares, chosen), FAULT_NONE);
            assert_int_equal(memcmp(out, secret, 32) == 0, count >= cases[c].k);
            joined++;
        }
    }
    assert_int_equal(joined, 3 + 7 + 31 + 63 + 127 + 511);
}

static void the_most_shares_and_the_longest_secret_are_fine(void **state)
{
    struct shamir_share shares[SHAMIR_SHARES_MAX] = { 0 };
    uint8_t secret[SHAMIR_SECRET_MAX], out[SHAMIR_SECRET_MAX];

    (void)state;
    secret_random(secret, sizeof secret);
    assert_int_equal(shamir_split(shares, 16, 16, (struct span){ secret, sizeof secret }), FAULT_NONE);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(shares[i].index, i + 1);
    assert_int_equal(shamir_join(out, sizeof out, shares, 16), FAULT_NONE);
    assert_memory_equal(out, secret, sizeof secret);
}

/* With threshold 2 share x is s + c x, so that each secret fits each share with exactly one other share. Shown by
 * counting, for every share of every index: whatever another holds, a different secret comes of it, and all 256 do. */
static void one_share_of_two_says_nothing_of_the_secret(void **state)
{
    (void)state;
    for (unsigned held = 0; held < 256; held++)
        for (unsigned index = 1; index <= SHAMIR_SHARES_MAX; index += 5) {
            bool seen[256] = { false };
            for (unsigned other = 0; other < 256; other++) {
                struct shamir_share both[2] = {
                    { (uint8_t)index, { (uint8_t)held } }, { (uint8_t)(index == 1 ? 2 : 1), { (uint8_t)other } },
                };
                uint8_t out;
                assert_int_equal(shamir_join(&out, 1, both, 2), FAULT_NONE);
                assert_false(seen[out]);
                seen[out] = true;
            }
        }
}

/* The same of two shares of three, whose coefficients are drawn anew each time: each value of a byte comes up about as
 * often for one secret as for another. 40,000 draws put 156 into each of 256 places; a place that has fewer than 78 or
 * more than 234 is six standard deviations away. */
static void the_bytes_of_a_share_are_evenly_spread_whatever_the_secret(void **state)
{
    static const uint8_t secrets[] = { 0x00, 0x01, 0xff };

    (void)state;
    for (size_t s = 0; s < sizeof secrets; s++) {
        unsigned count[2][256] = { { 0 } };
        for (unsigned i = 0; i < 40000 / 32; i++) {
            struct shamir_share shares[3];
            uint8_t secret[32];
            memset(secret, secrets[s], sizeof secret);
            assert_int_equal(shamir_split(shares, 3, 3, (struct span){ secret, 32 }), FAULT_NONE);
            for (unsigned at = 0; at < 32; at++) {
                count[0][shares[0].bytes[at]]++;
                count[1][shares[1].bytes[at] ^ shares[2].bytes[at]]++;
            }
        }
        for (unsigned v = 0; v < 256; v++) {
            assert_in_range(count[0][v], 78, 234);
            assert_in_range(count[1][v], 78, 234);
        }
    }
}

static void two_cuts_of_one_secret_have_nothing_in_common(void **state)
{
    static const uint8_t secret[32] = { 0 };
    struct shamir_share one[5], two[5];

    (void)state;
    assert_int_equal(shamir_split(one, 5, 3, (struct span){ secret, 32 }), FAULT_NONE);
    assert_int_equal(shamir_split(two, 5, 3, (struct span){ secret, 32 }), FAULT_NONE);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_not_equal(memcmp(one[i].bytes, two[i].bytes, 32), 0);
        assert_int_not_equal(memcmp(one[i].bytes, secret, 32), 0);
    }
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct shamir_share shares[SHAMIR_SHARES_MAX + 1] = { 0 };
    uint8_t secret[SHAMIR_SECRET_MAX + 1] = { 1 }, out[SHAMIR_SECRET_MAX + 1];
    struct span s = { secret, 32 };

    (void)state;
    assert_int_equal(shamir_split(shares, 5, 1, s), FAULT_BAD_INPUT);
    assert_int_equal(shamir_split(shares, 5, 6, s), FAULT_BAD_INPUT);
    assert_int_equal(shamir_split(shares, 17, 3, s), FAULT_BAD_INPUT);
    assert_int_equal(shamir_split(shares, 5, 3, (struct span){ secret, 0 }), FAULT_BAD_INPUT);
    assert_int_equal(shamir_split(shares, 5, 3, (struct span){ secret, SHAMIR_SECRET_MAX + 1 }), FAULT_BAD_INPUT);
    assert_int_equal(shamir_split(shares, 3, 2, s), FAULT_NONE);
    assert_int_equal(shamir_join(out, 32, shares, 0), FAULT_BAD_INPUT);
    assert_int_equal(shamir_join(out, 0, shares, 2), FAULT_BAD_INPUT);
    assert_int_equal(shamir_join(out, SHAMIR_SECRET_MAX + 1, shares, 2), FAULT_BAD_INPUT);
    shares[1].index = 1;
    assert_int_equal(shamir_join(out, 32, shares, 2), FAULT_BAD_INPUT);
    shares[1].index = 0;
    assert_int_equal(shamir_join(out, 32, shares, 2), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_made_otherwise_join_to_their_secret),
        cmocka_unit_test(every_choice_of_enough_shares_gives_the_secret_and_no_smaller_one),
        cmocka_unit_test(the_most_shares_and_the_longest_secret_are_fine),
        cmocka_unit_test(one_share_of_two_says_nothing_of_the_secret),
        cmocka_unit_test(the_bytes_of_a_share_are_evenly_spread_whatever_the_secret),
        cmocka_unit_test(two_cuts_of_one_secret_have_nothing_in_common),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
