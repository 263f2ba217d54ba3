/* sim.c: the simulated network: opening and closing it, its thread, and what is common to every question. */
#include "network/sim/sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "network/sim/inner.h"
#include "network/sim/ledger.h"

#include "base/banned.h"

#define SECOND_NS INT64_C(1000000000)

static const struct {
    const char *name;
    bool hears;                       /* the question arrives, and what it asks for happens */
    enum network_verdict verdict;     /* said at once, where it does not happen */
} manners[SIM_MANNERS] = {
    [SIM_WELL]     = { "well",     true,  NETWORK_DONE },
    [SIM_SLOW]     = { "slow",     true,  NETWORK_DONE },
    [SIM_MUTE]     = { "mute",     true,  NETWORK_DONE },
    [SIM_DEAF]     = { "deaf",     false, NETWORK_SILENT },
    [SIM_DOWN]     = { "down",     false, NETWORK_UNREACHABLE },
    [SIM_NO_ROUTE] = { "no-route", false, NETWORK_NO_ROUTE },
    [SIM_BROKEN]   = { "broken",   false, NETWORK_BROKEN },
    [SIM_ERROR]    = { "error",    false, NETWORK_ERROR },
    [SIM_FAULT]    = { "fault",    false, NETWORK_FAULT },
    [SIM_TWICE]    = { "twice",    true,  NETWORK_DONE },
};

static void *run(void *arg);
static void take_question(void *sim, uint64_t handle, const struct network_ask *ask);
static void take_noticed(void *sim, uint64_t id);
static void wake_for_questions(void *sim);

const char *sim_manner_name(enum sim_manner m)
{
    assert(m < SIM_MANNERS);
    return manners[m].name;
}

static enum fault read_counters(struct store_tx *tx, void *arg)
{
    struct sim *s = arg;
    uint64_t tokens = 0;
    enum fault f = book_token_count(tx, &tokens);

    for (enum scheme i = SCHEME_UNKNOWN + 1; i < SCHEMES && !f; i++)
        f = book_token_last(tx, &s->counters[i], i);
    atomic_init(&s->tokens, tokens);
    return f;
}

static enum fault open_parts(struct sim *s)
{
    const struct store_options store = {
        .path = s->options.path, .vfs = s->options.vfs, .journal = s->options.journal, .schema = book_schema,
        .before_batch = writing_before_batch, .before_batch_arg = s,
    };
    enum fault f = arena_new(&s->arena);

    if (!f)
        f = arena_new(&s->commit_arena);
    if (!f)
        f = names_open(s);
    if (!f)
        f = store_open(&s->store, &store);
    if (!f)
        f = store_reader_open(&s->reader, s->store);
    if (!f)
        f = store_read(s->reader, read_counters, s);
    if (!f)
        f = serials_open(s);
    if (!f && pthread_create(&s->thread, NULL, run, s) != 0)
        f = FAULT_INTERNAL;
    s->running = !f;
    return f;
}

enum fault sim_open(struct sim **out, const struct sim_options *o)
{
    struct sim *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;
    enum fault f;

    if (!s)
        return FAULT_INTERNAL;
    s->options = *o;
    s->last = &s->first;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    f = open_parts(s);
    s->options.path = s->options.vfs = NULL;      /* the caller's own, and not needed again */
    if (f) {
        sim_close(s);
        return f;
    }
    network_attach(o->network, &(struct network_body){ take_question, take_noticed, s, wake_for_questions });
    *out = s;
    return FAULT_NONE;
}

static void free_tasks(struct sim *s, struct task *t)
{
    while (t) {
        struct task *next = t->next;

        assert(t->sim == s);
        sim_forget(t);
        t = next;
    }
}

void sim_close(struct sim *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (s->running)
        pthread_join(s->thread, NULL);
    store_reader_close(s->reader);
    store_close(s->store);            /* jobs end here, and their tasks with them or in the lists */
    free_tasks(s, s->first);
    free_tasks(s, s->held);
    assert(s->tasks == 0);
    names_close(s);
    arena_free(s->commit_arena);
    arena_free(s->arena);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void sim_behave(struct sim *s, enum scheme scheme, enum sim_manner m, int ms)
{
    assert(scheme < SCHEMES && m < SIM_MANNERS);
    ms = ms < 0 ? 0 : ms > SIM_SLOW_MAX_MS ? SIM_SLOW_MAX_MS : ms;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < SCHEMES; i++)
        if (scheme == SCHEME_UNKNOWN || i == scheme) {
            s->manners[i].manner = m;
            s->manners[i].ms = ms;
        }
    pthread_mutex_unlock(&s->lock);
}

enum sim_manner sim_behaviour(struct sim *s, enum scheme scheme, int *ms)
{
    enum sim_manner m;

    assert(scheme < SCHEMES);
    pthread_mutex_lock(&s->lock);
    m = s->manners[scheme].manner;
    *ms = s->manners[scheme].ms;
    pthread_mutex_unlock(&s->lock);
    return m;
}

/* The lock is held. */
static void wake(struct sim *s)
{
    if (s->asleep)
        pthread_cond_signal(&s->wake);
    s->asleep = false;
}

/* The lock is held. */
static void enqueue(struct sim *s, struct task *t)
{
    t->next = NULL;
    *s->last = t;
    s->last = &t->next;
}

static void wake_for_questions(void *sim)
{
    struct sim *s = sim;

    pthread_mutex_lock(&s->lock);
    wake(s);
    pthread_mutex_unlock(&s->lock);
}

/* Of several schemes' questions without a scheme (a number, say) the number tells. */
static enum scheme scheme_asked(const struct network_ask *ask)
{
    char six[7] = { 0 };
    uint64_t iin = 0;

    if (ask->scheme > SCHEME_UNKNOWN && ask->scheme < SCHEMES)
        return ask->scheme;
    memcpy(six, ask->number, sizeof six - 1);
    return span_u64(&iin, span_of(six), SCHEME_IINS - 1) ? SCHEME_UNKNOWN : scheme_of_iin((uint32_t)iin);
}

static void take_question(void *sim, uint64_t handle, const struct network_ask *ask)
{
    struct sim *s = sim;
    enum scheme scheme = scheme_asked(ask);
    struct task *t = calloc(1, sizeof *t);
    bool taken = false;

    if (!t)
        return;                       /* as if it had been lost on the way */
    t->sim = s;
    t->handle = handle;
    t->ask = *ask;
    pthread_mutex_lock(&s->lock);
    t->manner = s->manners[scheme].manner;
    t->hold_ms = s->manners[scheme].ms;
    if (t->manner != SIM_DEAF && s->tasks < SIM_TASKS_MAX && !s->stopping) {
        s->tasks++;
        enqueue(s, t);
        taken = true;
    }
    pthread_mutex_unlock(&s->lock);
    if (!taken) {
        secret_wipe(t, sizeof *t);
        free(t);
    }
}

void sim_forget(struct task *t)
{
    struct sim *s = t->sim;

    secret_wipe(t, sizeof *t);
    free(t);
    pthread_mutex_lock(&s->lock);
    assert(s->tasks > 0);
    s->tasks--;
    pthread_mutex_unlock(&s->lock);
}

void sim_again(struct task *t)
{
    t->decided = true;
    pthread_mutex_lock(&t->sim->lock);
    enqueue(t->sim, t);
    wake(t->sim);
    pthread_mutex_unlock(&t->sim->lock);
}

void sim_news(struct sim *s)
{
    pthread_mutex_lock(&s->lock);
    s->news = true;
    wake(s);
    pthread_mutex_unlock(&s->lock);
}

static void answer_now(struct task *t)
{
    struct sim *s = t->sim;

    for (int i = 0; i < (t->manner == SIM_TWICE ? 2 : 1); i++) {
        atomic_fetch_add_explicit(&s->answered[t->ask.op], 1, memory_order_relaxed);
        network_answered(s->options.network, t->handle, &t->answer);
    }
    sim_forget(t);
}

static void hold(struct task *t)
{
    struct sim *s = t->sim;
    struct task **at = &s->held;

    t->due_ns = clock_mono_ns() + t->hold_ms * MS_NS;
    pthread_mutex_lock(&s->lock);
    while (*at && (*at)->due_ns <= t->due_ns)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
    wake(s);
    pthread_mutex_unlock(&s->lock);
}

void sim_answer(struct task *t)
{
    if (t->mute || t->manner == SIM_MUTE)
        sim_forget(t);
    else if (t->manner == SIM_SLOW)
        hold(t);
    else
        answer_now(t);
}

/* The lock is held. Wait for questions, for a held answer that is due, for news or for the next tick. */
static void wait_for_work(struct sim *s)
{
    int64_t until_ns = s->held && s->held->due_ns < s->tick_ns ? s->held->due_ns : s->tick_ns;
    struct timespec until = { .tv_sec = until_ns / SECOND_NS, .tv_nsec = until_ns % SECOND_NS };

    if (s->first || s->news || s->stopping || clock_mono_ns() >= until_ns)
        return;
    s->asleep = true;
    (void)pthread_cond_timedwait(&s->wake, &s->lock, &until);
    s->asleep = false;
}

/* The lock is held. Take the held answers whose time has come. */
static struct task *take_held(struct sim *s)
{
    struct task *first = s->held, **end = &first;
    int64_t now_ns = clock_mono_ns();

    while (*end && (*end)->due_ns <= now_ns)
        end = &(*end)->next;
    s->held = *end;
    *end = NULL;
    return first;
}

/* The readers of one lot, gathered until they fill a frame. */
struct gathered { struct task *tasks[KEY_ASKS_MAX]; size_t n; };

static void serve(struct sim *s, struct gathered *g)
{
    if (g->n)
        reading_serve(s, g->tasks, g->n);
    g->n = 0;
}

/* A question begins: refused by manner, put among the readers, or handed to the commit thread. */
static void begin(struct sim *s, struct gathered *g, struct task *t)
{
    bool again = t->decided;

    if (!again && !manners[t->manner].hears) {
        t->answer = (struct network_answer){ .verdict = manners[t->manner].verdict, .ref = t->ask.ref };
        network_answered(s->options.network, t->handle, &t->answer);
        sim_forget(t);
        return;
    }
    if (!again)
        atomic_fetch_add_explicit(&s->asked[t->ask.op], 1, memory_order_relaxed);
    if (again || reading_is_enough(&t->ask)) {
        g->tasks[g->n++] = t;
        if (g->n == KEY_ASKS_MAX)
            serve(s, g);
        return;
    }
    if (t->ask.op == NETWORK_ALT_ID && serial_next(s, &t->serial, clock_now_ms(s->options.clock))) {
        t->answer = (struct network_answer){ .verdict = NETWORK_ERROR, .ref = t->ask.ref };
        sim_answer(t);
        return;
    }
    writing_submit(t);
}

static void *run(void *arg)
{
    struct sim *s = arg;
    struct gathered g = { .n = 0 };

    for (;;) {
        struct task *questions, *answers, *next;
        bool stopping;

        pthread_mutex_lock(&s->lock);
        wait_for_work(s);
        questions = s->first;
        s->first = NULL;
        s->last = &s->first;
        answers = take_held(s);
        stopping = s->stopping;
        pthread_mutex_unlock(&s->lock);

        for (; answers; answers = next) {
            next = answers->next;
            answer_now(answers);
        }
        for (; questions; questions = next) {
            next = questions->next;
            if (stopping)
                sim_forget(questions);
            else
                begin(s, &g, questions);
        }
        serve(s, &g);
        if (stopping)
            return NULL;
        happen_tick(s);
    }
}

struct noticed { struct store_job job; uint64_t id; };

static enum fault noticed_work(struct store_tx *tx, void *arg)
{
    const struct noticed *n = arg;

    return ledger_notice_drop(tx, n->id);
}

/* Kept or not: a notice that is still there is told again. */
static void noticed_done(void *arg, enum fault outcome)
{
    (void)outcome;
    free(arg);
}

static void take_noticed(void *sim, uint64_t id)
{
    struct sim *s = sim;
    struct noticed *n = calloc(1, sizeof *n);

    if (!n)
        return;
    *n = (struct noticed){ .job = { .work = noticed_work, .done = noticed_done, .arg = n }, .id = id };
    if (store_submit(s->store, &n->job))
        free(n);
}

struct requestor_change { struct span trid; bool active; };

static enum fault requestor_work(struct store_tx *tx, void *arg)
{
    const struct requestor_change *c = arg;

    return book_requestor_activate(tx, c->trid, c->active);
}

enum fault sim_requestor(struct sim *s, struct span trid, bool active)
{
    return store_write(s->store, requestor_work, &(struct requestor_change){ trid, active });
}

void sim_counts(const struct sim *s, struct sim_counts *out)
{
    for (size_t i = 0; i < NETWORK_OPS; i++) {
        out->asked[i] = atomic_load_explicit(&s->asked[i], memory_order_relaxed);
        out->answered[i] = atomic_load_explicit(&s->answered[i], memory_order_relaxed);
    }
    out->tokens = atomic_load_explicit(&s->tokens, memory_order_relaxed);
}
