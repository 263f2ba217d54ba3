/* writing.c: what writes: jobs of the book's commit thread, whose batches ask the keyholder once. */
#include <string.h>

#include "network/sim/inner.h"

#include "base/banned.h"

enum { ASKS_OF_ONE = 2 };             /* questions of one job at most: its card and its number */

/* The questions of several jobs, side by side as the keyholder's client wants them. */
struct basket {
    struct sim *sim;
    struct key_ask asks[KEY_ASKS_MAX];
    struct task *of[KEY_ASKS_MAX];
    size_t n;
};

/* The next counter of a scheme, or 0. One whose commit fails leaves a gap: its row may be on disk all the same. */
static uint64_t counter_next(struct sim *s, enum scheme scheme)
{
    if (scheme > SCHEME_UNKNOWN && scheme < SCHEMES && s->n_spare[scheme])
        return s->spare[scheme][--s->n_spare[scheme]];
    if (scheme <= SCHEME_UNKNOWN || scheme >= SCHEMES || s->counters[scheme] >= net_tokens_max(scheme))
        return 0;
    return ++s->counters[scheme];
}

/* Nothing was made with it: the next token may have it, so that refused cards use up no numbers. */
static void counter_give_back(struct sim *s, const struct task *t)
{
    size_t *n = &s->n_spare[t->ask.scheme];

    if (t->counter && *n < SIM_SPARE_MAX)
        s->spare[t->ask.scheme][(*n)++] = t->counter;
}

static void basket_add(struct basket *b, struct task *t, enum fault made)
{
    if (made)
        t->card_fault = made;
    if (made && made != FAULT_BAD_INPUT)
        t->job.outcome = made;        /* it could not even be asked */
    else if (!made)
        b->of[b->n++] = t;
}

static void ask_of(struct basket *b, struct task *t)
{
    struct arena *a = b->sim->commit_arena;

    switch (t->ask.op) {
    case NETWORK_PROVISION: case NETWORK_ALT_ID:
        t->counter = counter_next(b->sim, t->ask.scheme);
        if (t->counter)
            basket_add(b, t, net_number_ask(&b->asks[b->n], a, (struct net_token){ t->ask.scheme, t->counter }));
        if (t->ask.has_flight)
            basket_add(b, t, net_card_ask(&b->asks[b->n], a, (struct span){ t->ask.flight, CARD_FLIGHT }));
        break;
    case NETWORK_VERIFY:
        basket_add(b, t, net_check_ask(&b->asks[b->n], a, span_of(t->ask.number), span_of(t->ask.tavv),
                                       &t->ask.amount));
        break;
    case NETWORK_NUMBER: case NETWORK_CRYPTOGRAM: case NETWORK_STATUS: case NETWORK_SUSPEND: case NETWORK_RESUME:
    case NETWORK_DELETE: case NETWORK_PAR: case NETWORK_FIND: case NETWORK_ONBOARD: case NETWORK_OPS:
        break;
    }
}

static void read_one(struct task *t, const struct key_ask *answered)
{
    enum fault f = FAULT_INTERNAL;

    if (answered->op == KEY_NET_CARD)
        f = t->card_fault = net_card_read(&t->card, answered);
    else if (answered->op == KEY_NET_NUMBER)
        f = net_number_read(t->number, answered);
    else if (answered->op == KEY_NET_CHECK)
        f = net_check_read(&t->checked, answered);
    if (f && !(f == FAULT_DENIED && answered->op == KEY_NET_CARD))
        t->job.outcome = f;
}

/* Ask what is gathered. When nobody answers, those jobs are SILENT; so are the ones after them, unasked. */
static enum fault flush(struct basket *b, enum fault before)
{
    enum fault f = before;

    if (b->n && !f)
        f = keyholder_ask(b->sim->options.keyholder, b->asks, b->n);
    for (size_t i = 0; i < b->n; i++) {
        if (f)
            b->of[i]->job.outcome = FAULT_SILENT;
        else
            read_one(b->of[i], &b->asks[i]);
    }
    b->n = 0;
    arena_reset(b->sim->commit_arena);
    return f;
}

void writing_before_batch(void *sim, struct store_job *first)
{
    struct basket b = { .sim = sim };
    enum fault f = FAULT_NONE;

    for (struct store_job *job = first; job; job = job->next) {
        if (!job->wants)
            continue;
        if (b.n + ASKS_OF_ONE > KEY_ASKS_MAX)
            f = flush(&b, f);
        ask_of(&b, job->wants);
    }
    (void)flush(&b, f);
}

static enum fault work(struct store_tx *tx, void *arg)
{
    struct task *t = arg;

    t->answer = (struct network_answer){ .ref = t->ask.ref };
    switch (t->ask.op) {
    case NETWORK_PROVISION: case NETWORK_ALT_ID:
        return sim_work_provision(tx, t);
    case NETWORK_SUSPEND: case NETWORK_RESUME: case NETWORK_DELETE:
        return sim_work_change(tx, t);
    case NETWORK_STATUS:
        return sim_work_status(tx, t);
    case NETWORK_VERIFY:
        return sim_work_verify(tx, t);
    case NETWORK_ONBOARD:
        return sim_onboard_work(tx, t);
    case NETWORK_NUMBER: case NETWORK_CRYPTOGRAM: case NETWORK_PAR: case NETWORK_FIND: case NETWORK_OPS:
        break;
    }
    return FAULT_INTERNAL;
}

static void done(void *arg, enum fault outcome)
{
    struct task *t = arg;

    arena_reset(t->sim->commit_arena);
    /* A commit that failed is on disk in part at times: nobody can say now what became of it. */
    if (outcome)
        t->answer = (struct network_answer){
            .verdict = outcome == FAULT_DISK ? NETWORK_FAULT : NETWORK_ERROR, .ref = t->ask.ref,
        };
    else if (t->news)
        sim_news(t->sim);
    if (!outcome && t->made)
        atomic_fetch_add_explicit(&t->sim->tokens, 1, memory_order_relaxed);
    else if (!outcome)
        counter_give_back(t->sim, t);
    if (!outcome && t->want != TASK_WANTS_NOTHING)
        sim_again(t);
    else
        sim_answer(t);
}

void writing_submit(struct task *t)
{
    t->job = (struct store_job){ .work = work, .done = done, .arg = t, .wants = t };
    if (store_submit(t->sim->store, &t->job)) {
        t->answer = (struct network_answer){ .verdict = NETWORK_ERROR, .ref = t->ask.ref };
        sim_answer(t);
    }
}
