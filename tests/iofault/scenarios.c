/* scenarios.c: a new folder and an old one, orders, payments, tokens, refunds, webhooks, credentials. */
#include "scenarios.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "acts.h"
#include "service/endpoints.h"
#include "store/schema.h"
#include "webhook/webhook.h"

#include "base/banned.h"

enum { OLD_VERSION = 4, STEPS_MAX = 64, LOOKS = 2000 };

/* A merchant who is onboarded everywhere. */
void scenario_prepare_merchant(struct site *g)
{
    struct merchant_whole m;

    must(site_open(g));
    must(merchant_add_whole(&g->w.s, &m, SPAN("One"), SPAN("INR")));
    must(m.onboarded);
    g->w.merchants[0] = m.cashfree.merchant_id;
    site_close(g);
}

/* --- folders --------------------------------------------------------------------------------------------------- */

static void prepare_nothing(struct site *g)
{
    g->w.merchants[0] = 1;
}

static enum fault add_merchant(struct site *g)
{
    struct merchant_credentials m;
    enum fault f = merchant_add(&g->w.s, &m, SPAN("Shop"), SPAN("INR"));

    site_claim(g, f, "SELECT count(*) FROM merchants WHERE name = 'Shop'");
    if (!f)
        site_claim(g, f, "SELECT count(*) FROM credentials WHERE client_id = '%s'", m.client_id);
    return f;
}

static void run_fresh(struct site *g)
{
    if (site_open(g))
        return;
    if (!add_merchant(g))
        (void)act_order(g, 1);
    site_close(g);
}

/* What a program of an earlier version left. */
static void prepare_old(struct site *g)
{
    const char *steps[STEPS_MAX] = { 0 };
    struct db *db = NULL;

    for (int i = 0; i < OLD_VERSION; i++)
        steps[i] = schema_steps[i];
    must(db_open(&db, &(struct db_options){ .path = g->w.path, .vfs = "unix", .cache_kib = 64 }));
    must(schema_migrate(db, steps));
    must(db_script(db, "INSERT INTO merchants (merchant_id, name, currencies, disabled, created_ms)"
                       " VALUES (1, 'Old', 'INR', 0, 5);"
                       "INSERT INTO orders (merchant_id, order_no, order_id, amount_minor, currency, state, created_ms,"
                       " expires_ms, session, customer_id) VALUES (1, 11, 'old', 17000, 'INR', 0, 5, 9, x'01', 'c');"));
    db_close(db);
    g->w.merchants[0] = 1;
}

static void run_upgrade(struct site *g)
{
    site_claim(g, FAULT_NONE, "SELECT count(*) FROM orders WHERE order_id = 'old' AND amount_minor = 17000");
    site_claim(g, FAULT_NONE, "SELECT count(*) FROM merchants WHERE name = 'Old'");
    if (site_open(g))
        return;
    (void)act_order(g, 1);
    site_close(g);
}

static void again_order(struct site *g)
{
    (void)act_order(g, 1);
}

/* --- what merchants and payers do ------------------------------------------------------------------------------ */

static void run_orders(struct site *g)
{
    if (site_open(g))
        return;
    for (int i = 1; i <= 4; i++)
        (void)act_order(g, i);
    if (g->order_no[2])
        (void)act_terminate(g, 2);
    (void)act_order(g, 1);            /* the same again, under its key */
    site_close(g);
}

static void again_orders(struct site *g)
{
    for (int i = 1; i <= 4; i++)
        if (act_order(g, i))
            site_wrong(g, "order %d cannot be asked for again", i);
    if (site_number(g, "SELECT count(*) FROM orders WHERE order_id LIKE 'order-%'") != 4)
        site_wrong(g, "there are not four orders of four keys");
}

static void run_payments(struct site *g)
{
    if (site_open(g))
        return;
    (void)act_order(g, 1);
    (void)act_order(g, 2);
    (void)act_pay(g, 1, true);
    (void)act_otp(g, 1);
    (void)act_reserve(g, 2);
    (void)act_otp(g, 2);
    (void)act_capture(g, 2);
    site_close(g);
}

static void run_tokens(struct site *g)
{
    if (site_open(g))
        return;
    (void)act_token(g, 1);
    (void)act_token(g, 2);
    (void)act_disclose(g, 1);
    (void)act_suspend(g, 2);
    site_close(g);
}

static void prepare_paid(struct site *g)
{
    scenario_prepare_merchant(g);
    must(site_open(g));
    must(act_order(g, 1));
    must(act_pay(g, 1, false));
    must(act_otp(g, 1));
    site_close(g);
    g->n_claims = 0;
}

static void run_refunds(struct site *g)
{
    if (site_open(g))
        return;
    (void)act_refund(g, 1, "one");
    (void)act_refund(g, 1, "two");
    (void)act_refund(g, 1, "one");    /* asked for before */
    site_close(g);
}

static void again_refunds(struct site *g)
{
    if (act_refund(g, 1, "one") || act_refund(g, 1, "two"))
        site_wrong(g, "a refund cannot be asked for again");
    if (site_number(g, "SELECT sum(amount_minor) FROM refunds WHERE status IN (0, 1, 3)") != 1000)
        site_wrong(g, "two refunds of two ids are not there once each");
}

/* --- webhooks -------------------------------------------------------------------------------------------------- */

static struct { atomic_int sent; } postman;

static void post(struct courier *c, struct courier_call *call)
{
    (void)c;
    atomic_fetch_add(&postman.sent, 1);
    call->outcome = COURIER_ANSWERED;
    call->status = 200;
    call->done(call);
}

static bool is_up(struct courier *c)
{
    (void)c;
    return true;
}

static enum fault gather(struct webhook_letter *l, struct store_tx *tx)
{
    (void)l;
    (void)tx;
    return FAULT_NONE;
}

static enum fault write_plain(struct webhook_letter *l)
{
    l->body = SPAN("news");
    l->content_type = "text/plain";
    return FAULT_NONE;
}

static const struct webhook_writer writer = { .kind = ENDPOINT_CASHFREE, .wants = ~0u, .gather = gather,
                                              .write = write_plain };
static const struct webhook_writer *const writers[] = { &writer, NULL };

static enum fault tell_work(struct store_tx *tx, void *arg)
{
    return webhook_tell(tx, arg);
}

static void tell(struct site *g, int64_t order_no)
{
    struct webhook_news n = { .event = WEBHOOK_PAYMENT_SUCCESS, .merchant_id = g->w.merchants[0],
                              .order_no = order_no, .subject_no = order_no, .at_ms = world_now(&g->w) };

    site_claim(g, store_write(g->w.s.store, tell_work, &n), "SELECT count(*) FROM outbox WHERE order_no = %lld",
               (long long)order_no);
}

static void prepare_webhooks(struct site *g)
{
    const struct endpoint_new n = { .merchant_id = 1, .kind = ENDPOINT_CASHFREE,
                                    .url = SPAN("https://shop.example/hook") };
    const char *why;
    int64_t no;

    scenario_prepare_merchant(g);
    must(site_open(g));
    must(endpoint_add(&g->w.s, &no, &n, &why));
    site_close(g);
}

static struct webhooks *start_sender(struct site *g)
{
    struct webhooks *w = NULL;

    must(webhooks_new(&w, &(struct webhooks_options){ .services = &g->w.s, .writers = writers, .send = post,
                                                      .is_up = is_up }));
    return w;
}

/* Its threads go on by themselves, so that the number of an operation may be another in the next run. */
static void run_webhooks(struct site *g)
{
    struct webhooks *w;

    atomic_store(&postman.sent, 0);
    if (site_open(g))
        return;
    w = start_sender(g);
    for (int64_t i = 1; i <= 3; i++) {
        tell(g, i);
        webhooks_ring(w);
    }
    for (int i = 0; i < 20; i++)
        (void)usleep(1000);
    webhooks_free(w);
    site_close(g);
}

static void again_webhooks(struct site *g)
{
    struct webhooks *w = start_sender(g);
    int64_t due = 1;

    for (int i = 0; i < LOOKS && due; i++) {
        webhooks_ring(w);
        (void)usleep(1000);
        due = site_number(g, "SELECT count(*) FROM outbox WHERE state < 2");
    }
    webhooks_free(w);
    if (due)
        site_wrong(g, "%lld deliveries never arrived", (long long)due);
    if (atomic_load(&postman.sent) < site_number(g, "SELECT count(*) FROM outbox"))
        site_wrong(g, "a delivery counts as arrived that was not sent");
}

/* --- the admin ------------------------------------------------------------------------------------------------- */

static void run_admin(struct site *g)
{
    struct merchant_credentials m;
    struct partner_juspay j;
    struct partner_paytm p;
    enum fault f;

    if (site_open(g))
        return;
    (void)act_admin(g, "POST /admin/merchants");
    (void)add_merchant(g);
    f = merchant_rotate(&g->w.s, &m, 1, 60);
    site_claim(g, f, "SELECT count(*) FROM credentials WHERE merchant_id = 1 AND secret_no = 2");
    f = partner_juspay_add(&g->w.s, &j, 1);
    site_claim(g, f, "SELECT count(*) - 1 FROM credentials WHERE merchant_id = 1 AND client_id LIKE 'juspay:%%'");
    f = partner_paytm_replace(&g->w.s, &p, 1, (struct span){ 0 }, (struct span){ 0 });
    site_claim(g, f, "SELECT count(*) > 0 FROM paytm_mids WHERE merchant_id = 1");
    f = merchant_disable(&g->w.s, 1);
    site_claim(g, f, "SELECT count(*) FROM merchants WHERE merchant_id = 1 AND disabled <> 0");
    site_close(g);
}

const struct scenario scenarios[] = {
    { "fresh", "the tables of a new folder are made", prepare_nothing, run_fresh, NULL },
    { "upgrade", "an older folder is brought up to date", prepare_old, run_upgrade, again_order },
    { "orders", "orders are created under keys, and terminated", scenario_prepare_merchant, run_orders, again_orders },
    { "payments", "pay and save, authorise and capture", scenario_prepare_merchant, run_payments, NULL },
    { "tokens", "tokens made, disclosed, suspended", scenario_prepare_merchant, run_tokens, NULL },
    { "refunds", "money goes back", prepare_paid, run_refunds, again_refunds },
    { "webhooks", "the outbox is filled and emptied", prepare_webhooks, run_webhooks, again_webhooks },
    { "admin", "merchants, credentials and keys are changed", scenario_prepare_merchant, run_admin, NULL },
    { .name = NULL },
};
