/* sandbox_bed.h: leading requests to the sandbox dialect through the steps of their routes, without HTTP. */
#pragma once

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "dialect/sandbox/sandbox.h"
#include "fixture.h"

enum { SHOWN_MAX = 64 * 1024, BODY_MAX = 512 };


static struct exchange x;
static sem_t resumed;
static const char *authorization;
static char shown[SHOWN_MAX];
static struct span in_path;           /* what stands for the path's parameter */

static inline struct span header(const struct exchange *of, const char *name)
{
    (void)of;
    return strcmp(name, "Authorization") == 0 ? span_of(authorization) : (struct span){ 0 };
}

static inline void resume(struct exchange *of, bool settle)
{
    (void)of;
    assert_false(settle);
    sem_post(&resumed);
}

/* From now on requests come with the admin token. */
static inline int sandbox_bed_start(struct fixture *f)
{

    json_in_start();
    sem_init(&resumed, 0, 0);
    authorization = "Bearer " FIXTURE_ADMIN;
    fixture_admin(f);
    return 0;
}

static inline enum fault run_work(struct store_tx *tx, void *arg)
{
    (void)arg;
    return x.route->work(&x, tx);
}

static inline const struct route *route_of(const char *method, const char *path)
{
    for (const struct route *r = sandbox_dialect.routes; r->method; r++) {
        if (strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0)
            return r;
    }
    fail_msg("no such route: %s %s", method, path);
    return NULL;
}

/* Lead a request through its route's steps; the answer's status is the result, its body is in `shown`. */
static inline unsigned ask(struct fixture *f, const char *method, const char *path, const char *body)
{
    enum fault outcome = FAULT_NONE;

    arena_reset(f->arena);
    x = (struct exchange){ .services = &f->services, .dialect = &sandbox_dialect, .arena = f->arena,
                           .reader = f->reader, .method = method, .path = span_of(path), .body = span_of(body),
                           .now_ms = FIXTURE_NOW, .header = header, .resume = resume, .params = { in_path } };
    x.route = route_of(method, path);
    if (x.route->parse(&x) == STEP_GO) {
        if (x.route->work)
            outcome = store_read(f->reader, run_work, NULL);
        if (x.route->call && x.route->call(&x) == NEXT_WAIT)
            sem_wait(&resumed);
        x.route->show(&x, outcome);
    }
    assert_false(x.answer.body.full);
    assert_int_equal(span_text(shown, sizeof shown, buf_view(&x.answer.body)), FAULT_NONE);
    return x.answer.status;
}

static inline void assert_shows(const char *text)
{
    if (!strstr(shown, text))
        fail_msg("\"%s\" is not in: %s", text, shown);
}
