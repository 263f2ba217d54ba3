/* loop.c: an HTTP thread. */
#include "http/loop.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bells.h"
#include "http/request.h"

#include "base/banned.h"

enum {
    CONNECTION_MEMORY = HTTP_HEADERS_MAX + 8 * 1024,     /* bytes: the head, the library's notes on it, our head */
    WAIT_MAX_MS = 60 * 1000,                             /* the longest sleep, should the library name none */
};

/* TLS 1.2 with forward secrecy and authenticated ciphers only, and 1.3; no SHA-1 (RFC 9325 section 4). In GnuTLS's
 * words: gnutls.org/manual, Priority Strings. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:" \
                       "+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD:-SIGN-RSA-SHA1:" \
                       "-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE"

static void *run(void *arg);
static void request_free(struct request *r);

/* Paths are split before they are decoded, so the library must leave them as they came. */
static size_t leave_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return strlen(text);
}

/* One loop's; what it does not accept waits for another or in the system's queue. */
static unsigned share_of(unsigned all, unsigned threads)
{
    return all > threads ? all / threads : 1;
}

static struct MHD_Daemon *daemon_new(struct http_loop *l)
{
    const struct http_options *o = &l->server->o;
    unsigned connections = o->connections ? o->connections : HTTP_CONNECTIONS_MAX;
    bool tls = o->tls_certificate && o->tls_key;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | (tls ? MHD_USE_TLS : 0u);
    enum { PLAIN = 4 };               /* where the list ends for who has none of it */
    struct MHD_OptionItem secure[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->tls_certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->tls_key },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
        { o->tls_client_ca ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, (void *)(uintptr_t)o->tls_client_ca },
        { MHD_OPTION_END, 0, NULL },
    };

    return MHD_start_daemon(flags, 0, NULL, NULL, request_step, l,
        MHD_OPTION_LISTEN_SOCKET, l->listen_fd,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_LIMIT, share_of(connections, o->threads),
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->per_address ? share_of(o->per_address, o->threads) : 0,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, request_line, l,
        MHD_OPTION_NOTIFY_COMPLETED, request_ended, l,
        MHD_OPTION_NOTIFY_CONNECTION, request_peer_changed, l->server,
        MHD_OPTION_ARRAY, secure + (tls ? 0 : PLAIN),
        MHD_OPTION_END);
}

/* The library closes the socket in some of its failures to start and leaves it in others. Its number may be another
 * thread's file by then. */
static void close_if_open(int fd, int original)
{
    struct stat now, then;

    if (fstat(fd, &now) == 0 && fstat(original, &then) == 0 && now.st_dev == then.st_dev && now.st_ino == then.st_ino)
        close(fd);
}

enum fault http_loop_start(struct http_loop *l, struct http_server *s)
{
    enum fault f = FAULT_INTERNAL;

    l->server = s;
    l->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->listen_fd = fcntl(s->o.listen_fd, F_DUPFD_CLOEXEC, 0);
    if (l->bell >= 0 && l->listen_fd >= 0) {
        l->daemon = daemon_new(l);
        f = l->daemon ? FAULT_NONE : s->o.tls_key ? FAULT_BAD_INPUT : FAULT_INTERNAL;
    }
    if (!f && pthread_create(&l->thread, NULL, run, l) == 0)
        return FAULT_NONE;
    if (l->daemon)
        MHD_stop_daemon(l->daemon);      /* closes the listening socket */
    else if (l->listen_fd >= 0)
        close_if_open(l->listen_fd, s->o.listen_fd);
    if (l->bell >= 0)
        close(l->bell);
    return f ? f : FAULT_INTERNAL;
}

static void ring(struct http_loop *l)
{
    ssize_t n = write(l->bell, &(uint64_t){ 1 }, sizeof(uint64_t));

    (void)n;                          /* it fails only when the bell is ringing already */
}

void http_loop_quiesce(struct http_loop *l)
{
    atomic_store(&l->quiesce, true);
    ring(l);
}

void http_loop_stop(struct http_loop *l)
{
    atomic_store(&l->leave, true);
    ring(l);
    pthread_join(l->thread, NULL);
    close(l->bell);
}

static void ring_for_back(void *loop)
{
    struct http_loop *l = loop;
    struct http_server *s = l->server;

    ring(l);
    atomic_fetch_sub(&s->away, 1);
}

void http_loop_give_back(struct http_loop *l, struct request *r)
{
    struct request *head = atomic_load(&l->back);
    struct http_server *s = l->server;

    do {
        r->next = head;
    } while (!atomic_compare_exchange_weak(&l->back, &head, r));
    if (head)                         /* whoever found it empty rings for all who come before it is emptied */
        return;
    atomic_fetch_add(&s->away, 1);    /* so that loop and server are there until then, though `r` may not be */
    if (!bells_ring(ring_for_back, l))
        atomic_fetch_sub(&s->away, 1);
}

/* Resume what lanes have finished, oldest first. */
static void resume_back(struct http_loop *l)
{
    struct request *newest = atomic_exchange(&l->back, NULL), *oldest = NULL;

    while (newest) {
        struct request *r = newest;

        newest = r->next;
        r->next = oldest;
        oldest = r;
    }
    while (oldest) {
        struct request *r = oldest;

        oldest = r->next;
        MHD_resume_connection(r->connection);
    }
}

/* Sleep until a connection or the bell wants something, or the library's next time-out. */
static void wait_for_work(const struct http_loop *l)
{
    struct pollfd fds[] = {
        { .fd = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN },
        { .fd = l->bell, .events = POLLIN },
    };
    MHD_UNSIGNED_LONG_LONG ms;
    uint64_t rings;

    if (MHD_get_timeout(l->daemon, &ms) != MHD_YES || ms > WAIT_MAX_MS)
        ms = WAIT_MAX_MS;
    if (poll(fds, 2, (int)ms) > 0 && fds[1].revents) {
        ssize_t n = read(l->bell, &rings, sizeof rings);
        (void)n;                      /* the bell is only emptied, before what it rang for is looked at */
    }
}

void http_loop_ask(struct http_loop *l, struct store_job *job)
{
    job->next = l->asking;
    l->asking = job;
}

void http_loop_forget(struct http_loop *l, const struct store_job *job)
{
    for (struct store_job **at = &l->asking; *at; at = &(*at)->next)
        if (*at == job) {
            *at = job->next;
            return;
        }
}

static unsigned connections(const struct http_loop *l)
{
    return MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

/* A library that was full looks at the listening socket again only when it is run after a connection went. */
static void run_library(struct http_loop *l)
{
    unsigned before = connections(l);

    (void)MHD_run(l->daemon);
    if (connections(l) < before)
        (void)MHD_run(l->daemon);
}

/* Let the library do what can be done now. What it leaves with questions is answered, and done as well. */
static void turn(struct http_loop *l)
{
    run_library(l);
    while (l->asking) {
        struct store_job *job = l->asking;

        l->asking = NULL;
        sealing_before_batch((void *)(uintptr_t)l->server->o.services, job);
        while (job) {
            struct store_job *next = job->next;      /* `done` gives the job back to its owner */

            job->done(job->arg, job->outcome);
            job = next;
        }
        run_library(l);
    }
}

/* The library leaves the socket it no longer accepts from to us; while a copy is open, the system does. */
static void quiesce(struct http_loop *l)
{
    if (l->listen_fd < 0)
        return;
    (void)MHD_quiesce_daemon(l->daemon);
    close(l->listen_fd);
    l->listen_fd = -1;
}

static void *run(void *arg)
{
    struct http_loop *l = arg;

    while (!atomic_load(&l->leave)) {
        wait_for_work(l);
        resume_back(l);
        if (atomic_load(&l->quiesce))
            quiesce(l);
        turn(l);
    }
    quiesce(l);
    resume_back(l);                   /* the library aborts when it is stopped with a suspended connection */
    turn(l);
    MHD_stop_daemon(l->daemon);
    while (l->spare) {
        struct request *r = l->spare;

        l->spare = r->next;
        request_free(r);
    }
    store_reader_close(l->reader);
    return NULL;
}

/* A reader that could not be opened is tried again by the next request. */
struct store_reader *http_loop_reader(struct http_loop *l)
{
    struct store *store = l->server->o.services->store;

    if (!l->reader && store && store_reader_open(&l->reader, store) != FAULT_NONE)
        l->reader = NULL;
    return l->reader;
}

struct request *http_loop_take(struct http_loop *l)
{
    struct request *r = l->spare;
    struct arena *a = NULL;

    if (r) {
        l->spare = r->next;
        l->n_spare--;
        a = r->x.arena;
    } else {
        r = malloc(sizeof *r);
        if (!r || arena_new(&a) != FAULT_NONE) {
            free(r);
            return NULL;
        }
    }
    memset(r, 0, sizeof *r);
    r->x.arena = a;
    return r;
}

void http_loop_keep(struct http_loop *l, struct request *r)
{
    if (l->n_spare == HTTP_SPARE_REQUESTS) {
        request_free(r);
        return;
    }
    arena_reset(r->x.arena);
    r->next = l->spare;
    l->spare = r;
    l->n_spare++;
}

static void request_free(struct request *r)
{
    arena_free(r->x.arena);
    free(r);
}
