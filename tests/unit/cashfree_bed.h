/* cashfree_bed.h: one Cashfree request at a time, from its headers to its answer, without HTTP: the routes of
 * the dialect over a real store and keyholder (fixture.h). */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "dialect/cashfree/cashfree.h"
#include "dialect/cashfree/version.h"
#include "fixture.h"

enum { BED_TEXT = 96 * 1024 };        /* bytes of an answer's body with NUL */

#define V2021 "2021-05-21"
#define V2022 "2022-01-01"
#define V2022_09 "2022-09-01"
#define V2023 "2023-08-01"
#define V2025 "2025-01-01"
#define V2026 "2026-01-01"

/* What is sent. A NULL header is not sent; `client_id` and `secret` NULL are those of the fixture's merchant. */
struct sent {
    const char *route;                /* "GET /pg/orders/{order_id}", as in the route table */
    const char *param, *version, *body, *key, *request_id, *client_id, *secret;
};

struct bed {
    struct fixture *f;
    const struct sent *sent;
    struct exchange x;
    char body[BED_TEXT];              /* of the last answer */
};

static inline int bed_setup(void **state)
{
    struct bed *b = calloc(1, sizeof *b);
    void *f = NULL;

    assert_non_null(b);
    json_in_start();
    assert_int_equal(fixture_setup(&f), 0);
    b->f = f;
    *state = b;
    return 0;
}

static inline int bed_teardown(void **state)
{
    struct bed *b = *state;
    void *f = b->f;

    assert_int_equal(fixture_teardown(&f), 0);
    free(b);
    return 0;
}

static inline struct span bed_header(const struct exchange *x, const char *name)
{
    const struct bed *b = x->transport;
    const struct { const char *name, *value; } headers[] = {
        { "x-api-version", b->sent->version }, { "x-idempotency-key", b->sent->key },
        { "x-request-id", b->sent->request_id },
        { "x-client-id", b->sent->client_id ? b->sent->client_id : b->f->merchant.client_id },
        { "x-client-secret", b->sent->secret ? b->sent->secret : b->f->merchant.client_secret },
    };

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (strcmp(headers[i].name, name) == 0)
            return span_of(headers[i].value);
    return (struct span){ 0 };
}

static inline enum fault bed_work(struct store_tx *tx, void *arg)
{
    struct exchange *x = arg;

    return x->route->work(x, tx);
}

static inline const struct route *bed_route(const char *name)
{
    for (const struct route *r = cashfree_dialect.routes; r->method; r++) {
        size_t n = strlen(r->method);
        if (strncmp(r->method, name, n) == 0 && name[n] == ' ' && strcmp(r->path, name + n + 1) == 0)
            return r;
    }
    fail_msg("no route %s", name);
    return NULL;
}

static inline void bed_begin(struct bed *b, const struct sent *s)
{
    const struct route *r = s->route ? bed_route(s->route) : NULL;

    arena_reset(b->f->arena);
    b->sent = s;
    b->x = (struct exchange){
        .services = &b->f->services, .dialect = &cashfree_dialect, .route = r, .arena = b->f->arena,
        .reader = b->f->reader, .method = r ? r->method : "GET", .path = span_of(r ? r->path : "/pg/nowhere"),
        .body = span_of(s->body), .now_ms = clock_now_ms(b->f->services.clock), .header = bed_header, .transport = b,
    };
    b->x.params[0] = arena_copy(b->f->arena, span_of(s->param));
}

static inline void bed_end(struct bed *b)
{
    struct span body;

    assert_int_not_equal(b->x.answer.status, 0);
    assert_int_equal(buf_done(&b->x.answer.body, &body), FAULT_NONE);
    assert_string_equal(b->x.answer.content_type, "application/json; charset=UTF-8");
    assert_int_equal(span_text(b->body, sizeof b->body, body), FAULT_NONE);
}

/* Send it all the way; the answer is in b->x.answer and b->body. `runs`: how often work runs, as after RETRY. */
static inline unsigned bed_send_runs(struct bed *b, struct sent s, unsigned runs)
{
    struct exchange *x = &b->x;
    enum fault f = FAULT_NONE;
    size_t asked;

    bed_begin(b, &s);
    if (x->route->parse(x) == STEP_GO) {
        asked = x->n_asks;
        if (asked)
            fixture_ask(b->f, x->asks, asked);
        for (unsigned i = 0; x->route->work && i < runs; i++)
            f = x->route->lane == LANE_READ ? store_read(x->reader, bed_work, x)
                                            : store_write(x->services->store, bed_work, x);
        if (!f && x->n_asks > asked)
            f = keyholder_ask(b->f->services.keyholder, x->asks, x->n_asks);
        x->route->show(x, f);
    }
    bed_end(b);
    b->sent = NULL;
    return x->answer.status;
}

static inline unsigned bed_send(struct bed *b, struct sent s)
{
    return bed_send_runs(b, s, 1);
}

static inline unsigned bed_refuse(struct bed *b, struct sent s, enum refusal why)
{
    bed_begin(b, &s);
    cashfree_dialect.refuse(&b->x, why);
    bed_end(b);
    return b->x.answer.status;
}

/* A header of the last answer, or "" (valid until the next call). */
static inline const char *bed_answer_header(const struct bed *b, const char *name)
{
    static char text[256];

    for (size_t i = 0; i < b->x.answer.n_headers; i++)
        if (strcmp(b->x.answer.headers[i].name, name) == 0) {
            assert_int_equal(span_text(text, sizeof text, b->x.answer.headers[i].value), FAULT_NONE);
            return text;
        }
    return "";
}

static inline bool bed_has(const struct bed *b, const char *part)
{
    return strstr(b->body, part) != NULL;
}

/* The same, with a message that shows the body. */
#define assert_has(b, part)                                                                                   \
    do {                                                                                                      \
        if (!bed_has((b), (part)))                                                                            \
            fail_msg("%s is not in %s", (part), (b)->body);                                                   \
    } while (0)
#define assert_has_not(b, part)                                                                               \
    do {                                                                                                      \
        if (bed_has((b), (part)))                                                                             \
            fail_msg("%s is in %s", (part), (b)->body);                                                       \
    } while (0)

/* An error: status, and code and message as JSON text. */
static inline void bed_assert_error(const struct bed *b, unsigned status, const char *code, const char *message)
{
    char want[1024];

    (void)snprintf(want, sizeof want, "{\"message\":\"%s\",\"code\":\"%s\",\"type\":", message, code);
    if (b->x.answer.status != status || strncmp(b->body, want, strlen(want)) != 0)
        fail_msg("%u %s instead of %u %s", b->x.answer.status, b->body, status, want);
    assert_int_equal(b->body[strlen(b->body) - 1], '\n');
}

#define BED_CUSTOMER "\"customer_details\":{\"customer_id\":\"cust_1\",\"customer_phone\":\"9908734801\"}"
#define BED_ORDER(id, more) \
    "{\"order_id\":\"" id "\",\"order_amount\":10.15,\"order_currency\":\"INR\"," BED_CUSTOMER more "}"

#define BED_CREATE "POST /pg/orders"
#define BED_GET "GET /pg/orders/{order_id}"
