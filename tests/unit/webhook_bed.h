/* webhook_bed.h: a sender over the fixture, with a courier that does as it is told. */
#pragma once

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "webhook/webhook.h"

#include "fixture.h"

#include "base/banned.h"

enum { WBED_CALLS = 1024, WBED_TEXT = 4096, WBED_WAIT_MS = 5000 };

/* A request as it was sent. */
struct wbed_call { char url[256], body[WBED_TEXT], headers[WBED_TEXT]; };

struct wbed {
    struct fixture *f;
    const struct services *s;
    struct webhooks *webhooks;
    pthread_mutex_t lock;
    unsigned status;                  /* what it answers */
    enum courier_outcome outcome;
    const char *hangs;                /* calls to this URL are held until wbed_let_go() */
    struct courier_call *held[WBED_CALLS];
    size_t n_held, n_calls;
    struct wbed_call *calls;
};

static inline void wbed_record(struct wbed *b, const struct courier_call *call)
{
    struct wbed_call *c = &b->calls[b->n_calls++ % WBED_CALLS];
    struct buf url = BUF(c->url), body = BUF(c->body), headers = BUF(c->headers);

    buf_span(&url, call->url);
    buf_byte(&url, '\0');
    buf_span(&body, call->body);
    buf_byte(&body, '\0');
    for (size_t i = 0; i < call->n_headers; i++) {
        buf_span(&headers, call->headers[i]);
        buf_byte(&headers, '\n');
    }
    buf_byte(&headers, '\0');
    assert_false(url.full || body.full || headers.full);
}

static inline void wbed_send(struct courier *courier, struct courier_call *call)
{
    struct wbed *b = (struct wbed *)(void *)courier;
    bool hangs;

    pthread_mutex_lock(&b->lock);
    wbed_record(b, call);
    hangs = b->hangs && span_equal(call->url, span_of(b->hangs)) && b->n_held < WBED_CALLS;
    if (hangs)
        b->held[b->n_held++] = call;
    call->outcome = b->outcome;
    call->status = b->status;
    pthread_mutex_unlock(&b->lock);
    if (!hangs)
        call->done(call);
}

static inline bool wbed_is_up(struct courier *courier)
{
    (void)courier;
    return true;
}

/* End what is held, as `outcome`. */
static inline void wbed_let_go(struct wbed *b, enum courier_outcome outcome)
{
    pthread_mutex_lock(&b->lock);
    b->hangs = NULL;
    for (size_t i = 0; i < b->n_held; i++) {
        b->held[i]->outcome = outcome;
        b->held[i]->status = outcome == COURIER_ANSWERED ? 200 : 0;
        b->held[i]->done(b->held[i]);
    }
    b->n_held = 0;
    pthread_mutex_unlock(&b->lock);
}

static inline void wbed_answers(struct wbed *b, enum courier_outcome outcome, unsigned status)
{
    pthread_mutex_lock(&b->lock);
    b->outcome = outcome;
    b->status = status;
    pthread_mutex_unlock(&b->lock);
}

static inline void wbed_pause(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static inline size_t wbed_n_calls(struct wbed *b)
{
    size_t n;

    pthread_mutex_lock(&b->lock);
    n = b->n_calls;
    pthread_mutex_unlock(&b->lock);
    return n;
}

static inline void wbed_start(struct wbed *b, const struct webhook_writer *const *writers)
{
    const struct webhooks_options o = { .services = b->s, .courier = (struct courier *)(void *)b, .writers = writers,
                                        .send = wbed_send, .is_up = wbed_is_up };

    assert_int_equal(webhooks_new(&b->webhooks, &o), FAULT_NONE);
}

static inline struct wbed *wbed_new(struct fixture *f)
{
    struct wbed *b = calloc(1, sizeof *b);

    assert_non_null(b);
    b->calls = calloc(WBED_CALLS, sizeof *b->calls);
    assert_non_null(b->calls);
    b->f = f;
    b->s = &f->services;
    b->status = 200;
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

/* For a test's set-up: a fixture and a sender over it, *state. NULL: there is no fixture. */
static inline struct wbed *wbed_open(void **state, const struct webhook_writer *const *writers)
{
    struct wbed *b;

    if (fixture_setup(state))
        return NULL;
    b = wbed_new(*state);
    wbed_start(b, writers);
    *state = b;
    return b;
}

static inline void wbed_free(struct wbed *b)
{
    webhooks_stop(b->webhooks);
    wbed_let_go(b, COURIER_LOST);
    webhooks_free(b->webhooks);
    pthread_mutex_destroy(&b->lock);
    free(b->calls);
    free(b);
}

/* Rows are written and read by jobs of one line each. */
struct wbed_write { struct webhook_news news; struct endpoint_row endpoint; struct outbox_row row; };

static inline enum fault wbed_tell_work(struct store_tx *tx, void *arg)
{
    const struct wbed_write *w = arg;

    return webhook_tell(tx, &w->news);
}

static inline void wbed_tell(struct wbed *b, struct webhook_news n)
{
    struct wbed_write w = { .news = n };

    assert_int_equal(store_write(b->s->store, wbed_tell_work, &w), FAULT_NONE);
    webhooks_ring(b->webhooks);
}

static inline enum fault wbed_endpoint_work(struct store_tx *tx, void *arg)
{
    struct wbed_write *w = arg;
    enum fault f = endpoints_next_no(tx, &w->endpoint.endpoint_no, w->endpoint.merchant_id);

    return f ? f : endpoints_insert(tx, &w->endpoint);
}

static inline int64_t wbed_endpoint(struct wbed *b, struct endpoint_row e)
{
    struct wbed_write w = { .endpoint = e };

    assert_int_equal(store_write(b->s->store, wbed_endpoint_work, &w), FAULT_NONE);
    return w.endpoint.endpoint_no;
}

/* The newest delivery but `back` of a merchant. */
struct wbed_nth { int64_t left; struct outbox_row row; struct arena *arena; int64_t merchant_id; bool found; };

static inline enum fault wbed_nth_each(void *arg, const struct outbox_row *d)
{
    struct wbed_nth *n = arg;

    if (n->left-- == 0) {
        n->row = *d;
        n->row.url = arena_copy(n->arena, d->url);
        n->found = true;
    }
    return FAULT_NONE;
}

static inline enum fault wbed_nth_work(struct store_tx *tx, void *arg)
{
    struct wbed_nth *n = arg;
    const struct outbox_filter all = { .merchant_id = n->merchant_id, .state = -1, .max = n->left + 1 };

    return outbox_list(tx, &all, wbed_nth_each, n);
}

static inline struct outbox_row wbed_row(struct wbed *b, int64_t merchant_id, int64_t back)
{
    struct wbed_nth n = { .left = back, .arena = b->f->arena, .merchant_id = merchant_id };

    assert_int_equal(store_read(b->f->reader, wbed_nth_work, &n), FAULT_NONE);
    assert_true(n.found);
    return n.row;
}

/* Wait until the delivery has this state and so many attempts. */
static inline struct outbox_row wbed_wait(struct wbed *b, int64_t merchant_id, int64_t back, int64_t state,
                                          int64_t attempts)
{
    struct outbox_row row = wbed_row(b, merchant_id, back);

    for (int i = 0; i < WBED_WAIT_MS && (row.state != state || row.attempts != attempts); i++) {
        wbed_pause();
        webhooks_ring(b->webhooks);
        row = wbed_row(b, merchant_id, back);
    }
    assert_int_equal(row.state, state);
    assert_int_equal(row.attempts, attempts);
    return row;
}

/* The value of a header of call `i`; "" when it is not there. */
static inline void wbed_header(struct wbed *b, size_t i, const char *name, char out[static 256])
{
    const char *at = b->calls[i].headers;
    size_t n = strlen(name);

    out[0] = '\0';
    for (; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (strncmp(at, name, n) == 0 && at[n] == ':') {
            size_t length = strcspn(at + n + 2, "\n");

            assert_true(length < 256);
            memcpy(out, at + n + 2, length);
            out[length] = '\0';
            return;
        }
}

/* base64(HMAC-SHA256(secret, a + b)), by OpenSSL's own. */
static inline void wbed_hmac(char out[static 64], const char *secret, const char *a, const char *b)
{
    unsigned char mac[32];
    unsigned n = 0;
    char text[WBED_TEXT];
    struct buf t = BUF(text), o = { (uint8_t *)out, 0, 63, false };

    buf_text(&t, a);
    buf_text(&t, b);
    assert_false(t.full);
    assert_non_null(HMAC(EVP_sha256(), secret, (int)strlen(secret), t.p, t.n, mac, &n));
    base64_put(&o, (struct span){ mac, n });
    out[o.n] = '\0';
}
