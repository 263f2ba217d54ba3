/* pay_card.c: what a payer typed, before and on its way to the acquirer. */
#include <string.h>

#include "service/audit.h"
#include "service/parts.h"
#include "service/pay_own.h"

#include "base/banned.h"

static const char place[] = "payments.private";

enum { PRIVATE_MAX = 512, QUESTIONS = 2 };    /* bytes of phone and holder together */

static bool has_number(const struct pay_job *job)
{
    return !span_absent(job->wish.card.number);
}

static bool has_code(const struct pay_job *job)
{
    return job->wish.card.code.n > 0;
}

/* The phone is kept; of a saved card the holder's name is not, so that paying with one asks the keyholder nothing. */
static bool has_private(const struct pay_job *job)
{
    return job->wish.phone.n > 0 || (has_number(job) && job->wish.holder.n > 0);
}

bool pay_prepares(const struct pay_job *job)
{
    return job->wish.op == PAY_BEGIN && (has_number(job) || has_code(job) || has_private(job));
}

/* Whose card it will be: of the customer that the order names. */
struct look { const struct pay_job *job; struct order_row order; };

/* NOT_FOUND, and with it no commit: nothing is written. */
static enum fault look_up(struct store_tx *tx, void *arg)
{
    struct look *l = arg;
    enum fault f = orders_find(tx, &l->order, l->job->arena, l->job->wish.merchant_id, l->job->wish.order_id);

    return f ? f : FAULT_NOT_FOUND;
}

static enum fault ask_card(const struct services *s, struct pay_job *job, struct key_ask *ask, struct buf *clear)
{
    struct card_ask card = { .form = CARD_FORM_CLEAR, .merchant_id = job->wish.merchant_id, .now_ms = job->now_ms };
    struct look l = { .job = job };
    enum fault f;

    if (has_number(job) && job->wish.save) {
        f = store_write(s->store, look_up, &l);
        if (f != FAULT_NOT_FOUND)
            return f ? f : FAULT_INTERNAL;
    }
    card.owner = vault_owner(job->arena, (struct span){ 0 }, l.order.customer_id);
    if (span_absent(card.owner))
        return FAULT_INTERNAL;
    f = card_clear(clear, &job->wish.card);
    if (f) {
        job->facts.flaw = CARD_UNREADABLE;
        return pay_refuse(job, PAY_CARD, f);
    }
    card.text = buf_view(clear);
    return card_ask(ask, job->arena, &card);
}

static enum fault ask_private(struct pay_job *job, struct key_ask *ask)
{
    struct buf plain = arena_buf(job->arena, PRIVATE_MAX);

    part_put(&plain, job->wish.phone);
    part_put(&plain, has_number(job) ? job->wish.holder : (struct span){ 0 });
    *ask = (struct key_ask){ .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .in = buf_view(&plain),
                             .about = parts_about(job->arena, place, job->wish.merchant_id, job->wish.order_id),
                             .out = arena_buf(job->arena, plain.n + KEY_SEAL_EXTRA) };
    if (plain.full)
        return pay_refuse(job, PAY_METHOD, FAULT_BAD_INPUT);
    return span_absent(ask->about) || ask->out.full ? FAULT_INTERNAL : FAULT_NONE;
}

static enum fault read_card(const struct services *s, struct pay_job *job, const struct key_ask *ask)
{
    const struct pay_wish *w = &job->wish;
    enum fault f = card_read(&job->facts, ask);

    if (!f)
        f = audit_opened(s, &job->facts, &(struct audit_opened){
            w->merchant_id, job->now_ms, CONSENT_BY_CASHFREE, w->request_id, w->source });
    if (f || !job->facts.flaw)
        return f;
    return pay_refuse(job, job->facts.flaw == CARD_CODE ? PAY_CODE : PAY_CARD, FAULT_BAD_INPUT);
}

static enum fault read_private(struct pay_job *job, const struct key_ask *ask)
{
    if (ask->fault)
        return ask->fault == FAULT_SILENT ? FAULT_SILENT : FAULT_INTERNAL;
    job->row.private_sealed = buf_view(&ask->out);
    return FAULT_NONE;
}

static enum fault prepare(const struct services *s, struct pay_job *job, struct buf *clear)
{
    struct key_ask asks[QUESTIONS] = { 0 };
    bool card = has_number(job) || has_code(job);
    size_t n = 0;
    enum fault f = FAULT_NONE;

    if (card)
        f = ask_card(s, job, &asks[n++], clear);
    if (!f && has_private(job))
        f = ask_private(job, &asks[n++]);
    if (!f && n)
        f = keyholder_ask(s->keyholder, asks, n);
    if (!f && card)
        f = read_card(s, job, &asks[0]);
    if (!f && has_private(job))
        f = read_private(job, &asks[n - 1]);
    return f;
}

enum fault pay_prepare(const struct services *s, struct pay_job *job)
{
    uint8_t text[CARD_CLEAR_MAX];
    struct buf clear = BUF(text);
    enum fault f;

    job->why = PAY_FINE;
    memset(&job->facts, 0, sizeof job->facts);
    f = pay_prepares(job) ? prepare(s, job, &clear) : FAULT_NONE;
    secret_wipe(text, sizeof text);
    return f;
}

enum fault pay_open_private(const struct services *s, struct pay_private *out, struct arena *a,
                            const struct payment_row *p)
{
    struct key_ask ask = { .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .in = p->private_sealed };
    struct span record;

    *out = (struct pay_private){ { 0 }, { 0 } };
    if (span_absent(p->private_sealed))
        return FAULT_NONE;
    if (p->private_sealed.n < KEY_SEAL_EXTRA)
        return FAULT_DENIED;
    ask.about = parts_about(a, place, p->merchant_id, p->order_id);
    ask.out = arena_buf(a, p->private_sealed.n - KEY_SEAL_EXTRA);
    if (span_absent(ask.about) || ask.out.full)
        return FAULT_INTERNAL;
    ask.fault = keyholder_ask_one(s->keyholder, &ask);
    if (ask.fault)
        return ask.fault == FAULT_SILENT || ask.fault == FAULT_DENIED ? ask.fault : FAULT_INTERNAL;
    record = buf_view(&ask.out);
    return part_take(&record, &out->phone) && part_take(&record, &out->holder) && !record.n ? FAULT_NONE
                                                                                            : FAULT_INTERNAL;
}

static enum fault card_source(struct pay_job *job)
{
    const struct pay_wish *w = &job->wish;
    struct acquirer_ask *ask = &job->call.ask;

    ask->scheme = (enum scheme)job->row.scheme;
    ask->has_charge = job->facts.has_code && !job->facts.flaw;
    if (ask->has_charge)
        memcpy(ask->charge, job->facts.charge, CARD_CHARGE);
    if (has_number(job))
        return FAULT_NONE;
    ask->source = ACQUIRER_BY_TOKEN;
    if (job->asks_vault) {
        ask->expiry = vault_expiry(&job->vault.row);
        return FAULT_NONE;            /* number and cryptogram come from the network */
    }
    ask->expiry = w->token_expiry;
    return span_text(ask->number, sizeof ask->number, w->token_number)
        || span_text(ask->tavv, sizeof ask->tavv, w->cryptogram) || span_text(ask->trid, sizeof ask->trid, w->trid)
        ? FAULT_BAD_INPUT : FAULT_NONE;
}

static enum acquirer_source source_of(enum payment_method m)
{
    switch (m) {
    case PAYMENT_BY_UPI:
        return ACQUIRER_BY_UPI;
    case PAYMENT_BY_NETBANKING:
        return ACQUIRER_BY_BANK;
    case PAYMENT_BY_APP:
        return ACQUIRER_BY_APP;
    case PAYMENT_BY_PAYLATER:
        return ACQUIRER_BY_PAYLATER;
    case PAYMENT_BY_CARDLESS_EMI:
        return ACQUIRER_BY_CARDLESS_EMI;
    case PAYMENT_BY_CARD: case PAYMENT_BY_EMI: case PAYMENT_BY_BANKTRANSFER: case PAYMENT_METHODS:
        break;
    }
    return ACQUIRER_BY_CARD;
}

enum fault pay_source(struct pay_job *job)
{
    const struct pay_wish *w = &job->wish;
    struct acquirer_ask *ask = &job->call.ask;

    ask->source = source_of(w->method);
    ask->channel = w->channel;
    ask->authorise_only = job->row.authorise_only != 0;
    ask->limit_minutes = w->method == PAYMENT_BY_UPI ? (int)((job->row.limit_ms - job->now_ms) / 60000) : 0;
    if (span_text(ask->handle, sizeof ask->handle, w->handle) || span_text(ask->phone, sizeof ask->phone, w->phone)
        || span_text(ask->account, sizeof ask->account, w->account))
        return pay_refuse(job, PAY_METHOD, FAULT_BAD_INPUT);
    return ask->source == ACQUIRER_BY_CARD ? card_source(job) : FAULT_NONE;
}
