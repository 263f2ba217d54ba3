/* stripes.h: several equal contexts behind one door, so that threads do not queue for one.
 *
 * A crypto context is one thread's at a time and costs too much to make for each request. A module keeps
 * STRIPES of them; a thread takes whichever is free, beginning where its own stack says, and gives it back
 * after about a microsecond. More threads than stripes yield to each other. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

/* Contexts of a module; bytes of a cache line, so that locks do not share one. */
enum { STRIPES = 8, STRIPE_LINE = 64 };

struct stripe { _Alignas(STRIPE_LINE) atomic_flag taken; };

/* All free. */
void stripes_init(struct stripe s[static STRIPES]);

/* The index of one that is now the caller's until stripe_give(). */
size_t stripe_take(struct stripe s[static STRIPES]);
void stripe_give(struct stripe s[static STRIPES], size_t i);
