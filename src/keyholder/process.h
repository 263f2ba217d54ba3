/* process.h: the keyholder as a process: reads its key file, then only answers connections it is handed. */
#pragma once

#include <stdbool.h>

#include "base/fault.h"

struct journal;

struct keyholder_options {
    const char *key_file;             /* "tijori-key-1" and 64 hex digits on a line each; mode 0600 or it is refused;
                                       * the keys for cards lie beside it (keyholder/card_keys.h) */
    bool create;                      /* make the key file when it is missing (new data folders only) */
    int control_fd;                   /* connections arrive here (supervisor/control.h) */
    struct journal *journal;
    enum fault (*shut)(void);         /* called once the keys are read: no file is needed any more; may be NULL */
};

/* Run until the supervisor closes the control socket; returns the process's exit status: 0 after a clean end,
 * 1 when the key file cannot be used (the journal and stderr say why). */
int keyholder_run(const struct keyholder_options *o);
