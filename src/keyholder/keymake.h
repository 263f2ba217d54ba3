/* keymake.h: making a keyring whose key custodians or an HSM keep, for a new data folder or in place of a key file.
 *
 * What was sealed, signed or matched before stays as it is: only where the root keys rest changes, not the keys. */
#pragma once

#include "keyholder/keysource.h"

enum { KEYMAKE_PATH_MAX = 4096 };     /* bytes of a path, with NUL */

struct keymake_options {
    struct keysource_options source;  /* its HSM keeps the key when `shares` is 0 */
    unsigned shares, threshold;
    int64_t now_ms;
    bool replace;                     /* a keyring that custodians or an HSM keep is given to others */
    keysource_ask *ask;               /* for the shares that open it so far; may be NULL, as its argument */
    void *ask_arg;
};

/* A custodian's share to be told, once: the `i`-th of keymake_options.shares, from 1. False: it could not be, and then
 * nothing is made. */
typedef bool keymake_tell(void *arg, unsigned i, struct span text);

/* Make it. Every share is told before anything is written. *converted: there was a key file, which now is at
 * keymake_replaced(), to be destroyed; what keyring it had is "keyring.replaced". EXISTS: there is such a keyring
 * already and it is not to be replaced, or there is a key file that was. After any fault *why says what is in the way,
 * in a sentence for people, and as far as possible nothing has changed. No server may be running. */
MUST_CHECK enum fault keymake(bool *converted, const struct keymake_options *o, keymake_tell *tell, void *arg,
                              const char **why);

/* Where a key file goes that is no longer needed. BAD_INPUT: it would be too long. */
MUST_CHECK enum fault keymake_replaced(char out[static KEYMAKE_PATH_MAX], const char *key_file);
