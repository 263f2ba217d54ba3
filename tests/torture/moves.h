/* moves.h: what merchants, payers, issuers, clocks and power stations do, drawn at random. */
#pragma once

#include "model.h"

struct tally { uint64_t steps, done, refused, crashes, cuts, jumps_back; };

/* The simulator's own memory of one run. */
struct run { struct world *w; struct model *m; struct tally tally; struct dice dice; int64_t step; bool broken; };

/* One step. After a crash the gateway is up again. */
void moves_step(struct run *r, uint64_t seed, int64_t step);

/* Everybody behaves, what is late arrives, and time passes until nothing is open. */
void moves_calm(struct run *r);
