/* payments.c: the thread that looks after attempts nobody waits for. */
#include "service/payments.h"

#include <stdlib.h>

#include "base/banned.h"

struct payments { const struct services *services; };

enum fault payments_new(struct payments **out, const struct services *s)
{
    struct payments *p = calloc(1, sizeof *p);

    if (!p)
        return FAULT_INTERNAL;
    p->services = s;
    *out = p;
    return FAULT_NONE;
}

void payments_free(struct payments *p)
{
    free(p);
}

void payments_notice(void *payments, const struct acquirer_notice *n)
{
    (void)payments, (void)n;
}

enum fault payments_sweep(struct payments *p, int64_t now_ms)
{
    (void)p, (void)now_ms;
    return FAULT_NONE;
}

enum fault payments_hear(const struct services *s, struct store_tx *tx, struct arena *a, struct payment_row *p,
                         const struct acquirer_answer *said, int64_t now_ms, bool *changed)
{
    (void)s, (void)tx, (void)a, (void)p, (void)said, (void)now_ms, (void)changed;
    return FAULT_INTERNAL;
}

enum fault payments_in_flight(struct store_tx *tx, bool *out, int64_t merchant_id, int64_t order_no)
{
    struct payments_tally t;
    enum fault f = payments_count(tx, &t, &(struct payments_question){ merchant_id, order_no, 0, -1, -1 });

    if (!f)
        *out = t.waiting > 0;
    return f;
}
