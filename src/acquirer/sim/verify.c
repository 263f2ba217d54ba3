/* verify.c: a presented token goes to the card network, which alone knows whether its cryptogram is good. */
#include <string.h>

#include "acquirer/sim/inner.h"
#include "base/bells.h"

#include "base/banned.h"

/* What the network's word means for a payment; CHARGED: nothing is against it. */
static enum acquirer_verdict meaning(const struct network_answer *a)
{
    switch (a->verdict) {
    case NETWORK_DONE:
        return ACQUIRER_CHARGED;
    case NETWORK_REPLAYED:
        return ACQUIRER_CRYPTOGRAM_USED;
    case NETWORK_STALE:
        return ACQUIRER_CRYPTOGRAM_OLD;
    case NETWORK_BAD_STATE:
        return a->life.expired ? ACQUIRER_CARD_EXPIRED : ACQUIRER_TOKEN_STATE;
    case NETWORK_NOT_ALLOWED: case NETWORK_REQUESTOR_STATE: case NETWORK_NO_REQUESTOR: case NETWORK_LATER:
        return ACQUIRER_TOKEN_STATE;
    case NETWORK_CARD_BLOCKED:
        return ACQUIRER_CARD_BLOCKED;
    case NETWORK_DECLINED: case NETWORK_INELIGIBLE: case NETWORK_AUTHENTICATE:
        return ACQUIRER_DECLINED;
    case NETWORK_ERROR: case NETWORK_FAULT: case NETWORK_UNREACHABLE: case NETWORK_NO_ROUTE: case NETWORK_BROKEN:
    case NETWORK_SILENT: case NETWORK_BUSY:
        return ACQUIRER_BANK_DOWN;
    case NETWORK_WRONG_TOKEN: case NETWORK_WRONG_CRYPTOGRAM: case NETWORK_WRONG_AMOUNT: case NETWORK_NO_TOKEN:
    case NETWORK_BAD_REQUEST: case NETWORK_BAD_AUTH_REF: case NETWORK_UNSUPPORTED: case NETWORK_FLIGHT_GONE:
    case NETWORK_VERDICTS:
        break;
    }
    return ACQUIRER_BAD_CRYPTOGRAM;
}

static void leave(struct sim_acquirer *s)
{
    pthread_mutex_lock(&s->lock);
    if (--s->verifying == 0)
        pthread_cond_signal(&s->left);
    pthread_mutex_unlock(&s->lock);
}

static void ring(void *sim)
{
    teller_flush(sim);
    leave(sim);
}

/* On a thread of the network's, which has many such answers at a time: they go on together. */
static void verified(struct network_call *call)
{
    struct teller_task *t = call->arg;
    struct sim_acquirer *s = t->sim;

    t->verified = meaning(&call->answer);
    teller_enqueue(t);
    if (!bells_ring(ring, s))
        leave(s);
}

/* The network knows by our own reference of the payment that it was asked for this one before: asked again, a
 * cryptogram that this payment has spent is still good for it. */
void teller_verify(struct teller_task *t)
{
    struct sim_acquirer *s = t->sim;
    struct network_ask *ask = &t->verify.ask;

    if (!s->options.network) {
        t->verified = ACQUIRER_BANK_DOWN;
        teller_enqueue(t);
        return;
    }
    *ask = (struct network_ask){
        .op = NETWORK_VERIFY, .ref = { t->ask.ref.merchant_id, t->ask.ref.payment_no, 0 }, .scheme = t->ask.scheme,
        .amount = t->ask.amount, .now_ms = t->ask.now_ms,
    };
    memcpy(ask->number, t->ask.number, sizeof ask->number);
    memcpy(ask->tavv, t->ask.tavv, sizeof ask->tavv);
    memcpy(ask->trid, t->ask.trid, sizeof ask->trid);
    t->verify.done = verified;
    t->verify.arg = t;
    pthread_mutex_lock(&s->lock);
    s->verifying++;
    pthread_mutex_unlock(&s->lock);
    network_ask(s->options.network, &t->verify);
}
