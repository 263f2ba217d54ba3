/* keys_turn.h: the thread as those who change the ring see it. Only keys*.c include it; NULL: there is no thread. */
#pragma once

#include "service/keys_own.h"

/* One change of the ring at a time. */
void keys_turn_begin(struct keys *k);
void keys_turn_end(struct keys *k);

/* There is a new data key. */
void keys_wake(struct keys *k);

/* Does it wait for keyholder or disk? */
bool keys_is_paused(const struct keys *k);
