/* line.h: the way from the gateway to the network and the acquirer, where questions and answers get lost. */
#pragma once

#include "world.h"

/* Put fronts in place that lead over the line; what they hold ends with the gateway, what is late does not. */
void line_open(struct world *w);
void line_close(struct world *w);
