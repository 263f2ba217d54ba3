/* keys_bed.h: a record in every sealed column, made by its use case, and its use case's word on whether it still does
 * its work. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "card_keys.h"
#include "fixture.h"
#include "service/callers.h"
#include "service/customers.h"
#include "service/endpoints.h"
#include "service/idempotency.h"
#include "service/keys_own.h"
#include "service/orders.h"
#include "service/parts.h"
#include "service/partners.h"
#include "service/pay.h"
#include "store/audit.h"
#include "store/outbox.h"
#include "store/payments.h"

enum { KBED_STEPS = 2000, KBED_ABOUT = 64 };

#define KBED_PHONE "9876543210"
#define KBED_ANSWER "{\"answer\":\"42\"}"

struct kbed {
    struct fixture *f;
    struct services *s;
    struct partner_juspay juspay, recipient;
    struct partner_paytm paytm;
    struct customer_new customer;
    int64_t merchant_id;
};

static inline struct kbed kbed_of(void **state)
{
    struct fixture *f = *state;

    return (struct kbed){ .f = f, .s = &f->services, .merchant_id = f->merchant.merchant_id };
}

/* One job that a test writes down where it is used. */
struct kbed_job { struct kbed *b; struct order_new *order; struct key_ask *asks; struct span id; int64_t no; };

static inline enum fault kbed_order_work(struct store_tx *tx, void *arg)
{
    struct kbed_job *j = arg;
    struct order_row row;

    return order_create(tx, &row, j->order, j->asks, clock_now_ms(j->b->s->clock));
}

/* An order whose record is sealed now, and kept when kbed_keep_order() is called. */
static inline void kbed_seal_order(struct kbed *b, struct order_new *n, struct key_ask *ask, const char *id)
{
    *n = (struct order_new){
        .merchant_id = b->merchant_id, .order_id = arena_copy(b->f->arena, span_of(id)), .amount = { 1015, "INR" },
        .private = { .customer = SPAN("{\"phone\":\"" KBED_PHONE "\"}") },
    };
    assert_int_equal(order_prepare(n, ask, b->f->arena), FAULT_NONE);
    fixture_ask(b->f, ask, 1);
}

static inline void kbed_keep_order(struct kbed *b, struct order_new *n, struct key_ask *ask)
{
    struct kbed_job j = { .b = b, .order = n, .asks = ask };

    assert_int_equal(store_write(b->s->store, kbed_order_work, &j), FAULT_NONE);
}

static inline void kbed_order(struct kbed *b, const char *id)
{
    struct order_new n;
    struct key_ask ask;

    kbed_seal_order(b, &n, &ask, id);
    kbed_keep_order(b, &n, &ask);
}

/* `n` orders called PREFIX1, PREFIX2, ... */
static inline void kbed_orders(struct kbed *b, const char *prefix, int n)
{
    char id[32];

    for (int i = 1; i <= n; i++) {
        snprintf(id, sizeof id, "%s%d", prefix, i);
        kbed_order(b, id);
    }
}

static inline enum fault kbed_payment_work(struct store_tx *tx, void *arg)
{
    struct kbed_job *j = arg;
    const int64_t now_ms = clock_now_ms(j->b->s->clock);
    struct payment_row p = {
        .merchant_id = j->b->merchant_id, .order_no = 1, .order_id = SPAN("paid"), .currency = SPAN("INR"),
        .created_ms = now_ms, .limit_ms = now_ms + 1000, .private_sealed = buf_view(&j->asks->out),
    };
    enum fault f = payments_next_no(tx, &p.payment_no, p.merchant_id);

    return f ? f : payments_insert(tx, &p);
}

/* Sealed as service/pay_card.c does, which has no door of its own for it; pay_open_private() opens it. */
static inline void kbed_payment(struct kbed *b)
{
    struct buf plain = arena_buf(b->f->arena, 64);
    struct key_ask ask = { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .out = arena_buf(b->f->arena, 128),
                           .about = parts_about(b->f->arena, "payments.private", b->merchant_id, SPAN("paid")) };
    struct kbed_job j = { .b = b, .asks = &ask };

    part_put(&plain, SPAN(KBED_PHONE));
    part_put(&plain, (struct span){ 0 });
    ask.in = buf_view(&plain);
    fixture_ask(b->f, &ask, 1);
    assert_int_equal(store_write(b->s->store, kbed_payment_work, &j), FAULT_NONE);
}

static inline enum fault kbed_customer_work(struct store_tx *tx, void *arg)
{
    struct kbed_job *j = arg;
    struct customer_row row;
    bool made;

    return customer_create(tx, &row, &made, j->b->f->arena, &j->b->customer, j->asks, clock_now_ms(j->b->s->clock));
}

static inline void kbed_customer(struct kbed *b)
{
    struct key_ask asks[2];
    struct kbed_job j = { .b = b, .asks = asks };

    b->customer = (struct customer_new){ .merchant_id = b->merchant_id, .phone = SPAN(KBED_PHONE) };
    assert_int_equal(customer_prepare(&b->customer, asks, b->f->arena), FAULT_NONE);
    fixture_ask(b->f, asks, 2);
    assert_int_equal(store_write(b->s->store, kbed_customer_work, &j), FAULT_NONE);
}

/* Recall what is remembered under the key "k", or remember it. */
static inline enum fault kbed_answer_work(struct store_tx *tx, void *arg)
{
    struct kbed_job *j = arg;
    struct kbed *b = j->b;
    const struct idempotent r = { b->merchant_id, SPAN("POST /pg/orders"), SPAN("2025-01-01"), SPAN("k"), SPAN("{}") };
    struct key_ask asks[IDEMPOTENCY_ASKS];
    const struct remembered answer = { 200, SPAN(KBED_ANSWER) };
    struct remembered there;
    struct idempotency i;
    enum fault f = idempotency_prepare(&i, asks, b->f->arena, &r);

    if (!f)
        f = keyholder_ask(b->s->keyholder, asks, IDEMPOTENCY_ASKS);
    if (!f)
        f = idempotency_recall(b->s, tx, &there, b->f->arena, &i, FIXTURE_NOW);
    j->no = f == FAULT_NONE;          /* it was there */
    if (!f)
        j->id = there.body;
    return f == FAULT_NOT_FOUND ? idempotency_remember(b->s, tx, &i, &answer, b->f->arena, FIXTURE_NOW) : f;
}

static inline void kbed_endpoint(struct kbed *b)
{
    const struct endpoint_new n = { .merchant_id = b->merchant_id, .kind = ENDPOINT_JUSPAY,
                                    .url = SPAN("https://shop.example/hook"), .authorization = SPAN("Basic abc") };
    const char *why = NULL;
    int64_t no;

    assert_int_equal(endpoint_add(b->s, &no, &n, &why), FAULT_NONE);
}

/* One record in each column, beside the client secret that the fixture's merchant has. */
static inline void kbed_fill(struct kbed *b)
{
    uint8_t pem[KEY_PUBLIC_MAX];
    struct key_ask ask = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .out = BUF(pem) };
    struct kbed_job answer = { .b = b };

    assert_int_equal(keyholder_ask_one(b->s->keyholder, &ask), FAULT_NONE);
    assert_int_equal(partner_juspay_add(b->s, &b->juspay, b->merchant_id), FAULT_NONE);
    assert_int_equal(partner_public_key_add(b->s, &b->recipient, b->merchant_id, SPAN("theirs"), buf_view(&ask.out)),
                     FAULT_NONE);
    assert_int_equal(partner_paytm_add(b->s, &b->paytm, b->merchant_id, SPAN(""), SPAN("")), FAULT_NONE);
    kbed_endpoint(b);
    kbed_customer(b);
    kbed_order(b, "shown");
    kbed_payment(b);
    assert_int_equal(store_write(b->s->store, kbed_answer_work, &answer), FAULT_NONE);
    assert_false(answer.no);
}

/* Which rows have a record of a key (`others`: of any other key), in all columns or in one. */
static inline int64_t kbed_records(struct kbed *b, const uint8_t *id, bool others)
{
    struct keys_tally t = { .others = others };

    memcpy(t.id, id, KEY_RING_ID);
    assert_int_equal(keys_tally_all(b->s, &t, 0), FAULT_NONE);
    return t.n;
}

static inline struct key_ring kbed_ring(struct kbed *b)
{
    struct key_ring r;

    assert_int_equal(keys_ring(b->s, &r), FAULT_NONE);
    return r;
}

static inline struct keys_made kbed_rotate(struct kbed *b, enum key_purpose purpose)
{
    struct keys_made made;

    assert_int_equal(keys_rotate(b->s, &made, purpose), FAULT_NONE);
    return made;
}

/* Step until there is nothing to do. */
static inline void kbed_sweep_all(struct kbed *b, struct keys_sweep *w)
{
    enum keys_next next = KEYS_NOW;
    int steps = 0;

    for (; next <= KEYS_NOW && steps < KBED_STEPS; steps++)
        assert_int_equal(keys_sweep_step(w, &next, b->f->reader), FAULT_NONE);
    assert_int_equal(next, KEYS_LATER);
}

static inline void kbed_sweep(struct kbed *b)
{
    struct keys_sweep *w;

    assert_int_equal(keys_sweep_new(&w, b->s, 0), FAULT_NONE);
    kbed_sweep_all(b, w);
    keys_sweep_free(w);
}

static inline struct keys_status kbed_status(struct kbed *b)
{
    struct keys_status status;

    assert_int_equal(keys_status(b->s, &status), FAULT_NONE);
    return status;
}

/* What is looked for, and found. */
struct kbed_found { struct kbed *b; struct span id; struct order_row order; struct payment_row payment;
                    struct endpoint_row endpoint; struct partner_key key; struct customer_row customer; };

static inline enum fault kbed_find_endpoint(void *arg, const struct endpoint_row *e)
{
    struct kbed_found *found = arg;

    found->endpoint = *e;
    found->endpoint.auth_sealed = arena_copy(found->b->f->arena, e->auth_sealed);
    return FAULT_NONE;
}

static inline enum fault kbed_find_customer(void *arg, const struct reseal_row *r)
{
    struct kbed_found *found = arg;

    found->customer = (struct customer_row){ .merchant_id = r->merchant_id,
        .customer_uid = arena_copy(found->b->f->arena, r->id),
        .private_sealed = arena_copy(found->b->f->arena, r->sealed) };
    return FAULT_NONE;
}

static inline enum fault kbed_find(struct store_tx *tx, void *arg)
{
    struct kbed_found *found = arg;
    struct arena *a = found->b->f->arena;
    const int64_t merchant_id = found->b->merchant_id;
    const struct reseal_place start = reseal_start();
    enum fault f = order_fetch(tx, &found->order, a, merchant_id, found->id);

    if (!f)
        f = payments_find(tx, &found->payment, a, merchant_id, 1);
    if (!f)
        f = endpoints_each(tx, merchant_id, kbed_find_endpoint, found);
    if (!f)
        f = partner_recipient(tx, &found->key, a, merchant_id, SPAN("theirs"));
    return f ? f : reseal_each(tx, RESEAL_CUSTOMERS, &start, 1, kbed_find_customer, found);
}

static inline void kbed_order_opens(struct kbed *b, const struct order_row *row)
{
    struct order_private private;
    struct key_ask ask;
    bool at_hand;

    assert_int_equal(order_ask_private(b->s, &private, &at_hand, &ask, b->f->arena, row, FIXTURE_NOW), FAULT_NONE);
    assert_false(at_hand);
    fixture_ask(b->f, &ask, 1);
    assert_int_equal(order_read_private(b->s, &private, &ask, row, FIXTURE_NOW), FAULT_NONE);
    assert_true(span_equal(private.customer, SPAN("{\"phone\":\"" KBED_PHONE "\"}")));
}

static inline void kbed_secrets_work(struct kbed *b)
{
    struct arena *a = b->f->arena;
    struct buf basic = arena_buf(a, 128), plain = arena_buf(a, 64);
    struct caller c;

    callers_forget(b->s->callers);
    assert_int_equal(callers_find(b->s, &c, b->f->reader, a, span_of(b->f->merchant.client_id),
                                  span_of(b->f->merchant.client_secret), FIXTURE_NOW), FAULT_NONE);
    buf_text(&plain, b->juspay.api_key);
    buf_text(&plain, ":");
    buf_text(&basic, "Basic ");
    base64_put(&basic, buf_view(&plain));
    assert_int_equal(partner_juspay_caller(b->s, &c, b->f->reader, a, buf_view(&basic), FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(callers_find(b->s, &c, b->f->reader, a, span_of(b->f->merchant.client_id), SPAN("wrong"),
                                  FIXTURE_NOW), FAULT_UNKNOWN_CALLER);
}

static inline void kbed_paytm_signs(struct kbed *b)
{
    struct partner_key key;
    bool known;
    struct key_ask ask;

    assert_int_equal(partner_paytm_key(b->s, &key, &known, b->f->reader, b->f->arena, span_of(b->paytm.mid), SPAN(""),
                                       SPAN("")), FAULT_NONE);
    partner_ask(&ask, KEY_SIGN, &key);
    ask.presented = SPAN("a text");
    ask.out = arena_buf(b->f->arena, KEY_PAYTM_SIGNATURE);
    assert_int_equal(keyholder_ask_one(b->s->keyholder, &ask), FAULT_NONE);
}

/* Every record of kbed_fill() does its work. */
static inline void kbed_all_work(struct kbed *b)
{
    struct kbed_found found = { .b = b, .id = SPAN("shown") };
    struct key_ask ask;
    struct kbed_job answer = { .b = b };
    struct customer_private customer;
    struct pay_private payer;

    assert_int_equal(store_read(b->f->reader, kbed_find, &found), FAULT_NONE);
    kbed_order_opens(b, &found.order);
    assert_int_equal(pay_open_private(b->s, &payer, b->f->arena, &found.payment), FAULT_NONE);
    assert_true(span_equal(payer.phone, SPAN(KBED_PHONE)));
    assert_int_equal(customer_open(b->s, &customer, b->f->arena, &found.customer), FAULT_NONE);
    assert_true(span_equal(customer.phone, SPAN(KBED_PHONE)));
    partner_ask(&ask, KEY_ENCRYPT, &found.key);
    ask.presented = SPAN("{}");
    ask.out = arena_buf(b->f->arena, 4096);
    assert_int_equal(keyholder_ask_one(b->s->keyholder, &ask), FAULT_NONE);
    assert_int_equal(endpoint_ask_auth(&ask, b->f->arena, &found.endpoint), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(b->s->keyholder, &ask), FAULT_NONE);
    assert_true(span_equal(buf_view(&ask.out), SPAN("Basic abc")));
    assert_int_equal(store_write(b->s->store, kbed_answer_work, &answer), FAULT_NONE);
    assert_true(answer.no);
    assert_true(span_equal(answer.id, SPAN(KBED_ANSWER)));
    kbed_secrets_work(b);
    kbed_paytm_signs(b);
}

/* Rows of the audit log about keys: each object, a line each. */
struct kbed_rows { char text[2048]; size_t n; };

static inline enum fault kbed_row(void *arg, const struct audit_row *r)
{
    struct kbed_rows *rows = arg;

    if (r->event == AUDIT_KEY)
        rows->n += (size_t)snprintf(rows->text + rows->n, sizeof rows->text - rows->n, "%.*s\n", (int)r->object.n,
                                    (const char *)r->object.p);
    return FAULT_NONE;
}

static inline enum fault kbed_read_rows(struct store_tx *tx, void *arg)
{
    return audit_each(tx, 0, 100, kbed_row, arg);
}

/* How many rows end with `what`, e.g. "data 1a2b3c4d made". */
static inline int kbed_logged(struct kbed *b, const char *what)
{
    struct kbed_rows rows = { .n = 0 };
    int n = 0;

    assert_int_equal(store_read(b->f->reader, kbed_read_rows, &rows), FAULT_NONE);
    for (const char *at = rows.text; (at = strstr(at, what)); at++)
        n++;
    return n;
}
