/* files.h: the files that are not the store's: each way of writing one, with the n-th open, write, sync, rename failing
 * or torn. */
#pragma once

#include "site.h"

struct files_sum { uint64_t points, wrong; };

/* All of them, every `stride`-th point; prints a line for each. */
void files_campaign(struct files_sum *sum, unsigned stride);
