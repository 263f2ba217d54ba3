/* schedule.c: retry policies. */
#include "service/schedule.h"

#include <string.h>

#include "base/banned.h"

_Static_assert((int)SCHEDULE_INTERVAL_MAX_MS < (int)OUTBOX_AHEAD_MS, "what is put off so long is not due at once");

static const int64_t default_ms[] = { 2 * 60000, 10 * 60000, 30 * 60000 };

/* Number `n` (from 1) of the list, in milliseconds; 0: there are not so many. */
static int64_t custom(struct span list, int64_t n)
{
    uint64_t seconds = 0;

    for (int64_t i = 1; list.n > 0; i++) {
        const uint8_t *comma = memchr(list.p, ',', list.n);
        struct span one = { list.p, comma ? (size_t)(comma - list.p) : list.n };

        if (i == n)
            return span_u64(&seconds, one, SCHEDULE_INTERVAL_MAX_MS / 1000) ? 0 : (int64_t)seconds * 1000;
        list = comma ? (struct span){ comma + 1, list.n - one.n - 1 } : (struct span){ 0 };
    }
    return 0;
}

static int64_t doubled(int64_t ms, int64_t times)
{
    while (times-- > 0 && ms < SCHEDULE_INTERVAL_MAX_MS)
        ms *= 2;
    return ms < SCHEDULE_INTERVAL_MAX_MS ? ms : SCHEDULE_INTERVAL_MAX_MS;
}

bool schedule_next(const struct endpoint_row *e, int64_t made, int64_t *after_ms)
{
    *after_ms = 0;
    if (made < 1)
        return true;
    switch ((enum endpoint_policy)e->policy) {
    case ENDPOINT_DEFAULT:
        if (made <= (int64_t)(sizeof default_ms / sizeof *default_ms))
            *after_ms = default_ms[made - 1];
        break;
    case ENDPOINT_FIXED:
        if (made <= e->tries)
            *after_ms = e->interval_ms;
        break;
    case ENDPOINT_EXPONENTIAL:
        if (made <= e->tries)
            *after_ms = doubled(e->interval_ms, made - 1);
        break;
    case ENDPOINT_CUSTOM:
        *after_ms = custom(e->intervals, made);
        break;
    case ENDPOINT_POLICIES:
        break;
    }
    return *after_ms > 0;
}

bool schedule_is_custom(struct span intervals)
{
    int64_t n = 1;

    if (intervals.n == 0 || intervals.n > SCHEDULE_CUSTOM_MAX)
        return false;
    for (size_t i = 0; i < intervals.n; i++)
        n += intervals.p[i] == ',';
    if (n > ENDPOINT_TRIES_MAX)
        return false;
    for (int64_t i = 1; i <= n; i++)
        if (custom(intervals, i) < SCHEDULE_INTERVAL_MIN_MS)
            return false;
    return true;
}
