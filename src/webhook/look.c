/* look.c: the oldest first, but every endpoint in its turn. */
#include "webhook/look.h"

#include "base/banned.h"

#define ENOUGH FAULT_EXISTS           /* ends a walk; the store never says it of reading */

struct choosing { struct places *places; struct place **out; size_t n, max, seen; };

static enum fault consider(void *arg, const struct outbox_due *d)
{
    struct choosing *c = arg;
    struct place *place = places_take(c->places, d);

    c->seen++;
    if (place)
        c->out[c->n++] = place;
    return c->n == c->max || c->places->n_free == 0 ? ENOUGH : FAULT_NONE;
}

/* Of one endpoint no more than its own places are passed over. */
static enum fault take_turn(struct choosing *c, struct store_tx *tx, const struct outbox_due *at, int64_t now_ms)
{
    enum { OF_ONE = WEBHOOK_PER_ENDPOINT_MAX + PLACES_RESTING_MAX };

    if (!outbox_is_due(at->due_ms, now_ms) || !places_has_room(c->places, at->merchant_id, at->endpoint_no))
        return FAULT_NONE;
    return outbox_due_of(tx, at->merchant_id, at->endpoint_no, now_ms, OF_ONE, consider, c);
}

static enum fault take_turns(struct choosing *c, struct look_cursor *cursor, struct store_tx *tx, int64_t now_ms)
{
    enum fault f = FAULT_NONE;

    for (int i = 0; i < LOOK_TURNS_MAX && !f; i++) {
        struct outbox_due at;

        f = outbox_endpoint_after(tx, &at, cursor->merchant_id, cursor->endpoint_no);
        if (f == FAULT_NOT_FOUND) {
            *cursor = (struct look_cursor){ 0, -1 };
            return FAULT_NONE;
        }
        if (!f) {
            *cursor = (struct look_cursor){ at.merchant_id, at.endpoint_no };
            f = take_turn(c, tx, &at, now_ms);
        }
    }
    return f;
}

enum fault look_choose(struct places *p, struct look_cursor *cursor, struct store_tx *tx, int64_t now_ms,
                       struct place **out, size_t max, size_t *n, bool *more)
{
    struct choosing c = { p, out, 0, max, 0 };
    enum fault f = FAULT_NONE;

    *more = false;
    if (p->n_free > 0)
        f = outbox_due(tx, now_ms, LOOK_SCAN_MAX, consider, &c);
    if (!f && c.seen == LOOK_SCAN_MAX) {
        *more = true;
        f = take_turns(&c, cursor, tx, now_ms);
    }
    *n = c.n;
    *more = *more || f == ENOUGH;
    return f == ENOUGH ? FAULT_NONE : f;
}
