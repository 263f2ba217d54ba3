/* thread.c: what each of the library's threads keeps for itself: a read connection and spare requests. */
#include <stdlib.h>
#include <string.h>

#include "http/request.h"

#include "base/banned.h"

struct http_thread *http_thread_here(struct http_server *s)
{
    struct http_thread *t = pthread_getspecific(s->thread_key);

    if (!t) {
        t = calloc(1, sizeof *t);
        if (!t || pthread_setspecific(s->thread_key, t) != 0) {
            free(t);
            return NULL;
        }
    }
    /* A reader that could not be opened is tried again by the next request. */
    if (!t->reader && s->o.services->store && store_reader_open(&t->reader, s->o.services->store) != FAULT_NONE)
        t->reader = NULL;
    return t;
}

struct request *http_thread_take(struct http_thread *t)
{
    struct request *r = t->spare;
    struct arena *a = NULL;

    if (r) {
        t->spare = r->next;
        t->n_spare--;
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

static void request_free(struct request *r)
{
    arena_free(r->x.arena);
    free(r);
}

void http_thread_give(struct http_thread *t, struct request *r)
{
    if (!t || t->n_spare == HTTP_SPARE_REQUESTS) {
        request_free(r);
        return;
    }
    arena_reset(r->x.arena);
    r->next = t->spare;
    t->spare = r;
    t->n_spare++;
}

void http_thread_end(void *thread)
{
    struct http_thread *t = thread;

    while (t->spare) {
        struct request *r = t->spare;

        t->spare = r->next;
        request_free(r);
    }
    store_reader_close(t->reader);
    free(t);
}
