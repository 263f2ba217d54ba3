/* role_courier.c: the courier's life: one connection to a gateway after another, until the supervisor lets go. */
#include "gateway/roles.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "courier/courier.h"
#include "gateway/confinement.h"
#include "supervisor/control.h"
#include "supervisor/supervisor.h"

#include "base/banned.h"

enum { ALONE_MS = 2 * SUPERVISOR_BACKOFF_MAX_MS };    /* by then a gateway that was restarted has been joined to us */

/* The next connection to a gateway. SILENT: there is no supervisor any more; BUSY: nobody came for so long that it must
 * be a gateway which hung up by itself; the two are joined again when this process is started anew. */
static enum fault next_connection(int *fd, bool served)
{
    struct pollfd p = { .fd = CHILD_CONTROL_FD, .events = POLLIN };
    struct control_message m;
    enum fault f;

    if (poll(&p, 1, served ? ALONE_MS : -1) == 0)
        return FAULT_BUSY;
    f = control_receive(CHILD_CONTROL_FD, &m, fd);
    if (!f && m.word != CONTROL_COURIER) {
        if (*fd >= 0)
            close(*fd);
        return FAULT_BAD_INPUT;
    }
    return f;
}

/* It is told nothing but what comes over the socket, and reads neither options nor files of ours. */
int role_courier(void)
{
    static const struct control_message ready = { .word = CONTROL_READY };
    bool served = false;
    enum fault f;
    int fd = -1;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    if (confinement_courier()) {
        fprintf(stderr, "tijori: the courier cannot start: the system refuses to confine it\n");
        return 1;
    }
    if (control_send(CHILD_CONTROL_FD, &ready, -1))
        return 1;
    while (!(f = next_connection(&fd, served))) {
        if (courier_serve(fd, NULL) != 0)
            return 1;
        served = true;
    }
    return f == FAULT_SILENT ? 0 : 1;
}
