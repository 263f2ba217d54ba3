/* keys_tally.c: counting records by the key that they are under, a chunk at a time. */
#include "service/keys_own.h"

#include "base/banned.h"

struct chunk { struct keys_tally *t; int64_t seen; };

static enum fault see(void *arg, const struct reseal_row *r)
{
    struct chunk *c = arg;

    c->seen++;
    if (!span_absent(r->sealed) && keys_is_under(r->sealed, c->t->id) != c->t->others)
        c->t->n++;
    return keys_place_set(&c->t->at, r);
}

static enum fault look(struct store_tx *tx, void *arg)
{
    struct chunk *c = arg;
    const struct keys_place from = c->t->at;        /* what the rows are behind, while `at` moves on */
    const struct reseal_place at = keys_place_now(&from);

    return reseal_each(tx, (enum reseal_column)from.column, &at, KEYS_SEEN, see, c);
}

enum fault keys_tally_step(struct keys_tally *t, struct store_reader *r)
{
    struct chunk c = { .t = t };
    enum fault f;

    if (t->at.column >= RESEAL_COLUMNS)
        return FAULT_NONE;
    f = store_read(r, look, &c);
    if (!f && c.seen < KEYS_SEEN)
        keys_place_start(&t->at, t->at.column + 1);
    return f;
}

enum fault keys_tally_all(const struct services *s, struct keys_tally *t, int64_t wait_ms)
{
    const int64_t until = clock_mono_ns() + wait_ms * MS_NS;
    struct store_reader *r;
    enum fault f = store_reader_open(&r, s->store);

    if (f)
        return f;
    keys_place_start(&t->at, 0);
    t->n = 0;
    while (!f && t->at.column < RESEAL_COLUMNS) {
        f = keys_tally_step(t, r);
        if (!f && wait_ms && clock_mono_ns() > until && t->at.column < RESEAL_COLUMNS)
            f = FAULT_BUSY;
    }
    store_reader_close(r);
    return f;
}
