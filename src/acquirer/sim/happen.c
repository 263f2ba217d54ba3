/* happen.c: what the clock brings, and the notices that tell of what nobody asked for. */
#include "acquirer/sim/inner.h"

#include "base/banned.h"

struct due {
    struct sim_acquirer *sim;
    int64_t now_ms;
    struct book_payment payments[TELLER_DUE_AT_ONCE];
    struct book_refund refunds[TELLER_DUE_AT_ONCE];
    size_t n_payments, n_refunds;
};

static enum fault due_look(struct store_tx *tx, void *arg)
{
    struct due *d = arg;
    enum fault f = book_payments_due(tx, d->payments, &d->n_payments, TELLER_DUE_AT_ONCE, d->now_ms);

    return f ? f : book_refunds_due(tx, d->refunds, &d->n_refunds, TELLER_DUE_AT_ONCE, d->now_ms);
}

/* Decided from the rows as they are now: between the look and this a question may have come. */
static enum fault due_work(struct store_tx *tx, void *arg)
{
    struct due *d = arg;
    bool news = false;
    enum fault f = due_look(tx, d);

    for (size_t i = 0; i < d->n_payments && !f; i++) {
        struct book_payment *p = &d->payments[i];

        f = teller_load(tx, d->sim->commit_arena, p, &news, p->merchant_id, p->payment_no, d->now_ms);
        arena_reset(d->sim->commit_arena);
    }
    for (size_t i = 0; i < d->n_refunds && !f; i++)
        f = teller_refund_due(tx, &d->refunds[i], &news, d->now_ms);
    return f;
}

/* True: there may be more. */
static bool decide_due(struct sim_acquirer *s)
{
    struct due d = { .sim = s, .now_ms = clock_now_ms(s->options.clock) };

    if (store_read(s->reader, due_look, &d) || d.n_payments + d.n_refunds == 0)
        return false;
    if (store_write(s->store, due_work, &d))
        return false;
    teller_news(s);
    return d.n_payments == TELLER_DUE_AT_ONCE || d.n_refunds == TELLER_DUE_AT_ONCE;
}

struct telling {
    struct sim_acquirer *sim;
    uint64_t after;
    struct acquirer_notice notices[TELLER_NOTICES_AT_ONCE];
    size_t n;
};

static enum fault tell_one(struct store_tx *tx, struct telling *t, const struct acquirer_told *open,
                           struct acquirer_answer *out)
{
    struct book_payment p;
    struct book_refund r;
    enum fault f;

    out->ref = (struct acquirer_ref){ open->merchant_id, open->payment_no, open->refund_no, 0 };
    if (open->refund_no) {
        f = book_refund_find(tx, &r, open->merchant_id, open->refund_no);
        if (!f)
            teller_tell_refund(t->sim, out, &r);
        return f;
    }
    f = book_payment_find(tx, &p, t->sim->arena, open->merchant_id, open->payment_no);
    if (!f)
        teller_tell(t->sim, out, &p);
    arena_reset(t->sim->arena);
    return f;
}

/* A notice says how its payment is now, so that an old one told late takes nothing back. */
static enum fault telling_look(struct store_tx *tx, void *arg)
{
    struct telling *t = arg;
    struct acquirer_told open[TELLER_NOTICES_AT_ONCE];
    enum fault f = acquirer_notices(tx, open, &t->n, TELLER_NOTICES_AT_ONCE, t->after);

    for (size_t i = 0; i < t->n && !f; i++) {
        t->notices[i] = (struct acquirer_notice){ .id = open[i].id };
        f = tell_one(tx, t, &open[i], &t->notices[i].now);
    }
    return f;
}

/* Tell the next ones. True: there may be more. */
static bool tell_some(struct sim_acquirer *s)
{
    struct telling t = { .sim = s, .after = s->notice_after };

    if (store_read(s->reader, telling_look, &t))
        return false;
    for (size_t i = 0; i < t.n; i++) {
        s->notice_after = t.notices[i].id;
        acquirer_notice(s->options.acquirer, &t.notices[i]);
    }
    return t.n == TELLER_NOTICES_AT_ONCE;
}

void teller_tick(struct sim_acquirer *s)
{
    int64_t now_ns = clock_mono_ns();
    bool news;

    if (now_ns >= s->tick_ns) {
        s->tick_ns = now_ns + TELLER_TICK_MS * MS_NS;
        while (decide_due(s))
            continue;
    }
    pthread_mutex_lock(&s->lock);
    news = s->news;
    s->news = false;
    pthread_mutex_unlock(&s->lock);
    if (now_ns >= s->notices_ns) {
        s->notices_ns = now_ns + TELLER_NOTICE_EVERY_MS * MS_NS;
        s->notice_after = 0;
        news = true;
    }
    while (news)
        news = tell_some(s);
}
