/* pay.c: the door of paying an order: a job's way from wish to outcome. */
#include "service/pay.h"

#include "service/ids.h"

#include "base/banned.h"

uint64_t pay_id(const struct services *s, int64_t merchant_id, int64_t payment_no)
{
    return ids_digits(s->ids, IDS_OF_PAYMENT, merchant_id, payment_no);
}

enum fault pay_id_open(const struct services *s, int64_t *merchant_id, int64_t *payment_no, uint64_t id)
{
    return ids_digits_open(s->ids, IDS_OF_PAYMENT, merchant_id, payment_no, id);
}

uint64_t pay_refund_id(const struct services *s, int64_t merchant_id, int64_t refund_no)
{
    return ids_digits(s->ids, IDS_OF_REFUND, merchant_id, refund_no);
}

enum fault pay_refund_id_open(const struct services *s, int64_t *merchant_id, int64_t *refund_no, uint64_t id)
{
    return ids_digits_open(s->ids, IDS_OF_REFUND, merchant_id, refund_no, id);
}

bool pay_prepares(const struct pay_job *job)
{
    return !span_absent(job->wish.card.number);
}

enum fault pay_prepare(const struct services *s, struct pay_job *job)
{
    (void)s, (void)job;
    return FAULT_INTERNAL;
}

enum fault pay_begin(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    (void)s, (void)tx, (void)job;
    return FAULT_INTERNAL;
}

bool pay_asks(const struct pay_job *job)
{
    return job->asks;
}

void pay_ask(const struct services *s, struct pay_job *job, void (*asked)(struct pay_job *job), void *arg)
{
    (void)s;
    job->arg = arg;
    asked(job);
}

bool pay_settles(const struct pay_job *job)
{
    return job->settles;
}

enum fault pay_settle(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    (void)s, (void)tx, (void)job;
    return FAULT_INTERNAL;
}

void pay_follow(const struct services *s, const struct pay_job *job)
{
    (void)s, (void)job;
}

enum pay_why pay_outcome(const struct pay_job *job)
{
    return job->why;
}

void pay_wipe(struct pay_job *job)
{
    (void)job;
}

enum fault pay_order_of_session(const struct services *s, struct store_tx *tx, struct order_row *out, struct arena *a,
                                struct span session)
{
    (void)s, (void)tx, (void)out, (void)a, (void)session;
    return FAULT_NOT_FOUND;
}

enum fault pay_order_of_token(const struct services *s, struct store_tx *tx, struct order_row *out, struct arena *a,
                              struct span order_token)
{
    (void)s, (void)tx, (void)out, (void)a, (void)order_token;
    return FAULT_NOT_FOUND;
}

struct span pay_bank_url(const struct services *s, struct arena *a, const struct payment_row *p)
{
    struct buf url = arena_buf(a, s->base_url.n + sizeof "/pg/view/gateway/" + p->acquirer_ref.n);

    buf_span(&url, s->base_url);
    buf_text(&url, "/pg/view/gateway/");
    buf_span(&url, p->acquirer_ref);
    return buf_view(&url);
}
