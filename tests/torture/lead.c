/* lead.c: drawing, faults, and the moves of merchants about orders. */
#include "lead.h"

#include <stdio.h>
#include <string.h>

#include "service/idempotency.h"

#include "base/banned.h"

static const char *const customers[] = { "anna", "bert", "carl" };
static const int64_t amounts[] = { 1015, 100000, 250, 4999, 10005, 159 };     /* two of them the acquirer acts upon */

const char *lead_card(struct run *r)
{
    static const char *const cards[] = {
        "4111111111111111", "4012888888881881", "5555555555554444", "6074825972083818", "4111110000000013",
        "4111110000000039", "5555550000000168", "4111110000000187",
    };

    return cards[dice_roll(&r->dice, sizeof cards / sizeof *cards)];
}

void lead_fault(struct run *r, enum fault f)
{
    if (f == FAULT_DISK)
        r->broken = true;
    else if (f)
        world_fail("an unexpected fault: %s", fault_name(f));
}

bool lead_refused(struct run *r, enum fault f, int why)
{
    if (!f)
        return false;
    r->tally.refused++;
    if (!why)
        lead_fault(r, f);
    return true;
}

bool lead_pick(struct run *r, struct pick *out, const char *count, const char *sql)
{
    int64_t n = eye_number(r->w, count, 0, NULL), at = (int64_t)dice_roll(&r->dice, n ? (uint64_t)n : 1);
    sqlite3_stmt *look = NULL;
    bool found;

    if (sqlite3_prepare_v2(r->w->eye, sql, -1, &look, NULL) != SQLITE_OK)
        world_fail("looking at the rows: %s", sqlite3_errmsg(r->w->eye));
    (void)sqlite3_bind_int64(look, 1, at);
    found = sqlite3_step(look) == SQLITE_ROW;
    if (found)
        *out = (struct pick){ sqlite3_column_int64(look, 0), sqlite3_column_int64(look, 1) };
    (void)sqlite3_finalize(look);
    return found;
}

/* --- orders -------------------------------------------------------------------------------------------------- */

struct create {
    struct run *r;
    struct order_new n;
    struct key_ask sealed;
    struct order_row row;
    struct idempotency key;
    struct remembered answer;
    bool existed;
};

static enum fault create_work(struct store_tx *tx, void *arg)
{
    struct create *c = arg;
    const struct services *s = &c->r->w->s;
    int64_t now_ms = world_now(c->r->w);
    enum fault f = idempotency_recall(s, tx, &c->answer, c->r->w->arena, &c->key, now_ms);

    c->existed = f == FAULT_NONE;
    if (f != FAULT_NOT_FOUND)
        return f;
    f = order_create(tx, &c->row, &c->n, &c->sealed, now_ms);
    c->answer = (struct remembered){ 200, c->n.order_id };
    return f ? f : idempotency_remember(s, tx, &c->key, &c->answer, c->r->w->arena, now_ms);
}

/* Create an order under the key of number `no`; every try has another order id, so that a second effect would show. */
static void create(struct run *r, int64_t no, int64_t merchant_id)
{
    struct world *w = r->w;
    struct create *c = arena_take(w->arena, sizeof *c);
    struct buf id = arena_buf(w->arena, 48), key = arena_buf(w->arena, 24);
    struct key_ask asks[IDEMPOTENCY_ASKS];
    enum fault f;

    buf_text(&id, no % 2 ? "save-" : "plain-");
    buf_i64(&id, no);
    buf_text(&id, "-try-");
    buf_i64(&id, r->step);
    buf_text(&key, "key-");
    buf_i64(&key, no);
    memset(c, 0, sizeof *c);
    c->r = r;
    c->n = (struct order_new){ .merchant_id = merchant_id, .order_id = buf_view(&id), .customer_id =
                               span_of(customers[no % 3]), .amount = { .minor = amounts[no % 6], .currency = "INR" } };
    must(order_prepare(&c->n, &c->sealed, w->arena));
    must(idempotency_prepare(&c->key, asks, w->arena, &(struct idempotent){
        .merchant_id = merchant_id, .scope = SPAN("POST /pg/orders"), .version = SPAN("1"), .key = buf_view(&key),
        .body = buf_view(&key) }));
    must(keyholder_ask(w->s.keyholder, &c->sealed, 1));
    must(keyholder_ask(w->s.keyholder, asks, IDEMPOTENCY_ASKS));
    f = store_write(w->s.store, create_work, c);
    if (lead_refused(r, f, 0))
        return;
    r->tally.done++;
    model_key(r->m, w, &(struct model_key){ .no = no, .merchant_id = merchant_id }, c->answer.body, c->existed);
    if (!c->existed)
        model_told(r->m, SEEN_ORDER, &(struct seen){ merchant_id, c->row.order_no, c->row.state });
}

void lead_order(struct run *r)
{
    create(r, r->step, r->w->merchants[dice_roll(&r->dice, WORLD_MERCHANTS)]);
}

/* A merchant that has had no answer, or has forgotten it, asks again under the same key. */
void lead_order_again(struct run *r)
{
    struct model_key k;

    if (model_pick_key(r->m, &k, &r->dice))
        create(r, k.no, k.merchant_id);
}

struct named { struct run *r; int64_t merchant_id, order_no; struct order_row row; bool terminates; };

static enum fault terminate_work(struct store_tx *tx, void *arg)
{
    struct named *n = arg;
    struct order_row o;
    enum fault f = orders_find_no(tx, &o, n->r->w->arena, n->merchant_id, n->order_no);

    return f ? f : order_terminate(tx, &n->row, n->r->w->arena, n->merchant_id, o.order_id, world_now(n->r->w));
}

void lead_terminate(struct run *r)
{
    struct named n = { .r = r };
    struct pick p;
    enum fault f;

    if (!lead_pick(r, &p, "SELECT count(*) FROM orders",
                   "SELECT merchant_id, order_no FROM orders ORDER BY 1, 2 LIMIT 1 OFFSET ?1"))
        return;
    n.merchant_id = p.merchant_id;
    n.order_no = p.no;
    f = store_write(r->w->s.store, terminate_work, &n);
    if (!lead_refused(r, f, f == FAULT_WRONG_STATE))
        model_told(r->m, SEEN_ORDER, &(struct seen){ p.merchant_id, p.no, n.row.state });
}
