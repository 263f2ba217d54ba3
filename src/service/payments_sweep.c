/* payments_sweep.c: what is open is asked for, and the answers are kept. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "service/answers.h"
#include "service/pay_own.h"

#include "base/banned.h"

/* One open row: which, and the questions about it. */
struct open {
    struct pay_sweeper *sweeper;
    int64_t merchant_id, payment_no, lease;
    bool asks, makes;
    struct acquirer_call call;
    struct vault_job make;
    struct pay_after after;           /* of the answer, with a token begun by it */
    struct payment_row row;           /* as it was kept */
};

struct pay_sweeper {
    const struct services *services;
    pthread_mutex_t turn;             /* held by who looks */
    struct arena *arena;
    int64_t now_ms;
    struct open open[PAYMENTS_SWEEP_MAX];
    size_t n;
    struct answers answers;
};

static enum fault add(void *arg, const struct payment_row *p)
{
    struct pay_sweeper *w = arg;
    struct open *o = &w->open[w->n++];

    memset(o, 0, sizeof *o);
    o->sweeper = w;
    o->merchant_id = p->merchant_id;
    o->payment_no = p->payment_no;
    return FAULT_NONE;
}

/* Past its limit; or so far before it that the clock has gone back since. */
static bool is_late(const struct payment_row *p, int64_t now_ms)
{
    return p->limit_ms <= now_ms || p->limit_ms > store_ahead_ms(now_ms);
}

/* An effect that is wanted is asked for once more, under its reference; what is past its limit is given up; of all else
 * it is asked how it is. False: there is nothing to ask. */
static bool question(struct open *o, const struct payment_row *p)
{
    bool over = payment_is_over((enum payment_state)p->state);
    enum acquirer_op op = ACQUIRER_STATUS;
    int64_t request = 0;

    if (p->wanted == ACQUIRER_CAPTURE || p->wanted == ACQUIRER_VOID) {
        op = (enum acquirer_op)p->wanted;
        request = p->request;
    } else if (p->wanted == ACQUIRER_REVERSE || p->wanted == ACQUIRER_ABANDON) {
        op = (enum acquirer_op)p->wanted;
    } else if (over) {
        return false;
    } else if (is_late(p, o->sweeper->now_ms) && p->state != PAYMENT_FLAGGED) {
        op = ACQUIRER_ABANDON;
    }
    o->call.ask = pay_ask_about(p, op, request, o->sweeper->now_ms);
    if (op == ACQUIRER_CAPTURE)
        o->call.ask.amount.minor = p->wanted_minor;
    return true;
}

/* A row that is asked about now is not due again before the answer must be there. */
static enum fault lease(struct store_tx *tx, struct open *o)
{
    struct pay_sweeper *w = o->sweeper;
    const struct services *s = w->services;
    struct payment_row p;
    enum fault f = payments_find(tx, &p, w->arena, o->merchant_id, o->payment_no);

    if (f)
        return f;
    if (p.state < 0 || p.state >= PAYMENT_STATES) {
        p.ask_ms = pay_lease(s, p.ask_ms, w->now_ms, false);  /* not ours to judge, and not to keep others waiting */
        return payments_update(tx, &p);
    }
    o->make.asks = false;
    if (p.saves == PAY_SAVES_ASKED && s->network)
        f = pay_save_look(s, tx, w->arena, &p, &o->make, w->now_ms);
    if (f)
        return f;
    o->makes = o->make.asks;
    o->asks = question(o, &p) && s->acquirer;
    if (o->asks || o->makes)
        p.ask_ms = pay_lease(s, p.ask_ms, w->now_ms, o->makes);
    else
        p.ask_ms = payment_is_over((enum payment_state)p.state) && p.wanted == ACQUIRER_STATUS
            ? pay_next_look(&p, w->now_ms) : pay_lease(s, p.ask_ms, w->now_ms, false);
    o->lease = p.ask_ms;
    return payments_update(tx, &p);
}

/* NOT_FOUND, and with it no commit: nothing is due. */
static enum fault collect(struct store_tx *tx, void *arg)
{
    struct pay_sweeper *w = arg;
    enum fault f;

    w->n = 0;
    arena_reset(w->arena);
    f = payments_due(tx, w->now_ms, PAYMENTS_SWEEP_MAX, add, w);
    for (size_t i = 0; i < w->n && !f; i++)
        f = lease(tx, &w->open[i]);
    return f ? f : w->n ? FAULT_NONE : FAULT_NOT_FOUND;
}

static void answered(struct acquirer_call *call)
{
    answers_came(&((const struct open *)call->arg)->sweeper->answers);
}

static void made(struct vault_job *make)
{
    answers_came(&((const struct open *)make->arg)->sweeper->answers);
}

static void ask(struct pay_sweeper *w, struct open *o)
{
    if (o->asks) {
        o->call.done = answered;
        o->call.arg = o;
        acquirer_ask(w->services->acquirer, &o->call);
    }
    if (o->makes)
        vault_ask(w->services, &o->make, made, o);
}

static void ask_all(struct pay_sweeper *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++)
        n += (size_t)w->open[i].asks + (size_t)w->open[i].makes;
    answers_expect(&w->answers, n);
    for (size_t i = 0; i < w->n; i++)
        ask(w, &w->open[i]);
    answers_wait(&w->answers);
}

/* A token that was asked for: what came of it, and when the row is looked at again. */
static enum fault keep_made(struct store_tx *tx, struct open *o, struct payment_row *p)
{
    struct pay_sweeper *w = o->sweeper;
    enum fault f = pay_save_keep(w->services, tx, w->arena, p, &o->make, w->now_ms);

    if (f)
        return f;
    if (!o->asks && p->ask_ms == o->lease)
        p->ask_ms = p->saves == PAY_SAVES_ASKED ? w->now_ms + PAY_ASK_LATEST_MS / 4 : pay_next_look(p, w->now_ms);
    return payments_update(tx, p);
}

static enum fault keep(struct store_tx *tx, struct open *o)
{
    struct pay_sweeper *w = o->sweeper;
    struct pay_heard h = { .op = o->call.ask.op, .answer = &o->call.answer, .sweeping = true, .lease = o->lease,
                           .now_ms = w->now_ms };
    enum fault f = payments_find(tx, &o->row, w->arena, o->merchant_id, o->payment_no);

    if (!f && o->makes)
        f = keep_made(tx, o, &o->row);
    if (f || !o->asks)
        return f;
    memset(&o->after, 0, sizeof o->after);
    o->after.make = &o->make;
    return pay_hear(w->services, tx, w->arena, &o->row, &h, &o->after);
}

static enum fault keep_all(struct store_tx *tx, void *arg)
{
    struct pay_sweeper *w = arg;
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < w->n && !f; i++)
        if (w->open[i].asks || w->open[i].makes)
            f = keep(tx, &w->open[i]);
    return f;
}

static enum fault keep_one(struct store_tx *tx, void *arg)
{
    struct open *o = arg;

    return o->asks || o->makes ? keep(tx, o) : FAULT_NONE;
}

/* Where one of them cannot be kept, the others still can. */
static void keep_each(struct pay_sweeper *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (store_write(w->services->store, keep_one, &w->open[i]))
            w->open[i].after = (struct pay_after){ 0 };
}

static void follow(struct pay_sweeper *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct open *o = &w->open[i];

        if (o->after.makes)
            vault_ask_alone(w->services, &o->make);
        if (o->after.unsaved)
            pay_journal_unsaved(w->services, &o->row);
    }
}

enum fault pay_sweeper_look(struct pay_sweeper *w, int64_t now_ms, bool *more)
{
    enum fault f;

    *more = false;
    pthread_mutex_lock(&w->turn);
    w->now_ms = now_ms;
    f = store_write(w->services->store, collect, w);
    if (!f) {
        ask_all(w);
        f = store_write(w->services->store, keep_all, w);
        if (f && w->n > 1)
            keep_each(w);
        if (!f || w->n > 1)
            follow(w);
        *more = !f && w->n == PAYMENTS_SWEEP_MAX;
    }
    pthread_mutex_unlock(&w->turn);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault pay_sweeper_new(struct pay_sweeper **out, const struct services *s)
{
    struct pay_sweeper *w = calloc(1, sizeof *w);

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

void pay_sweeper_free(struct pay_sweeper *w)
{
    if (!w)
        return;
    arena_free(w->arena);
    pthread_mutex_destroy(&w->turn);
    answers_fini(&w->answers);
    free(w);
}
