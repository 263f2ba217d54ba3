/* behave.c: which deliveries a sandbox delays, repeats, holds back or loses. */
#include "webhook/behave.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

static const char *const manner_names[WEBHOOK_MANNERS] = {
    [WEBHOOK_WELL] = "well", [WEBHOOK_LATE] = "late", [WEBHOOK_TWICE] = "twice",
    [WEBHOOK_OUT_OF_ORDER] = "out-of-order", [WEBHOOK_LOST] = "lost",
};

const char *webhook_manner_name(enum webhook_manner m)
{
    return (unsigned)m < WEBHOOK_MANNERS ? manner_names[m] : "?";
}

static struct span move(struct stray *s, size_t *at, struct span from)
{
    struct span to = { s->text + *at, from.n };

    if (from.n)
        memcpy(s->text + *at, from.p, from.n);
    *at += from.n;
    return to;
}

/* NULL: there are too many, or no memory. */
static struct stray *new_stray(struct behaviour *b, const struct place *p)
{
    const struct courier_call *c = &p->call;
    size_t size = c->url.n + c->body.n, at = 0;
    struct stray *s;

    for (size_t i = 0; i < c->n_headers; i++)
        size += c->headers[i].n;
    s = b->n_strays < STRAYS_MAX ? malloc(sizeof *s + size) : NULL;
    if (!s)
        return NULL;
    *s = (struct stray){
        .call = { .n_headers = c->n_headers, .allow_private = c->allow_private, .timeout_ms = c->timeout_ms },
        .owner = p->owner, .merchant_id = p->row.merchant_id, .endpoint_no = p->row.endpoint_no,
        .order_no = p->row.order_no,
    };
    s->call.url = move(s, &at, c->url);
    s->call.body = move(s, &at, c->body);
    for (size_t i = 0; i < c->n_headers; i++)
        s->call.headers[i] = move(s, &at, c->headers[i]);
    b->n_strays++;
    return s;
}

static bool is_of(const struct stray *s, const struct outbox_row *row)
{
    return s->merchant_id == row->merchant_id && s->endpoint_no == row->endpoint_no && s->order_no == row->order_no;
}

/* Of an order the first is held until the second was sent, the third until the fourth was. */
static enum behave_way hold(struct behaviour *b, const struct place *p)
{
    struct stray *s;

    if (p->row.order_no == 0)
        return BEHAVE_SEND;
    for (s = b->held; s; s = s->next)
        if (is_of(s, &p->row))
            return BEHAVE_SEND;
    s = new_stray(b, p);
    if (!s)
        return BEHAVE_SEND;
    s->next = b->held;
    b->held = s;
    b->n_held++;
    return BEHAVE_HOLD;
}

enum behave_way behave_choose(struct behaviour *b, struct stray **copy, const struct place *place)
{
    *copy = NULL;
    switch (b->manner) {
    case WEBHOOK_LATE:
        return BEHAVE_WAIT;
    case WEBHOOK_TWICE:
        *copy = new_stray(b, place);
        return *copy ? BEHAVE_COPY : BEHAVE_SEND;
    case WEBHOOK_OUT_OF_ORDER:
        return hold(b, place);
    case WEBHOOK_LOST:
        if (--b->n == 0)
            b->manner = WEBHOOK_WELL;
        return BEHAVE_LOSE;
    case WEBHOOK_WELL: case WEBHOOK_MANNERS:
        break;
    }
    return BEHAVE_SEND;
}

struct stray *behave_let_go(struct behaviour *b, const struct outbox_row *row)
{
    struct stray *out = NULL, **at = &b->held;

    while (*at) {
        struct stray *s = *at;

        if (row && !is_of(s, row)) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        s->next = out;
        out = s;
        b->n_held--;
    }
    return out;
}

void behave_forget(struct behaviour *b, struct stray *s)
{
    if (s)
        b->n_strays--;
    free(s);
}
