/* list.c: all tokens, for whoever looks at what happened. */
#include <stdlib.h>
#include <string.h>

#include "network/sim/inner.h"

#include "base/banned.h"

struct list { struct book_token tokens[SCHEMES * SIM_LIST_MAX]; size_t n; };

/* The newest of every scheme are among the newest of all. */
static enum fault look(struct store_tx *tx, void *arg)
{
    struct list *l = arg;
    enum fault f = FAULT_NONE;

    l->n = 0;
    for (enum scheme i = SCHEME_UNKNOWN + 1; i < SCHEMES && !f; i++) {
        size_t n = 0;
        f = book_tokens_newest(tx, l->tokens + l->n, &n, SIM_LIST_MAX, i);
        l->n += n;
    }
    return f;
}

static int newest_first(const void *a, const void *b)
{
    const struct book_token *x = a, *y = b;

    if (x->created_ms != y->created_ms)
        return x->created_ms < y->created_ms ? 1 : -1;
    return (x->id.counter < y->id.counter) - (x->id.counter > y->id.counter);
}

static struct sim_token shown(const struct sim *s, const struct book_token *t, int64_t now_ms)
{
    struct sim_token out = {
        .ref = t->ref, .scheme = t->id.scheme, .life = sim_token_life(t, now_ms), .created_ms = t->created_ms,
    };

    name_of_token(s, out.token_ref, t->id);
    memcpy(out.trid, t->trid, sizeof t->trid);
    memcpy(out.par, t->par, sizeof t->par < sizeof out.par ? sizeof t->par : sizeof out.par);
    memcpy(out.last4, t->last4, sizeof t->last4);
    return out;
}

static enum fault read_all(struct sim *s, struct list *l)
{
    struct store_reader *r;
    enum fault f = store_reader_open(&r, s->store);

    if (f)
        return f;
    f = store_read(r, look, l);
    store_reader_close(r);
    return f;
}

enum fault sim_tokens(struct sim *s, struct sim_token out[static SIM_LIST_MAX], size_t *n)
{
    int64_t now_ms = clock_now_ms(s->options.clock);
    struct list *l = malloc(sizeof *l);
    enum fault f = l ? read_all(s, l) : FAULT_INTERNAL;

    *n = 0;
    if (!f) {
        qsort(l->tokens, l->n, sizeof *l->tokens, newest_first);
        for (; *n < l->n && *n < SIM_LIST_MAX; ++*n)
            out[*n] = shown(s, &l->tokens[*n], now_ms);
    }
    free(l);
    return f;
}
