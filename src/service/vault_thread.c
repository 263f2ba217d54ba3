/* vault_thread.c: the vault's own thread: it sweeps, and keeps what the network tells of itself. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "service/vault_own.h"

#include "base/banned.h"

#define NS INT64_C(1000000000)        /* in a second */

/* A notice that waited longer, behind a sweeper whom the network kept waiting, may be older than what was done since.
 * It is left to come again. */
#define NOTICE_NS NS

struct vault {
    const struct services *services;
    struct vault_sweeper *sweeper;
    pthread_t thread;
    pthread_mutex_t lock;             /* of what follows */
    pthread_cond_t wake, idle;
    bool stopping;
    size_t alone;                     /* jobs led alone */
    struct network_notice notices[VAULT_NOTICES_MAX];
    int64_t heard_ns[VAULT_NOTICES_MAX];      /* when each came, monotonic */
    size_t n_notices;
};

enum fault vault_sweep(struct vault *v, int64_t now_ms)
{
    bool more;

    return vault_sweeper_look(v->sweeper, now_ms, &more);
}

/* Notices taken from the queue, to be kept in one transaction. */
struct news { struct arena *arena; const struct network_notice *notices; size_t n; int64_t now_ms; };

/* A notice of a token that is not ours, or of one that is so already, is kept by doing nothing. */
static enum fault keep_notice(struct store_tx *tx, const struct news *n, const struct network_notice *notice)
{
    struct vault_kept kept = { .event = AUDIT_TOKEN_NOTICE, .outcome = NETWORK_DONE, .now_ms = n->now_ms };
    struct token_row t;
    enum fault f = tokens_find(tx, &t, n->arena, notice->now.ref.merchant_id, notice->now.ref.token_no);

    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
    kept.was = vault_was(&t);
    return vault_hear_notice(&t, &notice->now, n->now_ms) ? vault_keep(tx, &t, &kept) : FAULT_NONE;
}

static enum fault keep_news(struct store_tx *tx, void *arg)
{
    const struct news *n = arg;
    enum fault f = FAULT_NONE;

    arena_reset(n->arena);
    for (size_t i = 0; i < n->n && !f; i++)
        f = keep_notice(tx, n, &n->notices[i]);
    return f;
}

/* The network hears what is on disk; of what is not, it tells again. */
static void hear_news(struct vault *v, const struct network_notice *notices, size_t n, struct arena *a)
{
    struct news news = { a, notices, n, clock_now_ms(v->services->clock) };

    if (n == 0 || store_write(v->services->store, keep_news, &news))
        return;
    for (size_t i = 0; i < n && v->services->network; i++)
        network_noticed(v->services->network, notices[i].id);
}

void vault_notice(void *vault, const struct network_notice *n)
{
    struct vault *v = vault;
    bool known = false;

    if (!v)
        return;
    pthread_mutex_lock(&v->lock);
    for (size_t i = 0; i < v->n_notices && !known; i++)
        known = v->notices[i].id == n->id;
    if (!known && v->n_notices < VAULT_NOTICES_MAX) {
        v->heard_ns[v->n_notices] = clock_mono_ns();
        v->notices[v->n_notices++] = *n;
        pthread_cond_signal(&v->wake);
    }
    pthread_mutex_unlock(&v->lock);
}

/* Wait for a notice, until `until_ns` at the latest; take what is there. The lock is held. */
static size_t take_notices(struct vault *v, struct network_notice *out, int64_t until_ns)
{
    struct timespec t = { .tv_sec = until_ns / NS, .tv_nsec = until_ns % NS };
    int64_t oldest_ns;
    size_t n = 0;

    while (!v->stopping && v->n_notices == 0 && pthread_cond_timedwait(&v->wake, &v->lock, &t) == 0)
        ;
    oldest_ns = clock_mono_ns() - NOTICE_NS;
    for (size_t i = 0; i < v->n_notices; i++)
        if (v->heard_ns[i] >= oldest_ns)
            out[n++] = v->notices[i];
    v->n_notices = 0;
    return n;
}

static bool is_stopping(struct vault *v)
{
    bool stopping;

    pthread_mutex_lock(&v->lock);
    stopping = v->stopping;
    pthread_mutex_unlock(&v->lock);
    return stopping;
}

/* Look until nothing more is due. What the store refused is looked at the next time. */
static void look_at_all(struct vault *v)
{
    bool more = true;

    while (more && !is_stopping(v))
        if (vault_sweeper_look(v->sweeper, clock_now_ms(v->services->clock), &more))
            more = false;
}

/* The thread's own memory. */
struct worker { struct vault *vault; struct arena *arena; struct network_notice notices[VAULT_NOTICES_MAX]; };

static void *run(void *arg)
{
    struct worker *w = arg;
    struct vault *v = w->vault;
    int64_t next = clock_mono_ns() + VAULT_SWEEP_MS * (NS / 1000);

    while (!is_stopping(v)) {
        size_t n;

        pthread_mutex_lock(&v->lock);
        n = take_notices(v, w->notices, next);
        pthread_mutex_unlock(&v->lock);
        hear_news(v, w->notices, n, w->arena);
        if (clock_mono_ns() >= next) {
            look_at_all(v);
            next = clock_mono_ns() + VAULT_SWEEP_MS * (NS / 1000);
        }
    }
    arena_free(w->arena);
    free(w);
    return NULL;
}

static enum fault start(struct vault *v)
{
    struct worker *w = calloc(1, sizeof *w);
    enum fault f = w ? arena_new(&w->arena) : FAULT_INTERNAL;

    if (!f) {
        w->vault = v;
        f = pthread_create(&v->thread, NULL, run, w) ? FAULT_INTERNAL : FAULT_NONE;
    }
    if (f && w) {
        arena_free(w->arena);
        free(w);
    }
    return f;
}

enum fault vault_new(struct vault **out, const struct services *s)
{
    struct vault *v = calloc(1, sizeof *v);
    pthread_condattr_t monotonic;
    enum fault f;

    if (!v)
        return FAULT_INTERNAL;
    v->services = s;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&v->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&v->idle, NULL);
    pthread_mutex_init(&v->lock, NULL);
    f = vault_sweeper_new(&v->sweeper, s);
    if (!f)
        f = start(v);
    if (f) {
        vault_sweeper_free(v->sweeper);
        free(v);
        return f;
    }
    *out = v;
    return FAULT_NONE;
}

void vault_free(struct vault *v)
{
    if (!v)
        return;
    pthread_mutex_lock(&v->lock);
    v->stopping = true;
    pthread_cond_signal(&v->wake);
    while (v->alone)
        pthread_cond_wait(&v->idle, &v->lock);
    pthread_mutex_unlock(&v->lock);
    pthread_join(v->thread, NULL);
    vault_sweeper_free(v->sweeper);
    pthread_cond_destroy(&v->wake);
    pthread_cond_destroy(&v->idle);
    pthread_mutex_destroy(&v->lock);
    free(v);
}

/* A job that the vault leads to its end by itself. */
struct alone {
    struct vault *vault;
    struct vault_job job;
    struct store_job write;
};

static void give_place(struct vault *v)
{
    pthread_mutex_lock(&v->lock);
    if (--v->alone == 0)
        pthread_cond_signal(&v->idle);
    pthread_mutex_unlock(&v->lock);
}

static void end_alone(struct alone *a)
{
    struct vault *v = a->vault;

    arena_free(a->job.arena);
    free(a);
    give_place(v);
}

static enum fault settle_alone(struct store_tx *tx, void *arg)
{
    struct alone *a = arg;

    return vault_settle(a->vault->services, tx, &a->job);
}

/* What the store did not keep is still open, and the sweeper's. */
static void settled_alone(void *arg, enum fault outcome)
{
    (void)outcome;
    end_alone(arg);
}

static void asked_alone(struct vault_job *job)
{
    struct alone *a = job->arg;

    a->write = (struct store_job){ .work = settle_alone, .done = settled_alone, .arg = a };
    if (!vault_settles(job) || store_submit(a->vault->services->store, &a->write))
        end_alone(a);
}

static bool take_place(struct vault *v)
{
    bool taken;

    pthread_mutex_lock(&v->lock);
    taken = !v->stopping && v->alone < VAULT_ALONE_MAX;
    v->alone += taken;
    pthread_mutex_unlock(&v->lock);
    return taken;
}

void vault_ask_alone(const struct services *s, const struct vault_job *job)
{
    struct arena *arena = NULL;
    struct alone *a;

    if (!s->vault || !vault_asks(job) || !take_place(s->vault))
        return;
    a = calloc(1, sizeof *a);
    if (a)
        *a = (struct alone){ .vault = s->vault, .job = *job };
    if (!a || arena_new(&arena) || !vault_copy_spans(arena, &a->job.row)) {
        arena_free(arena);
        free(a);
        give_place(s->vault);
        return;
    }
    a->job.arena = arena;
    a->job.wish = (struct vault_wish){ .op = job->wish.op, .merchant_id = job->wish.merchant_id };
    vault_ask(s, &a->job, asked_alone, a);
}
