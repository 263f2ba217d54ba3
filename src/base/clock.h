/* clock.h: what time it is, as a parameter. Nobody else asks the system for the date. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* now_ms: milliseconds since 1970-01-01 UTC. May stand still or jump (the sandbox sets it). */
struct clock { int64_t (*now_ms)(const struct clock *); };

static inline int64_t clock_now_ms(const struct clock *c) { return c->now_ms(c); }

/* The system's clock; a constant object nobody frees. */
const struct clock *clock_system(void);

#define MS_NS INT64_C(1000000)        /* nanoseconds of a millisecond */

/* Nanoseconds of a clock that never jumps: for durations and deadlines only, never stored. */
int64_t clock_mono_ns(void);

/* A clock for the sandbox: the system's, moved by as much as its owner says. It goes on running from where it was set,
 * unless it is frozen. Any thread may read it, one at a time set it. Zeroed it is not ready: clock_settable_init(). */
struct clock_settable {
    struct clock base;
    atomic_int_fast64_t ahead_ms, frozen_ms;  /* frozen_ms: what it stands at; 0: it runs */
};

/* It shows the system's time; `&c->base` is the clock to pass down. */
void clock_settable_init(struct clock_settable *c);

/* From now on it shows `now_ms`, or so much more than it does, or the system's time again. Bounds are the caller's. */
void clock_settable_set(struct clock_settable *c, int64_t now_ms);
void clock_settable_advance(struct clock_settable *c, int64_t by_ms);
void clock_settable_reset(struct clock_settable *c);

/* It stands still, but for being set and advanced, until it runs on from there (or is reset). */
void clock_settable_freeze(struct clock_settable *c);
void clock_settable_resume(struct clock_settable *c);
bool clock_settable_is_frozen(const struct clock_settable *c);

/* How far it is ahead of the system's (behind: negative), in milliseconds. */
int64_t clock_settable_ahead_ms(const struct clock_settable *c);
