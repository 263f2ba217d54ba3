/* stripes.c: a free context near the one used last. */
#include "service/stripes.h"

#include <sched.h>
#include <stdint.h>

#include "base/banned.h"

enum { STACK_BITS = 20 };             /* stacks of two threads lie further apart than 2 to this */

void stripes_init(struct stripe s[static STRIPES])
{
    for (size_t i = 0; i < STRIPES; i++)
        atomic_flag_clear(&s[i].taken);
}

size_t stripe_take(struct stripe s[static STRIPES])
{
    char here;
    size_t start = (uintptr_t)&here >> STACK_BITS;

    for (size_t tries = 0;; tries++) {
        size_t i = (start + tries) % STRIPES;
        if (!atomic_flag_test_and_set_explicit(&s[i].taken, memory_order_acquire))
            return i;
        if (tries % STRIPES == STRIPES - 1)
            (void)sched_yield();
    }
}

void stripe_give(struct stripe s[static STRIPES], size_t i)
{
    atomic_flag_clear_explicit(&s[i].taken, memory_order_release);
}
