/* process.h: the keyholder as a process: comes by its keys, then only answers connections it is handed. */
#pragma once

#include "keyholder/keysource.h"

struct journal;

struct keyholder_options {
    struct keysource_options source;  /* where the keys come from; the keys for cards lie beside the key file
                                       * (keyholder/card_keys.h), and so does the custodians' socket
                                       * (keyholder/unseal.h) */
    struct keysource_opened *opened;  /* NULL: nobody has opened the source yet; else what it gave, which is taken:
                                       * an HSM is asked before a process is confined */
    bool create;                      /* make the key file when there is neither it nor a keyring (new data folders
                                       * only) */
    int control_fd;                   /* connections arrive here (supervisor/control.h) */
    struct journal *journal;
    enum fault (*shut)(void);         /* called once the keys are read, or the custodians' socket is there: from then on
                                       * files are written in the key file's folder alone; may be NULL */
};

/* Run until the supervisor closes the control socket; returns the process's exit status: 0 after a clean end,
 * 1 when the keys cannot be come by (the journal and stderr say why). Where custodians have them, it runs at once, and
 * says of every question that it is sealed until they have given their shares. */
int keyholder_run(const struct keyholder_options *o);
