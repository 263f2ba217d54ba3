/* pem.h: the textual form of keys (RFC 7468): base64 between a line that begins it and a line that ends it. */
#pragma once

#include "base/secret.h"

enum {
    PEM_LINE = 64,                    /* characters of base64 on a line (RFC 7468 section 2) */
    PEM_MAX = 8192,                   /* bytes: the longest text that is read */
};

/* Does `text` look like PEM rather than DER? */
bool pem_is(struct span text);

/* Append `der` under `label`, e.g. "PUBLIC KEY". */
void pem_put(struct buf *out, const char *label, struct span der);

/* What the one block of `text` holds, which must bear `label` and have nothing but blanks and line ends around it.
 * The caller frees *out. BAD_INPUT: it does not; headers, as an encrypted key of old has them, are refused too. */
MUST_CHECK enum fault pem_read(struct secret **out, const char *label, struct span text);
