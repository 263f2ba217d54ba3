/* tls_files.h: the certificates and the key that options name. */
#pragma once

#include "base/span.h"
#include "cli/options.h"

/* A whole PEM file with a NUL behind it, which the caller frees. DISK when it cannot be read, is empty or too large. */
MUST_CHECK enum fault tls_file_read(struct span *out, const char *path);

/* Before anything is started: are the files what they are said to be, and do they belong together? Nothing is wrong
 * when none are named. BAD_INPUT, and a sentence for people in `why`. */
MUST_CHECK enum fault tls_files_check(const struct options *o, struct buf *why);
