/* payments.c: the thread that looks after attempts nobody waits for: it sweeps, and keeps what the acquirer tells. */
#include "service/payments.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "service/pay_own.h"
#include "service/refunds.h"

#include "base/banned.h"

#define NS INT64_C(1000000000)        /* in a second */

/* A notice that waited longer may be older than what was done since. It is left to come again. */
#define NOTICE_NS NS

enum { BATCH = 64 };                  /* notices kept in one transaction */

struct payments {
    const struct services *services;
    struct pay_sweeper *sweeper;
    pthread_t thread;
    pthread_mutex_t lock;             /* of what follows */
    pthread_cond_t wake;
    bool stopping, nudged;
    struct acquirer_notice notices[PAYMENTS_NOTICES_MAX];
    int64_t heard_ns[PAYMENTS_NOTICES_MAX];   /* when each came, monotonic */
    size_t n_notices;
};

/* The thread's own memory. */
struct worker {
    struct payments *payments;
    struct arena *arena;
    struct acquirer_notice notices[PAYMENTS_NOTICES_MAX];
};

/* Tell the keyholder the time, so that keys that wait for nobody any more are destroyed. */
static void tick(const struct services *s, struct arena *a, int64_t now_ms)
{
    struct key_ask ask;

    arena_reset(a);
    if (s->keyholder && card_tick_ask(&ask, a, now_ms) == FAULT_NONE)
        ask.fault = keyholder_ask_one(s->keyholder, &ask);        /* if not now, it hears the time a second later */
}

static enum fault sweep(struct payments *p, int64_t now_ms, bool *more)
{
    bool payments = false, refunds = false;
    enum fault f = pay_sweeper_look(p->sweeper, now_ms, &payments), g;

    g = refunds_sweep(p->services, now_ms, &refunds);     /* whatever came of the payments */
    *more = payments || refunds;
    return f ? f : g;
}

enum fault payments_sweep(struct payments *p, int64_t now_ms)
{
    bool more;

    return sweep(p, now_ms, &more);
}

/* Notices taken from the queue, to be kept in one transaction; and what follows from each. */
struct news {
    const struct services *services;
    struct arena *arena;
    const struct acquirer_notice *notices;
    size_t n;
    int64_t now_ms;
    struct pay_after after[BATCH];
    struct payment_row rows[BATCH];
};

static enum fault keep_refund(struct store_tx *tx, struct news *n, const struct acquirer_answer *now)
{
    struct refund_row r;
    bool changed = false;
    enum fault f = refunds_find_no(tx, &r, n->arena, now->ref.merchant_id, now->ref.refund_no);

    return f ? f : refunds_hear(n->services, tx, n->arena, &r, now, n->now_ms, &changed);
}

static enum fault keep_payment(struct store_tx *tx, struct news *n, size_t i)
{
    const struct acquirer_answer *now = &n->notices[i].now;
    struct pay_heard h = { .op = ACQUIRER_STATUS, .answer = now, .lease = -1, .now_ms = n->now_ms };
    enum fault f = payments_find(tx, &n->rows[i], n->arena, now->ref.merchant_id, now->ref.payment_no);

    if (f)
        return f;
    n->after[i].make = arena_take(n->arena, sizeof *n->after[i].make);
    return n->after[i].make ? pay_hear(n->services, tx, n->arena, &n->rows[i], &h, &n->after[i]) : FAULT_INTERNAL;
}

/* A notice of what is not ours, or is so already, is kept by doing nothing. */
static enum fault keep_news(struct store_tx *tx, void *arg)
{
    struct news *n = arg;
    enum fault f = FAULT_NONE;

    arena_reset(n->arena);
    memset(n->after, 0, sizeof n->after);
    for (size_t i = 0; i < n->n && !f; i++) {
        f = n->notices[i].now.ref.refund_no ? keep_refund(tx, n, &n->notices[i].now) : keep_payment(tx, n, i);
        if (f == FAULT_NOT_FOUND)
            f = FAULT_NONE;
    }
    return f;
}

static void follow(const struct news *n)
{
    for (size_t i = 0; i < n->n; i++) {
        if (n->after[i].makes)
            vault_ask_alone(n->services, n->after[i].make);
        if (n->after[i].unsaved)
            pay_journal_unsaved(n->services, &n->rows[i]);
        if (n->after[i].changed && n->rows[i].state == PAYMENT_CANCELLED && n->services->payments)
            payments_nudge(n->services->payments);
    }
}

/* The acquirer hears what is on disk; of what is not, it tells again. */
static bool hear_some(const struct services *s, struct arena *a, const struct acquirer_notice *notices, size_t n)
{
    struct news *news = calloc(1, sizeof *news);
    bool kept;

    if (!news)
        return false;
    news->services = s;
    news->arena = a;
    news->notices = notices;
    news->n = n;
    news->now_ms = clock_now_ms(s->clock);
    kept = store_write(s->store, keep_news, news) == FAULT_NONE;
    for (size_t i = 0; i < n && kept && s->acquirer; i++)
        acquirer_noticed(s->acquirer, notices[i].id);
    if (kept)
        follow(news);
    free(news);
    return kept;
}

/* Where one of a batch cannot be kept, the others still can. */
static void hear_news(struct worker *w, size_t n)
{
    const struct services *s = w->payments->services;

    for (size_t at = 0; at < n; at += BATCH) {
        size_t some = n - at < BATCH ? n - at : BATCH;

        if (hear_some(s, w->arena, w->notices + at, some))
            continue;
        for (size_t i = 0; i < some && some > 1; i++)
            (void)hear_some(s, w->arena, w->notices + at + i, 1);
    }
}

void payments_notice(void *payments, const struct acquirer_notice *n)
{
    struct payments *p = payments;
    bool known = false;

    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->n_notices && !known; i++)
        known = p->notices[i].id == n->id;
    if (!known && p->n_notices < PAYMENTS_NOTICES_MAX) {
        p->heard_ns[p->n_notices] = clock_mono_ns();
        p->notices[p->n_notices++] = *n;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
}

void payments_nudge(struct payments *p)
{
    pthread_mutex_lock(&p->lock);
    p->nudged = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

/* Wait for a notice or a nudge, until `until_ns` at the latest; take the notices. *looks: it is time to sweep. */
static size_t take_notices(struct payments *p, struct acquirer_notice *out, int64_t until_ns, bool *looks)
{
    struct timespec t = { .tv_sec = until_ns / NS, .tv_nsec = until_ns % NS };
    int64_t oldest_ns;
    size_t n = 0;

    pthread_mutex_lock(&p->lock);
    while (!p->stopping && !p->nudged && p->n_notices == 0 && pthread_cond_timedwait(&p->wake, &p->lock, &t) == 0)
        ;
    oldest_ns = clock_mono_ns() - NOTICE_NS;
    for (size_t i = 0; i < p->n_notices; i++)
        if (p->heard_ns[i] >= oldest_ns)
            out[n++] = p->notices[i];
    p->n_notices = 0;
    *looks = p->nudged || clock_mono_ns() >= until_ns;
    p->nudged = false;
    pthread_mutex_unlock(&p->lock);
    return n;
}

static bool is_stopping(struct payments *p)
{
    bool stopping;

    pthread_mutex_lock(&p->lock);
    stopping = p->stopping;
    pthread_mutex_unlock(&p->lock);
    return stopping;
}

/* Look until nothing more is due. What the store refused is looked at the next time. */
static void look_at_all(struct payments *p)
{
    bool more = true;

    while (more && !is_stopping(p))
        if (sweep(p, clock_now_ms(p->services->clock), &more))
            more = false;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct payments *p = w->payments;
    int64_t next = clock_mono_ns() + PAYMENTS_SWEEP_MS * (NS / 1000);

    while (!is_stopping(p)) {
        bool looks;

        hear_news(w, take_notices(p, w->notices, next, &looks));
        if (looks)
            look_at_all(p);
        if (clock_mono_ns() >= next) {
            tick(p->services, w->arena, clock_now_ms(p->services->clock));
            next = clock_mono_ns() + PAYMENTS_SWEEP_MS * (NS / 1000);
        }
    }
    arena_free(w->arena);
    free(w);
    return NULL;
}

static enum fault start(struct payments *p)
{
    struct worker *w = calloc(1, sizeof *w);
    enum fault f = w ? arena_new(&w->arena) : FAULT_INTERNAL;

    if (!f) {
        w->payments = p;
        f = pthread_create(&p->thread, NULL, run, w) ? FAULT_INTERNAL : FAULT_NONE;
    }
    if (f && w) {
        arena_free(w->arena);
        free(w);
    }
    return f;
}

enum fault payments_new(struct payments **out, const struct services *s)
{
    struct payments *p = calloc(1, sizeof *p);
    pthread_condattr_t monotonic;
    enum fault f;

    if (!p)
        return FAULT_INTERNAL;
    p->services = s;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&p->lock, NULL);
    f = pay_sweeper_new(&p->sweeper, s);
    if (!f)
        f = start(p);
    if (f) {
        pay_sweeper_free(p->sweeper);
        free(p);
        return f;
    }
    *out = p;
    return FAULT_NONE;
}

void payments_free(struct payments *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pay_sweeper_free(p->sweeper);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
