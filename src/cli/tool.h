/* tool.h: what the tools share: files, standard input and output, a sandbox's credentials. Private to this folder. */
#pragma once

#include "base/arena.h"
#include "base/secret.h"
#include "cli/options.h"

enum {
    TOOL_DONE, TOOL_REFUSED, TOOL_UNUSABLE,       /* exit statuses: done, no, nothing could be done */
    TOOL_INPUT_MAX = 64 * 1024,       /* bytes of standard input */
    TOOL_FILE_MAX = 16 * 1024,        /* bytes of a file with keys or credentials */
};

/* Write everything, straight to the descriptor: stdio would keep a copy of a secret in its buffer. */
bool tool_write(int fd, struct span s);

/* "tijori WORD: why" and a line end to standard error. */
void tool_complain(const char *word, struct span why);

/* Append the file at `path`, or all of standard input when it is NULL, which the caller wipes. BAD_INPUT with a
 * sentence in `why`: it cannot be read, is empty or too large. */
MUST_CHECK enum fault tool_file(struct buf *out, const char *path, struct buf *why);

/* What a sandbox's credentials say; spans in `a`, absent where they say nothing. */
struct tool_credentials { struct span server_public_key, merchant_private_key, merchant_key; };

/* Read them from where `o` says. BAD_INPUT with a sentence in `why`. */
MUST_CHECK enum fault tool_credentials(struct tool_credentials *out, struct arena *a, const struct options *o,
                                       struct buf *why);
