/* list.c: what happened, for whoever looks whether anything else did. */
#include <stdlib.h>
#include <string.h>

#include "acquirer/sim/inner.h"

#include "base/banned.h"

static enum fault count(struct store_tx *tx, void *arg)
{
    struct acquirer_counts *out = arg;
    enum fault f = FAULT_NONE;

    out->payments = out->charged = out->reversed = out->voided = 0;
    for (enum acquirer_verdict v = 0; v < ACQUIRER_VERDICTS && !f; v++) {
        uint64_t n = 0;

        f = book_payments_count(tx, &n, v);
        if (v != ACQUIRER_GONE)
            out->payments += n;
        if (v == ACQUIRER_CHARGED || v == ACQUIRER_HELD || v == ACQUIRER_VOIDED || v == ACQUIRER_REVERSED)
            out->charged += n;
        if (v == ACQUIRER_VOIDED)
            out->voided = n;
        if (v == ACQUIRER_REVERSED)
            out->reversed = n;
    }
    return f ? f : book_refunds_count(tx, &out->refunded, ACQUIRER_REFUND_DONE);
}

static enum fault look(struct sim_acquirer *s, store_work *work, void *arg)
{
    enum fault f;

    pthread_mutex_lock(&s->looking);
    f = store_read(s->looker, work, arg);
    arena_reset(s->look_arena);
    pthread_mutex_unlock(&s->looking);
    return f;
}

enum fault sim_acquirer_counts(struct sim_acquirer *s, struct acquirer_counts *out)
{
    *out = (struct acquirer_counts){ .payments = 0 };
    for (size_t i = 0; i < ACQUIRER_OPS; i++)
        out->asked[i] = atomic_load_explicit(&s->asked[i], memory_order_relaxed);
    return look(s, count, out);
}

struct list { struct book_payment payments[ACQUIRER_LIST_MAX]; size_t n; };

static enum fault newest(struct store_tx *tx, void *arg)
{
    struct list *l = arg;

    return book_payments_newest(tx, l->payments, &l->n, ACQUIRER_LIST_MAX);
}

enum fault sim_acquirer_list(struct sim_acquirer *s, struct acquirer_entry out[static ACQUIRER_LIST_MAX], size_t *n)
{
    int64_t now_ms = clock_now_ms(s->options.clock);
    struct list *l = malloc(sizeof *l);
    enum fault f = l ? look(s, newest, l) : FAULT_INTERNAL;

    *n = 0;
    for (size_t i = 0; !f && i < l->n; i++) {
        struct book_payment *p = &l->payments[i];

        (void)teller_is_due(p, now_ms);
        out[*n] = (struct acquirer_entry){
            .ref = { p->merchant_id, p->payment_no, 0, 0 }, .state = p->verdict, .amount_minor = p->amount.minor,
            .captured_minor = p->captured_minor, .refunded_minor = p->refunded_minor, .created_ms = p->created_ms,
        };
        teller_name(s, out[*n].acquirer_ref, p->merchant_id, p->payment_no);
        ++*n;
    }
    free(l);
    return f;
}
