/* bells.h: waking other threads once for a batch of things that are handed to them, and not for each.
 *
 * A wake-up costs a system call, and whoever is woken by the first thing finds it alone. So a thread that is about to
 * hand over many holds the bells meanwhile. It must not wait for anybody in that time. */
#pragma once

#include <stdbool.h>

enum { BELLS_HELD_MAX = 32 };         /* different ones that a thread holds; of more, each rings at once */

/* Until as many bells_release(), what this thread rings is kept; the last one rings each of them once. */
void bells_hold(void);
void bells_release(void);

/* Have `ring` called with `arg`, by this thread: now, or by bells_release(). Until then `arg` must live. False when it
 * is held already and will be called no more often for this. */
bool bells_ring(void (*ring)(void *arg), void *arg);
