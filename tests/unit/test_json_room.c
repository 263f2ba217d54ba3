/* test_json_room.c: bodies that take all the memory there is, where the JSON library itself goes on without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/json_in.h"

#include "base/banned.h"

struct fixture { struct arena *a; const struct json_node *node; struct json_complaint why; };

static int setup(void **state)
{
    static struct fixture x;

    *state = &x;
    json_in_start();
    return arena_new(&x.a) == FAULT_NONE ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *x = *state;

    arena_free(x->a);
    return 0;
}

static void a_string_that_finds_no_more_room_is_refused(void **state)
{
    static const char body[] = "{\"amount\":5,\"text\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789\"}";
    struct fixture *x = *state;
    unsigned read = 0, refused = 0;

    for (size_t left = 0; left < 2048; left += 16) {
        arena_reset(x->a);
        assert_non_null(arena_take(x->a, ARENA_MAX - left));
        if (json_read(&x->node, x->a, SPAN(body), &x->why) == FAULT_NONE) {
            read++;
            continue;
        }
        assert_string_equal(x->why.text, "more values than one request may hold");
        refused++;
    }
    assert_true(read > 0 && refused > 0);
}

/* `objects`, which take much of the arena for few bytes, `numbers`, which take a little, and then a string. */
static bool reads_crowded(struct fixture *x, size_t objects, size_t numbers)
{
    static uint8_t body[32 * 1024];
    struct buf b = BUF(body);

    buf_text(&b, "{\"list\":[{}");
    for (size_t i = 0; i < objects; i++)
        buf_text(&b, ",{}");
    for (size_t i = 0; i < numbers; i++)
        buf_text(&b, ",1");
    buf_text(&b, "],\"text\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789\"}");
    assert_false(b.full);
    arena_reset(x->a);
    if (json_read(&x->node, x->a, buf_view(&b), &x->why) == FAULT_NONE)
        return true;
    assert_string_equal(x->why.text, "more values than one request may hold");
    return false;
}

static void a_string_behind_as_many_values_as_there_is_room_for_is_refused(void **state)
{
    size_t fit = 0, too_many = 8000;

    while (too_many - fit > 1) {
        size_t n = (fit + too_many) / 2;
        *(reads_crowded(*state, n, 0) ? &fit : &too_many) = n;
    }
    assert_in_range(fit, 1000, 7000);
    for (size_t objects = fit - 3; objects <= too_many; objects++)
        for (size_t numbers = 0; numbers < 24; numbers++)
            (void)reads_crowded(*state, objects, numbers);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_string_that_finds_no_more_room_is_refused),
        T(a_string_behind_as_many_values_as_there_is_room_for_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
