/* qr.h: a text as a QR code (ISO/IEC 18004), drawn as a picture that stands in a JSON answer or a page. */
#pragma once

#include "base/arena.h"

enum { QR_TEXT_MAX = 300 };           /* bytes of the text: of that many the picture takes less than 24 KiB */

/* "data:image/png;base64,..." (RFC 2397) of a black-and-white PNG, in `a`. BAD_INPUT for a text that is empty, holds a
 * NUL or is too long; INTERNAL. */
MUST_CHECK enum fault qr_data_url(struct span *out, struct arena *a, struct span text);
