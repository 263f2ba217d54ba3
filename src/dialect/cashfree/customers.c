/* customers.c: POST /pg/customers (reference 2.12). */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/call.h"
#include "dialect/cashfree/problem.h"
#include "dialect/cashfree/rules.h"
#include "service/customers.h"

#include "base/banned.h"

struct make {
    struct call call;
    struct customer_new wish;
    struct customer_row row;
    bool made;
};

struct shown { struct span uid; struct customer_private values; };

#define AT(member) .at = offsetof(struct customer_new, member)
static const struct json_field customer_fields[] = {
    { .name = "customer_phone", .type = JSON_TEXT, .required = true, .rule = rule_phone, AT(phone) },
    { .name = "customer_email", .type = JSON_TEXT, .min = 3, .max = 100, .rule = rule_no_card, AT(email) },
    { .name = "customer_name", .type = JSON_TEXT, .min = 3, .max = 100, .rule = rule_no_card, AT(name) },
    JSON_END
};

static enum step check_phone(struct exchange *x, const struct make *m)
{
    struct problem p;

    if (m->wish.phone.p[0] != '+' || api_has_foreign_phones(m->call.version))
        return STEP_GO;
    p = problem_of_value(x->arena, "customer_phone", "should be a phone number of 10 digits", m->wish.phone);
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

enum step customers_parse(struct exchange *x)
{
    struct make *m = call_new(x, sizeof *m);
    enum fault f;

    if (!m || call_enter(x) == STEP_ANSWERED || call_read(x, &m->wish, customer_fields) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (check_phone(x, m) == STEP_ANSWERED)
        return STEP_ANSWERED;
    m->wish.merchant_id = m->call.caller.merchant_id;
    f = customer_prepare(&m->wish, x->asks, x->arena);
    if (f) {
        call_fail(x, f);
        return STEP_ANSWERED;
    }
    x->n_asks = 2;
    return call_idempotency(x, SPAN("POST /pg/customers"));
}

static size_t size_of(const struct shown *s)
{
    return 128 + s->uid.n + 6 * (s->values.phone.n + s->values.email.n + s->values.name.n);
}

static void put(struct buf *body, const struct shown *s)
{
    struct json_out o = json_out(body);

    json_object(&o);
    json_put_text(&o, "customer_uid", s->uid);
    json_put_text(&o, "customer_phone", s->values.phone);
    json_put_text(&o, "customer_email", s->values.email);
    json_put_text(&o, "customer_name", s->values.name);
    json_object_end(&o);
}

static struct shown wished(const struct make *m)
{
    return (struct shown){ m->row.customer_uid, { m->wish.phone, m->wish.email, m->wish.name } };
}

/* A customer that was there already is shown with the values kept, which only the keyholder opens. With a key it is
 * asked here, on the commit thread, because the answer is remembered in this transaction; without one in show. */
enum fault customers_work(struct exchange *x, struct store_tx *tx)
{
    struct make *m = x->state;
    struct shown s;
    struct buf body;
    enum fault f = call_recall(x, tx);

    if (f != FAULT_NOT_FOUND)
        return f;
    f = customer_create(tx, &m->row, &m->made, x->arena, &m->wish, x->asks, x->now_ms);
    if (f || !m->call.keyed)
        return f;
    s = wished(m);
    if (!m->made)
        f = customer_open(x->services, &s.values, x->arena, &m->row);
    if (f)
        return f;
    body = arena_buf(x->arena, size_of(&s));
    put(&body, &s);
    return call_remember(x, tx, 200, &body);
}

void customers_show(struct exchange *x, enum fault outcome)
{
    const struct make *m = x->state;
    struct shown s;

    if (!outcome && call_show_remembered(x))
        return;
    s = wished(m);
    if (!outcome && !m->made)
        outcome = customer_open(x->services, &s.values, x->arena, &m->row);
    if (outcome)
        call_fail(x, outcome);
    else
        put(call_answer(x, 200, size_of(&s)), &s);
}
