/* supervisor.h: starts the processes, watches them, starts them again. Parses nothing from outside.
 *
 * Each child is this binary again (fork + exec of /proc/self/exe, so none inherits another's memory), told
 * its role by a hidden first argument and given its descriptors by number. The supervisor holds the listening
 * sockets, so connections wait in the backlog while a gateway restarts. When a child dies the supervisor logs
 * it, waits a little longer each time, starts it again and hands fresh connection pairs to both sides. When
 * the supervisor dies its children die (PR_SET_PDEATHSIG). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct journal;

enum {
    SUPERVISOR_LISTENERS = 2, SUPERVISOR_ARGS = 64,
    SUPERVISOR_STOP_MS = 30000,       /* what the gateway is granted to finish its work */
    SUPERVISOR_LAST_MS = 5000,        /* what the others are granted after it: they have no work of their own */
};

enum {
    SUPERVISOR_CHANNELS = 9,
    SUPERVISOR_BACKOFF_MS = 100,      /* before the second restart in a row (none before the first), then doubled */
    SUPERVISOR_BACKOFF_MAX_MS = 5000,
    SUPERVISOR_HEALTHY_MS = 60000,    /* a child that ran this long starts over without a wait */
};

struct supervisor_options {
    const char *const *args;          /* the command line after the program's name, passed on; NULL-terminated */
    int listeners[SUPERVISOR_LISTENERS];      /* bound and listening: public, admin; -1: none. Closed at the stop */
    unsigned channels;                /* connections from gateway to keyholder, 1 to SUPERVISOR_CHANNELS */
    uint32_t rights[SUPERVISOR_CHANNELS];     /* what each of them may ask (keyholder/heart.h) */
    bool courier;                     /* one is to run; what it sends, the gateway hands it */
    struct journal *journal;
    bool (*may_renew)(void *arg);     /* are the files that a new gateway would read in order? NULL: they are */
    void *renew_arg;
};

/* The descriptors a child finds open, by number. */
enum { CHILD_CONTROL_FD = 3, CHILD_LISTEN_FD = 4, CHILD_ADMIN_FD = 5 };

/* The hidden first arguments. */
#define ROLE_KEYHOLDER "@keyholder"
#define ROLE_GATEWAY   "@gateway"
#define ROLE_COURIER   "@courier"

/* Run until SIGTERM or SIGINT, then close the listening sockets, stop the gateway (CONTROL_STOP, at most
 * SUPERVISOR_STOP_MS), then keyholder and courier (at most SUPERVISOR_LAST_MS). A second signal kills all at once.
 * SIGHUP starts the gateway anew, once `may_renew` agrees: it reads certificates again, while the listening sockets
 * stay open and keep whoever connects waiting. Returns the exit status: 0 after a clean stop; 1 when a child died
 * before it was ever ready (it said why itself), had to be killed, or failed at its end. The calling thread must be
 * the one that lives as long as the process, and every other thread must have SIGTERM, SIGINT and SIGCHLD blocked. The
 * children ignore SIGTERM, SIGINT, SIGHUP and SIGPIPE: a signal to the whole process group must not take them down
 * beside their work; CONTROL_STOP and the end of the control socket do. */
int supervisor_run(const struct supervisor_options *o);

/* Bind and listen on "HOST:PORT" (numeric host; port 0 picks a free one), or on "unix:PATH" (an absolute path; a socket
 * of mode 0600, in place of one of ours that nobody listens at; while there is one thread). BAD_INPUT when `where`
 * cannot be read or there is no such folder, BUSY when the address is taken, DENIED when it is not ours to bind. */
MUST_CHECK enum fault supervisor_listen(int *fd, const char *where);
