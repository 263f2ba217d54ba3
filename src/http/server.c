/* server.c: starting and stopping the loops. */
#include "http/http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/metrics.h"
#include "http/request.h"

#include "base/banned.h"

enum { STOP_LOOK_MS = 5 };            /* how often http_stop() looks whether all is finished */

/* The counter of that name, made when no other server has it yet. */
static struct metrics_route *counter_named(struct metrics *m, const char *name)
{
    for (size_t i = 0; i < METRICS_ROUTES && m->route[i].name; i++) {
        if (strcmp(m->route[i].name, name) == 0)
            return &m->route[i];
    }
    return metrics_route(m, name);
}

/* Stop the loops that run, first letting them all know. */
static void stop_loops(struct http_server *s)
{
    for (unsigned i = 0; i < s->n_loops; i++)
        http_loop_quiesce(&s->loops[i]);
    for (unsigned i = 0; i < s->n_loops; i++)
        http_loop_stop(&s->loops[i]);
}

/* Everything but the loops. NULL is fine. */
static void server_free(struct http_server *s)
{
    if (!s)
        return;
    deadlines_close(s->deadlines);
    router_free(s->router);
    free(s);
}

static bool is_local(int listen_fd)
{
    int domain = 0;
    socklen_t n = sizeof domain;

    return getsockopt(listen_fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain == AF_UNIX;
}

enum fault http_start(struct http_server **out, const struct http_options *o)
{
    struct http_server *s = calloc(1, sizeof *s);
    enum fault fault;

    if (!s)
        return FAULT_INTERNAL;
    s->o = *o;
    s->local = is_local(o->listen_fd);
    fault = o->threads >= 1 && o->threads <= HTTP_THREADS_MAX ? router_new(&s->router, o->dialects) : FAULT_BAD_INPUT;
    if (fault == FAULT_NONE)
        fault = deadlines_open(&s->deadlines);
    if (fault == FAULT_NONE) {
        for (size_t i = 0; i < router_rows(s->router); i++)
            s->counters[i] = counter_named(o->metrics, router_row(s->router, i)->name);
        s->unmatched = counter_named(o->metrics, "unmatched");
    }
    while (fault == FAULT_NONE && s->n_loops < o->threads) {
        fault = http_loop_start(&s->loops[s->n_loops], s);
        s->n_loops += fault == FAULT_NONE;
    }
    if (fault != FAULT_NONE) {
        stop_loops(s);
        server_free(s);
        return fault;
    }
    *out = s;
    return FAULT_NONE;
}

/* Wait until no request is in flight, but not for ever; one that a lane still has is waited for without limit, because
 * the library aborts when it is stopped with a suspended connection. */
static void drain(const struct http_server *s)
{
    const struct timespec look = { 0, STOP_LOOK_MS * 1000000L };
    int64_t until = s->stop_ns + HTTP_STOP_GRACE_MS * MS_NS;

    while (atomic_load(&s->away) || (atomic_load(&s->in_flight) && clock_mono_ns() < until))
        nanosleep(&look, NULL);
}

void http_hand_over(struct http_server *s)
{
    if (!s)
        return;
    atomic_store(&s->handing_over, true);
    for (unsigned i = 0; i < s->n_loops; i++)
        http_loop_quiesce(&s->loops[i]);
}

void http_quiesce(struct http_server *s, int within_ms)
{
    if (!s || atomic_exchange(&s->stopping, true))
        return;
    s->stop_ns = clock_mono_ns() + within_ms * MS_NS;
    deadlines_hurry(s->deadlines, s->stop_ns);
    for (unsigned i = 0; i < s->n_loops; i++)
        http_loop_quiesce(&s->loops[i]);
}

void http_linger(const struct http_server *s, int within_ms)
{
    const struct timespec look = { 0, STOP_LOOK_MS * 1000000L };
    int64_t until = clock_mono_ns() + within_ms * MS_NS;

    while (s && atomic_load(&s->away) && clock_mono_ns() < until)
        nanosleep(&look, NULL);
}

void http_stop(struct http_server *s)
{
    if (!s)
        return;
    http_quiesce(s, HTTP_STOP_MS);
    drain(s);
    stop_loops(s);
    server_free(s);
}
