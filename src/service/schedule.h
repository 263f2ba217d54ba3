/* schedule.h: when a delivery that failed is tried again (reference 4.1). Pure. */
#pragma once

#include "store/outbox.h"

enum {
    SCHEDULE_INTERVAL_MIN_MS = 1000, SCHEDULE_INTERVAL_MAX_MS = 24 * 3600 * 1000,
    SCHEDULE_CUSTOM_MAX = 128,        /* bytes of "60,300,3600" */
};

/* How long after the try number `made` (1: the first) ended the next one is due; false: that was the last.
 * DEFAULT: three more, 2, 10 and 30 minutes each after the one before. FIXED: e->tries more, e->interval_ms apart.
 * EXPONENTIAL: the same, the interval doubled each time, up to SCHEDULE_INTERVAL_MAX_MS. CUSTOM: e->intervals. */
bool schedule_next(const struct endpoint_row *e, int64_t made, int64_t *after_ms);

/* Is it one to ENDPOINT_TRIES_MAX numbers of seconds with commas between, each within the limits above? */
bool schedule_is_custom(struct span intervals);
