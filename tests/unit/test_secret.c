/* test_secret.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/secret.h"

#include "base/banned.h"

/* Does /proc/self/smaps show the flag for the mapping that begins at `p`? */
static bool mapping_has_flag(const void *p, const char *flag)
{
    FILE *f = fopen("/proc/self/smaps", "re");
    char line[512], begin[32];
    bool inside = false, has = false;

    assert_non_null(f);
    (void)snprintf(begin, sizeof begin, "%lx-", (unsigned long)(uintptr_t)p);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, begin, strlen(begin)) == 0)
            inside = true;
        if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            has = strstr(line, flag) != NULL;
            break;
        }
    }
    (void)fclose(f);
    return has;
}

/* The address sanitizer turns mlock() into nothing. */
static bool locking_can_be_seen(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool seen;

    assert_true(p != MAP_FAILED);
    assert_int_equal(mlock(p, page), 0);
    seen = mapping_has_flag(p, " lo");
    (void)munmap(p, page);
    return seen;
}

static void a_new_secret_is_zero_locked_and_not_dumped(void **state)
{
    static const uint8_t zero[SECRET_MAX];
    AUTO_SECRET s = NULL;

    (void)state;
    assert_int_equal(secret_new(&s, SECRET_MAX), FAULT_NONE);
    assert_int_equal(s->n, SECRET_MAX);
    assert_memory_equal(s->bytes, zero, SECRET_MAX);
    assert_true(mapping_has_flag(s, " lo") == locking_can_be_seen());
    assert_true(mapping_has_flag(s, " dd"));
}

static void a_secret_has_a_length_within_bounds(void **state)
{
    struct secret *s = NULL;

    (void)state;
    assert_int_equal(secret_new(&s, 0), FAULT_INTERNAL);
    assert_int_equal(secret_new(&s, SECRET_MAX + 1), FAULT_INTERNAL);
    assert_int_equal(secret_new(&s, SIZE_MAX), FAULT_INTERNAL);
    assert_int_equal(secret_copy(&s, (struct span){ 0 }), FAULT_INTERNAL);
    assert_null(s);
}

static void a_copy_has_its_own_bytes(void **state)
{
    uint8_t source[4] = { 1, 2, 3, 4 };
    AUTO_SECRET s = NULL;

    (void)state;
    assert_int_equal(secret_copy(&s, (struct span){ source, 4 }), FAULT_NONE);
    secret_wipe(source, sizeof source);
    assert_memory_equal(source, "\0\0\0\0", 4);
    assert_memory_equal(s->bytes, "\1\2\3\4", 4);
    assert_int_equal(secret_span(s).n, 4);
}

static void equality_is_length_and_every_byte(void **state)
{
    (void)state;
    assert_true(secret_equal(SPAN("abc"), SPAN("abc")));
    assert_false(secret_equal(SPAN("abc"), SPAN("abd")));
    assert_false(secret_equal(SPAN("xbc"), SPAN("abc")));
    assert_false(secret_equal(SPAN("abc"), SPAN("ab")));
    assert_true(secret_equal((struct span){ 0 }, SPAN("")));
}

static void random_bytes_differ_each_time_and_reach_the_end(void **state)
{
    uint8_t a[1000] = { 0 }, b[1000] = { 0 };
    static const uint8_t zero[32];

    (void)state;
    secret_random(a, sizeof a);
    secret_random(b, sizeof b);
    assert_memory_not_equal(a, b, 32);
    assert_memory_not_equal(a + sizeof a - 32, zero, 32);
    secret_random(NULL, 0);
}

static void no_lock_means_no_secret(void **state)
{
    struct rlimit was, none = { 0, 0 };
    struct secret *s = NULL;
    bool seen = locking_can_be_seen();
    enum fault f;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &was), 0);
    none.rlim_max = was.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    f = secret_new(&s, 32);
    assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &was), 0);
    if (f)
        assert_null(s);
    else if (seen)                                      /* a privileged process is above the limit */
        assert_true(mapping_has_flag(s, " lo"));
    secret_free(s);
}

static void freeing_nothing_is_fine(void **state)
{
    AUTO_SECRET none = NULL;

    (void)state;
    secret_free(none);
    secret_wipe(NULL, 0);
    assert_null(none);
}

static void few_random_bytes_never_come_twice(void **state)
{
    uint8_t drawn[200][16];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        secret_random_few(drawn[i], sizeof drawn[i]);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(drawn[i], drawn[k], sizeof drawn[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_random_bytes_never_come_twice),
        cmocka_unit_test(a_new_secret_is_zero_locked_and_not_dumped),
        cmocka_unit_test(a_secret_has_a_length_within_bounds),
        cmocka_unit_test(a_copy_has_its_own_bytes),
        cmocka_unit_test(equality_is_length_and_every_byte),
        cmocka_unit_test(random_bytes_differ_each_time_and_reach_the_end),
        cmocka_unit_test(no_lock_means_no_secret),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
