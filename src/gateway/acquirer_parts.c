/* acquirer_parts.c: the acquirer, its simulated body, the payments behind it, the courier's customers. */
#include "gateway/acquirer_parts.h"

#include <string.h>

#include "acquirer/sim/sim_acquirer.h"
#include "checkout/result_webhook.h"
#include "courier/courier.h"
#include "dialect/cashfree/webhook_parts.h"
#include "dialect/juspay/token_update.h"
#include "dialect/paytm/notify.h"
#include "service/payments.h"
#include "webhook/webhook.h"

#include "base/banned.h"

/* How each API tells what happens. */
static const struct webhook_writer *const writers[] = {
    &cashfree_webhooks, &result_webhooks, &paytm_webhooks, &juspay_webhooks, NULL,
};

static void notice(void *parts, const struct acquirer_notice *n);
static enum fault open_acquirer(struct parts *p, struct buf *why);
static enum fault open_payments(struct parts *p);

enum fault acquirer_parts_open(struct parts *p, struct buf *why)
{
    enum fault f = FAULT_NONE;

    if (strcmp(p->options->acquirer, "simulated") == 0)
        f = open_acquirer(p, why);
    if (!f)
        f = open_payments(p);
    if (f && !why->n)
        buf_text(why, f == FAULT_SILENT ? "the keyholder does not answer" : "cannot start the payments");
    return f;
}

enum fault acquirer_parts_send(struct parts *p)
{
    const struct webhooks_options wo = { .services = &p->services, .courier = p->services.courier, .writers = writers };

    return p->services.courier ? webhooks_new(&p->services.webhooks, &wo) : FAULT_NONE;
}

void acquirer_parts_stop(struct parts *p)
{
    webhooks_stop(p->services.webhooks);
    if (p->services.acquirer)
        acquirer_stop(p->services.acquirer);
}

void acquirer_parts_close(struct parts *p)
{
    struct payments *payments;

    if (p->services.courier)
        courier_stop(p->services.courier);
    webhooks_free(p->services.webhooks);
    p->services.webhooks = NULL;
    pthread_mutex_lock(&p->notice_lock);
    payments = p->payer;
    p->payer = NULL;
    pthread_mutex_unlock(&p->notice_lock);
    payments_free(payments);
    p->services.payments = NULL;
    sim_acquirer_close(p->services.sim_acquirer);
    acquirer_free(p->services.acquirer);
    courier_free(p->services.courier);
}

/* As with the card network's: the acquirer is there before those who listen and after them. */
static void notice(void *parts, const struct acquirer_notice *n)
{
    struct parts *p = parts;

    pthread_mutex_lock(&p->notice_lock);
    payments_notice(p->payer, n);
    pthread_mutex_unlock(&p->notice_lock);
}

static enum fault open_acquirer(struct parts *p, struct buf *why)
{
    const struct acquirer_options ao = { .wait_ms = (int)p->options->acquirer_wait_ms, .journal = p->services.journal,
                                         .notice = notice, .arg = p };
    struct sim_acquirer_options so = { .path = p->folder.acquirer, .clock = p->services.clock,
                                       .keyholder = p->acquirer_keyholder, .network = p->services.network,
                                       .journal = p->services.journal };
    enum fault f = acquirer_new(&p->services.acquirer, &ao);

    if (f)
        return f;
    so.acquirer = p->services.acquirer;
    f = sim_acquirer_open(&p->services.sim_acquirer, &so);
    if (f == FAULT_DISK || f == FAULT_WRONG_STATE) {
        buf_text(why, f == FAULT_DISK ? "cannot open the simulated acquirer's database: "
                                      : "the simulated acquirer's database was made by a newer tijori: ");
        buf_text(why, p->folder.acquirer);
    }
    return f;
}

static enum fault open_payments(struct parts *p)
{
    enum fault f = payments_new(&p->services.payments, &p->services);

    pthread_mutex_lock(&p->notice_lock);
    p->payer = p->services.payments;
    pthread_mutex_unlock(&p->notice_lock);
    return f;
}
