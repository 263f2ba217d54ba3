/* private_file.h: small files that nobody else may read: taken whole, and made durably or not at all. */
#pragma once

#include "base/span.h"

/* Append the whole file to `out`. NOT_FOUND when there is no such file; DENIED when it is not a regular file, others
 * than its owner have any right to it, or the owner is neither us nor root; BAD_INPUT when it is longer than the room;
 * DISK when it cannot be read. After a fault the caller wipes the room all the same. */
MUST_CHECK enum fault private_file_read(struct buf *out, const char *path);

/* Make `path` with `text`, mode 0600, on disk with its directory entry when this returns. The name appears only with
 * the whole text behind it. EXISTS when there is such a file, DENIED when the directory is not ours to write, DISK when
 * it cannot be written, BAD_INPUT when the path is too long. */
MUST_CHECK enum fault private_file_create(const char *path, struct span text);

/* The same, in the place of what is there, if anything: after a crash there is the one or the other, whole. */
MUST_CHECK enum fault private_file_replace(const char *path, struct span text);

/* The path of the file `name` in the folder of `path`, with its NUL, into the `cap` bytes at `out`. BAD_INPUT: it is
 * too long. */
MUST_CHECK enum fault private_file_beside(char *out, size_t cap, const char *path, const char *name);
