/* sealing.h: one question to the keyholder for a whole batch of write jobs. */
#pragma once

#include "service/services.h"

/* What a job wants answered before it runs: hang it on store_job.wants. */
struct sealing { struct key_ask *asks; size_t n; };

/* The store's before_batch hook; `services` is a struct services. Jobs get SILENT as their outcome when the
 * keyholder does not answer; refusals of single asks stay in the asks. */
void sealing_before_batch(void *services, struct store_job *first);
