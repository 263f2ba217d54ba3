/* acts.c: orders, payments, refunds, tokens. */
#include "acts.h"

#include <stdio.h>
#include <string.h>

#include "keyholder/client.h"
#include "service/audit.h"
#include "service/idempotency.h"
#include "service/refunds_own.h"
#include "store/audit.h"

#include "base/banned.h"

enum { RESERVED = 2 };                /* the order of act_reserve() */

static const char *const cards[] = { "4111111111111111", "4012888888881881", "5555555555554444", "6074825972083818" };

static struct span name_of(struct site *g, const char *prefix, int n)
{
    struct buf b = arena_buf(g->w.arena, 32);

    buf_text(&b, prefix);
    buf_i64(&b, n);
    return buf_view(&b);
}

/* --- orders ---------------------------------------------------------------------------------------------------- */

struct create {
    struct site *g;
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
    const struct services *s = &c->g->w.s;
    int64_t now_ms = world_now(&c->g->w);
    enum fault f = idempotency_recall(s, tx, &c->answer, c->g->w.arena, &c->key, now_ms);

    c->existed = f == FAULT_NONE;
    if (c->existed)
        return order_fetch(tx, &c->row, c->g->w.arena, c->n.merchant_id, c->n.order_id);
    if (f != FAULT_NOT_FOUND)
        return f;
    f = order_create(tx, &c->row, &c->n, &c->sealed, now_ms);
    c->answer = (struct remembered){ 200, c->n.order_id };
    return f ? f : idempotency_remember(s, tx, &c->key, &c->answer, c->g->w.arena, now_ms);
}

static enum fault prepare_order(struct site *g, struct create *c, int n)
{
    struct key_ask asks[IDEMPOTENCY_ASKS];
    struct span key = name_of(g, "key-", n);

    memset(c, 0, sizeof *c);
    c->g = g;
    c->n = (struct order_new){ .merchant_id = g->w.merchants[0], .order_id = name_of(g, "order-", n),
                               .customer_id = SPAN("anna"), .amount = { .minor = 1015, .currency = "INR" },
                               .private = { .customer = SPAN(ACT_PRIVATE) } };
    if (n == RESERVED)
        c->n.note = SPAN("preauth_transaction");      /* so that it may be authorised only */
    must(order_prepare(&c->n, &c->sealed, g->w.arena));
    must(idempotency_prepare(&c->key, asks, g->w.arena, &(struct idempotent){
        .merchant_id = c->n.merchant_id, .scope = SPAN("POST /pg/orders"), .version = SPAN("1"), .key = key,
        .body = key }));
    must(keyholder_ask(g->w.s.keyholder, &c->sealed, 1));
    must(keyholder_ask(g->w.s.keyholder, asks, IDEMPOTENCY_ASKS));
    return FAULT_NONE;
}

enum fault act_order(struct site *g, int n)
{
    struct create *c = arena_take(g->w.arena, sizeof *c);
    enum fault f = prepare_order(g, c, n);

    if (!f)
        f = store_write(g->w.s.store, create_work, c);
    if (!f && n < 8) {
        g->order_no[n] = c->row.order_no;
        memcpy(g->session[n], c->row.session.p, ORDER_SESSION);
    }
    if (!c->existed)
        site_claim(g, f, "SELECT count(*) FROM orders WHERE order_id = 'order-%d'", n);
    return f;
}

struct named { struct site *g; int n; struct order_row row; };

static enum fault terminate_work(struct store_tx *tx, void *arg)
{
    struct named *t = arg;

    return order_terminate(tx, &t->row, t->g->w.arena, t->g->w.merchants[0], name_of(t->g, "order-", t->n),
                           world_now(&t->g->w));
}

enum fault act_terminate(struct site *g, int n)
{
    struct named t = { g, n, { 0 } };
    enum fault f = store_write(g->w.s.store, terminate_work, &t);

    site_claim(g, f, "SELECT count(*) FROM orders WHERE order_id = 'order-%d' AND state = 3", n);
    return f;
}

/* --- payments -------------------------------------------------------------------------------------------------- */

struct pay_work { struct site *g; struct pay_job *job; };

static enum fault pay_begin_work(struct store_tx *tx, void *arg)
{
    struct pay_work *k = arg;

    return pay_begin(&k->g->w.s, tx, k->job);
}

static enum fault pay_settle_work(struct store_tx *tx, void *arg)
{
    struct pay_work *k = arg;

    return pay_settle(&k->g->w.s, tx, k->job);
}

static void pay_asked(struct pay_job *job)
{
    (void)sem_post(&((struct site *)job->arg)->asked);
}

static void wait_asked(struct site *g)
{
    while (sem_wait(&g->asked) != 0) {
        /* a signal */
    }
}

static enum fault lead_pay(struct site *g, struct pay_job *job)
{
    struct services *s = &g->w.s;
    struct pay_work k = { g, job };
    enum fault f;

    job->now_ms = world_now(&g->w);
    job->arena = g->w.arena;
    f = pay_prepares(job) ? pay_prepare(s, job) : FAULT_NONE;
    if (!f)
        f = store_write(s->store, pay_begin_work, &k);
    if (!f && pay_asks(job)) {
        pay_ask(s, job, pay_asked, g);
        wait_asked(g);
        f = pay_settles(job) ? store_write(s->store, pay_settle_work, &k) : FAULT_NONE;
    }
    if (!f)
        pay_follow(s, job);
    pay_wipe(job);
    return f;
}

static enum fault begin_payment(struct site *g, int n, bool saves, bool reserves)
{
    struct pay_job *job = arena_take(g->w.arena, sizeof *job);
    struct pay_wish *w = &job->wish;
    enum fault f;

    memset(job, 0, sizeof *job);
    *w = (struct pay_wish){ .op = PAY_BEGIN, .merchant_id = g->w.merchants[0], .order_id = name_of(g, "order-", n),
                            .method = PAYMENT_BY_CARD, .channel = PAYMENT_LINK, .source = SPAN("192.0.2.7"),
                            .request_id = SPAN("request"), .save = saves, .consent = saves,
                            .authorise_only = reserves };
    memcpy(w->session, g->session[n], ORDER_SESSION);
    w->card = (struct card_typed){ span_of(cards[n % 4]), SPAN("03"), SPAN("2028"), SPAN("123") };
    f = lead_pay(g, job);
    if (!f)
        g->payment_no[n] = job->row.payment_no;
    site_claim(g, f, "SELECT count(*) FROM payments WHERE order_id = 'order-%d' AND state >= 1", n);
    if (!f)                           /* its row in the audit log stands whatever comes */
        site_claim(g, f, "SELECT count(*) > 0 FROM audit WHERE event = 14 AND object = 'order-%d' AND outcome = 0", n);
    return f;
}

enum fault act_pay(struct site *g, int n, bool saves)
{
    return g->order_no[n] ? begin_payment(g, n, saves, false) : FAULT_NOT_FOUND;
}

enum fault act_reserve(struct site *g, int n)
{
    return g->order_no[n] ? begin_payment(g, n, false, true) : FAULT_NOT_FOUND;
}

static enum fault change_payment(struct site *g, int n, enum pay_op op)
{
    struct pay_job *job = arena_take(g->w.arena, sizeof *job);

    memset(job, 0, sizeof *job);
    job->wish = (struct pay_wish){ .op = op, .merchant_id = g->w.merchants[0], .payment_no = g->payment_no[n],
                                   .otp = op == PAY_OTP ? SPAN("111000") : (struct span){ 0 } };
    return lead_pay(g, job);
}

enum fault act_otp(struct site *g, int n)
{
    enum fault f;

    if (!g->payment_no[n])
        return FAULT_NOT_FOUND;
    f = change_payment(g, n, PAY_OTP);
    site_claim(g, f, "SELECT count(*) FROM orders o JOIN payments p USING (merchant_id, order_no)"
               " WHERE o.order_id = 'order-%d' AND o.state = 1 AND p.state IN (4, 7)", n);
    return f;
}

enum fault act_capture(struct site *g, int n)
{
    enum fault f;

    if (!g->payment_no[n])
        return FAULT_NOT_FOUND;
    f = change_payment(g, n, PAY_CAPTURE);
    site_claim(g, f == FAULT_WRONG_STATE ? FAULT_DISK : f,      /* its OTP was not told as taken */
               "SELECT count(*) FROM payments WHERE order_id = 'order-%d' AND captured_minor = 1015", n);
    return f;
}

/* --- refunds --------------------------------------------------------------------------------------------------- */

struct refund_work { struct site *g; struct refund_job *job; };

static enum fault refund_begin_work(struct store_tx *tx, void *arg)
{
    struct refund_work *k = arg;

    return refund_begin(&k->g->w.s, tx, k->job);
}

static enum fault refund_settle_work(struct store_tx *tx, void *arg)
{
    struct refund_work *k = arg;

    return refund_settle(&k->g->w.s, tx, k->job);
}

static void refund_asked(struct refund_job *job)
{
    (void)sem_post(&((struct site *)job->arg)->asked);
}

enum fault act_refund(struct site *g, int n, const char *refund_id)
{
    struct services *s = &g->w.s;
    struct refund_job *job = arena_take(g->w.arena, sizeof *job);
    struct refund_work k = { g, job };
    enum fault f;

    memset(job, 0, sizeof *job);
    job->wish = (struct refund_wish){ .op = REFUND_CREATE, .merchant_id = g->w.merchants[0],
                                      .order_id = name_of(g, "order-", n), .refund_id = span_of(refund_id),
                                      .amount = { 500, "INR" }, .speed = REFUND_STANDARD, .note = SPAN("SUCCESS") };
    job->now_ms = world_now(&g->w);
    job->arena = g->w.arena;
    f = store_write(s->store, refund_begin_work, &k);
    if (!f && refund_asks(job)) {
        refund_ask(s, job, refund_asked, g);
        wait_asked(g);
        f = refund_settles(job) ? store_write(s->store, refund_settle_work, &k) : FAULT_NONE;
    }
    if (!job->existed)
        site_claim(g, f, "SELECT count(*) FROM refunds WHERE order_id = 'order-%d' AND refund_id = '%s'", n, refund_id);
    return f;
}

/* --- tokens ---------------------------------------------------------------------------------------------------- */

struct vault_work { struct site *g; struct vault_job *job; };

static enum fault vault_begin_work(struct store_tx *tx, void *arg)
{
    struct vault_work *k = arg;

    return vault_begin(&k->g->w.s, tx, k->job);
}

static enum fault vault_settle_work(struct store_tx *tx, void *arg)
{
    struct vault_work *k = arg;

    return vault_settle(&k->g->w.s, tx, k->job);
}

static void vault_asked(struct vault_job *job)
{
    (void)sem_post(&((struct site *)job->arg)->asked);
}

static enum fault lead_vault(struct site *g, struct vault_job *job, const struct vault_wish *wish)
{
    struct services *s = &g->w.s;
    struct vault_work k = { g, job };
    enum fault f;

    memset(job, 0, sizeof *job);
    job->wish = *wish;
    job->now_ms = world_now(&g->w);
    job->arena = g->w.arena;
    f = store_write(s->store, vault_begin_work, &k);
    if (f || !vault_asks(job))
        return f;
    vault_ask(s, job, vault_asked, g);
    wait_asked(g);
    return vault_settles(job) ? store_write(s->store, vault_settle_work, &k) : FAULT_NONE;
}

static struct vault_wish wish(struct site *g, enum vault_op op)
{
    return (struct vault_wish){
        .op = op, .merchant_id = g->w.merchants[0], .payment = NETWORK_ECOM, .request_id = SPAN("request"),
        .source = SPAN("192.0.2.7"), .consent = { .channel = CONSENT_BY_JUSPAY, .given = true, .id = SPAN("consent"),
                                                  .given_ms = world_now(&g->w), .auth_ref = SPAN("auth") },
    };
}

static void open_card(struct site *g, struct card_facts *facts, struct span customer, int n)
{
    struct card_typed typed = { span_of(cards[n % 4]), SPAN("03"), SPAN("2028"), { NULL, 0 } };
    uint8_t bytes[CARD_CLEAR_MAX];
    struct buf text = BUF(bytes);
    struct card_ask card = { .form = CARD_FORM_CLEAR, .merchant_id = g->w.merchants[0], .now_ms = world_now(&g->w) };
    struct key_ask ask;

    must(card_clear(&text, &typed));
    card.text = buf_view(&text);
    card.owner = vault_owner(g->w.arena, (struct span){ NULL, 0 }, customer);
    must(card_ask(&ask, g->w.arena, &card));
    must(keyholder_ask(g->w.s.keyholder, &ask, 1));
    must(card_read(facts, &ask));
    must(audit_opened(&g->w.s, facts, &(struct audit_opened){ .merchant_id = card.merchant_id,
        .at_ms = card.now_ms, .channel = CONSENT_BY_JUSPAY, .request_id = SPAN("request") }));
}

enum fault act_token(struct site *g, int n)
{
    struct vault_wish make = wish(g, VAULT_MAKE);
    struct vault_job *job = arena_take(g->w.arena, sizeof *job);
    struct card_facts *facts = arena_take(g->w.arena, sizeof *facts);
    enum fault f;

    make.customer_id = name_of(g, "customer-", n);
    make.wants_number = true;
    open_card(g, facts, make.customer_id, n);
    make.card = facts;
    f = lead_vault(g, job, &make);
    if (!f)
        g->token_no[n] = job->row.token_no;
    site_claim(g, f, "SELECT count(*) FROM tokens WHERE customer_id = 'customer-%d' AND status IN (0, 1, 2)", n);
    if (!f)
        site_claim(g, f, "SELECT count(*) FROM audit WHERE event = 12 AND outcome = 0 AND token_no = %lld",
                   (long long)job->row.token_no);
    return f;
}

static enum fault use_token(struct site *g, int n, enum vault_op op)
{
    struct token_row t = { .merchant_id = g->w.merchants[0], .token_no = g->token_no[n] };
    struct vault_job *job = arena_take(g->w.arena, sizeof *job);
    struct vault_wish w = wish(g, op);

    w.has_token = true;
    vault_id(&g->w.s, w.token, &t);
    return lead_vault(g, job, &w);
}

enum fault act_disclose(struct site *g, int n)
{
    enum fault f;

    if (!g->token_no[n])
        return FAULT_NOT_FOUND;
    f = use_token(g, n, VAULT_DISCLOSE);
    site_claim(g, f, "SELECT count(*) FROM audit WHERE event IN (3, 4) AND outcome = 0 AND token_no = %lld",
               (long long)g->token_no[n]);
    return f;
}

enum fault act_suspend(struct site *g, int n)
{
    enum fault f;

    if (!g->token_no[n])
        return FAULT_NOT_FOUND;
    f = use_token(g, n, VAULT_SUSPEND);
    site_claim(g, f, "SELECT count(*) FROM tokens WHERE token_no = %lld AND status = 2", (long long)g->token_no[n]);
    return f;
}

/* Its row is committed before anything is done. */
static enum fault admin_work(struct store_tx *tx, void *arg)
{
    return audit_insert(tx, arg);
}

enum fault act_admin(struct site *g, const char *what)
{
    struct audit_row row = { .at_ms = world_now(&g->w), .event = AUDIT_ADMIN, .channel = -1, .object = span_of(what),
                             .request_id = SPAN("request") };
    enum fault f = store_write(g->w.s.store, admin_work, &row);

    site_claim(g, f, "SELECT count(*) FROM audit WHERE event = 18 AND object = '%s'", what);
    return f;
}
