/* settlements.c: GET /pg/orders/{order_id}/settlements: what was paid out for an order (reference 2.14). */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/call.h"
#include "dialect/cashfree/payment_entity.h"
#include "dialect/cashfree/problem.h"
#include "service/pay.h"
#include "service/refunds.h"

#include "base/banned.h"

enum { ANSWER_MAX = 2048 };           /* bytes of an answer at most */

struct settled {
    struct call call;
    struct span order_id;
    struct order_row order;
    struct payment_row payment;
    struct settlement settlement;
    bool none;                        /* the order is there, and nothing was settled of it yet */
};

enum step settlements_parse(struct exchange *x)
{
    struct settled *s = call_new(x, sizeof *s);

    if (!s || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return call_order_id(x, &s->order_id);
}

enum fault settlements_work(struct exchange *x, struct store_tx *tx)
{
    struct settled *s = x->state;
    enum fault f = order_fetch(tx, &s->order, x->arena, s->call.caller.merchant_id, s->order_id);

    s->none = false;
    if (f)
        return f;
    f = refund_paid_by(tx, &s->payment, x->arena, &s->order);
    if (!f)
        f = settlement_of(&s->settlement, &s->payment, x->now_ms);
    s->none = f == FAULT_NOT_FOUND;
    return s->none ? FAULT_NONE : f;
}

static void put_money(struct json_out *o, const char *key, const struct money *m)
{
    payment_amount_put(o, key, m->minor, money_currency(m));
}

static void put_forex(struct json_out *o, const struct settled *s)
{
    json_put_text(o, "charges_currency", s->order.currency);
    json_put_i64(o, "forex_conversion_handling_charge", 0);
    json_put_i64(o, "forex_conversion_handling_tax", 0);
    json_put_i64(o, "forex_conversion_rate", 1);
}

static void put(struct json_out *o, const struct exchange *x, const struct settled *s)
{
    const struct payment_row *p = &s->payment;
    const struct settlement *m = &s->settlement;
    enum api_version v = s->call.version;
    uint64_t id = pay_settlement_id(x->services, p->merchant_id, m->settlement_no);

    json_object(o);
    payment_id_put(o, "cf_payment_id", pay_id(x->services, p->merchant_id, p->payment_no), v);
    payment_id_put(o, "cf_settlement_id", id, v);
    json_put_text(o, "settlement_currency", s->order.currency);
    json_put_text(o, "order_currency", s->order.currency);
    json_put_text(o, "order_id", s->order.order_id);
    json_put_str(o, "entity", "settlement");
    payment_amount_put(o, "order_amount", s->order.amount_minor, s->order.currency);
    json_put_ist(o, "payment_time", p->created_ms);
    put_money(o, "service_charge", &m->charge);
    put_money(o, "service_tax", &m->tax);
    put_money(o, "settlement_amount", &m->settled);
    json_put_i64(o, "settlement_id", (int64_t)id);
    json_put_i64(o, "transfer_id", (int64_t)id);
    json_put_ist(o, "transfer_time", m->at_ms);
    json_put_str(o, "transfer_utr", m->utr);
    if (v >= API_2025_01_01)
        put_forex(o, s);
    json_object_end(o);
}

/* The answer is one entity and no list, so what is not there yet can only be a 404. */
void settlements_show(struct exchange *x, enum fault outcome)
{
    const struct settled *s = x->state;
    struct problem p = problem_make(404, "settlement_not_found", "nothing has been settled for this order yet");
    struct json_out o;

    if (outcome) {
        call_fail(x, outcome);
    } else if (s->none) {
        problem_answer(x, &p);
    } else {
        o = json_out(call_answer(x, 200, ANSWER_MAX));
        put(&o, x, s);
    }
}
