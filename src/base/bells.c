/* bells.c: each thread's own short list of who is to be woken. */
#include "base/bells.h"

#include <assert.h>
#include <stddef.h>

#include "base/banned.h"

struct bell { void (*ring)(void *arg); void *arg; };

static _Thread_local struct { unsigned holds; size_t n; struct bell held[BELLS_HELD_MAX]; } mine;

void bells_hold(void)
{
    mine.holds++;
}

bool bells_ring(void (*ring)(void *arg), void *arg)
{
    for (size_t i = 0; i < mine.n; i++)
        if (mine.held[i].ring == ring && mine.held[i].arg == arg)
            return false;
    if (mine.holds && mine.n < BELLS_HELD_MAX)
        mine.held[mine.n++] = (struct bell){ ring, arg };
    else
        ring(arg);
    return true;
}

/* Who is rung may ring others: they are called at once, since nothing is held any more. */
void bells_release(void)
{
    size_t n = mine.n;
    struct bell now[BELLS_HELD_MAX];

    assert(mine.holds > 0);
    if (--mine.holds)
        return;
    for (size_t i = 0; i < n; i++)
        now[i] = mine.held[i];
    mine.n = 0;
    for (size_t i = 0; i < n; i++)
        now[i].ring(now[i].arg);
}
