/* vault_sweep.c: what is open is asked for, and the answers are kept. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "service/answers.h"
#include "service/vault_own.h"

#include "base/banned.h"

/* One open row: which, and the question about it. */
struct open {
    struct vault_sweeper *sweeper;
    int64_t merchant_id, token_no, lease;
    bool asks;
    struct network_call call;
};

struct vault_sweeper {
    const struct services *services;
    pthread_mutex_t turn;             /* held by who looks */
    struct arena *arena;
    int64_t now_ms;
    struct open open[VAULT_SWEEP_MAX];
    size_t n;
    struct answers answers;
};

static enum fault add(void *arg, const struct token_row *t)
{
    struct vault_sweeper *w = arg;
    struct open *o = &w->open[w->n++];

    memset(o, 0, sizeof *o);
    o->sweeper = w;
    o->merchant_id = t->merchant_id;
    o->token_no = t->token_no;
    return FAULT_NONE;
}

/* What to ask about a row: the effect that is wanted once more, or what became of a new token. */
static enum fault question(struct store_tx *tx, struct open *o, const struct token_row *t)
{
    struct network_ask *ask = &o->call.ask;
    struct requestor_row r;
    enum fault f = requestors_find(tx, &r, o->sweeper->arena, t->merchant_id, t->scheme);

    o->asks = !f && t->scheme > 0 && t->scheme < SCHEMES && t->wanted >= 0 && t->wanted < NETWORK_OPS;
    if (f || !o->asks)
        return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
    ask->op = t->wanted == NETWORK_PROVISION ? NETWORK_STATUS : (enum network_op)t->wanted;
    ask->ref = (struct network_ref){ t->merchant_id, t->token_no, t->wanted == NETWORK_PROVISION ? 0 : t->request };
    ask->scheme = (enum scheme)t->scheme;
    ask->now_ms = o->sweeper->now_ms;
    if (span_text(ask->trid, sizeof ask->trid, r.trid)
        || span_text(ask->token_ref, sizeof ask->token_ref, t->network_ref))
        return FAULT_INTERNAL;
    return FAULT_NONE;
}

/* A row that is asked about now is not due again before the answer must be there. */
static enum fault lease(struct store_tx *tx, struct open *o)
{
    struct token_row t;
    enum fault f = tokens_find(tx, &t, o->sweeper->arena, o->merchant_id, o->token_no);

    if (!f)
        f = question(tx, o, &t);
    if (f)
        return f;
    t.ask_ms = o->lease = vault_lease(o->sweeper->services, t.ask_ms, o->sweeper->now_ms);
    return tokens_update(tx, &t);
}

/* NOT_FOUND, and with it no commit: nothing is due. */
static enum fault collect(struct store_tx *tx, void *arg)
{
    struct vault_sweeper *w = arg;
    enum fault f;

    w->n = 0;
    arena_reset(w->arena);
    f = tokens_due(tx, w->now_ms, VAULT_SWEEP_MAX, add, w);
    for (size_t i = 0; i < w->n && !f; i++)
        f = lease(tx, &w->open[i]);
    return f ? f : w->n ? FAULT_NONE : FAULT_NOT_FOUND;
}

static void answered(struct network_call *call)
{
    answers_came(&((const struct open *)call->arg)->sweeper->answers);
}

static void ask_all(struct vault_sweeper *w, struct network *network)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++)
        n += w->open[i].asks;
    answers_expect(&w->answers, n);
    for (size_t i = 0; i < w->n; i++)
        if (w->open[i].asks) {
            w->open[i].call.done = answered;
            w->open[i].call.arg = &w->open[i];
            network_ask(network, &w->open[i].call);
        }
    answers_wait(&w->answers);
}

static bool same_but_for_time(const struct token_row *a, const struct token_row *b)
{
    return a->status == b->status && a->suspended_by == b->suspended_by && a->expired == b->expired
        && a->expiry == b->expiry && a->wanted == b->wanted && a->verdict == b->verdict;
}

static enum fault keep(struct store_tx *tx, const struct open *o)
{
    struct vault_heard h = { .ask = &o->call.ask, .answer = &o->call.answer, .sweeping = true, .lease = o->lease,
                             .now_ms = o->sweeper->now_ms };
    struct vault_kept kept = { .event = AUDIT_TOKEN_SETTLE, .outcome = o->call.answer.verdict, .now_ms = h.now_ms };
    struct token_row t, before;
    enum fault f = tokens_find(tx, &t, o->sweeper->arena, o->merchant_id, o->token_no);

    if (f)
        return f;
    before = t;
    kept.was = vault_was(&t);
    if (!vault_hear(&t, &h))
        return FAULT_NONE;
    if (same_but_for_time(&t, &before))
        kept.event = 0;               /* a network that stays silent must not fill the audit log */
    return vault_keep(tx, &t, &kept);
}

static enum fault keep_all(struct store_tx *tx, void *arg)
{
    struct vault_sweeper *w = arg;
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < w->n && !f; i++)
        if (w->open[i].asks)
            f = keep(tx, &w->open[i]);
    return f;
}

enum fault vault_sweeper_look(struct vault_sweeper *w, int64_t now_ms, bool *more)
{
    struct network *network;
    enum fault f;

    *more = false;
    pthread_mutex_lock(&w->turn);
    w->now_ms = now_ms;
    f = store_write(w->services->store, collect, w);
    /* Looked at only now, since whoever opens the parts may open the network after the vault. */
    network = f ? NULL : w->services->network;
    if (network) {
        ask_all(w, network);
        f = store_write(w->services->store, keep_all, w);
        *more = w->n == VAULT_SWEEP_MAX;
    }
    pthread_mutex_unlock(&w->turn);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault vault_sweeper_new(struct vault_sweeper **out, const struct services *s)
{
    struct vault_sweeper *w = calloc(1, sizeof *w);

    if (!w || arena_new(&w->arena)) {
        free(w);
        return FAULT_INTERNAL;
    }
    w->services = s;
    pthread_mutex_init(&w->turn, NULL);
    answers_init(&w->answers);
    *out = w;
    return FAULT_NONE;
}

void vault_sweeper_free(struct vault_sweeper *w)
{
    if (!w)
        return;
    arena_free(w->arena);
    pthread_mutex_destroy(&w->turn);
    answers_fini(&w->answers);
    free(w);
}
