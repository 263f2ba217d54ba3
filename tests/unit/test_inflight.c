/* test_inflight.c: places of questions under way: handles, deadlines, stopping. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/inflight.h"
#include "base/journal.h"

#include "base/banned.h"

enum { NEVER_MS = 3600000, SOON_MS = 20, PLACES = 4 };

/* A call: what the test knows of its end. */
struct call { atomic_int silent; };

static void silent(void *call)
{
    atomic_fetch_add(&((struct call *)call)->silent, 1);
}

static struct inflight *make(int wait_ms)
{
    struct inflight *f;

    assert_int_equal(inflight_new(&f, &(struct inflight_options){ .places = PLACES, .wait_ms = wait_ms,
                                                                  .crowded = "crowded", .silent = silent }),
                     FAULT_NONE);
    return f;
}

/* Begin a call whose other party is asked in no time. */
static uint64_t begin(struct inflight *f, struct call *c)
{
    uint64_t handle = 0;

    assert_true(inflight_begin(f, &handle, c));
    inflight_leave(f);
    return handle;
}

static void end(struct inflight *f)
{
    inflight_stop(f);
    inflight_free(f);
}

static void a_handle_opens_its_own_place_once(void **state)
{
    struct inflight *f = make(NEVER_MS);
    struct call a = { 0 }, b = { 0 };
    uint64_t first = begin(f, &a), second = begin(f, &b);

    (void)state;
    assert_ptr_equal(inflight_end(f, second), &b);
    assert_ptr_equal(inflight_end(f, first), &a);
    assert_null(inflight_end(f, first));
    assert_int_equal(inflight_late(f), 1);
    assert_int_equal(inflight_wait_ms(f), NEVER_MS);
    end(f);
    assert_int_equal(atomic_load(&a.silent) + atomic_load(&b.silent), 0);
}

static void an_old_handle_of_a_place_opens_nothing_new(void **state)
{
    struct inflight *f = make(NEVER_MS);
    struct call a = { 0 }, b = { 0 };
    uint64_t old = begin(f, &a), new;

    (void)state;
    assert_ptr_equal(inflight_end(f, old), &a);
    new = begin(f, &b);
    assert_int_equal((uint32_t)old, (uint32_t)new);
    assert_null(inflight_end(f, old));
    assert_null(inflight_end(f, UINT64_MAX));
    assert_null(inflight_end(f, PLACES));
    assert_ptr_equal(inflight_end(f, new), &b);
    assert_int_equal(inflight_late(f), 3);
    end(f);
}

static void no_more_begin_than_there_are_places(void **state)
{
    struct inflight *f = make(NEVER_MS);
    struct call calls[PLACES + 1] = { 0 };
    uint64_t handles[PLACES], handle = 42;

    (void)state;
    for (int i = 0; i < PLACES; i++)
        handles[i] = begin(f, &calls[i]);
    assert_false(inflight_begin(f, &handle, &calls[PLACES]));
    assert_int_equal(handle, 42);
    assert_ptr_equal(inflight_end(f, handles[2]), &calls[2]);
    handle = begin(f, &calls[PLACES]);
    assert_false(inflight_begin(f, &handles[2], &calls[2]));
    inflight_stop(f);
    for (int i = 0; i <= PLACES; i++)
        assert_int_equal(atomic_load(&calls[i].silent), i == 2 ? 0 : 1);
    assert_null(inflight_end(f, handle));
    inflight_free(f);
}

static int lines_with(int fd, const char *what)
{
    static char text[16 * 1024];
    ssize_t size = pread(fd, text, sizeof text - 1, 0);
    int n = 0;

    assert_true(size >= 0);
    text[size] = '\0';
    for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
        n++;
    return n;
}

static void the_journal_hears_once_that_no_place_is_free_and_again_after_a_rest(void **state)
{
    int fd = memfd_create("journal", MFD_CLOEXEC);
    struct call calls[PLACES + 1] = { 0 };
    uint64_t handles[PLACES], handle;
    struct inflight *f;
    struct journal *j;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(journal_open(&j, fd, "gateway", clock_system()), FAULT_NONE);
    assert_int_equal(inflight_new(&f, &(struct inflight_options){ .places = PLACES, .wait_ms = NEVER_MS, .journal = j,
                                                                  .crowded = "crowded", .silent = silent }),
                     FAULT_NONE);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < PLACES; i++)
            handles[i] = begin(f, &calls[i]);
        for (int i = 0; i < 3; i++)
            assert_false(inflight_begin(f, &handle, &calls[PLACES]));
        for (int i = 0; i < PLACES; i++)
            assert_ptr_equal(inflight_end(f, handles[i]), &calls[i]);
    }
    end(f);
    journal_close(j);
    assert_int_equal(lines_with(fd, "crowded"), 2);
    (void)close(fd);
}

static void what_is_not_ended_in_time_is_silent_once(void **state)
{
    struct inflight *f = make(SOON_MS);
    struct call calls[PLACES] = { 0 };
    uint64_t handles[PLACES];

    (void)state;
    for (int round = 1; round <= 2; round++) {
        for (int i = 0; i < PLACES; i++)
            handles[i] = begin(f, &calls[i]);
        for (int i = 0; i < PLACES; i++)
            while (atomic_load(&calls[i].silent) < round)
                (void)nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
        for (int i = 0; i < PLACES; i++)
            assert_null(inflight_end(f, handles[i]));
    }
    end(f);
    for (int i = 0; i < PLACES; i++)
        assert_int_equal(atomic_load(&calls[i].silent), 2);
}

static void nobody_enters_what_is_stopped(void **state)
{
    struct inflight *f = make(NEVER_MS);
    struct call a = { 0 };
    uint64_t handle = 0;

    (void)state;
    assert_true(inflight_enter(f));
    inflight_leave(f);
    inflight_stop(f);
    assert_false(inflight_enter(f));
    assert_false(inflight_begin(f, &handle, &a));
    assert_int_equal(atomic_load(&a.silent), 0);
    inflight_free(f);
    inflight_free(NULL);
}

struct stopper { struct inflight *f; atomic_bool over; };

static void *stop(void *arg)
{
    struct stopper *s = arg;

    inflight_stop(s->f);
    atomic_store(&s->over, true);
    return NULL;
}

static void stopping_waits_for_whoever_is_inside(void **state)
{
    struct stopper s = { .f = make(NEVER_MS) };
    struct call a = { 0 };
    uint64_t handle;
    pthread_t thread;

    (void)state;
    assert_true(inflight_begin(s.f, &handle, &a));
    assert_int_equal(pthread_create(&thread, NULL, stop, &s), 0);
    while (atomic_load(&a.silent) == 0)           /* it has begun to stop */
        (void)nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
    (void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    assert_false(atomic_load(&s.over));
    inflight_leave(s.f);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(atomic_load(&s.over));
    inflight_free(s.f);
}

static void *say(void *waiter)
{
    inflight_waiter_say(waiter);
    return NULL;
}

static void a_waiter_hears_what_was_said_before_and_after(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct inflight_waiter w;
        pthread_t thread;

        inflight_waiter_init(&w);
        assert_int_equal(pthread_create(&thread, NULL, say, &w), 0);
        if (i % 2)
            assert_int_equal(pthread_join(thread, NULL), 0);
        inflight_waiter_wait(&w);
        assert_true(w.done);
        if (i % 2 == 0)
            assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_opens_its_own_place_once),
        cmocka_unit_test(an_old_handle_of_a_place_opens_nothing_new),
        cmocka_unit_test(no_more_begin_than_there_are_places),
        cmocka_unit_test(the_journal_hears_once_that_no_place_is_free_and_again_after_a_rest),
        cmocka_unit_test(what_is_not_ended_in_time_is_silent_once),
        cmocka_unit_test(nobody_enters_what_is_stopped),
        cmocka_unit_test(stopping_waits_for_whoever_is_inside),
        cmocka_unit_test(a_waiter_hears_what_was_said_before_and_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
