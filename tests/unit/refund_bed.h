/* refund_bed.h: an order that was paid, over a real store (fixture.h), and behind the acquirer's front a bank in
 * memory, which gives money back, or is silent, or hears nothing. */
#pragma once

#include "exchange_bed.h"

#include "acquirer/acquirer.h"
#include "dialect/cashfree/cashfree.h"
#include "domain/order.h"
#include "service/pay.h"
#include "service/refunds.h"
#include "store/orders.h"
#include "store/outbox.h"
#include "store/payments.h"
#include "store/refunds.h"

enum { RBED_WAIT_MS = 20, RBED_REFUNDS = 256, RBED_NEWS = 64 };

#define RBED_ORDER "paid_order"
#define RBED_NOTIFY "https://shop.example/notify"

/* What the bank keeps of a refund. */
struct rbank_refund { struct acquirer_ref ref; int64_t minor; enum acquirer_verdict state; };

struct rbank {
    struct acquirer *front;
    enum acquirer_verdict says;       /* of a new refund without a wish; a refusal is not kept */
    enum acquirer_verdict cancels;    /* of a cancellation: CANCELLED, or another */
    enum acquirer_verdict acts;       /* of a capture and a void */
    bool mute, deaf;                  /* mute: does it, and says nothing; deaf: does not even hear */
    unsigned asked[ACQUIRER_OPS];
    struct acquirer_ask last;
    struct rbank_refund refunds[RBED_REFUNDS];
    size_t n;
};

struct rbed {
    struct fixture *f;
    struct services *s;
    struct xbed x;
    struct rbank bank;
    int64_t merchant_id, order_no, payment_no;
};

static inline enum acquirer_verdict rbank_wish(const struct rbank *b, const char *wish)
{
    if (strcmp(wish, "SUCCESS") == 0)
        return ACQUIRER_REFUND_DONE;
    if (strcmp(wish, "FAILED") == 0)
        return ACQUIRER_REFUND_FAILED;
    return wish[0] ? ACQUIRER_REFUND_PENDING : b->says;
}

static inline struct rbank_refund *rbank_find(struct rbank *b, int64_t refund_no)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->refunds[i].ref.refund_no == refund_no)
            return &b->refunds[i];
    return NULL;
}

static inline enum acquirer_verdict rbank_refund(struct rbank *b, const struct acquirer_ask *ask)
{
    struct rbank_refund *r = rbank_find(b, ask->ref.refund_no);
    enum acquirer_verdict v = rbank_wish(b, ask->wish);

    if (r)
        return r->state;
    if (v < ACQUIRER_REFUND_PENDING || v > ACQUIRER_REFUND_CANCELLED)
        return v;
    assert_true(b->n < RBED_REFUNDS);
    b->refunds[b->n++] = (struct rbank_refund){ ask->ref, ask->amount.minor, v };
    return v;
}

static inline enum acquirer_verdict rbank_does(struct rbank *b, const struct acquirer_ask *ask)
{
    struct rbank_refund *r = rbank_find(b, ask->ref.refund_no);

    if (ask->op == ACQUIRER_REFUND)
        return rbank_refund(b, ask);
    if (ask->op == ACQUIRER_CAPTURE || ask->op == ACQUIRER_VOID)
        return b->acts;
    if (!r)
        return ACQUIRER_NO_PAYMENT;
    if (ask->op == ACQUIRER_REFUND_CANCEL && b->cancels != ACQUIRER_REFUND_CANCELLED)
        return b->cancels;
    if (ask->op == ACQUIRER_REFUND_CANCEL)
        r->state = ACQUIRER_REFUND_CANCELLED;
    return r->state;
}

static inline void rbank_ask(void *body, uint64_t handle, const struct acquirer_ask *ask)
{
    struct rbank *b = body;
    struct acquirer_answer answer = { .ref = ask->ref, .at_ms = ask->now_ms, .arn = "74000000000000000000001" };

    b->asked[ask->op]++;
    b->last = *ask;
    if (b->deaf)
        return;
    answer.verdict = rbank_does(b, ask);
    answer.captured = ask->op == ACQUIRER_CAPTURE && answer.verdict == ACQUIRER_CHARGED;
    answer.captured_amount = ask->amount;
    if (!b->mute)
        acquirer_answered(b->front, handle, &answer);
}

static inline void rbank_noticed(void *body, uint64_t id)
{
    (void)body, (void)id;
}

/* Money that went back, in minor units. */
static inline int64_t rbank_paid_out(const struct rbank *b)
{
    int64_t sum = 0;

    for (size_t i = 0; i < b->n; i++)
        sum += b->refunds[i].state == ACQUIRER_REFUND_DONE || b->refunds[i].state == ACQUIRER_REFUND_PENDING
            || b->refunds[i].state == ACQUIRER_REFUND_ONHOLD ? b->refunds[i].minor : 0;
    return sum;
}

static inline struct order_row rbed_order_row(const struct rbed *b, const char *id, int64_t minor)
{
    static const uint8_t session[ORDER_SESSION];

    return (struct order_row){
        .merchant_id = b->merchant_id, .order_id = span_of(id), .amount_minor = minor, .currency = SPAN("INR"),
        .state = ORDER_ACTIVE, .created_ms = FIXTURE_NOW, .expires_ms = FIXTURE_NOW + 86400000,
        .session = { session, sizeof session },
        .meta = SPAN("{\"return_url\":null,\"notify_url\":\"" RBED_NOTIFY "\",\"payment_methods\":null}"),
    };
}

struct rbed_insert { struct order_row order; struct payment_row payment; bool only_payment; };

static inline enum fault rbed_insert_work(struct store_tx *tx, void *arg)
{
    struct rbed_insert *i = arg;
    enum fault f = FAULT_NONE;

    if (!i->only_payment) {
        f = orders_next_no(tx, &i->order.order_no, i->order.merchant_id, FIXTURE_NOW);
        if (!f)
            f = orders_insert(tx, &i->order);
    }
    if (f || i->payment.amount_minor == 0)
        return f;
    i->payment.order_no = i->order.order_no;
    f = payments_next_no(tx, &i->payment.payment_no, i->order.merchant_id);
    return f ? f : payments_insert(tx, &i->payment);
}

/* A payment of the order by card; the caller changes what he wants. */
static inline struct payment_row rbed_payment_row(const struct rbed *b, const struct order_row *o)
{
    return (struct payment_row){
        .merchant_id = b->merchant_id, .order_id = o->order_id, .amount_minor = o->amount_minor,
        .currency = SPAN("INR"), .state = PAYMENT_SUCCESS, .method = PAYMENT_BY_CARD, .channel = PAYMENT_LINK,
        .created_ms = FIXTURE_NOW, .completed_ms = FIXTURE_NOW + 30000, .limit_ms = FIXTURE_NOW + PAYMENT_LIMIT_MS,
        .bank_ref = SPAN("318412345678"), .auth_id = SPAN("123456"), .verdict = ACQUIRER_CHARGED,
        .scheme = SCHEME_VISA, .type = BIN_DEBIT, .sub = BIN_RETAIL, .last4 = SPAN("1111"),
        .issuer = SPAN("Test Bank"), .issuer_code = SPAN("TEST"), .country = SPAN("IN"),
        .captured_minor = o->amount_minor,
    };
}

static inline struct rbed_insert rbed_insert(struct rbed *b, struct order_row o, struct payment_row p)
{
    struct rbed_insert i = { .order = o, .payment = p };

    assert_int_equal(store_write(b->s->store, rbed_insert_work, &i), FAULT_NONE);
    return i;
}

static inline void rbed_add_order(struct rbed *b)
{
    struct order_row o = rbed_order_row(b, RBED_ORDER, 100000);
    struct rbed_insert i;

    o.state = ORDER_PAID;
    i = rbed_insert(b, o, rbed_payment_row(b, &o));
    b->order_no = i.order.order_no;
    b->payment_no = i.payment.payment_no;
}

static inline int rbed_setup(void **state)
{
    struct rbed *b = calloc(1, sizeof *b);
    const struct acquirer_body body = { rbank_ask, rbank_noticed, b ? &b->bank : NULL, NULL };
    void *f = NULL;

    assert_non_null(b);
    json_in_start();
    assert_int_equal(fixture_setup(&f), 0);
    b->f = f;
    b->s = &b->f->services;
    b->merchant_id = b->f->merchant.merchant_id;
    b->bank.says = ACQUIRER_REFUND_PENDING;
    b->bank.cancels = ACQUIRER_REFUND_CANCELLED;
    b->bank.acts = ACQUIRER_CHARGED;
    assert_int_equal(acquirer_new(&b->bank.front, &(struct acquirer_options){ .wait_ms = RBED_WAIT_MS }), FAULT_NONE);
    acquirer_attach(b->bank.front, &body);
    b->s->acquirer = b->bank.front;
    xbed_open(&b->x, b->f, &cashfree_dialect);
    rbed_add_order(b);
    *state = b;
    return 0;
}

static inline int rbed_teardown(void **state)
{
    struct rbed *b = *state;
    void *f = b->f;

    xbed_close(&b->x);
    acquirer_stop(b->bank.front);
    acquirer_free(b->bank.front);
    b->s->acquirer = NULL;
    free(b);
    return fixture_teardown(&f);
}

/* What is on disk of one refund, its payment, and what was told. */
struct rbed_read {
    struct rbed *b;
    int64_t refund_no;
    struct refund_row row;
    struct payment_row payment;
    struct outbox_row news[RBED_NEWS];
    size_t n_news;
};

static inline enum fault rbed_see_news(void *arg, const struct outbox_row *d)
{
    struct rbed_read *r = arg;

    assert_true(r->n_news < RBED_NEWS);
    r->news[r->n_news++] = *d;
    return FAULT_NONE;
}

static inline enum fault rbed_read_work(struct store_tx *tx, void *arg)
{
    struct rbed_read *r = arg;
    const struct rbed *b = r->b;
    const struct outbox_filter all = { .merchant_id = b->merchant_id, .state = -1, .max = RBED_NEWS };
    enum fault f = payments_find(tx, &r->payment, b->f->arena, b->merchant_id, b->payment_no);

    if (!f && r->refund_no)
        f = refunds_find_no(tx, &r->row, b->f->arena, b->merchant_id, r->refund_no);
    return f ? f : outbox_list(tx, &all, rbed_see_news, r);
}

/* Spans of the rows live in the fixture's arena, until it is reset; those of `news` not even so long. */
static inline struct rbed_read rbed_read(struct rbed *b, int64_t refund_no)
{
    struct rbed_read r = { .b = b, .refund_no = refund_no };

    assert_int_equal(store_read(b->f->reader, rbed_read_work, &r), FAULT_NONE);
    return r;
}

static inline void rbed_pass(struct rbed *b, int64_t ms)
{
    fixture_set_clock(b->f, clock_now_ms(b->s->clock) + ms);
}

static inline bool rbed_sweep(struct rbed *b)
{
    bool more = false;

    assert_int_equal(refunds_sweep(b->s, clock_now_ms(b->s->clock), &more), FAULT_NONE);
    return more;
}

/* A request to the routes of an order. */
struct rbed_call { const char *route, *order, *param2, *version, *body, *key; };

static inline unsigned rbed_send(struct rbed *b, struct rbed_call c)
{
    return xbed_send(&b->x, (struct xbed_sent){
        .route = c.route, .param = c.order ? c.order : RBED_ORDER, .param2 = c.param2, .body = c.body,
        .headers = { { "x-api-version", c.version ? c.version : "2025-01-01" },
                     { "x-client-id", b->f->merchant.client_id },
                     { "x-client-secret", b->f->merchant.client_secret }, { "x-idempotency-key", c.key } },
    });
}

/* An error: status, and code and message as JSON text. */
static inline void rbed_error(const struct rbed *b, unsigned status, const char *code, const char *message)
{
    char want[512];

    (void)snprintf(want, sizeof want, "{\"message\":\"%s\",\"code\":\"%s\",\"type\":", message, code);
    if (b->x.x.answer.status != status || strncmp(b->x.body, want, strlen(want)) != 0)
        fail_msg("%u %s instead of %u %s", b->x.x.answer.status, b->x.body, status, want);
}

/* The JSON value behind "name": in the last answer, up to the next comma or bracket (valid until the next call). */
static inline const char *rbed_member(const struct rbed *b, const char *name)
{
    static char value[128];
    char key[64];
    const char *at;

    (void)snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(b->x.body, key);
    if (!at)
        fail_msg("no %s in %s", name, b->x.body);
    at += strlen(key);
    (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(at, ",}]"), at);
    return value;
}
