/* sim_acquirer.c: the simulated acquirer: opening and closing it, its thread, and what is common to every question. */
#include "acquirer/sim/sim_acquirer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acquirer/sim/inner.h"
#include "base/bells.h"
#include "base/secret.h"

#include "base/banned.h"

#define SECOND_NS INT64_C(1000000000)

static const char *const manner_names[ACQUIRER_MANNERS] = {
    [ACQUIRER_WELL]  = "well",
    [ACQUIRER_SLOW]  = "slow",
    [ACQUIRER_MUTE]  = "mute",
    [ACQUIRER_DEAF]  = "deaf",
    [ACQUIRER_DOWN]  = "down",
    [ACQUIRER_TWICE] = "twice",
};

static void *run(void *arg);
static void take_question(void *sim, uint64_t handle, const struct acquirer_ask *ask);
static void take_noticed(void *sim, uint64_t id);

const char *acquirer_manner_name(enum acquirer_manner m)
{
    assert(m < ACQUIRER_MANNERS);
    return manner_names[m];
}

static enum fault open_parts(struct sim_acquirer *s)
{
    const struct store_options store = {
        .path = s->options.path, .vfs = s->options.vfs, .journal = s->options.journal, .schema = book_schema_acquirer,
        .before_batch = teller_before_batch, .before_batch_arg = s,
    };
    enum fault f = arena_new(&s->arena);

    if (!f)
        f = arena_new(&s->commit_arena);
    if (!f)
        f = arena_new(&s->look_arena);
    if (!f)
        f = store_open(&s->store, &store);
    if (!f)
        f = teller_names_open(s);
    if (!f)
        f = store_reader_open(&s->reader, s->store);
    if (!f)
        f = store_reader_open(&s->looker, s->store);
    if (!f && pthread_create(&s->thread, NULL, run, s) != 0)
        f = FAULT_INTERNAL;
    s->running = !f;
    return f;
}

enum fault sim_acquirer_open(struct sim_acquirer **out, const struct sim_acquirer_options *o)
{
    struct sim_acquirer *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;
    enum fault f;

    if (!s)
        return FAULT_INTERNAL;
    s->options = *o;
    s->last = &s->first;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->looking, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_cond_init(&s->left, &monotonic);
    pthread_condattr_destroy(&monotonic);
    /* The thread tells no notice before the front knows whom to pass its acknowledgement to. */
    pthread_mutex_lock(&s->lock);
    f = open_parts(s);
    s->options.path = s->options.vfs = NULL;      /* the caller's own, and not needed again */
    if (!f)
        acquirer_attach(o->acquirer, &(struct acquirer_body){ take_question, take_noticed, s, teller_flush });
    pthread_mutex_unlock(&s->lock);
    if (f)
        sim_acquirer_close(s);
    else
        *out = s;
    return f;
}

static void free_tasks(struct sim_acquirer *s, struct teller_task *t)
{
    while (t) {
        struct teller_task *next = t->next;

        assert(t->sim == s);
        teller_forget(t);
        t = next;
    }
}

void sim_acquirer_close(struct sim_acquirer *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    while (s->verifying)              /* the card network answers them all, or its front does */
        pthread_cond_wait(&s->left, &s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (s->running)
        pthread_join(s->thread, NULL);
    store_reader_close(s->looker);
    store_reader_close(s->reader);
    store_close(s->store);            /* jobs end here, and their tasks with them or in the lists */
    free_tasks(s, s->first);
    free_tasks(s, s->held);
    assert(s->tasks == 0);
    teller_names_close(s);
    arena_free(s->look_arena);
    arena_free(s->commit_arena);
    arena_free(s->arena);
    pthread_cond_destroy(&s->left);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->looking);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void sim_acquirer_behave(struct sim_acquirer *s, enum acquirer_manner m, int ms)
{
    assert(m < ACQUIRER_MANNERS);
    pthread_mutex_lock(&s->lock);
    s->manner = m;
    s->manner_ms = ms < 0 ? 0 : ms > TELLER_SLOW_MAX_MS ? TELLER_SLOW_MAX_MS : ms;
    pthread_mutex_unlock(&s->lock);
}

enum acquirer_manner sim_acquirer_behaviour(struct sim_acquirer *s, int *ms)
{
    enum acquirer_manner m;

    pthread_mutex_lock(&s->lock);
    m = s->manner;
    *ms = s->manner_ms;
    pthread_mutex_unlock(&s->lock);
    return m;
}

/* The lock is held. */
static void wake(struct sim_acquirer *s)
{
    if (s->asleep)
        pthread_cond_signal(&s->wake);
    s->asleep = false;
}

void teller_enqueue(struct teller_task *t)
{
    struct sim_acquirer *s = t->sim;

    t->next = NULL;
    pthread_mutex_lock(&s->lock);
    *s->last = t;
    s->last = &t->next;
    pthread_mutex_unlock(&s->lock);
}

void teller_flush(void *sim)
{
    struct sim_acquirer *s = sim;
    struct teller_task *t, *next;

    pthread_mutex_lock(&s->lock);
    t = s->first;
    s->first = NULL;
    s->last = &s->first;
    pthread_mutex_unlock(&s->lock);
    for (; t; t = next) {
        next = t->next;
        teller_submit(t);
    }
}

/* A question that is heard. NULL: it is dropped, as if it had been lost on the way. */
static struct teller_task *hear(struct sim_acquirer *s, uint64_t handle, const struct acquirer_ask *ask)
{
    struct teller_task *t = calloc(1, sizeof *t);
    bool taken = false;

    if (!t)
        return NULL;
    t->sim = s;
    t->handle = handle;
    t->ask = *ask;
    pthread_mutex_lock(&s->lock);
    t->manner = s->manner;
    t->hold_ms = s->manner_ms;
    if (t->manner != ACQUIRER_DEAF && s->tasks < TELLER_TASKS_MAX && !s->stopping) {
        s->tasks++;
        taken = true;
    }
    pthread_mutex_unlock(&s->lock);
    if (taken)
        return t;
    secret_wipe(t, sizeof *t);
    free(t);
    return NULL;
}

static void take_question(void *sim, uint64_t handle, const struct acquirer_ask *ask)
{
    struct sim_acquirer *s = sim;
    struct teller_task *t = hear(s, handle, ask);

    if (!t)
        return;
    if (t->manner == ACQUIRER_DOWN) {
        t->answer = (struct acquirer_answer){ .verdict = ACQUIRER_UNREACHABLE, .ref = ask->ref };
        teller_answer(t);
        return;
    }
    atomic_fetch_add_explicit(&s->asked[ask->op], 1, memory_order_relaxed);
    if (ask->op == ACQUIRER_PAY && ask->source == ACQUIRER_BY_TOKEN)
        teller_verify(t);
    else
        teller_enqueue(t);
}

void teller_forget(struct teller_task *t)
{
    struct sim_acquirer *s = t->sim;

    secret_wipe(t, sizeof *t);
    free(t);
    pthread_mutex_lock(&s->lock);
    assert(s->tasks > 0);
    s->tasks--;
    pthread_mutex_unlock(&s->lock);
}

void teller_news(struct sim_acquirer *s)
{
    pthread_mutex_lock(&s->lock);
    s->news = true;
    wake(s);
    pthread_mutex_unlock(&s->lock);
}

static void answer_now(struct teller_task *t)
{
    for (int i = 0; i < (t->manner == ACQUIRER_TWICE ? 2 : 1); i++)
        acquirer_answered(t->sim->options.acquirer, t->handle, &t->answer);
    teller_forget(t);
}

static void hold(struct teller_task *t)
{
    struct sim_acquirer *s = t->sim;
    struct teller_task **at = &s->held;

    t->due_ns = clock_mono_ns() + t->hold_ms * MS_NS;
    pthread_mutex_lock(&s->lock);
    while (*at && (*at)->due_ns <= t->due_ns)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
    wake(s);
    pthread_mutex_unlock(&s->lock);
}

void teller_answer(struct teller_task *t)
{
    if (t->mute || t->manner == ACQUIRER_MUTE)
        teller_forget(t);
    else if (t->manner == ACQUIRER_SLOW)
        hold(t);
    else
        answer_now(t);
}

/* The lock is held. Wait for a held answer that is due, for news or for the next tick. */
static void wait_for_work(struct sim_acquirer *s)
{
    int64_t until_ns = s->held && s->held->due_ns < s->tick_ns ? s->held->due_ns : s->tick_ns;
    struct timespec until = { .tv_sec = until_ns / SECOND_NS, .tv_nsec = until_ns % SECOND_NS };

    if (s->news || s->stopping || clock_mono_ns() >= until_ns)
        return;
    s->asleep = true;
    (void)pthread_cond_timedwait(&s->wake, &s->lock, &until);
    s->asleep = false;
}

/* The lock is held. Take the held answers whose time has come. */
static struct teller_task *take_held(struct sim_acquirer *s)
{
    struct teller_task *first = s->held, **end = &first;
    int64_t now_ns = clock_mono_ns();

    while (*end && (*end)->due_ns <= now_ns)
        end = &(*end)->next;
    s->held = *end;
    *end = NULL;
    return first;
}

static void *run(void *arg)
{
    struct sim_acquirer *s = arg;

    for (;;) {
        struct teller_task *answers, *next;
        bool stopping;

        pthread_mutex_lock(&s->lock);
        wait_for_work(s);
        answers = take_held(s);
        stopping = s->stopping;
        pthread_mutex_unlock(&s->lock);

        for (; answers; answers = next) {
            next = answers->next;
            answer_now(answers);
        }
        if (stopping)
            return NULL;
        teller_tick(s);
    }
}

struct noticed { struct store_job job; uint64_t id; };

static enum fault noticed_work(struct store_tx *tx, void *arg)
{
    const struct noticed *n = arg;

    return acquirer_notice_drop(tx, n->id);
}

/* Kept or not: a notice that is still there is told again. */
static void noticed_done(void *arg, enum fault outcome)
{
    (void)outcome;
    free(arg);
}

static void take_noticed(void *sim, uint64_t id)
{
    struct sim_acquirer *s = sim;
    struct noticed *n = calloc(1, sizeof *n);

    if (!n)
        return;
    *n = (struct noticed){ .job = { .work = noticed_work, .done = noticed_done, .arg = n }, .id = id };
    if (store_submit(s->store, &n->job))
        free(n);
}
