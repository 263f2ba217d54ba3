/* test_arena.c */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"

#include "base/banned.h"

static int setup(void **state)
{
    struct arena *a = NULL;
    enum fault f = arena_new(&a);

    *state = a;
    return f;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static void what_is_taken_is_zero_and_aligned(void **state)
{
    for (size_t n = 1; n < 100; n += 7) {
        uint8_t *p = arena_take(*state, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        assert_true(is_zero(p, n));
        memset(p, 0xFF, n);
    }
}

static void two_pieces_never_overlap_even_when_empty(void **state)
{
    uint8_t *a = arena_take(*state, 0), *b = arena_take(*state, 0);

    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
}

static void a_reset_wipes_what_was_taken(void **state)
{
    uint8_t *p = arena_take(*state, 1000);

    memset(p, 'x', 1000);
    arena_reset(*state);
    assert_true(is_zero(p, 1000));                      /* the first chunk stays, so this memory is still ours */
    assert_ptr_equal(arena_take(*state, 1000), p);
}

static void large_pieces_get_chunks_of_their_own(void **state)
{
    uint8_t *small = arena_take(*state, 16), *large = arena_take(*state, 300 * 1024);

    assert_non_null(large);
    assert_true(is_zero(large, 300 * 1024));
    memset(large, 'x', 300 * 1024);
    memset(small, 'y', 16);
    assert_int_equal(large[0], 'x');
    arena_reset(*state);
    assert_ptr_equal(arena_take(*state, 16), small);
}

static void one_request_cannot_take_more_than_the_ceiling(void **state)
{
    assert_null(arena_take(*state, ARENA_MAX + 1));
    assert_null(arena_take(*state, SIZE_MAX));
    assert_non_null(arena_take(*state, ARENA_MAX - 64));
    assert_non_null(arena_take(*state, 64));
    assert_null(arena_take(*state, 1));
    arena_reset(*state);
    assert_non_null(arena_take(*state, ARENA_MAX));
}

static void many_small_pieces_reach_the_ceiling_too(void **state)
{
    size_t taken = 0;

    while (arena_take(*state, 1000))
        taken += 1000;
    assert_in_range(taken, ARENA_MAX - 2 * 1024 * 16, ARENA_MAX);
}

static void a_copy_is_terminated_and_keeps_absence(void **state)
{
    char text[] = "abc";
    struct span copy = arena_copy(*state, span_of(text));

    memset(text, 'x', 3);
    assert_true(span_equal(copy, SPAN("abc")));
    assert_int_equal(copy.p[3], '\0');
    assert_true(span_absent(arena_copy(*state, (struct span){ 0 })));
    copy = arena_copy(*state, SPAN(""));
    assert_false(span_absent(copy));
    assert_int_equal(copy.n, 0);
}

static void a_copy_that_does_not_fit_is_absent(void **state)
{
    assert_non_null(arena_take(*state, ARENA_MAX));
    assert_true(span_absent(arena_copy(*state, SPAN("abc"))));
}

static void a_buffer_without_memory_is_full_from_birth(void **state)
{
    struct buf b = arena_buf(*state, 8), none;

    buf_text(&b, "12345678");
    assert_false(b.full);
    none = arena_buf(*state, ARENA_MAX);
    assert_true(none.full);
    buf_byte(&none, 'x');
    assert_int_equal(none.n, 0);
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    arena_free(NULL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_taken_is_zero_and_aligned),
        T(two_pieces_never_overlap_even_when_empty),
        T(a_reset_wipes_what_was_taken),
        T(large_pieces_get_chunks_of_their_own),
        T(one_request_cannot_take_more_than_the_ceiling),
        T(many_small_pieces_reach_the_ceiling_too),
        T(a_copy_is_terminated_and_keeps_absence),
        T(a_copy_that_does_not_fit_is_absent),
        T(a_buffer_without_memory_is_full_from_birth),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
