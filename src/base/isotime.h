/* isotime.h: ISO 8601 dates as the Cashfree API writes and reads them. */
#pragma once

#include <stdint.h>

#include "base/span.h"

enum { ISOTIME_TEXT = 26 };           /* bytes: "2023-09-09T18:02:46+05:30" and its NUL */
#define ISOTIME_LAST_MS INT64_C(253402300799999)      /* the last millisecond of the year 9999 in UTC */

/* Read a date and time with its zone: "2021-07-02T10:20:12+05:30", "...Z", "...+0530", a space in place of
 * the T, and fractions of a second (kept to the millisecond) are all taken; a missing zone is IST, since
 * that is the zone the API stores (reference 2.4). Years 1970 to 9999. BAD_INPUT for anything else, among it
 * days a month does not have; then *ms is untouched. */
MUST_CHECK enum fault isotime_read(int64_t *ms, struct span text);

/* Write `ms` (1970 to 9999) in Indian Standard Time, to the second: "2023-09-09T18:02:46+05:30". */
void isotime_ist(char out[static ISOTIME_TEXT], int64_t ms);

/* Write `ms` in UTC with milliseconds, for the journal: "2023-09-09T12:32:46.123Z". */
void isotime_utc(char out[static ISOTIME_TEXT], int64_t ms);
