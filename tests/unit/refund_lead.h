/* refund_lead.h: one refund at a time from wish to outcome, over refund_bed.h. */
#pragma once

#include "refund_bed.h"

enum { RBED_HOUR = 3600 * 1000 };

struct work { struct rbed *b; struct refund_job *job; };

static inline enum fault begin_work(struct store_tx *tx, void *arg)
{
    struct work *w = arg;

    return refund_begin(w->b->s, tx, w->job);
}

static inline enum fault settle_work(struct store_tx *tx, void *arg)
{
    struct work *w = arg;

    return refund_settle(w->b->s, tx, w->job);
}

static inline struct refund_job *job_of(struct rbed *b, struct refund_wish wish)
{
    struct refund_job *job = arena_take(b->f->arena, sizeof *job);

    assert_non_null(job);
    job->wish = wish;
    job->wish.merchant_id = b->merchant_id;
    if (span_absent(wish.order_id))
        job->wish.order_id = SPAN(RBED_ORDER);
    job->now_ms = clock_now_ms(b->s->clock);
    job->arena = b->f->arena;
    return job;
}

static inline enum fault begin(struct rbed *b, struct refund_job *job)
{
    return store_write(b->s->store, begin_work, &(struct work){ b, job });
}

static inline void asked(struct refund_job *job)
{
    (void)sem_post(job->arg);
}

static inline enum fault settle(struct rbed *b, struct refund_job *job)
{
    return refund_settles(job) ? store_write(b->s->store, settle_work, &(struct work){ b, job }) : FAULT_NONE;
}

static inline void ask(struct rbed *b, struct refund_job *job)
{
    sem_t done;

    assert_int_equal(sem_init(&done, 0, 0), 0);
    refund_ask(b->s, job, asked, &done);
    assert_int_equal(sem_wait(&done), 0);
    (void)sem_destroy(&done);
}

/* All the way. */
static inline enum fault lead(struct rbed *b, struct refund_job *job)
{
    enum fault f = begin(b, job);

    if (f || !refund_asks(job))
        return f;
    ask(b, job);
    return settle(b, job);
}

static inline struct refund_wish wish(const char *id, int64_t minor)
{
    return (struct refund_wish){ .refund_id = span_of(id), .amount = { minor, "INR" } };
}

static inline struct refund_job *create(struct rbed *b, const char *id, int64_t minor)
{
    struct refund_job *job = job_of(b, wish(id, minor));

    assert_int_equal(lead(b, job), FAULT_NONE);
    return job;
}

static inline void refused(struct rbed *b, struct refund_wish w, enum fault f, enum refund_why why)
{
    struct refund_job *job = job_of(b, w);

    assert_int_equal(lead(b, job), f);
    assert_int_equal(job->why, why);
    assert_false(refund_asks(job));
}

static inline struct refund_job *cancel(struct rbed *b, const char *id)
{
    struct refund_job *job = job_of(b, (struct refund_wish){ .op = REFUND_CANCEL, .refund_id = span_of(id) });

    assert_int_equal(lead(b, job), FAULT_NONE);
    return job;
}

struct heard { struct rbed *b; int64_t refund_no; struct acquirer_answer said; bool changed; };

static inline enum fault hear_work(struct store_tx *tx, void *arg)
{
    struct heard *h = arg;
    struct refund_row r;
    enum fault f = refunds_find_no(tx, &r, h->b->f->arena, h->b->merchant_id, h->refund_no);

    return f ? f : refunds_hear(h->b->s, tx, h->b->f->arena, &r, &h->said, FIXTURE_NOW + 5000, &h->changed);
}

/* As a notice of the acquirer's. */
static inline bool hear(struct rbed *b, int64_t refund_no, enum acquirer_verdict v)
{
    struct heard h = { .b = b, .refund_no = refund_no,
                       .said = { .verdict = v, .at_ms = FIXTURE_NOW + 4000, .arn = "74000000000000000000009" } };

    assert_int_equal(store_write(b->s->store, hear_work, &h), FAULT_NONE);
    return h.changed;
}
