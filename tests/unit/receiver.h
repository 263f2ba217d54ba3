/* receiver.h: a small HTTP server for tests of what goes out: it does what the path of a request says, and counts.
 *
 *   /ok         200 and "hello\n", and the connection stays open
 *   /redirect   302 to /elsewhere
 *   /hang       no answer until the receiver ends
 *   /close      the connection is closed without an answer
 *   /nonsense   bytes that are no HTTP
 *   /long       200 with 64 MiB of 'x', as far as they are read: `poured` counts them
 *   /unending   200 and a head that says more of a body than ever comes
 *   /head       200 with a head of many kilobytes
 *   /NNN        the status NNN */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { RECEIVER_CONNECTIONS = 512, RECEIVER_TEXT = 96 * 1024 };

struct receiver {
    int fd;
    unsigned port;
    atomic_uint requests, connections, hanging;
    atomic_ulong poured;
    atomic_bool ended;
    pthread_t thread, workers[RECEIVER_CONNECTIONS];
    int fds[RECEIVER_CONNECTIONS];
    pthread_mutex_t lock;
    char last[RECEIVER_TEXT];         /* the last request, head and body; under the lock */
};

/* On 127.0.0.1, at a port the system chooses. */
void receiver_open(struct receiver *r);
void receiver_close(struct receiver *r);
