/* clock.c: the system's clocks. */
#include "base/clock.h"

#include <assert.h>
#include <time.h>

#include "base/banned.h"

static int64_t system_now_ms(const struct clock *c)
{
    struct timespec t;
    int failed = clock_gettime(CLOCK_REALTIME, &t);

    (void)c;
    assert(!failed);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const struct clock *clock_system(void)
{
    static const struct clock system_clock = { system_now_ms };

    return &system_clock;
}

int64_t clock_mono_ns(void)
{
    struct timespec t;
    int failed = clock_gettime(CLOCK_MONOTONIC, &t);

    assert(!failed);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
