/* refunds_sweep.c: refunds that are open are asked for, and the answers are kept. */
#include <stdlib.h>
#include <string.h>

#include "service/answers.h"
#include "service/refunds_own.h"

#include "base/banned.h"

struct sweep;

/* One open refund, and the question about it. */
struct open {
    struct sweep *sweep;
    bool asks;
    struct acquirer_call call;
    struct acquirer_ask again;        /* the refund itself, if the acquirer has never heard of it */
};

struct sweep {
    const struct services *services;
    struct arena *arena;
    int64_t now_ms;
    size_t n;
    struct open open[REFUNDS_SWEEP_MAX];
    struct answers answers;
};

static enum fault add(void *arg, const struct refund_row *r)
{
    struct sweep *w = arg;
    struct open *o = &w->open[w->n++];

    memset(o, 0, sizeof *o);
    o->sweep = w;
    o->call.ask.ref = (struct acquirer_ref){ r->merchant_id, r->payment_no, r->refund_no, r->request };
    return FAULT_NONE;
}

/* Which question is open. One that is asked about now is not due again before the answer must be there. */
static enum fault lease(struct store_tx *tx, struct open *o)
{
    const struct sweep *w = o->sweep;
    struct acquirer_ref ref = o->call.ask.ref;
    struct refund_row r;
    enum fault f = refunds_find_no(tx, &r, w->arena, ref.merchant_id, ref.refund_no);
    enum acquirer_op op;

    if (f)
        return f;
    op = r.wanted == ACQUIRER_REFUND_CANCEL ? ACQUIRER_REFUND_CANCEL : ACQUIRER_REFUND_STATUS;
    refund_question(w->services, &o->call.ask, op, &r, w->now_ms);
    refund_question(w->services, &o->again, ACQUIRER_REFUND, &r, w->now_ms);
    r.ask_ms = refund_lease(w->services, &r, w->now_ms);
    return refunds_update(tx, &r);
}

/* NOT_FOUND, and with it no commit: nothing is due. */
static enum fault collect(struct store_tx *tx, void *arg)
{
    struct sweep *w = arg;
    enum fault f;

    w->n = 0;
    arena_reset(w->arena);
    f = refunds_due(tx, w->now_ms, REFUNDS_SWEEP_MAX, add, w);
    for (size_t i = 0; i < w->n && !f; i++)
        f = lease(tx, &w->open[i]);
    return f ? f : w->n ? FAULT_NONE : FAULT_NOT_FOUND;
}

static void answered(struct acquirer_call *call)
{
    answers_came(&((const struct open *)call->arg)->sweep->answers);
}

/* Ask all that are to be asked, and wait for their answers. */
static void ask(struct sweep *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++)
        n += w->open[i].asks;
    answers_expect(&w->answers, n);
    for (size_t i = 0; i < w->n; i++)
        if (w->open[i].asks)
            acquirer_ask(w->services->acquirer, &w->open[i].call);
    answers_wait(&w->answers);
}

/* Where our intent never reached the acquirer, the refund itself is asked for once more: the merchant still wants it,
 * and under one reference it happens once. */
static void ask_all(struct sweep *w)
{
    for (size_t i = 0; i < w->n; i++) {
        w->open[i].asks = true;
        w->open[i].call.done = answered;
        w->open[i].call.arg = &w->open[i];
    }
    ask(w);
    for (size_t i = 0; i < w->n; i++) {
        struct acquirer_call *c = &w->open[i].call;

        w->open[i].asks = c->ask.op == ACQUIRER_REFUND_STATUS && c->answer.verdict == ACQUIRER_NO_PAYMENT;
        if (w->open[i].asks)
            c->ask = w->open[i].again;
    }
    ask(w);
}

static enum fault keep(struct store_tx *tx, const struct open *o)
{
    const struct sweep *w = o->sweep;
    const struct acquirer_ref *ref = &o->call.ask.ref;
    struct refund_row r;
    bool changed;
    enum fault f = refunds_find_no(tx, &r, w->arena, ref->merchant_id, ref->refund_no);

    return f ? f : refunds_hear(w->services, tx, w->arena, &r, &o->call.answer, w->now_ms, &changed);
}

static enum fault keep_all(struct store_tx *tx, void *arg)
{
    struct sweep *w = arg;
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < w->n && !f; i++)
        if (!refund_is_unanswered(w->open[i].call.answer.verdict))
            f = keep(tx, &w->open[i]);
    return f;
}

static enum fault look(struct sweep *w, bool *more)
{
    enum fault f = store_write(w->services->store, collect, w);

    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
    ask_all(w);
    *more = w->n == REFUNDS_SWEEP_MAX;
    return store_write(w->services->store, keep_all, w);
}

enum fault refunds_sweep(const struct services *s, int64_t now_ms, bool *more)
{
    struct sweep *w;
    enum fault f = FAULT_INTERNAL;

    *more = false;
    if (!s->acquirer)
        return FAULT_NONE;
    w = calloc(1, sizeof *w);
    if (!w)
        return FAULT_INTERNAL;
    w->services = s;
    w->now_ms = now_ms;
    answers_init(&w->answers);
    if (!arena_new(&w->arena))
        f = look(w, more);
    arena_free(w->arena);
    answers_fini(&w->answers);
    free(w);
    return f;
}
