/* exchange_bed.h: one request at a time through all steps of its route, as the HTTP layer leads it, but without HTTP:
 * over a real store, keyholder and vault (fixture.h). */
#pragma once

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "dialect/dialect.h"
#include "fixture.h"

enum { XBED_TEXT = 512 * 1024, XBED_HEADERS = 8 };    /* bytes of an answer's body with NUL; headers of a request */

struct xbed_header { const char *name, *value; };

/* What is sent. `route` as in the route table: "POST /generateToken". A header with a NULL value is not sent. */
struct xbed_sent {
    const char *route, *param, *query, *body, *param2;
    struct xbed_header headers[XBED_HEADERS];
    unsigned runs;                    /* how often work and settle run, as after RETRY; 0: once */
};

struct xbed {
    struct fixture *f;
    const struct dialect *dialect;
    const struct xbed_sent *sent;
    struct exchange x;
    sem_t resumed;
    bool settle;
    const char *reached;              /* the last step that ran: "parse", "prepare", ... */
    char body[XBED_TEXT];             /* of the last answer */
};

static inline void xbed_open(struct xbed *b, struct fixture *f, const struct dialect *d)
{
    b->f = f;
    b->dialect = d;
    assert_int_equal(sem_init(&b->resumed, 0, 0), 0);
}

static inline void xbed_close(struct xbed *b)
{
    (void)sem_destroy(&b->resumed);
}

static inline struct span xbed_header(const struct exchange *x, const char *name)
{
    const struct xbed *b = x->transport;

    for (size_t i = 0; b->sent && i < XBED_HEADERS && b->sent->headers[i].name; i++)
        if (strcmp(b->sent->headers[i].name, name) == 0)
            return span_of(b->sent->headers[i].value);
    return (struct span){ 0 };
}

static inline void xbed_resume(struct exchange *x, bool settle)
{
    struct xbed *b = x->transport;

    b->settle = settle;
    (void)sem_post(&b->resumed);
}

static inline const struct route *xbed_route(const struct dialect *d, const char *name)
{
    for (const struct route *r = d->routes; r->method; r++) {
        size_t n = strlen(r->method);
        if (strncmp(r->method, name, n) == 0 && name[n] == ' ' && strcmp(r->path, name + n + 1) == 0)
            return r;
    }
    fail_msg("no route %s", name);
    return NULL;
}

static inline void xbed_begin(struct xbed *b, const struct xbed_sent *s)
{
    const struct route *r = s->route ? xbed_route(b->dialect, s->route) : NULL;

    arena_reset(b->f->arena);
    b->sent = s;
    b->x = (struct exchange){
        .services = &b->f->services, .dialect = b->dialect, .route = r, .arena = b->f->arena, .reader = b->f->reader,
        .method = r ? r->method : "GET", .path = span_of(r ? r->path : "/nowhere"), .query = span_of(s->query),
        .body = span_of(s->body), .now_ms = clock_now_ms(b->f->services.clock), .peer = "192.0.2.7",
        .header = xbed_header, .resume = xbed_resume, .transport = b,
    };
    b->x.params[0] = arena_copy(b->f->arena, span_of(s->param));
    b->x.params[1] = arena_copy(b->f->arena, span_of(s->param2));
}

static inline enum fault xbed_work(struct store_tx *tx, void *arg)
{
    struct exchange *x = arg;

    return x->route->work(x, tx);
}

static inline enum fault xbed_settle(struct store_tx *tx, void *arg)
{
    struct exchange *x = arg;

    return x->route->settle(x, tx);
}

/* Once more each time, in transactions of their own. */
static inline enum fault xbed_run(struct xbed *b, store_work *work, bool reads)
{
    struct exchange *x = &b->x;
    enum fault f = FAULT_NONE;
    unsigned runs = b->sent->runs ? b->sent->runs : 1;

    for (unsigned i = 0; i < runs; i++)
        f = reads ? store_read(x->reader, work, x) : store_write(x->services->store, work, x);
    return f;
}

static inline enum fault xbed_call(struct xbed *b)
{
    struct exchange *x = &b->x;
    bool settle = false;

    b->reached = "call";
    switch (x->route->call(x)) {
    case NEXT_WAIT:
        assert_int_equal(sem_wait(&b->resumed), 0);
        settle = b->settle;
        break;
    case NEXT_SETTLE:
        settle = true;
        break;
    case NEXT_SHOW:
        break;
    }
    if (!settle)
        return FAULT_NONE;
    b->reached = "settle";
    return xbed_run(b, xbed_settle, false);
}

static inline enum fault xbed_compose(struct xbed *b, enum fault f)
{
    struct exchange *x = &b->x;
    enum fault asked = FAULT_NONE;

    if (!x->route->compose)
        return f;
    b->reached = "compose";
    x->n_asks = 0;
    x->route->compose(x, f);
    if (x->n_asks)
        asked = keyholder_ask(x->services->keyholder, x->asks, x->n_asks);
    return f ? f : asked;
}

/* From parse to the last commit. GO: compose and show follow. */
static inline enum step xbed_lead(struct xbed *b, enum fault *f)
{
    struct exchange *x = &b->x;
    enum step step;

    b->reached = "parse";
    step = x->route->parse(x);
    if (step == STEP_GO && x->route->prepare && !x->no_prepare) {
        b->reached = "prepare";
        step = x->route->prepare(x);
    }
    if (step != STEP_GO)
        return step;
    bool asked = x->n_asks > 0;

    if (asked)
        *f = keyholder_ask(x->services->keyholder, x->asks, x->n_asks);
    if (!*f && x->route->work) {
        b->reached = "work";
        *f = xbed_run(b, xbed_work, x->route->lane == LANE_READ);
    }
    if (!*f && !asked && x->n_asks && x->route->lane == LANE_READ)
        *f = keyholder_ask(x->services->keyholder, x->asks, x->n_asks);
    if (!*f && x->route->call)
        *f = xbed_call(b);
    return STEP_GO;
}

static inline void xbed_end(struct xbed *b)
{
    struct span body;

    assert_int_not_equal(b->x.answer.status, 0);
    assert_int_equal(buf_done(&b->x.answer.body, &body), FAULT_NONE);
    assert_int_equal(span_text(b->body, sizeof b->body, body), FAULT_NONE);
    b->sent = NULL;
}

/* Send it all the way; the answer is in b->x.answer and b->body. Returns its status. */
static inline unsigned xbed_send(struct xbed *b, struct xbed_sent s)
{
    enum fault f = FAULT_NONE;

    xbed_begin(b, &s);
    if (xbed_lead(b, &f) != STEP_ANSWERED) {
        f = xbed_compose(b, f);
        b->reached = "show";
        b->x.route->show(&b->x, f);
    }
    xbed_end(b);
    return b->x.answer.status;
}

/* The same as far as its work, which fails with `why` before anything is kept. Returns the answer's status. */
static inline unsigned xbed_send_failing(struct xbed *b, struct xbed_sent s, enum fault why)
{
    struct exchange *x = &b->x;
    enum step step;

    xbed_begin(b, &s);
    step = x->route->parse(x);
    if (step == STEP_GO && x->route->prepare && !x->no_prepare)
        step = x->route->prepare(x);
    if (step != STEP_GO)
        fail_msg("%s is answered before its work", s.route);
    x->route->show(x, xbed_compose(b, why));
    xbed_end(b);
    return x->answer.status;
}

static inline unsigned xbed_refuse(struct xbed *b, struct xbed_sent s, enum refusal why)
{
    xbed_begin(b, &s);
    b->dialect->refuse(&b->x, why);
    xbed_end(b);
    return b->x.answer.status;
}

/* A header of the last answer, or "" (valid until the next call). */
static inline const char *xbed_answer_header(const struct xbed *b, const char *name)
{
    static char text[256];

    for (size_t i = 0; i < b->x.answer.n_headers; i++)
        if (strcmp(b->x.answer.headers[i].name, name) == 0) {
            assert_int_equal(span_text(text, sizeof text, b->x.answer.headers[i].value), FAULT_NONE);
            return text;
        }
    return "";
}

#define assert_has(b, part)                                                                                   \
    do {                                                                                                      \
        if (!strstr((b)->body, (part)))                                                                       \
            fail_msg("%s is not in %s", (part), (b)->body);                                                   \
    } while (0)
#define assert_has_not(b, part)                                                                               \
    do {                                                                                                      \
        if (strstr((b)->body, (part)))                                                                        \
            fail_msg("%s is in %s", (part), (b)->body);                                                       \
    } while (0)
