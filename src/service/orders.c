/* orders.c: creating, showing and terminating orders. */
#include "service/orders.h"

#include <assert.h>
#include <string.h>

#include "service/parts.h"
#include "service/payments.h"
#include "service/recent.h"

#include "base/banned.h"

enum {
    DEFAULT_LESS_MS = 1000,           /* the default expiry is a second less than what is refused */
    PARTS = 3,                        /* private parts */
};
static const char place[] = "orders.private";

enum fault order_prepare(struct order_new *n, struct key_ask *ask, struct arena *a)
{
    const struct order_private *p = &n->private;
    struct buf plain;

    if (p->customer.n > ORDER_PRIVATE_MAX || p->cart.n > ORDER_PRIVATE_MAX || p->terminal.n > ORDER_PRIVATE_MAX
        || p->customer.n + p->cart.n + p->terminal.n > ORDER_PRIVATE_MAX)
        return FAULT_BAD_INPUT;
    secret_random_few(n->session, sizeof n->session);
    plain = arena_buf(a, PARTS * PARTS_LENGTH + p->customer.n + p->cart.n + p->terminal.n);
    part_put(&plain, p->customer);
    part_put(&plain, p->cart);
    part_put(&plain, p->terminal);
    *ask = (struct key_ask){ .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .in = buf_view(&plain),
                             .about = parts_about(a, place, n->merchant_id, n->order_id),
                             .out = arena_buf(a, plain.n + KEY_SEAL_EXTRA) };
    return plain.full || span_absent(ask->about) || ask->out.full ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault order_create(struct store_tx *tx, struct order_row *out, const struct order_new *n,
                        const struct key_ask *sealed, int64_t now_ms)
{
    struct order_row row = {
        .merchant_id = n->merchant_id, .order_id = n->order_id, .amount_minor = n->amount.minor,
        .currency = money_currency(&n->amount), .state = ORDER_ACTIVE, .created_ms = now_ms,
        .expires_ms = n->expires_ms ? n->expires_ms : now_ms + ORDER_EXPIRY_MAX_MS - DEFAULT_LESS_MS,
        .session = { n->session, ORDER_SESSION }, .customer_id = n->customer_id,
        .private_sealed = buf_view(&sealed->out),
        .note = n->note, .meta = n->meta, .tags = n->tags, .splits = n->splits, .products = n->products,
        .one_account = n->one_account,
    };
    enum fault f;

    if (sealed->fault)
        return sealed->fault == FAULT_SILENT ? FAULT_SILENT : FAULT_INTERNAL;
    if (sealed->out.n != sealed->in.n + KEY_SEAL_EXTRA)
        return FAULT_INTERNAL;
    f = orders_next_no(tx, &row.order_no, n->merchant_id, now_ms);
    if (!f)
        f = orders_insert(tx, &row);
    if (!f)
        *out = row;
    return f;
}

enum fault order_fetch(struct store_tx *tx, struct order_row *out, struct arena *a, int64_t merchant_id,
                       struct span order_id)
{
    return orders_find(tx, out, a, merchant_id, order_id);
}

/* The one place that moves an order: the table (domain/order.h) says whether it may. `from`: its state as seen now. */
static enum fault move(struct store_tx *tx, struct order_row *o, enum order_state from, enum order_state to)
{
    enum fault f;

    if (!order_may_move(from, to))
        return FAULT_WRONG_STATE;
    f = orders_move(tx, o->merchant_id, o->order_no, o->state, to);
    if (!f)
        o->state = to;
    return f;
}

enum fault order_terminate(struct store_tx *tx, struct order_row *out, struct arena *a, int64_t merchant_id,
                           struct span order_id, int64_t now_ms)
{
    enum fault f = orders_find(tx, out, a, merchant_id, order_id);
    enum order_state now;
    bool in_flight;

    if (f)
        return f;
    if (out->state < 0 || out->state >= ORDER_STATES)
        return FAULT_INTERNAL;
    now = order_state_at((enum order_state)out->state, out->expires_ms, now_ms);
    if (now == ORDER_TERMINATION_REQUESTED)
        return FAULT_NONE;            /* asked twice: the first time stands */
    f = payments_in_flight(tx, &in_flight, merchant_id, out->order_no);
    return f ? f : move(tx, out, now, in_flight ? ORDER_TERMINATION_REQUESTED : ORDER_TERMINATED);
}

bool order_takes(const struct order_row *o, int64_t begun_ms)
{
    return (o->state == ORDER_ACTIVE || o->state == ORDER_TERMINATION_REQUESTED) && begun_ms < o->expires_ms;
}

enum fault order_pay(struct store_tx *tx, struct order_row *o)
{
    if (o->state < 0 || o->state >= ORDER_STATES)
        return FAULT_INTERNAL;
    return move(tx, o, (enum order_state)o->state, ORDER_PAID);
}

enum fault order_attempt_ended(struct store_tx *tx, struct order_row *o)
{
    bool in_flight = true;
    enum fault f;

    if (o->state != ORDER_TERMINATION_REQUESTED)
        return FAULT_NONE;
    f = payments_in_flight(tx, &in_flight, o->merchant_id, o->order_no);
    return f || in_flight ? f : move(tx, o, ORDER_TERMINATION_REQUESTED, ORDER_TERMINATED);
}

void order_keep_private(const struct services *s, const struct order_row *o, const struct key_ask *sealed,
                        int64_t now_ms)
{
    if (s->recent)
        recent_keep(s->recent, o->merchant_id, o->order_no, sealed->in, now_ms);
}

static enum fault read_record(struct order_private *out, struct span record)
{
    struct order_private p;

    if (!part_take(&record, &p.customer) || !part_take(&record, &p.cart) || !part_take(&record, &p.terminal)
        || record.n)
        return FAULT_INTERNAL;        /* we sealed it, so we wrote it wrongly */
    *out = p;
    return FAULT_NONE;
}

enum fault order_ask_private(const struct services *s, struct order_private *out, bool *at_hand, struct key_ask *ask,
                             struct arena *a, const struct order_row *o, int64_t now_ms)
{
    struct span record = { 0 };

    *at_hand = span_absent(o->private_sealed);
    if (*at_hand) {                   /* its customer was erased (service/erase.h) */
        *out = (struct order_private){ 0 };
        return FAULT_NONE;
    }
    if (s->recent)
        record = recent_find(s->recent, a, o->merchant_id, o->order_no, now_ms);
    *at_hand = !span_absent(record);
    if (*at_hand)
        return read_record(out, record);
    if (o->private_sealed.n < KEY_SEAL_EXTRA)
        return FAULT_DENIED;
    *ask = (struct key_ask){ .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .in = o->private_sealed,
                             .about = parts_about(a, place, o->merchant_id, o->order_id),
                             .out = arena_buf(a, o->private_sealed.n - KEY_SEAL_EXTRA) };
    return span_absent(ask->about) || ask->out.full ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault order_read_private(const struct services *s, struct order_private *out, const struct key_ask *ask,
                              const struct order_row *o, int64_t now_ms)
{
    if (ask->fault)
        return ask->fault == FAULT_SILENT || ask->fault == FAULT_DENIED ? ask->fault : FAULT_INTERNAL;
    if (s->recent)
        recent_keep(s->recent, o->merchant_id, o->order_no, buf_view(&ask->out), now_ms);
    return read_record(out, buf_view(&ask->out));
}

enum fault order_open_private(const struct services *s, struct order_private *out, struct arena *a,
                              const struct order_row *o, int64_t now_ms)
{
    struct key_ask ask;
    bool at_hand;
    enum fault f = order_ask_private(s, out, &at_hand, &ask, a, o, now_ms);

    if (f || at_hand)
        return f;
    ask.fault = keyholder_ask_one(s->keyholder, &ask);
    return order_read_private(s, out, &ask, o, now_ms);
}

struct money order_money(const struct order_row *o)
{
    struct money m = { .minor = o->amount_minor };

    assert(o->currency.n == 3);
    memcpy(m.currency, o->currency.p, 3);
    return m;
}
