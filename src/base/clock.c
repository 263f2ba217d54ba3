/* clock.c: the system's clocks, and one that can be set. */
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

static int64_t settable_now_ms(const struct clock *clock)
{
    const struct clock_settable *c = (const struct clock_settable *)clock;       /* its `base` comes first */
    int64_t frozen = atomic_load_explicit(&c->frozen_ms, memory_order_acquire);

    return frozen ? frozen : system_now_ms(clock) + atomic_load_explicit(&c->ahead_ms, memory_order_relaxed);
}

void clock_settable_init(struct clock_settable *c)
{
    c->base.now_ms = settable_now_ms;
    atomic_init(&c->ahead_ms, 0);
    atomic_init(&c->frozen_ms, 0);
}

void clock_settable_set(struct clock_settable *c, int64_t now_ms)
{
    if (clock_settable_is_frozen(c))
        atomic_store(&c->frozen_ms, now_ms);
    else
        atomic_store(&c->ahead_ms, now_ms - system_now_ms(&c->base));
}

void clock_settable_advance(struct clock_settable *c, int64_t by_ms)
{
    atomic_fetch_add(clock_settable_is_frozen(c) ? &c->frozen_ms : &c->ahead_ms, by_ms);
}

void clock_settable_reset(struct clock_settable *c)
{
    atomic_store(&c->ahead_ms, 0);
    atomic_store(&c->frozen_ms, 0);
}

void clock_settable_freeze(struct clock_settable *c)
{
    atomic_store(&c->frozen_ms, settable_now_ms(&c->base));
}

/* Its distance first, so that nobody sees it where it was before. */
void clock_settable_resume(struct clock_settable *c)
{
    if (!clock_settable_is_frozen(c))
        return;
    atomic_store(&c->ahead_ms, clock_settable_ahead_ms(c));
    atomic_store(&c->frozen_ms, 0);
}

bool clock_settable_is_frozen(const struct clock_settable *c)
{
    return atomic_load(&c->frozen_ms) != 0;
}

int64_t clock_settable_ahead_ms(const struct clock_settable *c)
{
    int64_t frozen = atomic_load(&c->frozen_ms);

    return frozen ? frozen - system_now_ms(&c->base) : atomic_load(&c->ahead_ms);
}

int64_t clock_mono_ns(void)
{
    struct timespec t;
    int failed = clock_gettime(CLOCK_MONOTONIC, &t);

    assert(!failed);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
