/* respell.h: one JSON text as another library would have written it.
 *
 * Merchants sign the text their own library makes and sometimes send another's. The sandbox names the library when the
 * signature fits its spelling of the same value. */
#pragma once

#include "base/arena.h"
#include "base/span.h"

enum respell_style {
    RESPELL_COMPACT,                  /* no blanks, characters as they are: JSON.stringify */
    RESPELL_SPACED,                   /* blanks behind commas and colons, only ASCII: json.dumps of Python */
    RESPELL_SLASHES,                  /* no blanks, slashes and other than ASCII escaped: PHP's json_encode */
    RESPELL_ESCAPED,                  /* no blanks, only ASCII: PHP's with JSON_UNESCAPED_SLASHES */
    RESPELL_STYLES
};

/* `json`, which json_read() takes, in this style, in `a`; absent when memory is out. */
struct span respell(struct arena *a, struct span json, enum respell_style style);

/* "JSON.stringify, compact"; a constant. */
const char *respell_name(enum respell_style style);
