/* keysource.h: from where the key-encryption key comes: a key file, custodians' shares, or an HSM.
 *
 * The server asks it at its start, and so do the tools that must open or verify without a server (`audit verify`,
 * `restore`, `check`): they read the key file, ask the HSM, or have k shares typed. */
#pragma once

#include "keyholder/keyring.h"

struct keysource_options {
    const char *key_file;             /* the keyring lies beside it, whatever the source */
    const char *hsm_module;           /* path of the PKCS#11 library; NULL or "": none */
    const char *hsm_token;            /* label of its token */
    const char *hsm_key;              /* label of the AES key in it */
    const char *hsm_pin_file;         /* mode 0600, the PIN on a line */
};

/* Ask for a share: write one line, without its end, into `line`; false when there is no more. `have` that is the same
 * as the last time: the share before was not taken. */
typedef bool keysource_ask(void *arg, struct buf *line, unsigned have, unsigned need);

/* Which one is it? KEYRING_FILE when there is no keyring. Faults of keyring_peek() but NOT_FOUND. */
MUST_CHECK enum fault keysource_kind(struct keyring_head *out, const struct keysource_options *o);

/* Open the ring by whatever its source is; `ask` (may be NULL) is called for shares. NOT_FOUND: no key file, where the
 * source is one. WRONG_STATE: shares are needed, and there were too few. DENIED: a file is not private to us, or the
 * key does not open the ring. SILENT: the HSM does not answer or refuses. BAD_INPUT: a file is not what it should be.
 * DISK.
 * After a fault *why is a sentence for people, a constant. *kek is set with the ring, for whoever writes it again. The
 * caller closes both. */
struct keysource_opened { struct keyring *ring; struct secret *kek; };
MUST_CHECK enum fault keysource_open(struct keysource_opened *out, const struct keysource_options *o,
                                     keysource_ask *ask, void *arg, const char **why);

/* Free and wipe both. */
void keysource_close(struct keysource_opened *k);
