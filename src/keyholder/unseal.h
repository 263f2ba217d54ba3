/* unseal.h: the socket over which custodians give their shares to a sealed keyholder, and nobody else anything.
 *
 * It lies beside the key file, mode 0600, and whoever connects must be our user or root. One client is served at a
 * time, for UNSEAL_CLIENT_MS at most; a further one waits. A frame is one datagram (SOCK_SEQPACKET) of at most
 * UNSEAL_FRAME_MAX bytes:
 *
 *     question   version (1) | what (1): 0 status, 1 a share | of a share: what was typed (keyholder/share.h)
 *     answer     version (1) | verdict (1) | number of that share, or 0 (1) | have (1) | need (1) | shares (1) |
 *                set (8)
 *
 * A frame that is none ends its connection. With the last share needed the keyring is opened; when it does not open,
 * all shares are dropped. An attempt that failed, or a frame that is none, costs UNSEAL_SLOW_MS, in which nobody else
 * is served. */
#pragma once

#include "keyholder/custody.h"

struct journal;
struct unseal;

enum {
    UNSEAL_VERSION = 1,
    UNSEAL_FRAME_MAX = 2 + SHARE_LINE_MAX,    /* bytes */
    UNSEAL_ANSWER = 6 + KEYRING_SET,          /* bytes */
    UNSEAL_CLIENT_MS = 10000,         /* how long one client is served: what it sends was typed before it came */
    UNSEAL_SLOW_MS = 1000,
    UNSEAL_BACKLOG = 4,               /* clients that may wait */
    UNSEAL_PATH_MAX = 108,            /* bytes of a socket's path, with NUL: the system's limit */
};

#define UNSEAL_SOCKET "unseal.sock"

enum unseal_what { UNSEAL_STATUS, UNSEAL_SHARE };

/* What an answer says. */
enum unseal_verdict {
    UNSEAL_SEALED,        /* of a status: shares are needed */
    UNSEAL_OPEN,          /* of a status, or to a share: the keyring is open already */
    UNSEAL_TAKEN,         /* the share counts; more are needed */
    UNSEAL_OPENED,        /* the share counts, and the keyring is open now */
    UNSEAL_MISTYPED, UNSEAL_OTHER_SET, UNSEAL_AGAIN, UNSEAL_CONFLICT,         /* as in custody.h */
    UNSEAL_WRONG,         /* together the shares do not open the keyring; all of them are dropped */
    UNSEAL_BROKEN,        /* they do, but the keyholder cannot go on: the journal says why */
};

struct unseal_options {
    int listen_fd;                    /* unseal_listen()'s; closed with it */
    struct keyring_head head;
    struct journal *journal;
    /* Open the keyring with this key, which stays the caller's, and answer from now on. DENIED: it does not open it;
     * another fault: there is something else in the way. Called on the socket's own thread; once it gave NONE, never
     * again. */
    enum fault (*open)(void *arg, const struct secret *kek);
    void *arg;
    int slow_ms, client_ms;           /* tests' own; 0: UNSEAL_SLOW_MS, UNSEAL_CLIENT_MS */
};

/* The socket's path for that key file. BAD_INPUT: it would be too long. */
MUST_CHECK enum fault unseal_path(char out[static UNSEAL_PATH_MAX], const char *key_file);

/* Bind it, in the place of one that an earlier keyholder left. BAD_INPUT as above; DENIED; DISK. The caller closes *fd,
 * or hands it to unseal_new(). */
MUST_CHECK enum fault unseal_listen(int *fd, const char *key_file);

/* Serve custodians on a thread of its own, until unseal_free(), which waits for it; NULL is fine there. The descriptor
 * is closed in either case. INTERNAL. */
MUST_CHECK enum fault unseal_new(struct unseal **out, const struct unseal_options *o);
void unseal_free(struct unseal *u);

/* Is there an answer in `frame`? Then *v, and what else it says into the others. BAD_INPUT when not. */
struct unseal_answer { enum unseal_verdict verdict; unsigned index, have, need, shares; uint8_t set[KEYRING_SET]; };
MUST_CHECK enum fault unseal_answer_read(struct unseal_answer *out, struct span frame);
