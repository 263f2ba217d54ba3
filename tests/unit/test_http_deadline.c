/* test_http_deadline.c: who is late, and what happens to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/deadline.h"

enum { PAIRS = 3 };

static struct deadlines *list;
static struct deadline entry[PAIRS];
static int near[PAIRS], far[PAIRS];

static int open_all(void **state)
{
    (void)state;
    if (deadlines_open(&list) != FAULT_NONE)
        return -1;
    for (int i = 0; i < PAIRS; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
            return -1;
        near[i] = pair[0], far[i] = pair[1];
        deadline_add(list, &entry[i], near[i]);
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (int i = 0; i < PAIRS; i++) {
        deadline_remove(list, &entry[i]);
        close(near[i]);
        close(far[i]);
    }
    deadlines_close(list);
    return 0;
}

/* A shut socket reads as ended; an open one has nothing to read yet. */
static int is_shut(int i)
{
    char byte;

    return recv(near[i], &byte, 1, MSG_DONTWAIT) == 0;
}

static void nothing_is_due_at_first(void **state)
{
    (void)state;
    assert_int_equal(deadlines_look(list, INT64_MAX - 1), 0);
}

static void only_the_late_are_shut(void **state)
{
    int64_t now = clock_mono_ns(), hour = INT64_C(3600) * 1000000000;

    (void)state;
    deadline_set(&entry[0], now + hour);
    deadline_set(&entry[1], now + 2 * hour);
    assert_int_equal(deadlines_look(list, now + hour - 1), 0);
    assert_int_equal(deadlines_look(list, now + hour), 1);
    assert_true(is_shut(0));
    assert_false(is_shut(1));
    assert_false(is_shut(2));
}

static void in_a_hurry_everything_is_late_that_is_watched(void **state)
{
    int64_t now = clock_mono_ns(), hour = INT64_C(3600) * 1000000000;

    (void)state;
    deadline_set(&entry[0], now + 2 * hour);
    deadlines_hurry(list, now + hour);
    assert_int_equal(deadlines_look(list, now + hour - 1), 0);
    assert_int_equal(deadlines_look(list, now + hour), 1);
    assert_true(is_shut(0));
    assert_false(is_shut(1));
    deadline_set(&entry[2], now + 2 * hour);
    assert_int_equal(deadlines_look(list, now + hour), 1);
    assert_true(is_shut(2));
}

static void the_late_are_shut_once_and_can_still_write(void **state)
{
    int64_t later = clock_mono_ns() + INT64_C(3600) * 1000000000;
    char byte = 0;

    (void)state;
    deadline_set(&entry[2], later);
    assert_int_equal(deadlines_look(list, later), 1);
    assert_int_equal(deadlines_look(list, later), 0);
    assert_int_equal(send(near[2], "x", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(recv(far[2], &byte, 1, 0), 1);
    assert_int_equal(byte, 'x');
}

static void an_answer_that_is_not_read_in_time_is_cut_off_but_not_in_a_hurry(void **state)
{
    int64_t now = clock_mono_ns(), hour = INT64_C(3600) * 1000000000;

    (void)state;
    deadline_set_end(&entry[0], now + 2 * hour);
    deadlines_hurry(list, now + hour);
    assert_int_equal(deadlines_look(list, now + hour), 0);
    assert_int_equal(send(near[0], "x", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(deadlines_look(list, now + 2 * hour), 1);
    assert_int_equal(send(near[0], "x", 1, MSG_NOSIGNAL), -1);
    deadline_set_end(&entry[1], now + 2 * hour);
    deadline_set(&entry[1], now + 3 * hour);      /* its next request */
    assert_int_equal(deadlines_look(list, now + 3 * hour), 1);
    assert_true(is_shut(1));
    assert_int_equal(send(near[1], "x", 1, MSG_NOSIGNAL), 1);
}

static void the_removed_are_left_alone(void **state)
{
    int64_t later = clock_mono_ns() + INT64_C(3600) * 1000000000;

    (void)state;
    for (int i = 0; i < PAIRS; i++)
        deadline_set(&entry[i], later);
    deadline_remove(list, &entry[1]);
    assert_int_equal(deadlines_look(list, later), PAIRS - 1);
    assert_false(is_shut(1));
    deadline_add(list, &entry[1], near[1]);
}

static void the_lists_own_thread_looks_by_itself(void **state)
{
    char byte;

    (void)state;
    /* Blocks until the thread has shut it: the entry is late from the start. */
    deadline_set(&entry[0], 0);
    assert_int_equal(recv(near[0], &byte, 1, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_due_at_first, open_all, close_all),
        cmocka_unit_test_setup_teardown(only_the_late_are_shut, open_all, close_all),
        cmocka_unit_test_setup_teardown(in_a_hurry_everything_is_late_that_is_watched, open_all, close_all),
        cmocka_unit_test_setup_teardown(the_late_are_shut_once_and_can_still_write, open_all, close_all),
        cmocka_unit_test_setup_teardown(an_answer_that_is_not_read_in_time_is_cut_off_but_not_in_a_hurry, open_all,
                                        close_all),
        cmocka_unit_test_setup_teardown(the_removed_are_left_alone, open_all, close_all),
        cmocka_unit_test_setup_teardown(the_lists_own_thread_looks_by_itself, open_all, close_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
