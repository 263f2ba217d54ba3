/* refund.h: what a refund may be and become (reference 2.11). Pure rules.
 *
 *   from      to
 *   PENDING   SUCCESS, FAILED, ONHOLD, CANCELLED
 *   ONHOLD    PENDING, SUCCESS, FAILED, CANCELLED
 *   the others are final. */
#pragma once

#include <stdbool.h>

#include "base/span.h"

/* Stored, so never renumbered. */
enum refund_status { REFUND_PENDING, REFUND_SUCCESS, REFUND_FAILED, REFUND_ONHOLD, REFUND_CANCELLED, REFUND_STATUSES };
enum refund_type { REFUND_BY_MERCHANT, REFUND_AUTOMATIC, REFUND_UNRECONCILED, REFUND_TYPES };
enum refund_speed { REFUND_STANDARD, REFUND_INSTANT, REFUND_SPEEDS };

enum {
    REFUND_ID_MIN = 3, REFUND_ID_MAX = 40, REFUND_NOTE_MIN = 3, REFUND_NOTE_MAX = 100,
    REFUNDS_MAX = 100,                /* of one order */
};

bool refund_may_move(enum refund_status from, enum refund_status to);
/* Does its amount count against what was paid? */
bool refund_counts(enum refund_status s);
/* "PENDING", ... A FAILED one is "CANCELLED" to clients, whose types know no other word (reference 7, 13). */
const char *refund_status_name(enum refund_status s);
const char *refund_type_name(enum refund_type t);
const char *refund_speed_name(enum refund_speed s);
/* Letters, digits, '_' and '-', REFUND_ID_MIN to REFUND_ID_MAX of them. */
bool refund_id_is_valid(struct span id);
