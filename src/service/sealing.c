/* sealing.c: the questions of a whole batch, gathered and given back. */
#include "service/sealing.h"

#include "base/banned.h"

/* A copy of each waiting question, since the keyholder's client takes them side by side. */
struct basket {
    struct key_ask asks[KEY_ASKS_MAX];
    struct key_ask *home[KEY_ASKS_MAX];
    struct store_job *job[KEY_ASKS_MAX];
    size_t n;
};

/* Ask what is gathered. When nobody answers, those jobs are SILENT; so are the ones after them, unasked, because
 * each further question would hold everybody for another KEY_WAIT_MS. */
static enum fault flush(const struct services *s, struct basket *b, enum fault before)
{
    enum fault f = before;

    if (b->n == 0)
        return f;
    if (!f)
        f = keyholder_ask(s->keyholder, b->asks, b->n);
    for (size_t i = 0; i < b->n; i++) {
        b->home[i]->out = b->asks[i].out;
        b->home[i]->fault = f ? FAULT_SILENT : b->asks[i].fault;
        if (f)
            b->job[i]->outcome = FAULT_SILENT;
    }
    b->n = 0;
    return f;
}

void sealing_before_batch(void *services, struct store_job *first)
{
    struct basket b = { .n = 0 };
    enum fault f = FAULT_NONE;

    for (struct store_job *job = first; job; job = job->next) {
        const struct sealing *wants = job->wants;
        for (size_t i = 0; wants && i < wants->n; i++) {
            b.asks[b.n] = wants->asks[i];
            b.home[b.n] = &wants->asks[i];
            b.job[b.n++] = job;
            if (b.n == KEY_ASKS_MAX)
                f = flush(services, &b, f);
        }
    }
    (void)flush(services, &b, f);
}
