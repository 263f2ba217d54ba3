/* pay.c: the door of paying an order: a job's way from wish to outcome. */
#include "service/pay.h"

#include <assert.h>
#include <string.h>

#include "service/audit.h"
#include "service/pay_own.h"
#include "store/audit.h"

#include "base/banned.h"

enum fault pay_refuse(struct pay_job *job, enum pay_why why, enum fault fault)
{
    job->why = why;
    return fault;
}

int64_t pay_request(void)
{
    uint64_t n;

    secret_random_few(&n, sizeof n);
    return (int64_t)(n >> 1 | 1);
}

int64_t pay_lease(const struct services *s, int64_t before, int64_t now_ms, bool network)
{
    int64_t wait = s->acquirer ? acquirer_wait_ms(s->acquirer) : 0, until;

    if (network && s->network)
        wait += network_wait_ms(s->network);
    until = now_ms + (2 * wait > PAY_LEASE_MS ? 2 * wait : PAY_LEASE_MS);
    return until == before ? before + 1 : until;
}

struct acquirer_ask pay_ask_about(const struct payment_row *p, enum acquirer_op op, int64_t request, int64_t now_ms)
{
    struct acquirer_ask ask = { .op = op, .ref = { p->merchant_id, p->payment_no, 0, request }, .now_ms = now_ms,
                                .amount = { .minor = p->amount_minor }, .scheme = (enum scheme)p->scheme };

    if (p->currency.n == 3)
        memcpy(ask.amount.currency, p->currency.p, 3);
    return ask;
}

void pay_open_question(const struct services *s, struct pay_job *job, enum acquirer_op op, int64_t request)
{
    struct payment_row *p = &job->row;

    p->wanted = op;
    p->request = request;
    p->ask_ms = job->lease = pay_lease(s, p->ask_ms, job->now_ms, job->asks_vault);
    job->call.ask = pay_ask_about(p, op, request, job->now_ms);
    job->asks = true;
}

static enum fault begin(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    if (job->wish.op != PAY_BEGIN && !s->acquirer)
        return pay_refuse(job, PAY_NO_ACQUIRER, FAULT_WRONG_STATE);
    switch (job->wish.op) {
    case PAY_BEGIN:
        return pay_begin_attempt(s, tx, job);
    case PAY_OTP:
        return pay_begin_otp(s, tx, job);
    case PAY_RESEND:
        return pay_begin_resend(s, tx, job);
    case PAY_CAPTURE: case PAY_VOID:
        return pay_begin_capture(s, tx, job);
    case PAY_ABANDON:
        break;
    }
    return pay_begin_abandon(s, tx, job);
}

/* What asks the acquirer to move money, or to let go of it, is audited before it is asked. */
static enum fault audit_begun(struct store_tx *tx, const struct pay_job *job)
{
    static const enum audit_event events[] = {
        [PAY_BEGIN] = AUDIT_PAYMENT, [PAY_OTP] = AUDIT_PAYMENT, [PAY_CAPTURE] = AUDIT_CAPTURE, [PAY_VOID] = AUDIT_VOID,
    };
    const enum pay_op op = job->wish.op;

    if (!job->asks || op == PAY_RESEND || op == PAY_ABANDON)
        return FAULT_NONE;
    return audit_money(tx, &(struct audit_money){
        .merchant_id = job->row.merchant_id, .at_ms = job->now_ms, .event = events[op], .order_id = job->row.order_id,
        .request_id = job->wish.request_id, .source = job->wish.source, .cards = job->call.ask.has_charge });
}

enum fault pay_begin(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    enum fault f;

    job->why = PAY_FINE;
    job->asks = job->settles = job->asks_vault = job->makes = job->unsaved = false;
    memset(&job->order, 0, sizeof job->order);
    memset(&job->answer, 0, sizeof job->answer);
    memset(&job->call, 0, sizeof job->call);
    f = begin(s, tx, job);
    if (!f)
        f = audit_begun(tx, job);
    if (f)
        job->asks = job->asks_vault = false;
    return f;
}

bool pay_asks(const struct pay_job *job)
{
    return job->asks;
}

static void wipe_question(struct acquirer_ask *ask)
{
    secret_wipe(ask->charge, sizeof ask->charge);
    secret_wipe(ask->number, sizeof ask->number);
    secret_wipe(ask->tavv, sizeof ask->tavv);
    secret_wipe(ask->otp, sizeof ask->otp);
}

static void finish(struct pay_job *job)
{
    wipe_question(&job->call.ask);
    job->settles = job->answer.verdict != ACQUIRER_SILENT || (job->asks_vault && vault_settles(&job->vault));
    job->asked(job);
}

static void answered(struct acquirer_call *call)
{
    struct pay_job *job = call->arg;

    job->answer = call->answer;
    finish(job);
}

/* What becomes of an attempt whose number and cryptogram the network did not give. The acquirer was not asked. */
static enum acquirer_verdict verdict_of(enum network_verdict v)
{
    switch (v) {
    case NETWORK_BAD_STATE: case NETWORK_NO_TOKEN: case NETWORK_NOT_ALLOWED: case NETWORK_INELIGIBLE:
        return ACQUIRER_TOKEN_STATE;
    case NETWORK_CARD_BLOCKED:
        return ACQUIRER_CARD_BLOCKED;
    case NETWORK_SILENT:
        return ACQUIRER_BANK_TIMEOUT;
    case NETWORK_FAULT: case NETWORK_ERROR: case NETWORK_UNREACHABLE: case NETWORK_NO_ROUTE: case NETWORK_BROKEN:
    case NETWORK_BUSY:
        return ACQUIRER_BANK_DOWN;
    case NETWORK_DONE: case NETWORK_LATER: case NETWORK_DECLINED: case NETWORK_AUTHENTICATE: case NETWORK_BAD_REQUEST:
    case NETWORK_BAD_AUTH_REF: case NETWORK_UNSUPPORTED: case NETWORK_NO_REQUESTOR: case NETWORK_REQUESTOR_STATE:
    case NETWORK_FLIGHT_GONE: case NETWORK_WRONG_TOKEN: case NETWORK_WRONG_CRYPTOGRAM: case NETWORK_REPLAYED:
    case NETWORK_STALE: case NETWORK_WRONG_AMOUNT: case NETWORK_VERDICTS:
        break;
    }
    return ACQUIRER_DECLINED;
}

static void ask_acquirer(struct pay_job *job)
{
    job->call.done = answered;
    job->call.arg = job;
    acquirer_ask(job->services->acquirer, &job->call);
}

/* The number goes on to the acquirer and nowhere else. */
static void disclosed(struct vault_job *v)
{
    struct pay_job *job = v->arg;
    struct acquirer_ask *ask = &job->call.ask;
    bool told = v->answer.verdict == NETWORK_DONE && v->answer.number[0];

    if (told) {
        memcpy(ask->number, v->answer.number, sizeof ask->number);
        memcpy(ask->tavv, v->answer.tavv, sizeof ask->tavv);
        memcpy(ask->trid, v->call.ask.trid, sizeof ask->trid);
        if (expiry_is_valid(v->answer.expiry))
            ask->expiry = v->answer.expiry;
    }
    secret_wipe(v->answer.number, sizeof v->answer.number);
    secret_wipe(v->answer.tavv, sizeof v->answer.tavv);
    if (told) {
        ask_acquirer(job);
        return;
    }
    job->answer = (struct acquirer_answer){ .verdict = verdict_of(v->answer.verdict), .ref = ask->ref };
    finish(job);
}

void pay_ask(const struct services *s, struct pay_job *job, void (*asked)(struct pay_job *job), void *arg)
{
    assert(job->asks);
    job->services = s;
    job->asked = asked;
    job->arg = arg;
    if (job->asks_vault)
        vault_ask(s, &job->vault, disclosed, job);
    else
        ask_acquirer(job);
}

bool pay_settles(const struct pay_job *job)
{
    return job->settles;
}

/* The row may have changed since the question was put, so it is read anew. */
static enum fault hear(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    struct pay_heard h = { .op = job->call.ask.op, .answer = &job->answer, .lease = job->lease,
                           .now_ms = clock_now_ms(s->clock) };
    struct pay_after after = { .make = &job->vault };
    struct payment_row row;
    enum fault f = payments_find(tx, &row, job->arena, job->row.merchant_id, job->row.payment_no);

    if (!f)
        f = pay_hear(s, tx, job->arena, &row, &h, &after);
    if (f)
        return f;
    job->row = row;
    job->makes = after.makes;
    job->unsaved = after.unsaved;
    if (after.order.order_no)
        job->order = after.order;
    return FAULT_NONE;
}

enum fault pay_settle(const struct services *s, struct store_tx *tx, struct pay_job *job)
{
    enum fault f = FAULT_NONE;

    if (job->asks_vault && vault_settles(&job->vault))
        f = vault_settle(s, tx, &job->vault);
    return f ? f : hear(s, tx, job);
}

void pay_follow(const struct services *s, const struct pay_job *job)
{
    const struct payment_row *p = &job->row;

    if (job->makes)
        vault_ask_alone(s, &job->vault);
    if (job->unsaved)
        pay_journal_unsaved(s, p);
    if (s->payments && p->ask_ms && p->ask_ms <= job->now_ms)
        payments_nudge(s->payments);
}

static bool is_good(enum acquirer_verdict v)
{
    return v == ACQUIRER_CHARGED || v == ACQUIRER_FACTOR || v == ACQUIRER_WAITS || v == ACQUIRER_HELD
        || v == ACQUIRER_VOIDED;
}

enum pay_why pay_outcome(const struct pay_job *job)
{
    if (job->why || !job->asks)
        return job->why;
    if (job->wish.op == PAY_ABANDON && job->answer.verdict == ACQUIRER_DROPPED)
        return PAY_FINE;
    return is_good(job->answer.verdict) ? PAY_FINE : PAY_ACQUIRER;
}

void pay_wipe(struct pay_job *job)
{
    wipe_question(&job->call.ask);
    secret_wipe(&job->facts, sizeof job->facts);
    secret_wipe(job->vault.answer.number, sizeof job->vault.answer.number);
    secret_wipe(job->vault.answer.tavv, sizeof job->vault.answer.tavv);
    secret_wipe(job->vault.call.ask.flight, sizeof job->vault.call.ask.flight);
}
