/* keyfile.h: the master key at rest: "tijori-key-1" and 64 hexadecimal digits, a line each. */
#pragma once

#include "base/secret.h"

/* Read the key of `path` into *out, which the caller frees. NOT_FOUND when there is no such file; DENIED when
 * it is not a regular file, others than its owner have any right to it, or the owner is neither us nor root;
 * BAD_INPUT when it does not hold a key; DISK when it cannot be read. */
MUST_CHECK enum fault keyfile_read(struct secret **out, const char *path);

/* Make `path` with a new random key, mode 0600, on disk with its directory entry when this returns. The name
 * appears only with the whole key behind it. EXISTS when there is such a file, DENIED when the directory is
 * not ours to write, DISK when it cannot be written, BAD_INPUT when the path is too long. */
MUST_CHECK enum fault keyfile_create(const char *path);
