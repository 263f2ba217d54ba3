/* base64.h: RFC 4648 base64, strict both ways. */
#pragma once

#include "base/span.h"

/* Append the base64url form of `s`, without padding (RFC 4648 section 5). */
void base64url_put(struct buf *out, struct span s);

/* Append the standard form of `s`, padded (RFC 4648 section 4). */
void base64_put(struct buf *out, struct span s);

/* Append the bytes that `text` stands for. Canonical text only: no padding, spaces or line ends, and unused
 * bits zero. BAD_INPUT otherwise (then nothing was appended); INTERNAL when `out` is too small. */
MUST_CHECK enum fault base64url_read(struct buf *out, struct span text);

/* The same for the padded standard alphabet. */
MUST_CHECK enum fault base64_read(struct buf *out, struct span text);

/* Append `s` as lower-case hexadecimal digits. */
void hex_put(struct buf *out, struct span s);

/* Append the bytes that lower- or upper-case `text` stands for. BAD_INPUT as base64url_read(). */
MUST_CHECK enum fault hex_read(struct buf *out, struct span text);
