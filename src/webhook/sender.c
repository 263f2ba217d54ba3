/* sender.c: the thread that takes what is due from the outbox, and keeps what came of it. */
#include "webhook/webhook.h"

#include <stdlib.h>

#include "base/banned.h"

struct webhooks { const struct webhooks_options *options; };

enum fault webhooks_new(struct webhooks **out, const struct webhooks_options *o)
{
    (void)o;
    *out = calloc(1, sizeof **out);
    return *out ? FAULT_NONE : FAULT_INTERNAL;
}

void webhooks_stop(struct webhooks *w)
{
    (void)w;
}

void webhooks_free(struct webhooks *w)
{
    free(w);
}

void webhooks_ring(struct webhooks *w)
{
    (void)w;
}
