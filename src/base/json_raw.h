/* json_raw.h: the bytes of one member of a body, exactly as they were received.
 *
 * A checksum covers the sender's own text, so it is verified over that (reference B.3, decision 12) and not over what
 * a parser made of it. Two readers of one body are a danger: a body may be made so that the signed bytes are one
 * value and the parsed ones another. So this scanner reads the whole body by the grammar of RFC 8259 and refuses
 * whatever two readers might take differently: a byte order mark, bytes behind the object, a key of the body that is
 * written with escapes ("bod\u0079") or comes twice, bytes that are not UTF-8. A body taken here and by json_read()
 * has one such member, and both mean the same value. Keys deeper inside are read by json_read() alone, which refuses
 * the ones that come twice. */
#pragma once

#include "base/span.h"

enum {
    JSON_RAW_DEPTH = 32,              /* nesting, the body's own braces counted: as JSON_IN_DEPTH */
    JSON_RAW_MEMBERS = 64,            /* members of the body; an envelope has two or three */
};

/* Find the value of `key` in `body`, one JSON object: *out is its bytes without the white space around it, borrowed
 * from `body`. NOT_FOUND when there is no such member; BAD_INPUT when the body is refused, and *why says for what, a
 * constant text. Otherwise *why is untouched, and without success *out is absent. */
MUST_CHECK enum fault json_raw_member(struct span *out, const char **why, struct span body, struct span key);
