/* parts.h: several values in one sealed record, and the words that bind the record to its place. */
#pragma once

#include "base/arena.h"

enum {
    PARTS_LENGTH = 4,                 /* bytes of the length before each part */
    PARTS_ABOUT = 192,                /* bytes of the binding words */
};

/* Append one part: its length, big-endian, and its bytes; an absent part is told from an empty one. */
void part_put(struct buf *record, struct span part);

/* Take the next part off the front of `record`; *part is borrowed from it. False when the record ends too early. */
bool part_take(struct span *record, struct span *part);

/* Append "<what>|<merchant_id>|<name>": a record sealed with it opens nowhere else. */
void parts_about_put(struct buf *out, const char *what, int64_t merchant_id, struct span name);

/* The same in `a`; absent when it does not fit. */
struct span parts_about(struct arena *a, const char *what, int64_t merchant_id, struct span name);
