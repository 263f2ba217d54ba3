/* checkouts.c: the order-token flow's orders, and origins that may frame. */
#include "service/checkouts.h"

#include <string.h>

#include "store/merchants.h"

#include "base/banned.h"

static bool starts_any(struct span s, const char *const *prefixes)
{
    for (; *prefixes; prefixes++) {
        struct span p = span_of(*prefixes);

        if (span_starts(s, p) && (s.n == p.n || s.p[p.n] == ':'))
            return true;
    }
    return false;
}

static bool is_this_machine(struct span origin)
{
    static const char *const local[] = {
        "http://127.0.0.1", "http://localhost", "http://[::1]", "https://127.0.0.1", "https://localhost",
        "https://[::1]", NULL,
    };

    return starts_any(origin, local);
}

/* A host of letters, digits, '-', '.' or an address in brackets, and a port perhaps. */
static bool is_authority(struct span s)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.:[]";

    for (size_t i = 0; i < s.n; i++)
        if (!memchr(allowed, s.p[i], sizeof allowed - 1))
            return false;
    return s.n > 0 && s.p[s.n - 1] != ':' && s.p[0] != ':';
}

bool checkout_origin_is_valid(struct span origin)
{
    size_t skip = span_starts(origin, SPAN("https://")) ? 8 : span_starts(origin, SPAN("http://")) ? 7 : 0;

    if (!skip || origin.n > CHECKOUT_ORIGIN_MAX || (skip == 7 && !is_this_machine(origin)))
        return false;
    return is_authority((struct span){ origin.p + skip, origin.n - skip });
}

enum fault checkout_origin_allowed(const struct services *s, struct store_tx *tx, bool *out, struct arena *a,
                                   int64_t merchant_id, struct span origin)
{
    struct origin_row row;
    enum fault f;

    *out = false;
    if (!checkout_origin_is_valid(origin))
        return FAULT_NONE;
    *out = s->mode == MODE_SANDBOX && is_this_machine(origin);
    if (*out)
        return FAULT_NONE;
    f = origins_find(tx, &row, a, merchant_id, origin);
    *out = !f;
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

static enum fault keep_row(struct store_tx *tx, const struct order_row *o, const struct checkout_wish *w,
                           int64_t now_ms)
{
    struct checkout_row row = {
        .merchant_id = o->merchant_id, .order_no = o->order_no, .created_ms = now_ms,
        .return_url = w->return_url, .notify_url = w->notify_url,
    };
    enum fault f = checkouts_insert(tx, &row);

    return f == FAULT_EXISTS ? FAULT_NONE : f;
}

enum fault checkout_begin(struct store_tx *tx, struct order_row *out, struct arena *a, const struct checkout_wish *w,
                          const struct key_ask *sealed, int64_t now_ms)
{
    const struct order_new *n = w->order;
    enum fault f = order_fetch(tx, out, a, n->merchant_id, n->order_id);
    int differs;

    if (f == FAULT_NOT_FOUND) {
        f = order_create(tx, out, n, sealed, now_ms);
        return f ? f : keep_row(tx, out, w, now_ms);
    }
    if (f)
        return f;
    if (money_compare(&differs, order_money(out), n->amount) || differs)
        return FAULT_MISMATCH;
    if (order_state_at((enum order_state)out->state, out->expires_ms, now_ms) != ORDER_ACTIVE)
        return FAULT_WRONG_STATE;
    return keep_row(tx, out, w, now_ms);
}

enum fault checkout_notify_url(struct store_tx *tx, struct span *out, struct arena *a, int64_t merchant_id,
                               int64_t order_no)
{
    struct checkout_row row = { 0 };
    enum fault f = checkouts_find(tx, &row, a, merchant_id, order_no);

    *out = f ? (struct span){ 0 } : row.notify_url;
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

struct change { int64_t merchant_id, now_ms; struct span origin; struct arena *arena; size_t n; };

static enum fault count(void *arg, const struct origin_row *o)
{
    struct change *c = arg;

    (void)o;
    c->n++;
    return FAULT_NONE;
}

static enum fault add(struct store_tx *tx, void *arg)
{
    struct change *c = arg;
    struct origin_row row = { c->merchant_id, c->origin, c->now_ms };
    struct merchant_row merchant;
    enum fault f = merchants_find(tx, &merchant, c->arena, c->merchant_id);

    c->n = 0;
    if (!f)
        f = origins_each(tx, c->merchant_id, count, c);
    if (f)
        return f;
    return c->n >= CHECKOUT_ORIGINS_MAX ? FAULT_TOO_MANY : origins_insert(tx, &row);
}

static enum fault drop(struct store_tx *tx, void *arg)
{
    const struct change *c = arg;

    return origins_delete(tx, c->merchant_id, c->origin);
}

enum fault checkout_origin_add(const struct services *s, int64_t merchant_id, struct span origin)
{
    struct change c = { .merchant_id = merchant_id, .origin = origin, .now_ms = clock_now_ms(s->clock) };
    enum fault f;

    if (!checkout_origin_is_valid(origin))
        return FAULT_BAD_INPUT;
    f = arena_new(&c.arena);
    if (f)
        return f;
    f = store_write(s->store, add, &c);
    arena_free(c.arena);
    return f;
}

enum fault checkout_origin_remove(const struct services *s, int64_t merchant_id, struct span origin)
{
    struct change c = { .merchant_id = merchant_id, .origin = origin };

    return store_write(s->store, drop, &c);
}
