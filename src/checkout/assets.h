/* assets.h: files of pages/ and assets/, embedded in the program by embed.py when it is built. */
#pragma once

#include "base/span.h"

struct asset { const char *name, *type, *etag; struct span body; };   /* type NULL: a page's template, never served */

/* By its name, such as "checkout.css" or "pay.html". NULL: there is none. */
const struct asset *asset_find(struct span name);
