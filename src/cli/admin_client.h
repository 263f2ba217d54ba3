/* admin_client.h: one call to the admin listener of a running server. Private to this folder. */
#pragma once

#include "base/secret.h"
#include "cli/options.h"

enum {
    ADMIN_ANSWER_MAX = 512 * 1024,    /* bytes of an answer; a list of some thousand merchants fits */
    ADMIN_TIMEOUT_S = 30, ADMIN_CONNECT_S = 5,
    ADMIN_WHY_MAX = 1024,
    ADMIN_TOKEN_MAX = 256, ADMIN_FILE_MAX = 16384,    /* bytes of a token; of the file it is read from */
};

/* Where the server is and what opens it. The caller ends it with admin_access_fini(). */
struct admin_access { char url[OPTIONS_TEXT]; struct secret *token; };

/* Find address and token as `o` says: options first, then DATA/credentials.json (sandbox), then DATA/admin.json
 * (serve). BAD_INPUT with a sentence in `why` when there are none, or when the address is neither https nor
 * loopback. */
MUST_CHECK enum fault admin_access_find(struct admin_access *out, const struct options *o, struct buf *why);
void admin_access_fini(struct admin_access *a);

/* May the token be sent there? https anywhere, plain http only to loopback; a Unix socket, "unix:/PATH". */
bool admin_url_is_safe(const char *url);

/* A conversation with the listener: where it is, what it answered, what is to be shown of that, and why it failed, each
 * ADMIN_ANSWER_MAX bytes but the last. Answers may hold secrets. */
struct admin_talk {
    struct admin_access access;
    struct buf answer, shown, why;
    uint8_t why_bytes[ADMIN_WHY_MAX];
};

/* Begin one as `o` says. BAD_INPUT or INTERNAL with a sentence in `why`. The caller ends it in any case, with
 * admin_talk_end(), which wipes. */
MUST_CHECK enum fault admin_talk_begin(struct admin_talk *t, const struct options *o);
void admin_talk_end(struct admin_talk *t);

struct admin_call { const char *method, *path; struct span body; };     /* body absent: none is sent */

/* Make the call; the answer's body is appended to `out`, which the caller wipes. SILENT with a sentence in
 * `why` when no answer came. */
MUST_CHECK enum fault admin_call(const struct admin_access *a, const struct admin_call *call, long *status,
                                 struct buf *out, struct buf *why);
