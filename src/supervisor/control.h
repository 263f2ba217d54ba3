/* control.h: the few words the supervisor and its children say to each other, with file descriptors (SCM_RIGHTS). */
#pragma once

#include <stdint.h>

#include "base/fault.h"

enum control_word {
    CONTROL_CHANNEL,      /* to keyholder and gateway: the attached descriptor is the end of channel `index` */
    CONTROL_READY,        /* from a child: I am serving; `pid` is filled by the sender */
    CONTROL_STOP,         /* to the gateway: finish what is in flight, refuse new, exit 0; with `index` 1 another one
                           * comes after it, and whoever is connected is served first */
    CONTROL_COURIER,      /* to courier and gateway: the attached descriptor is the end of the stream between them */
};

struct control_message {
    enum control_word word;
    uint32_t index;                   /* CHANNEL: which */
    uint32_t rights;                  /* CHANNEL, to the keyholder: what this connection may ask */
    uint64_t restarts_keyholder, restarts_gateway, restarts_courier;   /* so far; for metrics and the log */
};

/* Send `m`, with `fd` attached unless it is -1 (the sender keeps and closes its own copy). SILENT when the
 * other side is gone. */
MUST_CHECK enum fault control_send(int socket, const struct control_message *m, int fd);

/* Wait for a message. *fd is the attached descriptor, now the caller's, or -1. SILENT at end of file; BUSY for a
 * channel whose descriptor got lost because too many files are open here; BAD_INPUT for anything that is not a
 * message. */
MUST_CHECK enum fault control_receive(int socket, struct control_message *m, int *fd);
