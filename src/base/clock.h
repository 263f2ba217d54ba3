/* clock.h: what time it is, as a parameter. Nobody else asks the system for the date. */
#pragma once

#include <stdint.h>

/* now_ms: milliseconds since 1970-01-01 UTC. May stand still or jump (the sandbox sets it). */
struct clock { int64_t (*now_ms)(const struct clock *); };

static inline int64_t clock_now_ms(const struct clock *c) { return c->now_ms(c); }

/* The system's clock; a constant object nobody frees. */
const struct clock *clock_system(void);

/* Nanoseconds of a clock that never jumps: for durations and deadlines only, never stored. */
int64_t clock_mono_ns(void);
