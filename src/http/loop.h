/* loop.h: one HTTP thread: its daemon of the library, its event loop, and what it keeps from request to request.
 *
 * The loop is ours and not the library's, for the sake of requests that come back from a lane: a batch of them
 * rings the bell once, and the loop resumes them all; the library's own thread would be woken by a system call for
 * each, in the midst of the batch. */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/fault.h"
#include "store/store.h"

struct http_server;
struct request;

struct http_loop {
    struct http_server *server;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    int listen_fd;                    /* its own copy */
    int bell;                         /* an eventfd: look at what follows */
    _Atomic(struct request *) back;   /* requests that a lane has finished, newest first, by `next` */
    atomic_bool quiesce, leave;
    struct store_job *asking;         /* questions for the keyholder, gathered in this turn; the thread's alone */
    struct store_reader *reader;      /* what follows is too */
    struct request *spare;
    unsigned n_spare;
};

/* Start the thread; `l` is zeroed and lives until http_loop_stop() returned. BAD_INPUT when TLS material cannot be
 * used. */
MUST_CHECK enum fault http_loop_start(struct http_loop *l, struct http_server *s);

/* Accept no more connections and close the copy of the listening socket. From any thread, and it happens soon. */
void http_loop_quiesce(struct http_loop *l);

/* After http_loop_quiesce(), with no request in a lane: close all connections, end the thread, release what it kept. */
void http_loop_stop(struct http_loop *l);

/* A lane has finished with `r`: let its loop resume it. From any thread; `r` may be gone when this returns. */
void http_loop_give_back(struct http_loop *l, struct request *r);

/* On the loop's thread: put the questions `job` wants together with those of the other requests of this turn, then
 * call job->done. */
void http_loop_ask(struct http_loop *l, struct store_job *job);

/* On the loop's thread: `job` was given to http_loop_ask() and its request is about to go: it is not asked, and
 * job->done is not called. */
void http_loop_forget(struct http_loop *l, const struct store_job *job);

/* On the loop's thread: its reader (opened when needed; NULL when that fails), a request from the spare ones (NULL
 * when memory is out), and back. */
struct store_reader *http_loop_reader(struct http_loop *l);
struct request *http_loop_take(struct http_loop *l);
void http_loop_keep(struct http_loop *l, struct request *r);
