/* test_permute.c */
#include <setjmp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/permute.h"

#include "base/banned.h"

typedef unsigned __int128 wide;

static struct secret *key_of(uint8_t first)
{
    uint8_t bytes[PERMUTE_KEY];
    struct secret *s = NULL;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(first + i);
    assert_int_equal(secret_copy(&s, (struct span){ bytes, sizeof bytes }), FAULT_NONE);
    return s;
}

static struct permute *permute_of(uint8_t first, const char *label, unsigned bits)
{
    AUTO_SECRET key = key_of(first);
    struct permute *p = NULL;

    assert_int_equal(permute_new(&p, key, label, bits), FAULT_NONE);
    return p;
}

static void assert_image(unsigned bits, wide n, uint64_t high, uint64_t low)
{
    struct permute *p = permute_of(0, "token", bits);
    wide image = permute_out(p, n);

    assert_true((uint64_t)(image >> 64) == high);
    assert_true((uint64_t)image == low);
    assert_true(permute_in(p, image) == n);
    permute_free(p);
}

/* Worked out with another program from the description alone: ids that are out in the world must never change. */
static void images_stay_what_they_are_from_run_to_run(void **state)
{
    (void)state;
    assert_image(120, 0, 0x3cd6c0d2427593, 0x9b0fbcba8abc37ae);
    assert_image(120, 1, 0xed25148718d9ee, 0xbcabb5b66555003c);
    assert_image(120, ((wide)1 << 120) - 1, 0x7875730a2efe5d, 0xc2b188b68682d277);
    assert_image(64, 1, 0, 0xee29d2ab36cab832);
    assert_image(40, 12345, 0, 0xe0f3cc42a9);
    assert_image(16, 0, 0, 0x34f2);
}

static void a_small_domain_is_hit_everywhere_exactly_once(void **state)
{
    static uint8_t hits[1 << 16];
    struct permute *p = permute_of(1, "order", 16);

    (void)state;
    for (wide n = 0; n < 1 << 16; n++) {
        wide image = permute_out(p, n);
        assert_true(image < 1 << 16);
        hits[image]++;
    }
    for (size_t i = 0; i < sizeof hits; i++)
        assert_int_equal(hits[i], 1);
    permute_free(p);
}

static void the_way_back_leads_home_in_every_width(void **state)
{
    (void)state;
    for (unsigned bits = 16; bits <= 120; bits += 2) {
        struct permute *p = permute_of(2, "order", bits);
        wide last = ((wide)1 << bits) - 1, n = 0;
        for (int i = 0; i < 20; i++) {
            assert_true(permute_out(p, n) <= last);
            assert_true(permute_in(p, permute_out(p, n)) == n);
            assert_true(permute_out(p, permute_in(p, n)) == n);
            n = (n * 0x9e3779b97f4a7c15 + 1) & last;
        }
        permute_free(p);
    }
}

static void labels_keys_and_widths_make_different_permutations(void **state)
{
    struct permute *a = permute_of(0, "token", 64), *b = permute_of(0, "order", 64), *c = permute_of(1, "token", 64);
    struct permute *d = permute_of(0, "token", 62);
    int same = 0;

    (void)state;
    for (wide n = 0; n < 100; n++)
        same += (permute_out(a, n) == permute_out(b, n)) + (permute_out(a, n) == permute_out(c, n))
              + (permute_out(a, n) == permute_out(d, n));
    assert_int_equal(same, 0);
    permute_free(a);
    permute_free(b);
    permute_free(c);
    permute_free(d);
}

static void neighbours_do_not_look_like_neighbours(void **state)
{
    struct permute *p = permute_of(0, "token", 64);
    int differing = 0;

    (void)state;
    for (uint64_t n = 0; n < 100; n++)
        differing += __builtin_popcountll((uint64_t)permute_out(p, n) ^ (uint64_t)permute_out(p, n + 1));
    assert_in_range(differing, 2800, 3600);             /* half of 6400 bits, give or take ten deviations */
    permute_free(p);
}

static void walking_stays_below_the_limit_and_comes_back(void **state)
{
    static uint8_t hits[20000];
    struct permute *p = permute_of(3, "number", 16);

    (void)state;
    for (uint64_t n = 0; n < sizeof hits; n++) {
        uint64_t image = permute_out_below(p, n, sizeof hits);
        assert_true(image < sizeof hits);
        hits[image]++;
        assert_true(permute_in_below(p, image, sizeof hits) == n);
    }
    for (size_t i = 0; i < sizeof hits; i++)
        assert_int_equal(hits[i], 1);
    permute_free(p);
}

static void the_limit_may_be_the_whole_or_a_quarter(void **state)
{
    struct permute *p = permute_of(3, "number", 16), *wide64 = permute_of(3, "number", 64);

    (void)state;
    assert_true(permute_out_below(p, 5, 1 << 16) == permute_out(p, 5));
    assert_true(permute_in_below(p, permute_out_below(p, 5, 1 << 14), 1 << 14) == 5);
    assert_true(permute_in_below(wide64, permute_out_below(wide64, 7, UINT64_C(10000000000000000000)),
                                 UINT64_C(10000000000000000000)) == 7);
    permute_free(p);
    permute_free(wide64);
}

static void a_key_of_another_length_is_refused(void **state)
{
    AUTO_SECRET shorter = NULL;
    struct permute *p = NULL;

    (void)state;
    assert_int_equal(secret_new(&shorter, PERMUTE_KEY - 1), FAULT_NONE);
    assert_int_equal(permute_new(&p, shorter, "token", 64), FAULT_INTERNAL);
    assert_null(p);
    permute_free(NULL);
}

enum { THREADS = 12, EACH = 500 };

struct job { const struct permute *p; uint64_t first; bool ok; };

static void *there_and_back(void *arg)
{
    struct job *j = arg;

    j->ok = true;
    for (uint64_t n = j->first; n < j->first + EACH; n++)
        j->ok &= permute_in(j->p, permute_out(j->p, n)) == n;
    return NULL;
}

static void more_threads_than_contexts_share_one_permutation(void **state)
{
    struct permute *p = permute_of(4, "token", 120);
    pthread_t thread[THREADS];
    struct job job[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        job[i] = (struct job){ p, i * EACH, false };
        assert_int_equal(pthread_create(&thread[i], NULL, there_and_back, &job[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_true(job[i].ok);
    }
    permute_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_stay_what_they_are_from_run_to_run),
        cmocka_unit_test(a_small_domain_is_hit_everywhere_exactly_once),
        cmocka_unit_test(the_way_back_leads_home_in_every_width),
        cmocka_unit_test(labels_keys_and_widths_make_different_permutations),
        cmocka_unit_test(neighbours_do_not_look_like_neighbours),
        cmocka_unit_test(walking_stays_below_the_limit_and_comes_back),
        cmocka_unit_test(the_limit_may_be_the_whole_or_a_quarter),
        cmocka_unit_test(a_key_of_another_length_is_refused),
        cmocka_unit_test(more_threads_than_contexts_share_one_permutation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
